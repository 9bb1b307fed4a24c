// The parts of the scan without a server: the reader of the protocol for any cut of the bytes, what was seen, the pace,
// the kinds of names and their patterns, what was done until a moment. The sample's shares are in estimates.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countTally, createPatternTable, listPatterns } from '../../source/core/keys/key-patterns.ts';
import { slotOf } from '../../source/core/keys/key-slot.ts';
import { patternFinder } from '../../source/core/keys/pattern-finder.ts';
import type { Reply } from '../../source/core/types.ts';
import { byItems } from '../../source/redis/big-keys/listed-keys.ts';
import { NameHash } from '../../source/redis/big-keys/name-hash.ts';
import { NameKinds } from '../../source/redis/big-keys/name-kinds.ts';
import { createNames } from '../../source/redis/big-keys/names.ts';
import type { NodeLine } from '../../source/redis/big-keys/node-line.ts';
import { createCostMeter } from '../../source/redis/big-keys/scan-cost.ts';
import { ScanPace } from '../../source/redis/big-keys/scan-pace.ts';
import { createScanSpeed } from '../../source/redis/big-keys/scan-speed.ts';
import { SeenKeys } from '../../source/redis/big-keys/seen-keys.ts';
import { nameList } from '../../source/redis/name-list.ts';
import { replyReader } from '../../source/redis/reply-reader.ts';
import { countKey } from '../core/keys/count-keys.ts';
import { measured, often } from '../lane.ts';
import { mixedKey, word } from './fill.ts';

const byteStrings = fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes).toString('latin1'));
const line = fc.string({ maxLength: 20 }).map(text => text.replace(/[^ -~]/g, ''));
const replies: fc.Arbitrary<Reply> = fc.letrec<{ reply: Reply }>(tie => ({
	reply: fc.oneof(
		{ maxDepth: 3 },
		byteStrings,
		fc.integer(),
		fc.constant(null),
		line.map(error => ({ error })),
		fc.array(tie('reply'), { maxLength: 5 }),
	),
})).reply;

function written(reply: Reply): string {
	if (reply === null) return '$-1\r\n';
	if (typeof reply === 'number') return `:${reply}\r\n`;
	if (typeof reply === 'string') return `$${reply.length}\r\n${reply}\r\n`;
	if ('error' in reply) return `-${reply.error}\r\n`;
	return `*${reply.length}\r\n${reply.map(written).join('')}`;
}

test('replies come out whole, however the bytes are cut', () => {
	fc.assert(
		fc.property(fc.array(replies), fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (sent, sizes) => {
			const bytes = Buffer.from(sent.map(written).join(''), 'latin1');
			const got: Reply[] = [];
			const read = replyReader(
				reply => got.push(reply),
				() => assert.fail('took it for nonsense'),
			);
			for (let at = 0; at < bytes.length; ) {
				const size = sizes.next().value as number;
				read(bytes.subarray(at, at + size));
				at += size;
			}
			assert.deepEqual(got, sent);
		}),
	);
});

test('any bytes: replies or one word that it is nonsense, never a throw', () => {
	fc.assert(
		fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), chunks => {
			let broken = 0;
			const read = replyReader(
				() => {},
				() => broken++,
			);
			for (const chunk of chunks) read(Buffer.from(chunk));
			assert.ok(broken <= 1);
		}),
	);
});

test('a pause is no part of the speed', () => {
	const speed = createScanSpeed();
	for (let at = 0; at <= 2000; at += 250) speed.keysPerSecond(at, at);
	assert.equal(speed.keysPerSecond(2250, 2250), 1000);
	for (let at = 2500; at < 60_000; at += 250) assert.equal(speed.pause(), undefined);
	assert.equal(speed.keysPerSecond(60_000, 2250), undefined);
	assert.equal(speed.keysPerSecond(60_500, 2750), 1000, 'as before it was held');
});

test('a name of 64 MB in small pieces is joined once', () => {
	const name = 'n'.repeat(64 << 20);
	const bytes = Buffer.from(`$${name.length}\r\n${name}\r\n:7\r\n`, 'latin1');
	const got: Reply[] = [];
	const read = replyReader(
		reply => got.push(reply),
		() => {},
		() => 'scan',
	);
	const started = performance.now();
	for (let at = 0; at < bytes.length; at += 16_384) read(bytes.subarray(at, at + 16_384));
	assert.deepEqual(
		got.map(reply => (typeof reply === 'string' ? reply.length : reply)),
		[name.length, 7],
	);
	const took = performance.now() - started;
	measured(() => assert.ok(took < 5000, `${took} ms`));
});

test('by items: keys that are known to have several, and nothing in the place of what was not read', () => {
	const text = { key: 'text', bytes: 9000, items: 1 };
	assert.deepEqual(byItems([text, { key: 'hash', bytes: 500, items: undefined }], 10), []);
	const [few, many] = [
		{ key: 'few', bytes: 800, items: 2 },
		{ key: 'many', bytes: 500, items: 5000 },
	];
	assert.deepEqual(byItems([text, few, many], 10), [many, few]);
});

