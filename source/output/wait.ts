// --wait: a gate for pipelines. What is still wrong, as lines, after each reading; when nothing was for as long as was
// asked for, the gate opens. It takes what was not measured for wrong: a gate that opens by mistake is a restart too early.

import { slotsInCluster } from '../core/slots.ts';
import { printableText } from '../core/text/printable.ts';
import { bytes, counted, duration } from '../core/text/quantity.ts';
import type { Finding, FleetEvent, NodeTrack, Pending, RedisNode } from '../core/types.ts';
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
	/** A critical finding that has not held for its readings yet: nothing is found, and the gate stays closed. */
	readonly isUndecided?: boolean;
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
		...undecided(fleet, standing),
		...nobody(fleet),
	];
}

const undecided = ({ pending }: FleetTrack, told: readonly Finding[]): Wrong[] =>
	pending
		.filter(({ id, node, isCritical }) => isCritical && !told.some(one => one.id === id && one.node === node))
		.map(each => ({ ...undecidedWrong(each), isUndecided: true }));

const undecidedWrong = ({ id, node }: Pending): Wrong => ({
	isCritical: false,
	text: `${node === undefined ? '' : `${node}: `}${id} is not decided yet`,
});

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
		...(findings.length === 0 ? pending : []).map(undecidedWrong),
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
	/** Those that were told so far. */
	readonly events: readonly FleetEvent[];
};

/** With whom no word was exchanged yet: a gate that is given up then knows of nobody that is there. */
function looking({ fleets }: State): Wrong {
	const nodes = fleets.flatMap(({ now }) => now.fleet.nodes);
	const silent = nodes.filter(node => !isRead(node)).map(({ address }) => address);
	const more = silent.length > 3 ? ` and ${silent.length - 3} more` : '';
	const from = silent.length > 0 ? `; no answer yet from ${silent.slice(0, 3).join(', ')}${more}` : '';
	return { isCritical: nodes.length === silent.length, text: `looking for the nodes${from}` };
}

/**
 * The gate after a round. It opens when nothing was wrong from `since` on and every node was read again once the time
 * was over: that the clock went on says nothing of a node.
 */
export function waitOn(state: State, { goal, seconds }: WaitGoal, before?: Waiting): Waiting {
	const isFound = state.fleets.every(({ rounds }) => rounds > 0) && !state.isDiscovering;
	const wrongs = isFound ? stillWrong(state, goal) : [looking(state)];
	const events = state.fleets.flatMap(({ now }) => now.events);
	const isStanding = wrongs.some(({ absentSince, isUndecided }) => absentSince === undefined && !isUndecided);
	if (isStanding) return { wrongs, events, isMet: false };
	const since = (isBroken(before, events) ? undefined : before?.since) ?? state.at;
	const isRead = state.fleets.every(fleet => isReadSince(fleet, since + seconds * 1000));
	return { since, wrongs, events, isMet: wrongs.length === 0 && isRead };
}

function isBroken(before: Waiting | undefined, events: readonly FleetEvent[]): boolean {
	const known = new Set(before?.events);
	return events.some(event => interrupting.includes(event.kind) && !known.has(event));
}

/** All were asked at `due` or later, milliseconds of the clock of `at`, and a refresh has judged what they said. */
function isReadSince({ now: { fleet }, tracks, judgedAt }: FleetTrack, due: number): boolean {
	const isNew = ({ address, lastGood: read }: NodeTrack) =>
		read !== undefined &&
		read.at - (read.pingMilliseconds ?? 0) >= due &&
		judgedAt?.get(address) === read.clock;
	const nodes = fleet.nodes.filter(node => !node.isGone).map(({ address }) => tracks.get(address));
	// A Sentinel that is down is a finding where it matters; one that is silent may be about to be.
	const sentinels = [...tracks.values()].filter(
		({ kind, gone, error }) => kind === 'sentinel' && !gone && !error,
	);
	return [...nodes, ...sentinels].every(track => track !== undefined && isNew(track));
}

/** `healthy`, `no memory-high`. */
export const goalText = ({ goal }: WaitGoal): string => (goal === 'healthy' ? goal : `no ${goal}`);

type Outcome = Pick<Waiting, 'wrongs' | 'isMet'>;
export type WaitResult = { readonly text: string; readonly code: 0 | 1 | 2 };

/** The last line: that the gate is open, or what is still wrong. `waitedSeconds` is since the program began. */
export function waitResult(state: State, wait: WaitGoal, now: Outcome, waitedSeconds: number): WaitResult {
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
export function waitJson(state: State, wait: WaitGoal, now: Outcome, waitedSeconds: number): WaitResult {
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
