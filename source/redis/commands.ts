// The allow-list: every command redis-top can send, and which of them change anything on a server. Nothing else can
// leave the program, for a connection takes a Call and only `call` makes one, from a member of this list.
// What a command costs and how often it is sent stands in poll-plan.ts.

type Allowed = {
	readonly words: readonly string[];
	/** Changes a server beyond this one connection. Such a call needs --allow-changes and the operator's word. */
	readonly changes: boolean;
	/** Its arguments are not for the log. */
	readonly isSecret?: boolean;
};

export const allowed = {
	auth: { words: ['AUTH'], changes: false, isSecret: true },
	ping: { words: ['PING'], changes: false },
	clientSetname: { words: ['CLIENT', 'SETNAME'], changes: false },
	clientNoEvict: { words: ['CLIENT', 'NO-EVICT'], changes: false },
	clientNoTouch: { words: ['CLIENT', 'NO-TOUCH'], changes: false },
	info: { words: ['INFO'], changes: false },
	infoServer: { words: ['INFO', 'server'], changes: false },
	infoCommandstats: { words: ['INFO', 'commandstats'], changes: false },
	infoKeysizes: { words: ['INFO', 'keysizes'], changes: false },
	memoryStats: { words: ['MEMORY', 'STATS'], changes: false },
	latencyHistogram: { words: ['LATENCY', 'HISTOGRAM'], changes: false },
	latencyLatest: { words: ['LATENCY', 'LATEST'], changes: false },
	aclLog: { words: ['ACL', 'LOG'], changes: false },
	commandlogGet: { words: ['COMMANDLOG', 'GET'], changes: false },
	aclUsers: { words: ['ACL', 'USERS'], changes: false },
	configGet: { words: ['CONFIG', 'GET'], changes: false },
	slowlogGet: { words: ['SLOWLOG', 'GET'], changes: false },
	clusterSlotStats: { words: ['CLUSTER', 'SLOT-STATS'], changes: false },
	clusterInfo: { words: ['CLUSTER', 'INFO'], changes: false },
	clusterNodes: { words: ['CLUSTER', 'NODES'], changes: false },
	clusterGetslotmigrations: { words: ['CLUSTER', 'GETSLOTMIGRATIONS'], changes: false },
	clusterMigrationStatus: { words: ['CLUSTER', 'MIGRATION', 'STATUS'], changes: false },
	clusterCountkeysinslot: { words: ['CLUSTER', 'COUNTKEYSINSLOT'], changes: false },
	scan: { words: ['SCAN'], changes: false },
	memoryUsage: { words: ['MEMORY', 'USAGE'], changes: false },
	type: { words: ['TYPE'], changes: false },
	pttl: { words: ['PTTL'], changes: false },
	objectEncoding: { words: ['OBJECT', 'ENCODING'], changes: false },
	objectIdletime: { words: ['OBJECT', 'IDLETIME'], changes: false },
	objectFreq: { words: ['OBJECT', 'FREQ'], changes: false },
	hlen: { words: ['HLEN'], changes: false },
	// The names of some fields, for their TTLs alone: they are neither shown nor kept.
	hrandfield: { words: ['HRANDFIELD'], changes: false },
	hpttl: { words: ['HPTTL'], changes: false },
	llen: { words: ['LLEN'], changes: false },
	scard: { words: ['SCARD'], changes: false },
	zcard: { words: ['ZCARD'], changes: false },
	vcard: { words: ['VCARD'], changes: false },
	strlen: { words: ['STRLEN'], changes: false },
	xlen: { words: ['XLEN'], changes: false },
	// Its idempotent producers; the first and the last entry, which come with it, are passed over.
	xinfoStream: { words: ['XINFO', 'STREAM'], changes: false },
	xinfoGroups: { words: ['XINFO', 'GROUPS'], changes: false },
	xinfoConsumers: { words: ['XINFO', 'CONSUMERS'], changes: false },
	xpending: { words: ['XPENDING'], changes: false },
	// A few elements of one key, on a key press: the only commands that read what applications have written.
	hscan: { words: ['HSCAN'], changes: false },
	sscan: { words: ['SSCAN'], changes: false },
	zscan: { words: ['ZSCAN'], changes: false },
	lrange: { words: ['LRANGE'], changes: false },
	xrange: { words: ['XRANGE'], changes: false },
	getrange: { words: ['GETRANGE'], changes: false },
	// The stream of all commands (hot-keys/monitor-window.ts); WAIT and QUIT behind it are its end by the server's clock.
	monitor: { words: ['MONITOR'], changes: false },
	wait: { words: ['WAIT'], changes: false },
	quit: { words: ['QUIT'], changes: false },
	clientList: { words: ['CLIENT', 'LIST'], changes: false },
	clientId: { words: ['CLIENT', 'ID'], changes: false },
	clusterGetkeysinslot: { words: ['CLUSTER', 'GETKEYSINSLOT'], changes: false },
	aclDryrun: { words: ['ACL', 'DRYRUN'], changes: false },
	// The server's own tracking of hot keys: asked for by a key press or a flag, it ends by itself, and only a session of
	// ours is ever stopped or reset. No data, no setting and no client is touched.
	hotkeysGet: { words: ['HOTKEYS', 'GET'], changes: false },
	hotkeysStart: { words: ['HOTKEYS', 'START'], changes: false },
	hotkeysStop: { words: ['HOTKEYS', 'STOP'], changes: false },
	hotkeysReset: { words: ['HOTKEYS', 'RESET'], changes: false },
	// These two change the connection they are sent on, and nothing else.
	select: { words: ['SELECT'], changes: false },
	readonly: { words: ['READONLY'], changes: false },
	// Of a Sentinel's own events, on a connection of its own.
	psubscribe: { words: ['PSUBSCRIBE'], changes: false },
	sentinelMasters: { words: ['SENTINEL', 'MASTERS'], changes: false },
	sentinelReplicas: { words: ['SENTINEL', 'REPLICAS'], changes: false },
	sentinelSentinels: { words: ['SENTINEL', 'SENTINELS'], changes: false },
	sentinelCkquorum: { words: ['SENTINEL', 'CKQUORUM'], changes: false },
	// What changes a server: sent by change.ts alone, one at a time, with --allow-changes and the operator's word.
	configSet: { words: ['CONFIG', 'SET'], changes: true },
	configRewrite: { words: ['CONFIG', 'REWRITE'], changes: true },
	memoryPurge: { words: ['MEMORY', 'PURGE'], changes: true },
	clientKill: { words: ['CLIENT', 'KILL'], changes: true },
	scriptFlush: { words: ['SCRIPT', 'FLUSH'], changes: true },
	// What keeps the copy that a replica holds of a primary that came back without it, and brings it back.
	replicaof: { words: ['REPLICAOF'], changes: true },
	clusterFailover: { words: ['CLUSTER', 'FAILOVER'], changes: true },
	sentinelFailover: { words: ['SENTINEL', 'FAILOVER'], changes: true },
} as const satisfies Record<string, Allowed>;

