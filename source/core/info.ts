// The one table of INFO: each of its fields once, with the server's names for it, how its value is read and what it
// becomes. `Info` is what every refresh reads of every node; `InfoDetails` is what is read of one node that is looked at
// closely, from the same text. Both types are made from the table, so a new field is one line here.
// Every field may be absent: versions, ACLs and managed services differ. How a text is read is in parse/parse-info.ts.

import type { ServerName } from './known-servers.ts';
import type { Address } from './parse/parse-address.ts';

/** What a kind of field becomes. A value that is not what INFO promises (`-1` for "none", NaN) is undefined. */
export type ValueOfKind = {
	/** Whole numbers, zero or more; those beyond 2^53 also stand in `exact`. */
	readonly count: number;
	/** Zero or more, with a fraction. */
	readonly fraction: number;
	/** Percent, as a share. */
	readonly percent: number;
	/** Seconds since 1970, as milliseconds; 0 is never. */
	readonly moment: number;
	/** Seconds since start, with a fraction; read when it is known which server wrote them. */
	readonly cpu: number;
	/** Safe for a terminal. */
	readonly text: string;
	/** As it came: for a file name that is compared, not shown. */
	readonly raw: string;
	/** 40 hexadecimal digits that are not all 0. */
	readonly id: string;
	/** 0 is no, any other number is yes: active_defrag_running tells its CPU share. */
	readonly flag: boolean;
};

export type InfoKind = keyof ValueOfKind;

/** `names`: the same in the words of several servers. */
export type InfoField<Kind extends InfoKind = InfoKind> = {
	readonly kind: Kind;
	readonly names: readonly string[];
};

const field =
	<Kind extends InfoKind>(kind: Kind) =>
	(...names: readonly string[]): InfoField<Kind> => ({ kind, names });

const count = field('count');
const fraction = field('fraction');
const percent = field('percent');
const moment = field('moment');
const cpu = field('cpu');
const text = field('text');
const raw = field('raw');
const id = field('id');
const flag = field('flag');

