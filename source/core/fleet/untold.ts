// What a server does not tell in its INFO, in words: for the one line that says why figures of it are `-`. Read from the
// INFO itself and not from a list of servers, so it holds for managed services that leave a section out, for forks, and
// for servers that nobody has heard of. What only came with later versions of Redis is no news of an old one.

import { hasMainThread, knownServer } from '../known-servers.ts';
import type { Info } from '../types.ts';

type Figure = {
	readonly words: string;
	readonly isTold: (info: Info) => boolean;
	/** Every Redis from 6.0 on tells it. */
	readonly isBasic: boolean;
};

const field = (words: string, ...names: readonly (keyof Info)[]): Figure => ({
	words,
	isTold: info => names.some(name => info[name] !== undefined || info.exact?.[name] !== undefined),
	isBasic: true,
});
const later = (words: string, ...names: readonly (keyof Info)[]): Figure => ({
	...field(words, ...names),
	isBasic: false,
});

const figures: readonly Figure[] = [
	field('role', 'role'),
	field('commands', 'commandsProcessed'),
	field('hits and misses', 'keyspaceHits'),
	field('evictions', 'evictedKeys'),
	field('expiries', 'expiredKeys'),
	field('memory used', 'usedMemoryBytes'),
	field('resident memory', 'rssBytes'),
	field('maxmemory', 'maxmemoryBytes'),
	field('maxmemory policy', 'maxmemoryPolicy'),
	field('clients', 'connectedClients'),
	field('keys', 'databases'),
	field('traffic', 'inputBytes'),
	field('uptime', 'uptimeSeconds'),
	field('run id', 'runId'),
	field('CPU', 'cpuUserSeconds', 'cpuUserMainSeconds', 'activeMainMicroseconds'),
	field('replication offset', 'replicationOffset', 'replicaOffset'),
	later('error replies', 'errorReplies'),
	{
		...later('errors by code', 'errors'),
		isTold: info => info.errors !== undefined || info.errorsStopped !== undefined,
	},
];

/** Its own words for what is missing, in the order of the screen; none of a Redis that tells all it can. */
export function untoldOf(info: Info): readonly string[] {
	if (info.mode === 'sentinel') return [];
	const isCommon = info.server !== undefined && hasMainThread(info.server);
	const missing = figures.filter(({ isTold }) => !isTold(info));
	return missing.filter(({ isBasic }) => isBasic || !isCommon).map(({ words }) => words);
}

type Named = Pick<Info, 'server' | 'unknownServer' | 'service'>;

/** `KeyDB`, `Redis (ElastiCache)`, `foodb (a server that is not known)`. */
export function serverTitle({ server, unknownServer, service }: Named): string {
	if (server === undefined)
		return unknownServer === undefined ? 'this server' : `${unknownServer} (a server that is not known)`;
	const title = knownServer(server)!.title;
	return service === undefined ? title : `${title} (${service})`;
}

/** `Kvrocks does not tell evictions, maxmemory`; undefined where nothing is missing. */
export function untoldWords(named: Named & { readonly untold?: readonly string[] }): string | undefined {
	const { untold = [], unknownServer } = named;
	if (untold.length === 0) return unknownServer === undefined ? undefined : serverTitle(named);
	return `${serverTitle(named)} does not tell ${untold.join(', ')}`;
}