type AnyName = keyof typeof allowed;
/** Of commands that change a server. */
export type ChangingName = {
	[Name in AnyName]: (typeof allowed)[Name]['changes'] extends true ? Name : never;
}[AnyName];
/** Of commands that only read, or change nothing beyond their own connection. */
export type CommandName = Exclude<AnyName, ChangingName>;

/** One command ready to be sent. Made by `call`, and of those that change a server by `changingCall` alone. */
export type Call = {
	readonly name: AnyName;
	readonly words: readonly string[];
	/** Lower case, as readings and the log name it: `sentinel replicas mymaster`. */
	readonly label: string;
	/** As INFO commandstats counts it: `info`, `cluster|nodes`. */
	readonly counted: string;
	/** What a refusal is remembered by: the command without its arguments. */
	readonly feature: string;
};

/** A call of an allowed command with its arguments; of none that changes a server. */
export const call = (name: CommandName, ...args: string[]): Call => made(name, args);

/** A call that changes a server: for change.ts and nobody else. */
export const changingCall = (name: ChangingName, ...args: string[]): Call => made(name, args);

function made(name: AnyName, args: readonly string[]): Call {
	const entry: Allowed = allowed[name];
	const container = entry.words[0]!.toLowerCase();
	const isContainer = entry.words.length > 1 && container !== 'info';
	const feature = entry.words.join(' ').toLowerCase();
	return {
		name,
		words: [...entry.words, ...args],
		label: entry.isSecret ? feature : [feature, ...args].join(' '),
		counted: isContainer ? entry.words.slice(0, 2).join('|').toLowerCase() : container,
		feature,
	};
}
