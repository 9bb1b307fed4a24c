// What the failovers of clusters and of Sentinels have in common: how one is opened, followed, ended, and taken up again
// when its old primary comes back at last. What is seen and told differs: that is a list of tellers, and each of the two
// files has its own.

import type { Moment } from '../findings/events-cluster.ts';
import { isSilentError } from '../text/node-trouble.ts';
import { duration } from '../text/quantity.ts';
import type { Address, ErrorReason, NodeTrack, Sample } from '../types.ts';
import {
	type Failover,
	type FailoverMoment,
	has,
	lasted,
	momentOf,
	noLanes,
	offsetAs,
	type StepKind,
	shardNodes,
	stepOf,
} from './failover-record.ts';

/** A round with all its samples: a node that was away may tell more than once in it. */
export type RoundMoment = Moment & { readonly samples?: readonly Sample[] };

/** Without a step for this long it is over, whatever is missing. */
const quietMilliseconds = 60_000;
/** A primary that is back without a failover must stay: links to a frozen one come and go. */
const calmMilliseconds = 3000;
const resyncMilliseconds = 10_000;
const begunAtOnce = 32;

/** What differs between the two kinds of fleet. */
export type Family = {
	/** The failover with all that this round tells. */
	readonly follow: (failover: Failover) => Failover;
	/** Failovers that may begin in this round. */
	readonly begin: () => readonly Failover[];
	/** Steps that make more of it than a suspicion. */
	readonly serious: readonly StepKind[];
	/** The step by which somebody serves again. */
	readonly served: StepKind;
};

/** The failovers after a round, in no order; the same array when nothing changed. */
export function foldFamily(failovers: readonly Failover[], family: Family, now: Moment): readonly Failover[] {
	const followed = failovers.flatMap(failover =>
		failover.isOver ? takeUp(failover, family, now) : (follow(failover, family, now) ?? []),
	);
	const begun = family
		.begin()
		.slice(0, begunAtOnce)
		.filter(failover => !followed.some(known => isSame(known, failover)))
		.flatMap(failover => follow(failover, family, now) ?? []);
	if (begun.length > 0) return [...begun, ...followed];
	const isUnchanged =
		followed.length === failovers.length && followed.every((each, index) => each === failovers[index]);
	return isUnchanged ? failovers : followed;
}

/** This primary's failover goes on, or ended without anybody in its place. */
const isSame = (known: Failover, begun: Failover) =>
	known.oldPrimary === begun.oldPrimary &&
	known.group === begun.group &&
	(!known.isOver || (known.newPrimary === undefined && !has(known, 'restored')));

/** One that ended without its old primary, or unserved, goes on with the next step there is to tell. */
function takeUp(failover: Failover, family: Family, now: Moment): readonly Failover[] {
	if (has(failover, 'restored', 'returned')) return [failover];
	const next = follow(failover, family, now);
	if (!next) return [];
	return next.steps.length > failover.steps.length ? [next] : [failover];
}

/** Undefined when it was a suspicion that came to nothing: of that no trace is kept. */
function follow(failover: Failover, family: Family, now: Moment): Failover | undefined {
	const told = family.follow({ ...failover, isOver: false, endedAt: undefined });
	const isSuspicion = !has(told, ...family.serious);
	if (told.calmSince !== undefined && isSuspicion && now.at - told.calmSince >= calmMilliseconds)
		return undefined;
	const isOver = now.at - told.changedAt >= quietMilliseconds || isComplete(told, family, now);
	return {
		...told,
		isSuspicion,
		unservedMilliseconds: lasted(told.lanes.writes, ['refused'], now.at),
		after: isOver || has(told, family.served) ? afterOf(told, now) : told.after,
		isOver,
		endedAt: isOver ? now.at : undefined,
	};
}

