// Slots with a marker of a classic migration, from the `myself` lines of the nodes that answer: third nodes know nothing
// of them. Which end has the marker is what tells a migration that runs from one that was broken off. How far one is,
// migrations.ts reckons.

import { rangesOf } from '../text/slot-words.ts';
import type { Address, Peer, View } from '../types.ts';
import { myselfIn } from './agreement.ts';
import type { Seen } from './migration-record.ts';

/** IMPORTING and MIGRATING are two commands, and the two nodes are read some milliseconds apart. */
const halfMilliseconds = 3000;

export type OpenSlot = {
	readonly slot: number;
	/** Node ids. */
	readonly source: string;
	readonly target: string;
	readonly atSource: boolean;
	readonly atTarget: boolean;
	/** Neither of the two has it: this replica of one of them does. */
	readonly atReplica?: Address;
	/** The end without a marker answers, so that the marker it has not means something. */
	readonly isOtherAsked: boolean;
};

export function openSlots(views: readonly View[]): OpenSlot[] {
	const marked = new Map<string, Omit<OpenSlot, 'isOtherAsked'>>();
	const mark = (slot: number, source: string, target: string, end: 'atSource' | 'atTarget') => {
		const key = `${slot} ${source} ${target}`;
		const known = marked.get(key) ?? { slot, source, target, atSource: false, atTarget: false };
		marked.set(key, { ...known, [end]: true });
	};
	const replicas: { readonly node: Address; readonly myself: Peer }[] = [];
	for (const { node, peers } of views) {
		const myself = myselfIn(peers);
		if (!myself || myself.migrating.length + myself.importing.length === 0) continue;
		if (myself.role !== 'primary') {
			replicas.push({ node, myself });
			continue;
		}
		for (const { slot, to } of myself.migrating) mark(slot, myself.id, to, 'atSource');
		for (const { slot, from } of myself.importing) mark(slot, from, myself.id, 'atTarget');
	}
	markReplicas(marked, replicas);
	if (marked.size === 0) return [];
	const asked = new Set(views.map(view => myselfIn(view.peers)?.id));
	return [...marked.values()].map(each => ({
		...each,
		isOtherAsked: asked.has(each.atSource ? each.target : each.source),
	}));
}

/**
 * A replica of Valkey 8 and later has the markers of its primary, and may keep one that its primary has no more:
 * valkey-cli then refuses to reshard, and its fix does not mend it.
 */
function markReplicas(
	marked: Map<string, Omit<OpenSlot, 'isOtherAsked'>>,
	replicas: readonly { readonly node: Address; readonly myself: Peer }[],
): void {
	for (const { node, myself } of replicas) {
		if (myself.primaryId === undefined) continue;
		const ends = [
			...myself.migrating.map(({ slot, to }) => ({ slot, source: myself.primaryId!, target: to })),
			...myself.importing.map(({ slot, from }) => ({ slot, source: from, target: myself.primaryId! })),
		];
		for (const { slot, source, target } of ends) {
			const key = `${slot} ${source} ${target}`;
			if (!marked.has(key))
				marked.set(key, { slot, source, target, atSource: false, atTarget: false, atReplica: node });
		}
	}
}

export const movingId = ({ sourceId, targetId }: Pick<Seen, 'sourceId' | 'targetId'>) =>
	`moving ${sourceId} ${targetId}`;

const halfKey = ({ slot, source, target }: OpenSlot) => `${slot} ${source} ${target}`;

/**
 * Since when a slot has a marker at one end only, by slot and pair of nodes. While the other end cannot be asked that is
 * not known, and begins anew: whoever waits for it goes on waiting.
 */
export function keepHalves(
	before: ReadonlyMap<string, number>,
	open: readonly OpenSlot[],
	at: number,
): ReadonlyMap<string, number> {
	const halves = open.filter(each => each.atReplica !== undefined || each.atSource !== each.atTarget);
	const since = (each: OpenSlot) => (each.isOtherAsked ? before.get(halfKey(each)) : undefined) ?? at;
	return new Map(halves.map(each => [halfKey(each), since(each)]));
}

/** Some slot is open at one end, and not yet for as long as a reshard may need for the other. */
export const isHalfDone = (halves: ReadonlyMap<string, number>, at: number): boolean =>
	[...halves.values()].some(since => at - since < halfMilliseconds);

type Pair = Pick<Seen, 'kind' | 'openAt'> & {
	atReplica?: Address;
	source: string;
	target: string;
	slots: number[];
};

/** A pair of nodes is one migration, however many slots; slots left behind at one end are another. */
export function pairsOf(
	open: readonly OpenSlot[],
	halves: ReadonlyMap<string, number>,
	at: number,
	names: (id: string) => Address,
): Seen[] {
	const pairs = new Map<string, Pair>();
	for (const each of open) {
		const { source, target, slot } = each;
		const isLeft = at - (halves.get(halfKey(each)) ?? at) >= halfMilliseconds;
		const { atReplica } = each;
		// One that is on its way to its replicas is none yet.
		if (atReplica !== undefined && !isLeft) continue;
		const openAt = !isLeft || atReplica !== undefined ? undefined : each.atSource ? 'source' : 'target';
		const end = atReplica ?? openAt;
		const id =
			end === undefined ? movingId({ sourceId: source, targetId: target }) : `${end} ${source} ${target}`;
		const pair = pairs.get(id) ?? {
			kind: isLeft ? 'left-open' : 'classic',
			openAt,
			atReplica,
			source,
			target,
			slots: [],
		};
		pair.slots.push(slot);
		pairs.set(id, pair);
	}
	return [...pairs].map(([id, { source, target, slots, atReplica, ...pair }]) => ({
		...pair,
		id,
		sourceId: source,
		targetId: target,
		source: names(source),
		target: names(target),
		slots: rangesOf(slots),
		hasFailed: false,
		state: stateText(pair.openAt, atReplica),
	}));
}

function stateText(openAt: Pair['openAt'], atReplica: Address | undefined): string {
	if (atReplica !== undefined)
		return `open at the replica ${atReplica} only: no reshard starts until CLUSTER SETSLOT with STABLE is sent to its primary`;
	return openAt === undefined
		? 'moving keys'
		: `open at the ${openAt} only: a reshard was broken off (redis-cli --cluster fix mends it)`;
}
