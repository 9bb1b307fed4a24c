// INFO of every captured version, the odd lines no capture has, and text that is no INFO at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Info } from '../../../source/core/info.ts';
import { infoReader } from '../../../source/core/parse/info-reader.ts';
import { parseInfo } from '../../../source/core/parse/parse-info.ts';
import { isError } from '../../../source/core/reply.ts';
import { isMeasured, measured, often } from '../../lane.ts';
import { capture, captureReply, captures, captureText, versions } from '../captures.ts';

const infos = captures(
	/\/(info-|replica-info|ok-info|no-quorum-info|replica-down-master)[^/]*\.txt$|info-replication\.resp2$/,
);

for (const version of versions) {
	test(`INFO everything of ${version}: identity, memory, statistics, replication`, () => {
		const text = captureText(`${version}/standalone/info-everything.txt`);
		const info = parseInfo(text);
		const [server, number] = version.split('-');
		assert.equal(info.server, server);
		assert.equal(info.version, number);
		assert.equal(info.mode, 'standalone');
		assert.match(info.runId!, /^[0-9a-f]{40}$/);
		assert.equal(info.port, 7100);
		assert.equal(info.role, 'primary');
		assert.equal(info.primary, undefined);
		assert.equal(info.maxmemoryBytes, 62914560);
		assert.equal(info.maxmemoryPolicy, 'allkeys-lfu');
		assert.equal(info.keyspaceHits, 48201);
		assert.equal(info.keyspaceMisses, 5001);
		assert.equal(info.isAofEnabled, true);
		assert.equal(info.isClusterEnabled, false);
		assert.equal(info.isLoading, false);
		assert.equal(info.databases?.length, 2);
		const { withFieldTtl, ...second } = info.databases![1]!;
		assert.deepEqual(second, { db: 1, keys: 93, expires: 0, avgTtlMilliseconds: 0 });
		assert.equal(withFieldTtl, /subexpiry|volatile_items/.test(text) ? 0 : undefined);
		assert.equal(info.replicas?.length, 1);
		assert.equal(info.replicas?.[0]?.address, '127.0.0.1:7101');
		assert.equal(info.replicas?.[0]?.state, 'online');
		assert.equal(info.commands?.get?.calls, 53202);
		assert.equal(String(info.lastSaveAt).length, 13);
	});

	test(`INFO of a replica of ${version}`, () => {
		const info = parseInfo(captureText(`${version}/standalone/replica-info-everything.txt`));
		assert.equal(info.role, 'replica');
		assert.equal(info.primary, '127.0.0.1:7100');
		assert.equal(info.isLinkUp, true);
		assert.equal(info.isSyncing, false);
		assert.equal(info.replicaPriority, 100);
		assert.ok(info.replicaOffset! > 0);
		assert.equal(info.syncPercent, undefined);
		assert.deepEqual(info.replicas, []);
	});

	test(`INFO of a Sentinel of ${version}`, () => {
		const info = parseInfo(captureText(`${version}/sentinel/ok-info.txt`));
		assert.equal(info.mode, 'sentinel');
		assert.equal(info.role, undefined);
		assert.equal(info.usedMemoryBytes, undefined);
	});

	test(`every number of INFO everything of ${version} is the number that stands there`, () => {
		const text = captureText(`${version}/standalone/info-everything.txt`);
		const info = parseInfo(text);
		const stands = (name: string) => Number(new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(text)?.[1]);
		for (const [field, name] of Object.entries(numbers)) {
			const expected = stands(name);
			assert.equal(info[field as keyof Info], expected >= 0 ? expected : undefined, name);
		}
	});
}

type Named<Value> = {
	readonly [Field in keyof Info as NonNullable<Info[Field]> extends Value ? Field : never]?: string;
};