test('slots are those of the server', () => {
	// As CLUSTER KEYSLOT answers.
	assert.deepEqual(
		['foo', '123456789', '{user1000}.following', 'foo{}{bar}', 'foo{{bar}}', ''].map(slotOf),
		[12_182, 12_739, 3443, 8363, 4015, 0],
	);
});

function readName(hash: NameHash, name: string, space: number): void {
	const bytes = Buffer.from(name, 'latin1');
	hash.read(bytes, 0, bytes.length, space);
}

function placeIn(kinds: NameKinds, { kindLow, kindHigh }: NameHash, name: string): number {
	const place = kinds.find(kindLow, kindHigh);
	return place < 0 ? kinds.add(kindLow, kindHigh, name) : place;
}

test('a key is seen once; names that differ never count as one', () => {
	const many = often(100_000, 300_000);
	const hash = new NameHash(12_345);
	const seen = new SeenKeys();
	const add = (name: string, space = 0) => {
		readName(hash, name, space);
		return seen.add(hash.low, hash.high);
	};
	for (let n = 0; n < many; n++) if (!add(mixedKey(n).key)) assert.fail(`${n} is new`);
	for (let n = 0; n < many; n += 7) if (add(mixedKey(n).key)) assert.fail(`${n} is known`);
	assert.ok(add(mixedKey(0).key, 1), 'the same name in another database is another key');
	assert.equal(seen.repeated, Math.ceil(many / 7));
});

test('memory of what was seen is bounded, and the last ones are known', () => {
	const hash = new NameHash(1);
	const seen = new SeenKeys(1 << 20);
	const add = (n: number) => {
		readName(hash, `key:${n}`, 0);
		return seen.add(hash.low, hash.high);
	};
	for (let n = 0; n < 500_000; n++) add(n);
	assert.ok(seen.bytes <= 1 << 20, `${seen.bytes}`);
	for (let n = 500_000 - 49_000; n < 500_000; n++) assert.ok(!add(n));
});

test('names that differ in digits alone are of one kind, versions are not', () => {
	const kind = (name: string) => {
		const hash = new NameHash(7);
		readName(hash, name, 0);
		return `${hash.kindLow} ${hash.kindHigh}`;
	};
	assert.equal(kind('cart:{17}:items'), kind('cart:{42}:items'));
	assert.notEqual(kind('cart:{17}:items'), kind('cart:{17}:other'));
	assert.notEqual(kind('api:v1:x'), kind('api:v2:x'));
});

test('counted by kind, the patterns are those of the keys counted one by one', () => {
	const names = fc.oneof(
		fc.nat(3000).map(n => mixedKey(n).key),
		fc.tuple(fc.nat(40), fc.nat(), fc.nat(9)).map(([a, b, c]) => `${word(a)}:${b}:v${c}`),
		fc.uuid(),
		byteStrings,
	);
	fc.assert(
		fc.property(fc.array(fc.tuple(names, fc.nat(1000)), { maxLength: 300 }), keys => {
			const single = createPatternTable();
			const summed = createPatternTable();
			const kinds = new NameKinds(sums => {
				for (const { name, keys, bytes } of sums)
					countTally(summed, name, { keys, bytes, hits: 0, sampled: 0, withoutTtl: 0 });
			});
			const hash = new NameHash(99);
			for (const [name, bytes] of keys) {
				countKey(single, name, bytes);
				readName(hash, name, 0);
				const sums = kinds.sumsAt(placeIn(kinds, hash, name));
				sums.keys++;
				sums.bytes += bytes;
			}
			kinds.handOn();
			assert.deepEqual(listPatterns(summed), listPatterns(single));
			const find = patternFinder(listPatterns(single).map(({ pattern }) => pattern));
			for (const [name] of keys) assert.notEqual(find(name), undefined, name);
		}),
	);
});

test('a pace is kept, batches stay small, a suffering node gets less', () => {
	const pace = new ScanPace(20_000);
	let now = 0;
	let keys = 0;
	while (now < 10_000) {
		now += pace.wait(now);
		pace.left(now, pace.batch);
		keys += pace.batch;
		now += 0.5;
		pace.answered(0.5);
		assert.ok(pace.batch <= 250, `${pace.batch}`);
	}
	assert.ok(Math.abs(keys - 200_000) < 4000, `${keys}`);
	pace.judge(20_000, { pingMilliseconds: 0.4 });
	assert.equal(pace.keysPerSecond, 20_000);
	pace.judge(21_000, { pingMilliseconds: 3 });
	assert.equal(pace.keysPerSecond, 10_000);
	assert.match(pace.reason!, /ping/);
	pace.judge(22_000, { pingMilliseconds: 0.4, isForking: true });
	assert.equal(pace.keysPerSecond, 5000);
	pace.judge(23_000, { pingMilliseconds: 0.4, cpuPercent: 91 });
	assert.equal(pace.keysPerSecond, 2500);
	for (let second = 24; second < 40; second++) pace.judge(second * 1000, { pingMilliseconds: 0.4 });
	assert.equal(pace.keysPerSecond, 20_000);
	assert.equal(pace.reason, undefined);
});

