// Tables of text drawn by ink-table, where the screen library is loaded already: what is written from the screen. One of
// more rows than a screen has is put together as text, for layout takes its time for each cell. As ink-table knows
// neither alignment nor the width of a character, cells come to it with both.

import { renderToString, Text } from 'ink';
import { displayWidth } from '../core/text/printable.ts';
import { type InkCellProps, InkTable } from './ink-table.ts';
import { type PageForm, textForm } from './page-form.ts';
import { alignedCells, type TextColumn, table } from './text-table.ts';

const mostRows = 40;

export const drawnForm: PageForm = {
	...textForm,
	table: (rows, columns) => (rows.length > mostRows ? table : drawnTable)(rows, columns),
};

/** The same as `table`. */
export function drawnTable(rows: readonly (readonly string[])[], columns: readonly TextColumn[]): string[] {
	const { widths, cells } = alignedCells(rows, columns);
	const [titles = [], ...body] = cells;
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
