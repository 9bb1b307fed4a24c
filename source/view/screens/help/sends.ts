// What redis-top sends to a server, in words, for the help screen. A table of text and not the allow-list itself:
// the screen may not import redis/, and a reader wants "every 5s", not an array of arguments.
// It must stay true to redis/commands.ts and the poller; it decides nothing.

export type Sent = { readonly when: string; readonly what: string; readonly why?: string };

export const whatItSends: readonly Sent[] = [
	{
		when: 'on connect',
		what: 'AUTH, CLIENT SETNAME, NO-EVICT, NO-TOUCH',
		why: 'to be told apart, and to disturb nothing',
	},
	{
		when: '',
		what: 'SENTINEL MASTERS, SELECT',
		why: 'with --sentinel-pass: what it is, before any password',
	},
	{ when: 'every delay', what: 'INFO', why: 'to each node, in one pipeline' },
	{
		when: '',
		what: 'CLUSTER INFO, CLUSTER NODES',
		why: 'in a cluster; over 50 nodes every 2s, in a failover every 0.25s',
	},
	{ when: '', what: 'SENTINEL MASTERS', why: 'to each Sentinel' },
	{ when: 'every 0.2s', what: 'PING', why: 'does it answer between two delays; of many nodes in turn' },
	{ when: 'every 5s', what: 'INFO commandstats, SLOWLOG GET 16' },
	{ when: '', what: 'SENTINEL REPLICAS, SENTINELS, CKQUORUM', why: 'to each Sentinel' },
	{
		when: 'every 60s',
		what: 'CONFIG GET, ACL USERS',
		why: 'settings that INFO does not tell, how many users',
	},
	{ when: 'once', what: 'PSUBSCRIBE *', why: 'to each Sentinel: its own events as they come' },
	{
		when: 'on 2, 6',
		what: 'MEMORY STATS, CLIENT LIST',
		why: 'to that node; over 1000 clients only when asked for',
	},
	{ when: '', what: 'LATENCY HISTOGRAM, INFO keysizes, COMMANDLOG', why: 'where the server has them' },
	{ when: '', what: 'LATENCY LATEST, ACL LOG', why: 'why it was slow, whom it refused' },
	{
		when: 'on 3',
		what: 'SLOT-STATS, COUNTKEYSINSLOT, slot migrations',
		why: 'where the server has them; migrations also at any sign of one',
	},
	{
		when: 'on 4',
		what: 'ACL DRYRUN, HOTKEYS GET, SLOT-STATS, OBJECT FREQ',
		why: 'what is there for hot keys',
	},
	{
		when: 'on s',
		what: '4: HOTKEYS, 10s, or MONITOR, 2s',
		why: 'and TYPE, PTTL, MEMORY USAGE of the keys listed',
	},
	{
		when: '',
		what: '5, 6: SCAN, MEMORY USAGE',
		why: 'paced, to a replica where there is one; TYPE, PTTL of a sample',
	},
	{
		when: '5, then s',
		what: 'SCAN, MEMORY USAGE, TYPE, PTTL, OBJECT',
		why: 'with a ceiling, slower when a node is busy',
	},
	{ when: '  then Enter', what: 'the same of one key, HLEN, OBJECT FREQ, XINFO, XPENDING' },
	{
		when: '',
		what: 'HRANDFIELD, HPTTL',
		why: 'do fields of a hash expire: of a sample, and of one key',
	},
	{
		when: '  then e',
		what: 'HSCAN, SSCAN, ZSCAN, LRANGE, XRANGE',
		why: 'a few elements of that key: values',
	},
	{
		when: '6, then x',
		what: 'INFO, CONFIG GET, CLIENT LIST',
		why: 'of that node, every second while it asks, and right before a change',
	},
	{
		when: '',
		what: 'CONFIG SET, CONFIG REWRITE, MEMORY PURGE, CLIENT KILL, SCRIPT FLUSH',
		why: 'with --allow-changes, one of them, to the node whose address was typed',
	},
	{
		when: '',
		what: 'REPLICAOF, CLUSTER FAILOVER, SENTINEL FAILOVER',
		why: 'likewise: to keep the keys of a primary that came back without them',
	},
	{
		when: 'on a loss',
		what: 'CLIENT LIST',
		why: 'once, up to 1000 clients: who deleted, who waits, who reconnects',
	},
	{ when: 'on denials', what: 'ACL LOG, CLIENT LIST', why: 'once in 10s: whose login was denied' },
	{
		when: 'on silence',
		what: 'SELECT without a number',
		why: 'once a try: an error at once means CLIENT PAUSE',
	},
	{ when: 'never', what: 'anything that changes a server', why: 'without --allow-changes' },
];
