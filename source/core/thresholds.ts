// The one table of limits. Every number that decides whether something is a finding stands here, beside the reason
// for it, and nowhere else; the rules read it as `Limits`, which the settings file may have changed.
// "Above" is crossed at the limit, "below" only under it, so that what the screen shows as 75% is coloured at 75%;
// "any" is therefore 1. The order of the table is the order of urgency in which findings of one severity are shown.
// It does not measure: that is findings-node, findings-fleet and eviction.

import type { Threshold } from './types.ts';

const megabyte = 1024 * 1024;

const table = [
	{
		id: 'came-back-empty',
		unit: 'share',
		worse: 'below',
		crit: 0.5,
		hold: 1,
		extra: { ttlSeconds: 30 },
		why: 'Its replica loads what it has now within 1 to 6 s (measured), and no copy is left. Keys with a TTL count when it was away for less than 30 s or a quarter of their mean TTL: later they may have expired.',
	},
	{
		id: 'unreachable',
		unit: 'count',
		worse: 'above',
		crit: 1,
		hold: 1,
		why: 'A node we expect and that does not answer may be losing writes now; the deadline of a call is patience enough.',
	},
	{
		id: 'stalled',
		unit: 'seconds',
		worse: 'above',
		warn: 1,
		crit: 6,
		hold: 1,
		extra: { windowSeconds: 60, causeShare: 0.5, watchedSeconds: 10 },
		why: 'Clients give up after a second or a few. Counted are all waits of a second or more beyond the usual trip to the node within the last minute, also between two refreshes; 6 s are a tenth of it. --check watches a node that stalled for 10 s, and one that stalls for more than a tenth of that time until it is decided.',
	},
	{
		id: 'keys-lost',
		unit: 'share',
		worse: 'above',
		crit: 0.5,
		hold: 1,
		extra: {
			keys: 1000,
			windowSeconds: 2,
			shownSeconds: 600,
			siblingKeys: 10_000,
			siblingShare: 0.01,
			flushSeconds: 0.1,
			slowSeconds: 60,
			slowKeys: 10_000,
			fellBytes: 100 * megabyte,
		},
		why: 'Half of the keys within two readings, neither expired nor evicted, is FLUSHALL or a mass DEL, or the primary was told to follow one that has fewer; fewer than 1,000 are a test or a queue that ran empty. It is over at once, so it stays shown for 10 minutes. Of what was lost before one reading tells little, and it is a warning: a shard of a cluster with under 1% of what 10,000 keys and more at each other shard let expect, that was flushed, restarted or is asked for keys; a flush of 0.1 s within those minutes; a start with nothing beside a replica that was ten times as large. Half of the keys and 10,000 of them within a minute, or half of the data and 100 MB, is an event alone: a job that cleans up may be meant to.',
	},
	{
		id: 'slots-uncovered',
		unit: 'count',
		worse: 'above',
		crit: 1,
		hold: 1,
		why: 'With full coverage required (the default) one lost slot stops all of them, and it lasts a second or less.',
	},
	{
		id: 'failover-impossible',
		unit: 'count',
		worse: 'above',
		crit: 1,
		hold: 1,
		extra: { dataAgeTimeouts: 10, nodeTimeoutSeconds: 15 },
		why: 'A majority of all primaries must vote, and a replica older than 10 node timeouts (the default validity factor; 15 s is the default timeout) is not voted for.',
	},
	{
		id: 'quorum-lost',
		unit: 'count',
		worse: 'above',
		crit: 1,
		hold: 1,
		why: 'Without a quorum the Sentinels can see a primary die and do nothing; nothing else shows it before.',
	},
	{
		id: 'sentinel-tilt',
		unit: 'count',
		worse: 'above',
		warn: 1,
		crit: 1,
		hold: 1,
		why: 'A Sentinel in TILT sees and does nothing until 30 s after its clock or its sleep is over: critical where all of a master are. It is over sooner than a longer hold.',
	},
	{
		id: 'two-owners',
		unit: 'count',
		worse: 'above',
		crit: 1,
		hold: 1,
		why: 'Two nodes that both take writes for a slot: those of the one with the lower epoch will be lost.',
	},
	{
		id: 'over-limit',
		unit: 'share',
		worse: 'above',
		crit: 1,
		hold: 2,
		why: 'Over maxmemory with nothing left to evict every write that may grow memory is refused, whatever the policy is; a moment over it is how eviction works.',
	},
	{
		id: 'oom-errors',
		unit: 'count',
		worse: 'above',
		crit: 1,
		hold: 1,
		why: 'Each is a write that an application was refused; errorstat_OOM counts them from 6.2 on.',
	},
	{
		id: 'commands-refused',
		unit: 'per second',
		worse: 'above',
		warn: 1,
		hold: 3,
		extra: { share: 0.1, sharePerSecond: 10 },
		why: 'One a second is no stray mistake of a client. Refused writes (NOREPLICAS, READONLY where clients see a primary, MISCONF, CLUSTERDOWN) are critical, and so is a tenth of all commands from 10 a second on: on an idle node one client that learns where its keys are (MOVED) is more than a tenth. One finding a kind of error.',
	},
	{
		id: 'blocked-by-script',
		unit: 'count',
		worse: 'above',
		crit: 1,
		hold: 1,
		why: 'The server says BUSY only after busy-reply-threshold (5 s) of answering nobody.',
	},
	{
		id: 'stale-primary',
		unit: 'seconds',
		worse: 'above',
		warn: 0,
		crit: 12,
		hold: 2,
		why: 'Under Sentinel an old primary takes writes for 10.3 to 12 s after a failover (measured) and they are lost; longer means nobody will turn it.',
	},
	{
		id: 'two-primaries',
		unit: 'count',
		worse: 'above',
		warn: 2,
		crit: 2,
		hold: 3,
		extra: { writesSeconds: 60 },
		why: 'A replica that was promoted by hand while its primary stayed one: what is written to one is missing at the other. Critical where both have taken writes within the last minute; two that swap by hand are one again within some seconds. It ends when one follows the other, is gone, or has forgotten what it was (repl-backlog-ttl, an hour without a replica).',
	},
	{
		id: 'replication-link',
		unit: 'seconds',
		worse: 'above',
		crit: 5,
		hold: 1,
		extra: { silentSeconds: 30, bothSeconds: 15, pings: 3 },
		why: 'A replica reconnects within a second when its primary is well; after 5 s it serves old data and cannot take over. A link that counts as up and over which nothing comes for 30 s (three pings of the primary), or for 15 s in both directions, is down and nobody has noticed. Replicas that follow each other have no primary, whatever their links say.',
	},
	{
		id: 'paused',
		unit: 'seconds',
		worse: 'above',
		warn: 0,
		crit: 10,
		hold: 1,
		why: 'CLIENT PAUSE makes clients wait without an error; a planned failover takes under a second of it, and applications give up after some seconds. All commands of a node that has served nobody since we came are critical at once: that may have begun long before.',
	},
	{
		id: 'slot-open',
		unit: 'seconds',
		worse: 'above',
		warn: 60,
		hold: 2,
		why: 'An open slot answers ASK and TRYAGAIN for as long as it is open, and no reshard starts over one that was left; a slot that moves makes progress every few seconds.',
	},
	{
		id: 'memory-high',
		unit: 'share',
		worse: 'above',
		warn: 0.75,
		crit: 0.9,
		hold: 2,
		why: 'At 100% writes are refused; 25% leaves a night to act in, and 10% is what a fork or a burst of buffers can take at once. Without maxmemory (or with more than the host has) the host is the limit: there the kernel ends the server.',
	},
	{
		id: 'evicting',
		unit: 'share',
		worse: 'above',
		warn: 0.05,
		hold: 3,
		extra: {
			windowSeconds: 10,
			baselineSeconds: 300,
			lookups: 100,
			dataShare: 0.75,
			buffersShare: 0.2,
			turnoverSeconds: 60,
			turnovers: 1,
		},
		why: 'Eviction is what a cache is for; it hurts when the hit rate of 10 s is 5 points under that of the 5 minutes before, and it is a bug when buffers take a fifth of the limit or a minute evicts as many keys as there are.',
	},
	{
		id: 'save-failing',
		unit: 'count',
		worse: 'above',
		crit: 1,
		hold: 1,
		extra: {
			stuckSeconds: 60,
			stuckCritSeconds: 600,
			watchedSeconds: 10,
			times: 2,
			firstSeconds: 3600,
			untoldSeconds: 600,
			untoldTimes: 5,
		},
		why: 'rdb_last_bgsave_status:err: by default the server refuses writes (MISCONF) from then on. A save (or rewrite) whose child has written no key for a minute, and takes twice as long as the last one, is stuck: nothing is saved until somebody ends it. Where keys are not counted (before 6.2) it takes 5 times as long, at least 10 minutes, or an hour where there was none before. --check watches a silent one for 10 s.',
	},
	{
		id: 'aof-failing',
		unit: 'count',
		worse: 'above',
		crit: 1,
		hold: 1,
		extra: { waitingSeconds: 600 },
		why: 'A write or rewrite of the append-only file failed: the disk is full or broken and data is at risk. A rewrite that is due begins when no save is under way; one that waits for 10 minutes lets the file grow on.',
	},
	{
		id: 'clients-rejected',
		unit: 'count',
		worse: 'above',
		crit: 1,
		hold: 1,
		why: 'Each is an application that was turned away at maxclients.',
	},
	{
		id: 'clients-dropped',
		unit: 'count',
		worse: 'above',
		warn: 1,
		crit: 10,
		hold: 1,
		extra: { windowSeconds: 10 },
		why: 'Each is an application whose connection the server closed for its memory (maxmemory-clients, a buffer limit); 10 within 10 s is a loop.',
	},
	{
		id: 'replica-evicts',
		unit: 'count',
		worse: 'above',
		warn: 1,
		hold: 2,
		extra: {
			lackingShare: 0.01,
			lackingKeys: 10,
			shownSeconds: 60,
			lostShare: 0.5,
			lostKeys: 1000,
			lagBytes: megabyte,
		},
		why: 'A replica holds what its primary holds; one that evicts or expires by itself serves misses, and after a failover those keys are gone for good. One that is in step and lacks half of the keys (at least 1,000) for no reason that it counts was written to, and so was a writable one (replica-read-only no) that holds 1% more (at least 10). One on which commands of its primary failed may hold other data than it, until a full sync that is seen; after one that was not, CONFIG RESETSTAT ends it.',
	},
	{
		id: 'clients-high',
		unit: 'share',
		worse: 'above',
		warn: 0.8,
		crit: 0.95,
		hold: 2,
		why: 'Replicas and cluster links count against maxclients too; the last 5% are gone in one deployment.',
	},
	{
		id: 'auth-failing',
		unit: 'per second',
		worse: 'above',
		warn: 1,
		hold: 3,
		extra: { shownSeconds: 60 },
		why: 'A client with a wrong password tries again and again, and so does somebody who guesses; a mistyped one is a single error. A denied login of a user that was seen logged in is told at any rate, for a minute: its password or rights were changed.',
	},
	{
		id: 'output-buffers',
		unit: 'share',
		worse: 'above',
		warn: 0.25,
		crit: 0.5,
		hold: 3,
		extra: { bytes: 100 * megabyte, critBytes: 200 * megabyte },
		why: 'Client buffers count against maxmemory and push keys out; without a limit 100 MB is many times what healthy clients hold.',
	},
	{
		id: 'lag-high',
		unit: 'share',
		worse: 'above',
		warn: 0.5,
		crit: 1,
		hold: 3,
		why: 'A replica that falls behind by more than the backlog needs a full resync as soon as its link breaks.',
	},
	{
		id: 'views-differ',
		unit: 'seconds',
		worse: 'above',
		warn: 0,
		crit: 15,
		hold: 2,
		extra: { sentinelSeconds: 12 },
		why: 'Gossip evens views out within a second; longer than the node timeout (15 s by default; Sentinel: 12 s measured) is a partition. One primary under two names, a replica of two groups, quorums that differ: all is well until a failover.',
	},
	{
		id: 'not-reached',
		unit: 'count',
		worse: 'above',
		warn: 1,
		hold: 2,
		extra: { heardSeconds: 15 },
		why: 'The trouble is on our way to it. A primary is heard of every 10 s at least (repl-ping-replica-period), a replica every second; one that was not heard of for longer may be dead.',
	},
	{
		id: 'resync-loop',
		unit: 'count',
		worse: 'above',
		warn: 2,
		hold: 1,
		extra: {
			windowSeconds: 600,
			notOnlineSeconds: 60,
			unfinishedSeconds: 10,
			partials: 6,
			partialSeconds: 60,
		},
		why: 'One full sync a replica is normal; two more within 10 minutes, or a minute without coming online, means it starts over and over. A link that breaks is mended by a partial sync within a second, and no reading may see it down: six within a minute are no accident. --check waits for up to 10 s for a full sync that was begun.',
	},
	{
		id: 'cpu-high',
		unit: 'percent',
		worse: 'above',
		warn: 80,
		crit: 95,
		hold: 5,
		why: 'Commands run on one thread: from 80% of a core on, waiting grows faster than load.',
	},
	{
		id: 'ping-high',
		unit: 'milliseconds',
		worse: 'above',
		warn: 50,
		crit: 500,
		hold: 5,
		extra: { readings: 5, trips: 2 },
		why: 'Networks differ, so a node is compared with its own median (of at least 5 readings). Half a second is long for any but a far node: there it is twice its best answer of the last minute.',
	},
	{
		id: 'connections-churn',
		unit: 'per second',
		worse: 'above',
		warn: 100,
		hold: 5,
		extra: { opsShare: 0.1 },
		why: 'A connection costs a server many times what a command does; a new one for every tenth command means that nobody pools them.',
	},
	{
		id: 'hit-rate-low',
		unit: 'share',
		worse: 'below',
		warn: 0.85,
		hold: 5,
		extra: { windowSeconds: 60, lookups: 1000, uptimeSeconds: 1800, causeShare: 0.1 },
		why: 'Under 85% the database behind does over three times the work it does at 95%; fewer than 1,000 lookups or a cache younger than 30 minutes prove nothing.',
	},
	{
		id: 'fork-slow',
		unit: 'seconds',
		worse: 'above',
		warn: 0.3,
		crit: 1,
		hold: 1,
		extra: { shownSeconds: 60 },
		why: 'Nobody is answered while the server forks; 27 ms at 533 MB is normal (measured), a second is a stall. It is over at once, so it stays shown for a minute.',
	},
	{
		id: 'fsync-slow',
		unit: 'per second',
		worse: 'above',
		warn: 0,
		crit: 1,
		hold: 1,
		extra: { shownSeconds: 60, rateSeconds: 10 },
		why: 'aof_delayed_fsync grows: the disk has not taken the writes of two seconds, and from then on every write waits for it. Critical together with a stall. Shown for a minute.',
	},
	{
		id: 'fragmented',
		unit: 'bytes',
		worse: 'above',
		warn: 256 * megabyte,
		crit: 1024 * megabyte,
		hold: 10,
		extra: { warnShare: 0.25, critShare: 1 },
		why: 'The ratio alone is meaningless on a small server (13 to 21 when empty, measured), so bytes and share of used must both be large.',
	},
	{
		id: 'swapped',
		unit: 'share',
		worse: 'below',
		warn: 0.9,
		hold: 30,
		extra: { usedBytes: 100 * megabyte },
		why: 'Less resident than used for 30 readings: part of it is in swap. rss is sampled late, so a jump must have passed, and small servers say nothing.',
	},
	{
		id: 'loading',
		unit: 'count',
		worse: 'above',
		warn: 1,
		hold: 1,
		why: 'A node that loads its data set refuses commands; it gets better by itself.',
	},
	{
		id: 'no-replica',
		unit: 'count',
		worse: 'below',
		warn: 1,
		hold: 5,
		extra: { acks: 60, saidSeconds: 600 },
		why: 'In a cluster or under Sentinel a primary without a replica cannot be replaced when it dies. Anywhere a client that waits in WAIT for a replica waits for ever while there is none. Elsewhere one whose last replica, there for a minute and more (60 REPLCONF), has left, or that was promoted, is told for 10 minutes: a migration ends so, too.',
	},
	{
		id: 'volatile-without-ttl',
		unit: 'share',
		worse: 'below',
		warn: 0.05,
		hold: 5,
		extra: { keys: 100 },
		why: 'volatile-* evicts only keys with a TTL: with hardly any it is noeviction by another name. A handful of keys says nothing.',
	},
] as const satisfies readonly Threshold[];

