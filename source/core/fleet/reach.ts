// Whether a node that gives us no answer is well all the same. Announced addresses behind a NAT, a firewall, a wrong
// certificate or password keep us away from nodes that serve everybody else; a node that died looks the same to our own
// socket. What decides are the others: its cluster peers, the Sentinels, the other end of its replication. A node that
// answered us until now must have been heard of since it stopped, for the view of a moment ago is no word on it.

import { byAddress, doubtedIdsIn, myselfIn } from '../cluster/peer-digest.ts';
import { isLeftOut, isSilentError } from '../text/node-trouble.ts';
import type { Address, NodeTrack, Peer, SentinelPeer } from '../types.ts';

type Tracks = ReadonlyMap<Address, NodeTrack>;
type NameOf = (address: Address) => Address;

/** What one of the others says of a node. */
type Word = {
	readonly isWell: boolean;
	/** Not that it is ill: it is on its way. */
	readonly isSyncing?: boolean;
	/** When it last heard from the node, at the earliest; undefined where it does not tell. */
	readonly heardAt?: number;
};

/** The nodes that we get no answer from while all that tell of them say that they are well. */
export function seenWell(
	tracks: Tracks,
	nameOf: NameOf,
	heardSeconds: number,
	at: number,
): ReadonlySet<Address> {
	// At maxclients others are turned away as we are: that is no trouble of ours.
	const silent = [...tracks.values()].filter(
		({ error, gone }) => !gone && isSilentError(error) && error.reason !== 'max-clients',
	);
	if (silent.length === 0) return new Set();
	const oldest = at - heardSeconds * 1000;
	const wordsOn = wordsIn(tracks, nameOf, heardSeconds, oldest);
	return new Set(
		silent.filter(track => isAllWell(track, wordsOn(track), oldest)).map(({ address }) => address),
	);
}

/** The nodes that the operator does not let us ask and that most who tell of them do not hear from. */
export function seenIll(
	tracks: Tracks,
	nameOf: NameOf,
	heardSeconds: number,
	at: number,
): ReadonlySet<Address> {
	const unasked = [...tracks.values()].filter(({ error, gone }) => !gone && isLeftOut(error));
	if (unasked.length === 0) return new Set();
	const wordsOn = wordsIn(tracks, nameOf, heardSeconds, at - heardSeconds * 1000);
	const isIll = (track: NodeTrack) => {
		const words = wordsOn(track);
		return 2 * words.filter(({ isWell, isSyncing }) => !isWell && !isSyncing).length > words.length;
	};
	return new Set(unasked.filter(isIll).map(({ address }) => address));
}

/** All that is told of a node. */
function wordsIn(
	tracks: Tracks,
	nameOf: NameOf,
	heardSeconds: number,
	oldest: number,
): (track: NodeTrack) => readonly Word[] {
	const told = new Map<Address, Word[]>();
	const add = (address: Address, word: Word) => {
		const name = nameOf(address);
		const words = told.get(name);
		if (words) words.push(word);
		else told.set(name, [word]);
	};
	tellReplication(tracks, heardSeconds, add);
	tellSentinels(tracks, heardSeconds, add);
	const views = viewsIn(tracks, oldest);
	return track => [...wordsOfPeers(track, views), ...(told.get(track.address) ?? [])];
}

/**
 * A node that has never answered us is as well as the others say. One that did must have been heard of since it stopped:
 * until they have noticed, the others call a node well that is frozen, or whose host is gone.
 */
function isAllWell(track: NodeTrack, words: readonly Word[], oldest: number): boolean {
	if (words.length === 0 || words.some(word => !word.isWell)) return false;
	const timed = words.filter(({ heardAt }) => heardAt !== undefined);
	// One that takes our connection and answers nothing may be frozen: whoever tells when he heard from it must have since.
	const isDoubted = track.error?.isAccepted && timed.length > 0;
	if (track.lastGood === undefined && !isDoubted) return true;
	const since = Math.max(oldest, track.failingSince ?? Number.POSITIVE_INFINITY);
	return timed.some(({ heardAt }) => heardAt! > since);
}

