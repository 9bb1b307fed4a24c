// The one table of what is compared: where a figure comes from, its unit, which way is worse, and how small a difference
// is nothing to anybody. Beside the fixed ones there is a figure for each command, kind of error, database, pattern of
// the slow log and name of clients that either time has.

import { compareLimits } from '../thresholds.ts';
import type { Blocks } from './robust.ts';
import { less, type Of, quotient, risePerMinute, type ScopeBlocks, scaled } from './scope-blocks.ts';
import type { ColumnKind, TapeFigure } from './tape.ts';

export type ComparedUnit =
	| 'per second'
	| 'per minute'
	| 'count'
	| 'bytes'
	| 'bytes per second'
	| 'bytes per minute'
	| 'share'
	| 'percent'
	| 'ratio'
	| 'microseconds'
	| 'seconds';

export type ComparedFigure = {
	/** For JSON: `hit-rate`, `calls hgetall`. */
	readonly id: string;
	readonly words: string;
	/** What belongs to one change: the figures of a command, of connections. */
	readonly family: string;
	readonly unit: ComparedUnit;
	/** Undefined: a change is a change, and neither good nor bad by itself. */
	readonly worse?: 'more' | 'less';
	readonly severity?: 'warn' | 'crit';
	/** A smaller difference is none: this part of what it was, and at least so much. */
	readonly floor: { readonly share: number; readonly least: number };
	readonly isBursty?: true;
	/** It swings with what all commands do together. */
	readonly isOfLoad?: true;
	/** The same thing, without what else moves the figure. */
	readonly steadier?: Pick<ComparedFigure, 'read' | 'floor'>;
	readonly read: (blocks: ScopeBlocks) => Blocks;
	/** It has changed only where these have, too, the same way: a share falls when another rises. */
	readonly with?: readonly ((blocks: ScopeBlocks) => Blocks)[];
	/** What of it a command takes: without those that changed it may be as it was. */
	readonly ofCommand?: (blocks: ScopeBlocks, command: string) => Blocks;
	/** Fewer than so much in both times is not listed. */
	readonly leastSeen?: number;
	readonly command?: string;
};

const megabyte = 1024 * 1024;

const sumOf =
	(name: TapeFigure, of: Of = 'primaries') =>
	(blocks: ScopeBlocks): Blocks =>
		blocks.sum('figure', name, of);
const mostOf =
	(name: TapeFigure, of: Of) =>
	(blocks: ScopeBlocks): Blocks =>
		blocks.most('figure', name, of);

const all = '';
const callsOf = (name: string) => (blocks: ScopeBlocks) => blocks.sum('calls', name, 'primaries');
const timeOf = (name: string) => (blocks: ScopeBlocks) => blocks.sum('microseconds', name, 'primaries');

/** A percent of a core is so many microseconds a second. */
const microsecondsInPercent = 10_000;

