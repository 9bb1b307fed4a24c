// What a server dates it dates by its own clock: saves, entries of its slow log, ids of streams. Its clock may be an hour
// off, and ours may have been set since the start: such times are compared with ours only through here. Before 7.0 a
// server does not tell what time it has, and its clock is taken for ours.

import type { Sample } from '../types.ts';

/** Less may be a reply that was read late, and matters to no age. */
const leastMilliseconds = 10_000;

/** How much the server's clock is before ours, milliseconds; 0 where the two agree, or it does not tell. */
export function serverAhead(sample: Pick<Sample, 'at' | 'info'> | undefined): number {
	const told = sample?.info?.serverTimeMicroseconds;
	if (!sample || told === undefined) return 0;
	const ahead = told / 1000 - sample.at;
	return Math.abs(ahead) < leastMilliseconds ? 0 : Math.round(ahead / 1000) * 1000;
}
