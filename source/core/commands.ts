// The one table of commands: everything redis-top can send. Nothing else can leave the program, for a connection takes a
// Call and only redis/commands.ts makes one, from a row of this table. From the same rows come the poll plan (how often,
// of whom, since which version), what the help and the README say is sent, and the ACL lines of the README.
// Costs, measured on five server versions: INFO 20-40 us, CLUSTER NODES 15-100 us (0.8 ms when every slot is its own
// range), INFO commandstats 20-70 us, SLOWLOG GET 16 about 5 us. All calls of a visit leave in one write.

import { type Sign, viewEvery } from './cluster/view-rhythm.ts';
import { settingNames } from './fleet/setting-names.ts';
import type { ServerName } from './known-servers.ts';
import { manyClients } from './node/client-groups.ts';
import type { SlotCounts } from './parse/parse-slot-stats.ts';

// ---------------------------------------------------------------------------------------------------------
// What a row says

type Version = readonly [major: number, minor: number];

/** Valkey by its own version, all others by the one of Redis that they are compatible with; left out: never. */
export type Since = { readonly redis?: Version; readonly valkey?: Version };

/** The lines of the README that create a user. */
export type AclLine =
	| 'base'
	| 'sentinel'
	| 'node'
	| 'cluster'
	| 'cluster-migration'
	| 'keys'
	| 'fields'
	| 'elements'
	| 'hot-keys'
	| 'hot-slots'
	| 'changes'
	| 'keep'
	| 'keep-sentinel';

const tiers = [
	'T0 vitals',
	'T1',
	'T2 cluster',
	'T3 keys',
	'T3e elements',
	'T4 hot keys',
	'Sentinel',
] as const;
export type Tier = (typeof tiers)[number];

/** What is known of a node when its calls are chosen. */
export type Asked = Sign & {
	/** `unknown` until its INFO has told: then only that is asked. */
	readonly kind: 'unknown' | 'data' | 'sentinel' | 'cluster';
	/** Names of the masters a Sentinel watches. */
	readonly masters: readonly string[];
	/** Of the process that answered last. */
	readonly runId?: string;
	readonly server?: ServerName;
	/** As INFO tells it: [7, 0]. Valkey's own, not the frozen redis_version; of other servers what they are compatible with. */
	readonly version: Version;
	readonly connectedClients?: number;
	readonly isReplica?: boolean;
	/** Slots that this node's own line of CLUSTER NODES calls migrating or importing. */
	readonly openSlots: readonly string[];
	/** As its own line of CLUSTER NODES has them; left out until it has told. */
	readonly ownSlots?: string;
	/** So many more times it is asked for atomic migrations though nobody looks at the cluster. */
	readonly migrationLooks: number;
	/** Those that hold keys; left out until INFO has told. */
	readonly databases?: readonly number[];
	/** A screen or a runbook looks at this node closely. */
	readonly isOpen: boolean;
	/** The screen of the cluster is seen. */
	readonly isClusterOpen: boolean;
	/** What its slots are counted by, as they told last; undefined until they did. */
	readonly slotCounts?: SlotCounts;
};

/** A refresh sends it. */
export type Poll = {
	/** Seconds between two of them; 0 is every refresh. */
	readonly every: number | ((asked: Asked) => number);
	readonly of: readonly Asked['kind'][];
	/** Undefined is always. */
	readonly when?: (asked: Asked) => boolean;
	/** One call for each list of arguments; left out: one without. */
	readonly args?: (asked: Asked) => readonly (readonly string[])[];
};

export type Command = {
	readonly words: readonly string[];
	/** Changes a server beyond this one connection. Such a call needs --allow-changes and the operator's word. */
	readonly changes?: true;
	/** Its arguments are not for the log. */
	readonly isSecret?: true;
	/** It is polled of no other server. */
	readonly since?: Since;
	readonly polls?: readonly Poll[];
	readonly acl: readonly AclLine[];
	/** What a user misses without it, by tier. */
	readonly lacks?: { readonly [Name in Tier]?: string };
	/** Beside its own word it needs this. */
	readonly grant?: string;
};

export const isSince = ({ server, version: [major, minor] }: Asked, since: Since): boolean => {
	const from = server === 'valkey' ? since.valkey : since.redis;
	return from !== undefined && (major > from[0] || (major === from[0] && minor >= from[1]));
};

