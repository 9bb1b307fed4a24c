// What the nodes of a cluster believe, compared. Each node's CLUSTER NODES is its own opinion; the map that most
// of them hold is what the fleet is drawn by, and the nodes that hold another one are named.

import { hasPlace } from '../parse/parse-address.ts';
import { slotsIn } from '../slots.ts';
import type { Address, Agreement, NodeTrack, Peer, SlotRange, View } from '../types.ts';
import { findDisputes, findDoubleClaims, findStaleOwners, hasLasted } from './disputes.ts';

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

/**
 * What was worked out of a list of peers, or of one, is kept as long as the list is: views stay between two CLUSTER
 * NODES, and 1,000 of them with 1,000 peers each are not to be gone through at every round.
 */
function once<Subject extends object, Result>(
	work: (subject: Subject) => Result,
): (subject: Subject) => Result {
	const known = new WeakMap<Subject, { readonly result: Result }>();
	return subject => {
		const kept = known.get(subject);
		if (kept) return kept.result;
		const result = work(subject);
		known.set(subject, { result });
		return result;
	};
}

/** What is asked of a list of peers again and again, gone through once. */
type Digest = {
	/** Who owns what: equal for nodes that agree. */
	readonly map: string;
	/** Who there is: equal for nodes that know the same nodes. */
	readonly members: string;
	readonly myself?: Peer;
	readonly doubted: readonly Peer[];
	readonly handshakes: readonly Peer[];
};

// Sums of hashes, so that the order of the lines does not count: 500 maps of 16,384 fragments as text would be 50 MB to
// put together, and to compare at every round. Two of 32 bits: maps that differ are taken for equal once in 10^19.
const digestOf = once((peers: readonly Peer[]): Digest => {
	let [mapA, mapB, membersA, membersB] = [0, 0, 0, 0];
	let owners = 0;
	let myself: Peer | undefined;
	const doubted: Peer[] = [];
	const handshakes: Peer[] = [];
	for (const peer of peers) {
		const { owner, member } = hashesOf(peer);
		membersA = (membersA + member[0]) | 0;
		membersB = (membersB + member[1]) | 0;
		if (peer.slots.length > 0) {
			owners++;
			mapA = (mapA + owner[0]) | 0;
			mapB = (mapB + owner[1]) | 0;
		}
		if (peer.isMyself) myself ??= peer;
		else if (isDoubted(peer)) doubted.push(peer);
		if (peer.isHandshake) handshakes.push(peer);
	}
	return {
		map: `${owners} ${mapA} ${mapB}`,
		members: `${peers.length} ${membersA} ${membersB}`,
		myself,
		doubted,
		handshakes,
	};
});

type Hash = readonly [number, number];

const hashesOf = once((peer: Peer): { readonly owner: Hash; readonly member: Hash } => {
	const member = [...peer.id].reduce((hash, char) => mixed(hash, char.charCodeAt(0)), seeds);
	const owner = peer.slots.reduce((hash, [first, last]) => mixed(hash, first * 16_384 + last), member);
	return { owner: finished(owner), member: finished(member) };
});

const seeds: Hash = [0x811c9dc5, 0x2545f491];

/** One step of two FNV-like hashes with different multipliers. */
const mixed = ([a, b]: Hash, value: number): Hash => [
	Math.imul(a ^ value, 0x01000193),
	Math.imul((b ^ value) + (b >>> 15), 0x5bd1e995),
];

/** Spread over all bits, or sums of small differences would cancel out. */
const finished = ([a, b]: Hash): Hash => [spread(a), spread(b)];

function spread(hash: number): number {
	let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
	return bits ^ (bits >>> 16);
}

/** Who owns what, as one string: equal for nodes that agree. */
const mapOf = (peers: readonly Peer[]) => digestOf(peers).map;

/** Who is a member, as one string: equal for nodes that know the same nodes. */
export const membersOf = (peers: readonly Peer[]) => digestOf(peers).members;

/** The line of the node that was asked. */
export const myselfIn = (peers: readonly Peer[]) => digestOf(peers).myself;

/** Those that the node which was asked doubts. */
export const doubtedIn = (peers: readonly Peer[]) => digestOf(peers).doubted;

/** Those that it was told to meet and that have not answered. */
export const handshakesIn = (peers: readonly Peer[]) => digestOf(peers).handshakes;

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

/** Of each peer by its id, how many views know it and how many doubt it, not asking the peer itself. */
function countDoubts(views: readonly View[]): ReadonlyMap<string, { asked: number; yes: number }> {
	const doubts = new Map<string, { asked: number; yes: number }>();
	for (const { peers } of views)
		for (const peer of peers) {
			if (peer.isMyself) continue;
			const of = doubts.get(peer.id) ?? { asked: 0, yes: 0 };
			of.asked++;
			if (isDoubted(peer)) of.yes++;
			doubts.set(peer.id, of);
		}
	return doubts;
}

function isDoubted(peer: Peer): boolean {
	return peer.isPfail || peer.isFail || !peer.isLinkUp;
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
	const owners = peers.filter(peer => peer.slots.length > 0);
	let doubts: ReturnType<typeof countDoubts> | undefined;
	const isLost = (peer: Peer) => {
		if (peer.isFail) return true;
		if (!peer.address) return false;
		// Clients are sent to `:0`: nobody serves its slots, though servers before Valkey 8.1 go on saying ok.
		if (!hasPlace(peer.address)) return true;
		if (!isSilent(peer.address)) return false;
		doubts ??= countDoubts(views);
		const { yes, asked } = doubts.get(peer.id) ?? { yes: 0, asked: 0 };
		return yes * 2 > asked;
	};
	const reachable = owners.filter(peer => !isLost(peer));
	const states = views.map(view => view.cluster.state).filter(state => state !== undefined);
	const failed = states.filter(state => state === 'fail').length;
	return {
		state: states.length === 0 ? undefined : failed * 2 >= states.length ? 'fail' : 'ok',
		slotsCovered: reachable.reduce((sum, peer) => sum + slotsIn(peer.slots) - disowned(peer, views), 0),
		epoch: views.length === 0 ? undefined : Math.max(...views.map(view => view.cluster.epoch ?? 0)),
		viewsAgreeing: views.length - lasting.length,
		viewsAsked: views.length,
		minority: lasting.map(dispute => dispute.node),
		doubleOwners: claims.filter(claim => hasLasted(claim, at)).map(({ slot, nodes }) => ({ slot, nodes })),
		staleOwners: findStaleOwners(groups, lasting),
		disputes,
		claims,
		primaries: owners.length,
		primariesReachable: reachable.length,
		lostPrimaries: owners.filter(isLost).flatMap(peer => peer.address ?? []),
		isUnsettled: isUnsettled(views, peers),
	};
}

/**
 * Slots that others believe a node to own and that it says nobody owns: it refuses them. They have been deleted from it
 * (CLUSTER DELSLOTS, an interrupted fix), which others do not hear of. What it says another owns has moved.
 */
function disowned(peer: Peer, views: readonly View[]): number {
	const own = views.find(view => myselfIn(view.peers)?.id === peer.id);
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
	const isPlaced = ({ address }: Peer) => address === undefined || hasPlace(address);
	const owners = new Set(peers.filter(peer => peer.slots.length > 0 && isPlaced(peer)).map(peer => peer.id));
	return views.some(view => doubtedIn(view.peers).some(peer => owners.has(peer.id)));
}