/** Every field that is one number, text or flag of INFO, with the server's name for it. */
const numbers = {
	port: 'tcp_port',
	uptimeSeconds: 'uptime_in_seconds',
	serverTimeMicroseconds: 'server_time_usec',
	hz: 'hz',
	connectedClients: 'connected_clients',
	blockedClients: 'blocked_clients',
	maxClients: 'maxclients',
	clusterConnections: 'cluster_connections',
	pubsubClients: 'pubsub_clients',
	trackingClients: 'tracking_clients',
	largestInputBytes: 'client_recent_max_input_buffer',
	largestOutputBytes: 'client_recent_max_output_buffer',
	usedMemoryBytes: 'used_memory',
	rssBytes: 'used_memory_rss',
	peakBytes: 'used_memory_peak',
	datasetBytes: 'used_memory_dataset',
	overheadBytes: 'used_memory_overhead',
	startupBytes: 'used_memory_startup',
	systemMemoryBytes: 'total_system_memory',
	maxmemoryBytes: 'maxmemory',
	notCountedForEvictBytes: 'mem_not_counted_for_evict',
	allocatedBytes: 'allocator_allocated',
	activeBytes: 'allocator_active',
	residentBytes: 'allocator_resident',
	clientsNormalBytes: 'mem_clients_normal',
	clientsReplicasBytes: 'mem_clients_slaves',
	backlogMemoryBytes: 'mem_replication_backlog',
	replicationBuffersBytes: 'mem_total_replication_buffers',
	aofBufferBytes: 'mem_aof_buffer',
	clusterLinksBytes: 'mem_cluster_links',
	lazyfreePendingObjects: 'lazyfree_pending_objects',
	loadingEtaSeconds: 'loading_eta_seconds',
	changesSinceSave: 'rdb_changes_since_last_save',
	lastSaveSeconds: 'rdb_last_bgsave_time_sec',
	lastSaveCowBytes: 'rdb_last_cow_size',
	currentCowBytes: 'current_cow_size',
	aofSizeBytes: 'aof_current_size',
	aofBaseBytes: 'aof_base_size',
	aofDelayedFsync: 'aof_delayed_fsync',
	connectionsReceived: 'total_connections_received',
	commandsProcessed: 'total_commands_processed',
	instantaneousOps: 'instantaneous_ops_per_sec',
	inputBytes: 'total_net_input_bytes',
	outputBytes: 'total_net_output_bytes',
	replicationInputBytes: 'total_net_repl_input_bytes',
	replicationOutputBytes: 'total_net_repl_output_bytes',
	rejectedConnections: 'rejected_connections',
	syncFull: 'sync_full',
	syncPartialOk: 'sync_partial_ok',
	syncPartialErr: 'sync_partial_err',
	expiredKeys: 'expired_keys',
	evictedKeys: 'evicted_keys',
	evictedClients: 'evicted_clients',
	outputLimitDisconnections: 'client_output_buffer_limit_disconnections',
	queryLimitDisconnections: 'client_query_buffer_limit_disconnections',
	pausedMilliseconds: 'paused_timeout_milliseconds',
	functionLibraries: 'number_of_libraries',
	keyspaceHits: 'keyspace_hits',
	keyspaceMisses: 'keyspace_misses',
	evictionExceededMilliseconds: 'total_eviction_exceeded_time',
	lastForkMicroseconds: 'latest_fork_usec',
	errorReplies: 'total_error_replies',
	deniedLogins: 'acl_access_denied_auth',
	deniedCommands: 'acl_access_denied_cmd',
	deniedKeys: 'acl_access_denied_key',
	deniedChannels: 'acl_access_denied_channel',
	linkDownSeconds: 'master_link_down_since_seconds',
	lastIoSeconds: 'master_last_io_seconds_ago',
	connectedReplicas: 'connected_slaves',
	goodReplicas: 'min_slaves_good_slaves',
	replicationOffset: 'master_repl_offset',
	secondReplicationOffset: 'second_repl_offset',
	replicaOffset: 'slave_repl_offset',
	backlogBytes: 'repl_backlog_size',
	replicaPriority: 'slave_priority',
	activeMainMicroseconds: 'used_active_time_main_thread',
	eventloopDurationMicroseconds: 'eventloop_duration_sum',
	eventloopCycles: 'eventloop_cycles',
	fragmentationRatio: 'mem_fragmentation_ratio',
	loadingPercent: 'loading_loaded_perc',
	cpuUserSeconds: 'used_cpu_user',
	cpuSystemSeconds: 'used_cpu_sys',
	cpuUserMainSeconds: 'used_cpu_user_main_thread',
	cpuSystemMainSeconds: 'used_cpu_sys_main_thread',
} as const satisfies Named<number>;

