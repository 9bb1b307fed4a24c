// What is said of one key: LFU counters in words, held against what servers measured, and the three mitigations with
// their numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { adviseOn, type HotKeyUse, partsFor } from '../../../source/core/keys/key-advice.ts';
import {
	accessesOf,
	expectedCounter,
	mayShareCounter,
	readCounter,
	sharesIntegers,
} from '../../../source/core/keys/lfu.ts';
import { absentWords, adviceText, meansWords } from '../../../source/view/screens/hot-keys/advice-words.ts';

// Reads → counters seen on 6.0 to 8.0, log factor 10.
const measured: readonly (readonly [reads: number, low: number, high: number])[] = [
	[0, 5, 5],
	[1, 6, 6],
	[10, 6, 7],
	[100, 9, 10],
	[1000, 14, 21],
	[10_000, 48, 50],
	[100_000, 139, 153],
	[1_000_000, 255, 255],
];
for (const [reads, low, high] of measured)
	test(`${reads} reads make a counter of ${low} to ${high}`, () => {
		const counter = expectedCounter(reads);
		assert.ok(counter >= low && counter <= high, String(counter));
	});

test("the two formulas are each other's way back", () => {
	fc.assert(
		fc.property(fc.integer({ min: 5, max: 254 }), fc.nat(100), (counter, factor) =>
			assert.equal(expectedCounter(accessesOf(counter, factor), factor), counter),
		),
	);
});

test('counters in words', () => {
	const said = [0, 2, 5, 6, 20, 48, 141, 255].map(counter => meansWords(readCounter(counter)));
	assert.deepEqual(said, [
		'untouched for 5m or more',
		'untouched for 3m or more',
		'new or hardly read',
		'new or hardly read',
		'~1.1k accesses lately',
		'~9.1k accesses lately',
		'~92.0k accesses lately',
		'310k accesses lately or more',
	]);
	assert.match(meansWords(readCounter(1, { decayMinutes: 0 })), /no count yet/);
});

test('shared integers: only Redis, only LFU, only without maxmemory, only numbers', () => {
	assert.ok(sharesIntegers({ server: 'redis', maxmemoryBytes: 0, maxmemoryPolicy: 'allkeys-lfu' }));
	assert.ok(!sharesIntegers({ server: 'valkey', maxmemoryBytes: 0, maxmemoryPolicy: 'allkeys-lfu' }));
	assert.ok(!sharesIntegers({ server: 'redis', maxmemoryBytes: 1, maxmemoryPolicy: 'allkeys-lfu' }));
	assert.ok(!sharesIntegers({ server: 'redis', maxmemoryBytes: 0, maxmemoryPolicy: 'allkeys-lru' }));
	const kinds = [
		{ type: 'hash' },
		{ type: 'string', encoding: 'int' },
		{ type: 'string', encoding: 'raw' },
		{},
	];
	assert.deepEqual(
		kinds.map(kind => mayShareCounter(kind)),
		[false, true, false, true],
	);
});

const use: HotKeyUse = {
	key: 'promo:banner:home',
	hitsPerSecond: 5100,
	readShare: 0.998,
	clients: 212,
	ttlSeconds: 41,
	nodeOpsPerSecond: 14_500,
	meanOpsPerSecond: 14_500,
	primaries: 3,
	replicas: [{ address: '10.0.1.22:6379', isUp: true, opsPerSecond: 10, lagSeconds: 0.1 }],
};
const texts = (change: Partial<HotKeyUse>) =>
	adviseOn({ ...use, ...change }).map(each => `${each.helps ? '+' : '-'} ${adviceText(each)}`);

test('a key that is read', () =>
	assert.deepEqual(texts({}), [
		'+ cache it in the application for 1-5s: 5.1k reads/s of 212 clients become 212/s (1s) to 42/s (5s)',
		'+ read it from the replica 10.0.1.22:6379 (READONLY, 100ms behind): up to 5.1k/s less here',
		'+ split it in 16 (:0 to :15), 319/s each: write all, read one at random',
	]));

test('a key that is written', () =>
	assert.deepEqual(texts({ readShare: 0.1, topWrite: 'incr' }), [
		'+ split it in 16 (:0 to :15), 319/s each: write one at random, read all and add up',
		'- a cache in the application helps little: 90% of its commands write',
		'- replicas do not help: 90% of its commands write',
	]));

test('where it does not help, it says why', () => {
	const said = texts({ clients: 90_000, primaries: 1, replicas: [] });
	assert.deepEqual(
		said.map(text => text[0]),
		['-', '-', '-'],
	);
	assert.match(said[0]!, /each of 90\.0k clients reads it once in 17s only/);
	assert.match(said[1]!, /the node has none/);
	assert.match(said[2]!, /on this one node/);
	const replica = (isUp: boolean, lagSeconds: number) =>
		texts({ replicas: [{ address: 'a:1', isUp, lagSeconds }] }).join();
	assert.match(replica(false, 0), /it is not up/);
	assert.match(replica(true, 90), /1m behind at best/);
	assert.match(texts({ hitsPerSecond: 300 }).join(), /less than an even part already/);
});

test('a key that hardly takes anything needs nothing', () => {
	assert.deepEqual(texts({ hitsPerSecond: 10 }), []);
	assert.equal(texts({ hitsPerSecond: 10, nodeOpsPerSecond: undefined }).length, 3, 'not known to be little');
});

test('a key that is not there: its absence is what is to be kept', () => {
	const absent = texts({ isAbsent: true, readShare: 1, ttlSeconds: undefined });
	assert.match(
		absent[0]!,
		/^\+ cache that it is absent in the application for 1-5s: [^:]* of 212 clients become 212\/s/,
	);
	assert.match(absent.join('\n'), /- splitting it does not help: it is not there/);
	assert.equal(absentWords({ readShare: 1 }), 'not there: its reads miss');
	const written = texts({ isAbsent: true, readShare: 0.9 });
	assert.match(written[0]!, /^\+ cache it in the application/, 'it comes and goes');
	assert.equal(absentWords({ readShare: 0.9 }), 'not there when asked');
});

test('a short TTL shortens the cache', () =>
	assert.match(
		texts({ ttlSeconds: 2 })[0]!,
		/for 1-2s: [^:]* of 212 clients become 212\/s \(1s\) to 106\/s \(2s\)/,
	));

test('whatever the numbers: three or none, and none promises more load than there is', () => {
	const number = fc.double({ min: 0, max: 1e7, noNaN: true });
	const any = fc.record({
		hitsPerSecond: number,
		readShare: fc.double({ min: 0, max: 1, noNaN: true }),
		clients: fc.option(fc.nat(), { nil: undefined }),
		ttlSeconds: fc.option(number, { nil: undefined }),
		meanOpsPerSecond: fc.option(number, { nil: undefined }),
		primaries: fc.nat(9),
	});
	fc.assert(
		fc.property(any, change => {
			const advice = adviseOn({ ...use, ...change });
			const isLittle = change.hitsPerSecond < 0.02 * use.nodeOpsPerSecond!;
			const ids = advice.map(each => each.id).sort();
			assert.deepEqual(ids, isLittle ? [] : ['cache', 'replica', 'split']);
			for (const each of advice) {
				assert.ok((each.remainingPerSecond ?? 0) <= change.hitsPerSecond + 1e-6);
				assert.doesNotMatch(adviceText(each), /NaN|undefined|Infinity/);
			}
			const parts = partsFor(change);
			assert.ok(parts === undefined || (parts >= 2 && parts <= 64));
		}),
	);
});
