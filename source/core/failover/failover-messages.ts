// Messages of Sentinels in the story of a failover: they come up to a poll's time before the poll that shows the same,
// so they bring steps forward and add those that no poll can catch. They never decide who is primary: a switch that no
// SENTINEL MASTERS confirms is a step of a story, and no more.

import type { Moment } from '../findings/events-cluster.ts';
import { hasPlace } from '../parse/parse-address.ts';
import type { Failovers } from './failover.ts';
import { bounded } from './failover.ts';
import { openFailover } from './failover-fold.ts';
import { type Failover, type FailoverStep, stepOf, tell } from './failover-record.ts';
import { parseSentinelEvent, type SentinelEvent, type SentinelMessage } from './sentinel-messages.ts';

/** The failovers after a Sentinel's message. `now` is the newest round: nothing of it is read but the nodes. */
export function noteSentinelMessage(failovers: Failovers, message: SentinelMessage, now: Moment): Failovers {
	const event = parseSentinelEvent(message.channel, message.text);
	const told = stepFor(event, message);
	if (!told) return failovers;
	const known = failovers.find(
		failover => failover.group === told.group && !failover.isOver && concerns(failover, told),
	);
	if (known) {
		const next = bringForward(known, told.step);
		return next === known ? failovers : failovers.map(failover => (failover === known ? next : failover));
	}
	const isBeginning = told.isBeginning && isStillPrimary(told, now);
	return isBeginning ? bounded([begun(told, now), ...failovers]) : failovers;
}

/**
 * A Sentinel that was away speaks of the primary it knew until the others tell it better
 * (https://github.com/redis/redis/issues/12798); what replaced that one long ago is in no danger.
 */
function isStillPrimary({ group, primary }: Told, now: Moment): boolean {
	const known = now.fleet.sentinel?.masters.find(master => master.name === group)?.primary;
	return known === undefined || known === primary || !hasPlace(known);
}

type Told = {
	readonly group: string;
	readonly primary: string;
	readonly step: FailoverStep;
	/** A failover may begin with it. */
	readonly isBeginning: boolean;
};

const concerns = (failover: Failover, told: Told) =>
	failover.oldPrimary === told.primary || failover.newPrimary === told.primary;

function begun({ group, primary, step }: Told, now: Moment): Failover {
	const shard = now.fleet.nodes.find(row => row.address === primary)?.shard;
	const opened = openFailover(primary, { shard, group, slots: [] }, now, now);
	return { ...bringForward({ ...opened, startedAt: step.at }, step), isSuspicion: false };
}

/** The step, or its earlier time where the poll has told it already. */
function bringForward(failover: Failover, step: FailoverStep): Failover {
	const { kind, ...told } = step;
	const known = stepOf(failover, kind);
	if (!known) return tell(failover, kind, told);
	if (known.at <= step.at) return failover;
	const steps = failover.steps
		.map(each => (each === known ? { ...known, at: step.at } : each))
		.sort((a, b) => a.at - b.at);
	return { ...failover, steps, startedAt: Math.min(failover.startedAt, step.at) };
}

function stepFor(event: SentinelEvent, { at, sentinel }: SentinelMessage): Told | undefined {
	if (event.kind === 'switch') {
		const { group, from, to } = event;
		const text = `switch: a Sentinel sends clients to ${to}`;
		return { group, primary: from, isBeginning: false, step: { at, node: sentinel, kind: 'switch', text } };
	}
	if (!('instance' in event)) return undefined;
	const { group, primary, role, address } = event.instance;
	const step = (
		kind: FailoverStep['kind'],
		text: string,
		more: Partial<FailoverStep> = {},
	): FailoverStep => ({
		at,
		node: sentinel,
		kind,
		text,
		...more,
	});
	const of = (step: FailoverStep, isBeginning = false): Told => ({ group, primary, step, isBeginning });
	switch (event.kind) {
		case 'sdown':
			if (event.isOver || role !== 'primary') return undefined;
			return of(step('sdown', 'sdown: a Sentinel gets no answer', { severity: 'warn' }), true);
		case 'odown': {
			if (event.isOver) return undefined;
			const votes = event.votes === undefined ? '' : `, ${event.votes} votes for a quorum of ${event.quorum}`;
			return of(step('odown', `odown: agreed that it is down${votes}`, { severity: 'crit' }), true);
		}
		case 'try-failover':
			return of(step('leader', 'starts the failover'), true);
		case 'selected-replica':
			return of(step('selected', `elected, and has chosen ${address}`));
		case 'failover-abort':
			return of(step('aborted', `failover given up: ${event.why}`, { severity: 'crit' }));
		case 'promoted-replica':
			return of(step('promoted', 'promoted: says that it is primary', { node: address }));
		case 'converted':
			return of(step('returned', `made a replica of ${primary}`, { node: address }));
		default:
			return undefined;
	}
}