const texts = {
	runId: 'run_id',
	availabilityZone: 'availability_zone',
	maxmemoryPolicy: 'maxmemory_policy',
	lastSaveStatus: 'rdb_last_bgsave_status',
	lastAofRewriteStatus: 'aof_last_bgrewrite_status',
	lastAofWriteStatus: 'aof_last_write_status',
	pausedReason: 'paused_reason',
	pausedActions: 'paused_actions',
	replicationId: 'master_replid',
} as const satisfies Named<string>;

const flags = {
	isDefragRunning: 'active_defrag_running',
	isLoading: 'loading',
	isSaving: 'rdb_bgsave_in_progress',
	isAofEnabled: 'aof_enabled',
	isAofRewriting: 'aof_rewrite_in_progress',
	isSyncing: 'master_sync_in_progress',
	isClusterEnabled: 'cluster_enabled',
} as const satisfies Named<boolean>;

/** Those that are more than what stands behind one name. */
type Computed =
	| 'lastSaveAt'
	| 'expiredFields'
	| 'luaBytes'
	| 'scriptsBytes'
	| 'syncPercent'
	| 'isLinkUp'
	| 'isActiveReplica'
	| 'server'
	| 'unknownServer'
	| 'version'
	| 'compatibleVersion'
	| 'service'
	| 'mode'
	| 'role'
	| 'primary';
type Unnamed = Exclude<
	keyof Named<number> | keyof Named<string> | keyof Named<boolean>,
	Computed | keyof typeof numbers | keyof typeof texts | keyof typeof flags
>;
/** A field that is new is missing here: the type check says so. */
const unnamed: readonly Unnamed[] = [] satisfies readonly never[];

test('each field is read from the name it has in INFO, and from no other', () => {
	const values = [
		// Falling, for no link was down for longer than its server runs.
		...Object.entries(numbers).map(([field, name], index) => [field, name, 500 - index] as const),
		...Object.entries(texts).map(([field, name]) => [field, name, `its-${field}`] as const),
		...Object.entries(flags).map(([field, name], index) => [field, name, index % 2] as const),
	];
	const info = parseInfo(values.map(([, name, value]) => `${name}:${value}\r\n`).join(''));
	for (const [field, name, value] of values)
		assert.equal(info[field as keyof Info], Object.hasOwn(flags, field) ? value === 1 : value, name);
	assert.deepEqual(unnamed, []);
});

test('what versions have and have not', () => {
	const of = (version: string) => parseInfo(captureText(`${version}/standalone/info-everything.txt`));
	assert.equal(of('redis-6.0.16').errors, undefined, 'no errorstats before 6.2');
	assert.deepEqual(of('valkey-8.1.1').errors, { ERR: 2, WRONGTYPE: 2 });
	assert.equal(of('redis-6.0.16').luaBytes, 46080 + 272);
	assert.equal(of('valkey-8.1.1').luaBytes, 72704 + 608);
	assert.equal(of('valkey-8.1.1').pausedReason, 'none');
	assert.deepEqual(of('valkey-8.1.1').commands?.['config|set'], {
		calls: 1,
		usec: 10,
		rejected: 0,
		failed: 0,
	});
	assert.equal(of('redis-6.0.16').commands?.get?.rejected, undefined);
});

test('every captured INFO text gives something, and no field that is NaN', () => {
	assert.ok(infos.length > 60);
	for (const path of infos) {
		if (path.endsWith('.resp2') && isError(captureReply(path))) continue;
		// The sizes of keys have a parser of their own (keysizes.ts).
		if (/^ERR /.test(capture(path)) || /keysizes/.test(path)) continue;
		const values = Object.values(parseInfo(captureText(path))).filter(value => value !== undefined);
		if (!/cluster-info/.test(path)) assert.ok(values.length > 0, path);
		assert.ok(!values.some(value => Number.isNaN(value)), path);
	}
});