export const thresholds: readonly Threshold[] = table;

type Row = (typeof table)[number];
type Numbers<T> = { readonly [K in keyof T]: number };
type NumbersOf<R> = { readonly [K in Extract<keyof R, 'warn' | 'crit' | 'hold'>]: number } & {
	readonly [K in Extract<keyof R, 'extra'>]: Numbers<R[K]>;
};

export type FindingId = Row['id'];
/** The numbers of the table by id, as the rules read them. */
export type Limits = { readonly [R in Row as R['id']]: NumbersOf<R> };

type LooseLimit = {
	readonly warn?: number;
	readonly crit?: number;
	readonly hold: number;
	readonly extra?: Readonly<Record<string, number>>;
};

export const defaultLimits: Limits = Object.fromEntries(
	thresholds.map(({ id, warn, crit, hold, extra }) => [
		id,
		{
			...(warn !== undefined && { warn }),
			...(crit !== undefined && { crit }),
			hold,
			...(extra && { extra }),
		},
	]),
) as unknown as Limits;

/** The numbers of one id, without knowing which. */
export const limitOf = (limits: Limits, id: FindingId): LooseLimit => limits[id];

/** What the numbers of an id are, as the table has them. */
export const unitOf = (id: FindingId): Threshold['unit'] =>
	thresholds.find(threshold => threshold.id === id)!.unit;

