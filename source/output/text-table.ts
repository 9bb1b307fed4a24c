// Tables of text for what is printed once: no screen, no fixed width, one line a row, no frame around it.

import { displayWidth } from '../core/text/printable.ts';
import { thousands } from '../core/text/quantity.ts';

export type TextColumn = { readonly isText?: boolean };

/** Columns as wide as their widest cell, two blanks apart; text to the left, numbers to the right. The first row has the titles. */
export const table = (rows: readonly (readonly string[])[], columns: readonly TextColumn[]): string[] =>
	alignedCells(rows, columns).cells.map(row => row.join('  ').trimEnd());

/** Every cell filled up to the width of its column, in terminal cells. */
export function alignedCells(rows: readonly (readonly string[])[], columns: readonly TextColumn[]) {
	const measured = rows.map(row => row.map(displayWidth));
	const widths = columns.map((_, at) => measured.reduce((most, row) => Math.max(most, row[at]!), 0));
	const cells = rows.map((row, index) =>
		row.map((cell, at) => {
			const blank = ' '.repeat(widths[at]! - measured[index]![at]!);
			return columns[at]!.isText ? cell + blank : blank + cell;
		}),
	);
	return { widths, cells };
}

/** `18,204`. */
export const whole = thousands;
