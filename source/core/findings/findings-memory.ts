// What the judge must remember of a node from one reading to the next because INFO tells only the present: the fork
// that was there before, since when a link is down, when full syncs happened. Kept inside Holds, a few numbers a node.
// A restart forgets it all. It draws no conclusion: the rules do.

import { processChange } from '../fleet/process-change.ts';
import { ratesBetween, secondsBetween } from '../fleet/rates.ts';
import { isSameRun } from '../fleet/same-run.ts';
import { hasPrimary } from '../node/replication-state.ts';
import { risesBetween } from '../parse/counters.ts';
import type { Limits } from '../thresholds.ts';
import type { Address, Info, NodeTrack, Rates, Sample } from '../types.ts';
import type { DataMemory } from './data-memory.ts';
import { nextRefusals, type Refusals } from './refusals.ts';
import { type ChildMemory, childAfter, scheduledSince } from './save-memory.ts';
import { rememberStalls, type StallMemory } from './stall-memory.ts';

export type NodeMemory = StallMemory & {
	readonly runId?: string;
	/** The newest that was judged. */
	readonly reading?: Sample;
	/** From the one that was judged before to that: rates of a track may be of a part of the time only. */
	readonly since?: Rates;
	readonly forkMicroseconds?: number;
	readonly lastSaveAt?: number;
	/** The newest fork that happened while we watched. */
	readonly fork?: { readonly at: number; readonly seconds: number };
	/** What it writes to its disk now. */
	readonly child?: ChildMemory;
	readonly aofScheduledAt?: number;
	readonly linkDownSince?: number;
	/** Since when it is one of a circle of replicas. */
	readonly circleSince?: number;
	readonly pausedSince?: number;
	/** At a primary: its replicas that are not online, and since when. */
	readonly notOnline: ReadonlyMap<Address, number>;
	readonly fullSyncsAt: readonly number[];
	/** Replicas whose broken link was mended by a partial sync; `partialSyncs` is the server's counter. */
	readonly partialSyncsAt?: readonly number[];
	readonly partialSyncs?: number;
	/** Readings in a row that the cache was full, until it was said. */
	readonly fullReadings: number;
	readonly isFullSaid: boolean;
	/** What it refuses to its clients. */
	readonly refusals?: Refusals;
	/** It was a primary once while we watched, also before a restart: clients may still take it for one. */
	readonly wasPrimary?: boolean;
	/** Of its keys: kept over a restart. */
	readonly data?: DataMemory;
	/** While it is a primary: since when it was seen as one, and whether it was seen to become one. */
	readonly primary?: { readonly since: number; readonly isPromoted: boolean; readonly wroteAt?: number };
	/** While it is a primary that nobody follows: since when it was seen so. */
	readonly aloneSince?: number;
	/** It has received something from a primary since it started: that a counter tells can be reset. */
	readonly hasReceived?: boolean;
	/** The history that it followed as a replica until it was started again as a primary, which has forgotten it. */
	readonly followed?: string;
	/** It was seen with its link up, or as a primary, since it started. */
	readonly wasLinked?: boolean;
	/** Errors whose counters grew between the last two readings. */
	readonly errors?: Info['errors'];
	readonly grownErrors?: readonly string[];
	/** Clients that the server closed, in the last seconds. */
	readonly dropped?: readonly { readonly at: number; readonly count: number }[];
	/** Who was seen logged in. */
	readonly users?: readonly string[];
	/** At a replica: when it last evicted or expired keys by itself. */
	readonly removedAt?: number;
	/** At a replica: commands of its primary that failed on it before its last full sync that was seen, which mends all. */
	readonly failedBefore?: number;
};

export const noMemory: NodeMemory = {
	notOnline: new Map(),
	fullSyncsAt: [],
	fullReadings: 0,
	isFullSaid: false,
};

