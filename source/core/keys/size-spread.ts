// How sizes are spread over keys: mean, deviation, percentiles, and the same of the lengths of names. Of each size it is
// counted how many keys have it, which is exact where there are no more different sizes than `mostSizes`; beyond that
// sizes within half a percent of each other are one. A key costs some tens of nanoseconds, the counts a megabyte at most.

export type Spread = {
	readonly count: number;
	readonly sum: number;
	readonly mean: number;
	/** Of all, not of a sample of them. */
	readonly deviation: number;
	readonly least: number;
	readonly most: number;
	/** The least size that so many of them do not exceed. */
	readonly percentiles: readonly { readonly share: number; readonly size: number }[];
	/** The same at each halving of what is left, 0, 50%, 75% ... 100%, with how many keys do not exceed it. */
	readonly steps: readonly { readonly share: number; readonly size: number; readonly keys: number }[];
	/** How many keys do not exceed each power of two, from the first that has one up to that which has all. */
	readonly doublings: readonly { readonly size: number; readonly keys: number }[];
	/** How many keys have each size, smallest first: what another part of the same keys can be added to. */
	readonly counts?: readonly (readonly [size: number, keys: number])[];
};

const shares = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999] as const;
const mostSizes = 8000;
/** Parts of a doubling that are one where sizes are too many. */
const parts = 128;

export type SpreadCounter = {
	readonly add: (size: number) => void;
	/** What another counter has counted, with its counts. */
	readonly include: (other: Spread) => void;
	readonly spread: (withCounts?: boolean) => Spread | undefined;
};

export function createSpread(most = mostSizes): SpreadCounter {
	let counts = new Map<number, number>();
	let isCoarse = false;
	let count = 0;
	let sum = 0;
	let least = Number.POSITIVE_INFINITY;
	let largest = 0;
	// Welford's: a sum of squares of sizes of gigabytes would lose the small ones.
	let mean = 0;
	let squares = 0;

	const keep = (size: number, times: number) => counts.set(size, (counts.get(size) ?? 0) + times);

	function coarsen(): void {
		const fine = counts;
		counts = new Map();
		isCoarse = true;
		for (const [size, times] of fine) keep(coarse(size), times);
	}

	return {
		add(size) {
			count++;
			sum += size;
			if (size < least) least = size;
			if (size > largest) largest = size;
			const off = size - mean;
			mean += off / count;
			squares += off * (size - mean);
			keep(isCoarse ? coarse(size) : size, 1);
			if (!isCoarse && counts.size > most) coarsen();
		},
		include(other) {
			const all = count + other.count;
			const off = other.mean - mean;
			squares += other.deviation ** 2 * other.count + (off * off * count * other.count) / all;
			mean += (off * other.count) / all;
			count = all;
			sum += other.sum;
			least = Math.min(least, other.least);
			largest = Math.max(largest, other.most);
			for (const [size, times] of other.counts ?? []) keep(isCoarse ? coarse(size) : size, times);
			if (!isCoarse && counts.size > most) coarsen();
		},
		spread(withCounts = false) {
			if (count === 0) return undefined;
			const inOrder = [...counts].sort(([a], [b]) => a - b);
			return {
				...{ count, sum, mean: sum / count, deviation: Math.sqrt(squares / count), least, most: largest },
				steps: stepsOf(inOrder, count, largest),
				doublings: doublingsOf(inOrder),
				...(withCounts && { counts: inOrder }),
				percentiles: shares.map(share => ({
					share,
					size: Math.min(sizeAt(inOrder, share * count), largest),
				})),
			};
		},
	};
}

function stepsOf(
	inOrder: readonly (readonly [size: number, times: number])[],
	count: number,
	largest: number,
): Spread['steps'] {
	const steps: { share: number; size: number; keys: number }[] = [];
	let seen = 0;
	let left = 1;
	for (const [size, times] of inOrder) {
		seen += times;
		// A size that is the least of several shares is told once for each: `75%` has an answer whatever the sizes.
		for (; seen < count && seen >= (1 - left) * count; left /= 2)
			steps.push({ share: 1 - left, size: Math.min(size, largest), keys: seen });
	}
	return [...steps, { share: 1, size: largest, keys: count }];
}

function doublingsOf(inOrder: readonly (readonly [size: number, times: number])[]): Spread['doublings'] {
	const rows: { size: number; keys: number }[] = [];
	let seen = 0;
	let limit = 2 ** Math.ceil(Math.log2(Math.max(1, inOrder[0]?.[0] ?? 1)));
	for (const [size, times] of inOrder) {
		for (; size > limit; limit *= 2) rows.push({ size: limit, keys: seen });
		seen += times;
	}
	return [...rows, { size: limit, keys: seen }];
}

/** The upper end of the part it lies in. */
const coarse = (size: number) =>
	size < parts ? size : Math.ceil(2 ** (Math.ceil(Math.log2(size) * parts) / parts));

function sizeAt(inOrder: readonly (readonly [size: number, times: number])[], rank: number): number {
	let seen = 0;
	for (const [size, times] of inOrder) {
		seen += times;
		if (seen >= rank) return size;
	}
	return inOrder.at(-1)?.[0] ?? 0;
}
