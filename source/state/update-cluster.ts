// What the keys do on the screen of the cluster.

import type { Command } from './keymap.ts';
import { cursorOf, fleetWith } from './selectors.ts';
import type { State, Step } from './state.ts';

/** Opens it for the fleet of the node under the cursor. */
export function openCluster(state: State): Step {
	const address = cursorOf(state);
	const fleet = fleetWith(state, address);
	if (!fleet || address === undefined) return [state, []];
	return [{ ...state, screen: 'cluster', helpFrom: undefined, cluster: { fleet: fleet.id, top: 0 } }, []];
}

/** Undefined for a command that means here what it means everywhere. */
export function clusterCommand(_state: State, _command: Command): Step | undefined {
	return undefined;
}
