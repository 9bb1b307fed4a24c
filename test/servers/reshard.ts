// Slots that move from one running cluster node to another, step by step as redis-cli --cluster reshard does it, so that
// a test can stop in the middle.

import { slotOf } from '../../source/core/keys/key-slot.ts';
import type { RunningCluster } from './fleets.ts';
import type { RunningServer } from './start.ts';

export type Move = {
	readonly from: RunningServer;
	readonly to: RunningServer;
	readonly idFrom: string;
	readonly idTo: string;
};

/** From one primary of the start to another. */
export const moveOf = (cluster: RunningCluster, from: number, to: number): Move => ({
	...{ from: cluster.nodes[from]!, to: cluster.nodes[to]! },
	...{ idFrom: cluster.ids[from]!, idTo: cluster.ids[to]! },
});

/** The first of t0, t1… whose slot it is: a hash tag for keys of one slot. */
export function tagIn(slot: number): string {
	for (let n = 0; ; n++) if (slotOf(`t${n}`) === slot) return `t${n}`;
}

/** IMPORTING and MIGRATING: from here on the slot is open. */
export async function openSlot(slot: number, { from, to, idFrom, idTo }: Move): Promise<void> {
	await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', idFrom);
	await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', idTo);
}

/** The next so many keys of an open slot; false when there was none. */
export async function moveKeys(slot: number, { from, to }: Move, most = 50): Promise<boolean> {
	const names = (await from.call('CLUSTER', 'GETKEYSINSLOT', slot, most)) as string[];
	if (names.length === 0) return false;
	await from.call('MIGRATE', to.host, to.port, '', 0, 5000, 'KEYS', ...names);
	return true;
}

/** An open slot that is empty goes to its new owner. */
export async function closeSlot(slot: number, { from, to, idTo }: Move): Promise<void> {
	await to.call('CLUSTER', 'SETSLOT', slot, 'NODE', idTo);
	await from.call('CLUSTER', 'SETSLOT', slot, 'NODE', idTo);
}

export async function moveSlot(slot: number, move: Move): Promise<void> {
	await openSlot(slot, move);
	while (await moveKeys(slot, move));
	await closeSlot(slot, move);
}
