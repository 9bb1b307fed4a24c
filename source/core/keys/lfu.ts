// What OBJECT FREQ means. What the server keeps is no count: 8 bits that grow with the logarithm of the accesses and
// lose 1 for every lfu-decay-time minutes without one. So it is a rank over the last minutes, never a rate; at 255 it
// has no more to say. Formulas as LFULogIncr of evict.c has them; measured on 6.0 to 8.0 they hold within 15%.

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

/** What a counter means. */
export type LfuMeans =
	/** `isMore`: the counter is at its end, and two such keys cannot be put in order. */
	| { readonly kind: 'accesses'; readonly accesses: number; readonly isMore: boolean }
	| { readonly kind: 'hardly-read' }
	| { readonly kind: 'untouched'; readonly seconds: number }
	/** The policy was changed after it was last used, and nothing decays. */
	| { readonly kind: 'not-counted' };

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

/** Under the start, where only decay leads, it tells for how long it was let alone. */
export function readCounter(counter: number, settings: LfuSettings = {}): LfuMeans {
	const { logFactor = 10, decayMinutes = 1 } = settings;
	if (counter < start)
		return decayMinutes <= 0
			? { kind: 'not-counted' }
			: { kind: 'untouched', seconds: (start - counter) * decayMinutes * 60 };
	const accesses = accessesOf(counter, logFactor);
	const isMore = counter >= end;
	return isMore || accesses >= 2 ? { kind: 'accesses', accesses, isMore } : { kind: 'hardly-read' };
}

/**
 * Redis keeps the integers 0 to 9999 once for all keys while maxmemory is 0 and the policy is of LFU: such keys show
 * the counter of the hottest of their twins (an untouched one read 255). Not so with maxmemory set, nor on Valkey 9.
 */
export function sharesIntegers(server: {
	readonly server?: ServerName;
	readonly maxmemoryBytes?: number;
	readonly maxmemoryPolicy?: string;
}): boolean {
	const isLfu = server.maxmemoryPolicy?.endsWith('-lfu') ?? false;
	return isLfu && server.server !== 'valkey' && server.maxmemoryBytes === 0;
}

/** Whether one key may be caught in it: a string of encoding int. Its value decides, and is not asked for. */
export const mayShareCounter = (key: { type?: string; encoding?: string }): boolean =>
	(key.type === undefined || key.type === 'string') && (key.encoding === undefined || key.encoding === 'int');
