// A folded group as a row: the totals of its fleet in the columns of a node, under the name of the group. What has no total
// is unknown, and it is as well as the worst of its nodes.

import type { Fleet, Health, RedisNode } from '../../../core/types.ts';

const made = new WeakMap<Fleet, RedisNode>();

const worstFirst: readonly Health[] = ['down', 'stale', 'loading', 'up'];

/** Made once for each refresh of a fleet. */
export function groupRow(fleet: Fleet): RedisNode {
	const known = made.get(fleet);
	if (known) return known;
	const row = rowOf(fleet);
	made.set(fleet, row);
	return row;
}

function rowOf({ name, at, nodes, totals, opsHistory }: Fleet): RedisNode {
	const here = nodes.filter(node => !node.isGone);
	// One that is down has its finding, and the others go on: the row is not drawn as if there were no figure.
	const isAllDown = here.every(({ health }) => health === 'down');
	const worst = worstFirst.find(health => here.some(node => node.health === health)) ?? 'stale';
	return {
		address: name,
		health: worst === 'down' && !isAllDown ? 'up' : worst,
		since: at,
		ageSeconds: here.reduce<number | undefined>(
			(oldest, { ageSeconds }) => (ageSeconds === undefined ? oldest : Math.max(oldest ?? 0, ageSeconds)),
			undefined,
		),
		isGone: false,
		slots: [],
		ops: opsHistory,
		refused: [],
		opsPerSecond: totals.opsPerSecond,
		hitRate: totals.hitRate,
		evictedPerSecond: totals.evictedPerSecond,
		expiredPerSecond: totals.expiredPerSecond,
		inputBytesPerSecond: totals.inputBytesPerSecond,
		outputBytesPerSecond: totals.outputBytesPerSecond,
		usedMemoryBytes: totals.usedMemoryBytes,
		rssBytes: totals.rssBytes,
		maxmemoryBytes: totals.maxmemoryBytes,
		memoryShare: totals.memoryShare,
		fragmentationRatio: totals.fragmentationRatio,
		connectedClients: totals.connectedClients,
		blockedClients: totals.blockedClients,
		keys: totals.keys,
		keysWithTtl: totals.keysWithTtl,
		errorsPerSecond: totals.errorsPerSecond,
	};
}
