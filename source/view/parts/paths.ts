// The way from the fleet to a screen, as line 1 has it: names from servers are made safe to show.

import { printableText } from '../../core/text/printable.ts';
import { fleetOf, shardName } from '../../state/key-scope.ts';
import type { KeyScope } from '../../state/key-screens.ts';
import { shown } from '../../state/shown.ts';
import type { State } from '../../state/state.ts';

/** The fleet, or how many there are. */
export function placeName(state: State): string {
	const { fleets } = shown(state);
	if (fleets.length === 1) return printableText(fleets[0]!.fleet.name);
	return fleets.length === 0 ? 'fleet' : `${fleets.length} fleets`;
}

/** Of a screen that looks at a fleet, or at a node of it. */
export function nodePath(
	state: State,
	at: { readonly fleet: number; readonly address?: string } | undefined,
	screen: readonly string[],
): readonly string[] {
	const fleet = state.fleets.find(({ id }) => id === at?.fleet);
	const names = [fleet?.name, at?.address].filter(name => name !== undefined && name !== '');
	return [...new Set(names)].map(name => printableText(name!)).concat(screen);
}

/** Of a screen of keys. */
export function scopePath(state: State, scope: KeyScope | undefined, screen: string): readonly string[] {
	if (scope === undefined) return [screen];
	const names = [fleetOf(state, scope)?.name, shardName(state, scope)];
	return [...names.filter(name => name !== undefined).map(name => printableText(name)), screen];
}
