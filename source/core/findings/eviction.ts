// Is this eviction what the cache is for, or a bug? A verdict on one node with its evidence, from its newest INFO
// and the last minute of intervals. It claims a bug only where numbers show one: a policy with nothing to evict,
// buffers that push data out, or a key space that turns over within a minute. It does not say when to speak:
// findings-node does, with the limits of `evicting`.

import { lookupsWithin } from '../fleet/rates.ts';
import { keysIn } from '../node/keyspace.ts';
import { sum } from '../sums.ts';
import { bytes, count, percent } from '../text/quantity.ts';
import type { Limits } from '../thresholds.ts';
import type { Info, Interval, NodeTrack, Series } from '../types.ts';

export type EvictionVerdict = {
	readonly verdict: 'none' | 'expected' | 'bug';
	/** Short, to stand behind `evicting 1.2k/s: `. */
	readonly reason: string;
	readonly facts: readonly string[];
	/** Over the last 10 s. */
	readonly evictedPerSecond: number;
	/** Points by which the hit rate of the last 10 s is under that of the minutes before; undefined when it cannot be told. */
	readonly hitRateFall?: number;
};

type Evidence = {
	readonly info: Info;
	readonly track: NodeTrack;
	readonly limits: Limits;
	readonly at: number;
	readonly evictedPerSecond: number;
	readonly oomErrors: number;
};
type Bug = { readonly reason: string; readonly facts: readonly string[] };

/** Judges the evictions of one node; `none` where nothing is evicted and no write refused. */
export function judgeEviction(track: NodeTrack, limits: Limits, at: number): EvictionVerdict {
	const info = track.lastGood?.info;
	if (!info) return { verdict: 'none', reason: '', facts: [], evictedPerSecond: 0 };
	const recent = within(track.intervals, at, limits.evicting.extra.windowSeconds);
	const seconds = sum(recent, interval => interval.seconds);
	const evictedPerSecond = seconds > 0 ? sum(recent, interval => interval.evicted) / seconds : 0;
	const oomErrors = track.rates?.oomErrors ?? 0;
	const evidence = { info, track, limits, at, evictedPerSecond, oomErrors };
	const hitRateFall = fallOfHitRate(track, limits, at);
	const bug = nothingToEvict(evidence) ?? (evictedPerSecond > 0 ? brokenEviction(evidence) : undefined);
	if (bug) return { verdict: 'bug', ...bug, evictedPerSecond, hitRateFall };
	if (evictedPerSecond <= 0) return { verdict: 'none', reason: '', facts: [], evictedPerSecond };
	return { verdict: 'expected', ...expectation(evidence, hitRateFall), evictedPerSecond, hitRateFall };
}

/** Keys that the policy may evict; undefined where the key space is not told. */
export function evictableKeys(info: Info): { keys: number; withTtl: number; evictable: number } | undefined {
	const keys = keysIn(info.databases, 'keys');
	const withTtl = keysIn(info.databases, 'expires');
	if (keys === undefined || withTtl === undefined) return undefined;
	return { keys, withTtl, evictable: info.maxmemoryPolicy?.startsWith('volatile-') ? withTtl : keys };
}

function nothingToEvict(evidence: Evidence): Bug | undefined {
	const { info, limits, evictedPerSecond, oomErrors } = evidence;
	if (info.maxmemoryPolicy === 'noeviction' && oomErrors > 0)
		return {
			reason: 'full and policy noeviction, writes refused',
			facts: [`OOM errors ${count(oomErrors)}/s`],
		};
	if (!info.maxmemoryPolicy?.startsWith('volatile-') || (evictedPerSecond <= 0 && oomErrors <= 0))
		return undefined;
	const space = evictableKeys(info);
	if (!space || space.keys === 0) return undefined;
	const share = space.withTtl / space.keys;
	if (share >= limits['volatile-without-ttl'].warn) return undefined;
	return {
		reason: `only ${percent(share)} of keys have a TTL, policy ${info.maxmemoryPolicy}`,
		facts: [`${count(space.withTtl)} of ${count(space.keys)} keys can be evicted`],
	};
}

const brokenEviction = (evidence: Evidence) => eatenByBuffers(evidence) ?? turnsOver(evidence);

/** What counts against maxmemory and is neither data nor the tables that hold it, the largest first. */
export const buffersOf = (info: Info): readonly { readonly name: string; readonly bytes: number }[] =>
	[
		{ name: 'client buffers', bytes: info.clientsNormalBytes ?? 0 },
		{ name: 'cluster links', bytes: info.clusterLinksBytes ?? 0 },
		{ name: 'the replication backlog', bytes: info.backlogMemoryBytes ?? 0 },
		{ name: 'a slot migration', bytes: info.migrationInputBytes ?? 0 },
		{ name: 'cached scripts', bytes: info.scriptsBytes ?? 0 },
	].sort((a, b) => b.bytes - a.bytes);

