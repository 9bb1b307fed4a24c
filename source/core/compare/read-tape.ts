// What one more refresh adds to the tape of a node: the figures of its row, what its commands, errors, latency, slow log
// and clients did since the reading before, and which of its settings changed. From what was read and parsed already;
// nothing is asked of a server for it.

import { shapeOf } from '../keys/key-shape.ts';
import { countClients, isOwnEntry } from '../node/client-groups.ts';
import type { CloseLook } from '../node/close-look.ts';
import { commandsBetween } from '../node/command-window.ts';
import { errorsBetween } from '../node/error-window.ts';
import { histogramsBetween, percentilesOf } from '../node/latency-histogram.ts';
import { printableText } from '../text/printable.ts';
import { manyNodes } from '../thresholds.ts';
import type { Address, NodeTrack, RedisNode, SlowlogEntry } from '../types.ts';
import {
	type Amount,
	addToTape,
	type ColumnKind,
	emptyTape,
	levelNames,
	rateNames,
	type SettingChange,
	type Tape,
	type WholeKind,
	withSettings,
} from './tape.ts';

export type Tapes = ReadonlyMap<Address, Tape>;

export type TapeRound = {
	readonly at: number;
	readonly rows: readonly RedisNode[];
	readonly tracks: ReadonlyMap<Address, NodeTrack>;
	readonly tracksBefore: ReadonlyMap<Address, NodeTrack>;
	readonly close: ReadonlyMap<Address, CloseLook>;
	readonly closeBefore: ReadonlyMap<Address, CloseLook>;
	/** Rows that go by another name now: from, to. */
	readonly renamed: ReadonlyMap<Address, Address>;
};

/** A fleet of many nodes is remembered in coarser blocks, and beyond so many nodes without its commands. */
const fineSeconds = 5;
const coarseSeconds = 30;
const mostNodesWithCommands = 200;
/** Of each kind of group of clients. */
const mostGroups = 20;

export function keepTapes(before: Tapes, round: TapeRound): Tapes {
	const tapes = new Map<Address, Tape>();
	for (const [address, tape] of before) {
		const name = round.renamed.get(address) ?? address;
		if (round.tracks.has(name)) tapes.set(name, tape);
	}
	for (const row of round.rows) {
		const track = round.tracks.get(row.address);
		if (track?.lastGood === undefined || row.isUnread) continue;
		const isNew = trackBefore(round, row.address)?.lastGood !== track.lastGood;
		if (isNew) tapes.set(row.address, nextTape(tapes.get(row.address) ?? emptyTape, row, track, round));
	}
	return tapes;
}

function nextTape(tape: Tape, row: RedisNode, track: NodeTrack, round: TapeRound): Tape {
	const before = trackBefore(round, row.address);
	const seconds = round.rows.length > manyNodes ? coarseSeconds : fineSeconds;
	const read = [
		{ amounts: figureAmounts(row, before, track), whole: [] },
		...(round.rows.length > mostNodesWithCommands ? [] : closeAmounts(row.address, round)),
		slowAmounts(before, track),
	];
	const amounts = read.flatMap(each => each.amounts);
	const whole = read.flatMap(each => each.whole);
	const added = addToTape(tape, round.at, seconds, row.role === 'primary', amounts, whole);
	return withSettings(added, settingChanges(before, track, round.at));
}

const trackBefore = ({ tracksBefore, renamed }: TapeRound, address: Address): NodeTrack | undefined =>
	tracksBefore.get(address) ?? tracksBefore.get([...renamed].find(([, to]) => to === address)?.[0] ?? '');

type Read = { readonly amounts: readonly Amount[]; readonly whole: readonly WholeKind[] };
const nothing: Read = { amounts: [], whole: [] };

// ---------------------------------------------------------------------------------------------------------
// The row

function figureAmounts(row: RedisNode, before: NodeTrack | undefined, track: NodeTrack): readonly Amount[] {
	// Where a reading made no new rate, that of before stands and is not counted again.
	const isRated = track.ratedFrom !== before?.ratedFrom;
	const seconds = isRated ? (track.rates?.seconds ?? 0) : 0;
	const rates = rateNames.map(name => amount('figure', name, row[name], seconds));
	const levels = levelNames.map(name => amount('figure', name, row[name], 1));
	const databases = (track.lastGood?.info?.databases ?? []).flatMap(({ db, keys, expires }) => [
		amount('keys', String(db), keys, 1),
		amount('keys-with-ttl', String(db), expires, 1),
	]);
	const interval = track.intervals.at(-1);
	const lookups =
		isRated && interval !== undefined && interval.at === track.lastGood?.at
			? [
					amount('figure', 'hits', interval.hits / interval.seconds, interval.seconds),
					amount('figure', 'lookups', (interval.hits + interval.misses) / interval.seconds, interval.seconds),
				]
			: [];
	return [...rates, ...levels, ...databases, ...lookups].flatMap(each => each ?? []);
}

/** `value` held for so long. */
const amount = (
	kind: ColumnKind,
	name: string,
	value: number | undefined,
	weight: number,
): Amount | undefined =>
	value === undefined || !(weight > 0) ? undefined : { kind, name, sum: value * weight, weight };

// ---------------------------------------------------------------------------------------------------------
// Commands, errors, latency, clients

function closeAmounts(address: Address, { close, closeBefore }: TapeRound): readonly Read[] {
	const [was, is] = [closeBefore.get(address), close.get(address)];
	if (!is || is === was) return [];
	return [commandAmounts(was, is), errorAmounts(was, is), latencyAmounts(was, is), clientAmounts(was, is)];
}

