// Which nodes a search for hot keys looks at: where the traffic is, now, in each kind of fleet, and after a failover.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hotTargets } from '../../../source/core/keys/hot-targets.ts';
import type { Fleet, RedisNode } from '../../../source/core/types.ts';
import { calm, fleetOf, nodeOf, sentinel, standalone } from '../../view/build-state.ts';

const cluster = (change: (node: RedisNode) => RedisNode = node => node): Fleet => {
	const { fleet } = calm().fleets[0]!.now;
	return { ...fleet, nodes: fleet.nodes.map(change) };
};
const addresses = (fleet: Fleet, primary?: string) =>
	hotTargets(fleet, primary).map(({ address }) => address);

test('a cluster: the primaries that own slots, with what the ladder needs of them', () => {
	assert.deepEqual(addresses(cluster()), ['10.0.1.11:6379', '10.0.1.12:6379', '10.0.1.13:6379']);
	const [first] = hotTargets(cluster());
	assert.deepEqual(first, {
		address: '10.0.1.11:6379',
		...{ isReplica: false, isCluster: true, shard: 1, replicas: ['10.0.1.21:6379'] },
		...{ server: 'redis', version: '7.2.5', maxmemoryPolicy: 'allkeys-lru' },
		...{ maxmemoryBytes: 12 * 1024 ** 3, keys: 39.6e6 },
	});
	const empty = cluster(node => (node.address === '10.0.1.13:6379' ? { ...node, slots: [] } : node));
	assert.deepEqual(addresses(empty), ['10.0.1.11:6379', '10.0.1.12:6379']);
	const blind = cluster(node => ({ ...node, slots: [] }));
	assert.equal(addresses(blind).length, 3, 'a user without CLUSTER NODES');
});

test('one shard, by a node that is or was its primary', () => {
	assert.deepEqual(addresses(cluster(), '10.0.1.12:6379'), ['10.0.1.12:6379']);
	const failedOver = cluster(node => {
		if (node.address === '10.0.1.12:6379')
			return { ...node, role: 'replica', primary: '10.0.1.22:6379', slots: [] };
		return node.address === '10.0.1.22:6379'
			? { ...node, role: 'primary', primary: undefined, slots: [[5461, 10922]] }
			: node;
	});
	assert.deepEqual(addresses(failedOver, '10.0.1.12:6379'), ['10.0.1.22:6379']);
	const [target] = hotTargets(failedOver, '10.0.1.12:6379');
	assert.deepEqual(target!.replicas, ['10.0.1.12:6379']);
});

test('a primary that is down has no traffic, and its replica does not stand for it', () => {
	const down = cluster(node => (node.address === '10.0.1.12:6379' ? { ...node, health: 'down' } : node));
	assert.deepEqual(addresses(down), ['10.0.1.11:6379', '10.0.1.13:6379']);
	assert.deepEqual(addresses(down, '10.0.1.12:6379'), []);
	const gone = cluster(node => ({ ...node, isGone: node.address === '10.0.1.12:6379' }));
	assert.equal(addresses(gone).length, 2);
});

test('replicas that are down are not read from', () => {
	const down = cluster(node => (node.role === 'replica' ? { ...node, health: 'down' } : node));
	assert.deepEqual(
		hotTargets(down).map(({ replicas }) => replicas),
		[[], [], []],
	);
});

test('under Sentinel the primary that is named, not one that has not noticed', () => {
	const { fleet } = sentinel().fleets[0]!.now;
	assert.deepEqual(addresses(fleet), ['10.0.2.1:6379']);
	const both = fleet.nodes.map(node =>
		node.address === '10.0.2.2:6379' ? { ...node, role: 'primary' as const, primary: undefined } : node,
	);
	assert.deepEqual(addresses({ ...fleet, nodes: both }), ['10.0.2.1:6379']);
});

test('a lone server; a replica only where no primary is watched', () => {
	assert.deepEqual(addresses(standalone().fleets[0]!.now.fleet), ['127.0.0.1:6379']);
	const replica = nodeOf('10.0.0.2:6379', { role: 'replica', primary: '10.0.0.1:6379' });
	assert.deepEqual(
		hotTargets(fleetOf([replica])).map(({ isReplica }) => isReplica),
		[true],
	);
	assert.deepEqual(addresses(fleetOf([replica, nodeOf('10.0.0.1:6379', { role: 'primary' })])), [
		'10.0.0.1:6379',
	]);
	assert.deepEqual(addresses(fleetOf([nodeOf('10.0.0.1:6379')])), [], 'not known yet');
});
