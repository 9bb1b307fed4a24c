// Inputs for the runbooks: a node that is well and four that are not, as the figures of real servers stand to each
// other. They go through the program's own rows and fleets, so that a check sees what it would see.

import { bucketSeconds, emptySeries } from '../../source/core/fleet/history.ts';
import type { BigKey, BigKeysResult, PatternGroup } from '../../source/core/keys/big-keys.ts';
import type { Client } from '../../source/core/parse/parse-client-list.ts';
import type { Info, NodeTrack, RedisNode, Series } from '../../source/core/types.ts';
import type { NodeExtra, RunbookInput } from '../../source/runbooks/runbook.ts';
import {
	calmInfo,
	fleetOf,
	gigabyte,
	intervalsOf,
	megabyte,
	ratesOf,
	start,
	trackOf,
	tracksOf,
} from '../core/build.ts';

export { gigabyte, megabyte, start };
export const primary = '10.0.1.12:6379';
export const replica = '10.0.1.22:6379';

/** CONFIG GET of a 7.0 with its defaults, as captured. */
export const defaultConfig: Readonly<Record<string, string>> = {
	maxmemory: '4294967296',
	'maxmemory-policy': 'noeviction',
	'maxmemory-samples': '5',
	'maxmemory-clients': '0',
	'replica-ignore-maxmemory': 'yes',
	save: '3600 1 300 100 60 10000',
	appendonly: 'no',
	appendfsync: 'everysec',
	'aof-use-rdb-preamble': 'yes',
	'stop-writes-on-bgsave-error': 'yes',
	'no-appendfsync-on-rewrite': 'no',
	'auto-aof-rewrite-percentage': '100',
	maxclients: '10000',
	'client-output-buffer-limit': 'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60',
	timeout: '0',
	'tcp-keepalive': '300',
	'slowlog-log-slower-than': '10000',
	'slowlog-max-len': '128',
	'latency-monitor-threshold': '0',
	'latency-tracking': 'yes',
	hz: '10',
	'dynamic-hz': 'yes',
	'disable-thp': 'yes',
	'protected-mode': 'yes',
	bind: '10.0.1.12 127.0.0.1',
	activedefrag: 'no',
	'cluster-node-timeout': '15000',
	'cluster-require-full-coverage': 'yes',
	'cluster-allow-reads-when-down': 'no',
	'min-replicas-to-write': '0',
	'min-replicas-max-lag': '10',
	'repl-backlog-size': '1048576',
	dir: '/var/lib/redis',
	'enable-debug-command': 'no',
	'enable-module-command': 'no',
	'enable-protected-configs': 'no',
};

/** A history of one value a bucket, the newest last, ending now. */
export const historyOf = (values: readonly number[]): Series => ({
	...emptySeries,
	openedAt: start,
	closed: Float64Array.from(values),
});

/** From one value to another in a straight line over so many buckets of 5 s. */
export const lineOf = (from: number, to: number, buckets: number) =>
	historyOf(Array.from({ length: buckets }, (_, index) => from + ((to - from) * index) / (buckets - 1)));

/** A hit rate before and after, in lookups of 1,000 a second: `buckets` in all, the last `fallen` with the second rate. */
export function hitsHistory(before: number, after: number, buckets: number, fallen: number) {
	const rates = Array.from({ length: buckets }, (_, index) => (index < buckets - fallen ? before : after));
	return {
		hits: historyOf(rates.map(rate => rate * 1000)),
		lookups: historyOf(rates.map(() => 1000)),
	};
}

export const secondsOf = (buckets: number) => buckets * bucketSeconds;

type More = Partial<Omit<RunbookInput, 'track' | 'node'>> & {
	readonly info?: Info;
	readonly track?: Partial<NodeTrack>;
	readonly node?: Partial<RedisNode>;
	readonly extra?: NodeExtra;
};

/** A primary of 1 GB under 4 GB with a replica on another host, both well; `more` over it. */
export function inputOf({ info = {}, track = {}, node = {}, extra, ...more }: More = {}): RunbookInput {
	const whole: Info = {
		systemMemoryBytes: 64 * gigabyte,
		residentBytes: 1.08 * gigabyte,
		lastSaveCowBytes: 50 * megabyte,
		notCountedForEvictBytes: 16_384,
		...info,
	};
	const ours = trackOf(primary, whole, { config: defaultConfig, rates: ratesOf({}), ...track });
	const theirs = trackOf(
		replica,
		{ ...whole, role: 'replica', connectedReplicas: 0, primary },
		{ config: defaultConfig },
	);
	const tracks = tracksOf(ours, theirs);
	const fleet = fleetOf(
		tracks,
		{ mode: 'cluster', shards: [{ number: 1, primary, replicas: [replica], slots: [[0, 16383]] }] },
		{
			[primary]: { shard: 1, role: 'primary', slots: [[0, 16383]], ...node },
			[replica]: { shard: 1, role: 'replica', primary, slots: [] },
		},
	);
	return {
		node: fleet.nodes[0]!,
		track: ours,
		tracks,
		fleet,
		at: start,
		extras: new Map([
			[primary, { allocator: 'jemalloc-5.3.0', configFile: '/etc/redis/redis.conf', ...extra }],
		]),
		clients: [],
		...more,
	};
}

export const keyOf = (key: string, bytes: number, more: Partial<BigKey> = {}): BigKey => ({
	key,
	node: replica,
	db: 0,
	bytes,
	type: 'string',
	ttlSeconds: 60,
	...more,
});

