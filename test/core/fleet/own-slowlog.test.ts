// What redis-top itself did is no trouble of the server: its commands in the slow log are listed as its own and do not
// count, and the hit rate since the start is without its lookups.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findEvents } from '../../../source/core/findings/events.ts';
import { buildFleet } from '../../../source/core/fleet/fleet.ts';
import { emptySeries } from '../../../source/core/fleet/history.ts';
import { isOwnEntry } from '../../../source/core/node/client-groups.ts';
import { keepSlowlog, noSlowlog, slowBetween } from '../../../source/core/node/slowlog.ts';
import type { SlowlogEntry } from '../../../source/core/types.ts';
import { hitRatesOf } from '../../../source/runbooks/trend.ts';
import { fleetOf, start, trackOf, tracksOf } from '../build.ts';

const entry = (id: number, clientName: string): SlowlogEntry => ({
	...{ id, at: start, microseconds: 12_000 + id, clientName, client: '10.0.0.7:5001' },
	args: clientName === 'redis-top' ? ['SCAN', '0', 'COUNT', '500'] : ['KEYS', '*'],
});

const node = '10.0.1.12:6379';

/** A round in which these entries are new. */
function play(slowlog: readonly SlowlogEntry[]) {
	const before = tracksOf(trackOf(node, {}, { slowlog: [], slowlogLastId: 6 }));
	const tracks = tracksOf(trackOf(node, {}, { slowlog, slowlogLastId: slowlog[0]!.id }));
	const common = {
		name: 'test',
		at: start,
		delaySeconds: 1,
		opsHistory: emptySeries,
		hitRateHistory: emptySeries,
	};
	const { totals } = buildFleet({ ...common, tracks });
	const events = findEvents(fleetOf(before), fleetOf(tracks), before, tracks, start);
	return { slowlogIn15m: totals.slowlogIn15m, events: events.map(({ text }) => text) };
}

test('our own entries are told apart by the name of the connection', () => {
	assert.equal(isOwnEntry(entry(1, 'redis-top')), true);
	assert.equal(isOwnEntry(entry(1, 'redis-top-worker')), false);
	assert.equal(isOwnEntry(entry(1, '')), false);
});

test('they raise no event and are not in the sum of 15 minutes', () => {
	const { events, slowlogIn15m } = play([entry(8, 'redis-top'), entry(7, 'web')]);
	assert.equal(slowlogIn15m, 1);
	assert.deepEqual(events, ['slowlog +1: KEYS * 12ms']);
	const ours = play([entry(8, 'redis-top')]);
	assert.equal(ours.slowlogIn15m, 0);
	assert.deepEqual(ours.events, []);
});

test('of a burst of both kinds those of ours that were read do not count, however long ago they were read', () => {
	const at = (second: number) => start + second * 1000;
	const named = (id: number, second: number) => ({
		...entry(id, id % 4 === 0 ? 'redis-top' : 'web'),
		at: at(second),
	});
	let log: ReturnType<typeof keepSlowlog> = noSlowlog;
	let id = 0;
	for (let second = 0; second <= 3600; second += 20) {
		const first = id;
		id += 8;
		const entries = Array.from({ length: 8 }, (_, index) => named(first + index, second)).reverse();
		log = keepSlowlog(log, entries);
	}
	for (const seconds of [100, 300, 900])
		assert.deepEqual(slowBetween(log, at(3600 - seconds), Number.POSITIVE_INFINITY), {
			count: (seconds / 20) * 6,
			isLeast: false,
		});
	const whole = slowBetween(log, at(-1), Number.POSITIVE_INFINITY);
	assert.deepEqual(whole, { count: (id / 8) * 6, isLeast: false });
});

test('the event counts those of others', () => {
	const mixed = [entry(10, 'redis-top'), entry(9, 'web'), entry(8, 'redis-top'), entry(7, 'web')];
	assert.deepEqual(play(mixed).events, ['slowlog +2, slowest: KEYS * 12ms']);
});

test('the hit rate since the start leaves our lookups out', () => {
	const track = trackOf('10.0.1.12:6379', { keyspaceHits: 10_000, keyspaceMisses: 9_000 });
	const own = { ...track.lastGood!.own, hits: 9_000, misses: 0 };
	const watched = { ...track, lastGood: { ...track.lastGood!, own } };
	assert.equal(hitRatesOf(watched, start).before, 0.1);
});
