// The servers in the field that cannot be had here, as fixtures: what each says to what redis-top asks, written from
// public reports and from the servers' documentation, with values of our own. One table; each kind is one or more nodes
// on free ports of this process. Counters grow with the clock, so that there are rates.

import { type Answer, bulk, error, list, ok, type RespServer, serveResp } from './resp-server.ts';

export type KindName =
	| 'keydb'
	| 'keydb-down'
	| 'dragonfly'
	| 'kvrocks'
	| 'garnet'
	| 'twemproxy'
	| 'envoy'
	| 'predixy'
	| 'elasticache'
	| 'unknown'
	| 'unknown-sentinel'
	| 'no-role';

export type RunningKind = { readonly addresses: readonly string[]; readonly stop: () => Promise<void> };

/** What a node is made of: its own port, those of all nodes, and the seconds since the start. */
type Node = (own: number, ports: readonly number[]) => Answer;
type Kind = {
	readonly nodes: readonly Node[];
	/** The first node answers at this address too. */
	readonly alsoAt?: string;
};

const startedAt = Date.now();
const seconds = () => (Date.now() - startedAt) / 1000;
/** A counter: so many a second, from there. */
const run = (perSecond: number, from = 0) => Math.floor(from + perSecond * seconds());

const lines = (...parts: readonly (string | readonly string[])[]) => `${parts.flat().join('\r\n')}\r\n`;

type Over = {
	readonly version?: readonly string[];
	readonly mode?: string;
	readonly memory?: readonly string[];
};

/** INFO of a server much like Redis, to which each kind adds its own; `replication` with the role. */
const redisLike = (
	port: number,
	replication: readonly string[],
	{
		version = ['redis_version:7.0.15'],
		mode = 'redis_mode:standalone',
		memory,
	}: Over & { memory?: readonly string[] } = {},
	more: readonly string[] = [],
) =>
	lines(
		['# Server', ...version, mode, 'os:Linux 5.15 x86_64', `tcp_port:${port}`],
		[`uptime_in_seconds:${run(1, 100_000)}`, 'hz:10'],
		['# Clients', 'connected_clients:12', 'blocked_clients:0'],
		memory ?? [
			...['# Memory', 'used_memory:1500000000', 'used_memory_rss:1600000000', 'used_memory_peak:1500000000'],
			...['maxmemory:8000000000', 'maxmemory_policy:noeviction', 'mem_fragmentation_ratio:1.05'],
		],
		['# Persistence', 'loading:0', 'rdb_last_bgsave_status:ok', 'aof_enabled:0'],
		['# Stats', `total_connections_received:${run(2, 5000)}`],
		[`total_commands_processed:${run(1000, 1_000_000)}`, `total_net_input_bytes:${run(50_000, 5e8)}`],
		[`total_net_output_bytes:${run(80_000, 5e8)}`, 'rejected_connections:0', 'sync_full:1'],
		[`expired_keys:${run(3, 100)}`, 'evicted_keys:0', `keyspace_hits:${run(600, 5000)}`],
		[`keyspace_misses:${run(100, 500)}`, 'latest_fork_usec:0'],
		['# Replication', ...replication],
		more,
		['# Cluster', 'cluster_enabled:0'],
		['# Keyspace', 'db0:keys=12867,expires=12833,avg_ttl=3465683577997863'],
	);

const processCpu = (coresUsed: number) => [
	`used_cpu_sys:${(100 + seconds() * coresUsed * 0.3).toFixed(6)}`,
	`used_cpu_user:${(200 + seconds() * coresUsed * 0.7).toFixed(6)}`,
];

const commandstats = () =>
	bulk(
		`# Commandstats\r\ncmdstat_get:calls=${run(700, 1000)},usec=${run(1400, 2000)},usec_per_call=2.00\r\n`,
	);

/** Answers INFO and the little that every server knows; anything else is unknown. */
const ordinary =
	(info: () => string, others: (words: readonly string[]) => string | undefined = () => undefined): Answer =>
	words => {
		const [first = '', second = ''] = words.map(word => word.toLowerCase());
		const own = others([first, second, ...words.slice(2)]);
		if (own !== undefined) return own;
		if (first === 'info') return second === 'commandstats' ? commandstats() : bulk(info());
		if (first === 'client' && second === 'setname') return ok;
		if (first === 'client' && second === 'id') return ':7\r\n';
		if (first === 'slowlog') return list();
		if (first === 'config') return list();
		if (first === 'ping') return '+PONG\r\n';
		return error(`ERR unknown command '${words[0]}', with args beginning with: `);
	};

