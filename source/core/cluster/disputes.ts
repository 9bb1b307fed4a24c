// Slots about which nodes of a cluster disagree, and since when. The views of a round are read some milliseconds
// apart, and gossip takes its own: while slots move, any round can catch a difference that is gone in the next. So
// a dispute counts only when the same slots are disputed for a second; what is younger is the cluster at work.

import { slotsInCluster as slots } from '../slots.ts';
import type { Address, Agreement, Dispute, Peer, SlotRange, View } from '../types.ts';

/** Shorter than the shortest delay between two judged rounds of most users, longer than gossip needs. */
const lastsMilliseconds = 900;

/** Owner of every slot as a view has it: the peer, or undefined. */
export function ownersIn(peers: readonly Peer[]): (Peer | undefined)[] {
	const owners = new Array<Peer | undefined>(slots);
	for (const peer of peers)
		for (const [first, last] of peer.slots) owners.fill(peer, first, Math.min(last + 1, slots));
	return owners;
}

/** What each node outside the largest group believes otherwise, with the time since the same slots have been disputed. */
export function findDisputes(
	groups: readonly (readonly View[])[],
	before: readonly Dispute[],
	at: number,
): readonly Dispute[] {
	const [largest, ...others] = groups;
	if (!largest || others.length === 0) return [];
	const believed = ownersIn(largest[0]!.peers);
	const known = new Map(before.map(dispute => [dispute.node, dispute]));
	return others.flatMap(group => {
		const differing = differingSlots(ownersIn(group[0]!.peers), believed);
		return group.map(({ node }) => continued(node, differing, known.get(node), at));
	});
}

function differingSlots(
	owners: readonly (Peer | undefined)[],
	believed: readonly (Peer | undefined)[],
): ReadonlySet<number> {
	const differing = new Set<number>();
	for (let slot = 0; slot < slots; slot++) if (owners[slot]?.id !== believed[slot]?.id) differing.add(slot);
	return differing;
}

/** The same dispute while some slot of it stays disputed; else a new one. */
function continued(
	node: Address,
	differing: ReadonlySet<number>,
	before: Dispute | undefined,
	at: number,
): Dispute {
	const lasting = new Set([...(before?.slots ?? [])].filter(slot => differing.has(slot)));
	return before && lasting.size > 0
		? { node, slots: lasting, since: before.since }
		: { node, slots: differing, since: at };
}

export const hasLasted = (dispute: { readonly since: number }, at: number) =>
	at - dispute.since >= lastsMilliseconds;

type Claim = Agreement['claims'][number];

/** Slots that two nodes claim on their own word, of at most ten pairs, with the time since they do. */
export function findDoubleClaims(
	views: readonly View[],
	before: readonly Claim[],
	at: number,
): readonly Claim[] {
	const owners = views.flatMap(({ node, peers }) => {
		const myself = peers.find(peer => peer.isMyself);
		return myself?.role === 'primary' && myself.slots.length > 0 ? [{ node, ranges: myself.slots }] : [];
	});
	if (!isAnyTwice(owners.map(owner => owner.ranges))) return [];
	const claims = owners.flatMap(({ node, ranges }) => ranges.map(([first, last]) => ({ first, last, node })));
	claims.sort((a, b) => a.first - b.first);
	const doubled: Claim[] = [];
	let widest = claims[0];
	for (const claim of claims.slice(1)) {
		if (widest && claim.first <= widest.last && claim.node !== widest.node && doubled.length < 10)
			doubled.push(withSince({ slot: claim.first, nodes: [widest.node, claim.node] }, before, at));
		if (!widest || claim.last > widest.last) widest = claim;
	}
	return doubled;
}

/** Nearly always no: then 16,384 fragments are not put in order at every round, nor 16,384 slots of three ranges gone through. */
function isAnyTwice(lists: readonly (readonly SlotRange[])[]): boolean {
	const ranges = lists.flat();
	return ranges.length <= fewRanges ? isAnyTwiceOfFew(ranges) : isAnyTwiceOfMany(ranges);
}

const fewRanges = 100;

function isAnyTwiceOfFew(ranges: readonly SlotRange[]): boolean {
	const sorted = ranges.toSorted(([a], [b]) => a - b);
	let widest = -1;
	for (const [first, last] of sorted) {
		if (first <= widest && first < slots) return true;
		if (last > widest) widest = last;
	}
	return false;
}

function isAnyTwiceOfMany(ranges: readonly SlotRange[]): boolean {
	const taken = new Uint8Array(slots);
	for (const [first, last] of ranges)
		for (let slot = first; slot <= last; slot++) {
			if (taken[slot]) return true;
			taken[slot] = 1;
		}
	return false;
}

function withSince(claim: Omit<Claim, 'since'>, before: readonly Claim[], at: number): Claim {
	const known = before.find(each => each.slot === claim.slot && each.nodes.join() === claim.nodes.join());
	return { ...claim, since: known?.since ?? at };
}

/**
 * Nodes that go on calling themselves primary of slots which most give to another with a higher epoch: a lower one
 * is a node that knows already what the others have yet to hear.
 */
export function findStaleOwners(
	groups: readonly (readonly View[])[],
	lasting: readonly Dispute[],
): Agreement['staleOwners'] {
	if (lasting.length === 0) return [];
	const believed = ownersIn(groups[0]![0]!.peers);
	const views = new Map(groups.flat().map(view => [view.node, view]));
	return lasting.flatMap(({ node, slots: disputed }) => {
		const myself = views.get(node)?.peers.find(peer => peer.isMyself);
		if (myself?.role !== 'primary') return [];
		const isOwn = (slot: number) => myself.slots.some(([first, last]) => first <= slot && slot <= last);
		const slot = [...disputed].find(each => isOwn(each) && (believed[each]?.epoch ?? 0) > myself.epoch);
		return slot === undefined ? [] : [{ node, owner: believed[slot]!.address ?? believed[slot]!.id }];
	});
}
