// What redis-top looked up itself is in no hit rate: neither the keys that were there nor those that had just gone.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addOwn } from '../../../source/core/fleet/own-use.ts';
import { ratesBetween } from '../../../source/core/fleet/rates.ts';
import type { OwnUse, Sample } from '../../../source/core/types.ts';
import { noOwn } from '../build.ts';

const sample = (second: number, own: OwnUse, hits: number, misses: number): Sample => ({
	node: 'a:1',
	at: second * 1000,
	clock: second * 1000,
	own,
	refused: [],
	info: { keyspaceHits: hits, keyspaceMisses: misses },
});

describe('own lookups', () => {
	for (const { name, own, misses } of [
		{ name: 'misses are taken out', own: { ...noOwn, hits: 30, misses: 6 }, misses: 1 },
		{ name: 'those of older recordings are not known', own: { ...noOwn, hits: 30 }, misses: 7 },
		{ name: 'never below zero', own: { ...noOwn, hits: 30, misses: 9 }, misses: 0 },
	])
		test(name, () => {
			const found = ratesBetween(sample(0, noOwn, 100, 10), sample(1, own, 140, 17));
			assert.equal(found?.interval.hits, 10);
			assert.equal(found?.interval.misses, misses);
		});

	test('they add up over all that ask', () =>
		assert.equal(addOwn({ ...noOwn, misses: 2 }, addOwn(noOwn, { ...noOwn, misses: 3 }))?.misses, 5));
});
