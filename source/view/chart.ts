// Drawings: bars, and of a Series the sparkline of a row and the charts, which asciichart draws.
// History is drawn without colour: colour is for now. asciichart throws on NaN and folds a flat series into one
// row, so the series is cleaned and laid on rows 1..n here, and the axis is ours (axis.ts).

import { plot } from 'asciichart';
import { lastCells } from '../core/fleet/history.ts';
import type { Series } from '../core/types.ts';
import { axisFor, type ChartScale, labelWidth } from './axis.ts';
import { type Glyphs, glyphsFor } from './theme.ts';

const sparkSeconds = 120;

/** The values of a sparkline, oldest first. */
export const sparkValues = (series: Series, at: number, width: number): readonly (number | undefined)[] =>
	lastCells(series, at, sparkSeconds, width);

/** One character a value; all of a column share `max`, and it starts at 0. Not measured is a blank. */
export function sparkline(values: readonly (number | undefined)[], max: number, glyphs: Glyphs): string {
	const top = glyphs.spark.length - 1;
	const level = (value: number) =>
		max > 0 ? Math.min(top, Math.max(0, Math.round((value / max) * top))) : 0;
	return values.map(value => (isNumber(value) ? glyphs.spark[level(value)]! : ' ')).join('');
}

/** `███████░░░` */
export function bar(share: number, width: number, glyphs: Glyphs): string {
	const full = Math.min(width, Math.max(0, Math.round(share * width)));
	return glyphs.bar.repeat(full) + glyphs.barRest.repeat(width - full);
}

/** `██████░░░░`: how far something is, 0 to 1. */
export const progressBar = (share: number, width: number, isAscii: boolean): string =>
	bar(finite(share), Math.max(0, width), glyphsFor(isAscii));

/** `██████    `: a share of the whole, or of the largest where `share` is that. Some is never drawn as more than it is. */
export function shareBar(share: number, width: number, isAscii: boolean): string {
	const room = Math.max(0, width);
	const full = Math.min(room, Math.max(0, Math.round(finite(share) * room)));
	return glyphsFor(isAscii).bar.repeat(full) + ' '.repeat(room - full);
}

const finite = (share: number) => (Number.isFinite(share) ? share : 0);

/** Cells in front of the drawing: blank, label, blank, axis. */
export const axisWidth = labelWidth + 3;

/** `rows` lines of text: axis with labels, and the series over it. Values go to the right edge, which is now. */
export function chart(
	values: readonly (number | undefined)[],
	rows: number,
	scale: ChartScale,
	glyphs: Glyphs,
	{ seam, beside }: Besides = {},
): readonly string[] {
	const { lead, series } = cleaned(values);
	if (series.length === 0) return Array.from({ length: rows }, () => '');
	const others = beside?.filter(isNumber) ?? [];
	const [lowest, highest] = [Math.min(...series, ...others), Math.max(...series, ...others)];
	const { low, high, labels } = axisFor(lowest, highest, rows, scale);
	const steps = rows - 1;
	// Rows 1..n and not 0..n-1: asciichart marks the row of the value 0 with another axis glyph.
	const laid = series.map(value => 1 + shareOf(value, low, high) * steps);
	const drawn = plot(laid, {
		min: 1,
		max: rows,
		height: steps,
		offset: 2,
		// Its types promise a string but it calls this with the value of the row.
		format: row => ` ${labels[Math.round(Number(row)) - 1]!.padStart(labelWidth)} `,
		symbols: glyphs.chart,
	});
	const lines = drawn.split('\n').map(line => shifted(line.trimEnd(), lead, glyphs));
	if (seam === undefined && !beside) return lines;
	const rowOf = (value: number) => steps - Math.round(shareOf(value, low, high) * steps);
	return lines.map((line, row) => {
		const cells = [
			...(seam === undefined ? line : withGaps(line, values, seam)).padEnd(axisWidth + values.length),
		];
		const put = (cell: number, glyph: string) => {
			if (cells[axisWidth + cell] === ' ') cells[axisWidth + cell] = glyph;
		};
		beside?.forEach((value, cell) => {
			if (isNumber(value) && rowOf(value) === row) put(cell, glyphs.beside);
		});
		if (seam !== undefined) put(seam, glyphs.seam);
		return cells.join('').trimEnd();
	});
}

/** What is drawn over a series: where our own readings begin in it, and the same figure of another time. */
export type Besides = {
	readonly seam?: number;
	readonly beside?: readonly (number | undefined)[];
};

/** Before the seam nothing is drawn where nothing is known: what happened then is not held over by the value before. */
function withGaps(line: string, values: readonly (number | undefined)[], seam: number): string {
	return [...line]
		.map((glyph, place) => {
			const cell = place - axisWidth;
			return cell >= 0 && cell < seam && !isNumber(values[cell + 1]) ? ' ' : glyph;
		})
		.join('');
}

/** Figures may be so large that the axis ends in infinity: then they lie at the bottom. */
function shareOf(value: number, low: number, high: number): number {
	const share = (value - low) / (high - low);
	return share >= 0 ? Math.min(1, share) : 0;
}

/** Moves what is behind the axis to the right by `lead`, where the series began later than the chart. */
function shifted(line: string, lead: number, glyphs: Glyphs): string {
	if (lead === 0) return line;
	const head = line.slice(0, axisWidth - 1);
	// The first value is drawn on the axis itself, where it is not when the series begins later.
	const axis = line.length >= axisWidth ? glyphs.chart[1] : '';
	const rest = line.slice(axisWidth);
	return rest === '' ? head + axis : head + axis + ' '.repeat(lead) + rest;
}

/** Markers as upright lines in what is blank of a chart: the drawing stays whole. `marks` are cells of its values. */
export function withMarks(
	lines: readonly string[],
	marks: readonly number[],
	glyphs: Glyphs,
): readonly string[] {
	if (marks.length === 0) return lines;
	const columns = [...new Set(marks)].map(cell => axisWidth - 1 + cell).filter(column => column >= axisWidth);
	return lines.map(line => {
		if (line === '') return line;
		const cells = [...line];
		for (const column of columns) {
			while (cells.length <= column) cells.push(' ');
			if (cells[column] === ' ') cells[column] = glyphs.mark;
		}
		return cells.join('').trimEnd();
	});
}

/** Without the blanks before the first value; a gap holds the value before it. */
function cleaned(values: readonly (number | undefined)[]): { lead: number; series: number[] } {
	const first = values.findIndex(isNumber);
	if (first < 0) return { lead: 0, series: [] };
	let last = 0;
	const series = values.slice(first).map(value => {
		if (isNumber(value)) last = value;
		return last;
	});
	return { lead: first, series };
}

function isNumber(value: number | undefined): value is number {
	return value !== undefined && Number.isFinite(value);
}
