// What the nodes of a cluster call each other → the names of rows. A node is told by its id, by `ip:port`, by a host name
// that it announces, or without any address at all; everywhere else in the program there is one name a node. So the
// peers of every view are given the names of rows once, here, and whoever compares or draws them needs no other rule.
// It finds no nodes and renames none: that is discover's.

import { myselfIn } from '../cluster/agreement.ts';
import { addressOf, placelessName } from '../parse/parse-address.ts';
import type { Address, NodeTrack, Peer } from '../types.ts';

type Tracks = ReadonlyMap<Address, NodeTrack>;

/** By what a peer gets its name; equal from round to round while nobody joins, leaves or is renamed. */
export type Names = {
	readonly prefersHostnames: boolean;
	readonly aliases: ReadonlyMap<Address, Address>;
	/** Of the nodes that told their own id: the row of an id, and the id at a row. */
	readonly rows: ReadonlyMap<string, Address>;
	readonly ids: ReadonlyMap<Address, string>;
};

/** `before` itself where nothing has changed. */
export function namesOf(tracks: Tracks, aliases: ReadonlyMap<Address, Address>, before?: Names): Names {
	const rows = new Map<string, Address>();
	const ids = new Map<Address, string>();
	for (const { address, gone, error, toldPeers } of tracks.values()) {
		const id = gone || !toldPeers ? undefined : myselfIn(toldPeers)?.id;
		if (id === undefined) continue;
		ids.set(address, id);
		if (!error || !rows.has(id)) rows.set(id, address);
	}
	const names = { prefersHostnames: prefersHostnames(tracks), aliases, rows, ids };
	return before && isSame(before, names) ? before : names;
}

/** Most nodes that let us read it send their clients to host names. */
export function prefersHostnames(tracks: Tracks): boolean {
	let more = 0;
	for (const { config, gone } of tracks.values()) {
		const type = gone ? undefined : config?.['cluster-preferred-endpoint-type'];
		if (type !== undefined) more += type === 'hostname' ? 1 : -1;
	}
	return more > 0;
}

const isSame = (a: Names, b: Names) =>
	a.prefersHostnames === b.prefersHostnames &&
	isSameMap(a.aliases, b.aliases) &&
	isSameMap(a.rows, b.rows) &&
	isSameMap(a.ids, b.ids);

function isSameMap(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
	if (a.size !== b.size) return false;
	for (const [key, value] of a) if (b.get(key) !== value) return false;
	return true;
}

/** The address by which a peer wants to be reached; undefined where it is told without one. */
export function announcedAs(
	{ address, port, hostname }: Pick<Peer, 'address' | 'port' | 'hostname'>,
	isByHostname: boolean,
): Address | undefined {
	const named = isByHostname && hostname ? addressOf(hostname, port?.toString()) : undefined;
	return named ?? address;
}

/** The row of a peer as it was told. Another node that answers at its address has taken it over: then it has none. */
export function rowOfPeer(peer: Peer, names: Names): Address {
	const told = announcedAs(peer, names.prefersHostnames);
	const address = told && (names.aliases.get(told) ?? told);
	const there = address && names.ids.get(address);
	if (address !== undefined && (there === undefined || there === peer.id)) return address;
	return names.rows.get(peer.id) ?? placelessName(peer.id);
}

type Named<Subject> = { readonly names: Names; readonly result: Subject };

// 1,000 nodes tell of each other in a million lines, and they are the same few thousand Peers (see parseClusterNodes).
const namedLists = new WeakMap<readonly Peer[], Named<readonly Peer[]>>();
const renamedPeers = new WeakMap<Peer, Peer>();

/** The peers of a reply with the names of their rows; the same list for the same reply while the names stay. */
export function withRowNames(told: readonly Peer[], names: Names): readonly Peer[] {
	const known = namedLists.get(told);
	if (known?.names === names) return known.result;
	const peers = told.map(peer => withRowName(peer, names));
	const before = known?.result ?? told;
	const isUnchanged = peers.every((peer, index) => peer === before[index]);
	const result = isUnchanged ? before : peers;
	namedLists.set(told, { names, result });
	return result;
}

function withRowName(peer: Peer, names: Names): Peer {
	const address = rowOfPeer(peer, names);
	if (peer.address === address) return peer;
	const known = renamedPeers.get(peer);
	if (known?.address === address) return known;
	const result = { ...peer, address, ip: peer.address };
	renamedPeers.set(peer, result);
	return result;
}

/** Views of all nodes with the names of rows in them. */
export function nameViews(tracks: Map<Address, NodeTrack>, names: Names): void {
	for (const [address, track] of tracks) {
		if (!track.toldPeers || !track.cluster) continue;
		const peers = withRowNames(track.toldPeers, names);
		if (peers !== track.cluster.peers)
			tracks.set(address, { ...track, cluster: { ...track.cluster, peers } });
	}
}
