// What the keys do on the screen of one node: walking from node to node, its parts, the window and where it ends, and
// CLIENT LIST by hand where it is not asked by itself. Nothing here asks a server anything else: that the node is asked
// closely follows from the screen being seen.

import { manyClients } from '../core/node/client-groups.ts';
import type { Address } from '../core/types.ts';
import { windowsWith } from '../state/earlier.ts';
import { type NodeSection, type NodeState, nodeSections } from '../state/node-screen.ts';
import { fleetWith } from '../state/shown.ts';
import type { Effect, State, Step } from '../state/state.ts';
import { cursorOf, rowsOf } from '../view/screens/fleet/rows.ts';
import { listCost } from '../view/screens/node/clients.ts';
import { type NodeFacts, nodeFacts } from '../view/screens/node/facts.ts';
import type { NodeCommand } from '../view/screens/node/keys.ts';
import { nodePanel, nodeRoom } from '../view/screens/node/panel.ts';
import type { Act, ScreenActs } from './acts.ts';
import { askedAt, pressOf } from './confirm.ts';
import { scrolledTo, turned } from './move.ts';
import { pollOpened } from './source.ts';
import { turnComparison } from './time.ts';
import { copied, say } from './toast.ts';

/** CLIENT LIST by hand is asked no more often than this. */
const listEveryMilliseconds = 5000;
/** From here on it is asked at the second press, not at the first. */
const dearClients = 5000;

/** Opens it for the node under the cursor, with the part and the window that were looked at last. */
export function openNode(state: State): Step {
	const address = cursorOf(state);
	const fleet = fleetWith(state, address);
	if (!fleet || address === undefined) return [state, []];
	const node = lookingAt(state.node, fleet.id, address);
	return [
		{ ...state, screen: 'node', helpFrom: undefined, toast: undefined, node },
		pollOpened(state, address),
	];
}

function lookingAt(before: NodeState | undefined, fleet: number, address: Address): NodeState {
	const isSame = before?.address === address && before.fleet === fleet;
	return isSame
		? before
		: { fleet, address, top: 0, section: before?.section, window: before?.window, until: before?.until };
}

/** Undefined for a node that is no longer known. */
const withFacts =
	(act: (state: State, facts: NodeFacts) => State | Step): Act =>
	state => {
		const facts = nodeFacts(state);
		return facts && act(state, facts);
	};

export const nodeActs: ScreenActs<NodeCommand> = {
	open: openNode,
	move: (state, rows) => change(state, { top: scrolledTo(nodePanel(state), rows) }),
	page: state => nodeRoom(state) - 1,
	acts: {
		'to-node': state => state,
		'part-next': state => turnSection(state, 1),
		'part-before': state => turnSection(state, -1),
		'node-after': withFacts((state, facts) => walk(state, facts, 1)),
		'node-before': withFacts((state, facts) => walk(state, facts, -1)),
		window: withFacts(turnWindow),
		compare: withFacts((state, { earlier }) => turnComparison(state, earlier !== undefined)),
		'step-back': withFacts((state, facts) => stepInTime(state, facts, -1)),
		'step-forward': withFacts((state, facts) => stepInTime(state, facts, 1)),
		pause: state => (state.replay ? undefined : pause(state)),
		'ask-clients': withFacts(askClients),
		copy: withFacts((state, { node: { address } }) => copied(state, address)),
		escape(state) {
			if (state.node?.until !== undefined) return change(state, { until: undefined });
			return state.paused && !state.replay ? pause(state) : undefined;
		},
	},
};

const change = (state: State, more: Partial<NodeState>): State => ({
	...state,
	node: { ...state.node!, ...more },
	toast: undefined,
});

// ---------------------------------------------------------------------------------------------------------
// What is looked at

const sectionWords: Readonly<Record<NodeSection, string>> = {
	overview: 'overview',
	memory: 'memory and keys',
	commands: 'commands and latency',
	clients: 'clients',
	slowlog: 'slow log',
	replication: 'replication',
	persistence: 'persistence',
	errors: 'errors',
};

function turnSection(state: State, step: 1 | -1): State {
	const section = turned(nodeSections, state.node!.section ?? 'overview', step);
	return say(change(state, { section, top: 0 }), sectionWords[section]);
}

