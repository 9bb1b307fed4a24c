// Events of the steps of a failover: about which node each of them is, and that a kind is told of nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failoverEvents } from '../../../source/core/failover/failover-events.ts';
import type { StepKind } from '../../../source/core/failover/failover-record.ts';
import type { EventKind } from '../../../source/core/types.ts';
import { versions } from '../captures.ts';
import { playTimeline } from '../cluster-timeline.ts';
import { playSentinels } from '../sentinel-timeline.ts';

for (const version of versions) {
	test(`${version}: a majority that flags a primary is told of that primary`, () => {
		const { failovers } = playTimeline(`${version}/cluster/kill-primary-timeline.txt`, { every: 50 });
		const flagged = failoverEvents([], failovers, []).filter(event => event.kind === 'pfail');
		assert.deepEqual(
			flagged.map(event => event.node),
			[failovers[0]!.oldPrimary],
		);
	});

	test(`${version}: the stages of a failover under Sentinels are no switch`, () => {
		const { playing } = playSentinels(`${version}/sentinel/kill-master-timeline.txt`, 50);
		const events = failoverEvents([], playing.failovers, []);
		assert.deepEqual(
			events.filter(event => event.kind === 'switch'),
			[],
		);
		const stages = events.filter(event => event.kind === 'failover');
		const [{ oldPrimary, newPrimary }] = playing.failovers as [(typeof playing.failovers)[0]];
		assert.ok(stages.length > 0);
		assert.ok(stages.every(event => event.node === oldPrimary || event.node === newPrimary));
		const started = stages.find(event => event.text.endsWith(': starts the failover'));
		assert.equal(started?.node, oldPrimary, stages.map(event => event.text).join('\n'));
	});
}

const kinds: readonly (readonly [step: StepKind, event: EventKind])[] = [
	['pfail-majority', 'pfail'],
	['leader', 'failover'],
	['selected', 'failover'],
	['aborted', 'failover'],
	['reconfigured', 'failover'],
	['majority-lost', 'cluster-state'],
	['majority-back', 'cluster-state'],
	['no-candidate', 'slots-uncovered'],
	['stale', 'view-split'],
	['resynced', 'failover'],
	['restored', 'slots-covered'],
];

for (const [step, kind] of kinds)
	test(`a step ${step} is told as ${kind}, and once`, () => {
		const { failovers } = playTimeline(`${versions[0]}/cluster/kill-primary-timeline.txt`, { every: 50 });
		const [failover] = failovers as [(typeof failovers)[0]];
		const before = [{ ...failover, steps: failover.steps.filter(each => each.kind !== step) }];
		const told = { at: failover.changedAt + 1, kind: step, node: failover.oldPrimary, text: 'so it is' };
		const now = [{ ...before[0]!, steps: [...before[0]!.steps, told] }];
		const events = failoverEvents(before, now, []);
		assert.deepEqual(
			events.map(event => [event.kind, event.node, event.at]),
			[[kind, failover.oldPrimary, told.at]],
		);
		assert.match(events[0]!.text, /so it is$/);
		assert.deepEqual(failoverEvents(now, [...now], []), []);
	});
