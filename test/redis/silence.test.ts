// How long a node let us wait: over every call, from the call or the last answer on, whatever becomes of the connection,
// and without what we were late ourselves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { watchLooks } from '../../source/redis/pulse.ts';
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
	call(silence, 201, 1101);
	assert.deepEqual(silence.take().stalls, [{ endedAt: 1302, milliseconds: 1200 }]);
	// Who asks seldom knows little of when it began: no more than a tenth of a second is added.
	call(silence, 9000, 951);
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
	assert.deepEqual(lengths(silence), [1548.5]);
	assert.equal(silence.lastsFor(1700), 0);
});

test('it lasts while a call waits, and goes on over a connection that was given up unanswered', () => {
	const silence = punctual();
	call(silence, 0, 1);
	silence.sent(100);
	assert.equal(silence.lastsFor(1101), 1050);
	silence.dropped(5101, true);
	assert.equal(silence.lastsFor(6101), 6050);
	call(silence, 7000, 1101);
	assert.deepEqual(lengths(silence), [8050]);
});

test('a connection that ends ends the silence with it', () => {
	const silence = punctual();
	call(silence, 0, 1);
	silence.sent(100);
	silence.dropped(1601, false);
	assert.deepEqual(lengths(silence), [1550]);
	assert.equal(silence.lastsFor(9000), 0);
	silence.dropped(9000, false);
	assert.deepEqual(lengths(silence), []);
});

/**
 * A call every `every` milliseconds for `seconds`, over a way of so many milliseconds, to a server that answers nobody
 * within the `freezes`. The answers come in order; at most 16 calls are out, as the connection keeps it.
 */
function calls(
	silence: Silence,
	{ trip, seconds, every = 200, from = 0 }: { trip: number; seconds: number; every?: number; from?: number },
	...freezes: readonly (readonly [number, number])[]
): void {
	const answers: number[] = [];
	for (let now = from; now <= from + seconds * 1000; now++) {
		while (answers[0] !== undefined && answers[0] <= now) silence.answered(answers.shift()!);
		if ((now - from) % every > 0 || answers.length >= 16) continue;
		silence.sent(now);
		const there = now + trip / 2;
		const frozen = freezes.find(([begin, end]) => there >= begin && there < end);
		answers.push(Math.max(answers.at(-1) ?? 0, Math.ceil((frozen?.[1] ?? there) + trip / 2)));
	}
	for (const answer of answers) if (Number.isFinite(answer)) silence.answered(answer);
}

test('a far node is calm, over a line that is slow from the first reading on', () => {
	for (const trip of [400, 1300, 3000])
		for (const every of [200, 500, 1500, 5000]) {
			const silence = punctual();
			calls(silence, { trip, every, seconds: 120 });
			assert.deepEqual(lengths(silence), [], `${trip} ms, asked every ${every} ms`);
			assert.equal(silence.trip(), trip);
		}
});

test('a freeze of a far node is as long as that of a near one, and told while it lasts', () => {
	for (const trip of [2, 700, 1300, 3000]) {
		const silence = punctual();
		calls(silence, { trip, seconds: 20 }, [10_050, 11_550]);
		const [stall, ...others] = lengths(silence);
		assert.deepEqual(others, []);
		assert.ok(Math.abs(stall! - 1500) <= 100, `${trip} ms away: ${stall}`);
	}
	const silence = punctual();
	calls(silence, { trip: 1300, seconds: 12 }, [10_000, Number.POSITIVE_INFINITY]);
	assert.ok(silence.lastsFor(12_500) > 1000 && silence.lastsFor(12_500) <= 2000);
});

test('a server that stands still from the first reading on is no far node, whether or not it ends', () => {
	// Blocks of 1.3 s with a hundredth of a second between them: every call that is sent into an idle way waits as long.
	const blocks = Array.from({ length: 20 }, (_, n): [number, number] => [n * 1310, n * 1310 + 1300]);
	const again = punctual();
	calls(again, { trip: 2, seconds: 10 }, ...blocks);
	assert.ok(lengths(again).length >= 5, 'again and again');
	// Before it answers for the first time: known as a stall when the next answer is quick.
	const once = punctual();
	call(once, 0, 1400);
	assert.deepEqual(lengths(once), []);
	call(once, 1400, 1);
	assert.deepEqual(once.take().stalls, [{ endedAt: 1400, milliseconds: 1399 }]);
});

test('a way that became long is usual after a minute, one that became short at once and without a stall', () => {
	const silence = punctual();
	calls(silence, { trip: 2, seconds: 10 });
	calls(silence, { trip: 1300, seconds: 200, every: 1500, from: 10_000 });
	assert.ok(lengths(silence).length >= 39, 'each answer is late, as far as is known');
	calls(silence, { trip: 1300, seconds: 60, every: 1500, from: 210_000 });
	assert.deepEqual(lengths(silence), []);
	calls(silence, { trip: 2, seconds: 60, from: 280_000 });
	assert.deepEqual(lengths(silence), []);
	assert.equal(silence.trip(), 2);
});

