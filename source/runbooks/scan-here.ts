// A scan may have read one shard or the whole fleet; a runbook is about one node. Its largest keys are those of its own
// shard, whichever node of it they were read from. Patterns are sums over all that was read, and are told as such.

import type { BigKeysResult } from '../core/keys/big-keys.ts';
import type { Address } from '../core/types.ts';
import type { RunbookInput } from './runbook.ts';

/** The scan with the keys of this node's shard alone; undefined stays undefined. */
export function scanHere(input: RunbookInput, scan: BigKeysResult | undefined): BigKeysResult | undefined {
	const shard = shardOf(input);
	if (!scan || !shard) return scan;
	return {
		...scan,
		keys: scan.keys.filter(({ node }) => shard.has(node)),
		keysByItems: scan.keysByItems.filter(({ node }) => shard.has(node)),
	};
}

/** What the keys of this node's shard hold together, as the scan has measured them. */
export function bytesHere(input: RunbookInput, scan: BigKeysResult): number {
	const shard = shardOf(input);
	if (!shard || nodesBeyond(input, scan).length === 0) return scan.totalBytes;
	return scan.databases.filter(({ node }) => shard.has(node)).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Nodes of other shards that the scan has read as well. */
export function nodesBeyond(input: RunbookInput, scan: BigKeysResult): readonly Address[] {
	const shard = shardOf(input);
	if (!shard) return [];
	const read = [...scan.databases, ...scan.keys].map(({ node }) => node);
	return [...new Set(read)].filter(node => !shard.has(node));
}

/** The node and its mates: its primary, its replicas. Undefined where the fleet is not known. */
function shardOf({ node, fleet }: RunbookInput): ReadonlySet<Address> | undefined {
	if (!fleet) return undefined;
	const root = node.primary ?? node.address;
	const mates = fleet.nodes.filter(
		other =>
			other.address === root ||
			other.primary === root ||
			(node.shard !== undefined && other.shard === node.shard),
	);
	return new Set([node.address, ...mates.map(({ address }) => address)]);
}
