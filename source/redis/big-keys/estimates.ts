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

type Sums = {
	asked: number;
	weight: number;
	squares: number;
	without: number;
	bytes: number;
	bytesWithout: number;
};

const noSums = (): Sums => ({ asked: 0, weight: 0, squares: 0, without: 0, bytes: 0, bytesWithout: 0 });

/** `known`: keys whose TTL was read for the list, with their pattern. */
export function patternShares(
	patterns: readonly Counted[],
	asked: readonly Asked[],
	known: readonly (BigKey & { readonly pattern: string | undefined })[],
): PatternGroup[] {
	const surely = new Map<string, { keys: number; bytes: number; without: number; bytesWithout: number }>();
	const names = new Set<string>();
	for (const { key, pattern, bytes, ttlSeconds } of known) {
		if (pattern === undefined || ttlSeconds === undefined) continue;
		names.add(key);
		const sum = surely.get(pattern) ?? { keys: 0, bytes: 0, without: 0, bytesWithout: 0 };
		surely.set(pattern, sum);
		sum.keys++;
		sum.bytes += bytes;
		if (ttlSeconds !== null) continue;
		sum.without++;
		sum.bytesWithout += bytes;
	}
	const sums = new Map<string, Sums>();
	for (const { key, pattern, bytes, weight, hasTtl } of asked) {
		if (pattern === undefined || names.has(key)) continue;
		const sum = sums.get(pattern) ?? noSums();
		sums.set(pattern, sum);
		sum.asked++;
		sum.weight += weight;
		sum.squares += weight * weight;
		sum.bytes += weight * bytes;
		if (hasTtl) continue;
		sum.without += weight;
		sum.bytesWithout += weight * bytes;
	}
	return patterns.map(({ pattern, keys, bytes }) => {
		const sure = surely.get(pattern) ?? { keys: 0, bytes: 0, without: 0, bytesWithout: 0 };
		const { asked, weight, squares, without, bytes: weighed, bytesWithout } = sums.get(pattern) ?? noSums();
		const rest = keys - sure.keys;
		const isWhole = asked >= rest;
		if (!isWhole && asked === 0) return { pattern, keys, bytes, estimated: true };
		const share = weight > 0 ? without / weight : 0;
		const byteShare = weighed > 0 ? bytesWithout / weighed : 0;
		return {
			pattern,
			keys,
			bytes,
			keysWithoutTtl: sure.without + Math.round(Math.max(0, rest) * share),
			bytesWithoutTtl: sure.bytesWithout + Math.round(Math.max(0, bytes - sure.bytes) * byteShare),
			estimated: !isWhole,
			margin: isWhole ? 0 : (margin(share, (weight * weight) / squares, rest) * rest) / keys,
		};
	});
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
