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
};

const shares = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999] as const;
const mostSizes = 8000;
/** Parts of a doubling that are one where sizes are too many. */
const parts = 128;

export type SpreadCounter = {
	readonly add: (size: number) => void;
	readonly spread: () => Spread | undefined;
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
		spread() {
			if (count === 0) return undefined;
			const inOrder = [...counts].sort(([a], [b]) => a - b);
			return {
				...{ count, sum, mean: sum / count, deviation: Math.sqrt(squares / count), least, most: largest },
				percentiles: shares.map(share => ({
					share,
					size: Math.min(sizeAt(inOrder, share * count), largest),
				})),
			};
		},
	};
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
