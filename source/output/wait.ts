// --wait: a gate for pipelines. What is still wrong, as lines, after each reading; when nothing was for as long as was
// asked for, the gate opens. It takes what was not measured for wrong: a gate that opens by mistake is a restart too early.

import { slotsInCluster } from '../core/slots.ts';
import { printableText } from '../core/text/printable.ts';
import { duration } from '../core/text/quantity.ts';
import type { Finding, FleetEvent, RedisNode } from '../core/types.ts';
import type { FleetTrack, State } from '../state/state.ts';
import { isMeasured } from './check.ts';
import { jsonOf } from './json.ts';

export type WaitGoal = {
	/** `healthy`, or the id of a finding that is to be over. */
	readonly goal: string;
	/** For so long. */
	readonly seconds: number;
	readonly timeoutSeconds: number;
};

/** A replica so far behind has not caught up; less is what is on its way. */
const inSyncSeconds = 1;

/** What keeps the gate closed, the worst first. Empty where nothing does. */
export function stillWrong(state: State, goal: string): readonly Wrong[] {
	const wrongs = state.fleets.flatMap(fleet => (goal === 'healthy' ? unhealthy(fleet) : found(fleet, goal)));
	return wrongs.sort((a, b) => Number(b.isCritical) - Number(a.isCritical));
}

export type Wrong = { readonly isCritical: boolean; readonly text: string };

function unhealthy(fleet: FleetTrack): Wrong[] {
	const { nodes, mode, agreement } = fleet.now.fleet;
	const critical = fleet.now.findings.filter(({ severity }) => severity === 'crit');
	const told = new Set(critical.map(({ node }) => node));
	const others = nodes.filter(node => !told.has(node.address)).flatMap(node => nodeWrong(node, fleet) ?? []);
	const uncovered = mode === 'cluster' ? slotsInCluster - (agreement?.slotsCovered ?? 0) : 0;
	const isTold = critical.some(({ id }) => id === 'slots-uncovered');
	const isSettled =
		mode !== 'cluster' ||
		(agreement?.state === 'ok' && !agreement.isUnsettled && agreement.viewsAgreeing === agreement.viewsAsked);
	return [
		...critical.map(finding => ({ isCritical: true, text: findingText(finding) })),
		...(uncovered > 0 && !isTold ? [{ isCritical: true, text: `${uncovered} slots are not served` }] : []),
		...others,
		...(isSettled ? [] : [{ isCritical: false, text: 'the nodes do not agree on the cluster yet' }]),
		...(nodes.length === 0 ? [{ isCritical: true, text: `${fleet.now.fleet.name}: no node is known` }] : []),
	];
}

function nodeWrong(node: RedisNode, fleet: FleetTrack): Wrong | undefined {
	const text = nodeText(node) ?? clusterText(node, fleet);
	return text === undefined
		? undefined
		: { isCritical: node.health === 'down', text: `${node.address}: ${text}` };
}

function nodeText(node: RedisNode): string | undefined {
	if (node.isGone) return undefined;
	if (node.health !== 'up') return node.error?.text ?? (node.health === 'loading' ? 'loading' : 'no answer');
	// One reading is enough: whether it is there and in sync needs no rates.
	if (!isRead(node)) return 'not read yet';
	if (node.role !== 'replica') return undefined;
	if (node.isSyncing) return 'syncing with its primary';
	if (node.isLinkUp !== true) return 'link to its primary is down';
	const behind = node.replicationLagSeconds;
	return behind !== undefined && behind > inSyncSeconds
		? `${duration(behind)} behind its primary`
		: undefined;
}

/** A primary that was restarted refuses everything for 2 s more (CLUSTER_WRITABLE_DELAY), and only its own state says so. */
const clusterText = ({ address }: RedisNode, { tracks }: FleetTrack): string | undefined =>
	tracks.get(address)?.cluster?.state === 'fail' ? 'its cluster_state is fail' : undefined;

const isRead = ({ usedMemoryBytes, connectedClients, keys, isUnread }: RedisNode): boolean =>
	isUnread !== true && [usedMemoryBytes, connectedClients, keys].some(told => told !== undefined);