test('what a late timer cost is made up for, what a pause cost is not', () => {
	const pace = new ScanPace(20_000);
	let [now, keys] = [5000, 0];
	const until = (end: number, late: number) => {
		while (now < end) {
			now += Math.max(pace.wait(now), 0.5) + late;
			pace.left(now, 80);
			keys += 80;
		}
	};
	until(15_000, 2);
	assert.ok(Math.abs(keys - 200_000) < 4000, `${keys} keys in ten seconds, each batch 2 ms late`);
	[now, keys] = [60_000, 0];
	until(60_010, 0);
	assert.ok(keys <= 800, `${keys} keys in the 10 ms after a pause`);
});

test('a free scan takes the largest batch, and over a long way a paced one takes more at once', () => {
	const free = new ScanPace(0);
	for (let trip = 0; trip < 20; trip++) free.answered(4);
	assert.equal(free.batch, 1000);
	assert.equal(free.wait(0), 0);
	const far = new ScanPace(20_000);
	for (let trip = 0; trip < 20; trip++) far.answered(30);
	assert.equal(far.batch, 900);
});

test('without a ceiling a long way gets more keys at once, a slow server does not', () => {
	const far = new ScanPace(0);
	for (let trip = 0; trip < 20; trip++) far.answered(10 + far.batch / 1000);
	assert.ok(far.batch > 2000 && far.batch <= 4000, `${far.batch} keys over 10 ms`);
	const slow = new ScanPace(0);
	for (let trip = 0; trip < 20; trip++) slow.answered(0.2 + slow.batch / 50);
	assert.ok(slow.batch <= 1000, `${slow.batch} keys of a server that takes 20 us for each`);
});

test('more kinds than there is room for: nothing is lost, and what is handed on in turn comes to the same', () => {
	for (const most of [undefined, 1000]) {
		let keys = 0;
		let bytes = 0;
		const kinds = new NameKinds(sums => {
			for (const one of sums) {
				keys += one.keys;
				bytes += one.bytes;
			}
		});
		const hash = new NameHash(3);
		for (let n = 0; n < 400_000; n++) {
			const name = `${word(n % 200_000)}:x`;
			readName(hash, name, 0);
			const sums = kinds.sumsAt(placeIn(kinds, hash, name));
			sums.keys++;
			sums.bytes += n % 7;
			if (n % 5000 === 0) kinds.handOn(most);
		}
		kinds.handOn();
		assert.deepEqual(
			[keys, bytes],
			[400_000, Array.from({ length: 400_000 }, (_, n) => n % 7).reduce((a, b) => a + b)],
		);
	}
});

test('a key that moved before it was sized is new once more, where it went', () => {
	const names = createNames(11);
	const take = (...list: string[]) => names.take(nameList(list), 0);
	assert.deepEqual([...take('a', 'b', 'c', 'b').isNew], [1, 1, 1, 0]);
	names.expectAgain(['a', 'b'], 0);
	assert.equal(names.astray(), 2);
	const again = take('c', 'a', 'a');
	assert.deepEqual([...again.isNew], [0, 1, 0]);
	assert.ok(again.kinds[0] !== 0 && again.kinds[1] !== 0 && again.kinds[2] === 0);
	assert.deepEqual([names.astray(), names.repeated(), names.areAllKnown()], [1, 3, true]);
});

test('the cost: the mean time of a call by everybody meanwhile, times our own calls; nothing where it is not told', async () => {
	const told = ['cmdstat_scan:calls=100,usec=9000', 'cmdstat_scan:calls=300,usec=15000'];
	const own = { commands: 50, hits: 0, inputBytes: 7, outputBytes: 9, calls: { scan: 50, ttl: 3 } };
	const line = (replies: readonly (string | undefined)[]) => {
		const left = [...replies];
		return { tell: async () => [left.shift()], own: () => own } as unknown as NodeLine;
	};
	const costOf = async (replies: readonly (string | undefined)[]) => {
		const meter = createCostMeter();
		const one = line(replies);
		await meter.begin(one);
		await meter.end(one);
		return meter.cost([own, own]);
	};
	// 200 calls took 6000: 30 each.
	assert.deepEqual(await costOf(told), {
		...{ commands: 100, inputBytes: 14, outputBytes: 18, serverMicroseconds: 1500 },
	});
	assert.equal((await costOf([told[0], undefined])).serverMicroseconds, undefined);
	// CONFIG RESETSTAT meanwhile.
	assert.equal((await costOf([told[1], told[0]])).serverMicroseconds, undefined);
});
