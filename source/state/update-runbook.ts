// What the keys do on the screen of a runbook.

import type { Command } from './keymap.ts';
import { cursorOf, fleetWith } from './selectors.ts';
import type { State, Step } from './state.ts';

/** Opens it for the node under the cursor. */
export function openRunbook(state: State): Step {
	const address = cursorOf(state);
	const fleet = fleetWith(state, address);
	if (!fleet || address === undefined) return [state, []];
	return [
		{ ...state, screen: 'runbook', helpFrom: undefined, runbook: { fleet: fleet.id, address, top: 0 } },
		[],
	];
}

/** Undefined for a command that means here what it means everywhere. */
export function runbookCommand(_state: State, _command: Command): Step | undefined {
	return undefined;
}
