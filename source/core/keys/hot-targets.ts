// Which nodes a search for hot keys looks at: those where the traffic is. In a cluster the primaries that own slots,
// under Sentinel the primary that the Sentinels name, else every primary; a replica only where no primary is watched,
// for it sees the writes and its own readers alone. It knows no method and no cost: that is the ladder's.

import { primaryNow } from '../fleet/serving.ts';
import type { Address, Fleet, RedisNode } from '../types.ts';
import type { HotTarget } from './hot-keys.ts';

/** The nodes to look at, in the order of the fleet; `primary` is one shard of it, by a node that is or was its primary. */
export function hotTargets(fleet: Fleet, primary?: Address): readonly HotTarget[] {
	const all = servingNodes(fleet);
	const chosen =
		primary === undefined ? all : all.filter(node => node.address === primaryNow(fleet, primary));
	return chosen.map(node => targetOf(fleet, node));
}

/** Primaries that would be looked at and do not answer: what is asked of them now is asked of nobody. */
export function silentSources(fleet: Fleet, primary?: Address): readonly RedisNode[] {
	const primaries = fleet.nodes.filter(node => !node.isGone && node.role === 'primary');
	const silent = primaries.filter(node => !answers(node) && isServing(fleet, node, primaries));
	return primary === undefined
		? silent
		: silent.filter(({ address }) => address === primaryNow(fleet, primary));
}

const answers = (node: RedisNode) => !node.isGone && node.health !== 'down';

function servingNodes(fleet: Fleet): readonly RedisNode[] {
	const watched = fleet.nodes.filter(node => !node.isGone);
	const primaries = watched.filter(node => node.role === 'primary');
	// Its primary may be down: then there is no traffic to see, and a replica does not stand for it.
	if (primaries.length === 0) return watched.filter(node => node.role === 'replica' && answers(node));
	return primaries.filter(node => answers(node) && isServing(fleet, node, primaries));
}

function isServing(fleet: Fleet, node: RedisNode, primaries: readonly RedisNode[]): boolean {
	// A user without CLUSTER NODES sees no owner: then every primary counts.
	if (fleet.mode === 'cluster')
		return node.slots.length > 0 || primaries.every(({ slots }) => slots.length === 0);
	const named = new Set(fleet.sentinel?.masters.map(master => master.primary));
	return !primaries.some(({ address }) => named.has(address)) || named.has(node.address);
}

const targetOf = (fleet: Fleet, node: RedisNode): HotTarget => ({
	address: node.address,
	isReplica: node.role === 'replica',
	isCluster: fleet.mode === 'cluster',
	shard: node.shard,
	replicas: fleet.nodes
		.filter(other => other.role === 'replica' && other.primary === node.address && answers(other))
		.map(other => other.address),
	server: node.server,
	version: node.version,
	maxmemoryPolicy: node.maxmemoryPolicy,
	maxmemoryBytes: node.maxmemoryBytes,
	keys: node.keys,
});
