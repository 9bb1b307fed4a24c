// What the keys do on the screen of one node.

import type { Command } from './keymap.ts';
import { cursorOf, fleetWith } from './selectors.ts';
import type { State, Step } from './state.ts';

/** Opens it for the node under the cursor. */
export function openNode(state: State): Step {
	const address = cursorOf(state);
	const fleet = fleetWith(state, address);
	if (!fleet || address === undefined) return [state, []];
	return [{ ...state, screen: 'node', helpFrom: undefined, node: { fleet: fleet.id, address, top: 0 } }, []];
}

/** Undefined for a command that means here what it means everywhere. */
export function nodeCommand(_state: State, _command: Command): Step | undefined {
	return undefined;
}
