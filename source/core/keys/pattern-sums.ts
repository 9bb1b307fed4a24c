// Many keys of one make, counted at once. `hits` and `sampled` are columns of the table like any other: whoever scans
// for big keys keeps the bytes without TTL in the one and the keys whose TTL is known in the other.

import { countTally, type PatternTable, type Tally } from './key-patterns.ts';

export type NameSums = { readonly name: string; readonly tally: Readonly<Tally> };

/** Adds the sums of each name to the pattern of that name. */
export function countSums(table: PatternTable, sums: readonly NameSums[]): void {
	for (const { name, tally } of sums) countTally(table, name, tally);
}