const all = ['unknown', 'data', 'cluster', 'sentinel'] as const;
const data = ['data', 'cluster'] as const;
const cluster = ['cluster'] as const;
const sentinel = ['sentinel'] as const;

const isOpen = (asked: Asked) => asked.isOpen;
const whileOpen = (every: number): Poll => ({ every, of: data, when: isOpen });

const hasOrder = (counts: SlotCounts | undefined) =>
	counts !== undefined && (counts.time || counts.bytes || counts.memory);

const slotsBy = (metric: string, limit: number) => ['ORDERBY', metric, 'LIMIT', String(limit), 'DESC'];

/** By what is counted: an order by anything else is an error, which counts as the server's. */
function slotOrders({ time, bytes, memory }: SlotCounts): readonly (readonly string[])[] {
	const metrics = [
		...(time ? ['CPU-USEC'] : bytes ? ['NETWORK-BYTES-OUT', 'NETWORK-BYTES-IN'] : []),
		...(memory ? ['MEMORY-BYTES'] : []),
	];
	return metrics.map(metric => slotsBy(metric, 20));
}

const ofEachMaster: Poll = { every: 5, of: sentinel, args: ({ masters }) => masters.map(name => [name]) };

/** Also while there is a sign of one, so that each is an event, whatever is looked at. */
const ofMigrations = (...args: readonly string[]): Poll => ({
	every: 1,
	of: cluster,
	when: asked => asked.isClusterOpen || asked.migrationLooks > 0,
	args: () => [args],
});

// ---------------------------------------------------------------------------------------------------------
// The table

const noScan = { 'T3 keys': 'no scan for big keys' };
const noTypes = { 'T3 keys': 'those columns stay empty, nothing is known of types and TTLs' };
const noFields = {
	'T3 keys':
		'hashes whose fields expire count as keys without a TTL; no number of elements of a vector set, no idempotent producers of a stream',
};
const noPlaces = { 'T3 keys': 'only database 0; no replica of a cluster' };
const noLastUse = { 'T3 keys': 'how long an opened key has not been used' };
const noElements = { 'T3e elements': '`e` shows no elements of an opened key' };
const watchedLess = 'MONITOR is watched less closely; whether it is allowed is known only when it is tried';
const noTracking = { 'T4 hot keys': "the server's own tracking of hot keys is not read" };
const noSlotLoad = 'no load per slot';
const noMigrations = { 'T2 cluster': 'atomic migrations are not seen while they run' };
const noOthers = { Sentinel: 'replicas that are down and the other Sentinels are not found' };
const mayBeClosed = { T1: 'under maxmemory-clients the connection may be closed; nothing else' };
const noPercentiles = { T1: 'no percentiles of the server; no large requests and replies' };
const noReasons = { T1: 'why it was slow and whom it refused is not told' };

