// A node that was not read in a refresh: its rates are not told again as if they were of now, not in JSON, not in the
// history; a stall is told between two refreshes; and a node that is read again is as before.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '../../source/core/thresholds.ts';
import type { Info, Sample } from '../../source/core/types.ts';
import { jsonOf } from '../../source/output/json.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { calmInfo, noOwn, sampleOf, start } from '../core/build.ts';

const node = '10.0.0.1:6379';
const other = '10.0.0.2:6379';

const begin = (delaySeconds = 1): State => ({
	...{ at: start, version: '0', past: [], delaySeconds, isFast: false, isDiscovering: true },
	...{ isDiscoveryOn: true, limits: defaultLimits, size: { columns: 140, rows: 40 } },
	...{ isAscii: false, isColour: false, screen: 'fleet', scanRate: 20_000, scanTop: 100, top: 0 },
	...{ sort: { by: 'shards', isReversed: false }, columnSet: 'overview', filter: '' },
	fleets: [newFleetTrack(0, 'test', [node, other], start)],
});

const good = (address: string, milliseconds: number): Sample => {
	const info: Info = {
		...calmInfo,
		runId: address,
		commandsProcessed: milliseconds,
		...{ connectedReplicas: 0, replicas: [] },
	};
	return sampleOf(address, start + milliseconds, { info, own: noOwn, pingMilliseconds: 0.5 });
};
const silent = (address: string, milliseconds: number, silentMilliseconds: number): Sample =>
	sampleOf(address, start + milliseconds, { silentMilliseconds });

/** A round so many milliseconds after the start. */
const round = (state: State, milliseconds: number, samples: readonly Sample[], isExtra = false): State => {
	const at = start + milliseconds;
	return update(state, { type: 'round', at, fleet: 0, samples, isExtra, isSettled: true })[0];
};
const all = (milliseconds: number) => [good(node, milliseconds), good(other, milliseconds)];
// biome-ignore lint/suspicious/noExplicitAny: what is printed, not what we hope.
const printed = (state: State, address = node): any => {
	// biome-ignore lint/suspicious/noExplicitAny: the same.
	const object: any = jsonOf(state.fleets[0]!.now, 1, []);
	return object.nodes.find((each: { node: string }) => each.node === address);
};
const findings = (state: State) => state.fleets[0]!.now.findings.map(({ id, text }) => `${id}: ${text}`);

test('what was not read anew is stale and has no rates, the others have theirs', () => {
	let state = round(round(begin(), 1000, all(1000)), 2000, all(2000));
	assert.equal(printed(state).health, 'up');
	assert.equal(printed(state).opsPerSecond, 1000);
	state = round(state, 3170, [good(other, 3000)]);
	assert.equal(printed(state).health, 'stale');
	assert.equal(printed(state).opsPerSecond, null);
	assert.equal(printed(state).pingMilliseconds, null);
	assert.equal(printed(state, other).opsPerSecond, 1000);
	assert.equal(state.fleets[0]!.now.fleet.totals.opsPerSecond, 1000);
	// Also between two refreshes, until it is read.
	state = round(state, 3400, [good(other, 3400)], true);
	assert.equal(printed(state).health, 'stale');
	state = round(state, 3600, [good(node, 3600)], true);
	assert.equal(printed(state).health, 'up');
	state = round(state, 4000, all(4000));
	assert.equal(printed(state).opsPerSecond, 1000);
});

test('a node that was read between two refreshes is of now', () => {
	let state = round(round(begin(), 1000, all(1000)), 2000, all(2000));
	state = round(state, 2900, [good(node, 2900)], true);
	state = round(state, 3170, [good(other, 3000)]);
	assert.equal(printed(state).health, 'up');
});

test('at a short delay a reply that is a little late makes no row flicker, one that is missing does', () => {
	let state = round(round(begin(0.25), 250, all(250)), 500, all(500));
	state = round(state, 790, []);
	assert.equal(printed(state).health, 'up');
	state = round(state, 1040, []);
	assert.equal(printed(state).health, 'stale');
});

test('no point of the history is made of rates that were not read', () => {
	let state = round(round(begin(), 1000, all(1000)), 2000, all(2000));
	const points = state.fleets[0]!.opsHistory;
	state = round(state, 3170, []);
	const then = state.fleets[0]!.opsHistory;
	assert.equal(then.openCount, points.openCount);
	assert.equal(then.openSum, points.openSum);
});

