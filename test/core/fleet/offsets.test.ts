// How far a replica is behind when the readings of the two are of different moments, or took long. The cases are told in
// milliseconds of one clock, with a primary that writes evenly, in bursts or not at all.
// From reports: github.com/redis/redis/pull/13036 (offset_lag=0 beside lag=1: the offset of slaveN is as old as the last
// acknowledgement, 0 before the first), github.com/redis/redis/issues/2375 (megabytes between the two offsets at lag=1).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { acknowledgedWord, behindOf, keepOffset, ownWord } from '../../../source/core/fleet/offsets.ts';
import type { Info, OffsetReading } from '../../../source/core/types.ts';
import { sampleOf } from '../build.ts';

const second = 1000;
const rate = 3000;
/** Read every second on the second, in one millisecond; it writes 3 MB/s, 3,000 bytes a millisecond. */
const steady = [0, 1, 2, 3].map(
	(at): OffsetReading => ({
		askedAt: at * second,
		at: at * second + 1,
		offset: at * second * rate,
	}),
);
const word = (offset: number, from: number, to: number) => ({ offset, from, to });

const cases: readonly [name: string, ReturnType<typeof word>, least: number, most: number][] = [
	['read with its primary, and level', word(3000 * rate, 3001, 3002), 0, 2 * rate],
	['a round trip of 0.2 s, read in the middle', word(2100 * rate, 2002, 2202), 0, 102 * rate],
	['a round trip of 1.3 s, told a round late', word(1650 * rate, 1001, 2301), 0, 651 * rate],
	['1 MB behind for sure', word(2000 * rate - 1_000_000, 2001, 2002), 1_000_000, 1_000_000 + 2 * rate],
	['asked just before its primary', word(2998 * rate, 2998, 2999), 0, rate],
	['later than all readings of its primary', word(3500 * rate, 3400, 3600), 0, 100 * rate],
];
for (const [name, told, least, most] of cases)
	test(`behind: ${name}`, () => {
		const behind = behindOf(steady, told);
		assert.ok(Math.abs(behind!.least - least) <= 2 * rate, `${behind!.least}`);
		assert.ok(Math.abs(behind!.most - most) <= 2 * rate, `${behind!.most}`);
	});

test('before the first reading of the primary nothing is known', () => {
	assert.equal(behindOf(steady, word(0, -5, 5)), undefined);
	assert.equal(behindOf([], word(0, 0, 1)), undefined);
});

const line = (offset: number | undefined, lagSeconds?: number) => ({
	address: 'r:1',
	state: 'online',
	offset,
	lagSeconds,
});
const acknowledged = (offset: number | undefined, lagSeconds?: number) => {
	const told = acknowledgedWord(line(offset, lagSeconds), steady);
	return told && behindOf(steady, told);
};

test('with a long delay a replica that is asked while its primary answers is behind by what it lacks', () => {
	// Ten seconds between two readings, 10 MB/s, a way of 40 ms; the replica is asked 2 ms after its primary.
	const megabyte = 1_000_000;
	const readings = [
		{ askedAt: 0, at: 40, offset: 0 },
		{ askedAt: 10_000, at: 10_040, offset: 100 * megabyte },
	];
	const behind = behindOf(readings, word(40 * megabyte, 10_002, 10_042))!;
	assert.ok(behind.least > 59 * megabyte && behind.least <= 60 * megabyte, JSON.stringify(behind));
	assert.ok(behind.most >= 60 * megabyte && behind.most < 61 * megabyte);
	// What was acknowledged before it was asked: all may have been written since.
	assert.equal(behindOf(readings, word(40 * megabyte, 9000, 9999))?.least, 0);
});

test('an acknowledgement is credited with what was written since, a mute replica with no more than 2.5 s of it', () => {
	assert.equal(acknowledged(2100 * rate, 0)?.least, 0, 'acknowledged 0.9 s ago');
	assert.equal(acknowledged(2100 * rate, 0)?.most, 900 * rate);
	assert.equal(acknowledged(1100 * rate, 1)?.least, 0, 'acknowledged 1.9 s ago');
	assert.ok(acknowledged(1, 50)!.least > 400 * rate, 'mute');
	assert.equal(acknowledged(0, 0), undefined, 'no acknowledgement yet');
	assert.equal(acknowledged(undefined), undefined);
});

test('readings of a primary are kept for some seconds, and begin anew with another history', () => {
	const info: Info = { replicationId: 'a', replicationOffset: 5, connectedReplicas: 1 };
	const keep = (before: readonly OffsetReading[], clock: number, more: Info = {}) =>
		keepOffset(before, sampleOf('p:1', clock, { clock, pingMilliseconds: 2, info: { ...info, ...more } }));
	let kept: readonly OffsetReading[] = [];
	for (let at = 0; at <= 60; at++) kept = keep(kept, at * second);
	assert.deepEqual(
		[kept[0]?.at, kept.at(-1)],
		[51_000, { askedAt: 59_998, at: 60_000, offset: 5, history: 'a' }],
	);
	assert.equal(keep(kept, 61_000, { replicationId: 'b' }).length, 1);
	assert.equal(keep(kept, 61_000, { replicationOffset: 4 }).length, 1, 'it went back');
	assert.deepEqual(keep(kept, 61_000, { connectedReplicas: 0 }), []);
	assert.equal(keep(keep([], 0), 3600 * second).length, 2, 'a long delay keeps the one before');
});

test('INFO on another connection than the ping has its own time', () => {
	const sample = sampleOf('r:1', 0, { clock: 500, pingMilliseconds: 1, info: { replicaOffset: 7 } });
	assert.equal(ownWord(sample)?.from, 499);
	assert.equal(ownWord({ ...sample, infoMilliseconds: 300 })?.from, 200);
});

test('property: of a level replica nothing is certainly missing, and the true lag is always within the range', () => {
	const steps = fc.array(fc.tuple(fc.nat(1000), fc.nat(5_000_000)), { minLength: 4, maxLength: 12 });
	fc.assert(
		fc.property(
			steps,
			fc.nat(1300),
			fc.double({ min: 0, max: 1, noNaN: true }),
			fc.nat(1000),
			(steps, trip, part, lag) => {
				let [at, offset] = [0, 0];
				const readings = steps.map(([later, more]): OffsetReading => {
					at += later + 1;
					offset += more;
					return { askedAt: at, at, offset };
				});
				// Written at the moment of the reading: the replica has all of it but what it is behind.
				const from = readings[1]!.at;
				const writtenAt = (moment: number) => readings.findLast(reading => reading.at <= moment)!.offset;
				const to = Math.min(from + trip, readings.at(-1)!.at);
				const truth = writtenAt(from + (to - from) * part);
				const behind = behindOf(readings, word(truth - lag, from, to))!;
				assert.ok(behind.least <= lag, `${behind.least} of ${lag}`);
				assert.ok(behind.most >= lag, `${behind.most} of ${lag}`);
			},
		),
	);
});
