// What servers from Redis 8.0 on know of their sizes without a scan (INFO keysizes): of each type the largest bin of
// all nodes. Exact, but without names; it is there before the first key is sized.

import type { NodeKeysizes } from '../../../core/keys/big-keys.ts';
import { bySize, type Keysizes, largestInWords } from '../../../core/parse/keysizes.ts';

/** `hashes: 1 key with 256K-512K fields`: one of each type and unit, where any node tells. */
export function keysizesWords(nodes: readonly NodeKeysizes[] | undefined): readonly string[] {
	const largest = new Map<string, Keysizes>();
	for (const one of (nodes ?? []).flatMap(({ keysizes }) => keysizes)) {
		const name = `${one.type} ${one.unit}`;
		const known = largest.get(name);
		if (known === undefined || bySize(one, known) < 0) largest.set(name, one);
	}
	return [...largest.values()].flatMap(one => largestInWords(one) ?? []);
}
