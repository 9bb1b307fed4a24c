// The servers that are known by name: how each says who it is in INFO, and what it does not tell. One row here is all
// that a server needs to be named in rows, JSON, audit and README; what it leaves out is read from its own INFO
// (untold.ts), and a test holds the words of this table against replies of each. Servers are told apart by what they
// say, never by an address. A server that is not here is shown under the name that it gives itself.

export type ServerName = 'redis' | 'valkey' | 'redict' | 'keydb' | 'dragonfly' | 'kvrocks' | 'garnet';

export type KnownServer = {
	readonly name: ServerName;
	/** As its makers write it. */
	readonly title: string;
	/** `PREFIX_version` and `PREFIX_mode` of INFO are its own; `redis_version` beside them is what it is compatible with. */
	readonly prefix: string;
	/** Fields of INFO that no other server has, where it has no version of its own. */
	readonly telltales?: readonly string[];
	/** Commands run on one thread whose CPU INFO may tell; else `used_cpu_*_main_thread` is of a thread among many. */
	readonly isSingleThreaded: boolean;
	/** What it never tells, in the words of untold.ts. */
	readonly untold: readonly string[];
	/** What else is different, for the README. */
	readonly note?: string;
};

/** Servers that answer INFO, oldest name last: the first whose field is there is the one. */
export const knownServers: readonly KnownServer[] = [
	{ name: 'valkey', title: 'Valkey', prefix: 'valkey', isSingleThreaded: true, untold: [] },
	{
		name: 'redict',
		title: 'Redict',
		prefix: 'redict',
		isSingleThreaded: true,
		untold: [],
		note: 'its Sentinels say `redict_mode:sentinel`',
	},
	{
		name: 'dragonfly',
		title: 'Dragonfly',
		prefix: 'dragonfly',
		isSingleThreaded: false,
		untold: ['run id', 'replication offset', 'error replies', 'errors by code'],
		note: 'a replica in step is `stable_sync`; fractions of CPU seconds are microseconds without leading zeros',
	},
	{
		name: 'kvrocks',
		title: 'Kvrocks',
		prefix: 'kvrocks',
		isSingleThreaded: false,
		untold: [
			'evictions',
			'expiries',
			'memory used',
			'maxmemory',
			'maxmemory policy',
			'run id',
			'error replies',
			'errors by code',
		],
		note: 'keys are counted only after `DBSIZE SCAN`; lines of replicas have no state',
	},
	{
		name: 'garnet',
		title: 'Garnet',
		prefix: 'garnet',
		isSingleThreaded: false,
		untold: [
			'evictions',
			'expiries',
			'memory used',
			'maxmemory',
			'maxmemory policy',
			'keys',
			'CPU',
			'error replies',
			'errors by code',
		],
		note: 'figures of commands and traffic only while it samples metrics (`--metrics-sampling-freq`)',
	},
	{
		name: 'keydb',
		title: 'KeyDB',
		prefix: 'keydb',
		telltales: ['mvcc_depth', 'master_global_link_status', 'connected_masters'],
		isSingleThreaded: false,
		untold: [],
		note: '`active-replica` is a primary with a link to another; a pair counts as one data set',
	},
	{ name: 'redis', title: 'Redis', prefix: 'redis', isSingleThreaded: true, untold: [] },
];

const byName: ReadonlyMap<string, KnownServer> = new Map(knownServers.map(server => [server.name, server]));

/** What is known of a server by the name rows have; undefined of one that is not known. */
export const knownServer = (name: ServerName | undefined): KnownServer | undefined =>
	name === undefined ? undefined : byName.get(name);

/** The CPU that INFO tells of a main thread is that of the thread which runs the commands. */
export const hasMainThread = (name: ServerName | undefined): boolean =>
	knownServer(name)?.isSingleThreaded ?? true;

/** What stands before servers, or runs them for others: what it hides differs, so it is read from what is told. */
export const servicesAndProxies = [
	{
		title: 'ElastiCache, MemoryDB',
		knownBy: '`os:Amazon ...`',
		untold: 'settings (no CONFIG)',
		note: 'sections that are left out are named on the screen',
	},
	{
		title: 'Envoy, and INFO renamed',
		knownBy: 'unknown command',
		untold: 'everything',
		note: '`no INFO`; `--check` ends with 3',
	},
	{
		title: 'twemproxy',
		knownBy: 'it hangs up',
		untold: 'everything',
		note: 'down, with the reason; `--check` ends with 3',
	},
] as const;
