// What is kept of an hour of readings, and that every window of it is as long as it says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
	keepReading,
	longestWindowSeconds,
	spanOf,
	type Timed,
} from '../../../source/core/node/window-readings.ts';
import { often } from '../../lane.ts';

const keepAll = (times: readonly number[]) =>
	times.reduce<readonly Timed[]>((kept, at) => keepReading(kept, { at }), []);
const every = (seconds: number, count: number) =>
	Array.from({ length: count }, (_, index) => index * seconds * 1000);

test('two hours of readings: few are kept, and windows of 5, 15 and 60 minutes are as long as asked', () => {
	for (const pace of [0.25, 2, 5, 10]) {
		const kept = keepAll(every(pace, Math.ceil(7200 / pace)));
		assert.ok(kept.length < 160, `${kept.length} are kept at ${pace} s`);
		for (const asked of [10, 60, 300, 900, 3600]) {
			const span = spanOf(kept, asked)!;
			assert.equal(span.to, kept.at(-1));
			assert.equal(span.seconds, (span.to.at - span.from.at) / 1000);
			assert.ok(Math.abs(span.seconds - asked) <= asked * 0.05 + pace / 2, `${span.seconds} for ${asked}`);
		}
	}
});

test('a window longer than what is known is as long as that', () => {
	assert.equal(spanOf([], 300), undefined);
	assert.equal(spanOf([{ at: 5 }], 300), undefined);
	assert.deepEqual(spanOf(keepAll([0, 2000, 4000]), 300), {
		from: { at: 0 },
		to: { at: 4000 },
		seconds: 4,
	});
});

test('an hour later nothing of the old is kept', () => {
	const kept = keepAll([...every(2, 100), 8_000_000]);
	assert.deepEqual(kept, [{ at: 198_000 }, { at: 8_000_000 }]);
	assert.deepEqual(keepReading(kept, { at: 12_000_000 }), [{ at: 8_000_000 }, { at: 12_000_000 }]);
});

test('a clock that went back starts anew', () => {
	assert.deepEqual(keepAll([0, 1000, 500]), [{ at: 500 }]);
	assert.deepEqual(keepAll([0, 1000, 1000]), [{ at: 1000 }]);
});

test('at any pace: in order, bounded, the oldest reaches back, no window is off by more than the readings are apart', () => {
	const pauses = fc.array(fc.oneof(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 400_000 })), {
		minLength: 2,
		maxLength: 1500,
	});
	fc.assert(
		fc.property(pauses, fc.integer({ min: 1, max: longestWindowSeconds }), (paces, asked) => {
			let at = 0;
			const times = paces.map(pause => {
				at += pause;
				return at;
			});
			const kept = keepAll(times);
			assert.ok(kept.length < 250, 'few are kept');
			assert.ok(
				kept.every((reading, index) => index === 0 || reading.at > kept[index - 1]!.at),
				'in order',
			);
			const reach = Math.min(at - times[0]!, longestWindowSeconds * 1000);
			assert.ok(at - kept[0]!.at >= reach, 'it reaches back');
			const { seconds } = spanOf(kept, asked)!;
			const wanted = Math.min(asked * 1000, at - times[0]!);
			const widest = Math.max(...paces.slice(1));
			assert.ok(Math.abs(seconds * 1000 - wanted) <= wanted * 0.05 + widest, 'as long as asked');
		}),
		{ numRuns: often(50, 200) },
	);
});