export const patternOf = (
	pattern: string,
	keys: number,
	bytes: number,
	more: Partial<PatternGroup> = {},
): PatternGroup => ({
	pattern,
	keys,
	bytes,
	estimated: false,
	...more,
});

export function scanOf(
	keys: readonly BigKey[],
	patterns: readonly PatternGroup[],
	more: Partial<BigKeysResult> = {},
): BigKeysResult {
	const totalBytes = patterns.reduce((sum, { bytes }) => sum + bytes, 0);
	const scanned = patterns.reduce((sum, group) => sum + group.keys, 0);
	return {
		at: start,
		scanned,
		of: scanned,
		complete: true,
		partial: [],
		notes: [],
		seconds: 5,
		totalBytes,
		keys,
		keysByItems: [],
		types: [],
		patterns,
		databases: [],
		sampled: scanned,
		hitsAdded: 0,
		cost: { commands: 100, inputBytes: 0, outputBytes: 0 },
		...more,
	};
}

const full = 4 * gigabyte;

/** One hash that nothing bounds, under allkeys-lru: other keys go and the hit rate falls. */
export function unboundedHash(): RunbookInput {
	const hash = (bytes: number) =>
		keyOf('cart:all', bytes, { type: 'hash', items: 9_000_000, ttlSeconds: null });
	const patterns = (bytes: number) => [
		patternOf('cart:all', 1, bytes, { keysWithoutTtl: 1 }),
		patternOf('session:*', 200_000, full - bytes - 0.3 * gigabyte, { keysWithoutTtl: 0 }),
	];
	return inputOf({
		info: {
			usedMemoryBytes: full,
			rssBytes: full * 1.06,
			residentBytes: full * 1.05,
			allocatedBytes: full,
			activeBytes: full * 1.04,
			datasetBytes: full * 0.95,
			maxmemoryPolicy: 'allkeys-lru',
			databases: [{ db: 0, keys: 200_001, expires: 200_000 }],
		},
		track: {
			config: { ...defaultConfig, 'maxmemory-policy': 'allkeys-lru' },
			rates: ratesOf({ evicted: 1200 }),
			intervals: intervalsOf(10, { hits: 700, misses: 300, evicted: 1200 }),
			...hitsHistory(0.97, 0.7, 70, 20),
		},
		usedHistory: lineOf(full, full, 60),
		earlierScan: scanOf([hash(1.2 * gigabyte)], patterns(1.2 * gigabyte), { at: start - 600_000 }),
		scan: scanOf([hash(1.9 * gigabyte), keyOf('session:1', 4096)], patterns(1.9 * gigabyte)),
	});
}

export const clientOf = (more: Partial<Client>): Client => ({
	id: 3,
	host: '10.0.2.1',
	port: 40_000,
	kind: 'normal',
	flags: 'N',
	isBlocked: false,
	outputBytes: 0,
	totalBytes: 20_480,
	command: 'get',
	...more,
});

export const monitorClient = clientOf({
	id: 812,
	host: '10.0.3.7',
	port: 51_422,
	name: 'debug-laptop',
	outputBytes: 1.5 * gigabyte,
	totalBytes: 1.5 * gigabyte,
	command: 'monitor',
	ageSeconds: 7200,
	kind: 'monitor',
	flags: 'O',
});

/** A client that does not read: its output buffer pushes out data that would fit. */
export const eatenByClient = (): RunbookInput =>
	inputOf({
		info: {
			usedMemoryBytes: full,
			rssBytes: full * 1.05,
			datasetBytes: 2.3 * gigabyte,
			clientsNormalBytes: 1.55 * gigabyte,
			maxmemoryPolicy: 'allkeys-lru',
			databases: [{ db: 0, keys: 2_000_000, expires: 2_000_000 }],
		},
		track: {
			rates: ratesOf({ evicted: 5000 }),
			intervals: intervalsOf(10, { hits: 950, misses: 50, evicted: 5000 }),
		},
		clients: [clientOf({}), monitorClient],
	});

/** Most of a large keyspace was deleted: the pages are there, half empty, and nothing is evicted. */
export const fragmentedNode = (): RunbookInput =>
	inputOf({
		info: {
			usedMemoryBytes: 0.6 * gigabyte,
			peakBytes: 3.4 * gigabyte,
			rssBytes: 3.1 * gigabyte,
			allocatedBytes: 0.62 * gigabyte,
			activeBytes: 2.6 * gigabyte,
			residentBytes: 3.05 * gigabyte,
			datasetBytes: 0.5 * gigabyte,
			fragmentationRatio: 5.17,
		},
	});

/** noeviction at the limit: writes fail. */
export const fullOfData = (): RunbookInput =>
	inputOf({
		info: {
			usedMemoryBytes: full + 20 * megabyte,
			rssBytes: full * 1.05,
			allocatedBytes: full,
			activeBytes: full * 1.03,
			residentBytes: full * 1.04,
			datasetBytes: full * 0.95,
			errors: { OOM: 40_000 },
			databases: [{ db: 0, keys: 1_000_000, expires: 600_000 }],
		},
		track: { rates: ratesOf({ oomErrors: 300 }), intervals: intervalsOf(10, { hits: 900, misses: 100 }) },
		usedHistory: lineOf(full - 400 * megabyte, full, 100),
	});

export { calmInfo, intervalsOf, ratesOf };
