// Rates and windows from counters. A rate is the difference of two readings of the same process, over the time
// between them, without what redis-top did itself. After a restart, a CONFIG RESETSTAT or a change of role the
// counters start anew or mean another thing: then there is no rate for one interval, never a negative or absurd one.

import { riseOf } from '../parse/counters.ts';
import { sumOfBoth } from '../sums.ts';
import type { CpuOf, Info, Interval, OwnUse, Rates, Sample } from '../types.ts';
import { isSameRun } from './same-run.ts';

/** How long intervals are kept for the windows of 10 s and 60 s, milliseconds. */
const intervalsKept = 60_000;

/** Counters that CONFIG RESETSTAT zeroes: one that fell gives the reset away. */
const fallingCounters = [
	'commandsProcessed',
	'connectionsReceived',
	'inputBytes',
	'outputBytes',
	'expiredKeys',
	'expiredFields',
	'evictedKeys',
	'evictedClients',
	'outputLimitDisconnections',
	'queryLimitDisconnections',
	'keyspaceHits',
	'keyspaceMisses',
	'rejectedConnections',
	'errorReplies',
	'syncFull',
	'aofDelayedFsync',
] as const satisfies readonly (keyof Info)[];

/** Why two readings of a node cannot be subtracted; undefined when they can. */
export function breakBetween(before: Info, now: Info): 'restarted' | 'role-changed' | 'reset' | undefined {
	if (!isSameRun(before.runId, now.runId)) return 'restarted';
	if (now.uptimeSeconds !== undefined && now.uptimeSeconds < (before.uptimeSeconds ?? 0)) return 'restarted';
	if (before.role !== undefined && now.role !== undefined && before.role !== now.role) return 'role-changed';
	// One that was not told this time has not fallen.
	if (fallingCounters.some(name => (riseIn(before, now, name) ?? 0) < 0)) return 'reset';
	return undefined;
}

/** Seconds between two samples: by the server's clock where it tells it (>= 7.0), else by ours at the replies. */
export function secondsBetween(before: Sample, now: Sample): number {
	const ours = (now.clock - before.clock) / 1000;
	const from = before.info?.serverTimeMicroseconds;
	const to = now.info?.serverTimeMicroseconds;
	if (from === undefined || to === undefined) return ours;
	const theirs = (to - from) / 1e6;
	// Each reply was written some time between our question and our reading of it.
	const least = Math.max(0, ours - (now.pingMilliseconds ?? 0) / 1000);
	const most = ours + (before.pingMilliseconds ?? 0) / 1000;
	const off = Math.max(0, least - theirs, theirs - most);
	// A server clock that was stepped (ntp, suspend) must not make a rate absurd, nor one that was told from a cache: an
	// idle Valkey said 2 ms of a quarter of a second.
	const isSound = theirs >= least / 2 && off < Math.max(1, ours * 0.5);
	return theirs > 0 && isSound ? theirs : ours;
}

/** How much later than usual a reply may be read, of the interval. */
const blurredShare = 0.2;

/**
 * Where the server tells no time (< 7.0), which end of an interval is no moment that we know: a reply that was read much
 * later than usual, by a monitor that gets no CPU, was written at any time since the question.
 */
export function blurredBetween(
	before: Sample,
	now: Sample,
	pings: readonly number[],
): 'begin' | 'end' | undefined {
	if (before.info?.serverTimeMicroseconds !== undefined && now.info?.serverTimeMicroseconds !== undefined)
		return undefined;
	const usual = Math.min(...pings);
	const most = (now.clock - before.clock) * blurredShare;
	const isLate = ({ pingMilliseconds = 0 }: Sample) => pingMilliseconds - usual > most;
	if (isLate(now)) return 'end';
	return isLate(before) ? 'begin' : undefined;
}

/** Rates between two samples of a node and the interval for its windows; undefined when there is a break between them. */
export function ratesBetween(before: Sample, now: Sample): { rates: Rates; interval: Interval } | undefined {
	if (!before.info || !now.info || breakBetween(before.info, now.info)) return undefined;
	const seconds = secondsBetween(before, now);
	if (!(seconds > 0)) return undefined;
	const own = ownBetween(before.own, now.own);
	const rise = risesIn(before.info, now.info);
	const rate = (value: number | undefined) => (value === undefined ? undefined : value / seconds);
	const rates: Rates = {
		seconds,
		ops: rate(less(rise('commandsProcessed'), own.commands)),
		evicted: rate(rise('evictedKeys')),
		expired: rate(rise('expiredKeys')),
		expiredFields: rate(rise('expiredFields')),
		inputBytes: rate(less(rise('inputBytes'), own.inputBytes)),
		outputBytes: rate(less(rise('outputBytes'), own.outputBytes)),
		rejected: rate(rise('rejectedConnections')),
		connections: rate(rise('connectionsReceived')),
		errors: rate(less(errorsBetween(before.info, now.info), own.errors)),
		oomErrors: rate(oomBetween(before.info, now.info)),
		replicationBytes: rate(offsetBetween(before.info, now.info)),
		fullSyncs: rate(rise('syncFull')),
		delayedFsyncs: rate(rise('aofDelayedFsync')),
		droppedClients: rate(droppedBetween(rise)),
		...cpuBetween(before.info, now.info, seconds),
	};
	return { rates, interval: intervalOf(rise, own, now.at, seconds) };
}

type Rise = (name: (typeof fallingCounters)[number]) => number | undefined;