/** Read of every node at every refresh. */
export const infoFields = {
	// server
	runId: text('run_id'),
	port: count('tcp_port'),
	uptimeSeconds: count('uptime_in_seconds'),
	/** The server's own clock, microseconds since the epoch (>= 7.0). */
	serverTimeMicroseconds: count('server_time_usec'),
	/** While it shuts down: how long it waits for its replicas at most, with all writes paused (>= 7.0). */
	shutdownMilliseconds: count('shutdown_in_milliseconds'),
	hz: count('hz'),
	availabilityZone: text('availability_zone'),
	// clients
	connectedClients: count('connected_clients'),
	blockedClients: count('blocked_clients'),
	maxClients: count('maxclients'),
	clusterConnections: count('cluster_connections'),
	pubsubClients: count('pubsub_clients'),
	trackingClients: count('tracking_clients'),
	/** Of any one client within the last seconds: what it has sent and is not run, what waits for it to read. */
	largestInputBytes: count('client_recent_max_input_buffer'),
	largestOutputBytes: count('client_recent_max_output_buffer'),
	// memory
	usedMemoryBytes: count('used_memory'),
	rssBytes: count('used_memory_rss', 'proc_physical_memory_size'),
	peakBytes: count('used_memory_peak'),
	/** When it reached the peak (Redis 8.6). */
	peakAt: moment('used_memory_peak_time'),
	datasetBytes: count('used_memory_dataset'),
	overheadBytes: count('used_memory_overhead'),
	startupBytes: count('used_memory_startup'),
	systemMemoryBytes: count('total_system_memory'),
	maxmemoryBytes: count('maxmemory'),
	maxmemoryPolicy: text('maxmemory_policy'),
	notCountedForEvictBytes: count('mem_not_counted_for_evict'),
	fragmentationRatio: fraction('mem_fragmentation_ratio'),
	allocatedBytes: count('allocator_allocated'),
	activeBytes: count('allocator_active'),
	residentBytes: count('allocator_resident'),
	clientsNormalBytes: count('mem_clients_normal'),
	clientsReplicasBytes: count('mem_clients_slaves', 'mem_clients_replicas'),
	backlogMemoryBytes: count('mem_replication_backlog'),
	replicationBuffersBytes: count('mem_total_replication_buffers'),
	aofBufferBytes: count('mem_aof_buffer'),
	clusterLinksBytes: count('mem_cluster_links'),
	/** What atomic slot migrations hold (Redis 8.4, Valkey 9): at the source what is to be sent, at the target what is to be run. */
	migrationOutputBytes: count('mem_cluster_slot_migration_output_buffer', 'mem_cluster_slot_export'),
	migrationInputBytes: count('mem_cluster_slot_migration_input_buffer', 'mem_cluster_slot_import'),
	/** Texts of cached scripts and of function libraries together. */
	scriptTextsBytes: count('used_memory_scripts'),
	/** Of the Lua interpreters; part of used_memory in Redis from 7.4 on, beside it everywhere else. */
	interpretersBytes: count('used_memory_vm_total'),
	/** Of the one for EVAL, which before 7.0 was the only one. */
	evalInterpreterBytes: count('used_memory_lua'),
	lazyfreePendingObjects: count('lazyfree_pending_objects'),
	isDefragRunning: flag('active_defrag_running'),
	/** A HOTKEYS session is at work; false: one is over and its result is kept; undefined: there is none. */
	isHotkeysTracking: flag('hotkeys-tracking-active'),
	// persistence
	isLoading: flag('loading'),
	loadingPercent: fraction('loading_loaded_perc'),
	loadingEtaSeconds: count('loading_eta_seconds'),
	changesSinceSave: count('rdb_changes_since_last_save'),
	isSaving: flag('rdb_bgsave_in_progress'),
	lastSaveAt: moment('rdb_last_save_time'),
	lastSaveStatus: text('rdb_last_bgsave_status'),
	lastSaveSeconds: count('rdb_last_bgsave_time_sec'),
	/** Saves that failed one after the other, up to now (Redis 8.6). */
	failedSaves: count('rdb_saves_consecutive_failures'),
	lastSaveCowBytes: count('rdb_last_cow_size'),
	isAofEnabled: flag('aof_enabled'),
	isAofRewriting: flag('aof_rewrite_in_progress'),
	isAofRewriteScheduled: flag('aof_rewrite_scheduled'),
	lastAofRewriteStatus: text('aof_last_bgrewrite_status'),
	lastAofWriteStatus: text('aof_last_write_status'),
	aofSizeBytes: count('aof_current_size'),
	aofBaseBytes: count('aof_base_size'),
	aofDelayedFsync: count('aof_delayed_fsync'),
	currentCowBytes: count('current_cow_size'),
	// stats (counters since start or CONFIG RESETSTAT)
	connectionsReceived: count('total_connections_received'),
	commandsProcessed: count('total_commands_processed'),
	instantaneousOps: count('instantaneous_ops_per_sec'),
	inputBytes: count('total_net_input_bytes'),
	outputBytes: count('total_net_output_bytes'),
	replicationInputBytes: count('total_net_repl_input_bytes'),
	replicationOutputBytes: count('total_net_repl_output_bytes'),
	rejectedConnections: count('rejected_connections'),
	syncFull: count('sync_full'),
	syncPartialOk: count('sync_partial_ok'),
	syncPartialErr: count('sync_partial_err'),
	expiredKeys: count('expired_keys'),
	/** Of them those that nobody had to ask for (Redis 8.6). */
	expiredKeysActive: count('expired_keys_active'),
	/** Fields of hashes (Redis 7.4, Valkey 9). The hash that loses its last one is no expired key. */
	expiredFields: count('expired_subkeys', 'expired_fields'),
	evictedKeys: count('evicted_keys'),
	evictedClients: count('evicted_clients'),
	keyspaceHits: count('keyspace_hits', 'total_found'),
	keyspaceMisses: count('keyspace_misses', 'total_notfound'),
	evictionExceededMilliseconds: count('total_eviction_exceeded_time'),
	lastForkMicroseconds: count('latest_fork_usec'),
	errorReplies: count('total_error_replies'),
	/** At a replica: commands of its primary that failed on it, since its start or RESETSTAT. */
	failedFromPrimary: count('unexpected_error_replies'),
	/** acl_access_denied_* (7.2 and later): failed logins, and what a user had no right to. */
	deniedLogins: count('acl_access_denied_auth'),
	deniedCommands: count('acl_access_denied_cmd'),
	deniedKeys: count('acl_access_denied_key'),
	deniedChannels: count('acl_access_denied_channel'),
	/** Valkey 9.1. */
	deniedDatabases: count('acl_access_denied_db'),
	deniedCertificates: count('acl_access_denied_tls_cert'),
	/** Valkey 8.1: `none`, `client_pause`, `failover_in_progress`. */
	pausedReason: text('paused_reason'),
	/** `none`, `write`, `all`. */
	pausedActions: text('paused_actions'),
	/** Until the pause ends. */
	pausedMilliseconds: count('paused_timeout_milliseconds'),
	/** Clients closed for the size of their output or query buffer. */
	outputLimitDisconnections: count('client_output_buffer_limit_disconnections'),
	queryLimitDisconnections: count('client_query_buffer_limit_disconnections'),
	functionLibraries: count('number_of_libraries'),
	// replication
	linkDownSeconds: count('master_link_down_since_seconds'),
	lastIoSeconds: count('master_last_io_seconds_ago'),
	isSyncing: flag('master_sync_in_progress'),
	syncPercent: fraction('master_sync_perc'),
	/** Of a full sync under way, at the replica; unknown when the primary sends without a file. */
	syncTotalBytes: count('master_sync_total_bytes'),
	connectedReplicas: count('connected_slaves'),
	/** Replicas in sync as min-replicas-to-write asks for; told only where that is set. */
	goodReplicas: count('min_slaves_good_slaves'),
	/** Of FAILOVER (6.2 and later): `no-failover`, `waiting-for-sync`, `failover-in-progress`. */
	failoverState: text('master_failover_state'),
	/** master_replid: changes on a failover. */
	replicationId: text('master_replid'),
	/** The history it had before its last promotion; see secondReplicationOffset. */
	previousReplicationId: id('master_replid2'),
	/** At a primary what it has written, at a replica what it has applied downstream. */
	replicationOffset: count('master_repl_offset'),
	/** Up to here, and not including it, its data are its former primary's: undefined when it was never promoted. */
	secondReplicationOffset: count('second_repl_offset'),
	/** At a replica: whether clients may write to it. */
	isReadOnly: flag('slave_read_only'),
	/** At a replica. */
	replicaOffset: count('slave_repl_offset'),
	backlogBytes: count('repl_backlog_size'),
	replicaPriority: count('slave_priority'),
	// Sentinel
	/** It does not trust its clock, watches on and does nothing. */
	isInTilt: flag('sentinel_tilt'),
	/** Since so long (>= 7.0). */
	tiltSeconds: count('sentinel_tilt_since_seconds'),
	// cpu
	cpuUserSeconds: cpu('used_cpu_user'),
	cpuSystemSeconds: cpu('used_cpu_sys'),
	cpuUserMainSeconds: cpu('used_cpu_user_main_thread'),
	cpuSystemMainSeconds: cpu('used_cpu_sys_main_thread'),
	activeMainMicroseconds: count('used_active_time_main_thread'),
	// event loop (>= 7.2)
	eventloopDurationMicroseconds: count('eventloop_duration_sum'),
	eventloopCycles: count('eventloop_cycles'),
	// cluster
	isClusterEnabled: flag('cluster_enabled'),
} as const satisfies Readonly<Record<string, InfoField>>;