/** Place in the order of urgency, 0 first; ids that are not in the table (`audit-*`) come last. */
export function rankOf(id: string): number {
	const index = thresholds.findIndex(threshold => threshold.id === id);
	return index < 0 ? thresholds.length : index;
}

/** Shares over this are surely meant as percent: 75 for 0.75. */
const largestShare = 5;

type Changed = { readonly limits: Limits } | { readonly problem: string };

/**
 * Takes the thresholds of a settings file over: `{"memory-high": {"warn": 0.7}, "hit-rate-low": {"lookups": 500}}`.
 * The first thing that is wrong is said in one line, with what would be right.
 */
export function changeLimits(limits: Limits, settings: unknown): Changed {
	if (!isRecord(settings))
		return { problem: 'thresholds: must be an object, like {"memory-high": {"warn": 0.7}}' };
	let changed = limits;
	for (const [id, fields] of Object.entries(settings)) {
		const threshold = thresholds.find(candidate => candidate.id === id);
		if (!threshold) return { problem: `thresholds: ${quote(id)} is not known${nearest(id)}` };
		const limit = changeLimit(threshold, limitOf(changed, threshold.id as FindingId), fields);
		if ('problem' in limit) return { problem: `thresholds: ${id}: ${limit.problem}` };
		changed = { ...changed, [id]: limit };
	}
	return { limits: changed };
}