const risesIn =
	(before: Info, now: Info): Rise =>
	name =>
		riseIn(before, now, name);

/** Of any counter of INFO, of any size. */
const riseIn = (before: Info, now: Info, name: NumberField) =>
	riseOf(
		{ value: before[name], exact: before.exact?.[name] },
		{ value: now[name], exact: now.exact?.[name] },
	);

type NumberField = (typeof fallingCounters)[number] | 'replicationOffset';

/** Never below zero: our count of our own use can be ahead of the server's by the command under way. */
const less = (value: number | undefined, own: number) =>
	value === undefined ? undefined : Math.max(0, value - own);

const intervalOf = (
	rise: Rise,
	own: ReturnType<typeof ownBetween>,
	at: number,
	seconds: number,
): Interval => ({
	at,
	seconds,
	hits: less(rise('keyspaceHits'), own.hits) ?? 0,
	misses: less(rise('keyspaceMisses'), own.misses) ?? 0,
	evicted: rise('evictedKeys') ?? 0,
	expired: rise('expiredKeys') ?? 0,
});

const ownBetween = (before: OwnUse, now: OwnUse) => ({
	commands: now.commands - before.commands,
	hits: now.hits - before.hits,
	misses: (now.misses ?? 0) - (before.misses ?? 0),
	inputBytes: now.inputBytes - before.inputBytes,
	outputBytes: now.outputBytes - before.outputBytes,
	errors: sumOf(now.errors) - sumOf(before.errors),
});

const sumOf = (counts: OwnUse['errors']) =>
	Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);
/** What the server tells of: before 7.0 nothing, before 7.2 evictions alone. */
function droppedBetween(rise: Rise): number | undefined {
	const rises = [rise('evictedClients'), rise('outputLimitDisconnections'), rise('queryLimitDisconnections')];
	return rises.reduce((sum, value) => (value === undefined ? sum : (sum ?? 0) + value), undefined);
}

const offsetBetween = (before: Info, now: Info) =>
	isSameRun(before.replicationId, now.replicationId)
		? positive(riseIn(before, now, 'replicationOffset'))
		: undefined;

const positive = (value: number | undefined) => (value === undefined ? undefined : Math.max(0, value));

/** Error replies: the total where the server keeps one (>= 6.2), undefined before. */
const errorsBetween = (before: Info, now: Info) => riseIn(before, now, 'errorReplies');

/** OOM errors; a server that has had none does not list the prefix, so absent is zero where errors are kept at all. */
function oomBetween(before: Info, now: Info): number | undefined {
	const [was, is] = [oomOf(before), oomOf(now)];
	return was === undefined || is === undefined ? undefined : Math.max(0, is - was);
}

const oomOf = ({ errors }: Info) => (errors && Object.hasOwn(errors, 'OOM') ? errors.OOM : errors && 0);

type Cpu = Pick<Rates, 'cpuPercent' | 'cpuOf'>;

/** Two times are only compared where both are of the same: a field that is missing once is no main thread at rest. */
function cpuBetween(before: Info, now: Info, seconds: number): Cpu {
	for (const { of, seconds: used } of cpuTimes) {
		const [from, to] = [used(before), used(now)];
		if (from !== undefined && to !== undefined)
			return { cpuPercent: Math.max(0, ((to - from) / seconds) * 100), cpuOf: of };
		if (of === 'main-thread' && (from ?? to) !== undefined) return {};
	}
	return {};
}

/**
 * The first that is told. Valkey 9.1 tells the main thread's time without its busy polling. Before 6.2 only that of the
 * process is told, and with I/O threads that says nothing of the thread that runs the commands.
 */
const cpuTimes: readonly { readonly of: CpuOf; readonly seconds: (info: Info) => number | undefined }[] = [
	{
		of: 'main-thread',
		seconds: ({ activeMainMicroseconds: busy }) => (busy === undefined ? undefined : busy / 1e6),
	},
	{ of: 'main-thread', seconds: info => sumOfBoth(info.cpuUserMainSeconds, info.cpuSystemMainSeconds) },
	{ of: 'process', seconds: info => sumOfBoth(info.cpuUserSeconds, info.cpuSystemSeconds) },
];

/** Appends an interval and forgets those older than 60 s. */
export function keepIntervals(intervals: readonly Interval[], next: Interval): readonly Interval[] {
	return [...intervals.filter(interval => next.at - interval.at < intervalsKept), next];
}

export type Window = { readonly hits: number; readonly lookups: number; readonly seconds: number };

/** Hits and lookups of the last `seconds` up to `at`; of an interval that began before, the part that lies inside. */
export function lookupsWithin(intervals: readonly Interval[], at: number, seconds: number): Window {
	let hits = 0;
	let lookups = 0;
	for (const interval of intervals) {
		const inside = Math.min(1, (seconds - (at - interval.at) / 1000) / interval.seconds);
		if (inside <= 0) continue;
		hits += interval.hits * inside;
		lookups += (interval.hits + interval.misses) * inside;
	}
	return { hits, lookups, seconds };
}

/** Lookups under which a hit rate says nothing. */
const lookupsNeeded = 20;

/** 0..1 over the last 10 s (or the last interval, when the delay is longer); undefined under 20 lookups. */
export function hitRateOf(windows: readonly { hits: number; lookups: number }[]): number | undefined {
	const hits = windows.reduce((sum, window) => sum + window.hits, 0);
	const lookups = windows.reduce((sum, window) => sum + window.lookups, 0);
	return lookups < lookupsNeeded ? undefined : hits / lookups;
}