/** Read of a node while a screen or a runbook looks at it. */
export const closeInfoFields = {
	// server
	/** `jemalloc-5.3.0`, `libc`. */
	allocator: raw('mem_allocator'),
	/** Empty where the server was started without one. */
	configFile: raw('config_file'),
	// replication
	/** Bytes of the stream that the backlog holds, and the offset of the first of them. */
	backlogHeldBytes: count('repl_backlog_histlen'),
	backlogFirstOffset: count('repl_backlog_first_byte_offset'),
	isBacklogActive: flag('repl_backlog_active'),
	/** Received by a replica; its slave_repl_offset is what it has applied (7.0 and later). */
	replicaReadOffset: count('slave_read_repl_offset'),
	/** Of a full sync under way, at the replica. */
	syncReadBytes: count('master_sync_read_bytes'),
	syncLeftBytes: count('master_sync_left_bytes'),
	syncLastIoSeconds: count('master_sync_last_io_seconds_ago'),
	replicasWaiting: count('replicas_waiting_psync'),
	// persistence
	/** A save that is running: since when, and how far it is. */
	savingSeconds: count('rdb_current_bgsave_time_sec'),
	savedKeys: count('current_save_keys_processed'),
	keysToSave: count('current_save_keys_total'),
	cowPeakBytes: count('current_cow_peak'),
	cowAgeSeconds: count('current_cow_size_age'),
	aofRewriteSeconds: count('aof_current_rewrite_time_sec'),
	lastAofRewriteSeconds: count('aof_last_rewrite_time_sec'),
	lastAofCowBytes: count('aof_last_cow_size'),
	aofPendingFsyncs: count('aof_pending_bio_fsync'),
	// memory
	/** Texts of cached scripts, and of function libraries. */
	evalScriptsBytes: count('used_memory_scripts_eval'),
	functionsBytes: count('used_memory_functions'),
	scripts: count('number_of_cached_scripts'),
	/** What a replica keeps of the stream while it loads a full sync (Redis 8). */
	syncBufferBytes: count('mem_replica_full_sync_buffer'),
	// tables that the server counts as data
	channels: count('pubsub_channels'),
	patterns: count('pubsub_patterns'),
	shardChannels: count('pubsubshard_channels'),
	/** Keys, pairs of key and client, and prefixes that CLIENT TRACKING remembers. */
	trackedKeys: count('tracking_total_keys'),
	trackedItems: count('tracking_total_items'),
	trackedPrefixes: count('tracking_total_prefixes'),
	/** Keys that blocked clients wait for (Redis 7.2, Valkey). */
	awaitedKeys: count('total_blocking_keys'),
	// stats
	/** Keys that have expired and are still there, as the server estimates. */
	expiredStaleShare: percent('expired_stale_perc'),
	/** How often expiry ran out of its time, since the server started. */
	expiryCaps: count('expired_time_cap_reached_count'),
	forks: count('total_forks'),
	evictionExceededNowMilliseconds: count('current_eviction_exceeded_time'),
	commandLoopMicroseconds: count('eventloop_duration_cmd_sum'),
	/** A turn of the event loop, the mean of the last samples, and turns a second (Redis 7.2, Valkey 8 and later). */
	loopMicroseconds: count('instantaneous_eventloop_duration_usec'),
	loopsPerSecond: count('instantaneous_eventloop_cycles_per_sec'),
} as const satisfies Readonly<Record<string, InfoField>>;

