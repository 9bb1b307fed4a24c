// Who else belongs to the fleet: read from what the nodes already answered, so discovery goes on with every round
// and costs nothing. A cluster node names its peers, a primary its replicas, a replica its primary, a Sentinel
// everything it watches. Whoever is named without a usable address belongs to it as well, and is not dialled.
// Which names are of one node is for aliases.ts.

import { byId } from '../cluster/peer-digest.ts';
import { hasPrimary } from '../node/replication-state.ts';
import { hasPlace } from '../parse/parse-address.ts';
import type { Address, NodeKind, NodeTrack, Origin, Peer } from '../types.ts';
import { announcedAs } from './names.ts';

export type Found = {
	readonly address: Address;
	readonly kind: NodeKind;
	readonly origin: Origin;
	readonly group?: string;
	/** What else a cluster announces of it. */
	readonly ip?: Address;
	readonly hostname?: string;
	/** Somebody else names it: it was not only typed. */
	readonly isNamed?: boolean;
	/** From the seeds to it, each named by the one before; 0 for seeds. */
	readonly steps: number;
};

/**
 * Everybody who belongs to the fleet now: the seeds, whom the cluster nodes and Sentinels that answer name, and whom
 * those replicate from or to. A node's own word for itself does not count, nor the last word of one that is silent:
 * else whoever was reached once would belong for ever. `aliases` are other names of known nodes.
 */
export function findNodes(
	tracks: ReadonlyMap<Address, NodeTrack>,
	aliases: ReadonlyMap<Address, Address> = new Map(),
): ReadonlyMap<Address, Found> {
	const words = wordsIn(tracks, aliases);
	const first = words.find(word => typeof word === 'object');
	const known = first && foundByWords.get(first);
	if (known && isSame(known.words, words)) return known.found;
	const found = findAnew(tracks, aliases);
	if (first) foundByWords.set(first, { words, found });
	return found;
}

type Word = object | string | number | undefined;

/** Between two readings of the views of many nodes the same is found as before: by all that it is made of. */
const foundByWords = new WeakMap<
	object,
	{ readonly words: readonly Word[]; readonly found: ReadonlyMap<Address, Found> }
>();

const isSame = (one: readonly Word[], other: readonly Word[]) =>
	one.length === other.length && one.every((word, index) => word === other[index]);

function wordsIn(
	tracks: ReadonlyMap<Address, NodeTrack>,
	aliases: ReadonlyMap<Address, Address>,
): readonly Word[] {
	const words: Word[] = [...aliases].flat();
	for (const track of tracks.values()) {
		const { address, kind, origin, group, steps, error, gone, sentinel, cluster, lastGood } = track;
		const isHeard = !error && !gone;
		if (isHeard) words.push(sentinel ?? cluster?.peers);
		// Whom a node of a cluster replicates is told by its peers.
		if (!lastGood?.info?.isClusterEnabled) words.push(lastGood?.info);
		if (isHeard || origin === 'seed') words.push(address, kind, origin, group, steps);
	}
	return words;
}

function findAnew(
	tracks: ReadonlyMap<Address, NodeTrack>,
	aliases: ReadonlyMap<Address, Address>,
): ReadonlyMap<Address, Found> {
	const found = new Map<Address, Found>();
	const add = (node: Found) => {
		const address = aliases.get(node.address) ?? node.address;
		const known = found.get(address);
		if (!known) found.set(address, address === node.address ? node : { ...node, address });
		else if (isMore(node, known)) found.set(address, joined(known, node));
	};
	for (const { address, kind, origin, group } of tracks.values())
		if (origin === 'seed') add({ address, kind, origin, group, steps: 0 });
	const seen = new Set<Peer>();
	for (const track of tracks.values()) {
		if (track.error || track.gone) continue;
		if (track.sentinel) for (const node of namedBySentinel(track)) add(node);
		else addView(track, seen, add);
	}
	// Those that this adds are gone through as well: a map is walked in the order of what came into it.
	for (const address of found.keys()) {
		const track = tracks.get(address);
		if (track) for (const node of namedByReplication(track)) add(node);
	}
	return found;
}

/** The first word counts, but for what it does not tell. */
const isMore = (more: Found, known: Found): boolean =>
	(more.isNamed && !known.isNamed) ||
	(more.group !== undefined && known.group === undefined) ||
	(more.hostname !== undefined && known.hostname === undefined);

function joined(known: Found, more: Found): Found {
	return {
		...known,
		group: known.group ?? more.group,
		ip: known.ip ?? more.ip,
		hostname: known.hostname ?? more.hostname,
		isNamed: known.isNamed || more.isNamed,
	};
}

const stepsBehind = ({ steps = 0 }: NodeTrack) => steps + 1;

/** Nodes of a cluster tell of each other in the same words (see parseClusterNodes): each Peer is looked at once. */
function addView(track: NodeTrack, seen: Set<Peer>, add: (node: Found) => void): void {
	const steps = stepsBehind(track);
	for (const peer of track.cluster?.peers ?? []) {
		if (seen.has(peer)) continue;
		seen.add(peer);
		if (peer.isMyself || peer.isHandshake || !peer.address) continue;
		const { address, hostname, ip = address } = peer;
		add({ address, kind: 'data', origin: 'cluster', ip, hostname, isNamed: true, steps });
	}
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
		isNamed: true,
		steps: stepsBehind(track),
	}));
}

function namedBySentinel(track: NodeTrack): Found[] {
	const named = (address: Address, group?: string): Found => ({
		address,
		kind: group === undefined ? 'sentinel' : 'data',
		origin: 'sentinel',
		group,
		isNamed: true,
		steps: stepsBehind(track),
	});
	return (track.sentinel?.masters ?? []).flatMap(master => [
		named(master.address, master.name),
		...(master.replicas ?? []).map(replica => named(replica.address, master.name)),
		...(master.sentinels ?? []).map(sentinel => named(sentinel.address)),
	]);
}

/** Why a node that was found is not asked; undefined where it has an address. */
export function whyPlaceless(
	{ address, origin }: Found,
	tracks: ReadonlyMap<Address, NodeTrack>,
): string | undefined {
	if (hasPlace(address)) return undefined;
	if (origin === 'replication') return 'tells its primary no port: it cannot be asked';
	if (origin === 'sentinel') return 'no usable address: its name does not resolve at the Sentinels';
	for (const track of tracks.values())
		if (track.formerId === address) return `no usable address: ${track.address} answers as another node now`;
	return 'no usable address: its peers know none';
}

/** Where the nodes that answer say a node is that cannot be asked where it was; undefined where nobody says. */
export function movedTo(
	id: string,
	tracks: ReadonlyMap<Address, NodeTrack>,
	isByHostname: boolean,
): Address | undefined {
	const words = new Map<Address, number>();
	for (const { error, gone, toldPeers } of tracks.values()) {
		if (error || gone) continue;
		const peer = toldPeers && byId(toldPeers).get(id);
		const address = peer && !peer.isMyself ? announcedAs(peer, isByHostname) : undefined;
		if (address !== undefined) words.set(address, (words.get(address) ?? 0) + 1);
	}
	return [...words].sort(([, a], [, b]) => b - a)[0]?.[0];
}
