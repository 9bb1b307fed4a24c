// Recorded failovers of real servers on the cluster screen: the same readings lead to the same frames, while it goes on
// and when it is over. The Sentinels are those of Redis 7.0, their old master was back after five seconds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toldFailovers } from '../../source/core/failover/failover.ts';
import { type StepKind, stepOf } from '../../source/core/failover/failover-record.ts';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import { openRecording } from '../../source/recording/playable.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { openScreen } from '../view/build-cluster.ts';
import { stateOf } from '../view/build-state.ts';
import { testFrames } from '../view/frame-files.ts';

/** Every state a recording leads to. */
async function play(name: string): Promise<State[]> {
	const playable = await openRecording(fileURLToPath(new URL(name, import.meta.url)));
	assert.ok(!('problem' in playable));
	const { head } = playable;
	const fleets = head.fleets.map(({ id, name, seeds }) => newFleetTrack(id, name, seeds, head.at));
	let state: State = { ...stateOf([]), at: head.at, fleets, isDiscovering: true };
	const states: State[] = [];
	for (let line = await playable.next(); line !== undefined; line = await playable.next()) {
		if (!('round' in line)) continue;
		[state] = update(state, { type: 'round', ...line.round, samples: line.round.readings.map(sampleOf) });
		states.push(state);
	}
	return states;
}

const failoverIn = (state: State) => toldFailovers(state.fleets[0]!.failovers)[0];
const firstWith = (states: readonly State[], kind: StepKind): State =>
	states.find(state => {
		const failover = failoverIn(state);
		return failover !== undefined && stepOf(failover, kind) !== undefined;
	})!;
const shown = (state: State) => (over: Partial<State>) => openScreen(state, over);

const cluster = await play('failover.jsonl.gz');
const sentinels = await play('sentinel-failover.jsonl.gz');

testFrames({
	'replay-cluster-fail': shown(firstWith(cluster, 'fail')),
	'replay-cluster-over': shown(cluster.at(-1)!),
	'replay-sentinels-switch': shown(firstWith(sentinels, 'switch')),
	'replay-sentinels-stale': shown(firstWith(sentinels, 'stale')),
	'replay-sentinels-over': shown(sentinels.at(-1)!),
});

test('the recorded Sentinels: every step, in order, and fast only while it lasted', () => {
	const failover = failoverIn(sentinels.at(-1)!)!;
	const order = [
		'unreachable',
		'sdown',
		'leader',
		'promoted',
		'switch',
		'stale',
		'returned',
		'resynced',
	] as const;
	const times = order.map(kind => stepOf(failover, kind)?.at ?? Number.NaN);
	assert.deepEqual(
		[...times].sort((a, b) => a - b),
		times,
	);
	assert.equal(failover.kind, 'crash');
	assert.ok(failover.isOver && !sentinels.at(-1)!.isFast && sentinels.some(state => state.isFast));
});

test('the first Sentinel that has switched is believed, also where another one still runs the failover', () => {
	const primaryIn = (state: State) => state.fleets[0]!.now.fleet.sentinel?.masters[0]?.primary;
	const told = firstWith(sentinels, 'switch');
	assert.equal(primaryIn(told), failoverIn(told)!.newPrimary);
});
