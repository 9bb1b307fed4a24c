// The seconds that a rate is over: the server's own clock where it tells one, ours where that cannot be right.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secondsBetween } from '../../../source/core/fleet/rates.ts';
import type { Sample } from '../../../source/core/types.ts';

const sample = (clock: number, server?: number): Sample => ({
	...{ node: '127.0.0.1:1', at: 0, clock, refused: [] },
	own: { commands: 0, hits: 0, inputBytes: 0, outputBytes: 0, calls: {} },
	info: { serverTimeMicroseconds: server },
});
const seconds = (ours: number, theirs?: number) =>
	secondsBetween(sample(1000, theirs && 5_000_000), sample(1000 + ours, theirs && 5_000_000 + theirs * 1000));

test('by the server, also where we read its replies late', () => {
	assert.equal(seconds(1010, 1000), 1);
	assert.equal(seconds(2, 250), 0.25);
	assert.equal(seconds(250), 0.25);
});

test('by the server, also where a reply was read seconds late', () => {
	const late = (clock: number, ping: number, server: number) => ({
		...sample(clock, server),
		pingMilliseconds: ping,
	});
	// Read 2.5 s late, and the next one in time.
	assert.equal(secondsBetween(late(3500, 2500, 5e6), late(4000, 1, 8e6)), 3);
	// In time, and the next one 2.5 s late.
	assert.equal(secondsBetween(late(1000, 1, 5e6), late(4500, 2500, 6e6)), 1);
});

test('by ours where the server tells its time from a cache, or its clock was set', () => {
	assert.equal(seconds(250, 2.3), 0.25);
	assert.equal(seconds(1000, 0), 1);
	assert.equal(seconds(1000, -3000), 1);
	assert.equal(seconds(1000, 3_600_000), 1);
});
