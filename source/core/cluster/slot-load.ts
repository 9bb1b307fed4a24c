// What the slots of one node take now, from the replies of CLUSTER SLOT-STATS that come while the screen of the cluster
// is seen: the difference of the last two. The costliest slots since the start are asked for, so a slot that turned hot
// today is among them only when it has overtaken the others; the screen of hot keys reads them all.

import {
	countsOf,
	type HotSlot,
	hottestSlots,
	parseSlotStats,
	type SlotCounts,
	type SlotReading,
} from '../parse/parse-slot-stats.ts';
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
	/** What is counted of each slot, as the last reply had it. */
	readonly counts?: SlotCounts;
	/** The biggest first, where memory is counted. */
	readonly biggest?: readonly HotSlot[];
};

type Read = {
	readonly node: Address;
	readonly at: number;
	readonly clock: number;
	readonly runId?: string;
	/** Of one reading: by several orders there are several. */
	readonly replies: readonly Reply[];
};

/** What is counted, from the answer that any server has; its slots are no load. */
export function addSlotCounts(before: SlotLoad | undefined, at: number, reply: Reply): SlotLoad {
	if (isError(reply)) return { at, slots: [], problem: printable(reply.error, 200) };
	const counts = countsOf(parseSlotStats(reply) ?? []) ?? before?.counts;
	return { slots: [], ...before, at, problem: undefined, counts };
}

/** The load after one more reading. */
export function addSlotStats(
	before: SlotLoad | undefined,
	{ node, at, clock, runId, replies }: Read,
): SlotLoad {
	const refused = replies.find(isError);
	if (refused) return { at, slots: [], problem: printable(refused.error, 200) };
	const told = replies.map(parseSlotStats);
	if (told.includes(undefined)) return before ?? { at, slots: [] };
	const bySlot = new Map(told.flatMap(slots => slots!).map(each => [each.slot, each]));
	const readings = [...bySlot.values()];
	const last: SlotReadings = { clock, runId, bySlot };
	const from = before?.last;
	const seconds = from ? (clock - from.clock) / 1000 : 0;
	const known = { at, last, counts: countsOf(readings), biggest: biggestOf(node, readings) };
	// Another process has other counters.
	if (!from || from.runId !== runId || seconds <= 0) return { ...known, slots: [] };
	const changes = readings.flatMap(after => {
		const earlier = from.bySlot.get(after.slot);
		return earlier ? [{ before: earlier, after, seconds }] : [];
	});
	return { ...known, seconds, slots: hottestSlots(node, changes, changes.length) };
}

function biggestOf(node: Address, readings: readonly SlotReading[]): readonly HotSlot[] | undefined {
	const sized = readings.filter(({ memoryBytes = 0 }) => memoryBytes > 0);
	if (sized.length === 0) return undefined;
	return sized
		.sort((a, b) => b.memoryBytes! - a.memoryBytes!)
		.map(({ slot, keys, memoryBytes }) => ({ slot, node, share: 0, keys, memoryBytes }));
}
