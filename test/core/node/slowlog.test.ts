// The slow log is counted by its ids: of a burst of hundreds only the newest 16 are ever read.
// From reports: github.com/oliver006/redis_exporter/pull/194 (the length stands at its maximum while the id goes on),
// github.com/DataDog/integrations-core/issues/19974 (entries counted twice).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findNodeEvents } from '../../../source/core/findings/events-node.ts';
import { absorb } from '../../../source/core/fleet/track.ts';
import { keepSlowlog, noSlowlog, slowBetween } from '../../../source/core/node/slowlog.ts';
import type { NodeTrack, RedisNode, SlowlogEntry } from '../../../source/core/types.ts';
import { calmInfo, sampleOf, start, trackOf } from '../build.ts';

const node = '10.0.0.1:6379';
const entry = (id: number, at: number): SlowlogEntry => ({
	id,
	at,
	microseconds: 20_000 + id,
	args: ['KEYS', '*'],
});
/** SLOWLOG GET 16 when `newest` was the last of the entries, one a millisecond. */
const read = (newest: number, at: number) =>
	Array.from({ length: Math.min(16, newest + 1) }, (_, index) => entry(newest - index, at - index));

const visit = (track: NodeTrack, at: number, slowlog?: readonly SlowlogEntry[], info = {}) =>
	absorb(track, sampleOf(node, at, { info: { ...calmInfo, ...info }, slowlog }));
const told = (trackBefore: NodeTrack, track: NodeTrack) => {
	const row = { address: node, health: 'up', isGone: false } as RedisNode;
	const events = findNodeEvents({ before: row, now: row, trackBefore, track, at: start });
	return events.filter(({ kind }) => kind === 'slowlog').map(({ text }) => text);
};

test('203 new entries are 203, whichever were read', () => {
	const first = visit(trackOf(node), start, read(4, start - 60_000));
	const second = visit(first, start + 5000, read(207, start + 4000));
	assert.deepEqual(told(first, second), ['slowlog +203, slowest of the last 16: KEYS * 20ms']);
	assert.deepEqual(slowBetween(second, start, Number.POSITIVE_INFINITY), { count: 203, isLeast: false });
	assert.deepEqual(told(second, visit(second, start + 10_000, read(207, start + 4000))), []);
	assert.deepEqual(told(second, visit(second, start + 10_000, read(208, start + 9000))), [
		'slowlog +1: KEYS * 20ms',
	]);
});

test('what was there when we came is no event, and may be more than was read', () => {
	const first = visit(trackOf(node), start, read(500, start - 1000));
	assert.deepEqual(told(trackOf(node), first), []);
	assert.deepEqual(slowBetween(first, start - 900_000, start), { count: 16, isLeast: true });
	const whole = visit(trackOf(node), start, read(11, start - 1000));
	assert.deepEqual(slowBetween(whole, start - 900_000, start), { count: 12, isLeast: false });
	const empty = visit(trackOf(node), start, []);
	assert.deepEqual(slowBetween(empty, 0, start), { count: 0, isLeast: false });
	assert.deepEqual(told(empty, visit(empty, start + 1000, read(2, start))), [
		'slowlog +3, slowest: KEYS * 20ms',
	]);
});

test('SLOWLOG RESET empties the log and its numbers go on', () => {
	const first = visit(trackOf(node), start, read(9, start));
	const emptied = visit(first, start + 5000, []);
	assert.deepEqual(told(first, emptied), []);
	assert.deepEqual(told(emptied, visit(emptied, start + 10_000, [entry(10, start + 9000)])), [
		'slowlog +1: KEYS * 20ms',
	]);
	// One of the two was thrown away before it was read.
	assert.deepEqual(told(emptied, visit(emptied, start + 10_000, [entry(11, start + 9000)])), [
		'slowlog +2, the last: KEYS * 20ms',
	]);
});

test('after a restart all of the new log is new, of another server at this address nothing is known', () => {
	const first = visit(trackOf(node), start, read(300, start));
	const restarted = visit(first, start + 5000, read(399, start + 5000), { runId: 'b', uptimeSeconds: 3 });
	assert.deepEqual(told(first, restarted), ['slowlog +400, slowest of the last 16: KEYS * 20ms']);
	const other = visit(first, start + 5000, read(399, start + 5000), { runId: 'c', uptimeSeconds: 9000 });
	assert.deepEqual(told(first, other), []);
	const late = visit(first, start + 5000, undefined, { runId: 'b', uptimeSeconds: 3 });
	assert.deepEqual(told(late, visit(late, start + 10_000, read(1, start + 9000), { runId: 'b' })), [
		'slowlog +2, slowest: KEYS * 20ms',
	]);
});

test('counted over a window of an hour with few marks, however many there are', () => {
	let log: ReturnType<typeof keepSlowlog> = noSlowlog;
	for (let second = 0; second <= 7200; second += 5)
		log = keepSlowlog(log, read(second * 100, start + second * 1000));
	assert.ok(log.slowlogMarks.length < 600, `${log.slowlogMarks.length} marks`);
	for (const seconds of [300, 900, 3600]) {
		const { count, isLeast } = slowBetween(log, start + (7200 - seconds) * 1000, Number.POSITIVE_INFINITY);
		assert.ok(Math.abs(count - seconds * 100) <= 2000, `${count} in ${seconds} s`);
		assert.equal(isLeast, false);
	}
});
