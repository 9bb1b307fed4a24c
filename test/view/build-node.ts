// States of the node screen for the tests: the incident of the mock-up, a calm node, one nobody has answered for yet, one
// whose user may ask little, names nobody should have to look at, a node that went down while it was looked at. The
// figures are put together by hand from what a server would answer.

import { newTrack } from '../../source/core/fleet/track.ts';
import type { CloseLook } from '../../source/core/node/close-look.ts';
import { noCloseLook } from '../../source/core/node/close-look.ts';
import { parseClientList } from '../../source/core/parse/parse-client-list.ts';
import { parseInfo, parseInfoDetails } from '../../source/core/parse/parse-info.ts';
import type { Info, NodeTrack, RedisNode, Refusal, Sample, SlowlogEntry } from '../../source/core/types.ts';
import type { NodeSection, NodeState } from '../../source/state/node-screen.ts';
import type { FleetTrack, State } from '../../source/state/state.ts';
import { calm, incident, now, seriesOf, starting } from './build-state.ts';

const gigabyte = 1024 ** 3;
const megabyte = 1024 ** 2;
export const looked = '10.0.1.12:6379';

const infoText = `redis_version:7.2.5
redis_mode:cluster
run_id:${'a'.repeat(40)}
uptime_in_seconds:3555000
server_time_usec:${now * 1000}
connected_clients:1204
maxclients:10000
blocked_clients:2
pubsub_clients:3
tracking_clients:0
used_memory:${Math.round(11.2 * gigabyte)}
used_memory_rss:${Math.round(17.1 * gigabyte)}
used_memory_peak:${Math.round(11.3 * gigabyte)}
used_memory_dataset:${Math.round(10.6 * gigabyte)}
used_memory_startup:900000
total_system_memory:${Math.round(62.9 * gigabyte)}
maxmemory:${12 * gigabyte}
maxmemory_policy:allkeys-lru
mem_not_counted_for_evict:${64 * megabyte}
mem_fragmentation_ratio:1.53
allocator_allocated:${Math.round(11.3 * gigabyte)}
allocator_active:${Math.round(15.9 * gigabyte)}
allocator_resident:${Math.round(17 * gigabyte)}
rdb_changes_since_last_save:48211
rdb_bgsave_in_progress:0
rdb_last_save_time:${Math.round(now / 1000) - 360}
rdb_last_bgsave_status:ok
rdb_last_bgsave_time_sec:8
rdb_last_cow_size:${210 * megabyte}
aof_enabled:1
aof_last_bgrewrite_status:ok
aof_last_write_status:ok
aof_current_size:${14 * gigabyte}
aof_base_size:${9 * gigabyte}
aof_delayed_fsync:3
aof_pending_bio_fsync:0
rejected_connections:0
total_error_replies:412
latest_fork_usec:41000
instantaneous_eventloop_cycles_per_sec:9120
instantaneous_eventloop_duration_usec:74
role:master
connected_slaves:1
slave0:ip=10.0.1.22,port=6379,state=online,offset=990000,lag=0
master_replid:${'b'.repeat(40)}
master_repl_offset:1000000
repl_backlog_active:1
repl_backlog_size:${64 * megabyte}
repl_backlog_first_byte_offset:1
repl_backlog_histlen:1000000
sync_full:2
sync_partial_ok:1
sync_partial_err:0
errorstat_OOM:count=12
errorstat_WRONGTYPE:count=400
db0:keys=41200000,expires=15656000,avg_ttl=7200000
`;

const infoOf = (text: string): Info => parseInfo(text);

const slow = (
	ago: number,
	milliseconds: number,
	client: string,
	...args: readonly string[]
): SlowlogEntry => ({
	...{ id: 1000 - ago, at: now - ago * 1000, microseconds: milliseconds * 1000, args },
	client,
});

const slowlog: readonly SlowlogEntry[] = [
	slow(9, 38, '10.0.4.17:41022', 'HGETALL', 'cart:{8841}:items'),
	slow(22, 36, '10.0.4.17:41022', 'HGETALL', 'cart:{8841}:items'),
	slow(50, 21, '10.0.4.9:40001', 'ZREVRANGE', 'feed:{eu}:all', '0', '-1'),
	slow(138, 19, '10.0.4.22:40100', 'HGETALL', 'cart:{8841}:items'),
	slow(900, 22, '10.0.4.22:40100', 'SORT', 'old:list'),
].map((entry, index, all) => ({ ...entry, id: all.length - 1 - index }));

const stat = (calls: number, each: number, failed = 0, rejected = 0) => ({
	...{ calls, usec: Math.round(calls * each), failed, rejected },
});

