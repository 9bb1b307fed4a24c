// What one reading more makes of what is remembered of a node: when there is a rate and of which interval.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addPoint, emptySeries } from '../../../source/core/fleet/history.ts';
import { rowOf } from '../../../source/core/fleet/node-row.ts';
import { absorb, newTrack } from '../../../source/core/fleet/track.ts';
import type { NodeTrack, Sample, Series } from '../../../source/core/types.ts';
import { often } from '../../lane.ts';
import { calmInfo, noOwn, peerOf, sampleOf, start } from '../build.ts';

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

test('a replica that was promoted stays primary where CLUSTER INFO comes after without a view', () => {
	const myself = peerOf('id', 'a:1', { isMyself: true, role: 'replica' });
	const roleAfter = (...samples: readonly Sample[]) =>
		rowOf(follow(...samples), undefined, start + 2000, 1).role;
	const asReplica = {
		...reading(0, { role: 'replica' }),
		cluster: { state: 'ok' as const, peers: [myself] },
	};
	const promoted = reading(1000, { role: 'primary' });
	const without = sampleOf('a:1', start + 1250, { cluster: { state: 'ok' } });
	assert.equal(roleAfter(asReplica, promoted, without), 'primary', 'not what its view said before');
	const view = { state: 'ok', peers: [{ ...myself, role: 'primary' }] } as const;
	const withView = sampleOf('a:1', start + 250, { cluster: view });
	assert.equal(roleAfter(asReplica, withView), 'primary', 'a view alone tells it');
});

test('another server at the same address: nothing of the one before is kept', () => {
	const before = follow(reading(0), {
		...reading(1000),
		config: { save: '' },
		slowlog: [{ id: 7, at: start, microseconds: 1, args: [] }],
	});
	// A restart 1 s ago cannot have been up for a minute.
	const track = absorb(before, reading(2000, { runId: 'b', uptimeSeconds: 60, commandsProcessed: 90_000 }));
	assert.equal(track.rates, undefined, 'rates start anew');
	assert.equal(track.config, undefined);
	assert.deepEqual([track.slowlog, track.slowlogLastId], [[], undefined]);
	const restarted = absorb(before, reading(2000, { runId: 'b', uptimeSeconds: 1, commandsProcessed: 9 }));
	assert.deepEqual(restarted.config, { save: '' });
});

test('own cost is measured over a RESETSTAT, and what the server told of it is not repeated', () => {
	const stats = (milliseconds: number, calls: number) => ({
		...reading(milliseconds, { commands: { info: { calls, usec: calls * 50 } } }),
		own: { ...noOwn, commands: milliseconds / 250, calls: { info: milliseconds / 1000 } },
	});
	const measured = follow(stats(0, 10), stats(5000, 15));
	assert.equal(measured.costMicrosecondsPerSecond, 50);
	const own = { ...noOwn, commands: 28, calls: { info: 7 } };
	const reset = absorb(measured, { ...reading(6000, { commandsProcessed: 3 }), own });
	assert.equal(reset.costMicrosecondsPerSecond, undefined);
	assert.equal(reset.costCommandsPerSecond, 8, '8 commands in 1 s, not the 4 of before');
	assert.equal(
		absorb(measured, stats(6000, 1)).costMicrosecondsPerSecond,
		undefined,
		'told in the same reading',
	);
});

test('a starved monitor makes no rate of a moment that it does not know (6.0 tells no time)', () => {
	const late = (milliseconds: number, by: number) => ({
		...reading(milliseconds),
		clock: start + milliseconds + by,
		pingMilliseconds: 1 + by,
	});
	const once = follow(late(0, 0), late(1000, 0));
	assert.equal(once.rates?.ops, 1000);
	const starved = absorb(once, late(2000, 900));
	assert.equal(starved.rates?.ops, 1000, 'not 526');
	const then = absorb(starved, late(3000, 0));
	assert.equal(then.rates?.ops, 1000, 'not 10,000');
	assert.equal(then.rates?.seconds, 2);
	const begun = follow(late(0, 900), late(1000, 0));
	assert.equal(begun.rates, undefined, 'the first one was late');
	assert.equal(absorb(begun, late(2000, 0)).rates?.ops, 1000);
});

test('a restart is seen also in a reading right behind another', () => {
	const track = follow(reading(0), reading(1000), reading(1005, { runId: 'b', commandsProcessed: 1 }));
	assert.equal(track.rates, undefined);
	const again = absorb(track, reading(2005, { runId: 'b', commandsProcessed: 1 + 1000 + 4 }));
	assert.equal(Math.round(again.rates!.ops!), 1000);
});

/** Buckets as plain numbers: what a series is to hold. */
type Walk = { readonly series: Series; readonly values: readonly number[]; readonly at: number };

test('a series is what was added to it, whatever went on from the same moment, and old moments stay as they were', () => {
	const step = fc.record({
		from: fc.nat(),
		seconds: fc.constantFrom(1, 4, 5, 11, 400, 4000),
		value: fc.nat(99),
	});
	fc.assert(
		fc.property(fc.array(step, { maxLength: 120 }), steps => {
			const moments: Walk[] = [{ series: emptySeries, values: [], at: start }];
			for (const { from, seconds, value } of steps) {
				// Mostly the newest goes on; now and then an older one does, as a recording that is played again.
				const before = moments[from % 5 === 0 ? from % moments.length : moments.length - 1]!;
				const at = before.at + seconds * 1000;
				const series = addPoint(before.series, at, value);
				moments.push({ series, values: valuesAfter(before, at, value), at });
			}
			for (const { series, values } of moments)
				assert.deepEqual([...series.closed], values.slice(0, -1).slice(-720), String(values.length));
		}),
		{ numRuns: often(60, 1000) },
	);
});

/** The newest bucket last, as a mean of whole numbers that were added to it one after the other. */
function valuesAfter({ series, values }: Walk, at: number, value: number): readonly number[] {
	const opened = Math.floor(at / 5000) * 5000;
	if (series.openedAt === 0) return [value];
	const open = (series.openSum + value) / (series.openCount + 1);
	if (opened <= series.openedAt) return [...values.slice(0, -1), open];
	const gaps = Array.from({ length: Math.min(720, (opened - series.openedAt) / 5000 - 1) }, () => Number.NaN);
	return [...values, ...gaps, value];
}
