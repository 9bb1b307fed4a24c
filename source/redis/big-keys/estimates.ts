// What the sample says of all keys: how many of each pattern have no TTL, and how keys and bytes spread over types.
// Keys and bytes of a pattern are counted; only shares come from here. The listed keys are known one by one, so they
// stand for themselves alone: a sample would say nothing sure of the few that hold most bytes. Pure.

import type { BigKey, PatternGroup, TypeGroup } from '../../core/big-keys.ts';
import type { Stratum } from './strata.ts';

/** A sampled key that answered. */
export type Asked = {
	readonly key: string;
	readonly bytes: number;
	/** The keys it stands for. */
	readonly weight: number;
	readonly hasTtl: boolean;
	readonly pattern: string | undefined;
};

type Counted = { readonly pattern: string; readonly keys: number; readonly bytes: number };

/** Keys known one by one. */
type Sure = { keys: number; bytes: number; without: number; bytesWithout: number };

/** Keys that stand for others; each by its weight, its bytes by weight and bytes. */
type Sums = {
	asked: number;
	weight: number;
	squares: number;
	without: number;
	bytes: number;
	byteSquares: number;
	bytesWithout: number;
	byteSquaresWithout: number;
};

const noneSure = (): Sure => ({ keys: 0, bytes: 0, without: 0, bytesWithout: 0 });
const noSums = (): Sums => ({
	...{ asked: 0, weight: 0, squares: 0, without: 0 },
	...{ bytes: 0, byteSquares: 0, bytesWithout: 0, byteSquaresWithout: 0 },
});

/** With fewer keys' worth of bytes in the sample nothing is said of the bytes: one more key could turn it over. */
const leastByteKeys = 30;

/** `known`: keys whose TTL was read for the list, with their pattern. */
export function patternShares(
	patterns: readonly Counted[],
	asked: readonly Asked[],
	known: readonly (BigKey & { readonly pattern: string | undefined })[],
): PatternGroup[] {
	const surely = new Map<string, Sure>();
	const names = new Set<string>();
	for (const key of known) {
		if (key.pattern === undefined || key.ttlSeconds === undefined) continue;
		names.add(key.key);
		addSure(entry(surely, key.pattern, noneSure), key.bytes, key.ttlSeconds === null);
	}
	const sums = new Map<string, Sums>();
	for (const one of asked)
		if (one.pattern !== undefined && !names.has(one.key)) addTo(entry(sums, one.pattern, noSums), one);
	return patterns.map(counted =>
		shareOf(counted, surely.get(counted.pattern) ?? noneSure(), sums.get(counted.pattern) ?? noSums()),
	);
}

function addSure(sure: Sure, bytes: number, isWithout: boolean): void {
	sure.keys++;
	sure.bytes += bytes;
	if (!isWithout) return;
	sure.without++;
	sure.bytesWithout += bytes;
}

function addTo(sum: Sums, { bytes, weight, hasTtl }: Asked): void {
	const weighed = weight * bytes;
	sum.asked++;
	sum.weight += weight;
	sum.squares += weight * weight;
	sum.bytes += weighed;
	sum.byteSquares += weighed * weighed;
	if (hasTtl) return;
	sum.without += weight;
	sum.bytesWithout += weighed;
	sum.byteSquaresWithout += weighed * weighed;
}

function shareOf({ pattern, keys, bytes }: Counted, sure: Sure, sums: Sums): PatternGroup {
	const { asked, weight, squares } = sums;
	const rest = keys - sure.keys;
	const isWhole = asked >= rest;
	if (!isWhole && asked === 0) return { pattern, keys, bytes, estimated: true };
	const share = weight > 0 ? sums.without / weight : 0;
	return {
		pattern,
		keys,
		bytes,
		keysWithoutTtl: sure.without + Math.round(Math.max(0, rest) * share),
		...bytesOf(bytes, sure, sums, isWhole, rest),
		estimated: !isWhole,
		margin: isWhole ? 0 : (margin(share, (weight * weight) / squares, rest) * rest) / keys,
	};
}