/** Scripts are no buffers: where they are most of it they are called by their name. */
const nameOf = ([largest]: ReturnType<typeof buffersOf>) =>
	largest?.name === 'cached scripts' ? largest.name : 'buffers';

function eatenByBuffers({ info, limits }: Evidence): Bug | undefined {
	const { dataShare, buffersShare } = limits.evicting.extra;
	const limit = info.maxmemoryBytes;
	if (!limit || info.datasetBytes === undefined) return undefined;
	const held = buffersOf(info);
	const buffers = sum(held, each => each.bytes);
	if (info.datasetBytes >= limit * dataShare || buffers < limit * buffersShare) return undefined;
	return {
		reason: `data fits, ${nameOf(held)} take ${percent(buffers / limit)} of maxmemory`,
		facts: [`data ${bytes(info.datasetBytes)} of ${bytes(limit)}`, `buffers ${bytes(buffers)}`],
	};
}

/**
 * As many keys evicted in a minute as there are to evict, and reads that miss: the keys that go were just written.
 * Without enough lookups it is not claimed, for a write-only queue may turn over by design.
 */
function turnsOver({ info, track, limits, at }: Evidence): Bug | undefined {
	const { turnoverSeconds, turnovers, lookups } = limits.evicting.extra;
	const space = evictableKeys(info);
	if (!space || space.evictable === 0) return undefined;
	const minute = within(track.intervals, at, turnoverSeconds);
	const evicted = sum(minute, interval => interval.evicted);
	const read = lookupsWithin(track.intervals, at, turnoverSeconds);
	if (evicted < space.evictable * turnovers || read.lookups < lookups) return undefined;
	const hitRate = read.hits / read.lookups;
	if (hitRate >= limits['hit-rate-low'].warn) return undefined;
	return {
		reason: 'more keys went in a minute than are left',
		facts: [
			`${count(evicted)} evicted, ${count(space.evictable)} keys to evict`,
			`hit rate ${percent(hitRate)}`,
		],
	};
}

function expectation({ info, limits }: Evidence, fall: number | undefined): Bug {
	const isFalling = fall !== undefined && fall >= limits.evicting.warn;
	const facts = fall === undefined ? [] : [`hit rate ${fall > 0 ? 'down' : 'up'} ${percent(Math.abs(fall))}`];
	const policy = info.maxmemoryPolicy ? `policy ${info.maxmemoryPolicy}` : 'at maxmemory';
	return { reason: isFalling ? 'hit rate falling' : policy, facts };
}

/** Points the hit rate of the last 10 s is under the minutes before; those come from the history, without its last bucket. */
function fallOfHitRate(track: NodeTrack, limits: Limits, at: number): number | undefined {
	const { windowSeconds, baselineSeconds, lookups } = limits.evicting.extra;
	const now = lookupsWithin(track.intervals, at, windowSeconds);
	const until = at - windowSeconds * 1000;
	const before = lookupsBetween(track, until - baselineSeconds * 1000, until);
	if (now.lookups < lookups || before.lookups < lookups) return undefined;
	return before.hits / before.lookups - now.hits / now.lookups;
}

/** From the closed buckets that lie wholly between two times; both series are filled at the same moments. */
function lookupsBetween(track: NodeTrack, from: number, until: number): { hits: number; lookups: number } {
	let hits = 0;
	let lookups = 0;
	eachBucket(track.lookups, from, until, (index, rate) => {
		const hitsPerSecond = track.hits.closed[index + track.hits.closed.length - track.lookups.closed.length];
		if (Number.isNaN(rate) || hitsPerSecond === undefined || Number.isNaN(hitsPerSecond)) return;
		hits += hitsPerSecond * track.lookups.bucketSeconds;
		lookups += rate * track.lookups.bucketSeconds;
	});
	return { hits, lookups };
}

function eachBucket(
	series: Series,
	from: number,
	until: number,
	visit: (index: number, value: number) => void,
) {
	const length = series.bucketSeconds * 1000;
	const first = series.openedAt - series.closed.length * length;
	series.closed.forEach((value, index) => {
		const start = first + index * length;
		if (start >= from && start + length <= until) visit(index, value);
	});
}

/** Lowest rate of evictions in the last minute before now and how long ago: `0/s to 1.2k/s in 20s`. */
export function riseOfEviction(
	intervals: readonly Interval[],
	at: number,
): { from: number; seconds: number } | undefined {
	let lowest: { from: number; seconds: number } | undefined;
	for (const interval of intervals) {
		if (interval.seconds <= 0) continue;
		const from = interval.evicted / interval.seconds;
		// The newest of equals: the climb began after the last quiet interval.
		if (!lowest || from <= lowest.from) lowest = { from, seconds: (at - interval.at) / 1000 };
	}
	return lowest;
}

const within = (intervals: readonly Interval[], at: number, seconds: number) =>
	intervals.filter(interval => at - interval.at < seconds * 1000 - 1);
