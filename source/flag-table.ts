// The ONE table of flags: reading the command line, --help, completions, the man page and the README are made from it.

import { delayLimits } from './core/thresholds.ts';
import { runbookIds } from './state/runbook-screen.ts';

type Value = 'text' | 'number' | 'none';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The flags: long name, short name, value, what --help and the README say. The order is theirs. */
export const flagTable: readonly {
	readonly name: string;
	readonly short?: string;
	readonly value: Value;
	readonly shown?: string;
	/** What may stand behind it, where that is a choice. */
	readonly choices?: readonly string[];
	readonly about: string;
}[] = [
	{ name: 'host', short: 'h', value: 'text', shown: 'HOST', about: 'server host (127.0.0.1)' },
	{ name: 'port', short: 'p', value: 'number', shown: 'PORT', about: 'server port (6379)' },
	{ name: 'socket', short: 's', value: 'text', shown: 'PATH', about: 'unix socket instead of host and port' },
	{
		name: 'uri',
		short: 'u',
		value: 'text',
		shown: 'URL',
		about: 'redis://user:password@host:port, or rediss:// for TLS',
	},
	{ name: 'user', value: 'text', shown: 'NAME', about: 'ACL user' },
	{
		name: 'pass',
		short: 'a',
		value: 'text',
		shown: 'PASSWORD',
		about: 'password; better REDISCLI_AUTH, VALKEYCLI_AUTH or --askpass',
	},
	{ name: 'askpass', value: 'none', about: 'ask for the password' },
	{
		name: 'passfile',
		value: 'text',
		shown: 'FILE',
		about: 'file with the password, read again for each login',
	},
	{ name: 'tls', value: 'none', about: 'use TLS' },
	{ name: 'cacert', value: 'text', shown: 'FILE', about: 'authority that signed the servers’ certificates' },
	{ name: 'cacertdir', value: 'text', shown: 'DIR', about: 'folder of such authorities' },
	{ name: 'cert', value: 'text', shown: 'FILE', about: 'client certificate' },
	{ name: 'key', value: 'text', shown: 'FILE', about: 'key of the client certificate' },
	{ name: 'sni', value: 'text', shown: 'NAME', about: 'server name for TLS' },
	{ name: 'insecure', value: 'none', about: 'do not check the servers’ certificates' },
	{
		name: 'tls-ciphers',
		value: 'text',
		shown: 'LIST',
		about: 'ciphers up to TLS 1.2, as OpenSSL names them',
	},
	{ name: 'tls-ciphersuites', value: 'text', shown: 'LIST', about: 'ciphers of TLS 1.3' },
	{ name: 'ipv4', short: '4', value: 'none', about: 'resolve names to IPv4 addresses alone' },
	{ name: 'ipv6', short: '6', value: 'none', about: 'resolve names to IPv6 addresses alone' },
	{
		name: 'sentinel-user',
		value: 'text',
		shown: 'NAME',
		about: 'ACL user of the Sentinels, where it differs',
	},
	{
		name: 'sentinel-pass',
		value: 'text',
		shown: 'PASSWORD',
		about: 'password of the Sentinels, where it differs',
	},
	{
		name: 'nat',
		value: 'text',
		shown: 'FROM=TO',
		about: 'reach announced address FROM (host or host:port) at TO; may be repeated',
	},
	{
		name: 'via',
		value: 'text',
		shown: 'COMMAND',
		about: 'connect through a command with %h and %p, like ssh’s ProxyCommand',
	},
	{
		name: 'ssh',
		value: 'text',
		shown: '[USER@]HOST[:PORT]',
		about: 'connect through this host: --via with one shared login of ssh',
	},
	{ name: 'no-discover', value: 'none', about: 'watch only what was named' },
	{
		name: 'delay',
		short: 'd',
		value: 'number',
		shown: 'SEC',
		about: `seconds between refreshes (1; ${delayLimits.shortest} to ${delayLimits.longest})`,
	},
	{ name: 'count', short: 'n', value: 'number', shown: 'COUNT', about: 'number of refreshes, then leave' },
	{
		name: 'batch',
		short: 'b',
		value: 'none',
		about: 'text, one table a refresh (by itself when stdout is no terminal)',
	},
	{ name: 'json', value: 'none', about: 'one JSON object a refresh and line' },
	{
		name: 'check',
		value: 'none',
		about: 'findings, then exit: 0 fine, 1 warning, 2 critical, 3 unknown; also --json',
	},
	{
		name: 'wait',
		value: 'text',
		shown: 'GOAL',
		choices: ['healthy'],
		about: 'healthy, or a finding that is to end: exit 0 when it is so, else 1 or 2',
	},
	{ name: 'for', value: 'text', shown: 'TIME', about: 'how long --wait wants it so (10s)' },
	{ name: 'timeout', value: 'text', shown: 'TIME', about: 'when --wait gives up (5m)' },
	{
		name: 'on-finding',
		value: 'text',
		shown: 'COMMAND',
		about: 'run it when a finding begins and ends, with it as JSON on its input',
	},
	{
		name: 'metrics',
		value: 'text',
		shown: '[HOST:]PORT',
		about: 'figures and findings for Prometheus; without a terminal a service',
	},
	{
		name: 'bigkeys',
		value: 'none',
		about: 'scan all nodes for their biggest keys and print them',
	},
	{
		name: 'hotkeys',
		value: 'none',
		about: 'the most used keys of all nodes; MONITOR for 2s where nothing is better',
	},
	{
		name: 'rate',
		value: 'number',
		shown: 'N',
		about: 'keys scanned a second and node (20000; 0 = no ceiling)',
	},
	{ name: 'top', value: 'number', shown: 'N', about: 'keys listed by a scan (100)' },
	{
		name: 'exact',
		value: 'none',
		about: 'type, TTL and length of every key of a scan, not of a sample',
	},
	{ name: 'pattern', value: 'text', shown: 'GLOB', about: 'scan only keys that match, as in SCAN MATCH' },
	{ name: 'db', value: 'number', shown: 'N', about: 'scan only this database (all)' },
	{
		name: 'cursor',
		value: 'text',
		shown: 'FILE',
		about: 'keep a stopped --bigkeys in FILE; the same command goes on from there',
	},
	{
		name: 'runbook',
		value: 'text',
		shown: 'NAME',
		choices: ['memory', ...runbookIds],
		about: 'memory or config-audit as Markdown; exit 0 fine 1 look 2 act 3 unknown',
	},
	{ name: 'no-scan', value: 'none', about: 'high-memory without its scan of keys (30s at most)' },
	{
		name: 'allow-changes',
		value: 'none',
		about: 'let a runbook change a server, once its address has been typed in full',
	},
	{
		name: 'record',
		value: 'text',
		shown: 'FILE|DIR',
		about: 'write the session to a file (gzip if .gz), or a folder: a file an hour',
	},
	{
		name: 'keep',
		value: 'text',
		shown: 'TIME|SIZE',
		about: 'of --record DIR: delete files that are older (48h) or too much (2G)',
	},
	{
		name: 'keep-on',
		value: 'text',
		shown: 'critical DIR',
		about: 'write the last minutes into DIR when a critical finding comes',
	},
	{ name: 'append', value: 'none', about: 'add to the recording that is there; it plays as one' },
	{ name: 'replay', value: 'text', shown: 'FILE|DIR', about: 'play a recorded session; takes no address' },
	{
		name: 'at',
		value: 'text',
		shown: 'TIME',
		about: 'of a recording: from here on; 03:12, 2026-11-29T03:12, -90m (before its end)',
	},
	{
		name: 'from',
		value: 'text',
		shown: 'TIME',
		about: 'of a recording: only what is after this; or prometheus: its fleets',
	},
	{
		name: 'compare',
		value: 'text',
		shown: 'FILE',
		about: 'before against after a marker of a recording, as text or --json',
	},
	{
		name: 'report',
		value: 'text',
		shown: 'FILE',
		about: 'an incident as Markdown, from its recording, with charts beside it',
	},
	{
		name: 'marker',
		value: 'text',
		shown: 'WORD',
		about: 'the marker, by a part of its text or its time of day (the newest)',
	},
	{ name: 'window', value: 'text', shown: 'TIME', about: 'how long before and after are (5m)' },
	{
		name: 'settling',
		value: 'text',
		shown: 'TIME',
		about: 'time behind the marker that is left out (30s)',
	},
	{ name: 'of', value: 'text', shown: 'NODE', about: 'compare this node alone' },
	{
		name: 'mark',
		value: 'text',
		shown: 'TEXT',
		about: 'set a marker in a redis-top that runs or records on this machine',
	},
	{
		name: 'to',
		value: 'text',
		shown: 'TIME|NAME',
		about: 'of a recording: only before this; of --mark: process, fleet, file or all',
	},
	{
		name: 'prometheus',
		value: 'text',
		shown: 'URL',
		about: 'with redis_exporter’s figures: charts of before; or, alone, its fleets',
	},
	{ name: 'prometheus-user', value: 'text', shown: 'NAME', about: 'its user, where it wants a login' },
	{ name: 'prometheus-passfile', value: 'text', shown: 'FILE', about: 'file with the password of that user' },
	{ name: 'prometheus-bearer', value: 'text', shown: 'FILE', about: 'file with a token, in place of a user' },
	{ name: 'ascii', value: 'none', about: 'draw with ASCII only (by itself where the locale is not UTF-8)' },
	{ name: 'no-color', value: 'none', about: 'no colours; also NO_COLOR' },
	{
		name: 'demo',
		value: 'text',
		shown: '[SCENARIO]',
		about: 'a real cluster on this machine with traffic and a failover; takes no address',
	},
	{ name: 'bell', value: 'none', about: 'ring for each new critical finding' },
	{
		name: 'config',
		value: 'text',
		shown: 'FILE',
		about: 'settings file (~/.config/redis-top/settings.json)',
	},
	{ name: 'log', value: 'text', shown: 'FILE', about: 'write every command sent, with node and time' },
	{
		name: 'completion',
		value: 'text',
		shown: 'SHELL',
		choices: shells,
		about: 'completions for bash, zsh or fish: source <(redis-top --completion bash)',
	},
	{ name: 'help', value: 'none', about: 'this text' },
	{ name: 'version', short: 'v', value: 'none', about: 'version; also -V' },
];

/** The text of --version. */
export const versionText = (version: string) => `redis-top ${version}`;

/** The text of --help. */
export function helpText(): string {
	const lines = flagTable.map(flag => {
		const names = `${flag.short ? `-${flag.short}, ` : '    '}--${flag.name}${flag.shown ? ` ${flag.shown}` : ''}`;
		return `  ${names.padEnd(30)} ${flag.about}`;
	});
	return [
		'Usage: redis-top [options] [address ...]',
		'',
		'The top for Redis and Valkey: name one node, see the whole fleet, live.',
		'',
		'address: host, host:port, redis://…, rediss://…, unix:/path (default 127.0.0.1:6379);',
		'several addresses are the seeds of several fleets; @NAME is a fleet of the settings file',
		'',
		...lines,
		'',
		'Examples:',
		'  redis-top 10.0.1.11                     any node of a cluster, a Sentinel (:26379), a primary or a replica',
		'  REDISCLI_AUTH=… redis-top --user ops cache-1:6380 cache-2:6380',
		'  redis-top -b -n 3 | less                three refreshes as text',
		'  redis-top --json 10.0.1.11 | jq .fleet.opsPerSecond',
	].join('\n');
}
