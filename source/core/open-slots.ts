// Slots with a marker of a classic migration, from the `myself` lines of the nodes that answer: third nodes know nothing
// of them. Which end has the marker is what tells a migration that runs from one that was broken off. How far one is,
// migrations.ts reckons.

import { myselfIn } from './agreement.ts';
import type { Seen } from './migration-record.ts';
import { rangesOf } from './slot-words.ts';
import type { Address, View } from './types.ts';

/** IMPORTING and MIGRATING are two commands, and the two nodes are read some milliseconds apart. */
const halfMilliseconds = 3000;

export type OpenSlot = {
	readonly slot: number;
	/** Node ids. */
	readonly source: string;
	readonly target: string;
	readonly atSource: boolean;
	readonly atTarget: boolean;
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
	for (const { peers } of views) {
		const myself = myselfIn(peers);
		// A replica of Valkey 8 and later shows the markers of its primary.
		if (myself?.role !== 'primary') continue;
		for (const { slot, to } of myself.migrating) mark(slot, myself.id, to, 'atSource');
		for (const { slot, from } of myself.importing) mark(slot, from, myself.id, 'atTarget');
	}
	if (marked.size === 0) return [];
	const asked = new Set(views.map(view => myselfIn(view.peers)?.id));
	return [...marked.values()].map(each => ({
		...each,
		isOtherAsked: asked.has(each.atSource ? each.target : each.source),
	}));
}

export const movingId = ({ sourceId, targetId }: Pick<Seen, 'sourceId' | 'targetId'>) =>
	`moving ${sourceId} ${targetId}`;

const halfKey = ({ slot, source, target }: OpenSlot) => `${slot} ${source} ${target}`;

/** Since when a slot has a marker at one end only, by slot and pair of nodes. */
export function keepHalves(
	before: ReadonlyMap<string, number>,
	open: readonly OpenSlot[],
	at: number,
): ReadonlyMap<string, number> {
	const halves = open.filter(each => each.atSource !== each.atTarget && each.isOtherAsked);
	return new Map(halves.map(each => [halfKey(each), before.get(halfKey(each)) ?? at]));
}

type Pair = Pick<Seen, 'kind' | 'openAt'> & { source: string; target: string; slots: number[] };

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
		const openAt = !isLeft ? undefined : each.atSource ? 'source' : 'target';
		const id =
			openAt === undefined
				? movingId({ sourceId: source, targetId: target })
				: `${openAt} ${source} ${target}`;
		const pair = pairs.get(id) ?? {
			kind: isLeft ? 'left-open' : 'classic',
			openAt,
			source,
			target,
			slots: [],
		};
		pair.slots.push(slot);
		pairs.set(id, pair);
	}
	return [...pairs].map(([id, { source, target, slots, ...pair }]) => ({
		...pair,
		id,
		sourceId: source,
		targetId: target,
		source: names(source),
		target: names(target),
		slots: rangesOf(slots),
		hasFailed: false,
		state:
			pair.openAt === undefined
				? 'moving keys'
				: `open at the ${pair.openAt} only: a reshard was broken off (redis-cli --cluster fix mends it)`,
	}));
}
