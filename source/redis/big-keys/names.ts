// Which names are new: a key that SCAN returns again, on the same node or on one it moved to, counts once. A key that
// moved before it could be sized was returned and is not counted yet: it is expected again, from where it went.

import type { NameList } from '../name-list.ts';
import { NameHash } from './name-hash.ts';
import { SeenKeys } from './seen-keys.ts';

/** Of those on the way; beyond that a cluster is being rebuilt. */
const mostAstray = 100_000;

export type NewNames = {
	/** 1 for each that is new. */
	readonly isNew: Uint8Array;
	/** Of those, in order, two each: the hashes of its kind. */
	readonly kinds: Int32Array;
};

export type Names = {
	/** `space` tells apart what may hold the same name. */
	readonly take: (names: NameList, space: number) => NewNames;
	readonly expectAgain: (keys: readonly string[], space: number) => void;
	/** None was forgotten: what comes again is known, however long ago it came. */
	readonly areAllKnown: () => boolean;
	readonly repeated: () => number;
	/** Still expected. */
	readonly astray: () => number;
};

/** `expected`: about so many will come. */
export function createNames(seed: number, expected = 0): Names {
	const hash = new NameHash(seed);
	const seen = new SeenKeys(undefined, expected);
	const astray = new Set<string>();
	let lost = 0;
	const isAstray = (low: number, high: number) => astray.size > 0 && astray.delete(`${low}/${high}`);

	/** First all hashes, then all places in the table: those are far apart in memory, and are waited for side by side. */
	function hashesOf({ length, bytes, places }: NameList, space: number): Int32Array {
		const hashes = new Int32Array(4 * length);
		for (let index = 0; index < length; index++) {
			hash.read(bytes, places[2 * index]!, places[2 * index + 1]!, space);
			const at = 4 * index;
			hashes[at] = hash.low;
			hashes[at + 1] = hash.high;
			hashes[at + 2] = hash.kindLow;
			hashes[at + 3] = hash.kindHigh;
		}
		return hashes;
	}

	return {
		take(names, space) {
			const hashes = hashesOf(names, space);
			const isNew = new Uint8Array(names.length);
			const kinds = new Int32Array(2 * names.length);
			let many = 0;
			for (let index = 0; index < names.length; index++) {
				const at = 4 * index;
				const low = hashes[at]!;
				const high = hashes[at + 1]!;
				if (!isAstray(low, high) && !seen.add(low, high)) continue;
				isNew[index] = 1;
				kinds[many++] = hashes[at + 2]!;
				kinds[many++] = hashes[at + 3]!;
			}
			return { isNew, kinds };
		},
		expectAgain(keys, space) {
			for (const key of keys) {
				const bytes = Buffer.from(key, 'latin1');
				hash.read(bytes, 0, bytes.length, space);
				if (astray.size < mostAstray) astray.add(`${hash.low}/${hash.high}`);
				else lost++;
			}
		},
		areAllKnown: () => seen.isWhole,
		repeated: () => seen.repeated,
		astray: () => astray.size + lost,
	};
}