const lines: readonly [line: string, field: keyof ReturnType<typeof parseInfo>, expected: unknown][] = [
	['used_memory:', 'usedMemoryBytes', undefined],
	['second_repl_offset:90029', 'secondReplicationOffset', 90_029],
	['second_repl_offset:-1', 'secondReplicationOffset', undefined],
	['used_memory:-1', 'usedMemoryBytes', undefined],
	['used_memory:1e3', 'usedMemoryBytes', undefined],
	['used_memory: 5', 'usedMemoryBytes', undefined],
	['used_memory:18446744073709551615', 'usedMemoryBytes', undefined],
	['used_memory:9007199254740991', 'usedMemoryBytes', Number.MAX_SAFE_INTEGER],
	['used_memory:12\r', 'usedMemoryBytes', 12],
	['rdb_last_bgsave_time_sec:-1', 'lastSaveSeconds', undefined],
	['master_last_io_seconds_ago:-1', 'lastIoSeconds', undefined],
	['master_link_down_since_seconds:-1', 'linkDownSeconds', undefined],
	['rdb_last_save_time:1795455787', 'lastSaveAt', 1795455787000],
	['mem_fragmentation_ratio:1.36', 'fragmentationRatio', 1.36],
	['mem_fragmentation_ratio:-nan', 'fragmentationRatio', undefined],
	['mem_fragmentation_ratio:inf', 'fragmentationRatio', undefined],
	['mem_fragmentation_ratio:0x10', 'fragmentationRatio', undefined],
	['active_defrag_running:25', 'isDefragRunning', true],
	['loading:yes', 'isLoading', undefined],
	['role:slave', 'role', 'replica'],
	['role:king', 'role', undefined],
	['master_link_status:down', 'isLinkUp', false],
	['master_link_status:?', 'isLinkUp', undefined],
	['master_host:2001:db8::1\nmaster_port:6379', 'primary', '[2001:db8::1]:6379'],
	['master_host:cache.example\nmaster_port:6379', 'primary', 'cache.example:6379'],
	['master_host:\nmaster_port:6379', 'primary', undefined],
	['master_host:a\nmaster_port:0', 'primary', undefined],
	['master_sync_total_bytes:-1\nmaster_sync_perc:0.00', 'syncPercent', undefined],
	['master_sync_total_bytes:0\nmaster_sync_perc:0.00', 'syncPercent', undefined],
	['master_sync_total_bytes:200\nmaster_sync_perc:12.50', 'syncPercent', 12.5],
	['master_sync_perc:12.50', 'syncPercent', undefined],
	['server_mode:cluster', 'mode', 'cluster'],
	['redis_mode:wild', 'mode', undefined],
	['run_id:', 'runId', undefined],
	['availability_zone:', 'availabilityZone', undefined],
	['availability_zone:eu\x1b[2J', 'availabilityZone', '"eu\\x1b[2J"'],
	['redis_version:7.2.4\nserver_name:valkey\nvalkey_version:9.1.2', 'version', '9.1.2'],
	['redis_version:7.2.4\nserver_name:valkey', 'version', undefined],
	['redis_version:7.2.4', 'server', 'redis'],
	['redis_version:6.2.1\nserver_name:other', 'server', undefined],
	['connected_slaves:0', 'replicas', []],
	['# Keyspace\r\n', 'databases', []],
	['# Errorstats\r\n', 'errors', {}],
	['db0:keys=1', 'databases', [{ db: 0, keys: 1 }]],
	['db0:keys=nan,expires=3', 'databases', [{ db: 0, expires: 3 }]],
	['dbx:keys=1,expires=1', 'databases', undefined],
	[
		'db12:keys=5,expires=2,avg_ttl=7,subexpiry=0',
		'databases',
		[{ db: 12, keys: 5, expires: 2, avgTtlMilliseconds: 7, withFieldTtl: 0 }],
	],
	[
		'db0:keys=1,expires=0,avg_ttl=0,keys_with_volatile_items=1',
		'databases',
		[{ db: 0, keys: 1, expires: 0, avgTtlMilliseconds: 0, withFieldTtl: 1 }],
	],
	['expired_subkeys:7', 'expiredFields', 7],
	['expired_fields:8', 'expiredFields', 8],
	['expired_keys_active:3', 'expiredKeysActive', 3],
	['used_memory_peak_time:1796002856', 'peakAt', 1_796_002_856_000],
	['rdb_saves_consecutive_failures:2', 'failedSaves', 2],
	['acl_access_denied_tls_cert:4', 'deniedCertificates', 4],
	['mem_cluster_slot_migration_output_buffer:10', 'migrationOutputBytes', 10],
	['mem_cluster_slot_import:1', 'migrationInputBytes', 1],
	['errorstat_a=b:c:count=4', 'errors', { 'a=b:c': 4 }],
	['errorstat_OOM:count=x', 'errors', {}],
	['cmdstat_a:b|c.d:calls=2,usec=3,usec_per_call=1.50', 'commands', { 'a:b|c.d': { calls: 2, usec: 3 } }],
	['cmdstat_x:calls=1:calls=2,usec=3', 'commands', { 'x:calls=1': { calls: 2, usec: 3 } }],
	['cmdstat_x:calls=1', 'commands', { x: { calls: 1 } }],
	['slave0:127.0.0.1,6379,online', 'replicas', undefined],
	[
		'slave0:ip=::1,port=1,state=online,offset=9',
		'replicas',
		[{ address: '[::1]:1', state: 'online', offset: 9 }],
	],
	[
		'slave3:ip=db-1.example,port=6379,state=wait_bgsave,offset=0,lag=0,type=main-channel',
		'replicas',
		[{ address: 'db-1.example:6379', state: 'wait_bgsave', offset: 0, lagSeconds: 0 }],
	],
	// The second connection of a full sync over two channels is no replica.
	['slave0:ip=a,port=1,state=send_bulk_and_stream,type=rdb-channel', 'replicas', undefined],
	// Who tells no port is one all the same, under a name that is no place.
	['slave0:ip=a,port=0,state=online', 'replicas', [{ address: 'a:0', state: 'online' }]],
	['slave0:ip=?,port=6379,state=online', 'replicas', [{ address: '?:6379', state: 'online' }]],
	['slave0:state=online', 'replicas', undefined],
	['uptime_in_seconds:1\nuptime_in_seconds:2', 'uptimeSeconds', 2],
	['valkey_version:8.1.1\nused_cpu_user_main_thread:1.5', 'cpuUserMainSeconds', 1.5],
	// Of one thread among many.
	['dragonfly_version:df-v1.31.0\nused_cpu_user_main_thread:1.5', 'cpuUserMainSeconds', undefined],
	['no colon here\nhz:10', 'hz', 10],
	['search_version:2.0\nhz:10', 'hz', 10],
	['constructor:1\n__proto__:2\nhz:10', 'hz', 10],
];

