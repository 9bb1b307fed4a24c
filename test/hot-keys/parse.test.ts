// The replies of the rungs as servers send them, and as they do not: HOTKEYS of both kinds, SLOT-STATS of all of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHotkeys } from '../../source/core/parse/parse-hotkeys.ts';
import {
	commandMicroseconds,
	countsOf,
	hottestSlots,
	parseSlotStats,
} from '../../source/core/parse/parse-slot-stats.ts';
import type { Reply } from '../../source/core/types.ts';
import { captureReply } from '../core/captures.ts';

const session = (changes: Readonly<Record<string, Reply>> = {}): Reply[] =>
	Object.entries({
		'tracking-active': 1,
		'sample-ratio': 10,
		'selected-slots': [[0, 5460], [16_000]],
		'all-commands-all-slots-us': 20_000,
		'net-bytes-all-commands-all-slots': 500_000,
		'collection-start-time-unix-ms': 1_770_824_933_147,
		'collection-duration-ms': 10_004,
		'total-cpu-time-user-ms': 23,
		'total-cpu-time-sys-ms': 7,
		'total-net-bytes': 2038,
		'by-cpu-time-us': ['hot\x00key', 600, 'warm', 100],
		'by-net-bytes': ['big', 20_000, 'hot\x00key', 1000],
		...changes,
	}).flat(1) as Reply[];

test('a session of Redis 8.6, in an array of one and flat', () => {
	for (const reply of [[session()], session()]) {
		assert.deepEqual(parseHotkeys(reply), {
			kind: 'session',
			isActive: true,
			sampleRatio: 10,
			startedAt: 1_770_824_933_147,
			seconds: 10.004,
			allMicroseconds: 20_000,
			allNetBytes: 500_000,
			ranMicroseconds: 30_000,
			// The server tells a tenth of the keys and the whole of all commands.
			scale: 10,
			timeOf: 2000,
			bytesOf: 2038,
			byCpu: [
				{ key: 'hot\x00key', microseconds: 600 },
				{ key: 'warm', microseconds: 100 },
			],
			byNet: [
				{ key: 'big', bytes: 20_000 },
				{ key: 'hot\x00key', bytes: 1000 },
			],
		});
	}
});

test('whether the server multiplies is no guess: one outlier does not make every key ten times too small', () => {
	// One command of 19 ms among those that were looked at: ten times that is more than all there was.
	const found = parseHotkeys(session({ 'by-cpu-time-us': ['once', 19_000, 'warm', 500] }));
	assert.ok(found?.kind === 'session');
	assert.deepEqual([found.scale, found.timeOf], [10, 2000]);
});

test('a session that is limited to slots: which, and its shares are of their commands', () => {
	const limited = {
		'all-commands-selected-slots-us': 8000,
		'net-bytes-all-commands-selected-slots': 90_000,
		'total-net-bytes': 2038,
	};
	const [all, sampled] = [
		session(limited),
		session({
			...limited,
			'sampled-commands-selected-slots-us': 790,
			'net-bytes-sampled-commands-selected-slots': 9100,
		}),
	].map(reply => parseHotkeys([reply]));
	assert.ok(all?.kind === 'session' && sampled?.kind === 'session');
	assert.deepEqual(all.onlySlots, [
		[0, 5460],
		[16_000, 16_000],
	]);
	assert.deepEqual([all.timeOf, all.allMicroseconds], [800, 20_000]);
	assert.equal(sampled.timeOf, 790, 'what was looked at, on the scale of the keys');
	const whole = parseHotkeys([session()]);
	assert.ok(whole?.kind === 'session' && whole.onlySlots === undefined);
});

test('a session by one metric; one that is over', () => {
	const fields = session({ 'tracking-active': 0, 'sample-ratio': 1 });
	const at = fields.indexOf('by-net-bytes');
	const found = parseHotkeys([fields.slice(0, at)]);
	assert.ok(found?.kind === 'session');
	assert.equal(found.isActive, false);
	assert.equal(found.byNet, undefined);
	assert.deepEqual(found.byCpu?.[0], { key: 'hot\x00key', microseconds: 600 });
});

test('a window of Valkey', () => {
	const entry = (key: string, db: number, qps: Reply): Reply => ['key', key, 'db', db, 'qps', qps];
	assert.deepEqual(parseHotkeys([entry('a', 0, 1200), entry('b c', 3, '80')]), {
		kind: 'window',
		keys: [
			{ key: 'a', db: 0, perSecond: 1200 },
			{ key: 'b c', db: 3, perSecond: 80 },
		],
	});
});

test('nothing is nothing, and what is no answer is none', () => {
	assert.deepEqual(parseHotkeys(null), { kind: 'nothing' });
	assert.deepEqual(parseHotkeys([]), { kind: 'nothing' });
	for (const reply of ['OK', 3, ['a', 'b'], [[1, 2]], { error: 'ERR' }, undefined])
		assert.equal(parseHotkeys(reply), undefined);
});

