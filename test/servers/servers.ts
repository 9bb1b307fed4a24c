// Where the tests' Redis, Valkey and Redict servers come from. `getServers` answers at once from a cache folder and fetches
// what is not there with get-servers.sh; `testServers` says which of them the live tests run on. A server that
// cannot be had is an error with one line that says what to do: a live test never passes by being skipped.
// It starts nothing (see start.ts). The folder is $REDIS_SERVERS_DIR, else redis-top/servers in the user's cache;
// a folder filled by hand will do, if it has ID/bin/{redis,valkey,redict}-{server,cli,benchmark,sentinel}.

import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isMeasured, lane } from '../lane.ts';

const run = promisify(execFile);

/** The folders below the cache, oldest version first; the names say from which Debian they come. */
export const serverIds = [
	'redis-bullseye',
	'redis-bookworm',
	'redis-trixie',
	'redis-experimental',
	'valkey-trixie',
	'valkey-sid',
	'redict-backports',
] as const;

export type ServerId = (typeof serverIds)[number];

const names = ['redis', 'valkey', 'redict'] as const;

/** The programs of one version, as absolute paths. */
export type Server = {
	readonly id: ServerId;
	readonly name: (typeof names)[number];
	/** As the program itself says it: `7.0.15`. */
	readonly version: string;
	readonly server: string;
	readonly cli: string;
	readonly benchmark: string;
	readonly sentinel: string;
};

/** One of each kind: what the tests run on when REDIS_TOP_TEST_SERVERS names no others. */
export const defaultServers = { redis: 'redis-bookworm', valkey: 'valkey-trixie' } as const;

/**
 * The servers a live test runs on. `npm test` runs it on the kind it names, which is spread evenly over the files,
 * `test:live` on the other, `test:measured` on both; a test that is in a lane only names `both`, or the versions that
 * differ in what it tests. REDIS_TOP_TEST_SERVERS names versions instead.
 */
export function testServers(
	own: 'redis' | 'valkey' | 'both' | readonly ServerId[],
): Promise<readonly Server[]> {
	const named = (process.env.REDIS_TOP_TEST_SERVERS ?? '').split(',').map(id => id.trim());
	const ids = named.filter(id => id !== '');
	if (ids.length > 0) return getServers(ids);
	if (typeof own !== 'string') return getServers(own);
	if (own === 'both' || isMeasured) return getServers(Object.values(defaultServers));
	const other = own === 'redis' ? 'valkey' : 'redis';
	return getServers([defaultServers[lane === 'live' ? other : own]]);
}

/** For a test to which all servers are the same: of the terminal, of files. It runs once. */
export async function anyServer(): Promise<Server> {
	const [server] = await testServers('redis');
	return server!;
}

/** The servers with these ids, in this order, fetched if they are not in the cache. */
export async function getServers(ids: readonly string[]): Promise<readonly Server[]> {
	const known = ids.map(toServerId);
	const cached = await Promise.all(known.map(findServer));
	const missing = known.filter((_, index) => cached[index] === undefined);
	if (missing.length > 0) await fetchServers(missing);
	return Promise.all(
		known.map(async (id, index) => cached[index] ?? (await findServer(id)) ?? cannotHave(id)),
	);
}

/** Where the programs lie, one folder an id. */
export function serversFolder(): string {
	const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
	return path.resolve(process.env.REDIS_SERVERS_DIR || path.join(cache, 'redis-top', 'servers'));
}

function toServerId(id: string): ServerId {
	const known = serverIds.find(one => one === id);
	if (known === undefined) throw new Error(`no server is called ${id}: there are ${serverIds.join(', ')}`);
	return known;
}

/** Asks the programs themselves, so that a damaged folder counts as missing. */
async function findServer(id: ServerId): Promise<Server | undefined> {
	const name = names.find(each => id.startsWith(`${each}-`))!;
	const program = (tool: string) => path.join(serversFolder(), id, 'bin', `${name}-${tool}`);
	try {
		const [{ stdout }] = await Promise.all([
			run(program('server'), ['--version']),
			run(program('cli'), ['--version']),
		]);
		const version = / v=(\S+)/.exec(stdout)?.[1];
		if (version === undefined) return undefined;
		const [server, cli, benchmark, sentinel] = [
			program('server'),
			program('cli'),
			program('benchmark'),
			program('sentinel'),
		];
		return { id, name, version, server, cli, benchmark, sentinel };
	} catch {
		return undefined;
	}
}

/** Fetches what the script knows under these ids; where it cannot, an error with one line that says what to do. */
export async function fetchServers(ids: readonly string[]): Promise<void> {
	const script = fileURLToPath(new URL('get-servers.sh', import.meta.url));
	try {
		await run('bash', [script, serversFolder(), ...ids], { maxBuffer: 64 * 2 ** 20 });
	} catch (error) {
		const lines = String((error as { stderr?: string }).stderr ?? error)
			.trim()
			.split('\n');
		// Of all that apt says on the way, the script's own last words name the cause.
		const cause = lines.findLast(line => line.startsWith('get-servers: '))?.slice('get-servers: '.length);
		cannotHave(ids.join(', '), cause ?? lines.at(-1) ?? 'unknown reason');
	}
}

function cannotHave(ids: string, cause = 'the folder stayed empty'): never {
	throw new Error(
		`no servers for the tests: ${ids} (${cause}). Fetching them needs Debian 12 or 13 with apt-get and its package ` +
			`mirror; or put the programs into FOLDER/ID/bin (${ids}) and set REDIS_SERVERS_DIR=FOLDER`,
	);
}
