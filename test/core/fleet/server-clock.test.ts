// A server whose clock is an hour before or behind ours: nothing that it dates is told with a wrong age, and no old entry
// of its slow log is taken for the cause of what happens now.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, noHolds } from '../../../source/core/findings/findings.ts';
import { buildFleet } from '../../../source/core/fleet/fleet.ts';
import { emptySeries } from '../../../source/core/fleet/history.ts';
import { rowOf } from '../../../source/core/fleet/node-row.ts';
import { serverAhead } from '../../../source/core/fleet/server-clock.ts';
import { defaultLimits } from '../../../source/core/thresholds.ts';
import type { Info, NodeTrack, SlowlogEntry } from '../../../source/core/types.ts';
import { columnFacts } from '../../../source/view/columns.ts';
import { fleetOf, noOwn, start, trackOf, tracksOf } from '../build.ts';

const node = '10.0.0.1:6379';
const hour = 3_600_000;
/** Of the server, before ours. */
const clocks = [-hour, 0, hour];

const timeOf = (ahead: number, at = start): Info => ({ serverTimeMicroseconds: (at + ahead) * 1000 });
const entry = (at: number, command: string, client = '10.0.0.9:5000'): SlowlogEntry => ({
	...{ id: 1, at, microseconds: 1_400_000, args: [command], client },
});

test('how far it is off, in whole seconds; less than ten may be a reply that was read late', () => {
	const ahead = (milliseconds: number) => serverAhead({ at: start, info: timeOf(milliseconds) });
	assert.deepEqual(clocks.map(ahead), clocks);
	assert.deepEqual([ahead(9999), ahead(-9999), ahead(12_400), ahead(-12_600)], [0, 0, 12_000, -13_000]);
	assert.equal(serverAhead({ at: start, info: {} }), 0);
	assert.equal(serverAhead(undefined), 0);
});

test('since when it was saved', () => {
	const saved = (info: Info) => {
		const row = rowOf(trackOf(node, info), undefined, start, 1);
		const { cell, sort } = columnFacts.get('last-save')!;
		return [cell(row, { at: start } as Parameters<typeof cell>[1], 6).trim(), sort(row, start)];
	};
	for (const ahead of clocks)
		assert.deepEqual(saved({ ...timeOf(ahead), lastSaveAt: start + ahead - 180_000 }), ['3m', 180_000]);
	// Before 7.0 it does not tell its time; it was not saved in the future all the same.
	assert.equal(saved({ lastSaveAt: start + hour })[0], '0s');
});

test('slow commands of fifteen minutes', () => {
	const counted = (ahead: number, minutesAgo: number) => {
		const at = start + ahead - minutesAgo * 60_000;
		const slowlog = { slowlog: [entry(at, 'KEYS')], slowlogLastId: 1 };
		const series = { opsHistory: emptySeries, hitRateHistory: emptySeries };
		const tracks = tracksOf(trackOf(node, timeOf(ahead), slowlog));
		return buildFleet({ name: 'test', at: start, delaySeconds: 1, ...series, tracks }).totals.slowlogIn15m;
	};
	for (const ahead of clocks) assert.deepEqual([counted(ahead, 14), counted(ahead, 16)], [1, 0], `${ahead}`);
});

const judged = (track: NodeTrack, at: number, holds = noHolds) => {
	const tracks = tracksOf(track);
	const fleet = fleetOf(tracks, {}, {}, at);
	return judge({ fleet, tracks, holds, limits: defaultLimits, at, freshNodes: new Set([node]) });
};

test('why it stood still', () => {
	const told = (info: Info, loggedAt: number) => {
		const stalls = [{ at: start, seconds: 1.5 }];
		const track = trackOf(node, info, {
			stalls,
			slowlog: [entry(loggedAt, 'KEYS')],
			firstSeenAt: start - hour,
		});
		return judged(track, start).findings.find(({ id }) => id === 'stalled')!.text;
	};
	for (const ahead of clocks) {
		assert.match(told(timeOf(ahead), start + ahead - 2000), /: KEYS took 1\.4s$/, `${ahead}`);
		// Half an hour ago, which a clock that is an hour before ours dates half an hour from now.
		assert.match(told(timeOf(ahead), start + ahead - hour / 2), /of the time$/, `${ahead}`);
	}
	assert.match(told({}, start + hour / 2), /of the time$/, 'of a clock that nobody knows');
});

test('who lost the keys', () => {
	const told = (time: (at: number) => Info, ahead: number, flushedAt: number) => {
		const reading = (at: number, keys: number, calls: number) =>
			trackOf(
				node,
				{ ...time(at), databases: keys > 0 ? [{ db: 0, keys, expires: 0 }] : [] },
				{
					commands: { at: at + 500, stats: { flushall: { calls, usec: 1 } }, own: noOwn },
					slowlog: calls > 1 ? [entry(flushedAt + ahead, 'FLUSHALL')] : [],
				},
				at,
			);
		const first = judged(reading(start, 5000, 1), start);
		const { findings } = judged(reading(start + 1000, 0, 2), start + 1000, first.holds);
		return findings.find(({ id }) => id === 'keys-lost')!.text;
	};
	for (const ahead of clocks) {
		const time = (at: number) => timeOf(ahead, at);
		assert.match(told(time, ahead, start + 500), /by FLUSHALL from 10\.0\.0\.9:5000$/, `${ahead}`);
		// That of before, by somebody else: this one was too quick for the log.
		assert.match(told(time, ahead, start - hour / 2), /by FLUSHALL$/, `${ahead}`);
	}
	assert.match(
		told(() => ({}), 0, start + hour / 2),
		/by FLUSHALL$/,
		'of a clock that nobody knows',
	);
});
