// A scan in two parts is the scan in one: counts and sums are equal, lists are the largest of both, spreads are those of
// all keys; what one part does not know the whole does not either.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BigKeysResult, shareRead } from '../../../source/core/keys/big-keys.ts';
import { joinScans } from '../../../source/core/keys/join-scans.ts';
import { createSpread } from '../../../source/core/keys/size-spread.ts';
import { keyOf, found as resultOf } from '../../view/build-keys.ts';

const spreadOf = (sizes: readonly number[]) => {
	const counter = createSpread();
	for (const size of sizes) counter.add(size);
	return counter.spread(true);
};

/** As a scan of keys of these sizes ends. */
function partOf(sizes: readonly number[], from: number, over: Partial<BigKeysResult> = {}): BigKeysResult {
	const bytes = sizes.reduce((sum, size) => sum + size, 0);
	const group = { keys: sizes.length, bytes, keysWithoutTtl: sizes.length, estimated: false };
	const keys = sizes.map((size, index) => keyOf(`key:${from + index}`, 'hash', size, size % 97));
	const largestFirst = [...keys].sort((a, b) => b.bytes - a.bytes);
	return resultOf({
		scanned: sizes.length,
		totalBytes: bytes,
		keys: largestFirst.slice(0, 5),
		keysByItems: [...keys].sort((a, b) => b.items! - a.items!).slice(0, 5),
		types: [{ type: 'hash', ...group, length: bytes, walkedBytes: bytes }],
		patterns: [{ pattern: 'key:*', ...group }],
		databases: [{ node: 'a:1', db: 0, ...group }],
		sizeSpread: spreadOf(sizes),
		nameSpread: spreadOf(sizes.map(size => size % 50)),
		...over,
	});
}

test('two parts are the whole, whatever is in which', () => {
	const sizes = fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 60 });
	fc.assert(
		fc.property(sizes, sizes, (first, second) => {
			const joined = joinScans(partOf(first, 0, { rest: [] }), partOf(second, first.length), 5);
			const all = partOf([...first, ...second], 0);
			assert.deepEqual(
				[joined.scanned, joined.totalBytes, joined.types, joined.patterns.map(({ keys }) => keys)],
				[
					all.scanned,
					all.totalBytes,
					[{ ...joined.types[0]!, ...all.types[0]! }],
					all.patterns.map(({ keys }) => keys),
				],
			);
			assert.deepEqual(
				joined.keys.map(({ bytes }) => bytes),
				all.keys.map(({ bytes }) => bytes),
			);
			assert.deepEqual(
				joined.keysByItems.map(({ items }) => items),
				all.keysByItems.map(({ items }) => items),
			);
			const { counts: _, mean, deviation, ...exact } = all.sizeSpread!;
			const { mean: joinedMean, deviation: joinedDeviation, ...own } = joined.sizeSpread!;
			assert.deepEqual(own, exact);
			assert.ok(Math.abs(joinedMean - mean) <= 1e-9 * mean);
			assert.ok(Math.abs(joinedDeviation - deviation) <= 1e-6 * (deviation + 1));
		}),
	);
});

test('what one part does not know is not known of both; what is an estimate stays one', () => {
	const exact = partOf([10, 20], 0, { rest: [] });
	const sampled = partOf([30], 2, { sizeEstimated: true });
	const types = [{ ...sampled.types[0]!, length: undefined, estimated: true, margin: 0.3 }];
	const joined = joinScans({ ...exact, itemsOfAll: true }, { ...sampled, types }, 5);
	const [type] = joined.types;
	assert.deepEqual([type!.length, type!.estimated, joined.itemsOfAll], [undefined, true, undefined]);
	assert.ok(Math.abs(type!.margin! - 0.1) < 1e-9, 'of a third of the keys, three times as sure');
	assert.deepEqual([joined.sizeEstimated, joined.sizeMargin], [true, undefined]);
});

test('how far a scan is: of what matches nobody knows how much there is, of what is walked everybody does', () => {
	assert.equal(shareRead({ of: 200, scanned: 50 }), 0.25);
	assert.equal(shareRead({ of: 200, scanned: 3, walked: 100 }), 0.5);
	assert.equal(shareRead({ of: 0, scanned: 0 }), 1);
	assert.equal(shareRead({ of: undefined, scanned: 3 }), undefined);
});
