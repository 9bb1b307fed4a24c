// A series of values in buckets of equal length: an hour of a node's ops in 3 KB. Readings come at any pace
// (0.25 s to an hour); a bucket holds their mean, a bucket nobody filled holds NaN and is drawn as a gap.
// Values are never changed in place: a snapshot that holds an old Series still shows what it showed. What comes behind them
// is written into the room behind them: with a copy each time the moments that are kept held an hour of values each.

import type { Series } from '../types.ts';

export const bucketSeconds = 5;
const bucketsKept = 720;

export const emptySeries: Series = {
	bucketSeconds,
	openedAt: 0,
	closed: new Float64Array(0),
	openSum: 0,
	openCount: 0,
};

const bucketStart = (at: number) => Math.floor(at / (bucketSeconds * 1000)) * bucketSeconds * 1000;

const openMean = (series: Series) =>
	series.openCount === 0 ? Number.NaN : series.openSum / series.openCount;

/** Adds a value measured at `at` (ms). Undefined moves time on without a value. A clock that went back is taken as now. */
export function addPoint(series: Series, at: number, value: number | undefined): Series {
	const start = bucketStart(at);
	const isNew = series.openedAt === 0;
	const isMeasured = value !== undefined && Number.isFinite(value);
	if (!isNew && start <= series.openedAt) {
		if (!isMeasured) return series;
		return { ...series, openSum: series.openSum + value, openCount: series.openCount + 1 };
	}
	const opened = {
		bucketSeconds,
		openedAt: start,
		openSum: isMeasured ? value : 0,
		openCount: isMeasured ? 1 : 0,
	};
	if (isNew) return { ...opened, closed: series.closed };
	return { ...opened, closed: closeBuckets(series, start) };
}

function closeBuckets(series: Series, start: number): Float64Array {
	const elapsed = Math.round((start - series.openedAt) / (bucketSeconds * 1000));
	const added = Math.min(elapsed, bucketsKept);
	const closed = extended(series.closed, added);
	closed.fill(Number.NaN, closed.length - added);
	if (elapsed <= bucketsKept) closed[closed.length - added] = openMean(series);
	return closed;
}

/** How much of a buffer is taken by the values of whichever series has the most of it. */
const taken = new WeakMap<ArrayBufferLike, number>();
const leastRoom = 12;

/** The values, the oldest of too many left out, with room for so many more at their end: that is written by the caller. */
function extended(values: Float64Array, added: number): Float64Array {
	const kept = values.subarray(Math.max(0, values.length + added - bucketsKept));
	const length = kept.length + added;
	const begin = kept.byteOffset / kept.BYTES_PER_ELEMENT;
	const isLast = taken.get(kept.buffer) === begin + kept.length;
	if (isLast && (begin + length) * kept.BYTES_PER_ELEMENT <= kept.buffer.byteLength) {
		taken.set(kept.buffer, begin + length);
		return new Float64Array(kept.buffer, kept.byteOffset, length);
	}
	const copy = new Float64Array(length + Math.max(leastRoom, length >> 2));
	copy.set(kept);
	taken.set(copy.buffer, length);
	return copy.subarray(0, length);
}

/** How far back a series reaches from `at`, seconds; 0 where it has nothing. */
export const reachSeconds = ({ openedAt, closed }: Series, at: number): number =>
	openedAt === 0 ? 0 : Math.max(0, (at - openedAt) / 1000 + closed.length * bucketSeconds);

/**
 * The last `seconds` up to `at` in `cells` cells, oldest first: each the mean of what fell into it, undefined where
 * nothing was measured. Cells shorter than a bucket repeat it.
 */
export function lastCells(
	series: Series,
	at: number,
	seconds: number,
	cells: number,
): (number | undefined)[] {
	const out: (number | undefined)[] = [];
	if (series.openedAt === 0) return Array.from({ length: cells }, () => undefined);
	const bucketMilliseconds = bucketSeconds * 1000;
	// Cells stand on a fixed grid, so a drawing moves by whole cells and not with every refresh.
	const cellMilliseconds = (seconds * 1000) / cells;
	const end = Math.ceil(at / cellMilliseconds) * cellMilliseconds;
	const firstBucket = series.openedAt - series.closed.length * bucketMilliseconds;
	for (let cell = 0; cell < cells; cell++) {
		const from = end - (cells - cell) * cellMilliseconds;
		out.push(meanBetween(series, firstBucket, from, from + cellMilliseconds));
	}
	return out;
}

/** The cell of `lastCells` with the same arguments that a moment falls into; undefined outside of them. */
export function cellOf(moment: number, at: number, seconds: number, cells: number): number | undefined {
	const cellMilliseconds = (seconds * 1000) / cells;
	const end = Math.ceil(at / cellMilliseconds) * cellMilliseconds;
	const cell = cells - 1 - Math.floor((end - moment - 1) / cellMilliseconds);
	return moment <= at && cell >= 0 ? Math.min(cell, cells - 1) : undefined;
}

function meanBetween(series: Series, firstBucket: number, from: number, to: number): number | undefined {
	const bucketMilliseconds = bucketSeconds * 1000;
	const first = Math.max(0, Math.floor((from - firstBucket) / bucketMilliseconds));
	const last = Math.min(series.closed.length, Math.ceil((to - firstBucket) / bucketMilliseconds) - 1);
	let sum = 0;
	let count = 0;
	for (let bucket = first; bucket <= last; bucket++) {
		const value = bucket === series.closed.length ? openMean(series) : series.closed[bucket]!;
		if (Number.isNaN(value)) continue;
		sum += value;
		count++;
	}
	return count === 0 ? undefined : sum / count;
}
