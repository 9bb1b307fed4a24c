// Who serves a shard now, and of which shard nobody does.

import { isLeftOut } from '../text/node-trouble.ts';
import type { Address, Fleet, Shard } from '../types.ts';
import { rowAt } from './rows.ts';

/** The primary of the shard a node is in: after a failover the one that the old primary replicates, or that took its place. */
export function primaryNow(fleet: Fleet, address: Address): Address {
	const known = rowAt(fleet, address);
	if (known?.role === 'replica' && known.primary !== undefined) return known.primary;
	const shard = fleet.shards.find(one => one.primary === address || one.replicas.includes(address));
	return shard?.primary ?? address;
}

/** It has no primary, or one that is gone for its peers too. One that hangs is lost when they say so; one that nobody dials is not. */
export function isUnserved(fleet: Fleet, { primary }: Shard): boolean {
	if (primary === undefined || fleet.agreement?.lostPrimaries.includes(primary)) return true;
	const node = rowAt(fleet, primary);
	return node?.health === 'down' && !node.isSeenWell && !isLeftOut(node.error);
}
