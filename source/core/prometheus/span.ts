// What Prometheus had for a chart: values at equal steps, and how they are joined with our own readings. Ours count from
// the moment we have them; before that its values stand, and where it has none there is nothing. A cell of a chart is the
// mean of what fell into it, on the same grid as of our own series (fleet/history.ts).

import type { Series } from '../types.ts';
import type { PromSeries } from './answer.ts';
import type { EarlierFigure, Range } from './queries.ts';

/** A value stands for the step that ends at its moment; NaN is none. Milliseconds on our own clock. */
export type Span = {
	readonly from: number;
	readonly step: number;
	readonly values: Float64Array;
};

export type Spans = Readonly<Partial<Record<EarlierFigure, Span>>>;

/** `ahead`: how far Prometheus's clock is before ours, milliseconds. */
export function spanOf(series: PromSeries | undefined, { start, end, step }: Range, ahead: number): Span {
	const values = new Float64Array(Math.round((end - start) / step) + 1).fill(Number.NaN);
	series?.times.forEach((at, index) => {
		const place = Math.round((at / 1000 - start) / step);
		if (place >= 0 && place < values.length) values[place] = series.values[index]!;
	});
	return { from: start * 1000 - ahead, step: step * 1000, values };
}

/** Moved on in time: yesterday's values drawn over today's. */
export const shifted = (span: Span, milliseconds: number): Span => ({
	...span,
	from: span.from + milliseconds,
});

type Cells = readonly (number | undefined)[];

/** The last `seconds` up to `at` in cells, as `lastCells` has them of our own. */
export function spanCells(span: Span | undefined, at: number, seconds: number, cells: number): Cells {
	const length = (seconds * 1000) / cells;
	const end = Math.ceil(at / length) * length;
	return Array.from({ length: cells }, (_, cell) => {
		const from = end - (cells - cell) * length;
		return span && meanIn(span, from, from + length);
	});
}

function meanIn({ from, step, values }: Span, begin: number, end: number): number | undefined {
	const first = Math.max(0, Math.floor((begin - from) / step) + 1);
	const last = Math.min(values.length - 1, Math.floor((end - from) / step));
	// Shorter than a step: the value of the step that it is part of.
	if (last < first && begin >= from - step) return finite(values[Math.ceil((end - from) / step)]);
	let sum = 0;
	let count = 0;
	for (let index = first; index <= last; index++) {
		if (Number.isNaN(values[index]!)) continue;
		sum += values[index]!;
		count++;
	}
	return count === 0 ? undefined : sum / count;
}

const finite = (value: number | undefined) =>
	value === undefined || Number.isNaN(value) ? undefined : value;

/** When our own readings begin; undefined while there are none. */
export const ownSince = ({ openedAt, closed, bucketSeconds }: Series): number | undefined =>
	openedAt === 0 ? undefined : openedAt - closed.length * bucketSeconds * 1000;

export type Joined = {
	readonly values: Cells;
	/** The cell in which our own begin: the last one before there are any, behind it where they begin later, none where all are. */
	readonly seam?: number;
};

/** Ours from `since` on, before that Prometheus's. */
export function joinCells(
	own: Cells,
	earlier: Cells,
	since: number | undefined,
	at: number,
	seconds: number,
): Joined {
	if (earlier.every(value => value === undefined)) return { values: own };
	const length = (seconds * 1000) / own.length;
	const start = Math.ceil(at / length) * length - own.length * length;
	const border = since === undefined ? own.length : (since - start) / length;
	const values = own.map((value, cell) => (cell >= border ? value : (earlier[cell] ?? value)));
	const isLater = since !== undefined && since > at;
	const seam = isLater ? own.length : Math.min(own.length - 1, Math.floor(border));
	return seam > 0 ? { values, seam } : { values };
}
