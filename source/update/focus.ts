// What a screen needs polled closely, as its record says: one node, or all of a cluster. It follows from the State, so no
// key has to remember to say it: after every message what is wanted is compared with what was asked for last, and the
// difference becomes effects.

import type { Effect, Focus, Step } from '../state/state.ts';
import { wantedFocus } from '../view/screens.ts';

/** The state and effects with the focus brought up to date. */
export function followFocus([state, effects]: Step): Step {
	const next = wantedFocus(state);
	const before = state.focus;
	if (isSame(before, next)) return [state, effects];
	const cleared: Effect[] =
		before && before.fleet !== next?.fleet ? [{ type: 'focus', fleet: before.fleet, isCluster: false }] : [];
	const set: Effect[] = next ? [{ type: 'focus', ...next }] : [];
	return [{ ...state, focus: next }, [...effects, ...cleared, ...set]];
}

const isSame = (a: Focus | undefined, b: Focus | undefined) =>
	a?.fleet === b?.fleet && a?.node === b?.node && a?.isCluster === b?.isCluster;
