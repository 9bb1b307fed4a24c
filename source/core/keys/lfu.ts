// OBJECT FREQ in words. What the server keeps is no count: 8 bits that grow with the logarithm of the accesses and
// lose 1 for every lfu-decay-time minutes without one. So it is a rank over the last minutes, never a rate; at 255 it
// has no more to say. Formulas as LFULogIncr of evict.c has them; measured on 6.0 to 8.0 they hold within 15%.

import { count, duration } from '../text/quantity.ts';
import type { ServerName } from '../types.ts';

/** Where a new key starts (LFU_INIT_VAL), and where the counter ends. */
const start = 5;
const end = 255;

export type LfuSettings = {
	/** lfu-log-factor; 10 unless it was changed. */
	readonly logFactor?: number;
	/** lfu-decay-time, minutes; 1 unless it was changed, 0 never decays. */
	readonly decayMinutes?: number;
};

export type LfuReading = {
	readonly counter: number;
	/** Accesses that bring a new key here on average; undefined under the start, where only decay leads. */
	readonly accesses?: number;
	/** At its end: there may have been many more, and two such keys cannot be put in order. */
	readonly isSaturated: boolean;
	readonly text: string;
};

/** Accesses that bring a new key to this counter on average: step after step, each as long as its chance is small. */
export function accessesOf(counter: number, logFactor = 10): number {
	const steps = Math.min(end, counter) - start;
	return steps <= 0 ? 0 : steps + (logFactor * steps * (steps - 1)) / 2;
}

/** The counter to expect after so many accesses without decay. */
export function expectedCounter(accesses: number, logFactor = 10): number {
	if (accesses <= 0) return start;
	const half = 1 - logFactor / 2;
	const steps =
		logFactor > 0 ? (Math.sqrt(half * half + 2 * logFactor * accesses) - half) / logFactor : accesses;
	return Math.min(end, start + Math.round(steps));
}

/** `~1.0k accesses lately`, `310k accesses lately or more`, `untouched for 3m or more`. */
export function readCounter(counter: number, settings: LfuSettings = {}): LfuReading {
	const { logFactor = 10, decayMinutes = 1 } = settings;
	const isSaturated = counter >= end;
	if (counter < start) return { counter, isSaturated, text: idleText(counter, decayMinutes) };
	const accesses = accessesOf(counter, logFactor);
	const rough = count(Number(accesses.toPrecision(2)));
	if (isSaturated) return { counter, accesses, isSaturated, text: `${rough} accesses lately or more` };
	return {
		counter,
		accesses,
		isSaturated,
		text: accesses < 2 ? 'new or hardly read' : `~${rough} accesses lately`,
	};
}

function idleText(counter: number, decayMinutes: number): string {
	if (decayMinutes <= 0) return 'no count yet: the policy was changed after it was last used';
	return `untouched for ${duration((start - counter) * decayMinutes * 60)} or more`;
}

/**
 * Redis keeps the integers 0 to 9999 once for all keys while maxmemory is 0 and the policy is of LFU: such keys show
 * the counter of the hottest of their twins (an untouched one read 255). Not so with maxmemory set, nor on Valkey 9.
 * Undefined where the counters can be trusted.
 */
export function sharedIntegerNote(server: {
	readonly server?: ServerName;
	readonly maxmemoryBytes?: number;
	readonly maxmemoryPolicy?: string;
}): string | undefined {
	const isLfu = server.maxmemoryPolicy?.endsWith('-lfu') ?? false;
	if (!isLfu || server.server === 'valkey' || server.maxmemoryBytes !== 0) return undefined;
	return 'maxmemory is 0: keys that hold a number 0-9999 share one object and one counter, their frequency is not their own';
}

/** Whether one key may be caught in it: a string of encoding int. Its value decides, and is not asked for. */
export function mayShareCounter(
	note: string | undefined,
	key: { type?: string; encoding?: string },
): boolean {
	if (note === undefined || (key.type !== undefined && key.type !== 'string')) return false;
	return key.encoding === undefined || key.encoding === 'int';
}
