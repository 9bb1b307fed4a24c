// Nodes of a cluster that have no link to others on the bus, and since when. Who is refused there (a firewall, a wrong
// announced port) has a link that is `disconnected` for ever, and calls nobody failing for it: the state stays ok until
// votes are needed. Links break for a moment in every restart and failover, so only what lasts is told.

import { hasPlace } from '../parse/parse-address.ts';
import type { Address, Agreement, Peer, View } from '../types.ts';
import { doubtedIn } from './peer-digest.ts';

export type BusGap = Agreement['busGaps'][number];
type Open = { count: number; others: Address[]; isOwn: boolean };

/** Of those at the other end as many are named. */
const namesKept = 3;

/**
 * Nodes that are there and that others have no link to, each since some node first had none. A node without links to most
 * of the others is itself the one that is cut off, and what it says of them is no news of theirs.
 */
export function findBusGaps(
	views: readonly View[],
	isSilent: (address: Address) => boolean,
	before: readonly BusGap[],
	at: number,
): readonly BusGap[] {
	const found = new Map<Address, Open>();
	for (const { node, peers } of views) {
		const cut = doubtedIn(peers).filter(peer => isThere(peer, node) && !isSilent(peer.address!));
		if (cut.length === 0) continue;
		if (cut.length * 2 > peers.length - 1) {
			const others = cut.slice(0, namesKept).map(({ address }) => address!);
			found.set(node, { count: cut.length, others, isOwn: true });
		} else for (const { address } of cut) add(found, address!, node);
	}
	if (found.size === 0) return [];
	const known = new Map(before.map(gap => [gap.node, gap.since]));
	return [...found].map(([node, gap]) => ({ node, ...gap, since: known.get(node) ?? at }));
}

const isThere = ({ address, isHandshake }: Peer, viewer: Address) =>
	address !== undefined && !isHandshake && hasPlace(address) && address !== viewer;

function add(found: Map<Address, Open>, node: Address, by: Address): void {
	const gap = found.get(node) ?? { count: 0, others: [], isOwn: false };
	found.set(node, gap);
	if (gap.isOwn) return;
	gap.count++;
	if (gap.others.length < namesKept) gap.others.push(by);
}
