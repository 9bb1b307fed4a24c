// What the sample says of all keys: how many of each pattern have no TTL, and how keys and bytes spread over types.
// Keys and bytes of a pattern are counted; only shares come from here. The listed keys are known one by one, so they
// stand for themselves alone: a sample would say nothing sure of the few that hold most bytes. Pure.

import { type BigKey, type PatternGroup, staysForever, type TypeGroup } from '../../core/keys/big-keys.ts';
import type { ListedSize, SizeSum } from './size-sums.ts';
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

type Counted = SizeSum & { readonly pattern: string; readonly keys: number };

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
		addSure(entry(surely, key.pattern, noneSure), key.bytes, staysForever(key));
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

function shareOf(counted: Counted, sure: Sure, sums: Sums): PatternGroup {
	const { pattern, keys, bytes, sizeEstimated, sizeMargin } = counted;
	const { asked, weight, squares } = sums;
	const rest = keys - sure.keys;
	const isWhole = asked >= rest;
	const size = { bytes, sizeEstimated, sizeMargin };
	if (!isWhole && asked === 0) return { pattern, keys, ...size, estimated: true };
	const share = weight > 0 ? sums.without / weight : 0;
	return {
		pattern,
		keys,
		...size,
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

/** The listed keys of a type, known one by one; `unread` of them without their TTL. */
type Listed = { readonly sizes: ListedSize[]; without: number; unread: number };
/** The keys that the sample stands for; of `ttlKeys` of them it says how many have no TTL. */
type Sampled = { keys: number; bytes: number; without: number; ttlKeys: number };

const noneListed = (): Listed => ({ sizes: [], without: 0, unread: 0 });
const noneSampled = (): Sampled => ({ keys: 0, bytes: 0, without: 0, ttlKeys: 0 });

/** Where no key's type was sampled: keys are there, and of which type is not known. */
const unknownType = 'unknown';

/**
 * Keys and bytes by type: stratum by stratum, for names built alike nearly always hold the same type. The listed keys
 * stand for themselves alone, for they are the largest and say nothing of the others. `sizes`: of a type what its
 * bytes are, by its keys and by their bytes as the walk sized them.
 */
export function typeShares(
	strata: readonly { readonly stratum: Stratum; readonly known: readonly KnownKey[] }[],
	sizes: (type: string, keys: number, walked: number, listed: readonly ListedSize[]) => SizeSum,
): TypeGroup[] {
	const listed = new Map<string, Listed>();
	const sampled = new Map<string, Sampled>();
	const unknown = { keys: 0, bytes: 0 };
	let others = 0;
	for (const { stratum, known } of strata) {
		const rest = { keys: stratum.keys, bytes: stratum.bytes };
		for (const key of known) {
			if (key.type === undefined) continue;
			addListed(entry(listed, key.type, noneListed), key);
			rest.keys--;
			rest.bytes -= key.walkedBytes;
		}
		others += Math.max(0, rest.keys);
		if (!spread(stratum, Math.max(0, rest.keys), Math.max(0, rest.bytes), sampled)) {
			unknown.keys += Math.max(0, rest.keys);
			unknown.bytes += Math.max(0, rest.bytes);
		}
	}
	const scale = scaleFor(unknown, [...sampled.values()]);
	const groups = [...new Set([...listed.keys(), ...sampled.keys()])].map(type => {
		const own = listed.get(type) ?? noneListed();
		const group = typeGroup(type, own, sampled.get(type) ?? noneSampled(), scale, sizes);
		// Where all keys are listed nothing stands for another.
		return others === 0 && own.unread === 0 ? { ...group, estimated: false } : group;
	});
	return scale === undefined && unknown.keys > 0
		? [...groups, { type: unknownType, ...unknown, sizeEstimated: true, estimated: true }]
		: groups;
}

type KnownKey = BigKey & ListedSize;

function addListed(sum: Listed, key: KnownKey): void {
	const { ttlSeconds } = key;
	sum.sizes.push(key);
	if (staysForever(key)) sum.without++;
	if (ttlSeconds === undefined) sum.unread++;
}

/** Gives the keys of a stratum to the types that were seen in it; false where none was. */
function spread(stratum: Stratum, keys: number, bytes: number, into: Map<string, Sampled>): boolean {
	let seen = 0;
	let weighed = 0;
	for (const type of stratum.types.values()) {
		seen += type.keys;
		weighed += type.bytes;
	}
	if (seen === 0) return false;
	for (const [type, own] of stratum.types) {
		const sum = entry(into, type, noneSampled);
		const share = (keys * own.keys) / seen;
		sum.keys += share;
		sum.bytes += weighed > 0 ? (bytes * own.bytes) / weighed : 0;
		if (stratum.asked === 0) continue;
		// A stratum's share without TTL is its types' too.
		sum.ttlKeys += share;
		sum.without += (share * stratum.withoutTtl) / stratum.asked;
	}
	return true;
}

type Scale = { readonly keys: number; readonly bytes: number };

/** Strata that were not sampled are taken to be as those that were; undefined where there are none. */
function scaleFor(unknown: Scale, sampled: readonly Sampled[]): Scale | undefined {
	const keys = sampled.reduce((sum, one) => sum + one.keys, 0);
	const bytes = sampled.reduce((sum, one) => sum + one.bytes, 0);
	if (keys === 0) return undefined;
	return { keys: 1 + unknown.keys / keys, bytes: bytes > 0 ? 1 + unknown.bytes / bytes : 1 };
}

function typeGroup(
	type: string,
	listed: Listed,
	sampled: Sampled,
	scale: Scale | undefined,
	sizes: Parameters<typeof typeShares>[1],
): TypeGroup {
	const rest = sampled.keys * (scale?.keys ?? 1);
	const keys = Math.round(listed.sizes.length + rest);
	const walkedListed = listed.sizes.reduce((sum, { walkedBytes }) => sum + walkedBytes, 0);
	const walked = walkedListed + sampled.bytes * (scale?.bytes ?? 1);
	const open = rest + listed.unread;
	const share = sampled.ttlKeys > 0 ? sampled.without / sampled.ttlKeys : undefined;
	const without = open === 0 ? 0 : share === undefined ? undefined : open * share;
	return {
		type,
		keys,
		...sizes(type, keys, walked, listed.sizes),
		keysWithoutTtl: without === undefined ? undefined : Math.min(keys, Math.round(listed.without + without)),
		estimated: true,
	};
}
