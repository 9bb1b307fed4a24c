// `w` on the cluster screen: the report of a failover as text, and all of it as JSON.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { failoverReport } from '../../source/core/failover/failover-words.ts';
import { writeScreen } from '../../source/output/write-screen.ts';
import { calmCluster, failedOver, openScreen } from '../view/build-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-top-failover-'));
after(() => rmSync(folder, { recursive: true }));

test('the report as text is the one that is copied', async () => {
	const state = openScreen(failedOver(17), {});
	const path = join(folder, 'failover.txt');
	assert.equal(await writeScreen(state, 'cluster', path), `written to ${path}`);
	const report = failoverReport(state.fleets[0]!.failovers[0]!);
	assert.deepEqual(readFileSync(path, 'utf8').trimEnd().split('\n'), report);
	assert.match(await writeScreen(state, 'cluster', path), /is there already/);
});

test('as JSON: every step with its time, spans, offsets; what is not known is null', async () => {
	const path = join(folder, 'failover.json');
	await writeScreen(openScreen(failedOver(17), {}), 'cluster', path);
	const told = JSON.parse(readFileSync(path, 'utf8'));
	assert.deepEqual(
		[told.version, told.kind, told.shard, told.group, told.oldPrimary, told.newPrimary],
		[1, 'crash', 2, null, '10.0.1.12:6379', '10.0.1.22:6379'],
	);
	assert.deepEqual([told.oldEpoch, told.newEpoch, told.unservedSeconds], [2, 7, 9]);
	assert.deepEqual(told.slots, [[5461, 10922]]);
	assert.deepEqual(told.neverReplicated, { bytes: 0, isEndKnown: false, isNewPrimaryExact: true });
	const fail = told.steps.find((step: { kind: string }) => step.kind === 'fail');
	assert.deepEqual([fail.at, fail.seconds, fail.node], ['2026-11-23T14:31:10.000Z', 8, null]);
	assert.deepEqual(told.lanes.state, [
		{ from: '2026-11-23T14:31:10.000Z', until: '2026-11-23T14:31:11.000Z', level: 'fail' },
	]);
	assert.equal(told.before.nodes[0].offset, 14_508_791);
	assert.equal(told.after.nodes.length, 2);
});

test('without a failover there is nothing to write', async () => {
	const path = join(folder, 'none.txt');
	const said = await writeScreen(openScreen(calmCluster(), {}), 'cluster', path);
	assert.equal(said, 'no failover was seen: there is no report to write');
});
