// What a screen looks at closely: one node on the node screen and in a runbook, all of a cluster on the cluster screen.
// It follows from the State, so no key has to remember to say it: after every message what is wanted is compared with
// what was asked for last, and the difference becomes effects.

import { screenBehind } from '../state/shown.ts';
import type { Effect, Focus, State, Step } from '../state/state.ts';

/** What the screen (behind the help too) wants to be asked closely. */
function wanted(state: State): Focus | undefined {
	switch (screenBehind(state)) {
		case 'node':
			return state.node && { fleet: state.node.fleet, node: state.node.address, isCluster: false };
		case 'runbook':
			return state.runbook && { fleet: state.runbook.fleet, node: state.runbook.address, isCluster: false };
		case 'cluster':
			return state.cluster && { fleet: state.cluster.fleet, isCluster: true };
		default:
			return undefined;
	}
}

/** The state and effects with the focus brought up to date. */
export function followFocus([state, effects]: Step): Step {
	const next = wanted(state);
	const before = state.focus;
	if (isSame(before, next)) return [state, effects];
	const cleared: Effect[] =
		before && before.fleet !== next?.fleet ? [{ type: 'focus', fleet: before.fleet, isCluster: false }] : [];
	const set: Effect[] = next ? [{ type: 'focus', ...next }] : [];
	return [{ ...state, focus: next }, [...effects, ...cleared, ...set]];
}

const isSame = (a: Focus | undefined, b: Focus | undefined) =>
	a?.fleet === b?.fleet && a?.node === b?.node && a?.isCluster === b?.isCluster;
