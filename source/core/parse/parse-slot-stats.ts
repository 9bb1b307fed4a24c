// CLUSTER SLOT-STATS → what each slot cost, and from two readings what it costs now. The counters run since the server
// started, so one reading tells of a year as well as of today: only differences are given out. One that fell (CONFIG
// RESETSTAT, a slot that left and came back) starts anew, from 0. Which fields there are differs: key-count alone
// where the statistics are off, memory-bytes on Redis 8.4, two memory fields on newer Valkey.

import { asCount, isArray } from '../reply.ts';
import type { Address, CommandStat, Reply } from '../types.ts';

export type SlotReading = {
	readonly slot: number;
	readonly keys?: number;
	readonly cpuMicroseconds?: number;
	readonly inputBytes?: number;
	readonly outputBytes?: number;
	readonly memoryBytes?: number;
};

export type HotSlot = {
	readonly slot: number;
	readonly node: Address;
	/**
	 * Of the time of all the node's commands over the window, 0 to 1; of all its time where that is not known, and of the
	 * bytes of all its slots where no time is counted.
	 */
	readonly share: number;
	readonly shareOf?: 'bytes';
	readonly cpuMicrosecondsPerSecond?: number;
	readonly inputBytesPerSecond?: number;
	readonly outputBytesPerSecond?: number;
	readonly keys?: number;
	/** Of its keys and values; where the server was started to count it. */
	readonly memoryBytes?: number;
};

/** What a reply tells of each slot; undefined where it tells of none. */
export type SlotCounts = { readonly time: boolean; readonly bytes: boolean; readonly memory: boolean };

/** Each of it is switched on by itself on Redis, all but memory at once on Valkey. */
export function countsOf(readings: readonly SlotReading[]): SlotCounts | undefined {
	const has = (name: 'cpuMicroseconds' | 'outputBytes' | 'memoryBytes') =>
		readings.some(reading => reading[name] !== undefined);
	if (readings.length === 0) return undefined;
	return { time: has('cpuMicroseconds'), bytes: has('outputBytes'), memory: has('memoryBytes') };
}

/** The slots of a reply in its order; undefined where it is no such reply. */
export function parseSlotStats(reply: Reply | undefined): readonly SlotReading[] | undefined {
	if (!isArray(reply)) return undefined;
	const slots: SlotReading[] = [];
	for (const entry of reply) {
		if (!isArray(entry)) continue;
		const slot = asCount(entry[0]);
		if (slot === undefined || slot > 16_383 || !isArray(entry[1])) continue;
		slots.push(readingOf(slot, entry[1]));
	}
	return slots;
}

function readingOf(slot: number, fields: readonly Reply[]): SlotReading {
	const value = (name: string) => {
		for (let index = 0; index + 1 < fields.length; index += 2)
			if (fields[index] === name) return asCount(fields[index + 1]);
		return undefined;
	};
	return {
		slot,
		keys: value('key-count'),
		cpuMicroseconds: value('cpu-usec'),
		inputBytes: value('network-bytes-in'),
		outputBytes: value('network-bytes-out'),
		memoryBytes: value('memory-bytes'),
	};
}

export type SlotChange = {
	readonly before: SlotReading;
	readonly after: SlotReading;
	readonly seconds: number;
};

/**
 * What the slots took between their two readings, most time first; those that took none are left out. Shares are of
 * `allMicrosecondsPerSecond`, the time of all commands of the node; of its whole time where that is not known. Where no
 * time is counted, most bytes first, and the shares are of the bytes of all these slots.
 */
export function hottestSlots(
	node: Address,
	changes: readonly SlotChange[],
	limit: number,
	allMicrosecondsPerSecond = 1e6,
): HotSlot[] {
	const rates = changes.map(({ before, after, seconds }) => ({
		after,
		cpu: perSecond(before.cpuMicroseconds, after.cpuMicroseconds, seconds),
		input: perSecond(before.inputBytes, after.inputBytes, seconds),
		output: perSecond(before.outputBytes, after.outputBytes, seconds),
	}));
	const isTimed = rates.some(({ cpu }) => cpu !== undefined);
	const slots = rates.flatMap((rate): HotSlot[] => {
		const { after, cpu, input, output } = rate;
		const took = isTimed ? (cpu ?? 0) : bytesOf(rate);
		if (took <= 0) return [];
		return [
			{
				...{ slot: after.slot, node, share: took },
				...(!isTimed && { shareOf: 'bytes' as const }),
				...{ cpuMicrosecondsPerSecond: cpu, inputBytesPerSecond: input, outputBytesPerSecond: output },
				keys: after.keys,
				...(after.memoryBytes !== undefined && { memoryBytes: after.memoryBytes }),
			},
		];
	});
	const told = slots.reduce((sum, { share }) => sum + share, 0);
	// The two are read one after the other: together the slots never took more than all.
	const all = isTimed ? Math.max(allMicrosecondsPerSecond, told) : told;
	return slots
		.map(slot => ({ ...slot, share: slot.share / all }))
		.sort((a, b) => b.share - a.share || a.slot - b.slot)
		.slice(0, limit);
}

const bytesOf = ({ input = 0, output = 0 }: { readonly input?: number; readonly output?: number }) =>
	input + output;

/** So little time that one command which the machine held up outweighs the others, in a window of some seconds. */
export const noisyMicroseconds = 20_000;

/** Their time is that of the commands in them as well, which are counted themselves. */
const around = /^(eval|evalsha|fcall)(_ro)?$|^exec$/;
/** Our own way of looking at it. */
const ours = /^(info|cluster\|slot-stats)$/;

/** Time of all commands since the start, from INFO commandstats, each counted once and our own left out. */
export function commandMicroseconds(
	stats: Readonly<Record<string, CommandStat>> | undefined,
): number | undefined {
	if (!stats) return undefined;
	let sum = 0;
	for (const [name, { usec }] of Object.entries(stats))
		if (!around.test(name) && !ours.test(name)) sum += usec ?? 0;
	return sum;
}

/** Of a counter that starts anew when it fell. */
export function perSecond(
	before: number | undefined,
	after: number | undefined,
	seconds: number,
): number | undefined {
	if (before === undefined || after === undefined || !(seconds > 0)) return undefined;
	return (after >= before ? after - before : after) / seconds;
}
