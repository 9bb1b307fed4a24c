// What is asked of a list of peers again and again, worked out once a list: who owns what and who there is as short
// strings to compare, its own line, whom it doubts, who has which id and address. Views stay between two CLUSTER NODES,
// and 1,000 of them with 1,000 peers each are not to be gone through at every round; neither is one of 50,000.

import { hasPlace } from '../parse/parse-address.ts';
import type { Steps } from '../steps.ts';
import type { Address, Peer } from '../types.ts';

/** The result is kept as long as the list is. */
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
		const { ownerA, ownerB, memberA, memberB } = hashesOf(peer);
		membersA = (membersA + memberA) | 0;
		membersB = (membersB + memberB) | 0;
		if (peer.slots.length > 0) {
			owners++;
			mapA = (mapA + ownerA) | 0;
			mapB = (mapB + ownerB) | 0;
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

export const isDoubted = (peer: Peer): boolean => peer.isPfail || peer.isFail || !peer.isLinkUp;

type Hashes = {
	readonly ownerA: number;
	readonly ownerB: number;
	readonly memberA: number;
	readonly memberB: number;
};

const hashesOf = once(({ id, slots }: Peer): Hashes => {
	let [a, b] = [0x811c9dc5, 0x2545f491];
	for (let at = 0; at < id.length; at++) {
		a = mixedA(a, id.charCodeAt(at));
		b = mixedB(b, id.charCodeAt(at));
	}
	const [memberA, memberB] = [spread(a), spread(b)];
	for (const [first, last] of slots) {
		a = mixedA(a, first * 16_384 + last);
		b = mixedB(b, first * 16_384 + last);
	}
	return { ownerA: spread(a), ownerB: spread(b), memberA, memberB };
});

/** One step of two FNV-like hashes with different multipliers. */
const mixedA = (hash: number, value: number) => Math.imul(hash ^ value, 0x01000193);
const mixedB = (hash: number, value: number) => Math.imul((hash ^ value) + (hash >>> 15), 0x5bd1e995);

/** Spread over all bits, or sums of small differences would cancel out. */
function spread(hash: number): number {
	let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
	return bits ^ (bits >>> 16);
}

const peersAStep = 500;

/** Works it out of a long list, with pauses in which something else may be done. */
export function* digestInSteps(peers: readonly Peer[]): Steps {
	for (let at = 0; at < peers.length; at++) {
		if (at % peersAStep === peersAStep - 1) yield;
		hashesOf(peers[at]!);
	}
	digestOf(peers);
	yield;
	byId(peers);
	yield;
	byAddress(peers);
}

/** Who owns what, as one string: equal for nodes that agree. */
export const mapOf = (peers: readonly Peer[]) => digestOf(peers).map;

/** Who is a member, as one string: equal for nodes that know the same nodes. */
export const membersOf = (peers: readonly Peer[]) => digestOf(peers).members;

/** The line of the node that was asked. */
export const myselfIn = (peers: readonly Peer[]) => digestOf(peers).myself;

/** Those that the node which was asked doubts. */
export const doubtedIn = (peers: readonly Peer[]) => digestOf(peers).doubted;

/** Their ids. */
export const doubtedIdsIn = once((peers: readonly Peer[]) => new Set(doubtedIn(peers).map(({ id }) => id)));

/** Those that it was told to meet and that have not answered. */
export const handshakesIn = (peers: readonly Peer[]) => digestOf(peers).handshakes;

/** Each by its id. */
export const byId: (peers: readonly Peer[]) => ReadonlyMap<string, Peer> = once(
	peers => new Map(peers.map(peer => [peer.id, peer])),
);

/** All that are told at an address, in the order of the lines: one that was reset has had two ids there. */
export const byAddress: (peers: readonly Peer[]) => ReadonlyMap<Address, readonly Peer[]> = once(peers => {
	const there = new Map<Address, Peer[]>();
	for (const peer of peers) {
		if (peer.address === undefined) continue;
		const others = there.get(peer.address);
		if (others) others.push(peer);
		else there.set(peer.address, [peer]);
	}
	return there;
});

/** Those that own slots. */
export const ownersAmong: (peers: readonly Peer[]) => readonly Peer[] = once(peers =>
	peers.filter(peer => peer.slots.length > 0),
);

/** Of those the ones that are told under no usable address. */
export const placelessAmong: (peers: readonly Peer[]) => ReadonlySet<Peer> = once(
	peers => new Set(ownersAmong(peers).filter(({ address }) => address !== undefined && !hasPlace(address))),
);
