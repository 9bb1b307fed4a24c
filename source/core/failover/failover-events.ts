// What failovers add to the event log. Lost links, flags, roles, slots and cluster_state are told by the events of nodes,
// clusters and Sentinels already, from the same rounds: a step that says the same is not told a second time. What no
// comparison of two rounds can say is told here: a majority that agrees or is lost, nobody to take over, a stale primary,
// a resync; and when all is over one event with what it cost.

import type { Address, EventKind, FleetEvent } from '../types.ts';
import type { Failover, FailoverStep, StepKind } from './failover-record.ts';
import { lossText, newSteps, outcomeText } from './failover-words.ts';

/** Steps that nothing else tells, and the kind of event that each of them is. */
const ownSteps: Partial<Record<StepKind, EventKind>> = {
	'pfail-majority': 'pfail',
	leader: 'failover',
	selected: 'failover',
	aborted: 'failover',
	reconfigured: 'failover',
	'majority-lost': 'cluster-state',
	'majority-back': 'cluster-state',
	'no-candidate': 'slots-uncovered',
	stale: 'view-split',
	resynced: 'failover',
	restored: 'slots-covered',
};

/** Of what a failover came to: every one begins with this word, whatever its kind is. */
const outcomeWord = 'failover over: ';

/** Events of what the failovers of a round have and had not before. `told` keeps an outcome from being told twice. */
export function failoverEvents(
	before: readonly Failover[],
	now: readonly Failover[],
	told: readonly FleetEvent[],
): FleetEvent[] {
	if (before === now) return [];
	const steps = newSteps(before, now).flatMap(({ failover, step }): FleetEvent[] => {
		const kind = ownSteps[step.kind];
		if (kind === undefined || failover.isSuspicion) return [];
		const { at, severity } = step;
		const node = subjectOf(failover, step);
		const text = sayTheirName.has(step.kind) && step.node ? `${step.node}: ${step.text}` : step.text;
		return [{ at, kind, node, shard: failover.shard, severity, text }];
	});
	const wasOver = new Set(before.filter(each => each.isOver).map(each => each.id));
	const outcomes = now
		.filter(each => each.isOver && !each.isSuspicion && !wasOver.has(each.id))
		.flatMap(failover => {
			const event = outcomeEvent(failover);
			// One that ended without its old primary ends once more when that is back, mostly with the same to tell. The
			// same words of an earlier one, between the same nodes, are another's.
			const isTold = told.some(
				known => known.at >= failover.startedAt && known.text === event.text && known.node === event.node,
			);
			return isTold ? [] : [event];
		});
	return [...steps, ...outcomes];
}

/**
 * The node that an event is about. A step of the story names who said it, which for suspicions and for the stages of a
 * failover is a node that is well: another primary, a Sentinel.
 */
function subjectOf({ oldPrimary }: Failover, { kind, node = oldPrimary }: FailoverStep): Address {
	return saidByOthers.has(kind) ? oldPrimary : node;
}

const sayTheirName: ReadonlySet<StepKind> = new Set(['leader', 'selected']);
const saidByOthers: ReadonlySet<StepKind> = new Set(['pfail-majority', 'leader', 'selected', 'aborted']);

function outcomeEvent(failover: Failover): FleetEvent {
	const { endedAt = failover.changedAt, oldPrimary, newPrimary, shard } = failover;
	const nodes = newPrimary === undefined ? oldPrimary : `${oldPrimary} > ${newPrimary}`;
	// How sure it is stands in the report.
	const loss = lossText(failover)?.replace(/ \(.*\)$/s, '');
	const text = `${outcomeWord}${nodes}, ${outcomeText(failover)}${loss === undefined ? '' : `; ${loss}`}`;
	const kind =
		newPrimary !== undefined ? 'promoted' : failover.kind === 'lost' ? 'slots-uncovered' : 'slots-covered';
	return { at: endedAt, kind, node: newPrimary ?? oldPrimary, shard, text };
}