/** In the order a visit sends them. */
export const allowed = {
	auth: { words: ['AUTH'], isSecret: true, acl: [] },
	ping: { words: ['PING'], acl: ['base'] },
	// Only where a server has not answered a login for a second: whoever is not logged in may say it, and it changes nothing.
	reset: { words: ['RESET'], acl: [] },
	info: {
		words: ['INFO'],
		polls: [{ every: 0, of: all }],
		acl: ['base', 'sentinel'],
		lacks: { 'T0 vitals': 'nothing can be shown of the node' },
	},
	infoServer: { words: ['INFO', 'server'], acl: ['base', 'sentinel'] },
	clientSetname: {
		words: ['CLIENT', 'SETNAME'],
		acl: ['base', 'sentinel'],
		lacks: { 'T0 vitals': 'CLIENT LIST does not show who this is' },
	},
	// Once a connection, out of courtesy: our connection is not what is evicted. What reads keys has its own connections.
	clientNoEvict: {
		words: ['CLIENT', 'NO-EVICT'],
		polls: [{ every: Number.POSITIVE_INFINITY, of: data, args: () => [['on']] }],
		acl: ['base'],
		lacks: mayBeClosed,
	},
	clientNoTouch: {
		words: ['CLIENT', 'NO-TOUCH'],
		since: { redis: [7, 2], valkey: [7, 2] },
		acl: ['base'],
		lacks: mayBeClosed,
	},
	clusterInfo: {
		words: ['CLUSTER', 'INFO'],
		polls: [{ every: 0, of: cluster }],
		acl: ['base'],
		lacks: { 'T2 cluster': 'cluster state and epoch unknown' },
	},
	clusterNodes: {
		words: ['CLUSTER', 'NODES'],
		polls: [{ every: viewEvery, of: cluster }],
		acl: ['base'],
		lacks: { 'T2 cluster': 'no discovery, slots, views, failovers: only the node that was named' },
	},
	sentinelMasters: {
		words: ['SENTINEL', 'MASTERS'],
		polls: [{ every: 0, of: sentinel }],
		acl: ['sentinel'],
		lacks: { Sentinel: 'no discovery: only the Sentinel itself' },
	},
	sentinelReplicas: {
		words: ['SENTINEL', 'REPLICAS'],
		polls: [ofEachMaster],
		acl: ['sentinel'],
		lacks: noOthers,
	},
	sentinelSentinels: {
		words: ['SENTINEL', 'SENTINELS'],
		polls: [ofEachMaster],
		acl: ['sentinel'],
		lacks: noOthers,
	},
	sentinelCkquorum: {
		words: ['SENTINEL', 'CKQUORUM'],
		polls: [ofEachMaster],
		acl: ['sentinel'],
		lacks: { Sentinel: 'a lost quorum is not seen' },
	},
	// A Sentinel's own events, on a connection of its own.
	psubscribe: {
		words: ['PSUBSCRIBE'],
		acl: ['sentinel'],
		lacks: { Sentinel: 'a switch is seen at the next refresh, not as the Sentinel tells it' },
		grant: 'allchannels',
	},
	infoCommandstats: {
		words: ['INFO', 'commandstats'],
		polls: [{ every: asked => (asked.isOpen ? 2 : 5), of: data }],
		acl: ['base'],
	},
	slowlogGet: {
		words: ['SLOWLOG', 'GET'],
		polls: [{ every: asked => (asked.isOpen ? 0 : 5), of: data, args: () => [['16']] }],
		acl: ['base'],
		lacks: { T1: 'no slow log events' },
	},
	configGet: {
		words: ['CONFIG', 'GET'],
		polls: [
			{
				every: 60,
				of: data,
				// Before 7.0 it takes one name a call.
				args: ({ version: [major] }) => (major >= 7 ? [settingNames] : settingNames.map(name => [name])),
			},
		],
		acl: ['base'],
		lacks: {
			T1: 'maxclients before 7.0, the node timeout and the backlog size are unknown: findings use the defaults',
		},
	},
	aclUsers: {
		words: ['ACL', 'USERS'],
		polls: [{ every: 60, of: data }],
		acl: ['base'],
		lacks: { T1: 'no event when the number of users changes' },
	},
	// Only while a node is looked at closely.
	memoryStats: {
		words: ['MEMORY', 'STATS'],
		polls: [whileOpen(2)],
		acl: ['node'],
		lacks: { T1: 'on the node screen the memory of key tables is part of "other"' },
	},
	latencyHistogram: {
		words: ['LATENCY', 'HISTOGRAM'],
		since: { redis: [7, 0], valkey: [7, 0] },
		polls: [whileOpen(5)],
		acl: ['node'],
		lacks: noPercentiles,
	},
	latencyLatest: { words: ['LATENCY', 'LATEST'], polls: [whileOpen(5)], acl: ['node'], lacks: noReasons },
	aclLog: {
		words: ['ACL', 'LOG'],
		since: { redis: [6, 0], valkey: [7, 0] },
		polls: [{ ...whileOpen(5), args: () => [['16']] }],
		acl: ['node'],
		lacks: noReasons,
	},
	infoKeysizes: {
		words: ['INFO', 'keysizes'],
		since: { redis: [8, 0] },
		polls: [whileOpen(10)],
		acl: ['base'],
	},
	clientList: {
		words: ['CLIENT', 'LIST'],
		polls: [{ ...whileOpen(5), when: asked => asked.isOpen && (asked.connectedClients ?? 0) <= manyClients }],
		acl: ['base', 'node', 'hot-keys'],
		lacks: {
			T1: 'clients are counted and not named: those that hold the buffers, who deleted keys, who reconnects, and before Valkey 8.1 that writes are paused',
			'T4 hot keys': watchedLess,
		},
	},
	commandlogGet: {
		words: ['COMMANDLOG', 'GET'],
		since: { valkey: [8, 1] },
		polls: [
			{
				...whileOpen(5),
				args: () => [
					['16', 'large-request'],
					['16', 'large-reply'],
				],
			},
		],
		acl: ['node'],
		lacks: noPercentiles,
	},
	// Only while the screen of the cluster is seen. Keys are counted whatever is switched on: what else is in that answer
	// is what there is.
	clusterSlotStats: {
		words: ['CLUSTER', 'SLOT-STATS'],
		since: { redis: [8, 2], valkey: [8, 0] },
		polls: [
			{
				every: ({ slotCounts }) => (hasOrder(slotCounts) ? 60 : 5),
				of: cluster,
				when: asked => asked.isClusterOpen,
				args: () => [slotsBy('KEY-COUNT', 1)],
			},
			{
				every: 5,
				of: cluster,
				when: asked => asked.isClusterOpen && hasOrder(asked.slotCounts) === true,
				args: ({ slotCounts }) => slotOrders(slotCounts!),
			},
		],
		acl: ['cluster', 'hot-slots'],
		lacks: { 'T2 cluster': noSlotLoad, 'T4 hot keys': noSlotLoad },
	},
	clusterGetslotmigrations: {
		words: ['CLUSTER', 'GETSLOTMIGRATIONS'],
		since: { valkey: [9, 0] },
		polls: [ofMigrations()],
		acl: ['cluster'],
		lacks: noMigrations,
	},
	clusterMigrationStatus: {
		words: ['CLUSTER', 'MIGRATION', 'STATUS'],
		since: { redis: [8, 4] },
		polls: [ofMigrations('ALL')],
		acl: ['cluster-migration'],
		lacks: noMigrations,
	},
	// Of slots that are open, in each database: poll-plan.ts.
	clusterCountkeysinslot: {
		words: ['CLUSTER', 'COUNTKEYSINSLOT'],
		acl: ['base', 'cluster'],
		lacks: {
			'T2 cluster': 'no keys left and no time left of a migration, and whether it makes progress',
		},
	},
	scan: { words: ['SCAN'], acl: ['keys', 'hot-keys'], lacks: noScan, grant: '%R~*' },
	memoryUsage: { words: ['MEMORY', 'USAGE'], acl: ['keys', 'hot-keys'], lacks: noScan },
	type: { words: ['TYPE'], acl: ['keys', 'hot-keys'], lacks: noTypes },
	pttl: { words: ['PTTL'], acl: ['keys', 'hot-keys'], lacks: noTypes },
	objectEncoding: { words: ['OBJECT', 'ENCODING'], acl: ['keys', 'hot-keys'], lacks: noTypes },
	hlen: { words: ['HLEN'], acl: ['keys'], lacks: noTypes },
	llen: { words: ['LLEN'], acl: ['keys'], lacks: noTypes },
	scard: { words: ['SCARD'], acl: ['keys'], lacks: noTypes },
	zcard: { words: ['ZCARD'], acl: ['keys'], lacks: noTypes },
	xlen: { words: ['XLEN'], acl: ['keys'], lacks: noTypes },
	strlen: { words: ['STRLEN'], acl: ['keys'], lacks: noTypes },
	xinfoGroups: { words: ['XINFO', 'GROUPS'], acl: ['keys'], lacks: noTypes },
	xinfoConsumers: { words: ['XINFO', 'CONSUMERS'], acl: ['keys'], lacks: noTypes },
	xpending: { words: ['XPENDING'], acl: ['keys'], lacks: noTypes },
	// The names of some fields, for their TTLs alone: they are neither shown nor kept.
	hrandfield: { words: ['HRANDFIELD'], acl: ['fields'], lacks: noFields },
	hpttl: { words: ['HPTTL'], acl: ['fields'], lacks: noFields },
	vcard: { words: ['VCARD'], acl: ['fields'], lacks: noFields },
	// Its idempotent producers; the first and the last entry, which come with it, are passed over.
	xinfoStream: { words: ['XINFO', 'STREAM'], acl: ['fields'], lacks: noFields },
	// These two change the connection they are sent on, and nothing else.
	select: { words: ['SELECT'], acl: ['keys'], lacks: noPlaces },
	readonly: { words: ['READONLY'], acl: ['keys'], lacks: noPlaces },
	objectIdletime: { words: ['OBJECT', 'IDLETIME'], acl: ['keys'], lacks: noLastUse },
	objectFreq: { words: ['OBJECT', 'FREQ'], acl: ['keys', 'hot-keys'], lacks: noLastUse },
	// A few elements of one key, on a key press: the only commands that read what applications have written.
	hscan: { words: ['HSCAN'], acl: ['elements'], lacks: noElements },
	sscan: { words: ['SSCAN'], acl: ['elements'], lacks: noElements },
	zscan: { words: ['ZSCAN'], acl: ['elements'], lacks: noElements },
	lrange: { words: ['LRANGE'], acl: ['elements'], lacks: noElements },
	xrange: { words: ['XRANGE'], acl: ['elements'], lacks: noElements },
	getrange: { words: ['GETRANGE'], acl: ['elements'], lacks: noElements },
	// The stream of all commands (hot-keys/monitor-window.ts); WAIT and QUIT behind it are its end by the server's clock.
	monitor: { words: ['MONITOR'], acl: ['hot-keys'], lacks: { 'T4 hot keys': 'no sample by MONITOR' } },
	wait: { words: ['WAIT'], acl: ['hot-keys'], lacks: { 'T4 hot keys': watchedLess } },
	quit: { words: ['QUIT'], acl: ['hot-keys'], lacks: { 'T4 hot keys': watchedLess } },
	clientId: { words: ['CLIENT', 'ID'], acl: ['hot-keys'], lacks: { 'T4 hot keys': watchedLess } },
	aclDryrun: { words: ['ACL', 'DRYRUN'], acl: ['hot-keys'], lacks: { 'T4 hot keys': watchedLess } },
	clusterGetkeysinslot: {
		words: ['CLUSTER', 'GETKEYSINSLOT'],
		acl: ['hot-slots'],
		lacks: { 'T4 hot keys': noSlotLoad },
	},
	// The server's own tracking of hot keys: asked for by a key press or a flag, it ends by itself, and only a session of
	// ours is ever stopped or reset. No data, no setting and no client is touched.
	hotkeysGet: { words: ['HOTKEYS', 'GET'], acl: ['hot-slots'], lacks: noTracking },
	hotkeysStart: { words: ['HOTKEYS', 'START'], acl: ['hot-slots'], lacks: noTracking },
	hotkeysStop: { words: ['HOTKEYS', 'STOP'], acl: ['hot-slots'], lacks: noTracking },
	hotkeysReset: { words: ['HOTKEYS', 'RESET'], acl: ['hot-slots'], lacks: noTracking },
	// What changes a server: sent by change.ts alone, one at a time, with --allow-changes and the operator's word.
	configSet: { words: ['CONFIG', 'SET'], changes: true, acl: ['changes'] },
	configRewrite: { words: ['CONFIG', 'REWRITE'], changes: true, acl: ['changes'] },
	memoryPurge: { words: ['MEMORY', 'PURGE'], changes: true, acl: ['changes'] },
	clientKill: { words: ['CLIENT', 'KILL'], changes: true, acl: ['changes'] },
	scriptFlush: { words: ['SCRIPT', 'FLUSH'], changes: true, acl: ['changes'] },
	// What keeps the copy that a replica holds of a primary that came back without it, and brings it back.
	replicaof: { words: ['REPLICAOF'], changes: true, acl: ['keep'] },
	clusterFailover: { words: ['CLUSTER', 'FAILOVER'], changes: true, acl: ['keep'] },
	sentinelFailover: { words: ['SENTINEL', 'FAILOVER'], changes: true, acl: ['keep-sentinel'] },
} as const satisfies Readonly<Record<string, Command>>;

