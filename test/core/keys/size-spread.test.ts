// Mean, deviation and percentiles against those that are computed from all values, exact and where there are too many.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSpread } from '../../../source/core/keys/size-spread.ts';

const spreadOf = (sizes: readonly number[], most?: number) => {
	const counter = createSpread(most);
	for (const size of sizes) counter.add(size);
	return counter.spread();
};

const isNear = (value: number, expected: number, share = 1e-9) =>
	Math.abs(value - expected) <= Math.max(1e-9, Math.abs(expected) * share);

test('of nothing nothing, of one all of it, and small sizes beside a huge one', () => {
	assert.equal(spreadOf([]), undefined);
	const one = spreadOf([72])!;
	assert.deepEqual(
		[one.count, one.sum, one.mean, one.deviation, one.least, one.most],
		[1, 72, 72, 0, 72, 72],
	);
	assert.ok(one.percentiles.every(({ size }) => size === 72));
	const huge = spreadOf([...Array.from({ length: 999 }, () => 100), 4e9])!;
	assert.equal(huge.percentiles.find(({ share }) => share === 0.999)?.size, 100);
	assert.ok(isNear(huge.deviation, Math.sqrt(0.001 * 0.999) * (4e9 - 100)));
});

test('any sizes: as computed from all of them; coarse within half a percent', () => {
	fc.assert(
		fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 1, maxLength: 300 }), sizes => {
			const inOrder = [...sizes].sort((a, b) => a - b);
			const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
			const variance = sizes.reduce((sum, size) => sum + (size - mean) ** 2, 0) / sizes.length;
			for (const most of [1000, 3]) {
				const { percentiles, ...found } = spreadOf(sizes, most)!;
				assert.ok(isNear(found.mean, mean) && isNear(found.deviation, Math.sqrt(variance), 1e-6));
				assert.deepEqual([found.least, found.most], [inOrder[0], inOrder.at(-1)]);
				for (const { share, size } of percentiles) {
					const exact = inOrder[Math.ceil(share * sizes.length) - 1]!;
					assert.ok(most === 3 ? isNear(size, exact, 0.006) || Math.abs(size - exact) <= 1 : size === exact);
				}
			}
		}),
	);
});

test('steps and doublings: how many are no larger, at each halving of the rest and at each power of two', () => {
	const found = spreadOf([1, 3, 3, 9, 40])!;
	assert.deepEqual(found.steps, [
		{ share: 0, size: 1, keys: 1 },
		{ share: 0.5, size: 3, keys: 3 },
		{ share: 0.75, size: 9, keys: 4 },
		{ share: 1, size: 40, keys: 5 },
	]);
	assert.deepEqual(found.doublings, [
		{ size: 1, keys: 1 },
		{ size: 2, keys: 1 },
		{ size: 4, keys: 3 },
		{ size: 8, keys: 3 },
		{ size: 16, keys: 4 },
		{ size: 32, keys: 4 },
		{ size: 64, keys: 5 },
	]);
	assert.deepEqual(spreadOf([0])!.doublings, [{ size: 1, keys: 1 }]);
});
