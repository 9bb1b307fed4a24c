// What a round of views says of one primary of a cluster: who lost the link to it, who suspects it, who says that it
// failed, and whether we reach it ourselves. Its own word counts only for what it serves. Looked at while a failover is
// under way, four times a second; it keeps nothing and judges nothing.

import { doubtedIn, myselfIn } from '../cluster/agreement.ts';
import { diagnoseState } from '../cluster/state-diagnosis.ts';
import type { Moment } from '../findings/events-cluster.ts';
import type { Address, Peer, SlotRange, View } from '../types.ts';
import { type Silence, silenceOf } from './failover-fold.ts';

export type Sight = {
	/** Nodes that told their view, the primary itself left out. */
	readonly asked: number;
	readonly unlinked: readonly View[];
	readonly pfail: readonly View[];
	readonly fail: readonly View[];
	/** Of the primaries with slots: how many there are, how many make a majority, which of them flag it. */
	readonly primaries: number;
	readonly majority: number;
	readonly flagging: readonly View[];
	/** Nodes that say cluster_state fail. */
	readonly failing: readonly View[];
	/** We get no answer from it, and since when we know. */
	readonly silence?: Silence;
	/** Its own view, when it answers. */
	readonly own?: View;
	/** Nobody reaches it: `fail` is agreed, or neither we nor most of its peers get through. */
	readonly isLost: boolean;
};

export function look(id: string | undefined, address: Address, views: readonly View[], now: Moment): Sight {
	const others = views.filter(view => view.node !== address);
	const own = views.find(view => view.node === address);
	const silence = silenceOf(address, now);
	const isWell = silence === undefined && own !== undefined && own.cluster.state !== 'fail';
	const doubters = others.flatMap(view => {
		if (isWell && isCutOff(view)) return [];
		const peer = doubtedIn(view.peers).find(candidate => candidate.id === id);
		return peer ? [{ view, peer }] : [];
	});
	// While it serves and we reach it, the doubts of a few say more of them.
	const doubting = isWell && doubters.length * 2 < others.length ? [] : doubters;
	const having = (is: (peer: Peer) => boolean) =>
		doubting.filter(({ peer }) => is(peer)).map(({ view }) => view);
	const fail = having(peer => peer.isFail);
	const flagged = having(peer => peer.isPfail || peer.isFail);
	const primaries = Math.max(0, ...others.map(view => view.cluster.size ?? 0)) || primariesIn(others[0]);
	return {
		asked: others.length,
		unlinked: having(peer => !peer.isLinkUp),
		pfail: having(peer => peer.isPfail),
		fail,
		primaries,
		majority: Math.floor(primaries / 2) + 1,
		flagging: flagged.filter(isVoter),
		failing: others.filter(view => view.cluster.state === 'fail'),
		silence,
		own,
		isLost: fail.length > 0 || (silence !== undefined && doubting.length * 2 > others.length),
	};
}

/** On the small side of a split a node doubts all of the large side; that says something of itself alone. */
const isCutOff = (view: View): boolean =>
	view.cluster.state === 'fail' && diagnoseState(view.cluster, view.peers).kind === 'no-majority';

const primariesIn = (view: View | undefined) =>
	view?.peers.filter(peer => peer.role === 'primary' && peer.slots.length > 0).length ?? 0;

/** Only primaries with slots are asked for their vote. */
export function isVoter(view: View): boolean {
	const myself = myselfIn(view.peers);
	return myself?.role === 'primary' && myself.slots.length > 0;
}

/** The view that told first. */
export function firstOf(views: readonly View[], now: Moment): { node: Address; at: number } | undefined {
	let first: { node: Address; at: number } | undefined;
	for (const view of views) {
		const at = toldAt(view, now);
		if (!first || at < first.at) first = { node: view.node, at };
	}
	return first;
}

export const toldAt = (view: View, now: Moment): number => now.tracks.get(view.node)?.clusterAt ?? now.at;

export const owns = (ranges: readonly SlotRange[], slot: number): boolean =>
	ranges.some(([first, last]) => first <= slot && slot <= last);

/** How many slots stand in both lists, each in ascending order as nodes tell them. */
export function sharedSlots(some: readonly SlotRange[], others: readonly SlotRange[]): number {
	let shared = 0;
	for (let left = 0, right = 0; left < some.length && right < others.length; ) {
		const [first, last] = some[left]!;
		const [start, end] = others[right]!;
		shared += Math.max(0, Math.min(last, end) - Math.max(first, start) + 1);
		if (last < end) left++;
		else right++;
	}
	return shared;
}