/** What was not measured may have it. */
function found(fleet: FleetTrack, id: string): Wrong[] {
	const findings = fleet.now.findings.filter(finding => finding.id === id);
	const silent = fleet.now.fleet.nodes.filter(node => !node.isGone && !isMeasured(node, fleet));
	const pending = fleet.pending.filter(each => each.id === id);
	return [
		...findings.map(finding => ({ isCritical: finding.severity === 'crit', text: findingText(finding) })),
		...silent.map(node => ({
			isCritical: false,
			text: `${node.address}: ${nodeText(node) ?? 'not measured yet'}`,
		})),
		...(findings.length === 0 ? pending : []).map(each => ({
			isCritical: false,
			text: `${each.node === undefined ? '' : `${each.node}: `}${id} is not decided yet`,
		})),
	];
}

const findingText = ({ id, node, text }: Finding) => `${id}${node === undefined ? '' : ` ${node}`}: ${text}`;

/** What happened between two readings and is over by the second: the time starts anew. */
const interrupting: readonly FleetEvent['kind'][] = [
	'restarted',
	'other-server',
	'promoted',
	'demoted',
	'unreachable',
];

export type Waiting = {
	/** Since when nothing was wrong; undefined while something is. */
	readonly since?: number;
	readonly wrongs: readonly Wrong[];
	readonly isMet: boolean;
};

/** The gate after a round. `at` and `since` are of the same clock. */
export function waitOn(
	state: State,
	{ goal, seconds }: WaitGoal,
	before: Waiting | undefined,
	seenUntil: number,
): Waiting {
	const isRead = state.fleets.every(({ rounds }) => rounds > 0) && !state.isDiscovering;
	const wrongs = isRead ? stillWrong(state, goal) : [{ isCritical: false, text: 'looking for the nodes' }];
	if (wrongs.length > 0) return { wrongs, isMet: false };
	const isBroken = state.fleets.some(({ now }) =>
		now.events.some(({ at, kind }) => at > seenUntil && interrupting.includes(kind)),
	);
	const since = (isBroken ? undefined : before?.since) ?? state.at;
	return { since, wrongs, isMet: state.at - since >= seconds * 1000 };
}

/** `healthy`, `no memory-high`. */
export const goalText = ({ goal }: WaitGoal): string => (goal === 'healthy' ? goal : `no ${goal}`);

export type WaitResult = { readonly text: string; readonly code: 0 | 1 | 2 };

/** The last line: that the gate is open, or what is still wrong. `waitedSeconds` is since the program began. */
export function waitResult(state: State, wait: WaitGoal, now: Waiting, waitedSeconds: number): WaitResult {
	const what = goalText(wait);
	if (now.isMet) {
		const nodes = state.fleets.flatMap(({ now: { fleet } }) => fleet.nodes.filter(node => !node.isGone));
		return {
			text: `OK ${what} for ${duration(wait.seconds)}: ${nodes.length} nodes, after ${duration(waitedSeconds)}`,
			code: 0,
		};
	}
	const missed = wait.goal === 'healthy' ? 'not healthy' : `${wait.goal} is not over`;
	const isCritical = now.wrongs.some(wrong => wrong.isCritical);
	const lines = now.wrongs.map(({ text }) => printableText(text));
	const reason = lines.length > 0 ? lines : [`${what} for less than ${duration(wait.seconds)}`];
	return {
		text: [
			`${isCritical ? 'CRITICAL' : 'WARNING'} ${missed} after ${duration(waitedSeconds)}`,
			...reason,
		].join('\n'),
		code: isCritical ? 2 : 1,
	};
}

/** The same as JSON: of each fleet the object that --json prints, with the verdict. */
export function waitJson(state: State, wait: WaitGoal, now: Waiting, waitedSeconds: number): WaitResult {
	const { text, code } = waitResult(state, wait, now, waitedSeconds);
	const verdict = {
		...{ goal: wait.goal, met: now.isMet, code, waitedSeconds, text },
		wrong: now.wrongs.map(wrong => ({ severity: wrong.isCritical ? 'crit' : 'warn', text: wrong.text })),
	};
	const objects = state.fleets.map(fleet => ({
		...jsonOf(fleet.now, state.delaySeconds, [], undefined, state.clockOffset),
		wait: verdict,
	}));
	return { text: objects.map(object => JSON.stringify(object)).join('\n'), code };
}