/** Fields that only together make one of `JoinedInfo`. */
export const infoIngredients = [
	'role',
	'master_host',
	'master_port',
	'master_link_status',
	'master_global_link_status',
] as const;

/** What no single name of INFO tells: parse-info.ts joins it. */
export type JoinedInfo = {
	readonly server?: ServerName;
	/** What a server that is not known calls itself: the prefix of its own version or mode. */
	readonly unknownServer?: string;
	/** Its own: on Valkey valkey_version, for redis_version is frozen at 7.2.4 there. */
	readonly version?: string;
	/** redis_version, where the server has a version of its own: what clients may take it for. */
	readonly compatibleVersion?: string;
	/** Of a managed service that says so: `ElastiCache`. */
	readonly service?: string;
	readonly mode?: 'standalone' | 'cluster' | 'sentinel';
	/** Interpreters and texts, wherever the server counts them. */
	readonly luaBytes?: number;
	/** Cached scripts and function libraries as far as they are part of used_memory: see parse-info.ts. */
	readonly scriptsBytes?: number;
	/** `module:name=…` lines: names, in the server's order. */
	readonly modules?: readonly string[];
	readonly role?: 'primary' | 'replica';
	/** KeyDB's `active-replica`: a primary that replicates others too. */
	readonly isActiveReplica?: boolean;
	/** As the replica names it: host:port. */
	readonly primary?: Address;
	/** Further ones, where a server may have several (KeyDB). */
	readonly otherPrimaries?: readonly Address[];
	readonly isLinkUp?: boolean;
	readonly replicas?: readonly ReplicaLine[];
	/** Errors by prefix, since start: `{ OOM: 3 }`; undefined of one whose count cannot be read. */
	readonly errors?: Readonly<Record<string, number | undefined>>;
	/**
	 * The server has stopped to count errors by prefix, as scripts answered over 128 of their own: `off` all of them
	 * (Redis 7.4 and later, until CONFIG RESETSTAT), `partly` those of scripts that it had not seen before (Valkey 8).
	 */
	readonly errorsStopped?: 'off' | 'partly';
	readonly databases?: readonly Database[];
	/** Only when INFO commandstats was asked. */
	readonly commands?: Readonly<Record<string, CommandStat>>;
	/** Counters as 64 bits, by their field: those beyond 2^53, which a number cannot hold, and those that wrapped. */
	readonly exact?: Readonly<Partial<Record<keyof Info, bigint>>>;
};

/** A mapped type keeps the comments that the fields have in the table. */
type Read<Table extends Readonly<Record<string, InfoField>>> = {
	readonly [Field in keyof Table]?: ValueOfKind[Table[Field]['kind']];
};

/** INFO, typed. */
export type Info = Read<typeof infoFields> & JoinedInfo;

/** What else INFO tells of a node that is looked at closely. */
export type InfoDetails = Read<typeof closeInfoFields>;

/** dbN of INFO keyspace; a part that cannot be read is undefined. */
export type Database = {
	readonly db: number;
	readonly keys?: number;
	readonly expires?: number;
	readonly avgTtlMilliseconds?: number;
	/** Hashes some of whose fields have a TTL (Redis 7.4, Valkey 9); whether the key has one too is not told. */
	readonly withFieldTtl?: number;
};

/** slaveN of INFO replication at the primary. `lagSeconds` is the age of the last ACK, not a delay. */
export type ReplicaLine = {
	readonly address: Address;
	/** `online` when it is in step, in whatever words; undefined where the server does not tell (Kvrocks). */
	readonly state?: string;
	readonly offset?: number;
	readonly lagSeconds?: number;
};

/** A part that cannot be read is undefined, and the others stay. */
export type CommandStat = {
	readonly calls?: number;
	readonly usec?: number;
	readonly rejected?: number;
	readonly failed?: number;
	/** As 64 bits, where a number cannot hold them. */
	readonly exact?: { readonly [Part in 'calls' | 'usec' | 'rejected' | 'failed']?: bigint };
};