/** Undefined where the bytes of the sample are those of a few keys. */
function bytesOf(
	bytes: number,
	sure: Sure,
	sums: Sums,
	isWhole: boolean,
	rest: number,
): Pick<PatternGroup, 'bytesWithoutTtl' | 'bytesMargin'> | undefined {
	const open = Math.max(0, bytes - sure.bytes);
	const share = sums.bytes > 0 ? sums.bytesWithout / sums.bytes : 0;
	const bytesWithoutTtl = sure.bytesWithout + Math.round(open * share);
	if (isWhole) return { bytesWithoutTtl, bytesMargin: 0 };
	const byteKeys = sums.bytes ** 2 / Math.max(1, sums.byteSquares);
	if (byteKeys < leastByteKeys) return undefined;
	// The larger of two: as if a key's bytes said nothing of its TTL, and by how the bytes really lie.
	const even = margin(share, byteKeys, Math.max(byteKeys, (rest * byteKeys) / sums.asked));
	const squared =
		sums.byteSquaresWithout * (1 - share) ** 2 + (sums.byteSquares - sums.byteSquaresWithout) * share ** 2;
	const within = Math.max(even, (1.96 * Math.sqrt(squared)) / sums.bytes);
	return { bytesWithoutTtl, bytesMargin: bytes > 0 ? (within * open) / bytes : 0 };
}

function entry<T>(map: Map<string, T>, name: string, make: () => T): T {
	const known = map.get(name);
	if (known !== undefined) return known;
	const made = make();
	map.set(name, made);
	return made;
}

/** Half the width of the interval at 95 of 100 (Agresti-Coull), for a sample of `asked` out of `keys`. */
export function margin(share: number, asked: number, keys: number): number {
	const center = (share * asked + 2) / (asked + 4);
	const rest = Math.max(0, 1 - asked / Math.max(1, keys));
	return 1.96 * Math.sqrt((center * (1 - center) * rest) / (asked + 4));
}

/** Keys and bytes by type: stratum by stratum, for names built alike nearly always hold the same type. */
export function typeShares(
	strata: readonly { readonly stratum: Stratum; readonly known: readonly BigKey[] }[],
	withoutTtl: (type: string) => number | undefined,
): TypeGroup[] {
	const sums = new Map<string, { keys: number; bytes: number }>();
	const add = (type: string, keys: number, bytes: number) => {
		const sum = sums.get(type) ?? { keys: 0, bytes: 0 };
		sums.set(type, sum);
		sum.keys += keys;
		sum.bytes += bytes;
	};
	const unknown = { keys: 0, bytes: 0 };
	for (const { stratum, known } of strata) {
		for (const key of known) if (key.type !== undefined) add(key.type, 1, key.bytes);
		const typed = known.filter(({ type }) => type !== undefined);
		const keys = Math.max(0, stratum.keys - typed.length);
		const bytes = Math.max(0, stratum.bytes - typed.reduce((sum, key) => sum + key.bytes, 0));
		let sampled = 0;
		let weighed = 0;
		for (const type of stratum.types.values()) {
			sampled += type.keys;
			weighed += type.bytes;
		}
		if (sampled === 0) {
			unknown.keys += keys;
			unknown.bytes += bytes;
			continue;
		}
		for (const [type, sum] of stratum.types)
			add(type, (keys * sum.keys) / sampled, weighed > 0 ? (bytes * sum.bytes) / weighed : 0);
	}
	// Of strata that were not sampled nothing is known: they are taken to be as the others.
	const total = { keys: 0, bytes: 0 };
	for (const sum of sums.values()) {
		total.keys += sum.keys;
		total.bytes += sum.bytes;
	}
	return [...sums].map(([type, { keys, bytes }]) => ({
		type,
		keys: Math.round(keys + (total.keys > 0 ? (unknown.keys * keys) / total.keys : 0)),
		bytes: Math.round(bytes + (total.bytes > 0 ? (unknown.bytes * bytes) / total.bytes : 0)),
		keysWithoutTtl: withoutTtl(type),
		estimated: true,
	}));
}
