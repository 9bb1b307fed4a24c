// Who serves a shard now: before, in and after a failover, and where nobody does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUnserved, primaryNow } from '../../../source/core/fleet/serving.ts';
import type { Fleet, RedisNode } from '../../../source/core/types.ts';
import { scopeBeside, targetsOf } from '../../../source/state/key-scope.ts';
import { calm } from '../../view/build-state.ts';

const old = '10.0.1.12:6379';
const next = '10.0.1.22:6379';
const state = calm();
const { fleet } = state.fleets[0]!.now;

const changed = (nodes: Readonly<Record<string, Partial<RedisNode>>>, more: Partial<Fleet> = {}): Fleet => ({
	...fleet,
	...more,
	nodes: fleet.nodes.map(node => ({ ...node, ...nodes[node.address] })),
});

/** The old primary never came back: its row still says what it was. */
const heir = changed(
	{
		[old]: { health: 'down', slots: [] },
		[next]: { role: 'primary', primary: undefined, slots: [[5461, 10922]] },
	},
	{
		shards: fleet.shards.map(shard =>
			shard.primary === old ? { ...shard, primary: next, replicas: [old] } : shard,
		),
	},
);

test('the primary of a shard, by any of its nodes', () => {
	assert.equal(primaryNow(fleet, old), old);
	assert.equal(primaryNow(fleet, next), old);
	assert.equal(primaryNow(changed({ [old]: { role: 'replica', primary: next } }), old), next, 'it is back');
	assert.equal(primaryNow(heir, old), next, 'it is gone');
	assert.equal(primaryNow(fleet, '10.9.9.9:1'), '10.9.9.9:1', 'of no shard that is known');
});

test('a shard that was chosen is scanned where it is served now, also while its old primary is gone', () => {
	const [track] = state.fleets;
	const after = { ...state, fleets: [{ ...track!, now: { ...track!.now, fleet: heir } }] };
	const scope = { fleet: track!.id, primary: old };
	assert.deepEqual(
		targetsOf(after, scope).map(({ primary }) => primary),
		[next],
	);
	assert.equal(scopeBeside(after, scope, 1)?.primary, '10.0.1.13:6379', 'the arrow goes on from there');
});

test('nobody serves a shard whose primary is gone for its peers too; one that nobody dials is served', () => {
	const of = (some: Fleet) => isUnserved(some, some.shards.find(({ primary }) => primary === old)!);
	assert.equal(of(fleet), false);
	assert.equal(of(changed({ [old]: { health: 'down' } })), true);
	assert.equal(of(changed({ [old]: { health: 'down', isSeenWell: true } })), false);
	const error = { reason: 'not-allowed', text: 'not dialled' } as const;
	assert.equal(of(changed({ [old]: { health: 'down', error } })), false);
	const agreement = { ...fleet.agreement!, lostPrimaries: [old] };
	assert.equal(of(changed({}, { agreement })), true, 'it hangs, and its peers call it failed');
	assert.equal(isUnserved(fleet, { ...fleet.shards[0]!, primary: undefined }), true);
});
