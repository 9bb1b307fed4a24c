// Which of the demo's three shards a key lies in, by the cluster's own arithmetic. The traffic needs it to send each
// command to the right node at once; a client that asked by trial would fill the servers with MOVED.

import { slotOf } from '../core/keys/key-slot.ts';
import { slotsInCluster } from '../core/slots.ts';

export const shardCount = 3;

/** All slots of a shard; the shards cut the range evenly. */
export function slotsOfShard(shard: number): number[] {
	const first = firstSlot(shard);
	return Array.from({ length: firstSlot(shard + 1) - first }, (_, offset) => first + offset);
}

export function shardOf(key: string): number {
	const slot = slotOf(key);
	let shard = 0;
	while (slot >= firstSlot(shard + 1)) shard++;
	return shard;
}

const firstSlot = (shard: number) => Math.round((slotsInCluster * shard) / shardCount);
