// Many keys of one make, counted at once: a table of patterns takes keys one by one or another table, so the sums are
// laid out as a table and merged. `hits` and `sampled` are columns of that table like any other: whoever scans for big
// keys keeps the bytes without TTL in the one and the keys whose TTL is known in the other.

import { createPatternTable, mergePatterns, type PatternTable, type Tally } from './key-patterns.ts';
import { shapeOf } from './key-shape.ts';

export type NameSums = { readonly name: string; readonly tally: Readonly<Tally> };

/** Adds the sums of each name to the pattern of that name. */
export function countSums(table: PatternTable, sums: readonly NameSums[]): void {
	const added = createPatternTable();
	for (const { name, tally } of sums) {
		let branch = added.root;
		branch.keys += tally.keys;
		for (const part of shapeOf(name)) {
			branch.children ??= new Map();
			let child = branch.children.get(part);
			if (!child) {
				child = { own: undefined, children: undefined, keys: 0, isFolded: false };
				branch.children.set(part, child);
			}
			child.keys += tally.keys;
			branch = child;
		}
		branch.own = branch.own ? plus(branch.own, tally) : { ...tally };
		Object.assign(added.total, plus(added.total, tally));
	}
	mergePatterns(table, added);
}

const plus = (a: Readonly<Tally>, b: Readonly<Tally>): Tally => ({
	keys: a.keys + b.keys,
	bytes: a.bytes + b.bytes,
	hits: a.hits + b.hits,
	sampled: a.sampled + b.sampled,
	withoutTtl: a.withoutTtl + b.withoutTtl,
});
