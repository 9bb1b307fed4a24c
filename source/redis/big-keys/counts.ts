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
import { mostResized } from './hit-budget.ts';
import type { Batch } from './key-questions.ts';
import { NameKinds } from './name-kinds.ts';
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

export type CountedType = { keys: number; bytes: number; withoutTtl: number };

/** One of the largest; type and TTL where they came with its size. */
export type Found = {
	readonly bytes: number;
	readonly node: number;
	readonly db: number;
	readonly type?: Reply;
	readonly ttl?: Reply;
	readonly fields?: FieldTtls;
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
	readonly spreads: () => { readonly sizes: Spread | undefined; readonly names: Spread | undefined };
	/** Largest first, twice as many as are kept at most; the key as `node/db/name`. */
	readonly largest: () => Sized<Found>[];
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
		const counted = database(node, db);
		for (let index = 0; index < keys.length; index++) {
			const bytes = batch.sizes[index];
			if (typeof bytes !== 'number') continue;
			const key = keys[index]!;
			const type = batch.types?.[index];
			const ttl = batch.ttls?.[index];
			const fields = batch.fields?.get(key);
			const stays = ttl === -1 && fields?.expire !== 'all';
			const place = kinds.find(batch.kinds[index * 2]!, batch.kinds[index * 2 + 1]!, key);
			const sums = kinds.sumsAt(place);
			sums.keys++;
			sums.bytes += bytes;
			if (stays) {
				sums.withoutTtl++;
				sums.bytesWithoutTtl += bytes;
				counted.withoutTtl++;
			}
			counted.keys++;
			counted.bytes += bytes;
			total += bytes;
			sizes.add(bytes);
			names.add(key.length);
			if (typeof type === 'string') addType(type, bytes, stays);
			block?.offer(key, bytes, kinds.stratumAt(place));
			if (!largest.wants(bytes)) continue;
			const id = `${node}/${db}/${key}`;
			if (largest.wants(bytes, id)) largest.add(id, bytes, { bytes, node, db, type, ttl, fields });
		}
	}

	function addType(type: string, bytes: number, withoutTtl: boolean): void {
		const counted = types.get(type) ?? { keys: 0, bytes: 0, withoutTtl: 0 };
		types.set(type, counted);
		counted.keys++;
		counted.bytes += bytes;
		if (withoutTtl) counted.withoutTtl++;
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
		spreads: () => ({ sizes: sizes.spread(), names: names.spread() }),
		mayBeLargest: largest.wants,
		largest: () => largest.list(),
	};
}
