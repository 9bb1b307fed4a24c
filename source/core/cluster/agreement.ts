// What the nodes of a cluster believe, compared. Each node's CLUSTER NODES is its own opinion; the map that most
// of them hold is what the fleet is drawn by, and the nodes that hold another one are named.

import { slotsIn } from '../slots.ts';
import type { Address, Agreement, NodeTrack, Peer, SlotRange, View } from '../types.ts';
import { findBusGaps } from './bus-links.ts';
import { findDisputes, findDoubleClaims, findStaleOwners, hasLasted } from './disputes.ts';
import { doubtedIn, isDoubted, mapOf, myselfIn, ownersAmong, placelessAmong } from './peer-digest.ts';

export { doubtedIn, handshakesIn, membersOf, myselfIn } from './peer-digest.ts';

/**
 * The views that count now: of nodes that answer and that have told since `oldest`, with CLUSTER INFO at least, that
 * nothing has changed. Of those that do not tell it since `oldestUntold`.
 */
export function viewsOf(tracks: Iterable<NodeTrack>, oldest: number, oldestUntold = oldest): View[] {
	const views: View[] = [];
	for (const track of tracks) {
		const cluster = track.cluster;
		if (!cluster?.peers || track.gone || track.error || track.isViewOutdated) continue;
		const isTold = cluster.state !== undefined;
		if ((track.clusterAt ?? 0) < (isTold ? oldest : oldestUntold)) continue;
		views.push({ node: track.address, cluster, peers: cluster.peers, at: track.viewAt });
	}
	return views;
}

/** Views in groups that hold the same map, the largest first (of equals the one with the highest epoch). */
export function groupViews(views: readonly View[]): View[][] {
	const groups = new Map<string, View[]>();
	for (const view of views) {
		const map = mapOf(view.peers);
		const group = groups.get(map);
		if (group) group.push(view);
		else groups.set(map, [view]);
	}
	const epoch = (group: View[]) => Math.max(...group.map(view => view.cluster.epoch ?? 0));
	return [...groups.values()].sort((a, b) => b.length - a.length || epoch(b) - epoch(a));
}

/** The peers as the largest group has them: of its views the one with the highest epoch. */
export function believedPeers(groups: readonly View[][]): readonly Peer[] {
	const largest = groups[0] ?? [];
	let best = largest[0];
	for (const view of largest) if ((view.cluster.epoch ?? 0) > (best?.cluster.epoch ?? 0)) best = view;
	return best?.peers ?? [];
}

/** Of some peers by their ids, how many views know each and how many doubt it, not asking the peer itself. */
function countDoubts(
	ids: Iterable<string>,
	views: readonly View[],
): ReadonlyMap<string, { readonly asked: number; readonly yes: number }> {
	const doubts = new Map([...ids].map(id => [id, { asked: 0, yes: 0 }]));
	if (doubts.size === 0) return doubts;
	for (const { peers } of views)
		for (const peer of peers) {
			const of = peer.isMyself ? undefined : doubts.get(peer.id);
			if (!of) continue;
			of.asked++;
			if (isDoubted(peer)) of.yes++;
		}
	return doubts;
}

/**
 * The comparison. `isSilent` says of an address that we get no answer from it either: a primary whose slots nobody
 * can reach is uncovered before its peers have agreed on it. `before` is the comparison of the round before.
 */
