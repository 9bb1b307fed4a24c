// Who else belongs to the fleet: read from what the nodes already answered, so discovery goes on with every round
// and costs nothing. A cluster node names its peers, a primary its replicas, a replica its primary, a Sentinel
// everything it watches. Two names of one process are found by its run id; the row keeps the first name.

import { myselfIn } from './agreement.ts';
import type { Address, NodeKind, NodeTrack, Origin, Peer } from './types.ts';

export type Found = {
	readonly address: Address;
	readonly kind: NodeKind;
	readonly origin: Origin;
	readonly group?: string;
};

/** Everybody that the nodes of a fleet name now, themselves included, each once. */
export function findNodes(tracks: ReadonlyMap<Address, NodeTrack>): Map<Address, Found> {
	const found = new Map<Address, Found>();
	const add = (node: Found) => {
		const known = found.get(node.address);
		if (!known || (node.group !== undefined && known.group === undefined)) found.set(node.address, node);
	};
	const seen = new Set<Peer>();
	for (const track of tracks.values()) {
		for (const node of namedBy(track, seen)) add(node);
	}
	return found;
}

/** Nodes of a cluster tell of each other in the same words (see parseClusterNodes): each Peer is looked at once. */
function namedBy(track: NodeTrack, seen: Set<Peer>): Found[] {
	if (track.sentinel) return namedBySentinel(track);
	const named: Found[] = [];
	for (const peer of track.cluster?.peers ?? []) {
		if (seen.has(peer)) continue;
		seen.add(peer);
		if (peer.isHandshake || peer.flags.includes('noaddr') || !peer.address) continue;
		named.push({ address: peer.address, kind: 'data', origin: 'cluster' });
	}
	const info = track.lastGood?.info;
	if (!info || info.isClusterEnabled) return named;
	const told = (address: Address): Found => ({
		address,
		kind: 'data',
		origin: 'replication',
		group: track.group,
	});
	if (info.role === 'replica' && info.primary) named.push(told(info.primary));
	if (info.role === 'primary') for (const replica of info.replicas ?? []) named.push(told(replica.address));
	return named;
}

function namedBySentinel(track: NodeTrack): Found[] {
	return (track.sentinel?.masters ?? []).flatMap(master => [
		{ address: master.address, kind: 'data' as const, origin: 'sentinel' as const, group: master.name },
		...(master.replicas ?? []).map(
			replica =>
				({ address: replica.address, kind: 'data', origin: 'sentinel', group: master.name }) as const,
		),
		...(master.sentinels ?? []).map(
			sentinel => ({ address: sentinel.address, kind: 'sentinel', origin: 'sentinel' }) as const,
		),
	]);
}

/** Addresses that are another name of a node already known: same run id, or the name a cluster gives to the node itself. */
export function findAliases(tracks: ReadonlyMap<Address, NodeTrack>): Map<Address, Address> {
	const aliases = new Map<Address, Address>();
	const byRunId = new Map<string, Address>();
	for (const track of tracks.values()) {
		const runId = track.lastGood?.info?.runId;
		if (runId === undefined) continue;
		const first = byRunId.get(runId);
		// Sentinels and a server on the same port answer with their own run ids, so equal ids are one process.
		if (first !== undefined && first !== track.address) aliases.set(track.address, first);
		else byRunId.set(runId, track.address);
	}
	for (const track of tracks.values()) {
		const peers = track.cluster?.peers;
		const myself = peers && myselfIn(peers)?.address;
		if (myself !== undefined && myself !== track.address && !tracks.has(myself))
			aliases.set(myself, track.address);
	}
	return aliases;
}