function changeLimit(
	threshold: Threshold,
	limit: LooseLimit,
	fields: unknown,
): LooseLimit | { problem: string } {
	if (!isRecord(fields)) return { problem: `must be an object, like ${example(threshold)}` };
	let changed = limit;
	for (const [name, value] of Object.entries(fields)) {
		const problem = problemWith(threshold, name, value);
		if (problem) return { problem };
		const number = value as number;
		changed =
			name === 'warn' || name === 'crit' || name === 'hold'
				? { ...changed, [name]: number }
				: { ...changed, extra: { ...changed.extra, [name]: number } };
	}
	return isOrdered(threshold, changed)
		? changed
		: { problem: `${orderWanted(threshold)}, not ${changed.warn} and ${changed.crit}` };
}

function problemWith(threshold: Threshold, name: string, value: unknown): string | undefined {
	const names = fieldNames(threshold);
	if (!names.includes(name)) return `has no ${quote(name)}; it has ${names.join(', ')}`;
	if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
		return `${name} must be a number, like ${example(threshold)}`;
	if (name === 'hold' && (!Number.isInteger(value) || value < 1))
		return 'hold must be a whole number of readings, at least 1';
	if (threshold.unit === 'share' && (name === 'warn' || name === 'crit') && value > largestShare)
		return `${name} is a share: write ${value / 100} for ${value}%`;
	return undefined;
}