/** To the node before or after in the rows of the fleet screen, whose cursor follows. */
function walk(state: State, facts: NodeFacts, step: 1 | -1): State {
	const rows = rowsOf(state);
	const at = rows.findIndex(
		row => row.node.address === facts.node.address && state.fleets[row.fleet]?.id === facts.fleet.id,
	);
	const to = rows[at < 0 ? 0 : at + step];
	if (!to) return say(state, step > 0 ? 'this is the last node' : 'this is the first node');
	const fleet = state.fleets[to.fleet]!.id;
	const node = { ...lookingAt(state.node, fleet, to.node.address), top: 0 };
	return { ...state, node, cursor: to.node.address, toast: undefined };
}

function turnWindow(state: State, { earlier }: NodeFacts): State {
	const windows = windowsWith(earlier !== undefined);
	const window = ((state.node!.window ?? 0) + 1) % windows.length;
	return say(change(state, { window }), `window: ${windows[window]!.words}`);
}

/** A fifth of the window back or forward, as far as there is history. */
function stepInTime(state: State, facts: NodeFacts, step: 1 | -1): State {
	const { seconds } = facts.chart;
	const moved = facts.window.until + (step * seconds * 1000) / nodeWindowSteps;
	if (moved >= facts.at) {
		if (facts.isNow) return say(state, 'this is now');
		return say(change(state, { until: undefined }), 'this is now');
	}
	const oldest = oldestOf(facts);
	if (oldest === undefined || moved <= oldest) return say(state, 'this is as far back as it was watched');
	return change(state, { until: moved });
}

const nodeWindowSteps = 5;

/** How far back a Prometheus is asked: it usually keeps 15 days. */
const earlierMilliseconds = 90 * 86_400_000;

function oldestOf({ track, earlier, at }: NodeFacts): number | undefined {
	if (earlier) return at - earlierMilliseconds;
	const { openedAt = 0, closed, bucketSeconds = 0 } = track?.ops ?? {};
	return openedAt === 0 ? undefined : openedAt - (closed?.length ?? 0) * bucketSeconds * 1000;
}

/** Stops and resumes what is drawn; polling goes on. The fleets as they are now are kept with the moment. */
function pause(state: State): State {
	if (state.paused) return { ...state, paused: undefined };
	const newest = state.past.at(-1);
	if (!newest) return say(state, 'nothing to look back at yet');
	return { ...state, paused: { at: state.at, snapshot: newest, fleets: state.fleets } };
}

/** The node goes on under its announced name, here too. */
export function followNode(node: NodeState | undefined, effects: readonly Effect[]): NodeState | undefined {
	const renamed = effects.find(
		effect => effect.type === 'rename' && effect.fleet === node?.fleet && effect.from === node.address,
	);
	return node && renamed?.type === 'rename' ? { ...node, address: renamed.to } : node;
}

// ---------------------------------------------------------------------------------------------------------
// CLIENT LIST by hand

function askClients(state: State, facts: NodeFacts): Step {
	const clients = facts.info?.connectedClients;
	const { node } = state;
	const refusal = facts.track?.refused.find(({ command }) => command === 'client list');
	if (refusal) return [say(state, `CLIENT LIST is refused here: ${refusal.word}`), []];
	if (clients === undefined || facts.oldSeconds !== undefined)
		return [say(state, 'the node does not answer'), []];
	if (clients <= manyClients)
		return [say(state, `CLIENT LIST is asked by itself, up to ${manyClients} clients`), []];
	const asked = node!.askedAt === undefined ? undefined : state.at - node!.askedAt;
	if (asked !== undefined && asked < listEveryMilliseconds)
		return [say(state, 'it was asked a moment ago: every 5s at most'), []];
	if (clients > dearClients && pressOf(node!.confirm, 'ask-clients', state.at) !== 'second') {
		const text = `CLIENT LIST stops the server for ${listCost(clients)}: s again asks it`;
		return [say(change(state, { confirm: askedAt('ask-clients', state.at) }), text), []];
	}
	const text = `CLIENT LIST asked: ${listCost(clients)} of the server for ${clients} clients`;
	const next = say(change(state, { askedAt: state.at, confirm: undefined }), text);
	return [next, [{ type: 'ask-clients', fleet: facts.fleet.id, node: facts.node.address }]];
}