/** The memory after a fresh INFO. */
export function remember(
	before: NodeMemory | undefined,
	track: NodeTrack,
	limits: Limits,
	at: number,
): NodeMemory {
	const info = track.lastGood?.info;
	if (!info) return before ?? noMemory;
	const isSame = before !== undefined && isSameRun(before.runId, info.runId);
	const known = isSame ? before : noMemory;
	const since = sinceJudged(before?.reading, track);
	return {
		...known,
		runId: info.runId ?? known.runId,
		reading: track.lastGood,
		since,
		forkMicroseconds: info.lastForkMicroseconds,
		lastSaveAt: info.lastSaveAt,
		fork:
			isSame && hasForked(before, info)
				? { at, seconds: (info.lastForkMicroseconds ?? 0) / 1e6 }
				: known.fork,
		child: childAfter(known.child, track.lastGood, at),
		aofScheduledAt: scheduledSince(known.aofScheduledAt, info, at),
		linkDownSince: hasPrimary(info) && info.isLinkUp === false ? (known.linkDownSince ?? at) : undefined,
		pausedSince: isPaused(info) ? (known.pausedSince ?? at) : undefined,
		notOnline: notOnlineSince(known, info, at),
		fullSyncsAt: fullSyncsOf(known, since, limits, at),
		partialSyncsAt: partialSyncsOf(known, info, limits, at),
		partialSyncs: info.syncPartialOk,
		...rememberStalls(isSame ? before : undefined, track, info, limits, at),
		refusals: track.lastGood && nextRefusals(before?.refusals, track.lastGood),
		wasPrimary: before?.wasPrimary === true || info.role === 'primary',
		primary: asPrimary(known, isSame ? before.reading?.info : undefined, info, at),
		aloneSince:
			info.role === 'primary' && info.connectedReplicas === 0 ? (known.aloneSince ?? at) : undefined,
		hasReceived: known.hasReceived === true || hasPrimary(info) || (info.replicationInputBytes ?? 0) > 0,
		followed: followedUntilRestart(before, track, isSame, at),
		wasLinked: known.wasLinked || !hasPrimary(info) || info.isLinkUp === true,
		errors: info.errors,
		grownErrors: grownErrors(isSame ? before.errors : undefined, info.errors),
		dropped: droppedOf(known, since, limits, at),
		removedAt: removedAt(known, info, since, at),
		failedBefore: failedBefore(known, info),
	};
}

/** A count that is less was reset, and starts anew: what fails from then on is told, also where it gets as many again. */
function failedBefore({ failedBefore: before }: NodeMemory, { isSyncing, failedFromPrimary: all }: Info) {
	if (isSyncing) return all;
	return before !== undefined && all !== undefined && all < before ? 0 : before;
}

/** Readings between two refreshes are not judged, and an extra one right behind another leaves the rates as they were. */
function sinceJudged(reading: Sample | undefined, { lastGood, rates }: NodeTrack): Rates | undefined {
	if (!reading || !lastGood || rates?.seconds === secondsBetween(reading, lastGood)) return rates;
	return ratesBetween(reading, lastGood)?.rates ?? rates;
}

/** A server keeps the history that it had for so long after its last replica has left (repl-backlog-ttl). */
const backlogMilliseconds = 3_600_000;

function followedUntilRestart(
	before: NodeMemory | undefined,
	{ lastGood }: NodeTrack,
	isSame: boolean,
	at: number,
): string | undefined {
	const was = before?.reading;
	if (!was || !lastGood?.info || hasPrimary(lastGood.info)) return undefined;
	// As long as a server that was promoted remembers it.
	if (isSame) return at - (before.primary?.since ?? at) > backlogMilliseconds ? undefined : before.followed;
	// Who took its address was no replica of anybody here.
	if (processChange(was, lastGood) !== 'restarted') return undefined;
	const isReplica = was.info !== undefined && hasPrimary(was.info) && was.info.isLinkUp === true;
	return isReplica ? was.info.replicationId : before.followed;
}

