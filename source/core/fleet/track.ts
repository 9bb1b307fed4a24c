// What is remembered of one node, and how a new sample changes it: the rates since the last reading, the windows,
// the history, what redis-top cost the node. Judging and drawing are elsewhere (findings, fleet).

import { myselfIn } from '../cluster/agreement.ts';
import { isOtherwise } from '../cluster/view-rhythm.ts';
import { statRise } from '../node/command-stat.ts';
import { countedBytes, isWaste, retainedBytesOf } from '../node/memory.ts';
import { keepSlowlog, noSlowlog, numberedFrom } from '../node/slowlog.ts';
import type { Address, CommandStat, NodeKind, NodeTrack, Origin, OwnUse, Peer, Sample } from '../types.ts';
import { addPoint, emptySeries } from './history.ts';
import { keepOffset } from './offsets.ts';
import { processChange } from './process-change.ts';
import {
	blurredBetween,
	breakBetween,
	hitRateOf,
	keepIntervals,
	lookupsWithin,
	ratesBetween,
	secondsBetween,
	type Window,
} from './rates.ts';
import { isSameRun } from './same-run.ts';
import { mergeSentinel } from './sample.ts';

const pingsKept = 60;
/** Readings nearer to each other than this make no rate: one command in 5 ms is not 200 a second. */
const shortestIntervalSeconds = 0.1;

export function newTrack(
	address: Address,
	kind: NodeKind,
	origin: Origin,
	at: number,
	group?: string,
	steps?: number,
): NodeTrack {
	return {
		address,
		kind,
		origin,
		group,
		steps,
		firstSeenAt: at,
		refused: [],
		intervals: [],
		ops: emptySeries,
		hits: emptySeries,
		lookups: emptySeries,
		counted: emptySeries,
		evicted: emptySeries,
		pings: [],
		offsets: [],
		...noSlowlog,
	};
}

/** The track after one more visit, good or not; `refresh` tells apart those before and behind one. */
export function absorb(known: NodeTrack, sample: Sample, refresh = 0): NodeTrack {
	const track = isOtherServer(known, sample) ? withoutServer(known) : known;
	const visited: NodeTrack = {
		...track,
		latest: sample,
		// That it has not answered yet ends no error.
		error: isAwaited(sample) ? track.error : sample.error,
		failingSince: isAwaited(sample) ? track.failingSince : sample.error && (track.failingSince ?? sample.at),
		...stallsOf(track, sample),
		...heldOf(track, sample),
		refused: sample.refused,
		...(sample.reached !== undefined && { reached: sample.reached }),
		...(sample.cluster && viewAfter(track, sample)),
		...(sample.sentinel && { sentinel: mergeSentinel(track.sentinel, sample.sentinel) }),
		...(sample.config && { config: { ...track.config, ...sample.config } }),
		...(sample.seldom && { seldom: { ...track.seldom, ...sample.seldom } }),
		...slowlogOf(track, sample),
		...(sample.pingMilliseconds !== undefined && {
			pings: [...track.pings, pingOf(sample)!].slice(-pingsKept),
			longestPing: longestPing(track, sample, refresh),
		}),
	};
	return sample.info ? absorbInfo(track, visited, sample) : visited;
}

const isOtherServer = ({ lastGood }: NodeTrack, sample: Sample) =>
	lastGood?.info !== undefined && sample.info !== undefined
		? processChange(lastGood, sample) === 'other-server'
		: false;

/** Of the address, without what was read of the server that answered there before. */
const withoutServer = (track: NodeTrack): NodeTrack => ({
	...track,
	config: undefined,
	seldom: undefined,
	commands: undefined,
	pings: [],
	offsets: [],
	stalls: undefined,
	heldSince: undefined,
	lastHeld: undefined,
	...noSlowlog,
	slowlogLastId: undefined,
});
/** No answer, and no reason why there is none. */
const isAwaited = ({ silentMilliseconds, info, error }: Sample) =>
	silentMilliseconds !== undefined && !info && !error;

function longestPing({ longestPing: before }: NodeTrack, sample: Sample, refresh: number) {
	const known = before?.refresh === refresh ? before.milliseconds : 0;
	return { refresh, milliseconds: Math.max(known, pingOf(sample) ?? 0) };
}

/** The longest round trip since the refresh before, milliseconds. */
export const pingOfTrack = ({ lastGood, longestPing: longest }: NodeTrack): number | undefined =>
	lastGood?.pingMilliseconds === undefined ? undefined : (longest?.milliseconds ?? lastGood.pingMilliseconds);

/** The longest round trip since the reading before, milliseconds. */
const pingOf = ({ longestWaitMilliseconds, pingMilliseconds }: Sample): number | undefined =>
	pingMilliseconds === undefined ? undefined : (longestWaitMilliseconds ?? pingMilliseconds);

