// What the parts of the node screen are put together from: titles, facts, sentences, tables of fixed widths, with `-` for
// what was not measured and names from the server made safe to show. The parts are memory.ts, commands.ts, clients.ts,
// logs.ts, replication.ts and persistence.ts.

import { printableText } from '../../../core/text/printable.ts';
import type { Severity } from '../../../core/types.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { none } from '../../format.ts';
import { type CellColumn, cellsHead, cellsLine } from '../../parts/cells.ts';
import { wrapped } from '../../parts/text-lines.ts';
import { severityStyle } from '../../severity.ts';
import { blank, bold, dim, type Line, plain } from '../../theme.ts';

/** What the lines are made for. */
export type Page = { readonly columns: number; readonly isAscii: boolean };

/** `note` stands behind it, dim. */
export const titled = (title: string, note?: string): Line => [
	bold(title),
	...(note ? [dim(`   ${printableText(note)}`)] : []),
];

/** A sentence as so many lines as it takes, indented as the tables are. */
export const sentences = (text: string, { columns }: Page, isDim = true): readonly Line[] =>
	wrapped(text, Math.max(20, columns - 4)).map(line => words(line, isDim));

/** One line of words, which the frame cuts. */
export const words = (text: string, isDim = false): Line => [
	isDim ? dim(`  ${printableText(text)}`) : plain(`  ${printableText(text)}`),
];

/** `label   value   note`; an undefined value was not measured. */
export function fact(
	page: Page,
	label: string,
	text: string | undefined,
	note?: string,
	severity?: Severity,
): Line {
	const isTight = isNarrow(page.columns);
	const shown = printableText(text ?? none);
	return [
		dim(`  ${printableText(label).padEnd(isTight ? 14 : 18)}`),
		severity ? { text: shown, style: severityStyle(severity) } : plain(shown),
		...(note && !isTight ? [dim(`${' '.repeat(Math.max(2, 14 - shown.length))}${printableText(note)}`)] : []),
	];
}

/** Blocks under each other with an empty line between them; those without a line are left out. */
export const stacked = (...blocks: readonly (readonly Line[])[]): readonly Line[] =>
	blocks
		.filter(block => block.length > 0)
		.flatMap((block, index) => (index === 0 ? block : [blank, ...block]));

// ---------------------------------------------------------------------------------------------------------
// Tables

export const left = (title: string, width: number): CellColumn => ({ title, width, align: 'left' });
export const right = (title: string, width: number): CellColumn => ({ title, width, align: 'right' });

/** A width by that of the screen alone, so that nothing moves with what is in the table. */
export const by = ({ columns }: Page, narrow: number, standard: number, wide: number): number =>
	isNarrow(columns) ? narrow : isWide(columns) ? wide : standard;

/** What is left of the screen to the last column. */
export const restOf = ({ columns }: Page, taken: number): number => Math.max(4, columns - taken);

export type Table = { readonly head: Line; readonly row: (...cells: readonly string[]) => Line };

/** A column whose width is 0 is left out. */
export function table({ isAscii }: Page, columns: readonly CellColumn[]): Table {
	const isSeen = (_: unknown, index: number) => (columns[index]?.width ?? 0) > 0;
	const seen = columns.filter(isSeen);
	return {
		head: cellsHead(seen),
		row: (...cells) => cellsLine(seen, cells.filter(isSeen), isAscii),
	};
}