export type AnyCommand = keyof typeof allowed;
/** Of commands that change a server. */
export type ChangingName = {
	[Name in AnyCommand]: (typeof allowed)[Name] extends { readonly changes: true } ? Name : never;
}[AnyCommand];
/** Of commands that only read, or change nothing beyond their own connection. */
export type CommandName = Exclude<AnyCommand, ChangingName>;

export const commandOf = (name: AnyCommand): Command => allowed[name];

export const commandNames = Object.keys(allowed) as readonly AnyCommand[];

// ---------------------------------------------------------------------------------------------------------
// When they are sent, in words

/** What is sent on one occasion; an empty `when` is that of the row above. */
export type Occasion = {
	readonly when: string;
	readonly of: readonly AnyCommand[];
	/** Where the words of the commands would not do. */
	readonly what?: string;
	readonly why?: string;
};

export const occasions: readonly Occasion[] = [
	{
		when: 'on connect',
		of: ['auth', 'clientSetname', 'clientNoEvict', 'clientNoTouch'],
		what: 'AUTH, CLIENT SETNAME, NO-EVICT, NO-TOUCH',
		why: 'to be told apart, and to disturb nothing',
	},
	{
		when: '',
		of: ['sentinelMasters', 'select'],
		why: 'with --sentinel-pass: what it is, before any password',
	},
	{
		when: 'every 5m',
		of: ['auth'],
		why: 'again, on the open connection: is the password still right? Without one: user default, any word',
	},
	{ when: 'every delay', of: ['info'], why: 'to each node, in one pipeline' },
	{
		when: '',
		of: ['clusterInfo', 'clusterNodes'],
		why: 'in a cluster; over 50 nodes when CLUSTER INFO tells a change, else in turn; in a failover every 0.25s',
	},
	{ when: '', of: ['sentinelMasters'], why: 'to each Sentinel' },
	{ when: 'every 0.2s', of: ['ping'], why: 'does it answer between two delays; of many nodes in turn' },
	{
		when: 'after 1s',
		of: ['select', 'reset'],
		why: 'without an answer: do all clients wait, or their logins?',
	},
	{ when: 'every 5s', of: ['infoCommandstats', 'slowlogGet'], what: 'INFO commandstats, SLOWLOG GET 16' },
	{
		when: '',
		of: ['sentinelReplicas', 'sentinelSentinels', 'sentinelCkquorum'],
		what: 'SENTINEL REPLICAS, SENTINELS, CKQUORUM',
		why: 'to each Sentinel',
	},
	{
		when: 'every 60s',
		of: ['configGet', 'aclUsers'],
		why: 'settings that INFO does not tell, how many users',
	},
	{
		when: 'once',
		of: ['psubscribe'],
		what: 'PSUBSCRIBE *',
		why: 'to each Sentinel: its own events as they come',
	},
	{
		when: 'on 2, 6',
		of: ['memoryStats', 'clientList'],
		why: 'to that node; over 1000 clients only when asked for',
	},
	{
		when: '',
		of: ['latencyHistogram', 'infoKeysizes', 'commandlogGet'],
		what: 'LATENCY HISTOGRAM, INFO keysizes, COMMANDLOG',
		why: 'where the server has them',
	},
	{ when: '', of: ['latencyLatest', 'aclLog'], why: 'why it was slow, whom it refused' },
	{
		when: 'on 3',
		of: ['clusterSlotStats', 'clusterCountkeysinslot', 'clusterGetslotmigrations', 'clusterMigrationStatus'],
		what: 'SLOT-STATS, COUNTKEYSINSLOT, slot migrations',
		why: 'where the server has them; migrations also at any sign of one',
	},
	{
		when: 'on 4',
		of: ['aclDryrun', 'hotkeysGet', 'clusterSlotStats', 'objectFreq'],
		what: 'ACL DRYRUN, HOTKEYS GET, SLOT-STATS, OBJECT FREQ',
		why: 'what is there for hot keys',
	},
	{
		when: 'on s',
		of: [
			...(['hotkeysStart', 'hotkeysStop', 'hotkeysReset', 'monitor', 'wait', 'quit', 'clientId'] as const),
			...(['clusterGetkeysinslot', 'type', 'pttl', 'objectEncoding', 'memoryUsage', 'scan'] as const),
		],
		what: '4: HOTKEYS, 10s, or MONITOR, 2s',
		why: 'and TYPE, PTTL, MEMORY USAGE of the keys listed',
	},
	{
		when: '',
		of: ['scan', 'memoryUsage', 'infoServer', 'select', 'readonly'],
		what: '5, 6: SCAN, MEMORY USAGE',
		why: 'paced, to a replica where there is one; TYPE, PTTL of a sample',
	},
	{
		when: '5, then s',
		of: ['scan', 'memoryUsage', 'type', 'pttl', 'objectEncoding'],
		what: 'SCAN, MEMORY USAGE, TYPE, PTTL, OBJECT',
		why: 'with a ceiling, slower when a node is busy',
	},
	{
		when: '  then Enter',
		of: [
			...(['hlen', 'llen', 'scard', 'zcard', 'vcard', 'strlen', 'xlen', 'objectFreq'] as const),
			...(['objectIdletime', 'xinfoStream', 'xinfoGroups', 'xinfoConsumers', 'xpending'] as const),
		],
		what: 'the same of one key, HLEN, OBJECT FREQ, XINFO, XPENDING',
	},
	{
		when: '',
		of: ['hrandfield', 'hpttl'],
		why: 'do fields of a hash expire: of a sample, and of one key',
	},
	{
		when: '  then e',
		of: ['hscan', 'sscan', 'zscan', 'lrange', 'xrange', 'getrange'],
		what: 'HSCAN, SSCAN, ZSCAN, LRANGE, XRANGE',
		why: 'a few elements of that key: values',
	},
	{
		when: '6, then x',
		of: ['info', 'configGet', 'clientList'],
		why: 'of that node, every second while it asks, and right before a change',
	},
	{
		when: '',
		of: ['configSet', 'configRewrite', 'memoryPurge', 'clientKill', 'scriptFlush'],
		why: 'with --allow-changes, one of them, to the node whose address was typed',
	},
	{
		when: '',
		of: ['replicaof', 'clusterFailover', 'sentinelFailover'],
		why: 'likewise: to keep the keys of a primary that came back without them',
	},
	{
		when: 'on a loss',
		of: ['clientList'],
		why: 'up to 1000 clients: once who deleted, every 10s who waits, 3 to 30s who reconnects',
	},
	{ when: 'on denials', of: ['aclLog', 'clientList'], why: 'once in 10s: whose login was denied' },
	{
		when: 'on silence',
		of: ['select'],
		what: 'SELECT without a number',
		why: 'once a try: an error at once means CLIENT PAUSE',
	},
	{ when: 'never', of: [], what: 'anything that changes a server', why: 'without --allow-changes' },
];

