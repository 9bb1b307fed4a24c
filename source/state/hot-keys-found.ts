// What was last found of hot keys and whether windows are repeated, for the screens beside that of hot keys: it stands
// on the fleet's, and line 1 of every one names what goes on. It knows neither rows nor the cursor.

import type { HotKeysResult } from '../core/keys/hot-keys.ts';
import type { HotKeysTrack } from './key-screens.ts';
import type { State } from './state.ts';

/** The newest result of a fleet, of whichever of its nodes; of all fleets without one. */
export function newestHotKeys(state: State, fleet?: number): HotKeysResult | undefined {
	const results = (state.hotKeys?.watches ?? [])
		.filter(watch => fleet === undefined || watch.scope.fleet === fleet)
		.flatMap(watch => watch.result ?? []);
	return results.reduce<HotKeysResult | undefined>(
		(newest, one) => (newest === undefined || one.at > newest.at ? one : newest),
		undefined,
	);
}

/** A HOTKEYS session of ours is at work on the fleet: whatever else of ours reads a key there would be told as hot. */
export const isTrackingKeys = (state: State, fleet: number): boolean =>
	(state.hotKeys?.watches ?? []).some(
		({ scope, status }) => scope.fleet === fleet && status?.sampling?.methods?.includes('hotkeys') === true,
	);

/** The watch whose windows go on until they are stopped. */
export const repeatingTrack = (state: State): HotKeysTrack | undefined =>
	state.hotKeys?.watches.find(watch => watch.status?.repeating !== undefined);
