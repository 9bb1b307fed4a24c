// The recorded failover of a real cluster, told by the fold that the cluster screen shows: played through the program's
// own rounds, the extra ones of the fast phase included.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
	type Failovers,
	foldFailovers,
	noFailovers,
	toldFailovers,
} from '../../source/core/failover/failover.ts';
import { stepOf } from '../../source/core/failover/failover-record.ts';
import { failoverReport } from '../../source/core/failover/failover-words.ts';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import { defaultLimits } from '../../source/core/thresholds.ts';
import { openRecording } from '../../source/recording/playable.ts';
import type { FleetTrack, State } from '../../source/state/state.ts';
import { newFleetTrack, updateRound } from '../../source/update/round.ts';

const momentOf = ({ now, tracks }: FleetTrack) => ({ fleet: now.fleet, tracks, at: now.fleet.at });

async function playFailovers(name: string): Promise<Failovers> {
	const playable = await openRecording(fileURLToPath(new URL(name, import.meta.url)));
	assert.ok(!('problem' in playable));
	const { head } = playable;
	let state = {
		at: head.at,
		fleets: head.fleets.map(({ id, name: fleet, seeds }) => newFleetTrack(id, fleet, seeds, head.at)),
		past: [],
		delaySeconds: head.delaySeconds,
		isDiscoveryOn: head.isDiscoveryOn,
		limits: defaultLimits,
	} as Partial<State> as State;
	let failovers = noFailovers;
	for (let line = await playable.next(); line !== undefined; line = await playable.next()) {
		if (!('round' in line)) continue;
		const before = momentOf(state.fleets[0]!);
		[state] = updateRound(state, {
			type: 'round',
			...line.round,
			samples: line.round.readings.map(sampleOf),
		});
		failovers = foldFailovers(failovers, before, momentOf(state.fleets[0]!));
	}
	return failovers;
}

test('the recorded failover: every step, in order, with the times of the samples that told', async () => {
	const told = toldFailovers(await playFailovers('failover.jsonl.gz'));
	assert.equal(told.length, 1);
	const failover = told[0]!;
	const seconds = failover.steps.map(step => [step.kind, (step.at - failover.startedAt) / 1000] as const);
	const order = [
		'unreachable',
		'pfail',
		'pfail-majority',
		'fail',
		'promoted',
		'slots-covered',
		'returned',
		'resynced',
	];
	const times = order.map(kind => seconds.find(([each]) => each === kind)?.[1]);
	assert.deepEqual(
		[...times].sort((a, b) => a! - b!),
		times,
		JSON.stringify(seconds),
	);
	for (const kind of ['link-lost', 'slots-uncovered', 'state-fail', 'state-ok'] as const)
		assert.ok(stepOf(failover, kind), kind);
	assert.equal(failover.kind, 'crash');
	assert.deepEqual([failover.oldPrimary, failover.newPrimary], ['127.0.0.1:11184', '127.0.0.1:15534']);
	assert.deepEqual([failover.oldEpoch, failover.newEpoch], [2, 7]);
	assert.equal(failover.unservedMilliseconds, 4145);
	assert.ok(failover.isOver);
	assert.match(stepOf(failover, 'pfail')!.text, /node timeout 2s/);
	assert.match(stepOf(failover, 'returned')!.text, /restarted$/);
	assert.match(stepOf(failover, 'resynced')!.text, /by a full resync/);
	const report = failoverReport(failover).join('\n');
	assert.match(
		report,
		/bytes never replicated: none that we know of \(the old primary was last read 0\.1s before the first sign/,
	);
	assert.match(report, /BEFORE .*\n {2}127\.0\.0\.1:11184 {2}primary {2}epoch 2 {2}offset 97,694\n/);
});
