// Where a MONITOR window ends by itself: limits are only ever made smaller, and the server's own end is late enough for
// the traffic as it is and early enough for what a reader that stands still may cost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { monitorLimits } from '../../source/core/thresholds.ts';
import { limitsOf, serverEndMilliseconds } from '../../source/redis/hot-keys/monitor-limits.ts';

test('limits may be less than the full ones, never more, and never nothing', () => {
	assert.deepEqual(limitsOf(), monitorLimits);
	assert.deepEqual(limitsOf({ milliseconds: 60_000, commands: 1e9, bytes: 1e12 }), monitorLimits);
	assert.deepEqual(limitsOf({ milliseconds: 500, commands: 0 }), {
		...monitorLimits,
		milliseconds: 500,
		commands: 1,
	});
});

const usual = (opsPerSecond: number | undefined, inputBytesPerSecond: number | undefined) => ({
	...{ opsPerSecond, inputBytesPerSecond, seconds: 1, roundTripMilliseconds: 1 },
});

test('the server’s own end', () => {
	const end = (ops: number | undefined, bytes: number | undefined) =>
		serverEndMilliseconds(monitorLimits, usual(ops, bytes));
	// Not known, or quiet: the whole window and a quarter of a second.
	assert.equal(end(undefined, undefined), 2250);
	assert.equal(end(10_000, 1e6), 2250);
	// 20,000 commands are there after 40 ms: four times that, and the quarter.
	assert.equal(end(500_000, 1e6), 410);
	// 108 MB a second are written out: what the server may hold is there after 467 ms, before four times 100 ms and that.
	assert.equal(end(200_000, 1e8), 467);
	// However fast, not before 150 ms.
	assert.equal(end(1e6, 1e9), 150);
	assert.equal(serverEndMilliseconds(limitsOf({ milliseconds: 300 }), usual(10, 1000)), 550);
});
