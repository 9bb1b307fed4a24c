// A failover to take along: the report as text, or as JSON with every step, lane and offset as it was learnt. Names and
// units as in --json; what is not known is null.

import type { Failover, FailoverMoment, Lanes } from '../core/failover/failover-record.ts';
import { unreplicatedOf } from '../core/failover/failover-record.ts';
import { failoverReport } from '../core/failover/failover-words.ts';

export const failoverText = (failover: Failover): string => failoverReport(failover).join('\n');

const iso = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());

export function failoverJson(failover: Failover): object {
	const { startedAt, steps } = failover;
	const loss = unreplicatedOf(failover);
	return {
		version: 1,
		kind: failover.kind,
		shard: failover.shard ?? null,
		group: failover.group ?? null,
		oldPrimary: failover.oldPrimary,
		newPrimary: failover.newPrimary ?? null,
		slots: failover.slots,
		oldEpoch: failover.oldEpoch ?? null,
		newEpoch: failover.newEpoch ?? null,
		startedAt: iso(startedAt),
		endedAt: iso(failover.endedAt),
		unservedSeconds: failover.unservedMilliseconds / 1000,
		neverReplicated: loss
			? { bytes: loss.bytes, isEndKnown: loss.isEndKnown, isNewPrimaryExact: loss.isHeirExact }
			: null,
		steps: steps.map(({ at, node, kind, text, severity }) => ({
			at: iso(at),
			seconds: (at - startedAt) / 1000,
			kind,
			node: node ?? null,
			severity: severity ?? null,
			text,
		})),
		lanes: lanesJson(failover.lanes),
		before: momentJson(failover.before),
		after: failover.after ? momentJson(failover.after) : null,
	};
}

const lanesJson = (lanes: Lanes) =>
	Object.fromEntries(
		Object.entries(lanes).map(([name, spans]) => [
			name,
			spans.map(({ from, until, level }) => ({ from: iso(from), until: iso(until), level })),
		]),
	);

const momentJson = ({ at, nodes }: FailoverMoment) => ({
	at: iso(at),
	nodes: nodes.map(node => ({
		node: node.node,
		role: node.role ?? null,
		health: node.health,
		epoch: node.epoch ?? null,
		offset: node.offset ?? null,
		lagBytes: node.lagBytes ?? null,
		keys: node.keys ?? null,
	})),
});
