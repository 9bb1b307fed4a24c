// Keys in an open slot: CLUSTER COUNTKEYSINSLOT counts those of the database that is selected, and a cluster may have
// several (Valkey from 9.0 on). So it is asked once in each that holds keys, and only the sum over all of them is a
// count: of one database alone it would be "0 keys left" while the others are full. Pure.

import { asCount } from '../reply.ts';
import type { Address, Reply, Sample } from '../types.ts';
import type { SlotCount } from './migration-record.ts';

export type ToldCount = { readonly sample: Sample; readonly command: string; readonly reply: Reply };

/** The counts in the replies of a round, of the slots that were counted in every database. */
export function countsIn(replies: readonly ToldCount[]): SlotCount[] {
	const counts: SlotCount[] = [];
	for (const sample of new Set(replies.map(told => told.sample)))
		counts.push(
			...countsOf(
				sample,
				replies.filter(told => told.sample === sample),
			),
		);
	return counts;
}

function countsOf(sample: Sample, replies: readonly ToldCount[]): SlotCount[] {
	/** Undefined: a SELECT was refused, so what follows is of a database that is not known. */
	let db: number | undefined = 0;
	const slots = new Map<number, Map<number, number>>();
	for (const { command, reply } of replies) {
		const selected = /^select (\d{1,5})$/.exec(command)?.[1];
		if (selected !== undefined) db = reply === 'OK' ? Number(selected) : undefined;
		const slot = /^cluster countkeysinslot (\d{1,5})$/i.exec(command)?.[1];
		const keys = asCount(reply);
		if (slot === undefined || keys === undefined || db === undefined) continue;
		const known = slots.get(Number(slot)) ?? new Map<number, number>();
		slots.set(Number(slot), known.set(db, keys));
	}
	return [...slots].flatMap(([slot, byDatabase]) => sumOf(sample.node, sample, slot, byDatabase));
}

function sumOf(
	node: Address,
	{ at, info }: Sample,
	slot: number,
	byDatabase: ReadonlyMap<number, number>,
): SlotCount[] {
	const isWhole = (info?.databases ?? []).every(({ db, keys }) => keys === 0 || byDatabase.has(db));
	if (!isWhole) return [];
	return [{ slot, node, keys: [...byDatabase.values()].reduce((sum, keys) => sum + keys, 0), at }];
}