/** What a replica applies counts as changes, too: only what was changed from one reading as a primary to the next is its own. */
function asPrimary(
	known: NodeMemory,
	before: Info | undefined,
	info: Info,
	at: number,
): NodeMemory['primary'] {
	if (info.role !== 'primary' || hasPrimary(info)) return undefined;
	if (!known.primary) return { since: at, isPromoted: before !== undefined && hasPrimary(before) };
	return hasWritten(before, info) ? { ...known.primary, wroteAt: at } : known.primary;
}

/** What expires or is evicted is no change that this counts. */
const hasWritten = (before: Info | undefined, { changesSinceSave: now }: Info) =>
	now !== undefined && before?.changesSinceSave !== undefined && now > before.changesSinceSave;

const isPaused = ({ pausedReason, failoverState, shutdownMilliseconds }: Info) =>
	(pausedReason !== undefined && pausedReason !== 'none') ||
	isHandingOver(failoverState) ||
	shutdownMilliseconds !== undefined;

/** From its first moment on FAILOVER holds all writes back, until the replica has taken over or somebody aborts it. */
export const isHandingOver = (state: Info['failoverState']): boolean =>
	state !== undefined && state !== 'no-failover';

function grownErrors(before: Info['errors'], now: Info['errors']): readonly string[] {
	if (!before || !now) return [];
	return [...(risesBetween(before, now) ?? [])].map(([name]) => name);
}

function droppedOf(
	known: NodeMemory,
	rates: Rates | undefined,
	limits: Limits,
	at: number,
): NodeMemory['dropped'] {
	const { windowSeconds } = limits['clients-dropped'].extra;
	const kept = (known.dropped ?? []).filter(each => at - each.at < windowSeconds * 1000);
	const count = Math.round((rates?.droppedClients ?? 0) * (rates?.seconds ?? 0));
	return count > 0 ? [...kept, { at, count }] : kept;
}

/** The counters tell of its own doing: what its primary evicts or expires comes to it as a DEL. */
function removedAt(
	known: NodeMemory,
	{ role }: Info,
	rates: Rates | undefined,
	at: number,
): number | undefined {
	if (role !== 'replica') return undefined;
	return (rates?.evicted ?? 0) + (rates?.expired ?? 0) > 0 ? at : known.removedAt;
}

/** A save that ends without another fork time still forked: two forks may take equally long. */
function hasForked(before: NodeMemory, info: Info): boolean {
	if (!info.lastForkMicroseconds || before.forkMicroseconds === undefined) return false;
	return before.forkMicroseconds !== info.lastForkMicroseconds || before.lastSaveAt !== info.lastSaveAt;
}

function notOnlineSince(known: NodeMemory, info: Info, at: number): ReadonlyMap<Address, number> {
	const waiting = (info.replicas ?? []).filter(({ state }) => state !== undefined && state !== 'online');
	return new Map(waiting.map(replica => [replica.address, known.notOnline.get(replica.address) ?? at]));
}

function fullSyncsOf(
	known: NodeMemory,
	rates: Rates | undefined,
	limits: Limits,
	at: number,
): readonly number[] {
	const { windowSeconds } = limits['resync-loop'].extra;
	const kept = known.fullSyncsAt.filter(time => at - time < windowSeconds * 1000);
	const added = Math.round((rates?.fullSyncs ?? 0) * (rates?.seconds ?? 0));
	return [...kept, ...Array.from({ length: Math.min(added, 100) }, () => at)];
}

function partialSyncsOf(
	{ partialSyncsAt = [], partialSyncs: before }: NodeMemory,
	{ syncPartialOk: now }: Info,
	limits: Limits,
	at: number,
): readonly number[] {
	const kept = partialSyncsAt.filter(time => at - time < limits['resync-loop'].extra.partialSeconds * 1000);
	const added = now === undefined || before === undefined ? 0 : Math.max(0, now - before);
	return [...kept, ...Array.from({ length: Math.min(added, 100) }, () => at)];
}