const replies: fc.Arbitrary<Reply> = fc.letrec<{ reply: Reply }>(tie => ({
	reply: fc.oneof(
		{ maxDepth: 4 },
		fc.constantFrom(
			'tracking-active',
			'qps',
			'key',
			'by-cpu-time-us',
			'key-count',
			'cpu-usec',
			'sample-ratio',
		),
		fc.integer(),
		fc.constant(null),
		fc.constant({ error: 'ERR' }),
		fc.array(tie('reply'), { maxLength: 6 }),
	),
})).reply;

test('no reply makes a parser throw', () => {
	fc.assert(
		fc.property(replies, reply => {
			parseHotkeys(reply);
			parseSlotStats(reply);
		}),
	);
});

test('SLOT-STATS of Valkey 8.1, of Redis 8.4, and while the statistics are off', () => {
	const captured = parseSlotStats(captureReply('valkey-8.1.1/hot-keys/slot-stats-orderby-cpu.resp2'));
	assert.equal(captured?.length, 5);
	assert.deepEqual(captured![0], {
		slot: 2036,
		keys: 2,
		cpuMicroseconds: 53,
		inputBytes: 161,
		outputBytes: 171,
		memoryBytes: undefined,
	});
	const fields = [
		'key-count',
		7,
		'memory-bytes',
		900,
		'cpu-usec',
		50,
		'network-bytes-in',
		1,
		'network-bytes-out',
		2,
	];
	assert.deepEqual(parseSlotStats([[12, fields]]), [
		{ slot: 12, keys: 7, cpuMicroseconds: 50, inputBytes: 1, outputBytes: 2, memoryBytes: 900 },
	]);
	assert.equal(parseSlotStats([[12, ['key-count', 7]]])![0]!.cpuMicroseconds, undefined);
	assert.equal(parseSlotStats('no'), undefined);
});

test('hot slots are differences: a year of the past is not now, and a counter that fell starts anew', () => {
	const reading = (slot: number, cpuMicroseconds: number) => ({
		...{ slot, keys: 3, cpuMicroseconds, inputBytes: 0, outputBytes: 0 },
	});
	const change = (slot: number, before: number, after: number) => ({
		before: reading(slot, before),
		after: reading(slot, after),
		seconds: 5,
	});
	const slots = hottestSlots(
		'n:1',
		[change(1, 9e12, 9e12 + 1000), change(2, 50, 2_500_050), change(3, 9e9, 500_000), change(4, 7, 7)],
		20,
	);
	assert.deepEqual(
		slots.map(({ slot, share, cpuMicrosecondsPerSecond }) => [slot, share, cpuMicrosecondsPerSecond]),
		[
			[2, 0.5, 500_000],
			[3, 0.1, 100_000],
			[1, 0.0002, 200],
		],
	);
	assert.equal(hottestSlots('n:1', [change(1, 0, 10), change(2, 0, 20)], 1).length, 1);
	const [half] = hottestSlots('n:1', [change(2, 0, 50_000)], 20, 20_000);
	assert.equal(half!.share, 0.5, 'of the time of all commands where that is known');
});

test('the time of all commands counts what a script calls once, and not our own', () => {
	const stat = (usec: number) => ({ calls: 1, usec });
	assert.equal(
		commandMicroseconds({
			...{ get: stat(100), incr: stat(50), evalsha: stat(80), exec: stat(70), fcall_ro: stat(9) },
			...{ info: stat(1000), 'cluster|slot-stats': stat(1000), 'config|get': stat(5) },
		}),
		155,
	);
	assert.equal(commandMicroseconds(undefined), undefined);
});

test('SLOT-STATS of Redis 8.6.3: each kind is counted by itself', () => {
	const counts = (name: string) => {
		const readings = parseSlotStats(captureReply(`redis-8.6.3/hot-keys/slot-stats-by-${name}.resp2`));
		return readings && countsOf(readings);
	};
	const kinds = { time: false, bytes: false, memory: false };
	assert.deepEqual(counts('keys-no'), kinds);
	assert.deepEqual(counts('keys-cpu'), { ...kinds, time: true });
	assert.deepEqual(counts('keys-net'), { ...kinds, bytes: true });
	assert.deepEqual(counts('keys-cpu-net'), { ...kinds, time: true, bytes: true });
	assert.deepEqual(counts('key-yes'), { time: true, bytes: true, memory: true });
	assert.equal(counts('cpu-net'), undefined, 'an order by what is not counted is an error');
	assert.equal(countsOf([]), undefined);
});

test('without time slots are in the order of their bytes', () => {
	const reading = (slot: number, inputBytes: number, outputBytes: number) => ({
		...{ slot, keys: 1, inputBytes, outputBytes },
	});
	const change = (slot: number, bytes: number) => ({
		...{ before: reading(slot, 0, 0), after: reading(slot, bytes, bytes * 2), seconds: 5 },
	});
	const slots = hottestSlots('n:1', [change(1, 1000), change(2, 3000), change(3, 0)], 20);
	assert.deepEqual(
		slots.map(({ slot, share, shareOf }) => [slot, share, shareOf]),
		[
			[2, 0.75, 'bytes'],
			[1, 0.25, 'bytes'],
		],
	);
});