test('property: a freeze of 1.2 s or more is found over any way, one of 0.7 s is not', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 0, max: 3000 }),
			fc.integer({ min: 6000, max: 9000 }),
			fc.integer({ min: 1200, max: 4000 }),
			(trip, from, length) => {
				const silence = punctual();
				calls(silence, { trip, seconds: 20 }, [from, from + length]);
				assert.equal(lengths(silence).length, 1);
				const short = punctual();
				calls(short, { trip, seconds: 20 }, [from, from + 700]);
				assert.deepEqual(lengths(short), []);
			},
		),
		{ numRuns: 30 },
	);
});

/**
 * A quick beat but for one pause of ours that begins at `from`; the answer was there after `took`. Gives the longest
 * wait and the stalls that were told.
 */
function pausedWhile(from: number, milliseconds: number, sentAt: number, took: number) {
	const looks = watchLooks();
	looks.due(20);
	const silence = watchSilence(looks.unread);
	call(silence, 0, 1);
	const resumedAt = from + milliseconds;
	const seen = (at: number) => (at > from && at < resumedAt ? resumedAt : at);
	const answeredAt = seen(sentAt + took);
	let isSent = false;
	let isAnswered = false;
	for (let due = 20; due < 20_000; ) {
		const came = seen(due);
		if (!isSent && came >= sentAt) {
			silence.sent(sentAt);
			isSent = true;
		}
		// What waits in a socket is read before a timer that is due.
		if (isSent && !isAnswered && came >= answeredAt) {
			silence.answered(answeredAt);
			isAnswered = true;
		}
		looks.came(came);
		looks.looked();
		due = came + 20;
		looks.due(due);
	}
	const { longestMilliseconds, stalls } = silence.take();
	return { longest: longestMilliseconds!, stalls: stalls.map(stall => stall.milliseconds) };
}

test('a pause of ours (^Z, a blocked terminal, no CPU) is no stall of the server', () => {
	assert.deepEqual(pausedWhile(1001, 9000, 1000, 3), { longest: 20, stalls: [] });
	assert.deepEqual(pausedWhile(1150, 9000, 1000, 400).stalls, []);
});

test('what we left unread is no slow answer either: a tenth of a second without CPU', () => {
	assert.equal(pausedWhile(1001, 100, 1000, 3).longest, 20);
	assert.equal(pausedWhile(1030, 100, 1000, 45).longest, 40);
	assert.equal(pausedWhile(5000, 100, 1000, 45).longest, 45);
});

test('a pause of ours that was over before the answer came takes nothing from the stall', () => {
	const { longest, stalls } = pausedWhile(1200, 600, 1000, 1500);
	assert.equal(longest, 1500);
	// With a tenth of a second before the call, of which nothing is known.
	assert.deepEqual(stalls, [1599]);
});

test('an answer that came while we were at work counts up to when it would have been looked for', () => {
	const looks = watchLooks();
	looks.due(120);
	assert.equal(looks.unread(100, 121), 0, 'so late a timer is on any machine');
	assert.equal(looks.unread(100, 420), 300);
	assert.equal(looks.unread(400, 420), 20);
	// The timer comes before the sockets are read.
	assert.equal(looks.came(420), true);
	looks.due(440);
	assert.equal(looks.unread(100, 421), 301);
	assert.equal(looks.unread(420, 421), 0, 'what left after it');
	looks.looked();
	assert.equal(looks.unread(100, 430), 0, 'it was not there when the sockets were read');
});

test('property: what we slept through is never told as a stall, and a stall beside it still is', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 3000 }),
			fc.integer({ min: 300, max: 12_000 }),
			fc.integer({ min: 0, max: 500 }),
			(sentAt, pause, took) => {
				assert.deepEqual(pausedWhile(sentAt + 1, pause, sentAt, took).stalls, []);
			},
		),
	);
	assert.equal(pausedWhile(12_000, 1000, 1000, 2000).stalls.length, 1);
	fc.assert(
		fc.property(fc.integer({ min: 1000, max: 3000 }), fc.integer({ min: 1, max: 900 }), (took, pause) => {
			assert.deepEqual(pausedWhile(1001, pause, 1000, took).stalls, [took + 99]);
		}),
	);
});

test('a connection that was lost under the question leaves no call that is waited for', () => {
	const silence = punctual();
	call(silence, 0, 1);
	silence.sent(200);
	silence.sent(210);
	silence.dropped(230, false);
	assert.equal(silence.isDue(), false);
	silence.take();
	call(silence, 400, 2);
	assert.deepEqual(silence.take(), { longestMilliseconds: 2, stalls: [] });
});
