// How long a node let us wait: over every call, from the call or the last answer on, whatever becomes of the connection,
// and without what we were late ourselves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lateness } from '../../source/redis/pulse.ts';
import { type Silence, watchSilence } from '../../source/redis/silence.ts';

const punctual = () => watchSilence(() => 0);
/** A call that is answered after so many milliseconds. */
function call(silence: Silence, sentAt: number, milliseconds: number): void {
	silence.sent(sentAt);
	silence.answered(sentAt + milliseconds);
}
const lengths = (silence: Silence) => silence.take().stalls.map(({ milliseconds }) => milliseconds);

test('the longest wait of all calls counts, not the last one', () => {
	const silence = punctual();
	for (const [at, took] of [
		[0, 1],
		[200, 40],
		[400, 2],
	] as const)
		call(silence, at, took);
	assert.deepEqual(silence.take(), { longestMilliseconds: 40, stalls: [] });
	assert.deepEqual(silence.take(), { longestMilliseconds: undefined, stalls: [] });
});

test('a second without an answer is a stall, with half of the time that nobody asked', () => {
	const silence = punctual();
	call(silence, 0, 1);
	call(silence, 201, 1100);
	assert.deepEqual(silence.take().stalls, [{ endedAt: 1301, milliseconds: 1200 }]);
	// Who asks seldom knows little of when it began: no more than a tenth of a second is added.
	call(silence, 9000, 950);
	assert.deepEqual(lengths(silence), [1050]);
	call(silence, 20_000, 899);
	assert.deepEqual(lengths(silence), []);
});

test('calls that waited together are one stall', () => {
	const silence = punctual();
	call(silence, 0, 1);
	silence.sent(101);
	silence.sent(300);
	silence.sent(301);
	for (const at of [1600, 1600, 1601]) silence.answered(at);
	assert.deepEqual(lengths(silence), [1549]);
	assert.equal(silence.lastsFor(1700), 0);
});

test('it lasts while a call waits, and goes on over a connection that was given up unanswered', () => {
	const silence = punctual();
	call(silence, 0, 1);
	silence.sent(101);
	assert.equal(silence.lastsFor(1101), 1050);
	silence.dropped(5101, true);
	assert.equal(silence.lastsFor(6101), 6050);
	call(silence, 7000, 1101);
	assert.deepEqual(lengths(silence), [8050]);
});

test('a connection that ends ends the silence with it', () => {
	const silence = punctual();
	call(silence, 0, 1);
	silence.sent(101);
	silence.dropped(1601, false);
	assert.deepEqual(lengths(silence), [1550]);
	assert.equal(silence.lastsFor(9000), 0);
	silence.dropped(9000, false);
	assert.deepEqual(lengths(silence), []);
});

/** A beat every 200 ms but for one pause of ours that begins at `from`; the answer was there after `took`. */
function pausedWhile(from: number, milliseconds: number, sentAt: number, took: number): number[] {
	const late = lateness();
	const silence = watchSilence(late.until);
	const resumedAt = from + milliseconds;
	const beats = Array.from({ length: 100 }, (_, index) => index * 200);
	const seen = (at: number) => (at > from && at < resumedAt ? resumedAt : at);
	const answeredAt = seen(sentAt + took);
	let isSent = false;
	let isAnswered = false;
	for (const beat of beats) {
		const came = seen(beat);
		if (!isSent && came >= sentAt) {
			silence.sent(sentAt);
			isSent = true;
		}
		// What waits in a socket is read before a timer that is due.
		if (isSent && !isAnswered && came >= answeredAt) {
			silence.answered(answeredAt);
			isAnswered = true;
		}
		late.came(came);
		late.due(came + 200);
	}
	return lengths(silence);
}

test('a pause of ours (^Z, a blocked terminal, no CPU) is no stall of the server', () => {
	assert.deepEqual(pausedWhile(1001, 9000, 1000, 3), []);
	assert.deepEqual(pausedWhile(1150, 9000, 1000, 400), []);
});

test('property: what we slept through is never told as a stall, and a stall beside it still is', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 3000 }),
			fc.integer({ min: 300, max: 12_000 }),
			fc.integer({ min: 0, max: 500 }),
			(sentAt, pause, took) => {
				assert.deepEqual(pausedWhile(sentAt + 1, pause, sentAt, took), []);
			},
		),
	);
	assert.equal(pausedWhile(12_000, 1000, 1000, 2000).length, 1);
});
