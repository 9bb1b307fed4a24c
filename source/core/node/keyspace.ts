// How many keys a node holds, from the databases that INFO keyspace lists. A sum with a part that cannot be read is not
// known: without it the rest would pass for all.

import type { Database } from '../info.ts';

type Part = 'keys' | 'expires' | 'withFieldTtl';

/** Keys (or those with a TTL, or hashes with fields that have one) of all databases; undefined where one of them, or the section, was not read. */
export function keysIn(databases: readonly Database[] | undefined, part: Part): number | undefined {
	let sum = 0;
	for (const database of databases ?? []) {
		const count = database[part];
		if (count === undefined) return undefined;
		sum += count;
	}
	return databases && sum;
}
