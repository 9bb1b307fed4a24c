// What the nodes of a cluster believe, for display: groups of nodes that agree on who owns what, the largest first, and
// for every other group what it believes otherwise, since when, in slots and in numbers. Besides: nodes that others do
// not know, nodes that are only half met, primaries that share a config epoch. Built on the comparison that agreement.ts
// makes every round; nothing is decided here that is not decided there.

import { slotsInCluster } from '../slots.ts';
import { rangesOf, slotsText } from '../text/slot-words.ts';
import type { Address, Agreement, Peer, SlotRange, View } from '../types.ts';
import { doubtedIn, groupViews, handshakesIn, membersOf, myselfIn } from './agreement.ts';
import { ownersIn } from './disputes.ts';
import { type Diagnosis, diagnoseState } from './state-diagnosis.ts';

/** Slots that a group gives to another owner than the largest group does. */
export type OwnerDifference = {
	readonly slots: readonly SlotRange[];
	/** Undefined: nobody. */
	readonly owner?: Address;
	readonly believedOwner?: Address;
};

export type ViewGroup = {
	readonly nodes: readonly Address[];
	/** All but the largest group. */
	readonly isMinority: boolean;
	/** Since when the slots are disputed; undefined of the largest group. */
	readonly since?: number;
	readonly owners: readonly OwnerDifference[];
	/** The highest epoch in the group, its cluster_size, its cluster_known_nodes where they all say the same. */
	readonly epoch?: number;
	readonly size?: number;
	readonly knownNodes?: number;
	readonly state: 'ok' | 'fail' | 'both' | undefined;
	/** Nodes that most of the group suspects or calls failed. */
	readonly suspected: readonly Address[];
	readonly failed: readonly Address[];
};

/** Groups of agreeing nodes, the largest first. */
export function groupsOf(views: readonly View[], agreement: Agreement | undefined): ViewGroup[] {
	const groups = groupViews(views);
	const believed = groups[0]?.[0];
	const disputes = new Map(agreement?.disputes.map(dispute => [dispute.node, dispute.since]));
	return groups.map((group, index) => ({
		nodes: group.map(view => view.node),
		isMinority: index > 0,
		since: index === 0 ? undefined : earliest(group.map(view => disputes.get(view.node))),
		owners: index === 0 || !believed ? [] : ownerDifferences(group[0]!.peers, believed.peers),
		epoch: highest(group.map(view => view.cluster.epoch)),
		size: common(group.map(view => view.cluster.size)),
		knownNodes: common(group.map(view => view.cluster.knownNodes)),
		state: stateOf(group),
		suspected: doubtedBy(group, peer => peer.isPfail),
		failed: doubtedBy(group, peer => peer.isFail),
	}));
}

const earliest = (times: readonly (number | undefined)[]) => {
	const known = times.filter(time => time !== undefined);
	return known.length > 0 ? Math.min(...known) : undefined;
};
const highest = (values: readonly (number | undefined)[]) => {
	const known = values.filter(value => value !== undefined);
	return known.length > 0 ? known.reduce((a, b) => Math.max(a, b)) : undefined;
};
const common = (values: readonly (number | undefined)[]) =>
	values.every(value => value === values[0]) ? values[0] : undefined;

function stateOf(group: readonly View[]): ViewGroup['state'] {
	const states = new Set(group.map(view => view.cluster.state).filter(state => state !== undefined));
	return states.size > 1 ? 'both' : [...states][0];
}

function doubtedBy(group: readonly View[], is: (peer: Peer) => boolean): Address[] {
	const counts = new Map<Address, number>();
	for (const { peers } of group)
		for (const peer of doubtedIn(peers)) {
			if (!is(peer)) continue;
			const name = nameOf(peer)!;
			counts.set(name, (counts.get(name) ?? 0) + 1);
		}
	return [...counts].filter(([, count]) => count * 2 > group.length).map(([name]) => name);
}

/** Where two maps differ, put together by the two owners. */
function ownerDifferences(peers: readonly Peer[], believed: readonly Peer[]): OwnerDifference[] {
	const own = ownersIn(peers);
	const most = ownersIn(believed);
	const pairs = new Map<string, { slots: number[]; owner?: Peer; believedOwner?: Peer }>();
	for (let slot = 0; slot < slotsInCluster; slot++) {
		const owner = own[slot];
		const believedOwner = most[slot];
		if (owner?.id === believedOwner?.id) continue;
		const key = `${owner?.id} ${believedOwner?.id}`;
		const pair = pairs.get(key) ?? { slots: [], owner, believedOwner };
		pair.slots.push(slot);
		pairs.set(key, pair);
	}
	return [...pairs.values()].map(({ slots, owner, believedOwner }) => ({
		slots: rangesOf(slots),
		owner: nameOf(owner),
		believedOwner: nameOf(believedOwner),
	}));
}