for (const [line, field, expected] of lines) {
	test(`${JSON.stringify(line)} → ${field}`, () => {
		assert.deepEqual(
			JSON.parse(JSON.stringify({ got: parseInfo(line)[field] })),
			JSON.parse(JSON.stringify({ got: expected })),
		);
	});
}

test('a command named __proto__ is a command like any other', () => {
	const commands = parseInfo('cmdstat___proto__:calls=1,usec=2').commands!;
	assert.deepEqual(Object.keys(commands), ['__proto__']);
	assert.equal(Object.getPrototypeOf(commands), Object.prototype);
});

test('\\n and \\r\\n read alike', () => {
	const text = captureText('redis-8.0.2/standalone/info-everything.txt').replaceAll('\r', '');
	assert.deepEqual(parseInfo(text), parseInfo(text.replaceAll('\n', '\r\n')));
});

test('10 MB of garbage take no more than a moment', () => {
	const size = isMeasured ? 10_000_000 : 100_000;
	const started = performance.now();
	for (const unit of ['x', '\n', ':', 'a:\n', 'slave1:,=,\n', 'cmdstat_:calls=,', '\0\xff'])
		parseInfo(unit.repeat(size / unit.length));
	const took = performance.now() - started;
	measured(() => assert.ok(took < 30_000, `${took} ms`));
});

test('never throws: any text', () => {
	fc.assert(fc.property(fc.string({ unit: 'binary' }), text => typeof parseInfo(text) === 'object'));
});

test('never throws and stays of its types: mutations of real replies', () => {
	const texts = versions.map(version => captureText(`${version}/standalone/info-everything.txt`));
	const mutation = fc.tuple(fc.constantFrom(...texts), fc.nat(), fc.nat(200), fc.string({ unit: 'binary' }));
	fc.assert(
		fc.property(mutation, ([text, where, length, inserted]) => {
			const at = where % text.length;
			const info = parseInfo(text.slice(0, at) + inserted + text.slice(at + length));
			for (const [field, value] of Object.entries(info)) checkType(field, value);
		}),
		{ numRuns: often(60, 300) },
	);
});

function checkType(field: string, value: unknown): void {
	if (value === undefined) return;
	if (/(Bytes|Seconds|Clients|Microseconds|Offset)$/.test(field))
		assert.ok(Number.isFinite(value) && (value as number) >= 0, field);
	if (/^is/.test(field)) assert.equal(typeof value, 'boolean', field);
	if (typeof value === 'string') assert.doesNotMatch(value, /[\x00-\x1f\x7f-\x9f]/, field);
}