/** The window of `stalled`. */
export const stallsKeptMilliseconds = 60_000;

function stallsOf(track: NodeTrack, sample: Sample): Pick<NodeTrack, 'stalls' | 'silentSince'> {
	const all = [...(track.stalls ?? []), ...(sample.stalls ?? [])];
	const stalls = all.filter(({ at }) => sample.at - at < stallsKeptMilliseconds);
	return {
		stalls: stalls.length > 0 ? stalls : undefined,
		silentSince: isAwaited(sample) ? sample.at - sample.silentMilliseconds! : undefined,
	};
}

function heldOf(track: NodeTrack, sample: Sample): Pick<NodeTrack, 'heldSince' | 'lastHeld'> {
	const { heldSince: since, silentSince, lastHeld } = track;
	if (sample.error?.reason === 'paused') return { heldSince: since ?? silentSince ?? sample.at };
	if (isAwaited(sample) && sample.isHeld)
		return { heldSince: since ?? sample.at - sample.silentMilliseconds! };
	return { heldSince: undefined, lastHeld: since === undefined ? lastHeld : { from: since, to: sample.at } };
}

/** A node with another id than before is another node: what it was is kept, for its peers may still miss it. */
function viewAfter(track: NodeTrack, sample: Sample): Partial<NodeTrack> {
	const told = sample.cluster?.peers;
	const before = told ? { ...track.cluster, unanswered: undefined } : track.cluster;
	const cluster = { ...before, ...sample.cluster };
	if (!told) {
		const isViewOutdated = track.saidWithView && isOtherwise(track.saidWithView, cluster) ? true : undefined;
		return { cluster, clusterAt: sample.at, isViewOutdated };
	}
	const [was, is] = [ownId(track.toldPeers), ownId(told)];
	const isOther = was !== undefined && is !== undefined && was !== is;
	const { peers: _, unanswered: __, ...saidWithView } = sample.cluster!;
	return {
		...{ cluster, clusterAt: sample.at, toldPeers: told, viewAt: sample.at, saidWithView },
		isViewOutdated: undefined,
		...(isOther && { formerId: was }),
	};
}

const ownId = (peers: readonly Peer[] | undefined) => peers && myselfIn(peers)?.id;

function absorbInfo(before: NodeTrack, visited: NodeTrack, sample: Sample): NodeTrack {
	const last = before.lastGood;
	const broken = last?.info && sample.info && breakBetween(last.info, sample.info);
	const isBroken = broken !== undefined;
	const base = isBroken ? undefined : before.ratedFrom;
	const noticed: NodeTrack = {
		...visited,
		lastGood: sample,
		offsets: keepOffset(before.offsets, sample),
		retainedSince: retainedSince(before, sample, isBroken),
		changedAt: hasChanged(before, sample) ? sample.at : before.changedAt,
		...serverTimeOf(before, sample, isBroken && broken !== 'role-changed'),
	};
	// An extra reading right behind another (a screen was opened, a round was late): the rates of before stand.
	if (base && secondsBetween(base, sample) < shortestIntervalSeconds) return noticed;
	const blurred = base && blurredBetween(base, sample, visited.pings);
	if (blurred === 'end') return noticed;
	if (blurred === 'begin') return { ...noticed, ratedFrom: sample };
	const changes = base && ratesBetween(base, sample);
	const interval = changes?.interval;
	return {
		...noticed,
		ratedFrom: sample,
		rates: changes?.rates,
		intervals: interval ? keepIntervals(before.intervals, interval) : isBroken ? [] : before.intervals,
		ops: addPoint(before.ops, sample.at, changes?.rates.ops),
		hits: addPoint(before.hits, sample.at, interval && interval.hits / interval.seconds),
		lookups: addPoint(
			before.lookups,
			sample.at,
			interval && (interval.hits + interval.misses) / interval.seconds,
		),
		counted: addPoint(
			before.counted,
			sample.at,
			sample.info?.usedMemoryBytes === undefined ? undefined : countedBytes(sample.info),
		),
		evicted: addPoint(before.evicted, sample.at, changes?.rates.evicted),
		...ownRates(before.ratedFrom, sample),
	};
}

function retainedSince(before: NodeTrack, sample: Sample, isBroken: boolean): number | undefined {
	if (!sample.info || !isWaste(sample.info, retainedBytesOf(sample.info) ?? 0)) return undefined;
	return (isBroken ? undefined : before.retainedSince) ?? sample.at;
}

