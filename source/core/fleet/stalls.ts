// When a node answered nobody: how often and how long within a window, the part of a stall that lies in it and no more.

import type { NodeTrack, Stall } from '../types.ts';

export type Stalls = {
	readonly count: number;
	/** All together, as far as they lie in the window. */
	readonly seconds: number;
	readonly longestSeconds: number;
	/** Of one that still lasts. */
	readonly nowSeconds?: number;
	/** How long was looked, at most the window. */
	readonly watchedSeconds: number;
};

/** The stalls of the last `seconds` up to `at`. */
export function stallsWithin(
	{ stalls = [], silentSince, firstSeenAt }: Pick<NodeTrack, 'stalls' | 'silentSince' | 'firstSeenAt'>,
	at: number,
	seconds: number,
): Stalls {
	const from = at - seconds * 1000;
	const nowSeconds = silentSince === undefined ? undefined : Math.max(0, (at - silentSince) / 1000);
	const all: Stall[] = stalls.filter(stall => stall.at > from);
	if (nowSeconds !== undefined) all.push({ at, seconds: nowSeconds });
	const inside = ({ at: end, seconds: length }: Stall) => Math.min(length, (end - from) / 1000);
	return {
		count: all.length,
		seconds: all.reduce((sum, stall) => sum + inside(stall), 0),
		longestSeconds: all.reduce((most, stall) => Math.max(most, stall.seconds), 0),
		nowSeconds,
		watchedSeconds: Math.min(seconds, (at - firstSeenAt) / 1000),
	};
}
