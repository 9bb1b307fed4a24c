// How large one collection is by MEMORY USAGE, which walks so many of its elements as SAMPLES says and takes the rest
// to be like them. It always begins with the same ones, so a second reading with more samples contains the first: what
// each reading adds is a block of elements of its own, and how these blocks differ says how wrong the estimate may be.
// Pure: it says what to ask next, for how much time of the server, and what the answers mean.

/** One answer of MEMORY USAGE key SAMPLES n. */
export type SizeReading = { readonly samples: number; readonly bytes: number };

export type KeySize = {
	readonly bytes: number;
	/** False: all of its elements were walked, or it is one block of memory. */
	readonly isEstimated: boolean;
	/** The size lies within this share of `bytes` either way, in 95 of 100. Left out where nothing can be said. */
	readonly margin?: number;
};

/** Below this a reading of the server's own statistics costs more than what it would time. */
export const timedSamples = 1024;
/** SAMPLES where it is not said. */
export const usualSamples = 5;

/**
 * The server answers nobody else meanwhile: less than half of what its slow log calls slow by default (10 ms), and
 * some batches of the scan itself.
 */
export const mostMicroseconds = 4000;
/** A fast server could walk more in that time; this bounds what one wrong guess could cost. */
const mostSamples = 262_144;
/** Until it was measured: of a hash of a million on the slowest server, 305 ms. */
const usualMicrosecondsEach = 0.3;
/** The first readings cost next to nothing. From `firstLong` on each is at most twice the one before. */
const firstSamples = [64, 256, 1024, 4096] as const;
/** The least an element costs in any collection that is walked: a bucket and the smallest allocation. */
const leastElementBytes = 16;
/** An element may have come since the items were counted. */
const growth = 1.1;

/**
 * One block of memory, which is measured whole whatever SAMPLES says. Not `raw`: of a vector set, or of a module's type, it
 * says nothing, and the size is what the type itself reckons.
 */
const oneBlock = new Set(['listpack', 'listpackex', 'ziplist', 'intset']);

/** Measured whole by any MEMORY USAGE: a string, or a collection in one piece. */
export const isOneBlock = (type: string | undefined, encoding: string | undefined): boolean =>
	type === 'string' || oneBlock.has(encoding ?? '');

/** Whether the last reading has walked all elements. `items`: of a hash, set or zset. */
export function isWhole(readings: readonly SizeReading[], items: number | undefined): boolean {
	const last = readings.at(-1);
	if (last === undefined) return false;
	if (items !== undefined && last.samples >= items) return true;
	if (last.samples * leastElementBytes >= last.bytes) return true;
	if (items !== undefined) return false;
	// To the byte the same three times, each time with twice the elements, where the elements differ: there were no more.
	// Once or twice may be chance: where there are two sizes, of 1, 4 and 8 large ones in as many thousand.
	const same = readings.slice(-4);
	const isSame = same.length === 4 && same.every(({ bytes }) => bytes === last.bytes);
	return isSame && same[0]!.samples >= firstSamples[2] && readings.some(({ bytes }) => bytes !== last.bytes);
}

/**
 * What to ask next, as SAMPLES; undefined where the answer would be no better or the server would be busy for too
 * long. `microseconds`: what the last reading cost the server, where it was measured.
 */
export function nextSamples(
	readings: readonly SizeReading[],
	items: number | undefined,
	microseconds?: number,
): number | undefined {
	const last = readings.at(-1)?.samples ?? usualSamples;
	if (isWhole(readings, items)) return undefined;
	const each = microsecondsEach(last, items, microseconds);
	const all = items === undefined ? undefined : Math.ceil(items * growth) + 16;
	if (all !== undefined && all <= mostSamples && items! * each <= mostMicroseconds) return all;
	const next = firstSamples.find(samples => samples > last) ?? last * 2;
	return next <= mostSamples && next * each <= mostMicroseconds ? next : undefined;
}

/** Of few elements the fixed cost of the command is most of it. */
function microsecondsEach(last: number, items: number | undefined, microseconds: number | undefined): number {
	const walked = Math.min(last, items ?? last);
	return microseconds === undefined || walked < firstSamples[2]
		? usualMicrosecondsEach
		: (microseconds / walked) * growth;
}

/** What it will cost at most, in microseconds, as far as is known. */
export const costOf = (samples: number, items: number | undefined): number =>
	1 + Math.min(samples, items ?? samples) * usualMicrosecondsEach;

/** Two-sided, 95 of 100, by degrees of freedom. */
const students = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18];
/**
 * Sizes of elements are skewed: a few large ones hold much of the bytes, and where few were met both the mean and its
 * spread come out low. With this the margin holds in 95 of 100 down to one large element in a thousand.
 */
const skew = 2;
/** However alike all were that were walked: of some thousand samples one in a thousand may not have been met. */
const leastMargin = 0.01;

/** `items`: of a hash, set or zset, where they were counted. */
export function keySize(readings: readonly SizeReading[], items?: number): KeySize | undefined {
	const last = readings.at(-1);
	if (last === undefined) return undefined;
	if (isWhole(readings, items)) return { bytes: last.bytes, isEstimated: false };
	const margin = marginOf(readings, last, items);
	return { bytes: last.bytes, isEstimated: true, ...(margin !== undefined && { margin }) };
}

function marginOf(
	readings: readonly SizeReading[],
	last: SizeReading,
	items: number | undefined,
): number | undefined {
	if (readings.length < 3 || last.bytes <= 0) return undefined;
	let squares = 0;
	let before: SizeReading = { samples: 0, bytes: 0 };
	for (const reading of readings) {
		const many = reading.samples - before.samples;
		if (many <= 0) return undefined;
		const own = (reading.samples * reading.bytes - before.samples * before.bytes) / many;
		squares += many * (own - last.bytes) ** 2;
		before = reading;
	}
	const freedom = readings.length - 1;
	const unwalked = items === undefined ? 1 : Math.max(0, 1 - last.samples / items);
	const error = Math.sqrt((squares / freedom / last.samples) * unwalked);
	const student = students[freedom - 1] ?? students.at(-1)!;
	return Math.max(leastMargin, (skew * student * error) / last.bytes);
}