const fixed: readonly ComparedFigure[] = [
	{
		...{ id: 'ops', words: 'ops', family: 'ops', unit: 'per second', floor: { share: 0.05, least: 1 } },
		read: sumOf('opsPerSecond'),
		ofCommand: (blocks, command) => callsOf(command)(blocks),
	},
	{
		...{ id: 'hit-rate', words: 'hit rate', family: 'hit-rate', unit: 'share', worse: 'less' },
		floor: { share: 0, least: 0.01 },
		read: blocks =>
			quotient(
				sumOf('hits')(blocks),
				sumOf('lookups')(blocks),
				compareLimits.fewestLookups / blocks.blockSeconds,
			),
	},
	{
		...{ id: 'evicted', words: 'evicted', family: 'evicted', unit: 'per second', worse: 'more' },
		...{ floor: { share: 0.1, least: 0.5 }, isBursty: true },
		read: sumOf('evictedPerSecond'),
	},
	{
		...{ id: 'expired', words: 'expired', family: 'keys', unit: 'per second' },
		...{ floor: { share: 0.1, least: 1 }, isBursty: true },
		read: sumOf('expiredPerSecond'),
	},
	{
		...{ id: 'memory', words: 'memory', family: 'memory', unit: 'bytes', worse: 'more' },
		floor: { share: 0.03, least: 4 * megabyte },
		read: sumOf('usedMemoryBytes'),
	},
	{
		...{ id: 'growth', words: 'memory growth', family: 'memory', unit: 'bytes per minute', worse: 'more' },
		floor: { share: 0.2, least: 4 * megabyte },
		read: blocks => risePerMinute(sumOf('usedMemoryBytes')(blocks), blocks.blockSeconds),
	},
	{
		...{ id: 'fragmentation', words: 'fragmentation', family: 'fragmentation', unit: 'ratio', worse: 'more' },
		floor: { share: 0.05, least: 0.1 },
		read: blocks => quotient(sumOf('rssBytes')(blocks), sumOf('usedMemoryBytes')(blocks)),
	},
	{
		...{ id: 'clients', words: 'clients', family: 'connections', unit: 'count', worse: 'more' },
		floor: { share: 0.05, least: 3 },
		read: sumOf('connectedClients', 'all'),
	},
	{
		...{ id: 'new-connections', words: 'new connections', family: 'connections', unit: 'per second' },
		...{ worse: 'more', floor: { share: 0.1, least: 0.2 } },
		read: sumOf('connectionsPerSecond', 'all'),
	},
	{
		...{ id: 'rejected', words: 'rejected connections', family: 'rejected', unit: 'per second' },
		...{ worse: 'more', severity: 'crit', floor: { share: 0.1, least: 0.05 }, isBursty: true },
		read: sumOf('rejectedPerSecond', 'all'),
	},
	{
		...{ id: 'blocked', words: 'blocked clients', family: 'blocked', unit: 'count', worse: 'more' },
		floor: { share: 0.1, least: 2 },
		read: sumOf('blockedClients', 'all'),
	},
	{
		...{ id: 'net-in', words: 'network in', family: 'net-in', unit: 'bytes per second' },
		floor: { share: 0.05, least: 1024 },
		read: sumOf('inputBytesPerSecond'),
	},
	{
		...{ id: 'net-out', words: 'network out', family: 'net-out', unit: 'bytes per second' },
		floor: { share: 0.05, least: 1024 },
		read: sumOf('outputBytesPerSecond'),
	},
	{
		...{ id: 'cpu', words: 'cpu of primaries', family: 'cpu', unit: 'percent', worse: 'more' },
		floor: { share: 0.1, least: 2 },
		read: sumOf('cpuPercent'),
		ofCommand: (blocks, command) => scaled(timeOf(command)(blocks), 1 / microsecondsInPercent),
	},
	{
		...{ id: 'time-per-command', words: 'time per command', family: 'time-per-command', worse: 'more' },
		...{ unit: 'microseconds', floor: { share: 0.25, least: 5 } },
		read: blocks => quotient(timeOf(all)(blocks), callsOf(all)(blocks)),
	},
	{
		...{ id: 'lag', words: 'replication lag, bytes', family: 'lag', unit: 'bytes', worse: 'more' },
		floor: { share: 0.5, least: megabyte },
		read: mostOf('replicationLagBytes', 'replicas'),
	},
	{
		...{ id: 'lag-seconds', words: 'replication lag', family: 'lag', unit: 'seconds', worse: 'more' },
		floor: { share: 0.5, least: 1 },
		read: mostOf('replicationLagSeconds', 'replicas'),
	},
];

/** What clients send as they connect: more of it is more connections. */
const greetings: ReadonlySet<string> = new Set([
	...['auth', 'hello', 'select', 'ping', 'info', 'readonly', 'readwrite', 'quit', 'command', 'command|docs'],
	...['client', 'client|setname', 'client|setinfo', 'client|id', 'client|tracking', 'client|no-evict'],
	...['cluster', 'cluster|slots', 'cluster|shards', 'cluster|nodes', 'cluster|info', 'command|info'],
]);
export const isGreeting = (name: string): boolean => greetings.has(name);

function commandFigures(name: string): readonly ComparedFigure[] {
	const family = isGreeting(name) ? 'connections' : `command ${name}`;
	const { leastCommandShare } = compareLimits;
	const mix = (blocks: ScopeBlocks) => quotient(callsOf(name)(blocks), callsOf(all)(blocks));
	const share = (blocks: ScopeBlocks) => quotient(timeOf(name)(blocks), timeOf(all)(blocks));
	const perCall = (blocks: ScopeBlocks) => quotient(timeOf(name)(blocks), callsOf(name)(blocks));
	return [
		{
			...{ id: `time ${name}`, words: `${name} of server time`, family, unit: 'share', worse: 'more' },
			...{ floor: { share: 0.1, least: 0.02 }, leastSeen: leastCommandShare, command: name },
			read: share,
			with: [timeOf(name)],
		},
		{
			...{ id: `calls ${name}`, words: `${name} calls`, family, unit: 'per second', command: name },
			...{ floor: { share: 0.2, least: 1 }, worse: 'more', leastSeen: 1 },
			...(isGreeting(name) ? {} : ({ isOfLoad: true } as const)),
			read: callsOf(name),
			with: [mix],
		},
		{
			...{ id: `call-time ${name}`, words: `${name}, time per call`, family, unit: 'microseconds' },
			...{ floor: { share: 0.5, least: 10 }, worse: 'more', command: name },
			read: perCall,
			// Slower than the others became, or it is the machine.
			with: [blocks => quotient(perCall(blocks), quotient(timeOf(all)(blocks), callsOf(all)(blocks)))],
		},
	];
}

