// The cursor of a terminal and the style it writes in, as they are behind what was written: what leads to a cell is the
// shortest of what does. Lines are cut and not broken (autowrap is off), so a cursor that has written the last column
// stands there still: where it is then is not relied on.

import { type Cells, openingOf, plainLook } from './cells.ts';

export type Pen = {
	/** Writes cells of a line, from one up to before another. */
	readonly write: (row: number, from: number, to: number, line: Cells) => void;
	/** Clears the line from this cell on. */
	readonly erase: (row: number, column: number, line: Cells) => void;
	/** Writes what is painted already. It begins and ends plain; where it ends is not known. */
	readonly writePainted: (row: number, column: number, painted: string) => void;
	/** All that was written; the style is plain again. */
	readonly end: () => string;
};

const eraseLine = '\x1b[K';
const plain = '\x1b[m';

/** A pen whose place is not known, or is the first cell. */
export function createPen(columns: number, isColour: boolean, isHome: boolean): Pen {
	let out = '';
	let row = isHome ? 0 : undefined;
	let column = isHome ? 0 : undefined;
	let look = plainLook;

	const wear = (next: string) => {
		if (next === look) return;
		const opening = openingOf(next, isColour);
		out += next === plainLook ? plain : `\x1b[${look === plainLook ? '' : '0;'}${opening}m`;
		look = next;
	};

	const go = (toRow: number, toColumn: number, line?: Cells) => {
		if (row === toRow && column === toColumn) return;
		out += way(toRow, toColumn, line);
		row = toRow;
		column = toColumn;
	};

	const way = (toRow: number, toColumn: number, line?: Cells): string => {
		const place = toColumn === 0 ? (toRow === 0 ? '' : toRow + 1) : `${toRow + 1};${toColumn + 1}`;
		const direct = `\x1b[${place}H`;
		if (row === toRow && column !== undefined && column < toColumn) {
			const over = line && unchanged(line, column, toColumn);
			return shorter(over, shorter(ahead(toColumn - column), direct));
		}
		if (row !== undefined && row + 1 === toRow) return shorter(`\r\n${ahead(toColumn)}`, direct);
		return direct;
	};

	/** Cells on the way that are to be as they are, where the pen writes in their style anyway. */
	const unchanged = ({ text, looks }: Cells, from: number, to: number): string | undefined => {
		for (let index = from; index < to; index++) if (looks[index] !== look) return undefined;
		return to <= text.length ? text.slice(from, to) : undefined;
	};

	const wrote = (cells: number) => {
		column = column === undefined || column + cells >= columns ? undefined : column + cells;
	};

	return {
		write(toRow, from, to, line) {
			go(toRow, from, line);
			for (let start = from; start < to; ) {
				const next = line.looks[start] ?? plainLook;
				let end = start + 1;
				while (end < to && (line.looks[end] ?? plainLook) === next) end++;
				wear(next);
				out += line.text.slice(start, end).padEnd(end - start);
				start = end;
			}
			wrote(to - from);
		},
		erase(toRow, toColumn, line) {
			go(toRow, toColumn, line);
			wear(plainLook);
			out += eraseLine;
		},
		writePainted(toRow, toColumn, painted) {
			go(toRow, toColumn);
			wear(plainLook);
			out += painted;
			column = undefined;
		},
		end() {
			wear(plainLook);
			return out;
		},
	};
}

const ahead = (cells: number): string => (cells === 0 ? '' : `\x1b[${cells === 1 ? '' : cells}C`);

/** In bytes. The first of equals. */
function shorter(one: string | undefined, other: string): string {
	return one !== undefined && Buffer.byteLength(one) <= Buffer.byteLength(other) ? one : other;
}
