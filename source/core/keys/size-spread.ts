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
const smallSizes = 1024;
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
	// Most are small, and a place in an array costs a tenth of one in a Map.
	let small = new Float64Array(smallSizes);
	let smallOnes = 0;
	let isCoarse = false;
	// In an object, where a fraction is changed in its place: as variables of their own each would be made anew.
	// Welford's: a sum of squares of sizes of gigabytes would lose the small ones.
	const so = { count: 0, sum: 0.5, least: Number.POSITIVE_INFINITY, largest: 0.5, mean: 0.5, squares: 0.5 };
	so.sum = so.largest = so.mean = so.squares = 0;

	function keep(size: number, times: number): void {
		if (!(size >= 0 && size < smallSizes && Number.isInteger(size))) {
			counts.set(size, (counts.get(size) ?? 0) + times);
			return;
		}
		if (small[size] === 0) smallOnes++;
		small[size]! += times;
	}

	/** Each size that some have, with how many. */
	function all(): [size: number, times: number][] {
		const found: [number, number][] = [];
		for (let size = 0; size < smallSizes; size++) if (small[size]! > 0) found.push([size, small[size]!]);
		return [...found, ...counts];
	}

	function coarsen(): void {
		const fine = all();
		counts = new Map();
		small = new Float64Array(smallSizes);
		smallOnes = 0;
		isCoarse = true;
		for (const [size, times] of fine) keep(coarse(size), times);
	}

	return {
		add(size) {
			so.count++;
			so.sum += size;
			if (size < so.least) so.least = size;
			if (size > so.largest) so.largest = size;
			const off = size - so.mean;
			so.mean += off / so.count;
			so.squares += off * (size - so.mean);
			keep(isCoarse ? coarse(size) : size, 1);
			if (!isCoarse && counts.size + smallOnes > most) coarsen();
		},
		include(other) {
			const both = so.count + other.count;
			const off = other.mean - so.mean;
			so.squares += other.deviation ** 2 * other.count + (off * off * so.count * other.count) / both;
			so.mean += (off * other.count) / both;
			so.count = both;
			so.sum += other.sum;
			so.least = Math.min(so.least, other.least);
			so.largest = Math.max(so.largest, other.most);
			for (const [size, times] of other.counts ?? []) keep(isCoarse ? coarse(size) : size, times);
			if (!isCoarse && counts.size + smallOnes > most) coarsen();
		},
		spread(withCounts = false) {
			const { count, sum, least, largest, mean, squares } = so;
			if (count === 0) return undefined;
			const inOrder = all().sort(([a], [b]) => a - b);
			return {
				...{ count, sum, mean, deviation: Math.sqrt(squares / count), least, most: largest },
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
