// What the keys do on the screen of before and after: another marker, longer windows, more time to settle, the fleet or
// one of its nodes. Nothing here asks a server anything.

import {
	type CompareState,
	compareScopes,
	compareWindows,
	settlingTimes,
	usualCompare,
} from '../state/compare-screen.ts';
import { comparedNow, fleetCompared, partingOf, partings } from '../state/compared.ts';
import { fleetWith } from '../state/shown.ts';
import type { State, Step } from '../state/state.ts';
import { clock } from '../view/format.ts';
import type { CompareCommand } from '../view/screens/compare/keys.ts';
import { compareBody, compareRoom, compareTop } from '../view/screens/compare/screen.ts';
import { markerWords } from '../view/screens/compare/words.ts';
import { cursorOf } from '../view/screens/fleet/rows.ts';
import type { ScreenActs } from './acts.ts';
import { scrolledTo, turned } from './move.ts';
import { openNode } from './node.ts';
import { say } from './toast.ts';

/** Opens it for the fleet of the node under the cursor, from the screen of a node for that node. */
function openCompare(state: State): Step {
	const isNode = state.screen === 'node' && state.node !== undefined;
	const address = isNode ? state.node!.address : cursorOf(state);
	const fleet = fleetWith(state, address) ?? state.fleets[0];
	if (!fleet) return [state, []];
	const known = state.compare ?? { ...usualCompare, fleet: fleet.id };
	const compare: CompareState = {
		...known,
		...{ fleet: fleet.id, address, top: 0, scope: isNode ? 'node' : 'fleet' },
	};
	return [{ ...state, screen: 'compare', helpFrom: undefined, toast: undefined, compare }, []];
}

export const compareActs: ScreenActs<CompareCommand> = {
	open: openCompare,
	move: (state, rows) => {
		const lines = compareBody(state);
		return change(state, {
			top: scrolledTo({ top: compareTop(state, lines), room: compareRoom(state), lines }, rows),
		});
	},
	page: state => compareRoom(state) - 1,
	acts: {
		'marker-before': state => turnMarker(state, -1),
		'marker-after': state => turnMarker(state, 1),
		'window-next': state => {
			const window = (state.compare!.window + 1) % compareWindows.length;
			return say(change(state, { window, top: 0 }), `windows of ${compareWindows[window]!.words}`);
		},
		'settling-next': state => {
			const settling = (state.compare!.settling + 1) % settlingTimes.length;
			const text = `${settlingTimes[settling]!.words} to settle are left out`;
			return say(change(state, { settling, top: 0 }), text);
		},
		'scope-next': turnScope,
		'see-node': seeNode,
	},
};

const change = (state: State, more: Partial<CompareState>): State => ({
	...state,
	compare: { ...state.compare!, ...more },
	toast: undefined,
});

function turnMarker(state: State, step: 1 | -1): State {
	const all = partings(state);
	const now = partingOf(state, state.compare!);
	const to = now && all[all.findIndex(({ at }) => at === now.at) + step];
	if (!to) return say(state, all.length === 0 ? 'no marker yet: m sets one' : 'there is no other marker');
	return say(
		change(state, { marker: to.at, top: 0 }),
		`${markerWords(to)} at ${clock(to.at, state.clockOffset)}`,
	);
}

function turnScope(state: State): State {
	const { scope, address } = state.compare!;
	if (address === undefined) return say(state, 'no node is known');
	const fleet = fleetCompared(state);
	const next = turned(compareScopes, scope, 1);
	const shard = fleet?.now.fleet.nodes.find(node => node.address === address)?.shard;
	const words = next === 'fleet' ? 'all nodes' : next === 'node' ? address : `shard ${shard ?? ''}`;
	return say(change(state, { scope: next, top: 0 }), words);
}

/** The screen of the node, at the moment of the marker. */
function seeNode(state: State): State | Step {
	const at = comparedNow(state)?.marker.at;
	const snapshot = at === undefined ? undefined : state.past.findLast(each => each.at <= at);
	const address = state.compare?.address;
	if (address === undefined) return say(state, 'no node is known');
	if (!snapshot) return say(state, 'that time is not kept any more');
	return openNode({ ...state, cursor: address, paused: { at: snapshot.at, snapshot } });
}