/** `CLUSTER INFO, CLUSTER NODES`. */
export const sentWords = ({ of, what }: Occasion): string =>
	what ?? of.map(name => allowed[name].words.join(' ')).join(', ');

// ---------------------------------------------------------------------------------------------------------
// Rights

/** `+cluster|nodes`; INFO has no words for its sections. */
export function aclWord({ words }: Pick<Command, 'words'>): string {
	const [container, sub] = words.map(word => word.toLowerCase());
	return sub === undefined || container === 'info' ? `+${container}` : `+${container}|${sub}`;
}

/** What a line has around the words of its commands. */
const around: { readonly [Line in AclLine]?: readonly [before: string, behind: string] } = {
	base: ['on >PASSWORD -@all', ''],
	sentinel: ['on >PASSWORD -@all', 'allchannels'],
	keys: ['%R~*', ''],
};

const isOf = ({ since }: Command, [major, minor]: Version): boolean =>
	!since?.redis || since.redis[0] < major || (since.redis[0] === major && since.redis[1] <= minor);

/** The rights of one line: of all servers, or what a Redis of this version knows. */
export function aclRights(line: AclLine, version?: Version): string {
	const rows = commandNames.map(commandOf).filter(row => row.acl.includes(line));
	const known = version ? rows.filter(row => isOf(row, version)) : rows;
	const [before = '', behind = ''] = around[line] ?? [];
	return [before, ...new Set(known.map(aclWord)), behind].filter(part => part !== '').join(' ');
}

/** By tier, in the order of the tiers: which words go together, and what is lost without them. */
export function lacksByTier(): readonly (readonly [tier: Tier, words: readonly string[], without: string])[] {
	const rows = tiers.flatMap(tier =>
		commandNames.map(commandOf).flatMap(row => {
			const without = row.lacks?.[tier];
			return without === undefined ? [] : [{ tier, without, row }];
		}),
	);
	const texts = new Map(rows.map(({ tier, without }) => [`${tier} ${without}`, { tier, without }]));
	return [...texts].map(([id, { tier, without }]) => {
		const same = rows.filter(each => `${each.tier} ${each.without}` === id);
		const words = same.flatMap(({ row }) => [aclWord(row), ...(row.grant ? [row.grant] : [])]);
		return [tier, [...new Set(words)], without];
	});
}
