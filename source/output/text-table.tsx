// Tables of text for what is printed once: no screen, no fixed width, one line a row, no frame around it. ink-table draws
// them; as it knows neither alignment nor the width of a character, cells come to it with both.

import { renderToString, Text } from 'ink';
import { displayWidth } from '../core/text/printable.ts';
import { type InkCellProps, InkTable } from './ink-table.ts';

export type TextColumn = { readonly isText?: boolean };

/** Columns as wide as their widest cell, two blanks apart; text to the left, numbers to the right. The first row has the titles. */
export function table(rows: readonly (readonly string[])[], columns: readonly TextColumn[]): string[] {
	const widths = columns.map((_, at) => Math.max(...rows.map(row => displayWidth(row[at]!))));
	const aligned = rows.map(row =>
		row.map((cell, at) => {
			const blank = ' '.repeat(widths[at]! - displayWidth(cell));
			return columns[at]!.isText ? cell + blank : blank + cell;
		}),
	);
	const [titles = [], ...body] = aligned;
	// A key of one character is never wider than its column; a title may stand over two of them.
	const keys = columns.map((_, at) => String.fromCharCode(firstKey + at));
	const drawn = renderToString(
		<InkTable
			data={body.map(row => Object.fromEntries(row.map((cell, at) => [keys[at], cell])))}
			columns={keys}
			padding={padding}
			header={({ column }) => <Cell text={titles[column]!} width={widths[column]!} />}
			cell={({ column, children }: InkCellProps) => (
				<Cell text={String(children).slice(padding)} width={widths[column]!} />
			)}
			skeleton={() => null}
		/>,
		{ columns: widths.reduce((sum, width) => sum + width + 2 * padding, 0) },
	);
	return drawn.split('\n').map(line => line.slice(padding).trimEnd());
}

/** Of a private use area: no text of ours begins with it. */
const firstKey = 0xe000;
const padding = 1;

/** ink-table fills up by String.length, which is too much or too little where characters are wide. */
function Cell({ text, width }: { readonly text: string; readonly width: number }) {
	const cell = text.trimEnd();
	const rest = Math.max(0, width - displayWidth(cell));
	return <Text>{`${' '.repeat(padding)}${cell}${' '.repeat(rest + padding)}`}</Text>;
}

/** `18,204`. */
export const whole = (value: number) => Math.round(value).toLocaleString('en-US');
