// What a MEMORY USAGE has cost the server, by its own count: INFO commandstats leaves before it and behind it in one
// write, and nobody is served in between. So the next one can be as long as the server has time for.

import type { Reply } from '../core/types.ts';

/** Microseconds; undefined where the server does not tell. */
export function timeBetween(before: Reply | undefined, after: Reply | undefined): number | undefined {
	const [first, last] = [sizingTime(before), sizingTime(after)];
	return first !== undefined && last !== undefined && last >= first ? last - first : undefined;
}

/** Microseconds that MEMORY has cost since the server started: by its subcommands from Redis 7 on. */
function sizingTime(stats: Reply | undefined): number | undefined {
	if (typeof stats !== 'string') return undefined;
	const found = /^cmdstat_memory(?:\|usage)?:calls=\d+,usec=(\d+)/m.exec(stats)?.[1];
	return found === undefined ? undefined : Number(found);
}
