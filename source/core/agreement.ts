// What the nodes of a cluster believe, compared. Each node's CLUSTER NODES is its own opinion; the map that most
// of them hold is what the fleet is drawn by, and the nodes that hold another one are named.

import type { Address, Agreement, ClusterView, NodeTrack, Peer, SlotRange } from './types.ts';

export const slotsInCluster = 16384;

export type View = { readonly node: Address; readonly cluster: ClusterView; readonly peers: readonly Peer[] };

/** The views that count now: of nodes that answer, not older than `oldest`. */
export function viewsOf(tracks: Iterable<NodeTrack>, oldest: number): View[] {
	const views: View[] = [];
	for (const track of tracks) {
		const cluster = track.cluster;
		if (!cluster?.peers || track.gone || track.error || (track.clusterAt ?? 0) < oldest) continue;
		views.push({ node: track.address, cluster, peers: cluster.peers });
	}
	return views;
}

/** Who owns what, as one string: equal for nodes that agree. */
function mapOf(view: View): string {
	return view.peers
		.filter(peer => peer.slots.length > 0)
		.map(peer => `${peer.id}:${peer.slots.map(([first, last]) => `${first}-${last}`).join(',')}`)
		.sort()
		.join(' ');
}

/** Views in groups that hold the same map, the largest first (of equals the one with the highest epoch). */
export function groupViews(views: readonly View[]): View[][] {
	const groups = new Map<string, View[]>();
	for (const view of views) {
		const map = mapOf(view);
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

/** How many of the views say a thing of a peer, not asking the peer itself. */
function countOpinions(
	views: readonly View[],
	id: string,
	says: (peer: Peer) => boolean,
): { yes: number; asked: number } {
	let yes = 0;
	let asked = 0;
	for (const view of views) {
		const peer = view.peers.find(candidate => candidate.id === id);
		if (!peer || peer.isMyself) continue;
		asked++;
		if (says(peer)) yes++;
	}
	return { yes, asked };
}

const isDoubted = (peer: Peer) => peer.isPfail || peer.isFail || !peer.isLinkUp;

const slotsIn = (ranges: readonly SlotRange[]) =>
	ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);

/**
 * The comparison. `isSilent` says of an address that we get no answer from it either: a primary whose slots nobody
 * can reach is uncovered before its peers have agreed on it.
 */
export function compareViews(views: readonly View[], isSilent: (address: Address) => boolean): Agreement {
	const groups = groupViews(views);
	const peers = believedPeers(groups);
	const owners = peers.filter(peer => peer.slots.length > 0);
	const isLost = (peer: Peer) => {
		if (peer.isFail) return true;
		if (!peer.address || !isSilent(peer.address)) return false;
		const { yes, asked } = countOpinions(views, peer.id, isDoubted);
		return yes * 2 > asked;
	};
	const reachable = owners.filter(peer => !isLost(peer));
	const states = views.map(view => view.cluster.state).filter(state => state !== undefined);
	const failed = states.filter(state => state === 'fail').length;
	return {
		state: states.length === 0 ? undefined : failed * 2 >= states.length ? 'fail' : 'ok',
		slotsCovered: reachable.reduce((sum, peer) => sum + slotsIn(peer.slots), 0),
		epoch: views.length === 0 ? undefined : Math.max(...views.map(view => view.cluster.epoch ?? 0)),
		viewsAgreeing: groups[0]?.length ?? 0,
		viewsAsked: views.length,
		minority: groups.slice(1).flatMap(group => group.map(view => view.node)),
		doubleOwners: findDoubleOwners(views),
		primaries: owners.length,
		primariesReachable: reachable.length,
		isUnsettled: isUnsettled(views, peers),
	};
}

/** Slots that two nodes claim on their own word; at most ten are named. */
function findDoubleOwners(views: readonly View[]): Agreement['doubleOwners'] {
	const claims = views.flatMap(view => {
		const myself = view.peers.find(peer => peer.isMyself);
		if (!myself || myself.role !== 'primary') return [];
		return myself.slots.map(([first, last]) => ({ first, last, node: view.node }));
	});
	claims.sort((a, b) => a.first - b.first);
	const doubled: { slot: number; nodes: Address[] }[] = [];
	let widest = claims[0];
	for (const claim of claims.slice(1)) {
		if (widest && claim.first <= widest.last && claim.node !== widest.node && doubled.length < 10)
			doubled.push({ slot: claim.first, nodes: [widest.node, claim.node] });
		if (!widest || claim.last > widest.last) widest = claim;
	}
	return doubled;
}

/**
 * A failover may be under way: some node lost its link to a primary with slots, or doubts it. A replica that is
 * away, or a node that most call failed and that has no slots any more, is no reason to poll faster.
 */
function isUnsettled(views: readonly View[], peers: readonly Peer[]): boolean {
	const owners = new Set(peers.filter(peer => peer.slots.length > 0).map(peer => peer.id));
	return views.some(view =>
		view.peers.some(peer => owners.has(peer.id) && !peer.isMyself && isDoubted(peer)),
	);
}