export function compareViews(
	views: readonly View[],
	isSilent: (address: Address) => boolean,
	at: number,
	before?: Agreement,
	groups: readonly View[][] = groupViews(views),
): Agreement {
	const disputes = findDisputes(groups, before?.disputes ?? [], at);
	const lasting = disputes.filter(dispute => hasLasted(dispute, at));
	const claims = findDoubleClaims(views, before?.claims ?? [], at);
	const peers = believedPeers(groups);
	const owners = ownersAmong(peers);
	const placeless = placelessAmong(peers);
	const silent = owners.filter(({ address }) => address && isSilent(address));
	const doubts = countDoubts(
		silent.map(({ id }) => id),
		views,
	);
	const isLost = (peer: Peer) => {
		if (peer.isFail) return true;
		if (!peer.address) return false;
		// Clients are sent to `:0`: nobody serves its slots, though servers before Valkey 8.1 go on saying ok.
		if (placeless.has(peer)) return true;
		const { yes, asked } = doubts.get(peer.id) ?? { yes: 0, asked: 0 };
		return yes * 2 > asked;
	};
	const reachable = owners.filter(peer => !isLost(peer));
	const own = new Map(views.map(view => [myselfIn(view.peers)?.id, view]));
	const states = views.map(view => view.cluster.state).filter(state => state !== undefined);
	const failed = states.filter(state => state === 'fail').length;
	return {
		state: states.length === 0 ? undefined : failed * 2 >= states.length ? 'fail' : 'ok',
		slotsCovered: reachable.reduce(
			(sum, peer) => sum + slotsIn(peer.slots) - disowned(peer, own.get(peer.id)),
			0,
		),
		epoch: views.length === 0 ? undefined : Math.max(...views.map(view => view.cluster.epoch ?? 0)),
		viewsAgreeing: views.length - lasting.length,
		viewsAsked: views.length,
		minority: lasting.map(dispute => dispute.node),
		doubleOwners: claims.filter(claim => hasLasted(claim, at)).map(({ slot, nodes }) => ({ slot, nodes })),
		staleOwners: findStaleOwners(groups, lasting),
		disputes,
		claims,
		...oldestOf(views),
		primaries: owners.length,
		primariesReachable: reachable.length,
		lostPrimaries: owners.filter(isLost).flatMap(peer => peer.address ?? []),
		isUnsettled: isUnsettled(views, peers),
		busGaps: findBusGaps(views, isSilent, before?.busGaps ?? [], at),
	};
}

function oldestOf(views: readonly View[]): Pick<Agreement, 'oldestViewAt'> {
	let oldest = Number.POSITIVE_INFINITY;
	for (const { at } of views) if (at !== undefined && at < oldest) oldest = at;
	return oldest === Number.POSITIVE_INFINITY ? {} : { oldestViewAt: oldest };
}

/**
 * Slots that others believe a node to own and that it says nobody owns: it refuses them. They have been deleted from it
 * (CLUSTER DELSLOTS, an interrupted fix), which others do not hear of. What it says another owns has moved.
 */
function disowned(peer: Peer, own: View | undefined): number {
	if (!own || own.peers.some(each => each.isMyself && slotsIn(each.slots) >= slotsIn(peer.slots))) return 0;
	const owned = own.peers.flatMap(each => each.slots);
	return slotsIn(peer.slots) - overlapOf(peer.slots, owned);
}

/** How many slots are in both; the ranges of each do not overlap among themselves. */
const overlapOf = (some: readonly SlotRange[], others: readonly SlotRange[]): number =>
	some.reduce(
		(sum, [first, last]) =>
			others.reduce(
				(all, [from, to]) => all + Math.max(0, Math.min(last, to) - Math.max(first, from) + 1),
				sum,
			),
		0,
	);

/**
 * A failover may be under way: some node lost its link to a primary with slots, or doubts it. A replica that is
 * away, or a node that most call failed and that has no slots any more, is no reason to poll faster; neither is one
 * without an address, of which nothing can come any more.
 */
function isUnsettled(views: readonly View[], peers: readonly Peer[]): boolean {
	if (views.every(view => doubtedIn(view.peers).length === 0)) return false;
	const placeless = placelessAmong(peers);
	const owners = new Set(
		ownersAmong(peers)
			.filter(peer => !placeless.has(peer))
			.map(peer => peer.id),
	);
	return views.some(view => doubtedIn(view.peers).some(peer => owners.has(peer.id)));
}