const fieldNames = (threshold: Threshold) => [
	...(['warn', 'crit', 'hold'] as const).filter(name => threshold[name] !== undefined),
	...Object.keys(threshold.extra ?? {}),
];

const orderWanted = (threshold: Threshold) =>
	`warn must be ${threshold.worse === 'above' ? 'below' : 'above'} crit`;

function isOrdered({ worse }: Threshold, { warn, crit }: LooseLimit): boolean {
	if (warn === undefined || crit === undefined) return true;
	return worse === 'above' ? warn <= crit : warn >= crit;
}

function example(threshold: Threshold): string {
	const name = fieldNames(threshold)[0]!;
	return `{${quote(name)}: ${threshold.warn ?? threshold.crit}}`;
}

/** The ids that share a word with what was typed, else all of them: `memory` was meant as `memory-high`. */
function nearest(id: string): string {
	const words = id
		.toLowerCase()
		.split(/[^a-z]+/)
		.filter(word => word.length > 2);
	const near = thresholds.filter(threshold => words.some(word => threshold.id.includes(word)));
	const names = (near.length > 0 ? near : thresholds).map(threshold => threshold.id);
	return near.length > 0 ? `; did you mean ${names.join(' or ')}?` : `; known are ${names.join(', ')}`;
}

/** JSON's quoting: what stands in a settings file goes to a terminal. */
const quote = (text: string) => JSON.stringify(text);

