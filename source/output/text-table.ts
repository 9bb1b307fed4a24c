// Tables of text for what is printed once: no screen, no fixed width, one line a row.

import { displayWidth } from '../core/printable.ts';

/** Columns as wide as their widest cell; text to the left, numbers to the right, the last not padded. */
export function table(
	rows: readonly (readonly string[])[],
	columns: readonly { readonly isText?: boolean }[],
): string[] {
	const widths = columns.map((_, at) => Math.max(...rows.map(row => displayWidth(row[at]!))));
	return rows.map(row =>
		row
			.map((cell, at) => {
				const blank = ' '.repeat(widths[at]! - displayWidth(cell));
				return columns[at]!.isText ? cell + blank : blank + cell;
			})
			.join('  ')
			.trimEnd(),
	);
}

/** `18,204`. */
export const whole = (value: number) => Math.round(value).toLocaleString('en-US');
