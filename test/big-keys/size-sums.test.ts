// Sums of sizes: what the listed keys really have, the others put right by the sample, and a margin that holds the
// truth in 95 of 100. The listed are those that five elements made large, so the sum of the walk is no sum of these.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addingUp, sizeSum } from '../../source/redis/big-keys/size-sums.ts';
import { randomFrom } from './random.ts';

test('the margin of a sum holds in 95 of 100, with the largest by estimate listed', () => {
	let held = 0;
	let widest = 0;
	const rounds = 300;
	for (let round = 0; round < rounds; round++) {
		const random = randomFrom(round + 1);
		const keys = Array.from({ length: 4000 }, () => {
			const bytes = 2000 + 60_000 * random();
			// By five elements: mostly far too small, sometimes far too large, right in the mean.
			const walkedBytes = bytes * (random() < 0.2 ? 3.4 : 0.4);
			return { bytes, walkedBytes, resizedBytes: bytes * (0.9 + 0.2 * random()) };
		}).sort((a, b) => b.walkedBytes - a.walkedBytes);
		const [listed, others] = [keys.slice(0, 100), keys.slice(100)];
		const sampled = others
			.filter(() => random() < 0.1)
			.map(({ walkedBytes, resizedBytes }) => ({ bytes: walkedBytes, resizedBytes, weight: 10 }));
		const walked = keys.reduce((sum, key) => sum + key.walkedBytes, 0);
		const truth = keys.reduce((sum, key) => sum + key.bytes, 0);
		const sum = sizeSum(keys.length, walked, listed, sampled);
		assert.equal(sum.sizeEstimated, true);
		widest = Math.max(widest, sum.sizeMargin!);
		if (Math.abs(sum.bytes - truth) <= sum.sizeMargin! * sum.bytes) held++;
	}
	assert.ok(held >= 0.95 * rounds, `${held} of ${rounds}`);
	assert.ok(widest < 0.3, `${widest}: a margin that says something`);
});

test('strings are no estimate; too small a sample says no margin', () => {
	const alike = Array.from({ length: 40 }, () => ({ bytes: 100, resizedBytes: 100, weight: 25 }));
	assert.deepEqual(sizeSum(1000, 100_000, [], alike), {
		bytes: 100_000,
		sizeEstimated: false,
		sizeMargin: 0,
	});
	assert.deepEqual(sizeSum(1000, 100_000, [], alike.slice(0, 3)), { bytes: 100_000, sizeEstimated: true });
	const listed = [{ bytes: 900, walkedBytes: 300, sizeEstimated: false }];
	assert.deepEqual(sizeSum(1, 300, listed, []), { bytes: 900, sizeEstimated: false, sizeMargin: 0 });
	const unsure = [{ bytes: 900, walkedBytes: 300, sizeEstimated: true }];
	assert.deepEqual(
		sizeSum(1, 300, unsure, []),
		{ bytes: 900, sizeEstimated: true },
		'no less than the key itself',
	);
	const many = sizeSum(10, 3000, unsure, []);
	assert.deepEqual(many, { bytes: 3000, sizeEstimated: true }, 'as the walk sized it');
});

test('parts add up to the whole, and what is sure stays as it is', () => {
	const parts = [
		{ bytes: 500, sizeEstimated: false },
		{ bytes: 300, sizeEstimated: true },
		{ bytes: 100, sizeEstimated: true },
	];
	assert.deepEqual(
		addingUp(parts, 1300).map(({ bytes }) => bytes),
		[500, 600, 200],
	);
	assert.deepEqual(
		addingUp(parts, 400).map(({ bytes }) => bytes),
		[222, 133, 44],
	);
	assert.deepEqual(addingUp([{ bytes: 5 }], 5), [{ bytes: 5 }]);
});
