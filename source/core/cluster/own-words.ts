// What the nodes of a cluster say of it where nobody tells its peers: CLUSTER INFO without CLUSTER NODES, by a user who may
// not ask for it or by an exporter. Who owns which slot is not known then, and the nodes may be of several clusters: each
// word counts as it was said, and none is compared with another.

import { slotsInCluster } from '../slots.ts';
import type { Address, ClusterView, NodeTrack, RedisNode } from '../types.ts';

export type OwnWord = {
	readonly node: RedisNode;
	readonly view: ClusterView;
	/** Slots that nobody owns or whose owner has failed; undefined where it was not told. */
	readonly lost?: number;
	/** Slots whose owner this node alone does not reach. */
	readonly doubted?: number;
};

/** A word is kept over a few readings that do not tell it, and not for ever: it is of then. */
const keptMilliseconds = 30_000;
const keptReadings = 3;

function wordOf({ cluster, clusterAt = 0, lastGood, latest, rates }: NodeTrack): ClusterView | undefined {
	const kept = Math.max(keptMilliseconds, keptReadings * (rates?.seconds ?? 0) * 1000);
	const newest = (lastGood ?? latest)?.at ?? clusterAt;
	return newest - clusterAt <= kept ? cluster : undefined;
}

/** Of the nodes that answer and have told it lately, in the order of their rows. */
export function ownWords(
	nodes: readonly RedisNode[],
	tracks: ReadonlyMap<Address, NodeTrack>,
): readonly OwnWord[] {
	const words = nodes.flatMap(node => {
		const track = tracks.get(node.address);
		const view = track && wordOf(track);
		if (!view || view.peers || node.health !== 'up' || node.isGone) return [];
		return [{ node, view, lost: lostIn(view), doubted: view.slotsPfail }];
	});
	return words.some(({ view }) => (view.slotsAssigned ?? 0) > 0) ? words.filter(isJoined) : words;
}

/** A spare node, or one that was reset, knows of no slot and of no other node; who has lost all slots knows of others. */
const isJoined = ({ view: { slotsAssigned, knownNodes = 1 } }: OwnWord) =>
	slotsAssigned !== 0 || knownNodes > 1;

function lostIn({ slotsAssigned, slotsFail }: ClusterView): number | undefined {
	if (slotsAssigned === undefined && slotsFail === undefined) return undefined;
	return slotsInCluster - (slotsAssigned ?? slotsInCluster) + (slotsFail ?? 0);
}

/** One for all: `fail` where any says so, `ok` where all do; the epoch where all name the same. */
export function saidByAll(words: readonly OwnWord[]): { state?: 'ok' | 'fail'; epoch?: number } {
	const states = words.map(({ view }) => view.state);
	const epochs = new Set(words.map(({ view }) => view.epoch));
	const state = states.includes('fail')
		? ('fail' as const)
		: words.length > 0 && states.every(each => each === 'ok')
			? ('ok' as const)
			: undefined;
	const [epoch] = epochs;
	return { ...(state && { state }), ...(epochs.size === 1 && epoch !== undefined && { epoch }) };
}
