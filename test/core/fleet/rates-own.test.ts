// What redis-top looked up itself is in no hit rate: neither the keys that were there nor those that had just gone.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addOwn } from '../../../source/core/fleet/own-use.ts';
import { ratesBetween } from '../../../source/core/fleet/rates.ts';
import type { Info, OwnUse, Sample } from '../../../source/core/types.ts';
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

describe('own commands, bytes and errors', () => {
	const one = {
		...{ commands: 1, hits: 2, misses: 3, inputBytes: 40, outputBytes: 500 },
		...{ calls: { info: 6, ping: 7 }, errors: { NOPERM: 8 } },
	};
	const other = {
		...{ commands: 10, hits: 20, misses: 30, inputBytes: 400, outputBytes: 5000 },
		...{ calls: { info: 60, scan: 1 }, errors: { NOPERM: 80, ERR: 1 } },
	};

	test('add up, each with its like', () => {
		assert.deepEqual(addOwn(one, other), {
			...{ commands: 11, hits: 22, misses: 33, inputBytes: 440, outputBytes: 5500 },
			...{ calls: { info: 66, ping: 7, scan: 1 }, errors: { NOPERM: 88, ERR: 1 } },
		});
		assert.equal(addOwn(one, undefined), one);
		assert.equal(addOwn(undefined, other), other);
	});

	test('are in no rate, each out of its like', () => {
		const at = (second: number, own: OwnUse, info: Info): Sample => ({ ...sample(second, own, 0, 0), info });
		const before = { commandsProcessed: 100, inputBytes: 1000, outputBytes: 2000, errorReplies: 5 };
		const now = { commandsProcessed: 219, inputBytes: 1760, outputBytes: 8500, errorReplies: 105 };
		const { rates } = ratesBetween(at(0, one, before), at(2, other, now))!;
		// 9 commands, 360 and 4500 bytes and 73 errors were ours.
		assert.deepEqual([rates.ops, rates.inputBytes, rates.outputBytes, rates.errors], [55, 200, 1000, 13.5]);
	});
});