// Two that replicate each other, both written to (Snapchat/KeyDB issues 419, 838).
const keydb =
	(index: number, isDown: boolean): Node =>
	(own, ports) =>
		ordinary(() =>
			redisLike(
				own,
				[
					...['role:active-replica', `master_global_link_status:${isDown ? 'down' : 'up'}`],
					...['connected_masters:1', 'master_host:127.0.0.1', `master_port:${ports[1 - index]}`],
					`master_link_status:${isDown ? 'down' : 'up'}`,
					...(isDown ? ['master_last_io_seconds_ago:-1', 'master_link_down_since_seconds:400'] : []),
					...['master_sync_in_progress:0', 'slave_read_repl_offset:408514', 'slave_repl_offset:408514'],
					...['slave_priority:100', 'slave_read_only:0', 'connected_slaves:1'],
					`slave0:ip=127.0.0.1,port=${ports[1 - index]},state=online,offset=504992,lag=1`,
					`master_replid:${String(index).repeat(40)}`,
					...['master_repl_offset:504992', 'repl_backlog_active:1', 'repl_backlog_size:1048576'],
				],
				{ version: ['redis_version:6.3.4', `run_id:${String(index + 1).repeat(40)}`] },
				['total_error_replies:0', '# Errorstats', '# KeyDB', 'mvcc_depth:0', '# CPU', ...processCpu(0.2)],
			),
		);

const unpadded = (perSecond: number, from: number) => {
	const micros = Math.floor((from + perSecond * seconds()) * 1e6);
	return `${Math.floor(micros / 1e6)}.${micros % 1e6}`;
};

// No run id, `stable_sync`, microseconds without their zeros (dragonfly issue 4629 and its INFO).
const dragonfly =
	(isPrimary: boolean): Node =>
	(own, ports) =>
		ordinary(() =>
			redisLike(
				own,
				isPrimary
					? [
							...['role:master', 'connected_slaves:1'],
							`slave0:ip=127.0.0.1,port=${ports[1]},state=stable_sync,lag=0`,
							`master_replid:${'7d'.repeat(20)}`,
						]
					: [
							...[
								'role:replica',
								'master_host:127.0.0.2',
								`master_port:${ports[0]}`,
								'master_link_status:up',
							],
							...[
								'master_last_io_seconds_ago:0',
								'master_sync_in_progress:0',
								`master_replid:${'7d'.repeat(20)}`,
							],
							...['slave_repl_offset:99887766', 'slave_priority:100', 'slave_read_only:1'],
						],
				{ version: ['redis_version:7.4.0', 'dragonfly_version:df-v1.34.2', 'thread_count:8'] },
				[
					...['# Cpu', `used_cpu_sys:${unpadded(0.4, 100)}`, `used_cpu_user:${unpadded(0.9, 300)}`],
					`used_cpu_sys_main_thread:${unpadded(0.03, 12.93)}`,
					`used_cpu_user_main_thread:${unpadded(0.05, 40.91)}`,
				],
			),
		);

