// Replicas that follow each other in a circle, or one that follows itself: every link may be up, and there is no primary,
// so all writes are refused (READONLY) and none of them knows. It looks at rows alone: who is told to follow whom.

import { rowAt } from '../fleet/rows.ts';
import type { Address, Fleet, NodeTrack, RedisNode } from '../types.ts';

const aboveOf = ({ role, replicates, primary }: RedisNode): Address | undefined =>
	role === 'replica' ? (replicates ?? primary) : undefined;

/** From the one that this replica follows back to it, itself last; undefined where the chain ends elsewhere. */
export function circleOf(node: RedisNode, fleet: Pick<Fleet, 'nodes'>): readonly Address[] | undefined {
	const circle: Address[] = [];
	const seen = new Set<Address>();
	for (let row: RedisNode | undefined = node; row; row = rowAt(fleet, circle.at(-1))) {
		const above = row.error || row.isGone ? undefined : aboveOf(row);
		if (above === undefined || seen.has(above)) return undefined;
		circle.push(above);
		seen.add(above);
		if (above === node.address) return circle;
	}
	return undefined;
}

/** Each of them has said so since then: rows of different ages show a circle whenever two roles swap. */
export const isSaidSince = (
	circle: readonly Address[],
	since: number,
	tracks: ReadonlyMap<Address, NodeTrack>,
): boolean => circle.every(address => (tracks.get(address)?.lastGood?.at ?? since) > since);

/** `it replicates itself`, `it replicates 10.0.0.2:6379, which replicates it`. */
export const circleText = (circle: readonly Address[]): string =>
	circle.length === 1
		? 'it replicates itself'
		: `it replicates ${[...circle.slice(0, -1), 'it'].join(', which replicates ')}`;