/** What a cluster answers a client that asks the wrong node is part of the work. */
const harmless: ReadonlySet<string> = new Set(['MOVED', 'ASK', 'NOSCRIPT', 'BUSYGROUP', 'EXECABORT']);

function errorFigure(name: string): ComparedFigure {
	return {
		...{ id: `error ${name}`, words: `errors ${name}`, family: `error ${name}`, unit: 'per second' },
		...(harmless.has(name) ? {} : ({ worse: 'more', severity: 'crit' } as const)),
		...{ floor: { share: 0.2, least: 0.1 }, isBursty: true },
		read: blocks => blocks.sum('error', name, 'all'),
	};
}

function databaseFigures(db: string, isOnly: boolean): readonly ComparedFigure[] {
	const place = isOnly ? '' : `, db${db}`;
	const sum = (kind: ColumnKind) => (blocks: ScopeBlocks) => blocks.sum(kind, db, 'primaries');
	const withTtl = (blocks: ScopeBlocks) => quotient(sum('keys-with-ttl')(blocks), sum('keys')(blocks));
	return [
		{
			...{ id: `keys db${db}`, words: `keys${place}`, family: 'keys', unit: 'count' },
			floor: { share: 0.05, least: 100 },
			read: sum('keys'),
		},
		{
			...{ id: `without-ttl db${db}`, words: `keys without ttl${place}`, family: 'keys', unit: 'share' },
			...{ worse: 'more', floor: { share: 0, least: 0.01 } },
			read: blocks => withTtl(blocks).map(share => (share === undefined ? undefined : 1 - share)),
			// Keys with a TTL come and go, and the share with them; those without one stay.
			steadier: {
				read: blocks => less(sum('keys')(blocks), sum('keys-with-ttl')(blocks)),
				floor: { share: 0.05, least: 100 },
			},
		},
	];
}

const slowFigure = (name: string): ComparedFigure => ({
	...{
		id: `slow ${name}`,
		words: `slow: ${name}`,
		family: `slow ${name}`,
		unit: 'per minute',
		worse: 'more',
	},
	...{ floor: { share: 0.5, least: 2 }, isBursty: true },
	read: blocks => scaled(blocks.sum('slow', name, 'all'), 60),
});

const p99Figure = (name: string): ComparedFigure => ({
	...{ id: `p99 ${name}`, words: `p99 of ${name}`, family: `command ${name}`, unit: 'microseconds' },
	// A bucket of the histogram is twice as wide as the one before it: the next one is none.
	...{ worse: 'more', floor: { share: 1.1, least: 100 }, command: name },
	read: blocks => blocks.most('p99', name, 'all'),
});

const clientFigure = (kind: 'client-name' | 'client-host', name: string): ComparedFigure => ({
	...{ id: `${kind} ${name}`, words: `clients ${kind === 'client-host' ? 'from ' : ''}${name}` },
	...{ family: 'connections', unit: 'count', worse: 'more', floor: { share: 0.1, least: 3 } },
	read: blocks => blocks.sum(kind, name, 'all'),
});

/** The figures of what either time has. */
export function comparedFigures(names: (kind: ColumnKind) => readonly string[]): readonly ComparedFigure[] {
	const databases = names('keys');
	return [
		...fixed,
		...names('error').map(errorFigure),
		...databases.flatMap(db => databaseFigures(db, databases.length === 1)),
		...names('calls').flatMap(commandFigures),
		...names('p99').map(p99Figure),
		...names('slow').map(slowFigure),
		...names('client-name').map(name => clientFigure('client-name', name)),
		...names('client-host').map(name => clientFigure('client-host', name)),
	];
}
