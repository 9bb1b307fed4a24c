// Which names are new: a key that SCAN returns again, on the same node or on one it moved to, counts once. A key that
// moved before it could be sized was returned and is not counted yet: it is expected again, from where it went.

import { NameHash } from './name-hash.ts';
import { SeenKeys } from './seen-keys.ts';

/** Of those on the way; beyond that a cluster is being rebuilt. */
const mostAstray = 100_000;

export type Names = {
	/** `space` tells apart what may hold the same name. A new one's two hashes of its kind go behind `kinds`. */
	readonly isNew: (key: string, space: number, kinds: number[]) => boolean;
	readonly expectAgain: (keys: readonly string[], space: number) => void;
	/** None was forgotten: what comes again is known, however long ago it came. */
	readonly areAllKnown: () => boolean;
	readonly repeated: () => number;
	/** Still expected. */
	readonly astray: () => number;
};

export function createNames(seed: number): Names {
	const hash = new NameHash(seed);
	const seen = new SeenKeys();
	const astray = new Set<string>();
	let lost = 0;
	const comesBack = () => astray.size > 0 && astray.delete(`${hash.low}/${hash.high}`);
	return {
		isNew(key, space, kinds) {
			hash.read(key, space);
			if (!comesBack() && !seen.add(hash.low, hash.high)) return false;
			kinds.push(hash.kindLow, hash.kindHigh);
			return true;
		},
		expectAgain(keys, space) {
			for (const key of keys) {
				hash.read(key, space);
				if (astray.size < mostAstray) astray.add(`${hash.low}/${hash.high}`);
				else lost++;
			}
		},
		areAllKnown: () => seen.isWhole,
		repeated: () => seen.repeated,
		astray: () => astray.size + lost,
	};
}
