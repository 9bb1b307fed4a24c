// What servers from Redis 8.0 on know of their sizes without a scan (INFO keysizes): of each type the largest bin of
// all nodes. Exact, but without names; it is there before the first key is sized.

import type { NodeKeysizes } from '../../core/keys/big-keys.ts';
import { type Keysizes, largestBin, largestInWords } from '../../core/parse/keysizes.ts';

/** `hashes: 1 key with 256K-512K fields`: one of each type, where any node tells. */
export function keysizesWords(nodes: readonly NodeKeysizes[] | undefined): readonly string[] {
	const largest = new Map<string, Keysizes>();
	for (const one of (nodes ?? []).flatMap(({ keysizes }) => keysizes)) {
		const known = largest.get(one.type);
		if (known === undefined || sizeOf(one) > sizeOf(known)) largest.set(one.type, one);
	}
	return [...largest.values()].flatMap(one => largestInWords(one) ?? []);
}

const sizeOf = (one: Keysizes) => largestBin(one)?.from ?? 0;