function isComplete(failover: Failover, { served }: Family, now: Moment): boolean {
	if (has(failover, 'restored')) return true;
	const returned = stepOf(failover, 'returned');
	if (!has(failover, served) || !returned) return false;
	return has(failover, 'resynced') || now.at - returned.at >= resyncMilliseconds;
}

function afterOf(failover: Failover, now: Moment): FailoverMoment {
	const nodes = new Set(failover.before.nodes.map(each => each.node));
	for (const node of [failover.oldPrimary, failover.newPrimary]) if (node !== undefined) nodes.add(node);
	return momentOf(now.fleet, now.tracks, nodes, now.at);
}

/** A failover of this primary, about which nothing has been told yet. */
export function openFailover(
	oldPrimary: Address,
	more: Pick<Failover, 'shard' | 'group' | 'primaryId' | 'slots' | 'oldEpoch'>,
	before: Moment,
	now: Moment,
): Failover {
	const track = now.tracks.get(oldPrimary);
	const trackBefore = before.tracks.get(oldPrimary);
	// Of one that was down when we came, the shard is told as it is now.
	const known = before.fleet.nodes.some(row => row.address === oldPrimary) ? before : now;
	return {
		...more,
		id: `${oldPrimary} ${now.at}`,
		kind: 'under-way',
		oldPrimary,
		startedAt: now.at,
		changedAt: now.at,
		isOver: false,
		isSuspicion: true,
		peaks: { links: 0, state: 0, switched: 0 },
		steps: [],
		lanes: noLanes,
		before: momentOf(known.fleet, known.tracks, shardNodes(known.fleet, oldPrimary), known.at),
		unservedMilliseconds: 0,
		oldOffset: offsetAs('primary', track, trackBefore),
		oldBytesPerSecond: trackBefore?.rates?.replicationBytes,
		oldRunId: trackBefore?.lastGood?.info?.runId ?? track?.lastGood?.info?.runId,
	};
}

/** The first sign is where the time of a failover begins. */
export const since = (failover: Failover, at: number): Failover =>
	failover.steps.length === 0 || at < failover.startedAt ? { ...failover, startedAt: at } : failover;

/** We get no answer from a node: why, when we learnt it, and its last answer. */
export type Silence = {
	readonly reason: ErrorReason;
	readonly at: number;
	readonly lastAnswerAt?: number;
};

export function silenceOf(address: Address, now: Moment): Silence | undefined {
	const track = now.tracks.get(address);
	if (!track || track.gone || track.isSeenWell) return undefined;
	const { error } = track;
	const lastAnswerAt = answeredAt(track);
	if (isSilentError(error)) return { reason: error.reason, at: track.latest?.at ?? now.at, lastAnswerAt };
	return error === undefined && isMute(track, now)
		? { reason: 'timeout', at: now.at, lastAnswerAt }
		: undefined;
}

/** Readings that a node may leave out before it counts as mute: it is asked as often as the others are. */
const missedReadings = 1.8;

/**
 * It was asked and has not answered: a frozen process keeps its connection, and our own timeout comes seconds later
 * than the suspicion of its peers. Judged by what other nodes have answered since, never by a clock alone.
 */
function isMute(track: NodeTrack, now: Moment): boolean {
	const last = answeredAt(track);
	const newest = newestOf(now);
	if (last === undefined || !newest?.lastGood || newest === track) return false;
	const seconds = Math.max(track.rates?.seconds ?? 0, newest.rates?.seconds ?? 0);
	return seconds > 0 && newest.lastGood.at - last > seconds * 1000 * missedReadings;
}

const answeredAt = (track: NodeTrack): number | undefined =>
	track.lastGood && Math.max(track.lastGood.at, track.clusterAt ?? 0);

const newest = new WeakMap<Moment, { readonly track?: NodeTrack }>();

