// Which servers have what a test is about, by name and version. A test that makes no sense on a server is not run there,
// and says so: where the versions were named (the matrix), it stands in the list as skipped, with the reason.

import { test } from 'node:test';
import type { Server } from './servers.ts';

/** The version from which each has it; one that is not named never has it: `{ redis: 7, valkey: 0 }`. */
export type Since = Readonly<Partial<Record<Server['name'], number>>>;

export const has = ({ name, version }: Pick<Server, 'name' | 'version'>, since: Since): boolean =>
	Number.parseFloat(version) >= (since[name] ?? Number.POSITIVE_INFINITY);

/** `Redis from 7.0, every Valkey`. */
const wordsOf = (since: Since): string =>
	Object.entries(since)
		.map(([name, from]) => (from === 0 ? `every ${name}` : `${name} from ${from}`))
		.join(', ');

/** Which errors it answers with, by code. */
export const countsErrors = ({ version }: Pick<Server, 'version'>): boolean => !version.startsWith('6.0');

/** Those of the servers that have it. */
export function having(what: string, since: Since, servers: readonly Server[]): readonly Server[] {
	for (const server of servers) if (!has(server, since)) leaveOut(server, what, `in ${wordsOf(since)}`);
	return servers.filter(server => has(server, since));
}

/** Says that a test is not for this server, and why. */
export function leaveOut({ id }: Pick<Server, 'id'>, what: string, why: string): void {
	if (process.env.REDIS_TOP_TEST_SERVERS) test(`${id}: ${what}`, { skip: why }, () => {});
}
