// What grew between two scans of the same nodes: patterns and single keys, in bytes a second. Only what both scans
// have seen whole is compared: a scan that was stopped early has smaller sums, which is no shrinking.

import type { BigKeysResult } from '../core/keys/big-keys.ts';
import type { SizeFigure } from '../core/keys/size-words.ts';

export type Growth = {
	readonly kind: 'pattern' | 'key';
	/** A byte string. */
	readonly name: string;
	readonly bytes: number;
	/** More than in the earlier scan. */
	readonly grownBytes: number;
	readonly perSecond: number;
};

export type Comparison = {
	readonly seconds: number;
	/** Fastest first; only what grew. */
	readonly patterns: readonly Growth[];
	readonly keys: readonly Growth[];
};

/** Undefined without two scans with time between them. */
export function compareScans(
	earlier: BigKeysResult | undefined,
	later: BigKeysResult | undefined,
): Comparison | undefined {
	if (!earlier || !later) return undefined;
	const seconds = (later.at - earlier.at) / 1000;
	if (!(seconds > 0)) return undefined;
	const areWhole = earlier.complete && later.complete;
	const before = new Map(earlier.patterns.map(({ pattern, bytes }) => [pattern, bytes]));
	const patterns = areWhole
		? later.patterns.map(({ pattern, bytes }) =>
				grown('pattern', pattern, bytes, before.get(pattern) ?? 0, seconds),
			)
		: [];
	// A key that was not among the largest then may have been read and been small: only known ones are compared.
	const sizes = new Map(earlier.keys.map(key => [`${key.db} ${key.key}`, key]));
	const keys = later.keys.flatMap(key => {
		const was = sizes.get(`${key.db} ${key.key}`);
		if (was === undefined || Math.abs(key.bytes - was.bytes) <= doubtOf(key) + doubtOf(was)) return [];
		return [grown('key', key.key, key.bytes, was.bytes, seconds)];
	});
	return { seconds, patterns: fastest(patterns), keys: fastest(keys) };
}

/** In bytes: a better estimate is no growth. */
const doubtOf = ({ bytes, sizeEstimated, sizeMargin = 1 }: SizeFigure) =>
	sizeEstimated ? bytes * sizeMargin : 0;

const grown = (kind: Growth['kind'], name: string, bytes: number, was: number, seconds: number): Growth => ({
	kind,
	name,
	bytes,
	grownBytes: bytes - was,
	perSecond: (bytes - was) / seconds,
});

const fastest = (list: readonly Growth[]) =>
	list.filter(({ grownBytes }) => grownBytes > 0).sort((a, b) => b.grownBytes - a.grownBytes);