/** The data node that has answered last; looked for once a round. */
function newestOf(now: Moment): NodeTrack | undefined {
	const known = newest.get(now);
	if (known) return known.track;
	let best: NodeTrack | undefined;
	for (const track of now.tracks.values())
		if (track.kind === 'data' && (track.lastGood?.at ?? 0) > (best?.lastGood?.at ?? 0)) best = track;
	newest.set(now, { track: best });
	return best;
}

export function silenceText({ reason, at, lastAnswerAt }: Silence): string {
	if (reason === 'refused') return 'connections refused';
	if (reason === 'closed') return 'our connection was closed';
	if (reason === 'unreachable') return 'not reachable for us: network unreachable';
	if (reason !== 'timeout') return 'gives us no answer';
	const since = lastAnswerAt === undefined ? '' : ` for ${duration((at - lastAnswerAt) / 1000)}`;
	return `no answer${since}: frozen, busy or cut off`;
}

/** A connection that breaks tells the moment; one that is only silent was lost after the last answer. */
export const isBroken = ({ reason }: Silence): boolean => reason === 'refused' || reason === 'closed';

/**
 * What the old primary wrote, for as long as it calls itself one: in a partition it goes on after it was replaced. A
 * frozen one is a replica at once when it is back, and tells where its own stream ended until it is in sync again.
 */
export function keepOffset(failover: Failover, now: RoundMoment): Failover {
	const { oldPrimary } = failover;
	const told = (now.samples ?? []).filter(sample => sample.node === oldPrimary && sample.info);
	const last = now.tracks.get(oldPrimary)?.lastGood;
	return [...told, ...(last ? [last] : [])].reduce(withOffset, failover);
}

function withOffset(failover: Failover, { info, at }: Sample): Failover {
	const known = failover.oldOffset;
	if (!info || info.runId !== failover.oldRunId || at <= (known?.at ?? 0)) return failover;
	// While it loads a full copy it still tells its own.
	const isEnd = info.role === 'replica' && info.isLinkUp === false;
	if (info.role !== 'primary' && (!isEnd || failover.newPrimary === undefined || has(failover, 'resynced')))
		return failover;
	const offset = info.replicationOffset;
	if (offset === undefined || (isEnd && offset < (known?.offset ?? 0))) return failover;
	return { ...failover, oldOffset: { offset, at, ...(isEnd && { isFinal: true }) } };
}

/** The new primary tells itself where its former primary's data ended. */
export function keepHeirOffset(failover: Failover, now: Moment): Failover {
	if (failover.newPrimary === undefined || failover.heirOffset?.isFinal) return failover;
	const told = now.tracks.get(failover.newPrimary)?.lastGood;
	const end = told?.info?.role === 'primary' ? told.info.secondReplicationOffset : undefined;
	if (!told || end === undefined || told.at < (stepOf(failover, 'promoted')?.at ?? 0)) return failover;
	return { ...failover, heirOffset: { offset: end - 1, at: told.at, isFinal: true } };
}

/** With the new primary, and what is known of both ends at that moment. */
export function promote(failover: Failover, heir: Address, before: Moment, now: Moment): Failover {
	const last = before.tracks.get(heir)?.lastGood?.info;
	return {
		...failover,
		newPrimary: heir,
		heirOffset: offsetAs('replica', now.tracks.get(heir), before.tracks.get(heir)),
		resyncs: { full: last?.syncFull ?? 0, partial: last?.syncPartialOk ?? 0 },
	};
}

/** Calm for long enough to say that it is back; not while it is doubted, or does not serve. */
export function calmed(failover: Failover, isCalm: boolean, at: number): Failover {
	if (!isCalm) return failover.calmSince === undefined ? failover : { ...failover, calmSince: undefined };
	return failover.calmSince === undefined ? { ...failover, calmSince: at } : failover;
}

/** Since when it is calm, once that is long enough. */
export const calmSinceOf = ({ calmSince, steps }: Failover, now: Moment): number | undefined =>
	calmSince !== undefined && steps.length > 0 && now.at - calmSince >= calmMilliseconds
		? calmSince
		: undefined;
