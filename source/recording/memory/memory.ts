// What is remembered of a fleet, in a key frame: all that the next reading is judged by, so that who begins here finds
// what who watched from the start finds. A memory is of the kinds that packed it: a redis-top that remembers something
// else passes it by and begins with what the frame says beside it.

import type { ClusterTrack } from '../../core/cluster/cluster-track.ts';
import type { Reading } from '../../core/types.ts';
import type { FleetMemory } from '../../state/key-frame.ts';
import { clusterTrack } from './cluster-kinds.ts';
import { fleet, pending } from './fleet-kinds.ts';
import { holds } from './judged-kinds.ts';
import {
	flag,
	list,
	mapOf,
	maybe,
	NotOfKind,
	number,
	type Packed,
	pair,
	record,
	setOf,
	text,
	time,
} from './kinds.ts';
import { nodeTrack, openBucket } from './node-kinds.ts';

export type PackedMemory = {
	readonly kinds: string;
	readonly pool: readonly Packed[];
	readonly fleet: Packed;
};

/** In all fleets. Of a thousand a memory would be the most of a recording, and as much work as some refreshes. */
export const mostNodesRemembered = 256;
/**
 * Lines of views that differ: a node that names 50,000 others would be packed in one piece, for seconds and out of memory.
 * A line that several nodes tell alike is packed once, and pointed to.
 */
const mostPeersRemembered = 10_000;
const mostPeersPointedTo = mostNodesRemembered ** 2;

/** Whether what the nodes say of each other is little enough to be remembered. */
export function isFewPeers(tracks: FleetMemory['tracks']): boolean {
	const views = [...tracks.values()].map(({ cluster }) => cluster?.peers ?? []);
	if (views.reduce((sum, { length }) => sum + length, 0) > mostPeersPointedTo) return false;
	return new Set(views.flat()).size <= mostPeersRemembered;
}

const track = record<Omit<FleetMemory, keyof ClusterTrack>>({
	isClearTold: maybe(flag),
	tracks: mapOf(text, nodeTrack),
	aliases: mapOf(text, text),
	names: maybe(
		record<NonNullable<FleetMemory['names']>>({
			prefersHostnames: flag,
			aliases: mapOf(text, text),
			rows: mapOf(text, text),
			ids: mapOf(text, text),
		}),
	),
	fastSince: maybe(time),
	awaited: maybe(list(text)),
	holds,
	pending: list(pending),
	unread: maybe(setOf(text)),
	judgedAt: maybe(mapOf(text, number)),
	opsHistory: openBucket,
	hitsHistory: openBucket,
	lookupsHistory: openBucket,
	fleet,
	isDiscovered: flag,
	rounds: number,
});

const memory = pair(track, clusterTrack);

let known: string | undefined;
/** The kinds in a word: FNV-1a over all that they tell. */
function kindsWord(): string {
	if (known === undefined) {
		let hash = 0x811c9dc5;
		for (const char of memory.told) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
		known = (hash >>> 0).toString(16);
	}
	return known;
}

const infosOf = (readings: readonly Reading[]) => {
	const infos = new Map<string, string>();
	for (const { node, replies } of readings)
		for (const [command, reply] of replies)
			if (command === 'info' && typeof reply === 'string') infos.set(node, reply);
	return (node: string) => infos.get(node);
};

/** `readings` are those of the fleet that stand in the same frame. */
export function packMemory(remembered: FleetMemory, readings: readonly Reading[]): PackedMemory {
	const into = { pool: [] as Packed[], known: new Map(), infoOf: infosOf(readings) };
	const packed = memory.pack([remembered, remembered], into);
	return { kinds: kindsWord(), pool: into.pool, fleet: packed };
}

/** Undefined where it was packed by other kinds; what is wrong with it is one line. */
export function unpackMemory(
	{
		kinds,
		pool,
		fleet: packed,
	}: { readonly kinds: string; readonly pool: readonly unknown[]; readonly fleet?: unknown },
	readings: readonly Reading[],
): FleetMemory | { readonly wrong: string } | undefined {
	if (kinds !== kindsWord()) return undefined;
	try {
		const [own, cluster] = memory.unpack(packed, { pool, made: new Map(), infoOf: infosOf(readings) });
		return { ...own, ...cluster };
	} catch (thrown) {
		if (thrown instanceof NotOfKind) return { wrong: thrown.message };
		throw thrown;
	}
}
