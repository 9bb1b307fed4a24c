// Which nodes nobody may call fine: those of which no reading of now is there. What is meant to be left out does not count,
// and neither does a copy that the operator does not want asked: a primary serves clients whether it is asked or not.

import { isLeftOut } from '../text/node-trouble.ts';
import { duration } from '../text/quantity.ts';
import type { Finding, Fleet, RedisNode } from '../types.ts';

/** A reading of it is due. One that loads has its finding; of one without an address its finding says whether it is missed. */
export const isAwaited = (node: RedisNode, { mode }: Pick<Fleet, 'mode'>): boolean =>
	!node.isGone &&
	node.health !== 'loading' &&
	node.error?.reason !== 'no-address' &&
	!(isLeftOut(node.error) && !isServing(node, mode));

/** In a cluster whoever owns slots, elsewhere whoever is no replica. */
export const isServing = ({ slots, role }: RedisNode, mode: Fleet['mode']): boolean =>
	role !== 'replica' && (mode !== 'cluster' || slots.length > 0);

/** Nodes without a reading of now that no finding speaks of. */
export const unmeasuredNodes = (fleet: Fleet, findings: readonly Finding[]): readonly RedisNode[] =>
	fleet.nodes.filter(
		node =>
			(node.health !== 'up' || node.error !== undefined) &&
			isAwaited(node, fleet) &&
			!findings.some(finding => finding.node === node.address),
	);

export function whyUnmeasured({ error, ageSeconds }: RedisNode): string {
	if (error) return error.text;
	return ageSeconds === undefined ? 'no reading yet' : `no answer for ${duration(ageSeconds)}`;
}
