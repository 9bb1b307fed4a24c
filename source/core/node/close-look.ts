// What is remembered of a node beside its row: the counters of commands and errors, whose differences are windows, and
// what is asked only while a screen or a runbook looks at it (memory by part, clients, latency, sizes of keys, large
// requests). Read from the same samples as the rest; a fleet's refresh does not wait for any of it.

import { isSameRun } from '../fleet/same-run.ts';
import { infoDetailsOf } from '../fleet/sample.ts';
import type { InfoDetails } from '../info.ts';
import { type Keysizes, parseKeysizes } from '../parse/keysizes.ts';
import { type Denied, parseAclLog } from '../parse/parse-acl-log.ts';
import { type Client, parseClientList } from '../parse/parse-client-list.ts';
import { type LargeEntry, type LargeKind, parseCommandlogLarge } from '../parse/parse-commandlog.ts';
import { type LatencyEvent, parseLatencyLatest } from '../parse/parse-latency-latest.ts';
import type { Reply, Sample } from '../types.ts';
import { type ClientIds, idsOf } from './client-churn.ts';
import { type ClientCounters, type ClientLoads, countersOf, loadsBetween } from './client-load.ts';
import { addCommandReading, type CommandReading, commandReadingOf } from './command-window.ts';
import { addErrorReading, type ErrorReading, errorReadingOf } from './error-window.ts';
import { addLatencyReading, type LatencyReading, parseLatencyHistogram } from './latency-histogram.ts';
import { type MemoryStats, parseMemoryStats } from './memory-parts.ts';

export type CloseLook = {
	/** Oldest first, an hour at the most, ever farther apart: see window-readings.ts. */
	readonly commands: readonly CommandReading[];
	readonly errors: readonly ErrorReading[];
	readonly latency: readonly LatencyReading[];
	/** MEMORY STATS, at (ms). */
	readonly memory?: { readonly at: number; readonly stats: MemoryStats };
	readonly details?: InfoDetails;
	/** CLIENT LIST, at (ms). */
	readonly clients?: { readonly at: number; readonly list: readonly Client[] };
	/** Of the lists of the last minute, oldest first. */
	readonly clientIds: readonly ClientIds[];
	/** What each client of the last list had done by then, and what it did since the one before. */
	readonly clientCounters?: ClientCounters;
	readonly clientLoads?: ClientLoads;
	readonly keysizes?: readonly Keysizes[];
	/** LATENCY LATEST and ACL LOG, at (ms). */
	readonly events?: { readonly at: number; readonly list: readonly LatencyEvent[] };
	readonly denied?: { readonly at: number; readonly list: readonly Denied[] };
	/** Newest first. */
	readonly large: readonly LargeEntry[];
	/** How often expiry ran out of its time, since the server started: the last minute of it, oldest first. */
	readonly expiryCaps?: readonly ExpiryCaps[];
};

export type ExpiryCaps = { readonly at: number; readonly runId?: string; readonly count: number };

export const noCloseLook: CloseLook = { commands: [], errors: [], latency: [], clientIds: [], large: [] };

const churnMilliseconds = 60_000;
const largeKept = 64;

/**
 * What is remembered after one more sample. `isWhole`: every window is kept; else the last two readings only, as in a
 * fleet of hundreds of nodes nobody looks at one by one.
 */
export function addCloseLook(before: CloseLook, sample: Sample, isWhole: boolean): CloseLook {
	if (!sample.info) return before;
	const commands = commandReadingOf(sample);
	// Errors come with every INFO and are read no more often than commands: a window needs no finer grain.
	const errors = commands && errorReadingOf(sample);
	const next = sample.others ? addOthers(before, sample, sample.others) : before;
	if (!commands) return next;
	return {
		...next,
		commands: bounded(addCommandReading(before.commands, commands), isWhole),
		errors: errors ? bounded(addErrorReading(before.errors, errors), isWhole) : before.errors,
	};
}

const bounded = <Reading>(kept: readonly Reading[], isWhole: boolean): readonly Reading[] =>
	isWhole ? kept : kept.slice(-2);

function addOthers(before: CloseLook, sample: Sample, replies: NonNullable<Sample['others']>): CloseLook {
	let look = before;
	for (const [command, reply] of replies) look = addReply(look, sample, command, reply);
	if (look === before || sample.infoText === undefined) return look;
	const details = infoDetailsOf(sample);
	return { ...look, details, ...expiryOf(look, sample, details.expiryCaps) };
}

function expiryOf(
	{ expiryCaps = [] }: CloseLook,
	{ clock, info }: Sample,
	count: number | undefined,
): Pick<CloseLook, 'expiryCaps'> {
	if (count === undefined) return {};
	const isSame = ({ at, runId, count: before }: ExpiryCaps) =>
		at < clock && clock - at <= churnMilliseconds && isSameRun(runId, info?.runId) && before <= count;
	return { expiryCaps: [...expiryCaps.filter(isSame), { at: clock, runId: info?.runId, count }] };
}

function addReply(look: CloseLook, sample: Sample, command: string, reply: Reply): CloseLook {
	switch (command) {
		case 'memory stats': {
			const stats = parseMemoryStats(reply);
			return stats ? { ...look, memory: { at: sample.at, stats } } : look;
		}
		case 'latency histogram': {
			const histograms = parseLatencyHistogram(reply);
			if (!histograms) return look;
			const { clock: at, info, own } = sample;
			const reading = { at, runId: info?.runId, histograms, ownCalls: own.calls };
			return { ...look, latency: addLatencyReading(look.latency, reading) };
		}
		case 'latency latest': {
			const list = parseLatencyLatest(reply);
			return list ? { ...look, events: { at: sample.at, list } } : look;
		}
		case 'acl log 16': {
			const list = parseAclLog(reply);
			return list ? { ...look, denied: { at: sample.at, list } } : look;
		}
		case 'info keysizes':
			return typeof reply === 'string' ? { ...look, keysizes: parseKeysizes(reply) } : look;
		case 'client list':
			return typeof reply === 'string' ? addClients(look, sample, parseClientList(reply)) : look;
		default:
			return addLarge(look, command, reply);
	}
}

function addClients(look: CloseLook, { at, clock, info }: Sample, list: readonly Client[]): CloseLook {
	const young = look.clientIds.filter(ids => clock - ids.at <= churnMilliseconds && ids.at < clock);
	const before = look.clientCounters;
	const serverTime = info?.serverTimeMicroseconds;
	const moment = {
		at: clock,
		runId: info?.runId,
		...(serverTime !== undefined && { serverAt: serverTime / 1000 }),
	};
	return {
		...look,
		clients: { at, list },
		clientIds: [...young, idsOf(list, clock, info?.runId)],
		clientCounters: countersOf(list, moment),
		clientLoads: before && loadsBetween(before, list, moment),
	};
}

function addLarge(look: CloseLook, command: string, reply: Reply): CloseLook {
	const kind = /^commandlog get \d+ (large-request|large-reply)$/.exec(command)?.[1] as LargeKind | undefined;
	if (!kind) return look;
	const others = look.large.filter(entry => entry.kind !== kind);
	const large = [...parseCommandlogLarge(reply, kind), ...others].sort((a, b) => b.at - a.at);
	return { ...look, large: large.slice(0, largeKept) };
}
