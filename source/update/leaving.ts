// Who has left: a node that another one had in its view, and has there no more, while nobody else names it. That nobody
// names a node is not enough, for whoever could may be silent: a node never names itself, so the last of a cluster that
// answers would be taken for one that left, and with it the outage for a farewell.

import { byAddress, byId, membersOf, myselfIn } from '../core/cluster/peer-digest.ts';
import type { Address, NodeTrack, Peer } from '../core/types.ts';
import type { Effect, FleetTrack } from '../state/state.ts';
import type { Discovered } from './round-names.ts';

type Tracks = Map<Address, NodeTrack>;

const forgottenAfterMilliseconds = 3_600_000;
/** How long nobody names a node before it has left. Sentinels are asked for their replicas every 5 s only. */
const leftCluster = 2000;
const leftSentinels = 6500;

const isHeard = (track: NodeTrack) => !track.error && !track.gone && (track.cluster?.peers || track.sentinel);

/**
 * A node that was dropped and that nobody names any more has left: its row stays with the reason, unpolled, and is
 * forgotten after an hour. A replica that is merely dead is dropped by its primary at once and has not left, so outside
 * clusters and Sentinels nobody is gone.
 */
export function markGone(
	before: FleetTrack,
	tracks: Tracks,
	named: Discovered['named'],
	at: number,
	effects: Effect[],
): void {
	noteDropped(before.tracks, tracks, at);
	const tellers = [...tracks.values()].filter(isHeard);
	if (tellers.length === 0) return;
	for (const [address, track] of tracks) {
		if (track.gone && at - track.gone.at > forgottenAfterMilliseconds) tracks.delete(address);
		if (track.gone || track.origin === 'seed') continue;
		if (named.has(address)) {
			if (track.unnamedSince !== undefined) tracks.set(address, { ...track, unnamedSince: undefined });
			continue;
		}
		const others = tellers.filter(teller => teller !== track);
		if (others.length === 0) continue;
		if (
			track.droppedAt === undefined
				? !isOfAnother(track, others)
				: isKeptBySilent(tracks, track, others, named)
		)
			continue;
		const since = track.unnamedSince ?? at;
		const isCluster = tellers.some(teller => teller.cluster?.peers);
		const isOver = at - since >= (isCluster ? leftCluster : leftSentinels);
		const text = `left ${isCluster ? 'the cluster' : 'what the Sentinels watch'}`;
		tracks.set(address, { ...track, unnamedSince: since, ...(isOver && { gone: { at, text } }) });
		if (isOver) effects.push({ type: 'unwatch', fleet: before.id, nodes: [address] });
	}
}

/** As many as those who answer had it in their view when they fell silent: one that forgot it speaks for itself alone. */
function isKeptBySilent(
	tracks: Tracks,
	track: NodeTrack,
	others: readonly NodeTrack[],
	named: Discovered['named'],
): boolean {
	// Those that were dropped too do not vouch for each other.
	const isSilentFellow = ({ address, error, gone, droppedAt }: NodeTrack) =>
		error && !gone && (droppedAt === undefined || named.has(address));
	let keepers = 0;
	for (const other of tracks.values())
		if (other !== track && isSilentFellow(other) && hasInView(other, track.address)) keepers++;
	return keepers >= others.length;
}

const hasInView = (track: NodeTrack, address: Address) =>
	track.cluster?.peers ? byAddress(track.cluster.peers).has(address) : watchedBy(track).includes(address);

/** Who answers is a cluster that serves slots and has no node in common with the one it was in: that was made anew, elsewhere. */
function isOfAnother({ toldPeers }: NodeTrack, others: readonly NodeTrack[]): boolean {
	if (!toldPeers) return false;
	const known = byId(toldPeers);
	const views = others.map(({ cluster }) => cluster?.peers ?? []);
	const isServing = (peers: readonly Peer[]) =>
		isOfMany(peers) && peers.some(({ slots }) => slots.length > 0);
	return views.some(isServing) && views.every(peers => !peers.some(({ id }) => known.has(id)));
}

const isOfMany = (peers: readonly Peer[]) => peers.some(peer => !peer.isMyself && !peer.isHandshake);

/** Whom a view has lost or got since the round before: also where its node was silent in between. */
function noteDropped(before: FleetTrack['tracks'], tracks: Tracks, at: number): void {
	const dropped = new Set<Address>();
	const met = new Set<Address>();
	for (const [address, now] of tracks) {
		const was = before.get(address);
		if (!was || !isHeard(now)) continue;
		for (const other of lostBetween(was, now)) dropped.add(other);
		for (const other of lostBetween(now, was)) met.add(other);
	}
	for (const address of dropped) setDropped(tracks, address, met.has(address) ? undefined : at);
	for (const address of met) if (!dropped.has(address)) setDropped(tracks, address, undefined);
}

function setDropped(tracks: Tracks, address: Address, at: number | undefined): void {
	const track = tracks.get(address);
	if (track && track.droppedAt !== at) tracks.set(address, { ...track, droppedAt: at });
}

/** Whom one view of a node has and the other has not. A view of itself alone, without slots, is of a node that was reset. */
function lostBetween(one: NodeTrack, other: NodeTrack): readonly Address[] {
	if (one.cluster?.peers && other.cluster?.peers) return lostPeers(one.cluster.peers, other.cluster.peers);
	if (!one.sentinel || !other.sentinel || one.sentinel === other.sentinel) return [];
	const kept = new Set(watchedBy(other));
	return kept.size === 0 ? [] : watchedBy(one).filter(address => !kept.has(address));
}

function lostPeers(one: readonly Peer[], other: readonly Peer[]): readonly Address[] {
	if (one === other || membersOf(one) === membersOf(other)) return [];
	if (!(isOfMany(other) || myselfIn(other)?.slots.length) || myselfIn(one)?.id !== myselfIn(other)?.id)
		return [];
	const kept = byId(other);
	return one.flatMap(({ id, address }) => (address === undefined || kept.has(id) ? [] : [address]));
}

const watchedBy = ({ sentinel }: NodeTrack): readonly Address[] =>
	(sentinel?.masters ?? []).flatMap(({ address, replicas = [], sentinels = [] }) => [
		address,
		...replicas.map(replica => replica.address),
		...sentinels.map(peer => peer.address),
	]);
