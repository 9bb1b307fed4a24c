// How sure a share is: of a sample of commands so many were for this key, so what may its share be in all of them?
// Wilson's interval (1927), which holds for rare keys and small samples where the plain one (p ± 2σ) does not, widened
// by what a streaming count may be wrong by and by how unevenly the key's commands came. It cannot know what happened
// outside the window: a share is that of the seconds that were watched.

/** Two-sided 95%: of twenty intervals one may miss, more if traffic changes while it is sampled. */
const z = 1.959964;

/** All from 0 to 1; `share` lies within. */
export type ShareInterval = { readonly share: number; readonly low: number; readonly high: number };

export type Sampled = {
	/** Never under the commands of the sample that were for this key. */
	readonly count: number;
	/** `count - error` is never over them. */
	readonly error?: number;
	/** Commands in the sample. */
	readonly total: number;
	/** From `unevenness`: how many commands count as one. */
	readonly unevenness?: number;
};

/** The interval in which the true share lies in about 95% of samples. Of no sample: anything from 0 to 1. */
export function shareInterval({ count, error = 0, total, unevenness = 1 }: Sampled): ShareInterval {
	if (!(total > 0)) return { share: 0, low: 0, high: 1 };
	const most = clamp(count / total);
	const least = clamp((count - error) / total);
	const size = total / Math.max(1, unevenness);
	return { share: (most + least) / 2, low: wilson(least, size, -1), high: wilson(most, size, 1) };
}

function wilson(share: number, size: number, side: 1 | -1): number {
	// Exactly none and exactly all, which rounding would miss by a hair.
	if (side < 0 && share === 0) return 0;
	if (side > 0 && share === 1) return 1;
	const spread = z * Math.sqrt((share * (1 - share)) / size + (z * z) / (4 * size * size));
	return clamp((share + (z * z) / (2 * size) + side * spread) / (1 + (z * z) / size));
}

/**
 * The share in a fleet from the shares on its nodes, each weighted with its part of the fleet's commands. Errors of
 * independent samples do not all point the same way: they add up as squares (Zou and Donner 2008).
 */
export function combineShares(
	parts: readonly { readonly weight: number; readonly interval: ShareInterval }[],
): ShareInterval {
	const weights = parts.reduce((total, part) => total + part.weight, 0);
	if (!(weights > 0)) return { share: 0, low: 0, high: 1 };
	let share = 0;
	let below = 0;
	let above = 0;
	for (const { weight, interval } of parts) {
		const part = weight / weights;
		share += part * interval.share;
		below += (part * (interval.share - interval.low)) ** 2;
		above += (part * (interval.high - interval.share)) ** 2;
	}
	return { share, low: clamp(share - Math.sqrt(below)), high: clamp(share + Math.sqrt(above)) };
}

/**
 * How much more a key's hits vary from slice to slice of the window than chance would have it: 1 is chance, 4 means
 * that four commands tell as much as one (they came in bursts). From its hits and all commands in each slice.
 */
export function unevenness(slices: readonly { readonly hits: number; readonly commands: number }[]): number {
	const used = slices.filter(slice => slice.commands > 0);
	const hits = used.reduce((total, slice) => total + slice.hits, 0);
	const commands = used.reduce((total, slice) => total + slice.commands, 0);
	const share = commands > 0 ? hits / commands : 0;
	if (used.length < 2 || share <= 0 || share >= 1) return 1;
	const squares = used.map(slice => (slice.hits - slice.commands * share) ** 2 / slice.commands);
	const variance = squares.reduce((total, square) => total + square, 0) / (used.length - 1);
	return Math.max(1, variance / (share * (1 - share)));
}

function clamp(share: number): number {
	return Math.min(1, Math.max(0, share));
}