test('a stall that begins between two refreshes is told at once, counted once, and is no error', () => {
	let state = round(round(begin(), 1000, all(1000)), 2000, all(2000));
	state = round(state, 3170, [good(other, 3000)]);
	assert.deepEqual(findings(state), []);
	state = round(state, 3200, [silent(node, 3200, 1100)], true);
	assert.deepEqual(findings(state), ['stalled: no answer for 1.1s now']);
	assert.equal(printed(state).health, 'stale');
	assert.equal(printed(state).error, null);
	state = round(state, 4170, [good(other, 4000), silent(node, 4170, 2070)]);
	assert.deepEqual(findings(state), ['stalled: no answer for 2.1s now']);
	assert.equal(printed(state).stallsLastMinute, 1);
	const back = {
		...good(node, 4300),
		...{ longestWaitMilliseconds: 2150, stalls: [{ at: start + 4300, seconds: 2.2 }] },
	};
	state = round(state, 4300, [back], true);
	assert.deepEqual(findings(state), ['stalled: stalled for 2.2s, once in 4.3s, 51% of the time']);
	state = round(state, 5000, all(5000));
	assert.equal(printed(state).stallsLastMinute, 1);
	assert.equal(printed(state).stalledSecondsLastMinute, 2.2);
	assert.equal(printed(state).pingMilliseconds, 2150);
	state = round(state, 6000, all(6000));
	assert.equal(printed(state).pingMilliseconds, 0.5);
	assert.equal(state.fleets[0]!.events.filter(({ kind }) => kind === 'finding').length, 1);
});

test('that a node still does not answer does not end the error that it has', () => {
	let state = round(round(begin(), 1000, all(1000)), 2000, all(2000));
	const error = { reason: 'timeout', text: 'no answer for 5s' } as const;
	state = round(state, 3000, [good(other, 3000), sampleOf(node, start + 3000, { error })]);
	state = round(state, 4000, [good(other, 4000), silent(node, 4000, 7000)]);
	assert.deepEqual(findings(state), ['unreachable: no answer: no reply in time']);
});

test('what was counted between two refreshes is judged with the next one, once', () => {
	const counted = (milliseconds: number, rejectedConnections: number, syncFull = 0): Sample => {
		const sample = good(node, milliseconds);
		return { ...sample, info: { ...sample.info, rejectedConnections, syncFull } };
	};
	let state = round(round(begin(), 1000, [counted(1000, 7)]), 2000, [counted(2000, 7)]);
	// A screen was opened, and two were turned away before that.
	state = round(state, 2500, [counted(2500, 9)], true);
	state = round(state, 3000, [counted(3000, 9)]);
	assert.deepEqual(findings(state), ['clients-rejected: clients rejected at maxclients: 2 in 1s']);
	state = round(state, 4000, [counted(4000, 9)]);
	assert.deepEqual(findings(state), []);
	// One right behind another makes no rates of its own: those of before are not counted again.
	state = round(state, 5000, [counted(5000, 9, 2)]);
	for (const milliseconds of [5050, 5080]) state = round(state, milliseconds, [counted(milliseconds, 9, 2)]);
	assert.deepEqual(findings(state), []);
});

test('the charts are of the figures above them: sums over the same nodes, also where one of them is not read', () => {
	const replica = (milliseconds: number): Sample => {
		const sample = good(other, milliseconds);
		return { ...sample, info: { ...sample.info, role: 'replica', primary: node, isLinkUp: true } };
	};
	const withHits = (sample: Sample, hits: number): Sample => ({
		...sample,
		info: { ...sample.info, keyspaceHits: hits, keyspaceMisses: hits / 4 },
	});
	const both = (at: number) => [withHits(good(node, at), at), withHits(replica(at), 9 * at)];
	const drawn = (state: State) => {
		const { opsHistory: ops, hitRateHistory: hits, totals } = state.fleets[0]!.now.fleet;
		return { ops: ops.openSum / ops.openCount, hits: hits.openSum / hits.openCount, totals };
	};
	// All within one bucket of the charts.
	let state = round(round(begin(), 1000, both(1000)), 2000, both(2000));
	const { ops, hits, totals } = drawn(state);
	// A replica's reads are its own, and in neither.
	assert.deepEqual([ops, totals.opsPerSecond], [1000, 1000]);
	assert.deepEqual([hits, totals.hitRate], [0.8, 0.8]);
	// Nobody is read: the totals have no figure, and nothing is added to the charts.
	state = round(state, 3000, [silent(node, 3000, 1000), withHits(replica(3000), 27_000)]);
	assert.equal(drawn(state).totals.opsPerSecond, undefined);
	assert.equal(drawn(state).ops, 1000);
});
