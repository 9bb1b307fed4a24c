// Who else belongs to the fleet: read from what the nodes already answered, so discovery goes on with every round
// and costs nothing. A cluster node names its peers, a primary its replicas, a replica its primary, a Sentinel
// everything it watches. Two names of one process are found by its run id; the row keeps the first name.

import { myselfIn } from '../cluster/agreement.ts';
import { hasPrimary } from '../node/replication-state.ts';
import type { Address, Info, NodeKind, NodeTrack, Origin, Peer } from '../types.ts';

export type Found = {
	readonly address: Address;
	readonly kind: NodeKind;
	readonly origin: Origin;
	readonly group?: string;
};

/**
 * Everybody who belongs to the fleet now: the seeds, whom the cluster nodes and Sentinels that answer name, and whom
 * those replicate from or to. A node's own word for itself does not count, nor the last word of one that is silent:
 * else whoever was reached once would belong for ever. `aliases` are other names of known nodes.
 */
export function findNodes(
	tracks: ReadonlyMap<Address, NodeTrack>,
	aliases: ReadonlyMap<Address, Address> = new Map(),
): Map<Address, Found> {
	const found = new Map<Address, Found>();
	const queue: Address[] = [];
	const add = (node: Found) => {
		const address = aliases.get(node.address) ?? node.address;
		const known = found.get(address);
		if (known && (known.group !== undefined || node.group === undefined)) return;
		found.set(address, { ...node, address });
		if (!known) queue.push(address);
	};
	for (const { address, kind, origin, group } of tracks.values())
		if (origin === 'seed') add({ address, kind, origin, group });
	const seen = new Set<Peer>();
	for (const track of tracks.values()) {
		if (track.error || track.gone) continue;
		for (const node of track.sentinel ? namedBySentinel(track) : namedByView(track, seen)) add(node);
	}
	for (let address = queue.shift(); address !== undefined; address = queue.shift()) {
		const track = tracks.get(address);
		if (track) for (const node of namedByReplication(track)) add(node);
	}
	return found;
}

/** Nodes of a cluster tell of each other in the same words (see parseClusterNodes): each Peer is looked at once. */
function namedByView(track: NodeTrack, seen: Set<Peer>): Found[] {
	const named: Found[] = [];
	for (const peer of track.cluster?.peers ?? []) {
		if (seen.has(peer)) continue;
		seen.add(peer);
		if (peer.isMyself || peer.isHandshake || peer.flags.includes('noaddr') || !peer.address) continue;
		named.push({ address: peer.address, kind: 'data', origin: 'cluster' });
	}
	return named;
}

/** A replica may have replicas of its own. */
function namedByReplication(track: NodeTrack): Found[] {
	const info = track.lastGood?.info;
	if (!info || info.isClusterEnabled || track.kind === 'sentinel') return [];
	const above = hasPrimary(info) && info.primary ? [info.primary, ...(info.otherPrimaries ?? [])] : [];
	const below = (info.replicas ?? []).map(replica => replica.address);
	return [...above, ...below].map(address => ({
		address,
		kind: 'data',
		origin: 'replication',
		group: track.group,
	}));
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
		const runId = track.lastGood?.info && processOf(track.lastGood.info);
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

/**
 * What tells one process from another: its run id; where it tells none (Dragonfly), at a primary the history that it
 * writes, which no other primary has at the same port.
 */
function processOf({ runId, role, replicationId, port, isActiveReplica }: Info): string | undefined {
	if (runId !== undefined) return runId;
	const isItsOwn =
		role === 'primary' && !isActiveReplica && replicationId !== undefined && port !== undefined;
	return isItsOwn ? `${replicationId} ${port}` : undefined;
}