// Lines of replicas without a state, a lag that wrapped below zero, CPU of all threads in whole seconds
// (apache/kvrocks issues 1926, 3208, 3271).
const kvrocks =
	(isPrimary: boolean): Node =>
	(own, ports) => {
		const answer = ordinary(
			() =>
				lines(
					[
						'# Server',
						'version:unstable',
						'kvrocks_version:2.13.0',
						'redis_version:4.0.0',
						'kvrocks_mode:standalone',
					],
					['redis_mode:standalone', 'os:Linux 6.12 x86_64', 'gcc_version:12.2.0', 'rocksdb_version:10.4.2'],
					[`tcp_port:${own}`, `uptime_in_seconds:${run(1, 724_816)}`],
					['# Clients', 'maxclients:10000', 'connected_clients:12', 'monitor_clients:0', 'blocked_clients:1'],
					['# Memory', 'used_memory_rss:178163712', 'used_memory_lua:4013056'],
					['# Persistence', 'loading:0', 'last_bgsave_status:ok'],
					[
						'# Stats',
						`total_connections_received:${run(1, 71_751)}`,
						`total_commands_processed:${run(5000, 1e6)}`,
					],
					[
						`total_net_input_bytes:${run(3e5, 1e8)}`,
						`total_net_output_bytes:${run(6e5, 1e8)}`,
						'sync_full:0',
					],
					[`keyspace_hits:${run(3000, 5000)}`, `keyspace_misses:${run(500, 500)}`],
					['# Replication', ...kvrocksReplication(isPrimary, ports)],
					[
						'# CPU',
						`used_cpu_sys:${run(isPrimary ? 0.7 : 0.1, 500)}`,
						`used_cpu_user:${run(isPrimary ? 2.4 : 0.1, 1500)}`,
					],
					['# Cluster', 'cluster_enabled:0'],
					[
						'# Keyspace',
						'# WARN: DBSIZE SCAN never performed yet',
						'db0:keys=0,expires=0,avg_ttl=0,expired=0',
					],
					['sequence:11945', 'used_db_size:5368709120', '# RocksDB', 'estimate_keys[default]:1200000'],
				),
			([first, second]) =>
				first === 'client' && second === 'list'
					? bulk(
							'id=4 addr=127.0.0.1:46666 fd=58 name= age=5 idle=0 flags=N namespace=__namespace qbuf=16 obuf=4 cmd=get\n',
						)
					: undefined,
		);
		return (words, socket) => {
			if (words[0]?.toLowerCase() !== 'monitor') return answer(words, socket);
			const timer = setInterval(() => {
				const at = `${Math.floor(Date.now() / 1000)}.123456`;
				for (let index = 0; index < 50; index++)
					socket.write(`+${at} [__namespace 127.0.0.1:46666] "get" "user:${index % 3 ? 7 : index}"\r\n`);
			}, 20);
			socket.on('close', () => clearInterval(timer));
			return ok;
		};
	};

const kvrocksReplication = (isPrimary: boolean, ports: readonly number[]) =>
	isPrimary
		? [
				...['role:master', 'connected_slaves:2', `slave0:ip=127.0.0.1,port=${ports[1]},offset=11935,lag=10`],
				`slave1:ip=127.0.0.1,port=${ports[2]},offset=11935,lag=18446744073709551607`,
				'master_repl_offset:11945',
			]
		: [
				...['role:slave', 'master_host:127.0.0.1', `master_port:${ports[0]}`, 'master_link_status:up'],
				...['master_sync_in_progress:0', 'master_last_io_seconds_ago:0', 'slave_repl_offset:11935'],
				...['slave_priority:100', 'connected_slaves:0', 'master_repl_offset:11935'],
			];

// Its own names for memory and lookups, no CPU, no keys unless asked (microsoft/garnet issues 405, 649, 1643).
const garnet: Node = own =>
	ordinary(() =>
		lines(
			['# Server', 'garnet_version:1.0.84', 'os:Unix 5.15.131.2', 'processor_count:8', 'arch_bits:64'],
			[
				`uptime_in_seconds:${run(1, 102_193)}`,
				'monitor_task:enabled',
				'monitor_freq:1',
				`run_id:${'f5'.repeat(20)}`,
			],
			['redis_version:7.4.3', 'redis_mode:standalone', `tcp_port:${own}`],
			[
				'# Memory',
				'system_page_size:4096',
				'total_system_memory:16229129093',
				'total_system_memory(MB):15477',
			],
			['proc_private_memory_size:1152499261', 'proc_physical_memory_size:1068923125'],
			['# Cluster', 'cluster_enabled:0'],
			[
				'# Replication',
				'role:master',
				'connected_slaves:0',
				`master_replid:${'ab'.repeat(20)}`,
				'master_repl_offset:0',
			],
			['# Stats', 'total_connections_active:3', `total_connections_received:${run(1, 10)}`],
			[`total_commands_processed:${run(2000, 1000)}`, `total_net_input_bytes:${run(1000)}`],
			[`total_net_output_bytes:${run(1000)}`, `total_found:${run(900)}`, `total_notfound:${run(100)}`],
			['# Clients', 'connected_clients:3'],
			['# Persistence', 'CommittedBeginAddress:64'],
		),
	);

// It closes the connection at a command that it does not know (twitter/twemproxy issues 113, 460, 605).
const twemproxy: Node = () => words => (/^(get|set|del|ping)$/i.test(words[0] ?? '') ? ok : 'hang-up');

// envoyproxy/envoy issues 38517 (newer) and 24149 (older, without ERR in front).
const envoy =
	(isOld: boolean): Node =>
	() =>
	words => {
		const name = words[0] ?? '';
		if (/^(get|set|ping)$/i.test(name)) return ok;
		return error(
			isOld ? `unsupported command '${name}'` : `ERR unknown command '${name}', with args beginning with: `,
		);
	};