const nameOf = (peer: Peer | undefined): Address | undefined => peer && (peer.address ?? peer.id.slice(0, 8));

/** `slots 0-99: 10.0.0.1:6379 here, 10.0.0.2:6379 with most`. */
export function differenceText({ slots, owner, believedOwner }: OwnerDifference): string {
	return `${slotsText(slots)}: ${owner ?? 'nobody'} here, ${believedOwner ?? 'nobody'} with most`;
}

// ---------------------------------------------------------------------------------------------------------
// Membership

export type Oddity = {
	readonly kind: 'forgotten' | 'half-met' | 'epoch-collision' | 'cut-off';
	readonly node: Address;
	/** The other nodes concerned. */
	readonly others: readonly Address[];
	readonly text: string;
};

/** Nodes that are no full members in everybody's eyes, and primaries that share an epoch. */
export function odditiesOf(views: readonly View[]): Oddity[] {
	return [...forgotten(views), ...halfMet(views), ...epochCollisions(views), ...cutOff(views)];
}

/** A node that answers and knows the others, and that some of them do not know. */
function forgotten(views: readonly View[]): Oddity[] {
	if (new Set(views.map(view => membersOf(view.peers))).size < 2) return [];
	const known = views.map(({ node, peers }) => ({ node, ids: new Set(peers.map(peer => peer.id)) }));
	return views.flatMap(({ node, peers }): Oddity[] => {
		const myself = myselfIn(peers);
		const others = myself ? known.filter(({ ids }) => !ids.has(myself.id)).map(other => other.node) : [];
		if (others.length === 0) return [];
		const text = `forgotten: ${others.length} of ${views.length - 1} nodes do not know it`;
		return [{ kind: 'forgotten', node, others, text }];
	});
}

/** A node that was told to meet another and has no answer: its id is made up until then. */
function halfMet(views: readonly View[]): Oddity[] {
	const met = new Map<Address, Address[]>();
	for (const { node, peers } of views)
		for (const peer of handshakesIn(peers)) met.set(nameOf(peer)!, [...(met.get(nameOf(peer)!) ?? []), node]);
	return [...met].map(([node, others]) => {
		const waiting = others.length === 1 ? '1 node waits' : `${others.length} nodes wait`;
		const text = `half-met: ${waiting} for its handshake (is its bus port open both ways?)`;
		return { kind: 'half-met', node, others, text };
	});
}

/** Two primaries with slots and the same config epoch; servers resolve it within seconds. */
function epochCollisions(views: readonly View[]): Oddity[] {
	const byEpoch = new Map<number, Address[]>();
	for (const { node, peers } of views) {
		const myself = myselfIn(peers);
		if (myself?.role !== 'primary' || myself.slots.length === 0 || myself.epoch === 0) continue;
		byEpoch.set(myself.epoch, [...(byEpoch.get(myself.epoch) ?? []), node]);
	}
	return [...byEpoch]
		.filter(([, nodes]) => nodes.length > 1)
		.map(([epoch, [node, ...others]]) => ({
			kind: 'epoch-collision',
			node: node!,
			others,
			text: `epoch collision: ${[node, ...others].join(' and ')} both have config epoch ${epoch}`,
		}));
}

/** A node that answers us and that most others call failed: its bus port is blocked, or it is on the small side of a split. */
function cutOff(views: readonly View[]): Oddity[] {
	const failing = new Map<string, Address[]>();
	for (const { node, peers } of views)
		for (const peer of doubtedIn(peers))
			if (peer.isFail) failing.set(peer.id, [...(failing.get(peer.id) ?? []), node]);
	if (failing.size === 0) return [];
	return views.flatMap(({ node, peers }) => {
		const others = failing.get(myselfIn(peers)?.id ?? '') ?? [];
		if (others.length * 2 <= views.length - 1) return [];
		const text = `cut off: answers us, but ${others.length} of ${views.length - 1} nodes call it failed (bus port blocked, or a network split)`;
		return [{ kind: 'cut-off' as const, node, others, text }];
	});
}

/** What each node's cluster_state means. */
export const diagnoses = (
	views: readonly View[],
): { readonly node: Address; readonly diagnosis: Diagnosis }[] =>
	views.map(({ node, cluster, peers }) => ({ node, diagnosis: diagnoseState(cluster, peers) }));
