// The failovers of a fleet, told from transitions: one call a round, the extra rounds of a fast phase too. In goes what
// the round before and this one know, out comes the list: newest first, bounded, the same array when nothing changed.
// What a cluster shows is read in failover-cluster, what Sentinels show in failover-sentinel.

import type { Moment } from '../findings/events-cluster.ts';
import { foldCluster } from './failover-cluster.ts';
import type { RoundMoment } from './failover-fold.ts';
import type { Failover } from './failover-record.ts';
import { foldSentinel } from './failover-sentinel.ts';

/** Newest first: those under way, then those that are over. */
export type Failovers = readonly Failover[];

export const noFailovers: Failovers = [];

const pastKept = 20;
const openKept = 32;

/**
 * The failovers after one more round; `now` may carry its samples, which tell more than the tracks where a node was
 * away. Never throws, whatever the servers said.
 */
export function foldFailovers(failovers: Failovers, before: Moment, now: RoundMoment): Failovers {
	const next =
		now.fleet.mode === 'cluster'
			? foldCluster(failovers, before, now)
			: now.fleet.mode === 'sentinel'
				? foldSentinel(failovers, before, now)
				: failovers;
	return next === failovers ? failovers : bounded(next);
}

export function bounded(failovers: Failovers): Failovers {
	const open = failovers.filter(failover => !failover.isOver).slice(0, openKept);
	const past = failovers
		.filter(failover => failover.isOver)
		.sort((a, b) => b.startedAt - a.startedAt)
		.slice(0, pastKept);
	return [...open, ...past];
}

/** Those worth a line: a lost link that came back within seconds is none. */
export const toldFailovers = (failovers: Failovers): Failovers =>
	failovers.filter(failover => !failover.isSuspicion || !failover.isOver);

/** Whether one is under way: while it is, the transitions are asked for four times a second. */
export const isUnderWay = (failovers: Failovers): boolean => failovers.some(failover => !failover.isOver);
