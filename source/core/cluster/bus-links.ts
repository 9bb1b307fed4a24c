// Nodes of a cluster that some of the others get no answer from on the bus, and since when. Who is refused there (a firewall,
// a wrong announced port) has a link that is `disconnected` for ever, and calls nobody failing for it: the state stays ok
// until votes are needed. Links break for a moment in every restart and failover, so only what lasts is told.

import { hasPlace } from '../parse/parse-address.ts';
import type { Address, Agreement, View } from '../types.ts';
import { doubtedIn } from './peer-digest.ts';

export type BusGap = Agreement['busGaps'][number];

/** Of those who have none as many are named. */
const namesKept = 3;

/** The nodes that others have no link to now, each since some node first had none. */
export function findBusGaps(
	views: readonly View[],
	before: readonly BusGap[],
	at: number,
): readonly BusGap[] {
	const found = new Map<Address, { count: number; by: Address[] }>();
	for (const { node, peers } of views)
		for (const { address, isHandshake } of doubtedIn(peers)) {
			if (address === undefined || isHandshake || !hasPlace(address) || address === node) continue;
			const gap = found.get(address) ?? { count: 0, by: [] };
			found.set(address, gap);
			gap.count++;
			if (gap.by.length < namesKept) gap.by.push(node);
		}
	if (found.size === 0) return [];
	const known = new Map(before.map(gap => [gap.node, gap.since]));
	return [...found].map(([node, gap]) => ({ node, ...gap, since: known.get(node) ?? at }));
}