test('errors that scripts make up by the thousand: those that servers answer are told, the others not one by one', () => {
	const made = (count: number) =>
		Array.from({ length: count }, (_, index) => `errorstat_E${index}:count=1\r\n`).join('');
	const info = (count: number) =>
		parseInfo(`# Errorstats\r\n${made(count)}errorstat_OOM:count=7\r\nerrorstat_WRONGPASS:count=3\r\n`);
	assert.equal(Object.keys(info(900).errors!).length, 902);
	assert.equal(info(900).errorsStopped, undefined);
	assert.deepEqual(info(50_000).errors, { OOM: 7, WRONGPASS: 3 });
	assert.equal(info(50_000).errorsStopped, 'partly');
});

/** As a server changes them, and as nobody does: values, lines that come and go, order, ends of lines, cuts. */
const edits: readonly ((text: string, n: number) => string)[] = [
	text => text,
	(text, n) => text.replaceAll(/(\d+)(?=\r?\n)/g, digits => String((Number(digits) + n) % 2 ** 53)),
	(text, n) =>
		text.replace(/^used_memory:.*$/m, ['used_memory:18446744073709551615', 'used_memory:x'][n % 2]!),
	(text, n) => text.replaceAll(/^db\d+:.*$/gm, `db${n}:keys=${n},expires=0,avg_ttl=0`),
	(text, n) =>
		text.replace(/^slave0:.*$/m, n % 2 ? 'slave0:type=rdb-channel' : 'slave0:ip=h,port=1,state=online'),
	(text, n) => text.replaceAll(/^errorstat_.*$/gm, `errorstat_E${n}:count=${n}`),
	(text, n) => text.replace(/^role:.*$/m, ['role:slave', 'role:master', 'role:active-replica'][n % 3]!),
	(text, n) => text.replace(/^redis_version:.*$/m, `redis_version:8.${n}.1`),
	text => `${text}hz:7\r\nhz:8\r\n`,
	text => text.replace(/^hz:\d+/m, 'hz:9'),
	(text, n) => text.slice(0, text.length - n),
	(text, n) => text.replace('# Keyspace', n % 2 ? '# Other' : '# Keyspace'),
	(text, n) => {
		const lines = text.split('\n');
		const at = (n * 7) % lines.length;
		return lines.with(at, lines[at]!.replace(/\d(\r?)$/, `${n % 10}$1`)).join('\n');
	},
	text => text.replaceAll('\r\n', '\n'),
	(text, n) =>
		text
			.split('\n')
			.toSorted(() => (n % 2 ? 1 : -1))
			.join('\n'),
	text => `${text}extra:1\r\n`,
	() => '',
];

test('what is read again of a node is what would be read of its text alone', () => {
	const whole = infos.filter(path => path.endsWith('.txt') && !/cluster-info|keysizes/.test(path));
	const steps = fc.array(fc.tuple(fc.nat(edits.length - 1), fc.nat(40), fc.boolean()), { maxLength: 20 });
	fc.assert(
		fc.property(fc.constantFrom(...whole), steps, (path, all) => {
			const first = captureText(path);
			const read = infoReader();
			const told: (readonly [Info, string])[] = [];
			let text = first;
			for (const [edit, n, isFromFirst] of all) {
				text = edits[edit]!(isFromFirst ? first : text, n);
				told.push([read(text), text]);
			}
			// Only now: what was told once is not written over by what is read later.
			for (const [info, of] of told) assert.deepEqual(info, parseInfo(of));
		}),
	);
});

test('a text of more lines than any server has is read by itself each time', () => {
	const read = infoReader();
	const text = captureText('redis-7.0.15/standalone/info-default.txt');
	const many = `${text}${'x:1\r\n'.repeat(20_000)}`;
	for (const each of [many, many.replace(/^connected_clients:.*$/m, 'connected_clients:77'), text, many])
		assert.deepEqual(read(each), parseInfo(each));
});

test('a line that has changed is told, and the others as they were', () => {
	const text = captureText('redis-7.0.15/standalone/info-default.txt');
	const read = infoReader();
	const before = read(text);
	const now = read(text.replace(/^connected_clients:.*$/m, 'connected_clients:77'));
	assert.equal(now.connectedClients, 77);
	assert.deepEqual(now, { ...before, connectedClients: 77 });
});