const commandsNow = {
	get: stat(2_940_000, 2.1),
	hgetall: stat(330_000, 22.4),
	hset: stat(630_000, 4.9, 12, 40),
	set: stat(360_000, 3, 0, 12),
	expire: stat(90_000, 1.4),
	...{ info: stat(300, 60), ttl: stat(9000, 1.1), del: stat(3000, 40), exists: stat(2000, 1.2) },
};

const clientLine = (id: number, host: string, name: string, out: number, more = '') =>
	`id=${id} addr=${host}:${40000 + (id % 20000)} name=${name} age=${4000 - id} idle=${id % 30} flags=${more || 'N'} db=0 sub=0 psub=0 multi=-1 qbuf=26 qbuf-free=100 argv-mem=10 obl=0 oll=0 omem=${out} tot-mem=${out + 20000} events=r cmd=${more ? 'blpop' : 'hgetall'} user=default resp=2\n`;

const clientsText = (
	hosts: readonly (readonly [host: string, name: string, clients: number, out: number])[],
) =>
	hosts
		.flatMap(([host, name, clients, out], group) =>
			Array.from({ length: clients }, (_, index) =>
				clientLine(
					group * 1000 + index + 1,
					host,
					name,
					index === 0 ? out : 0,
					index === 1 && group === 2 ? 'b' : '',
				),
			),
		)
		.join('');

const hosts = [
	['10.0.4.17', 'cart-api', 811, 71 * megabyte],
	['10.0.4.22', 'cart-api', 201, 12 * megabyte],
	['10.0.4.9', 'feed', 142, 4 * megabyte],
	['10.0.4.31', 'jobs', 50, megabyte],
	['10.0.4.40', '', 1, 0],
] as const;

function closeOf(info: Info, list: string): CloseLook {
	const clients = parseClientList(list);
	const none = Object.fromEntries(Object.keys(commandsNow).map(name => [name, stat(0, 0)]));
	const used = info.usedMemoryBytes ?? 0;
	const key = { runId: info.runId, ownCalls: {} };
	return {
		...noCloseLook,
		commands: [
			{ at: now - 300_000, ...key, stats: none },
			{ at: now, ...key, ownCalls: { info: 300 }, stats: commandsNow },
		],
		errors: [
			{ at: now - 300_000, runId: info.runId, errors: { OOM: 0, WRONGTYPE: 390 } },
			{ at: now, runId: info.runId, errors: { OOM: 12, WRONGTYPE: 400 } },
		],
		latency: [
			{ at: now - 300_000, ...key, histograms: new Map() },
			{
				at: now,
				...key,
				histograms: new Map([
					[
						'get',
						new Map([
							[2, 900_000],
							[4, 2_040_000],
						]),
					],
					[
						'hgetall',
						new Map([
							[33, 300_000],
							[4228, 30_000],
						]),
					],
				]),
			},
		],
		memory: {
			at: now,
			stats: {
				totalBytes: used,
				startupBytes: 900_000,
				datasetBytes: Math.round(10.6 * gigabyte),
				clientsBytes: 88 * megabyte,
				replicasBytes: 0,
				backlogBytes: 64 * megabyte,
				aofBytes: 2 * megabyte,
				scriptsBytes: 11 * megabyte,
				tables: [{ db: 0, keysBytes: 400 * megabyte, expiresBytes: 20 * megabyte }],
			},
		},
		details: parseInfoDetails(infoText),
		clients: { at: now - 2000, list: clients },
		clientIds: [
			{ at: now - 60_000, runId: info.runId, ids: new Set(clients.slice(0, 399).map(({ id }) => id!)) },
			{ at: now - 2000, runId: info.runId, ids: new Set(clients.map(({ id }) => id!)) },
		],
		keysizes: [
			{ db: 0, type: 'hashes', unit: 'items', bins: [{ from: 524_288, below: 1_048_576, keys: 3 }] },
		],
	};
}

const series = (value: (ago: number) => number) => seriesOf(now, 900, value);

type Over = {
	readonly slowlog?: readonly SlowlogEntry[];
	readonly refused?: readonly Refusal[];
	readonly close?: CloseLook;
	readonly text?: string;
	readonly row?: Partial<RedisNode>;
	readonly track?: Partial<NodeTrack>;
};

