// What the slots of one node take now, from the replies of CLUSTER SLOT-STATS that come while the screen of the cluster
// is seen: the difference of the last two. The costliest slots since the start are asked for, so a slot that turned hot
// today is among them only when it has overtaken the others; the screen of hot keys reads them all.

import type { HotSlot } from '../keys/hot-keys.ts';
import { hottestSlots, parseSlotStats, type SlotReading } from '../parse/parse-slot-stats.ts';
import { isError } from '../reply.ts';
import { printable } from '../text/printable.ts';
import type { Address, Reply } from '../types.ts';

type SlotReadings = {
	/** Of our monotonic clock, ms. */
	readonly clock: number;
	readonly runId?: string;
	readonly bySlot: ReadonlyMap<number, SlotReading>;
};

export type SlotLoad = {
	readonly at: number;
	readonly last?: SlotReadings;
	/** The hottest first; none until there are two readings. Their share is of one core. */
	readonly slots: readonly HotSlot[];
	/** Between the two readings; undefined until there are two. */
	readonly seconds?: number;
	/** As the server said it. */
	readonly problem?: string;
};

type Read = {
	readonly node: Address;
	readonly at: number;
	readonly clock: number;
	readonly runId?: string;
	readonly reply: Reply;
};

/** The load after one more reply. */
export function addSlotStats(
	before: SlotLoad | undefined,
	{ node, at, clock, runId, reply }: Read,
): SlotLoad {
	if (isError(reply)) return { at, slots: [], problem: printable(reply.error, 200) };
	const readings = parseSlotStats(reply);
	if (!readings) return before ?? { at, slots: [] };
	const last: SlotReadings = { clock, runId, bySlot: new Map(readings.map(each => [each.slot, each])) };
	const from = before?.last;
	const seconds = from ? (clock - from.clock) / 1000 : 0;
	// Another process has other counters.
	if (!from || from.runId !== runId || seconds <= 0) return { at, last, slots: [] };
	const changes = readings.flatMap(after => {
		const known = from.bySlot.get(after.slot);
		return known ? [{ before: known, after, seconds }] : [];
	});
	return { at, last, seconds, slots: hottestSlots(node, changes, changes.length) };
}