// ---------------------------------------------------------------------------------------------------------
// Words

type Add = (address: Address, word: Word) => void;
type View = {
	readonly node: Address;
	readonly peers: readonly Peer[];
	readonly unanswered?: ReadonlySet<string>;
};

/** Of many nodes each is asked for its view in turn: what one told longer ago is no word of now. */
function viewsIn(tracks: Tracks, oldest: number): View[] {
	return [...tracks.values()].flatMap(({ address, cluster, error, gone, viewAt, clusterAt }) =>
		cluster?.peers && !error && !gone && !(viewAt! < Math.min(oldest, clusterAt!))
			? [{ node: address, peers: cluster.peers, unanswered: new Set(cluster.unanswered) }]
			: [],
	);
}

/** A link that is only being made is called connected too, so this is no word of having heard from the node. */
function wordsOfPeers(track: NodeTrack, views: readonly View[]): Word[] {
	const id = idOf(track, views);
	if (id === undefined) return [];
	return views
		.filter(({ node }) => node !== track.address)
		.map(({ peers, unanswered }) => ({
			isWell: !doubtedIdsIn(peers).has(id) && !unanswered?.has(id),
		}));
}

/** By its own word, else as the first view that names its address has it. */
function idOf(track: NodeTrack, views: readonly View[]): string | undefined {
	const own = track.cluster?.peers && myselfIn(track.cluster.peers)?.id;
	if (own !== undefined) return own;
	// The peers of a track have the names of rows.
	for (const { peers } of views) {
		const there = byAddress(peers).get(track.address) ?? [];
		const member = there.find(
			({ isMyself, isHandshake, flags }) => !isMyself && !isHandshake && !flags.includes('noaddr'),
		);
		if (member) return member.id;
	}
	return undefined;
}

/** A replica and whom a Sentinel watches are heard of every second. */
const heardEverySecond = 3;

/** A primary tells of its replicas, a replica of its primary; both in whole seconds. */
function tellReplication(tracks: Tracks, heardSeconds: number, add: Add): void {
	for (const { lastGood, error, gone } of tracks.values()) {
		const info = lastGood?.info;
		if (!info || error || gone) continue;
		const tell = (address: Address, isWell: boolean, seconds = -1, isSyncing = false) => {
			if (!isWell) add(address, { isWell, isSyncing });
			else if (seconds >= 0 && seconds <= heardSeconds)
				add(address, { isWell, heardAt: lastGood.at - (seconds + 1) * 1000 });
		};
		for (const { address, state, lagSeconds } of info.replicas ?? [])
			tell(address, state === 'online' && !(lagSeconds! > heardEverySecond), lagSeconds, state !== 'online');
		if (info.role === 'replica' && info.primary !== undefined)
			tell(info.primary, info.isLinkUp === true, info.lastIoSeconds);
	}
}

/** Replicas and other Sentinels are asked for every 5 s only. */
const detailsMilliseconds = 6000;
const doubts: ReadonlySet<string> = new Set(['s_down', 'o_down', 'disconnected']);

function tellSentinels(tracks: Tracks, heardSeconds: number, add: Add): void {
	for (const { kind, sentinel, latest, error, gone } of tracks.values()) {
		if (kind !== 'sentinel' || error || gone || !latest) continue;
		const tell = ({ address, flags, okPingMilliseconds }: SentinelPeer, age: number) => {
			const isLate = okPingMilliseconds !== undefined && okPingMilliseconds > heardEverySecond * 1000;
			if (isLate || flags.some(flag => doubts.has(flag))) add(address, { isWell: false });
			// Of a node that it was told of a moment ago and has not heard from it says nothing bad yet.
			else if (okPingMilliseconds !== undefined && okPingMilliseconds <= heardSeconds * 1000)
				add(address, { isWell: true, heardAt: latest.at - age - okPingMilliseconds });
		};
		for (const master of sentinel?.masters ?? []) {
			tell(master, 0);
			for (const peer of [...(master.replicas ?? []), ...(master.sentinels ?? [])])
				tell(peer, detailsMilliseconds);
		}
	}
}