// A proxy whose INFO is of itself, in words that nobody else has.
const predixy: Node = own =>
	ordinary(() =>
		lines(
			[
				'# Proxy',
				'Version:1.0.5',
				'Name:shop',
				`Bind:127.0.0.1:${own}`,
				'RedisMode:proxy',
				'WorkerThreads:4',
			],
			['# SystemResource', 'UsedMemory:2097152', '# Stats', 'ClientConnections:3', 'TotalRequests:123456'],
		),
	);

// CONFIG is not there, errors are not told (oliver006/redis_exporter issue 597).
const elasticache: Node = own =>
	ordinary(
		() =>
			redisLike(
				own,
				[
					'role:master',
					'connected_slaves:0',
					`master_replid:${'9f'.repeat(20)}`,
					'master_repl_offset:606356374',
				],
				{ version: ['redis_version:6.2.6', `run_id:${'9e'.repeat(20)}`] },
				['# CPU', ...processCpu(0.1)],
			).replace('os:Linux 5.15 x86_64', 'os:Amazon ElastiCache'),
		([first]) =>
			first === 'config' ? error("ERR unknown command 'CONFIG', with args beginning with: ") : undefined,
	);

const unknown: Node = own =>
	ordinary(() =>
		redisLike(own, ['role:master', 'connected_slaves:0', 'master_repl_offset:0'], {
			version: ['foodb_version:3.1.0', `run_id:${'c'.repeat(40)}`],
			mode: 'foodb_mode:standalone',
		}),
	);

const unknownSentinel: Node = (own, ports) =>
	ordinary(
		() =>
			lines(
				[
					'# Server',
					'foodb_version:3.1.0',
					'foodb_mode:sentinel',
					`tcp_port:${own}`,
					`run_id:${'d'.repeat(40)}`,
				],
				[
					'uptime_in_seconds:100',
					'# Clients',
					'connected_clients:1',
					'# Stats',
					`total_commands_processed:${run(10)}`,
				],
			),
		([first, second]) => {
			if (first === 'psubscribe') return list(bulk('psubscribe'), bulk('*'), ':1\r\n');
			if (first !== 'sentinel') return undefined;
			const fields = [
				'name',
				'shop',
				'ip',
				'127.0.0.1',
				'port',
				String(ports[1]),
				'flags',
				'master',
				'quorum',
				'1',
			];
			if (second === 'masters') return list(list(...fields.map(bulk)));
			return second === 'ckquorum' ? '+OK 1 usable Sentinels.\r\n' : list();
		},
	);

const noRole: Node = own =>
	ordinary(() => redisLike(own, [], { version: ['redis_version:7.0.15', `run_id:${'e'.repeat(40)}`] }));

const kinds: Readonly<Record<KindName, Kind>> = {
	keydb: { nodes: [keydb(0, false), keydb(1, false)] },
	'keydb-down': { nodes: [keydb(0, true), keydb(1, true)] },
	dragonfly: { nodes: [dragonfly(true), dragonfly(false)], alsoAt: '127.0.0.2' },
	kvrocks: { nodes: [kvrocks(true), kvrocks(false), kvrocks(false)] },
	garnet: { nodes: [garnet] },
	twemproxy: { nodes: [twemproxy] },
	envoy: { nodes: [envoy(false), envoy(true)] },
	predixy: { nodes: [predixy] },
	elasticache: { nodes: [elasticache] },
	unknown: { nodes: [unknown] },
	'unknown-sentinel': { nodes: [unknownSentinel, unknown] },
	'no-role': { nodes: [noRole] },
};

/** Starts the nodes of a kind; the first is its seed. */
export async function startKind(name: KindName): Promise<RunningKind> {
	const { nodes, alsoAt } = kinds[name];
	const ports: number[] = [];
	const answers: Answer[] = [];
	const servers: RespServer[] = [];
	for (const [index] of nodes.entries()) {
		const server = await serveResp((words, socket) => answers[index]!(words, socket));
		servers.push(server);
		ports.push(server.port);
	}
	answers.push(...nodes.map((node, index) => node(ports[index]!, ports)));
	if (alsoAt !== undefined) servers.push(await serveResp(answers[0]!, ports[0], alsoAt));
	return {
		addresses: ports.map(port => `127.0.0.1:${port}`),
		stop: async () => {
			await Promise.all(servers.map(server => server.stop()));
		},
	};
}