function trackOf(over: Over): NodeTrack {
	const text = over.text ?? infoText;
	const lastGood: Sample = {
		...{ node: looked, at: now, clock: now, info: infoOf(text), infoText: text, refused: [] },
		own: { commands: 0, hits: 0, inputBytes: 0, outputBytes: 0, calls: {} },
	};
	const evicted = (ago: number) => (ago > 120 ? 0 : 1300 - ago * 8);
	return {
		...newTrack(looked, 'data', 'cluster', now - 900_000),
		...{ latest: lastGood, lastGood, refused: over.refused ?? [] },
		rates: { seconds: 1, replicationBytes: 200_000 },
		config: { save: '900 1', appendfsync: 'everysec', 'slowlog-log-slower-than': '10000', 'io-threads': '1' },
		ops: series(ago => 14_000 + 2000 * Math.sin(ago / 70)),
		hits: series(ago => 9000 * (ago > 200 ? 0.97 : 0.84 + ago * 0.00065)),
		lookups: series(() => 9000),
		counted: series(ago => (12 * gigabyte * (93 - ago / 40)) / 100),
		evicted: series(evicted),
		slowlog: over.slowlog ?? slowlog,
		...over.track,
	};
}

/** The node of `base` that is looked at, with what is known of it. */
export function nodeState(base: State, over: Over = {}, node: Partial<NodeState> = {}): State {
	const track = trackOf(over);
	const close = over.close ?? closeOf(track.lastGood?.info ?? {}, clientsText(hosts));
	const fleets = base.fleets.map((fleet): FleetTrack => {
		const nodes = fleet.now.fleet.nodes.map(row =>
			row.address === looked ? { ...row, refused: track.refused, ...over.row } : row,
		);
		return {
			...fleet,
			tracks: new Map([[looked, track]]),
			close: new Map([[looked, close]]),
			now: { ...fleet.now, fleet: { ...fleet.now.fleet, nodes } },
		};
	});
	return {
		...base,
		fleets,
		screen: 'node',
		cursor: looked,
		node: { fleet: fleets[0]!.id, address: looked, top: 0, ...node },
	};
}

export const nodeIncident = (over: Partial<State> = {}, node: Partial<NodeState> = {}): State =>
	nodeState(incident(over), {}, node);

export const nodeSection = (section: NodeSection) => (over: Partial<State>) =>
	nodeIncident(over, { section });

export const nodeCalm = (over: Partial<State> = {}): State => nodeState(calm(over), { slowlog: [] });

export function nodeUnknown(over: Partial<State> = {}): State {
	const state = starting(over);
	return {
		...state,
		screen: 'node',
		node: { fleet: state.fleets[0]!.id, address: '127.0.0.1:6379', top: 0 },
	};
}

const refused = ['memory stats', 'slowlog get', 'client list', 'latency histogram', 'config get'].map(
	(command): Refusal => ({ command, why: 'no-permission', word: `+${command.replace(' ', '|')}` }),
);

export const nodeRefused = (over: Partial<State> = {}, node: Partial<NodeState> = {}): State =>
	nodeState(
		calm(over),
		{
			refused,
			slowlog: [],
			close: { ...noCloseLook, commands: closeOf({}, '').commands },
			track: { config: {} },
		},
		node,
	);

export const hostileName = '\x1b[2J\x1b[31mred\r\n\u0007';

export function nodeHostile(over: Partial<State> = {}, node: Partial<NodeState> = {}): State {
	const close = closeOf(infoOf(infoText), '');
	const [client] = parseClientList(clientLine(1, '10.0.4.17', 'x', 5000, 'b'));
	const list = [{ ...client!, name: hostileName, host: hostileName, command: hostileName }];
	return nodeState(
		calm(over),
		{
			slowlog: [{ ...slow(3, 40, hostileName, hostileName, 'a'.repeat(300), hostileName), id: 0 }],
			close: { ...close, clients: { at: now, list }, clientIds: [] },
		},
		node,
	);
}

export const nodeDown = (over: Partial<State> = {}, node: Partial<NodeState> = {}): State => {
	const error = { reason: 'refused', text: 'connect ECONNREFUSED' } as const;
	const figures = { opsPerSecond: undefined, hitRate: undefined, pingMilliseconds: undefined };
	const row = {
		...figures,
		health: 'down',
		since: now - 12_000,
		ageSeconds: 12,
		error,
		evictedPerSecond: undefined,
	} as const;
	const more = { memoryShare: undefined, usedMemoryBytes: undefined };
	return nodeState(incident(over), { row: { ...row, ...more }, track: { error } }, node);
};

/** More clients than are listed without being asked for. */
export const nodeCrowded = (
	clients: number,
	over: Partial<State> = {},
	node: Partial<NodeState> = {},
): State =>
	nodeState(
		calm(over),
		{
			text: infoText.replace('connected_clients:1204', `connected_clients:${clients}`),
			close: { ...closeOf(infoOf(infoText), ''), clients: undefined, clientIds: [] },
		},
		node,
	);
