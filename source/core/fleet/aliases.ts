// Which names are of one node, and which of them its row has: the one that is announced, by the cluster, the Sentinels or
// the primary, else the one that was typed. Two names are one node when its own line in the cluster says so, when both
// lead to the same process (run id), or when a name's connection ended at the other, an ip.

import { myselfIn } from '../cluster/agreement.ts';
import { byId } from '../cluster/peer-digest.ts';
import type { Address, Info, NodeTrack } from '../types.ts';
import { announcedAs } from './names.ts';

type Tracks = ReadonlyMap<Address, NodeTrack>;

/** `from` is another name of the node whose row is `to`. */
export type Alias = { readonly from: Address; readonly to: Address };

/** All that the nodes which answer show; a row for each of the names may be there or not. */
export function findAliases(tracks: Tracks, isByHostname = false): readonly Alias[] {
	return [...ownWords(tracks, isByHostname), ...sameNodes(tracks)];
}

/** What a cluster calls a node: by its own word, or where it does not know (yet), by that of the others. */
function ownWords(tracks: Tracks, isByHostname: boolean): Alias[] {
	const aliases: Alias[] = [];
	for (const { address, error, gone, toldPeers } of tracks.values()) {
		const myself = error || gone || !toldPeers ? undefined : myselfIn(toldPeers);
		if (!myself) continue;
		const own = announcedAs(myself, isByHostname);
		if (own === address) continue;
		const told = wordsOfOthers(myself.id, address, tracks, isByHostname);
		// 6.0 learns only at its next start what it announces: the others send clients there already.
		if (told.includes(address)) continue;
		const named = own ?? told[0];
		if (named === undefined || named === address) continue;
		const there = tracks.get(named);
		const other = there && !there.error && there.toldPeers && myselfIn(there.toldPeers)?.id;
		// Who answers there under another id has taken the address over.
		if (other === undefined || other === myself.id) aliases.push({ from: address, to: named });
	}
	return aliases;
}

/** What the others that answer call the node that is asked at this address. */
function wordsOfOthers(id: string, asked: Address, tracks: Tracks, isByHostname: boolean): Address[] {
	const words: Address[] = [];
	for (const { address, error, gone, toldPeers } of tracks.values()) {
		if (address === asked || error || gone) continue;
		const peer = toldPeers && byId(toldPeers).get(id);
		const named = peer && announcedAs(peer, isByHostname);
		if (named !== undefined) words.push(named);
	}
	return words;
}

function sameNodes(tracks: Tracks): Alias[] {
	const pairs: [Address, Address][] = [];
	const byProcess = new Map<string, Address>();
	for (const { address, gone, error, latest, lastGood } of tracks.values()) {
		if (gone) continue;
		const reached = error ? undefined : latest?.reached;
		if (reached !== undefined && reached !== address) pairs.push([address, reached]);
		const process = lastGood?.info && processOf(lastGood.info);
		if (process === undefined) continue;
		const first = byProcess.get(process);
		// Sentinels and a server on the same port answer with their own run ids, so equal ids are one process.
		if (first !== undefined) pairs.push([first, address]);
		else byProcess.set(process, address);
	}
	if (pairs.length === 0) return [];
	const rank = announcedBy(tracks);
	return pairs.map(([first, second]) =>
		(rank.get(second) ?? 0) > (rank.get(first) ?? 0)
			? { from: first, to: second }
			: { from: second, to: first },
	);
}

/** Names that others use, and whose word counts more: clients are sent where the cluster or the Sentinels say. */
function announcedBy(tracks: Tracks): Map<Address, number> {
	const rank = new Map<Address, number>();
	const note = (address: Address | undefined, weight: number) => {
		if (address !== undefined && weight > (rank.get(address) ?? 0)) rank.set(address, weight);
	};
	for (const { address, error, gone, sentinel, lastGood, cluster } of tracks.values()) {
		if (error || gone) continue;
		for (const master of sentinel?.masters ?? []) {
			note(master.address, 2);
			for (const peer of [...(master.replicas ?? []), ...(master.sentinels ?? [])]) note(peer.address, 2);
		}
		// A cluster's rows have its names already.
		if (cluster?.peers) note(address, 2);
		else for (const replica of lastGood?.info?.replicas ?? []) note(replica.address, 1);
		if (!cluster?.peers && lastGood?.info?.role === 'replica') note(lastGood.info.primary, 1);
	}
	return rank;
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
