// Which server answers, by the words of its own INFO. Forks rename them: Redict says `redict_version` and
// `redict_mode:sentinel`, Valkey `server_mode` where it is told to, and `redis_version` beside them is only what clients
// may take them for. So name, version and mode are looked for under every known prefix (known-servers.ts), and a prefix
// that nobody knows is told as the server's own name: what calls itself a Sentinel is never taken for a data node.

import type { Info } from '../info.ts';
import { knownServers } from '../known-servers.ts';
import { ownText } from '../text/own-text.ts';
import { printable } from '../text/printable.ts';

/** What INFO says of who it is. */
export type Identity = Pick<
	Info,
	'server' | 'unknownServer' | 'version' | 'compatibleVersion' | 'mode' | 'service'
>;

const fixedNames: ReadonlySet<string> = new Set([
	'server_name',
	'sentinel_masters',
	'os',
	'executable',
	...knownServers.flatMap(({ telltales = [] }) => telltales),
]);

/** True for the fields that `identityOf` looks at: those that are named here, and whatever ends like them. */
export const isOfIdentity = (name: string): boolean =>
	fixedNames.has(name) || name.endsWith('_version') || name.endsWith('_mode');

const mostFields = 64;

/** Keeps a field for `identityOf`; endless ones are no identity. */
export function keepOfIdentity(found: Map<string, string>, name: string, value: string): void {
	if (found.size < mostFields || found.has(name)) found.set(name, ownText(value.slice(0, 256)));
}

/** From the text of INFO, for those who need nothing else of it. */
export function identityIn(info: string): Identity {
	const found = new Map<string, string>();
	for (const [, name, value] of info.matchAll(/^([a-z][a-z0-9_]{0,63}):([^\r\n]{0,256})/gm))
		if (isOfIdentity(name!)) keepOfIdentity(found, name!, value!);
	return identityOf(found);
}

const mostKnown = 50;
const identities = new Map<string, Identity>();

/** From the fields of INFO by their names, in the order they came. The same fields are the same object. */
export function identityOf(found: ReadonlyMap<string, string>): Identity {
	let key = '';
	for (const [name, value] of found) key += `${name}:${value}\n`;
	const known = identities.get(key);
	if (known) return known;
	const identity = readIdentity(found);
	if (identities.size >= mostKnown) identities.clear();
	identities.set(key, identity);
	return identity;
}

function readIdentity(found: ReadonlyMap<string, string>): Identity {
	const redis = versionText(found.get('redis_version'));
	const named = nameOf(found);
	const own = versionText(found.get(`${named.server ?? named.unknownServer}_version`));
	// KeyDB has no version but the one it is compatible with, and that is its own.
	const version = own ?? (named.server === 'keydb' ? redis : undefined);
	return {
		...named,
		version,
		compatibleVersion: redis !== undefined && redis !== version ? redis : undefined,
		mode: modeOf(found),
		service: /^Amazon (\w{1,32})/.exec(found.get('os') ?? '')?.[1],
	};
}

// Dragonfly writes `df-v1.34.2`.
function versionText(text: string | undefined): string | undefined {
	return text ? printable(text.replace(/^(?:df-)?v(?=\d)/, ''), 256) : undefined;
}

type Named = Pick<Identity, 'server' | 'unknownServer'>;

function nameOf(found: ReadonlyMap<string, string>): Named {
	const said = found.get('server_name')?.toLowerCase();
	const byWord = knownServers.find(({ name }) => name === said);
	if (byWord) return { server: byWord.name };
	if (said) return { server: undefined, unknownServer: printable(said, 64) };
	const isTold = (field: string) => found.has(field);
	const known = knownServers.find(
		({ name, prefix, telltales = [] }) =>
			name !== 'redis' && [`${prefix}_version`, `${prefix}_mode`, ...telltales].some(isTold),
	);
	if (known) return { server: known.name };
	if (/keydb-server/.test(found.get('executable') ?? '')) return { server: 'keydb' };
	const unknown = unknownPrefix(found);
	if (unknown !== undefined) return { server: undefined, unknownServer: unknown };
	return { server: found.has('redis_version') ? 'redis' : undefined };
}

/** The process that wrote this INFO; undefined where it does not say. */
export const runIdIn = (info: string) => /^run_id:(\w+)/m.exec(info)?.[1];

/** Prefixes of versions and modes that are no server's. */
const ofOthers = new Set(
	'redis server gcc clang compiler rocksdb jemalloc openssl tls lua kernel os api protocol proto rdb aof config data cache module lib'.split(
		' ',
	),
);

// A server names itself at the head, before it tells what it runs on; a mode counts wherever it stands.
function unknownPrefix(found: ReadonlyMap<string, string>): string | undefined {
	let isHead = true;
	for (const [name, value] of found) {
		if (name === 'os') isHead = false;
		const [, prefix, kind] = /^([a-z0-9]{2,32})_(version|mode)$/.exec(name) ?? [];
		if (prefix === undefined || ofOthers.has(prefix)) continue;
		if (kind === 'mode' ? modes.has(value) : isHead) return printable(prefix, 64);
	}
	return undefined;
}

const modes: ReadonlyMap<string, NonNullable<Info['mode']>> = new Map([
	['standalone', 'standalone'],
	['single', 'standalone'],
	['cluster', 'cluster'],
	['sentinel', 'sentinel'],
]);

// `os_mode:cluster` would be nobody's, so any prefix will do; of two words the Sentinel's wins.
function modeOf(found: ReadonlyMap<string, string>): Info['mode'] {
	if (found.has('sentinel_masters')) return 'sentinel';
	const told = [...found].flatMap(([name, value]) =>
		/^[a-z0-9]{2,32}_mode$/.test(name) ? (modes.get(value.trim()) ?? []) : [],
	);
	return told.includes('sentinel') ? 'sentinel' : told[0];
}
