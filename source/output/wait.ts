// --wait: a gate for pipelines. What is still wrong, as lines, after each reading; when nothing was for as long as was
// asked for, the gate opens. It takes what was not measured for wrong: a gate that opens by mistake is a restart too early.

import { slotsInCluster } from '../core/slots.ts';
import { printableText } from '../core/text/printable.ts';
import { bytes, counted, duration } from '../core/text/quantity.ts';
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
/** The same where its primary writes nothing, or its speed is not known yet: more than buffers on the way hold. */
const inSyncBytes = 1024 * 1024;

/** What keeps the gate closed, the worst first. Empty where nothing does. */
export function stillWrong(state: State, goal: string): readonly Wrong[] {
	const wrongs = state.fleets.flatMap(fleet =>
		(goal === 'healthy' ? unhealthy(fleet) : found(fleet, goal)).map(wrong => ofFleet(wrong, fleet, state)),
	);
	return wrongs.sort((a, b) => Number(b.isCritical) - Number(a.isCritical));
}

export type Wrong = {
	readonly isCritical: boolean;
	readonly text: string;
	/** A finding that no reading has from this one on, shown until that has held. */
	readonly absentSince?: number;
};

/** What is said of no node is of one of several fleets. */
function ofFleet(wrong: Wrong, { now: { fleet } }: FleetTrack, { fleets }: State): Wrong {
	const isNamed = fleets.length < 2 || fleet.nodes.some(({ address }) => wrong.text.includes(address));
	return isNamed ? wrong : { ...wrong, text: `${fleet.name}: ${wrong.text}` };
}

function unhealthy(fleet: FleetTrack): Wrong[] {
	const { nodes, mode, agreement } = fleet.now.fleet;
	const critical = fleet.now.findings.filter(({ severity }) => severity === 'crit');
	const standing = critical.filter(({ absentSince }) => absentSince === undefined);
	const told = new Set(standing.map(({ node }) => node));
	const others = nodes.filter(node => !told.has(node.address)).flatMap(node => nodeWrong(node, fleet) ?? []);
	const uncovered = mode === 'cluster' ? slotsInCluster - (agreement?.slotsCovered ?? 0) : 0;
	const isTold = standing.some(({ id }) => id === 'slots-uncovered');
	const isSettled =
		mode !== 'cluster' ||
		(agreement?.state === 'ok' && !agreement.isUnsettled && agreement.viewsAgreeing === agreement.viewsAsked);
	return [
		...critical.map(wrongOf),
		...(uncovered > 0 && !isTold ? [{ isCritical: true, text: `${uncovered} slots are not served` }] : []),
		...others,
		...(isSettled ? [] : [{ isCritical: false, text: 'the nodes do not agree on the cluster yet' }]),
		...nobody(fleet),
	];
}

/** Where there is no data node nothing can be told of any. */
const nobody = ({ now: { fleet } }: FleetTrack): Wrong[] =>
	fleet.nodes.every(node => node.isGone) ? [{ isCritical: true, text: 'no node is known' }] : [];

function nodeWrong(node: RedisNode, fleet: FleetTrack): Wrong | undefined {
	const text = nodeText(node) ?? primaryText(node, fleet) ?? clusterText(node, fleet);
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
	return behindText(node);
}

function behindText({
	replicationLagSeconds: seconds,
	replicationLagBytes = 0,
}: RedisNode): string | undefined {
	if (seconds === undefined)
		return replicationLagBytes > inSyncBytes ? `${bytes(replicationLagBytes)} behind its primary` : undefined;
	return seconds > inSyncSeconds ? `${duration(seconds)} behind its primary` : undefined;
}

/** The word of its primary. Where that is not read it has a line of its own; of one that nobody watches there is none. */
function primaryText(
	{ address, role, isGone, ...node }: RedisNode,
	{ tracks }: FleetTrack,
): string | undefined {
	if (role !== 'replica' || isGone || node.primary === undefined) return undefined;
	const primary = tracks.get(node.primary);
	const above = primary?.lastGood?.info;
	if (!above || primary.error) return undefined;
	// A replica sees the end of its link late: its primary was restarted, or does not hear from it.
	if (above.connectedReplicas === 0) return 'its primary has no replica';
	const isTold =
		tracks.get(address)?.lastGood?.info?.replicaOffset !== undefined && primary.offsets.length > 0;
	return isTold && node.replicationLagBytes === undefined
		? 'how far it is behind its primary is not measured yet'
		: undefined;
}