/** Role or primary is another than at the last reading: the row is marked for a minute. */
function hasChanged(before: NodeTrack, sample: Sample): boolean {
	const was = before.lastGood?.info;
	if (!was || !sample.info) return false;
	const isOtherRole =
		was.role !== undefined && sample.info.role !== undefined && was.role !== sample.info.role;
	return isOtherRole || !isSameRun(was.runId, sample.info.runId);
}

/** The slow log of another process is another one. */
function slowlogOf(track: NodeTrack, sample: Sample): Partial<NodeTrack> {
	const from = numberedFrom(track.lastGood, sample);
	const log = from === 'same' ? track : { ...noSlowlog, slowlogLastId: from };
	if (sample.slowlog) return keepSlowlog(log, sample.slowlog);
	return from === 'same' ? {} : log;
}

/** Commands and bytes a second of our own since the reading that rates were last taken from. */
function ownRates(base: Sample | undefined, sample: Sample): Partial<NodeTrack> {
	const seconds = base ? secondsBetween(base, sample) : 0;
	if (!base || seconds < shortestIntervalSeconds) return {};
	const bytes = ({ own }: Sample) => own.inputBytes + own.outputBytes;
	return {
		costCommandsPerSecond: (sample.own.commands - base.own.commands) / seconds,
		costBytesPerSecond: (bytes(sample) - bytes(base)) / seconds,
	};
}

/**
 * What our own commands cost this node. Server time is our share of the calls of each command times its mean time
 * over the window between two readings of commandstats, so it agrees with what the server itself accounts for.
 */
function serverTimeOf(before: NodeTrack, sample: Sample, isBroken: boolean): Partial<NodeTrack> {
	const stats = sample.info?.commands;
	// What was measured up to a RESETSTAT or a restart is not what it costs now.
	if (!stats && isBroken) return { commands: undefined, costMicrosecondsPerSecond: undefined };
	if (!stats) return estimatedServerTime(before, sample);
	const from = isBroken ? undefined : before.commands;
	const microseconds = from && serverMicroseconds(from.stats, from.own, stats, sample.own);
	const window = from ? (sample.clock - from.at) / 1000 : 0;
	return {
		commands: { at: sample.clock, stats, own: sample.own },
		costMicrosecondsPerSecond:
			microseconds !== undefined && window > 0
				? microseconds / window
				: isBroken || from
					? undefined
					: before.costMicrosecondsPerSecond,
	};
}

/** Until commandstats has been read twice: our calls at the mean time such a call has taken since the server started. */
function estimatedServerTime(before: NodeTrack, sample: Sample): Partial<NodeTrack> {
	const { commands, ratedFrom, costMicrosecondsPerSecond } = before;
	const seconds = ratedFrom ? secondsBetween(ratedFrom, sample) : 0;
	if (costMicrosecondsPerSecond !== undefined || !commands || !ratedFrom || seconds < shortestIntervalSeconds)
		return {};
	let microseconds = 0;
	for (const [name, calls] of Object.entries(sample.own.calls)) {
		const stat = commands.stats[name] ?? commands.stats[name.split('|')[0]!];
		if (stat?.calls && stat.usec !== undefined)
			microseconds += ((calls - (ratedFrom.own.calls[name] ?? 0)) * stat.usec) / stat.calls;
	}
	return { costMicrosecondsPerSecond: microseconds / seconds };
}

type Stats = Readonly<Record<string, CommandStat>>;

function serverMicroseconds(
	statsBefore: Stats,
	ownBefore: OwnUse,
	stats: Stats,
	own: OwnUse,
): number | undefined {
	let total = 0;
	for (const [name, calls] of Object.entries(own.calls)) {
		const ours = calls - (ownBefore.calls[name] ?? 0);
		// Before 7.0 a container command is one line: cluster|nodes is counted under cluster.
		const key = stats[name] ? name : name.split('|')[0]!;
		const now = stats[key];
		if (ours <= 0 || !now) continue;
		const allCalls = statRise(statsBefore[key], now, 'calls');
		const allMicroseconds = statRise(statsBefore[key], now, 'usec');
		if (allCalls === undefined || allMicroseconds === undefined) continue;
		if (allCalls < 0 || allMicroseconds < 0) return undefined;
		if (allCalls > 0) total += (allMicroseconds * Math.min(ours, allCalls)) / allCalls;
	}
	return total;
}

/** 0..1 over the last 10 s, or over the last interval when the delay is longer. */
export function hitRateOfTrack(track: NodeTrack, at: number): number | undefined {
	return hitRateOf([windowOf(track, at)]);
}

/** Hits and lookups of the hit rate's window: 10 s, at least the last interval. */
export function windowOf(track: NodeTrack, at: number): Window {
	const last = track.intervals.at(-1);
	return lookupsWithin(track.intervals, at, Math.max(10, last ? last.seconds : 0));
}