const isRecord = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

// ---------------------------------------------------------------------------------------------------------
// How much is asked: limits of our own work, which no setting widens

/** Over this many nodes not all are asked for CLUSTER NODES at each refresh: its reply grows with them, and so do the askers. */
export const manyNodes = 50;

/** Seconds: shorter is no better seen, and after an hour nothing of now is. */
export const delayLimits = { shortest: 0.25, longest: 3600 } as const;

/** Of one MONITOR window, whichever is first: the promise of the README. A window may have less, never more. */
export const monitorLimits = { milliseconds: 2000, commands: 20_000, bytes: 32 * megabyte } as const;

// ---------------------------------------------------------------------------------------------------------
// Before and after

/** When a figure is other than it was. A change that is none is the worst fault: where in doubt it is as before. */
export const compareLimits = {
	/** Of all figures of a comparison together: one comparison in a hundred may call something changed that is not. */
	falseChanges: 0.01,
	/** Fewer means of blocks say nothing of how far a figure varies. */
	fewestReadings: 8,
	/** What it varied anyway: half the width of the middle 95 of 100 readings. */
	middleShare: 0.95,
	/** Beyond so many of these it is other, however alike its neighbours were: what swings between two ends stays there. */
	mostHalfWidths: 4,
	/** Neighbouring blocks are taken for no more alike than this, or nothing could ever be told from them. */
	mostAlike: 0.9,
	/** A slope of fewer standard errors may as well be none. */
	trendErrors: 3,
	/** So many steeper it is taken to be all the same: a day that begins is a slow rise under noise. */
	hiddenErrors: 2,
	/** A block is so many seconds, by the shorter of the two windows: twenty of them or so. */
	blockSeconds: [
		{ below: 120, seconds: 5 },
		{ below: 600, seconds: 15 },
		{ below: Number.POSITIVE_INFINITY, seconds: 30 },
	],
	/** Lookups in a block under which its hit rate is chance. */
	fewestLookups: 20,
	/** Of server time or of calls, before or after: a command below is none that anybody looks for. */
	leastCommandShare: 0.01,
	/** What all commands do together is told by so many that are called so often a second, or by none. */
	fewestCommands: 3,
	leastCalls: 1,
	/** Of a hot key or pattern, points: a smaller difference moves no load that anybody looks for. */
	leastHotShare: 0.02,
	/** So many blocks must have it: a command that is called once an hour has not come. */
	fewestSeen: 8,
} as const;
