// The watches of hot keys, one of each scope: begun when their scope is looked at, resting when it is not, and begun anew
// when other nodes serve. Beginning one asks the nodes which ways they have, and samples nothing.

import { fleetOf } from '../state/key-scope.ts';
import { type HotKeysState, type HotKeysTrack, nextId } from '../state/key-screens.ts';
import type { Effect, State, Step } from '../state/state.ts';
import { hotTargetsOf, hotTrack, isOutdated } from '../view/screens/hot-keys/rows.ts';

/** After it was asked for, and after it was open last: types and TTLs of what was found come a little later. */
export const keptMilliseconds = 2000;

export const withHot = (state: State, change: Partial<HotKeysState>): State => ({
	...state,
	hotKeys: { ...state.hotKeys!, ...change },
});

/** What is to rest when the screen is left. */
export function leaveHotKeys(state: State): Effect[] {
	const track = hotTrack(state);
	return track === undefined || state.replay ? [] : [{ type: 'hot-keys-rest', id: track.id }];
}

/** Wakes the watch of the scope, or begins one where there is none or where other nodes serve now. */
export function begin(state: State): Step {
	const { scope, watches } = state.hotKeys!;
	const targets = hotTargetsOf(state, scope);
	// Nodes that are still being found are waited for, or each of them would begin it anew.
	const isKnown = fleetOf(state, scope)?.isDiscovered === true;
	if (state.replay || !isKnown || targets.length === 0) return [state, []];
	const known = hotTrack(state);
	const watch = (id: number): Effect => ({ type: 'hot-keys-watch', id, fleet: scope.fleet, targets });
	if (known !== undefined && !isOutdated(known, targets, state.at)) return [state, [watch(known.id)]];
	const id = nextId(state);
	const track: HotKeysTrack = {
		id,
		scope,
		nodes: targets.map(({ address }) => address),
		result: known?.result,
	};
	const next = withHot(
		{ ...state, lastId: id },
		{ watches: [track, ...watches.filter(one => one !== known)], confirm: undefined },
	);
	return [next, [...(known === undefined ? [] : ended(known)), watch(id)]];
}

/** A watch that nobody comes back to. */
const ended = (track: HotKeysTrack): Effect[] => [
	...(track.status?.repeating ? [{ type: 'hot-keys-repeat', id: track.id, isOn: false } as const] : []),
	{ type: 'hot-keys-rest', id: track.id },
];

/** After a round: the nodes that serve may be others now, or known only since now. */
export function followHotKeys(state: State): Step {
	if (state.screen !== 'hot-keys' || state.hotKeys === undefined || state.replay) return [state, []];
	const targets = hotTargetsOf(state, state.hotKeys.scope);
	const known = hotTrack(state);
	return targets.length > 0 && (known === undefined || isOutdated(known, targets, state.at))
		? begin(state)
		: [state, []];
}
