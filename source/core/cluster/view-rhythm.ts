// When a node of a cluster is asked for its view again. CLUSTER NODES has a line for each node and each node is asked: of
// 1,000 that is a million lines, a hundred megabytes. CLUSTER INFO is a few hundred bytes and says when something of the
// map changed: an epoch, a state, a doubt about a primary, a member more or less. So a node of many is asked for its view
// at once when its own CLUSTER INFO says something else than it did with the last one, and in turn where nothing moves.
// While anything in the fleet does, all are asked every two seconds: a lost link, or a replica that is doubted, shows in
// no CLUSTER INFO.

import { manyNodes } from '../thresholds.ts';
import type { ClusterView } from '../types.ts';

export type Sign = {
	readonly nodesInFleet: number;
	/** What its CLUSTER INFO told last, and what it told with its last view; undefined until it has. */
	readonly said?: string;
	readonly saidWithView?: string;
	/** Its last view will be another one soon. */
	readonly isUnfinished: boolean;
	/** Something moves somewhere in the fleet. */
	readonly isRestless: boolean;
};

const restlessSeconds = 2;
/** Of CLUSTER NODES, from all nodes together, while nothing moves: 3.5 MB, a thirtieth of a core. */
const linesASecond = 35_000;

/** Seconds between two views of a node; 0 is every refresh. */
export function viewEvery({ nodesInFleet, said, saidWithView, isRestless, isUnfinished }: Sign): number {
	if (nodesInFleet <= manyNodes) return 0;
	// Nothing would tell that it changed.
	if (said === undefined) return restlessSeconds;
	if (said !== saidWithView) return 0;
	if (isRestless || isUnfinished) return restlessSeconds;
	return Math.max(restlessSeconds, nodesInFleet ** 2 / linesASecond);
}

/** It is asked because it is its turn, and for no other reason. */
export const isInTurn = ({ said, saidWithView, isRestless, isUnfinished }: Sign): boolean =>
	said !== undefined && said === saidWithView && !isRestless && !isUnfinished;

/**
 * How many views one refresh asks for at most: whatever has changed as many as every two seconds of all, and of those
 * whose turn it is no more than come in turn, or what was asked together would be asked together for ever.
 */
export function viewsARefresh(nodes: number, delaySeconds: number): { all: number; inTurn: number } {
	return {
		all: Math.max(manyNodes, Math.ceil((nodes * Math.max(1, delaySeconds)) / restlessSeconds)),
		inTurn: Math.ceil((delaySeconds * linesASecond) / Math.max(1, nodes)),
	};
}

/** CLUSTER INFO without what changes with every message: equal while nothing is told. */
export function saidIn(info: string): string {
	const end = info.indexOf('cluster_stats_');
	return end < 0 ? info : info.slice(0, end);
}

/** A view that will be another one soon, as it says itself: a node that is half met, a slot on its way. */
export const isUnfinishedView = (view: string, openSlots: readonly string[]): boolean =>
	openSlots.length > 0 || view.includes('handshake');

const told = [
	'state',
	'epoch',
	'myEpoch',
	'slotsAssigned',
	'slotsOk',
	'slotsPfail',
	'slotsFail',
	'knownNodes',
	'size',
] as const satisfies readonly (keyof ClusterView)[];

/** What CLUSTER INFO tells now is not what it told with the view. */
export const isOtherwise = (withView: ClusterView, now: ClusterView): boolean =>
	told.some(name => withView[name] !== undefined && now[name] !== undefined && withView[name] !== now[name]);
