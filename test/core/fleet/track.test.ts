// What one reading more makes of what is remembered of a node: when there is a rate and of which interval.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absorb, newTrack } from '../../../source/core/fleet/track.ts';
import type { NodeTrack, Sample } from '../../../source/core/types.ts';
import { calmInfo, noOwn, sampleOf, start } from '../build.ts';

/** A reading `milliseconds` after the first, of a server that does 1000 commands a second and our 4 beside them. */
function reading(milliseconds: number, more: Partial<NonNullable<Sample['info']>> = {}): Sample {
	const seconds = milliseconds / 1000;
	return sampleOf('a:1', start + milliseconds, {
		info: { ...calmInfo, commandsProcessed: Math.round(1004 * seconds), ...more },
		own: { ...noOwn, commands: Math.round(4 * seconds), inputBytes: 100 * seconds },
	});
}

const follow = (...samples: readonly Sample[]): NodeTrack =>
	samples.reduce(absorb, newTrack('a:1', 'data', 'seed', start));

test('a rate is of the interval between two readings, without our own commands', () => {
	const track = follow(reading(0), reading(2000));
	assert.equal(track.rates?.seconds, 2);
	assert.equal(track.rates?.ops, 1000);
	assert.equal(track.costCommandsPerSecond, 4);
	assert.equal(track.costBytesPerSecond, 100);
});

test('a reading right behind another is shown, and makes no rate of a few milliseconds', () => {
	const once = follow(reading(0), reading(1000));
	const own = { ...noOwn, commands: 5, inputBytes: 200 };
	const twice = absorb(once, { ...reading(1005, { usedMemoryBytes: 7 }), own });
	assert.equal(twice.lastGood?.info?.usedMemoryBytes, 7);
	assert.equal(twice.rates?.ops, 1000);
	assert.equal(twice.costCommandsPerSecond, 4, 'one command in 5 ms is not 200 a second');
	assert.equal(twice.ops, once.ops);
	const then = absorb(twice, reading(2000));
	assert.equal(then.rates?.seconds, 1, 'nothing is lost: the next rate begins where the last one ended');
	assert.equal(then.rates?.ops, 1000);
});

test('replies that were read late, together, are as far apart as the server says', () => {
	const at = (milliseconds: number) => ({ serverTimeMicroseconds: 5e12 + milliseconds * 1000 });
	const track = follow(reading(0, at(0)), { ...reading(1000, at(1000)), clock: start + 2 });
	assert.equal(track.rates?.seconds, 1);
	assert.equal(track.costCommandsPerSecond, 4, 'not 2000 a second');
});

test('a restart is seen also in a reading right behind another', () => {
	const track = follow(reading(0), reading(1000), reading(1005, { runId: 'b', commandsProcessed: 1 }));
	assert.equal(track.rates, undefined);
	const again = absorb(track, reading(2005, { runId: 'b', commandsProcessed: 1 + 1000 + 4 }));
	assert.equal(Math.round(again.rates!.ops!), 1000);
});
