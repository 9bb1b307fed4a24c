// Frames as bytes for a terminal: what differs from the frame before, cell by cell, each at its own place. Nothing rests
// on where a cursor was left, so what another program, a new size or a shell did to the screen is mended by one frame
// that is painted whole (`forget`). What is written is never more than each changed cell at its place would be.

import type { Line } from '../view/theme.ts';
import { type Cells, cellsOf, noCells, plainLook } from './cells.ts';
import { createPen, type Pen } from './pen.ts';
import type { Size } from './terminal-output.ts';

export type Painted = { readonly lines: readonly Line[]; readonly size: Size; readonly isColour: boolean };

export type Painter = {
	/** What makes of the frame painted before this one; empty where it is the same. */
	readonly paint: (frame: Painted) => string;
	/** Nothing is known of the screen: the next frame is painted whole. */
	readonly forget: () => void;
};

const plainHomeAndErase = '\x1b[m\x1b[H\x1b[J';
/** From so many bytes on a frame may come in several packets, and terminals that can are told to show it as one. */
const packetBytes = 1200;
const together = (bytes: string) => (bytes.length < packetBytes ? bytes : `\x1b[?2026h${bytes}\x1b[?2026l`);

type Known = Painted & { readonly cells: readonly Cells[] };

export function createPainter(): Painter {
	let known: Known | undefined;
	return {
		forget() {
			known = undefined;
		},
		paint(frame) {
			const before = known && isAlike(known, frame) ? known : undefined;
			const pen = createPen(frame.size.columns, frame.isColour, before === undefined);
			const cells = frame.lines.map((line, row) => {
				const last = before?.cells[row] ?? noCells;
				if (line === before?.lines[row]) return last;
				const next = cellsOf(line, frame.isColour);
				return paintLine(pen, row, last, next) ? next : last;
			});
			known = { ...frame, cells };
			const changes = pen.end();
			return together(before ? changes : plainHomeAndErase + changes);
		},
	};
}

const isAlike = (one: Painted, other: Painted) =>
	one.size.columns === other.size.columns &&
	one.size.rows === other.size.rows &&
	one.isColour === other.isColour &&
	one.lines.length === other.lines.length;

/** False where the line is as it was. */
function paintLine(pen: Pen, row: number, before: Cells, line: Cells): boolean {
	if (before.text === line.text && before.looks === line.looks && before.rest === line.rest) return false;
	const border = borderOf(before, line);
	paintCells(pen, row, before, line, 0, border ?? line.text.length);
	if (border !== undefined) paintRest(pen, row, border, before, line);
	else paintEnd(pen, row, before, line);
	return true;
}

/** From which cell on the line is painted whole. None where what is not made of cells is the same, or is not there. */
function borderOf(before: Cells, line: Cells): number | undefined {
	const [was, is] = [before.text.length, line.text.length];
	if (before.rest === line.rest && (line.rest === undefined || was === is)) return undefined;
	return before.rest === undefined ? is : Math.min(was, is);
}

/** The changed ones of these cells. */
function paintCells(pen: Pen, row: number, before: Cells, line: Cells, from: number, until: number): void {
	for (let start = from; start < until; start++) {
		if (isSame(before, line, start)) continue;
		let end = start + 1;
		while (end < until && !isSame(before, line, end)) end++;
		pen.write(row, start, end, line);
		start = end;
	}
}

const charOf = ({ text }: Cells, column: number) => (column < text.length ? text[column] : ' ');
const lookOf = ({ looks }: Cells, column: number) => (column < looks.length ? looks[column] : plainLook);

const isSame = (one: Cells, other: Cells, column: number): boolean =>
	charOf(one, column) === charOf(other, column) && lookOf(one, column) === lookOf(other, column);

/** Erased first: nobody knows over how many cells it reached. */
function paintRest(pen: Pen, row: number, border: number, before: Cells, line: Cells): void {
	if (before.rest !== undefined || before.text.length > border) pen.erase(row, border, line);
	if (border < line.text.length) pen.write(row, border, line.text.length, line);
	if (line.rest !== undefined) pen.writePainted(row, line.text.length, line.rest);
}

/** Bytes of the code that erases the rest of a line. */
const eraseBytes = 3;

/** What stood behind the end of the line. */
function paintEnd(pen: Pen, row: number, before: Cells, line: Cells): void {
	const end = line.text.length;
	let changed = 0;
	for (let column = end; column < before.text.length; column++) if (!isSame(before, line, column)) changed++;
	if (changed >= eraseBytes) pen.erase(row, end, line);
	else if (changed > 0) paintCells(pen, row, before, line, end, before.text.length);
}
