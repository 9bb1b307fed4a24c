// The program's clock: it goes on at its own pace while the machine's clock is set back and forward, counts what was
// slept, and tells the time of day as it is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClock } from '../../source/redis/clock.ts';

/** A machine whose clocks a test moves. */
function machine() {
	let [wall, awake, slept] = [1_800_000_000_000, 5000, 0];
	const clock = createClock({
		wall: () => wall,
		awake: () => awake,
		uptime: () => Math.round((awake + slept) / 10) / 100,
	});
	return {
		clock,
		run(milliseconds: number) {
			wall += milliseconds;
			awake += milliseconds;
		},
		set(milliseconds: number) {
			wall += milliseconds;
		},
		sleep(milliseconds: number) {
			wall += milliseconds;
			slept += milliseconds;
		},
	};
}

const minute = 60_000;

test('it begins at the time of day, and goes on by what passes', () => {
	const { clock, run } = machine();
	assert.equal(clock.now(), 1_800_000_000_000);
	for (let second = 1; second <= 100; second++) {
		run(1000);
		assert.equal(clock.now(), 1_800_000_000_000 + second * 1000);
		assert.equal(clock.wallOffset(), 0);
	}
});

test('ten minutes back and an hour on: no interval is another, and the time of day is right at once', () => {
	const { clock, run, set } = machine();
	run(minute);
	set(-10 * minute);
	const before = clock.now();
	assert.equal(clock.wallOffset(), -10 * minute);
	run(1000);
	assert.equal(clock.now() - before, 1000);
	set(60 * minute);
	run(1000);
	assert.equal(clock.now() - before, 2000);
	assert.equal(clock.wallOffset(), 50 * minute);
});

test('five minutes asleep have passed', () => {
	const { clock, run, sleep } = machine();
	run(minute);
	const before = { now: clock.now(), passed: clock.passed() };
	sleep(5 * minute);
	run(1000);
	assert.ok(Math.abs(clock.now() - before.now - 5 * minute - 1000) <= 20, `${clock.now() - before.now}`);
	assert.ok(Math.abs(clock.passed() - before.passed - 5 * minute - 1000) <= 20);
	assert.equal(clock.wallOffset(), 0);
});

test('a reading of before is as long ago as it was', () => {
	const { clock, run, sleep } = machine();
	sleep(10 * minute);
	run(1000);
	assert.equal(clock.passed(4000), clock.passed(5000) - 1000);
});

test('what is read a moment late is neither a step nor sleep', () => {
	const { clock, run, set } = machine();
	for (const jitter of [400, -700, 300, 9]) {
		run(1000);
		set(jitter);
		assert.equal(clock.wallOffset(), 0);
	}
});