function commandAmounts(was: CloseLook | undefined, is: CloseLook): Read {
	const [from, to] = [was?.commands.at(-1), is.commands.at(-1)];
	const between = from && to && from !== to ? commandsBetween(from, to) : undefined;
	if (!between) return nothing;
	const { seconds, commands } = between;
	const amounts = commands.flatMap(({ name, calls, microseconds }): Amount[] => [
		{ kind: 'calls', name, sum: calls, weight: seconds },
		{ kind: 'microseconds', name, sum: microseconds, weight: seconds },
	]);
	const timed = commands.filter(({ name }) => name !== 'exec');
	const total = timed.reduce((sum, { microseconds }) => sum + microseconds, 0);
	const calls = timed.reduce((sum, each) => sum + each.calls, 0);
	return {
		amounts: [
			...amounts,
			{ kind: 'microseconds', name: '', sum: total, weight: seconds },
			{ kind: 'calls', name: '', sum: calls, weight: seconds },
		],
		whole: [
			{ kind: 'calls', weight: seconds },
			{ kind: 'microseconds', weight: seconds },
		],
	};
}

function errorAmounts(was: CloseLook | undefined, is: CloseLook): Read {
	const [from, to] = [was?.errors.at(-1), is.errors.at(-1)];
	const between = from && to && from !== to ? errorsBetween(from, to) : undefined;
	if (!between) return nothing;
	const { seconds, prefixes, total } = between;
	const all = [...prefixes, { prefix: '', count: total }];
	return {
		amounts: all.map(({ prefix, count }) => ({ kind: 'error', name: prefix, sum: count, weight: seconds })),
		whole: [{ kind: 'error', weight: seconds }],
	};
}

/** The upper end of the bucket that the 99th of a hundred calls lies in, microseconds. */
function latencyAmounts(was: CloseLook | undefined, is: CloseLook): Read {
	const [from, to] = [was?.latency.at(-1), is.latency.at(-1)];
	if (!from || !to || from === to || from.runId !== to.runId) return nothing;
	const amounts = [...(histogramsBetween(from.histograms, to.histograms) ?? [])].flatMap(
		([name, buckets]) => {
			const p99 = percentilesOf(buckets)?.p99.atMostMicroseconds;
			return amount('p99', printableText(name), p99, 1) ?? [];
		},
	);
	return { amounts, whole: [] };
}

function clientAmounts(was: CloseLook | undefined, is: CloseLook): Read {
	if (!is.clients || is.clients === was?.clients) return nothing;
	const { list } = is.clients;
	const groups = (kind: 'client-name' | 'client-host', names: ReadonlyMap<string, number>) =>
		[...names]
			.sort(([, a], [, b]) => b - a)
			.slice(0, mostGroups)
			.map(([name, clients]): Amount => ({ kind, name, sum: clients, weight: 1 }));
	return {
		amounts: [
			...groups('client-name', byShownName(countClients(list, 'name'))),
			...groups('client-host', byShownName(countClients(list, 'host'))),
			{ kind: 'client-name', name: '', sum: list.length, weight: 1 },
		],
		whole: [
			{ kind: 'client-name', weight: 1 },
			{ kind: 'client-host', weight: 1 },
		],
	};
}

function byShownName(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
	const sums = new Map<string, number>();
	for (const [key, clients] of counts) {
		const name = printableText(key, 60);
		if (name !== '') sums.set(name, (sums.get(name) ?? 0) + clients);
	}
	return sums;
}

// ---------------------------------------------------------------------------------------------------------
// The slow log, and settings

function slowAmounts(before: NodeTrack | undefined, now: NodeTrack): Read {
	const seconds = now.ratedFrom === before?.ratedFrom ? undefined : now.rates?.seconds;
	if (seconds === undefined || before?.slowlogLastId === undefined) return nothing;
	const counts = new Map<string, number>([['', 0]]);
	if (now.slowlog !== before.slowlog && (now.slowlogLastId ?? 0) >= before.slowlogLastId)
		for (const entry of now.slowlog) {
			if (entry.id <= before.slowlogLastId) break;
			if (!isOwnEntry(entry)) counts.set(patternOf(entry), (counts.get(patternOf(entry)) ?? 0) + 1);
		}
	const amounts = [...counts].map(([name, sum]): Amount => ({ kind: 'slow', name, sum, weight: seconds }));
	return { amounts, whole: [{ kind: 'slow', weight: seconds }] };
}

/** `hgetall cart:{*}:items`; of a command whose key is elsewhere the name alone. */
function patternOf({ args }: SlowlogEntry): string {
	const [command = '', key] = args;
	const name = command.toLowerCase();
	const isKeyed = key !== undefined && !keyless.has(name);
	return printableText(isKeyed ? `${name} ${shapeOf(key).join('')}` : name, 80);
}

const keyless: ReadonlySet<string> = new Set([
	...['eval', 'evalsha', 'eval_ro', 'evalsha_ro', 'fcall', 'fcall_ro', 'script', 'function', 'keys', 'scan'],
	...['flushall', 'flushdb', 'info', 'client', 'config', 'debug', 'cluster', 'command', 'latency', 'save'],
	...['bgsave', 'bgrewriteaof', 'psync', 'sync', 'auth', 'hello', 'acl', 'memory', 'object', 'xread'],
	...['xreadgroup', 'exec', 'multi', 'publish', 'subscribe', 'wait', 'slowlog', 'module', 'swapdb'],
]);

function settingChanges(before: NodeTrack | undefined, now: NodeTrack, at: number): readonly SettingChange[] {
	const [was, is] = [before?.config, now.config];
	if (!was || !is || was === is) return [];
	return Object.entries(is).flatMap(([name, to]) => {
		const from = Object.hasOwn(was, name) ? was[name]! : undefined;
		return from === undefined || from === to
			? []
			: [{ at, name: printableText(name), from: printableText(from, 60), to: printableText(to, 60) }];
	});
}