/** A primary that was restarted refuses everything for 2 s more (CLUSTER_WRITABLE_DELAY), and only its own state says so. */
const clusterText = ({ address }: RedisNode, { tracks }: FleetTrack): string | undefined =>
	tracks.get(address)?.cluster?.state === 'fail' ? 'its cluster_state is fail' : undefined;

const isRead = ({ usedMemoryBytes, connectedClients, keys, isUnread }: RedisNode): boolean =>
	isUnread !== true && [usedMemoryBytes, connectedClients, keys].some(told => told !== undefined);

/** What the nodes tell of each other decides these. */
const ofCluster: ReadonlySet<string> = new Set([
	'slots-uncovered',
	'failover-impossible',
	'quorum-lost',
	'two-owners',
	'slot-open',
	'views-differ',
]);

/** What was not measured may have it. */
function found(fleet: FleetTrack, id: string): Wrong[] {
	const findings = fleet.now.findings.filter(finding => finding.id === id);
	const silent = fleet.now.fleet.nodes.filter(node => !node.isGone && !isMeasured(node, fleet));
	const pending = fleet.pending.filter(each => each.id === id);
	const { mode, agreement } = fleet.now.fleet;
	const isUntold = mode === 'cluster' && agreement === undefined && ofCluster.has(id);
	return [
		...nobody(fleet),
		...(isUntold ? [{ isCritical: false, text: 'no node tells of the cluster' }] : []),
		...findings.map(wrongOf),
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

const wrongOf = (finding: Finding): Wrong => ({
	isCritical: finding.severity === 'crit',
	text: findingText(finding),
	absentSince: finding.absentSince,
});

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
	/** Since when nothing was wrong but what is shown until its end has held; undefined while something is. */
	readonly since?: number;
	readonly wrongs: readonly Wrong[];
	readonly isMet: boolean;
};

/** With whom no word was exchanged yet: a gate that is given up then knows of nobody that is there. */
function looking({ fleets }: State): Wrong {
	const nodes = fleets.flatMap(({ now }) => now.fleet.nodes);
	const silent = nodes.filter(node => !isRead(node)).map(({ address }) => address);
	const more = silent.length > 3 ? ` and ${silent.length - 3} more` : '';
	const from = silent.length > 0 ? `; no answer yet from ${silent.slice(0, 3).join(', ')}${more}` : '';
	return { isCritical: nodes.length === silent.length, text: `looking for the nodes${from}` };
}

/** The gate after a round. `at` and `since` are of the same clock. */
export function waitOn(
	state: State,
	{ goal, seconds }: WaitGoal,
	before: Waiting | undefined,
	seenUntil: number,
): Waiting {
	const isFound = state.fleets.every(({ rounds }) => rounds > 0) && !state.isDiscovering;
	const wrongs = isFound ? stillWrong(state, goal) : [looking(state)];
	const absences = wrongs.flatMap(({ absentSince }) => absentSince ?? []);
	if (absences.length < wrongs.length) return { wrongs, isMet: false };
	const isBroken = state.fleets.some(({ now }) =>
		now.events.some(({ at, kind }) => at > seenUntil && interrupting.includes(kind)),
	);
	const since = (isBroken ? undefined : before?.since) ?? state.at;
	return { since, wrongs, isMet: wrongs.length === 0 && state.at - since >= seconds * 1000 };
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
			text: `OK ${what} for ${duration(wait.seconds)}: ${counted(nodes.length, 'node')}, after ${duration(waitedSeconds)}`,
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
		wrong: now.wrongs.map(wrong => ({
			severity: wrong.isCritical ? 'crit' : 'warn',
			text: printableText(wrong.text),
		})),
	};
	const objects = state.fleets.map(fleet => ({
		...jsonOf(fleet.now, state.delaySeconds, [], undefined, state.clockOffset),
		wait: verdict,
	}));
	return { text: objects.map(object => JSON.stringify(object)).join('\n'), code };
}
