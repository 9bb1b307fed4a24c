// What a walk has counted so far, of all nodes together: keys and bytes by pattern, by database and in sum, with
// `exact` also by type and without TTL, and the largest keys. Every key comes here once. It asks nothing and knows no
// node but by its number.

import type { FieldTtls } from '../../core/keys/field-ttls.ts';
import {
	countTally,
	createPatternTable,
	listPatterns,
	type PatternRow,
} from '../../core/keys/key-patterns.ts';
import { createSpread, type Spread } from '../../core/keys/size-spread.ts';
import { createLargest, type Sized } from '../../core/keys/top-keys.ts';
import type { Reply } from '../../core/types.ts';
import { nameAt } from '../name-list.ts';
import { mostResized } from './hit-budget.ts';
import type { Batch } from './key-questions.ts';
import { type KindSums, NameKinds } from './name-kinds.ts';
import type { Database } from './node-line.ts';
import type { BlockSample } from './strata.ts';

export type CountedDatabase = {
	readonly node: number;
	readonly db: number;
	keys: number;
	bytes: number;
	/** With `exact` only. */
	withoutTtl: number;
	/** As the server said when the scan began. */
	start?: Database;
};

export type CountedType = {
	keys: number;
	bytes: number;
	withoutTtl: number;
	length: number;
	/** Keys whose length is known. */
	measured: number;
	largest?: Record;
	longest?: Record;
};

/** The most of a kind, and which key has it. */
type Record = { readonly key: string; readonly node: number; readonly db: number; readonly value: number };

/** One of the largest; type and TTL where they came with its size. */
export type Found = {
	readonly bytes: number;
	readonly node: number;
	readonly db: number;
	readonly type?: Reply;
	readonly ttl?: Reply;
	readonly fields?: FieldTtls;
	readonly length?: number;
};

export type Counts = {
	readonly take: (batch: Batch, node: number, block: BlockSample | undefined) => void;
	readonly database: (node: number, db: number) => CountedDatabase;
	readonly databases: () => readonly CountedDatabase[];
	readonly bytes: () => number;
	/** With `exact` only. */
	readonly types: ReadonlyMap<string, Readonly<CountedType>>;
	/**
	 * `withoutTtl` and, as `hits`, the bytes without TTL are counted with `exact` only. `quickly`: in some milliseconds,
	 * where there are very many without the newest of them.
	 */
	readonly patterns: (how: 'quickly' | 'whole') => PatternRow[];
	/** False: it is not among the largest, and will not be. */
	readonly mayBeLargest: (bytes: number, id: string) => boolean;
	/** Of all keys: bytes as the walk sized them, and lengths of names in bytes. */
	readonly spreads: (withCounts: boolean) => {
		readonly sizes: Spread | undefined;
		readonly names: Spread | undefined;
	};
	/** Largest first, twice as many as are kept at most; the key as `node/db/name`. */
	readonly largest: () => Sized<Found>[];
	/** With `exact` only: the collections of most elements, most first. */
	readonly longest: () => Sized<Found>[];
};

/** About 10 ms. */
const quickKinds = 10_000;

export function createCounts(top: number, isExact: boolean): Counts {
	const table = createPatternTable();
	const kinds = new NameKinds(sums => {
		// The column of hits carries the bytes without TTL: whatever is folded, its sum stays whole.
		for (const { name, keys, bytes, withoutTtl, bytesWithoutTtl } of sums)
			countTally(table, name, {
				...{ keys, bytes, withoutTtl, hits: bytesWithoutTtl },
				sampled: isExact ? keys : 0,
			});
	});
	const largest = createLargest<Found>(mostResized(top));
	const longest = createLargest<Found>(top);
	const databases = new Map<string, CountedDatabase>();
	const types = new Map<string, CountedType>();
	const sizes = createSpread();
	const names = createSpread();
	let total = 0;

	function database(node: number, db: number): CountedDatabase {
		const name = `${node}/${db}`;
		const known = databases.get(name);
		if (known) return known;
		const made = { node, db, keys: 0, bytes: 0, withoutTtl: 0 };
		databases.set(name, made);
		return made;
	}

	function take(batch: Batch, node: number, block: BlockSample | undefined): void {
		const { keys, db } = batch;
		const { places } = keys;
		const counted = database(node, db);
		let many = 0;
		let all = 0;
		for (let index = 0; index < keys.length; index++) {
			const bytes = batch.sizes[index];
			if (typeof bytes !== 'number') continue;
			const place = placeOf(batch, index);
			const sums = kinds.sumsAt(place);
			sums.keys++;
			sums.bytes += bytes;
			many++;
			all += bytes;
			sizes.add(bytes);
			names.add(places[2 * index + 1]! - places[2 * index]!);
			block?.offer(keys, index, bytes, kinds.stratumAt(place));
			if (batch.types) takeWhole(batch, index, bytes, counted, sums);
			else if (largest.wants(bytes)) offer(largest, bytes, nameAt(keys, index), { bytes, node, db });
		}
		counted.keys += many;
		counted.bytes += all;
		total += all;
	}

	function placeOf({ kinds: hashes, keys }: Batch, index: number): number {
		const low = hashes[index * 2]!;
		const high = hashes[index * 2 + 1]!;
		const place = kinds.find(low, high);
		return place < 0 ? kinds.add(low, high, nameAt(keys, index)) : place;
	}

	/** What is asked of every key with `exact`. */
	function takeWhole(
		batch: Batch,
		index: number,
		bytes: number,
		counted: CountedDatabase,
		sums: KindSums,
	): void {
		const { node, db } = counted;
		const key = nameAt(batch.keys, index);
		const type = batch.types?.[index];
		const ttl = batch.ttls?.[index];
		const fields = batch.fields?.get(key);
		const length = batch.lengths?.[index];
		const stays = ttl === -1 && fields?.expire !== 'all';
		if (stays) {
			sums.withoutTtl++;
			sums.bytesWithoutTtl += bytes;
			counted.withoutTtl++;
		}
		if (typeof type === 'string') addType(type, { key, node, db, bytes, length, stays });
		const found = { bytes, node, db, type, ttl, fields, length };
		offer(largest, bytes, key, found);
		if (length !== undefined && type !== 'string') offer(longest, length, key, found);
	}

	function offer(list: typeof largest, value: number, key: string, found: Found): void {
		if (!list.wants(value)) return;
		const id = `${found.node}/${found.db}/${key}`;
		if (list.wants(value, id)) list.add(id, value, found);
	}

	function addType(
		type: string,
		one: { key: string; node: number; db: number; bytes: number; length?: number; stays: boolean },
	): void {
		const { key, node, db, bytes, length, stays } = one;
		const counted = types.get(type) ?? { keys: 0, bytes: 0, withoutTtl: 0, length: 0, measured: 0 };
		types.set(type, counted);
		counted.keys++;
		counted.bytes += bytes;
		if (stays) counted.withoutTtl++;
		if (bytes > (counted.largest?.value ?? 0)) counted.largest = { key, node, db, value: bytes };
		if (length === undefined) return;
		counted.measured++;
		counted.length += length;
		if (length > (counted.longest?.value ?? -1)) counted.longest = { key, node, db, value: length };
	}

	return {
		take,
		database,
		databases: () => [...databases.values()],
		bytes: () => total,
		types,
		patterns(how) {
			kinds.handOn(how === 'quickly' ? quickKinds : undefined);
			return listPatterns(table);
		},
		spreads: withCounts => ({ sizes: sizes.spread(withCounts), names: names.spread(withCounts) }),
		mayBeLargest: largest.wants,
		largest: () => largest.list(),
		longest: () => longest.list(),
	};
}
