// The streaming top keys: the error bound holds for any stream and any merge, the true heavy ones are found, the N
// largest are the N largest. The traffic with known shares is made here, from a seed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { combineShares, shareInterval, unevenness } from '../../../source/core/keys/shares.ts';
import { createLargest, createTopKeys, type TopKeys } from '../../../source/core/keys/top-keys.ts';

const stream = fc.array(fc.tuple(fc.nat(60).map(String), fc.integer({ min: 1, max: 9 })), { maxLength: 400 });
const sizes = fc.integer({ min: 1, max: 40 });

function fill(capacity: number, list: readonly (readonly [string, number])[]): TopKeys {
	const top = createTopKeys(capacity);
	for (const [key, weight] of list) top.add(key, weight);
	return top;
}

function weigh(list: readonly (readonly [string, number])[]): Map<string, number> {
	const truth = new Map<string, number>();
	for (const [key, weight] of list) truth.set(key, (truth.get(key) ?? 0) + weight);
	return truth;
}

function holds(top: TopKeys, truth: ReadonlyMap<string, number>): void {
	const listed = new Map(top.top().map(heavy => [heavy.key, heavy]));
	assert.ok(listed.size <= top.capacity);
	assert.equal(
		top.total(),
		[...truth.values()].reduce((total, weight) => total + weight, 0),
	);
	for (const [key, weight] of truth) {
		const heavy = listed.get(key);
		if (!heavy) assert.ok(weight <= top.floor(), `${key} weighs ${weight}, over the floor ${top.floor()}`);
		else
			assert.ok(
				heavy.count - heavy.error <= weight && weight <= heavy.count,
				JSON.stringify({ heavy, weight }),
			);
	}
}

test('the error bound holds for any stream', () => {
	fc.assert(
		fc.property(stream, sizes, (list, capacity) => {
			const top = fill(capacity, list);
			holds(top, weigh(list));
			assert.ok(top.floor() <= top.total() / capacity, 'never more than an even share is lost');
		}),
	);
});

test('with room for every key it counts exactly', () => {
	const top = fill(3, [
		['a', 2],
		['b', 5],
		['a', 1],
		['c', 3],
		['d', 0],
	]);
	assert.deepEqual(top.top(2), [
		{ key: 'b', count: 5, error: 0 },
		{ key: 'a', count: 3, error: 0 },
	]);
	assert.equal(top.floor(), 0);
});

/** A stream of keys by Zipf's law, and the true share of each. */
function zipf(keys: number, seed: number): { draw: () => number; shares: number[] } {
	const weights = Array.from({ length: keys }, (_, rank) => 1 / (rank + 1));
	const total = weights.reduce((sum, weight) => sum + weight, 0);
	let reached = 0;
	const sums = weights.map(weight => (reached += weight / total));
	const random = randomFrom(seed);
	const draw = () => {
		const wanted = random();
		let [low, high] = [0, keys - 1];
		while (low < high) {
			const middle = (low + high) >> 1;
			if (sums[middle]! < wanted) low = middle + 1;
			else high = middle;
		}
		return low;
	};
	return { draw, shares: weights.map(weight => weight / total) };
}

function randomFrom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

for (const capacity of [200, 4096]) {
	test(`of 100,000 keys by Zipf the ten hottest are among the top 20, their shares inside, with ${capacity} places`, () => {
		let found = 0;
		let inside = 0;
		const runs = 40;
		for (let run = 0; run < runs; run++) {
			const { draw, shares } = zipf(100_000, run + 1);
			const top = createTopKeys(capacity);
			for (let index = 0; index < 20_000; index++) top.add(String(draw()));
			const list = top.top(20);
			const hottest = Array.from({ length: 10 }, (_, rank) => list.find(heavy => heavy.key === String(rank)));
			if (hottest.every(heavy => heavy)) found++;
			hottest.forEach((heavy, rank) => {
				const { low, high } = shareInterval({ ...(heavy ?? { count: 0 }), total: top.total() });
				if (low <= shares[rank]! && shares[rank]! <= high) inside++;
			});
		}
		assert.ok(found >= runs * 0.95, `${found} of ${runs} runs`);
		assert.ok(inside >= runs * 10 * 0.9, `${inside} of ${runs * 10} shares`);
	});
}

test('an interval holds its share and stays within 0 and 1', () => {
	const sample = fc.record({
		total: fc.nat(100_000),
		count: fc.nat(100_000),
		error: fc.nat(100),
		unevenness: fc.double({ min: 0.1, max: 50, noNaN: true }),
	});
	fc.assert(
		fc.property(sample, ({ total, count, error, unevenness }) => {
			const { low, share, high } = shareInterval({ total, count: Math.min(count, total), error, unevenness });
			assert.ok(0 <= low && low <= share && share <= high && high <= 1, `${low} ${share} ${high}`);
		}),
	);
});

test("the contract's example: 6,412 of 18,204", () => {
	const { low, share, high } = shareInterval({ count: 6412, total: 18_204 });
	assert.deepEqual(
		[low, share, high].map(value => value.toFixed(3)),
		['0.345', '0.352', '0.359'],
	);
});

test('nodes of different load: each counts by its part of the commands', () => {
	const hot = shareInterval({ count: 500, total: 1000 });
	const fleet = combineShares([
		{ weight: 3000, interval: hot },
		{ weight: 1000, interval: shareInterval({ count: 0, total: 1000 }) },
	]);
	assert.equal(fleet.share, 0.375);
	assert.ok(fleet.low > 0.34 && fleet.high < 0.41);
	assert.deepEqual(combineShares([]), { share: 0, low: 0, high: 1 });
});

test('bursts widen the interval, an even flow does not', () => {
	const even = Array.from({ length: 20 }, () => ({ hits: 50, commands: 100 }));
	assert.equal(unevenness(even), 1);
	const bursts = even.map((slice, index) => ({ ...slice, hits: index % 2 ? 100 : 0 }));
	assert.ok(unevenness(bursts) > 50);
	assert.equal(unevenness([]), 1);
});

test('the largest are the largest, each key once, in any order', () => {
	const pairs = fc.array(fc.tuple(fc.nat(30).map(String), fc.nat(50)), { maxLength: 300 });
	fc.assert(
		fc.property(pairs, fc.nat(12), (list, limit) => {
			const largest = createLargest<number>(limit);
			for (const [key, size] of list) if (largest.wants(size)) largest.add(key, size, size * 2);
			const truth = new Map<string, number>();
			for (const [key, size] of list) truth.set(key, Math.max(size, truth.get(key) ?? 0));
			const sorted = [...truth]
				.sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
				.slice(0, limit);
			assert.deepEqual(
				largest.list(),
				sorted.map(([key, size]) => ({ key, size, value: size * 2 })),
			);
		}),
	);
});
