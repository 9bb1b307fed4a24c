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
export const timedSamples = 1021;
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
/**
 * The largest primes below powers of two. Of so many elements no two shares are the same: 1 large one of 8,192 and 2 of
 * 16,384 would be, 1 of 8,191 and 2 of 16,381 are not. The first cost next to nothing.
 */
const steps = [61, 251, 1021, 4093, 8191, 16_381, 32_749, 65_521, 131_071, 262_139] as const;
/** One step may be left out where the server needs so little for it; elements further on may be further apart in memory. */
const leapMicroseconds = mostMicroseconds / 2;
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

/** Whose size is the mean of the elements that were walked, times all; of a stream the mean is of whole bytes. */
const byMean: ReadonlySet<string | undefined> = new Set(['hash', 'list', 'set', 'zset']);

/** What is known of the key beside its readings. */
export type SizedKey = {
	readonly type?: string;
	/** Of a hash, set or zset. */
	readonly items?: number;
};

/** Whether the last reading has walked all elements. */
export function isWhole(readings: readonly SizeReading[], { type, items }: SizedKey = {}): boolean {
	const last = readings.at(-1);
	if (last === undefined) return false;
	if (items !== undefined && last.samples >= items) return true;
	if (last.samples * leastElementBytes >= last.bytes) return true;
	if (items !== undefined) return false;
	// To the byte the same three times, each time with more elements, where the elements differ: there were no more.
	// Twice may be chance (one of some hundred); where the mean is cut to whole bytes, or it may be, three times too.
	const needed = byMean.has(type) ? 3 : 4;
	const same = readings.slice(-needed);
	const isSame = same.length === needed && same.every(({ bytes }) => bytes === last.bytes);
	return isSame && same[0]!.samples >= steps[1] && readings.some(({ bytes }) => bytes !== last.bytes);
}

/**
 * What to ask next, as SAMPLES; undefined where the answer would be no better or the server would be busy for too
 * long. `microseconds`: what the last reading cost the server, where it was measured.
 */
export function nextSamples(
	readings: readonly SizeReading[],
	key: SizedKey = {},
	microseconds?: number,
): number | undefined {
	const last = readings.at(-1)?.samples ?? usualSamples;
	if (isWhole(readings, key)) return undefined;
	const { items } = key;
	const each = microsecondsEach(last, items, microseconds);
	const all = items === undefined ? undefined : Math.ceil(items * growth) + 16;
	if (all !== undefined && all <= mostSamples && items! * each <= mostMicroseconds) return all;
	const [next, further] = steps.filter(samples => samples > last);
	const isQuick = microseconds !== undefined && last >= timedSamples && byMean.has(key.type);
	if (isQuick && further !== undefined && further * each <= leapMicroseconds) return further;
	return next !== undefined && next * each <= mostMicroseconds ? next : undefined;
}

/** Of few elements the fixed cost of the command is most of it. */
function microsecondsEach(last: number, items: number | undefined, microseconds: number | undefined): number {
	const walked = Math.min(last, items ?? last);
	return microseconds === undefined || walked < steps[1]
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

/** The size as far as it is known, and how far. */
export function keySize(readings: readonly SizeReading[], key: SizedKey = {}): KeySize | undefined {
	const last = readings.at(-1);
	if (last === undefined) return undefined;
	if (isWhole(readings, key)) return { bytes: last.bytes, isEstimated: false };
	const margin = marginOf(readings, last, key.items);
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
