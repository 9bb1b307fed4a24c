// The row of an address. A rule that looks for one in each of 1,000 shards must not go through 1,000 rows for each.

import type { Address, Fleet, RedisNode } from '../types.ts';

const known = new WeakMap<Fleet['nodes'], ReadonlyMap<Address, RedisNode>>();

/** Undefined where the fleet has none; made once a list of rows. */
export function rowAt({ nodes }: Pick<Fleet, 'nodes'>, address: Address | undefined): RedisNode | undefined {
	if (address === undefined) return undefined;
	let rows = known.get(nodes);
	if (!rows) {
		rows = new Map(nodes.map(node => [node.address, node]));
		known.set(nodes, rows);
	}
	return rows.get(address);
}
