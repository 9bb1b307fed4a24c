// Lines of CSV (RFC 4180): one row a line, numbers as they are, nothing where nothing was measured. Names come from
// anybody, and a spreadsheet computes a cell that begins like a formula: such a name is quoted as redis-cli quotes it,
// which still pastes back. A name that is not plain text is quoted already.

import { printable } from '../core/text/printable.ts';

export type CsvCell = string | number | null | undefined;

/** Without the line's end. A number keeps at most six decimals. */
export const csvLine = (cells: readonly CsvCell[]): string => cells.map(csvCell).join(',');

function csvCell(cell: CsvCell): string {
	if (cell === null || cell === undefined) return '';
	if (typeof cell === 'number') return Number.isFinite(cell) ? String(Math.round(cell * 1e6) / 1e6) : '';
	return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

const formula = /^[=+\-@]/;

/** A byte string as a cell, whole however long. */
export const csvName = (bytes: string): string => nameCell(bytes).text;

/** Whether `csvName` has quoted it: a name may be in quotes by itself. */
export const isQuotedName = (bytes: string): boolean => nameCell(bytes).isQuoted;

function nameCell(bytes: string): { readonly text: string; readonly isQuoted: boolean } {
	const text = printable(bytes, Number.POSITIVE_INFINITY);
	if (formula.test(text)) return { text: `"${text.replace(/["\\]/g, char => `\\${char}`)}"`, isQuoted: true };
	// As text it is what the bytes are in UTF-8, with letters beyond ASCII; quoted it has none and is not the same.
	return { text, isQuoted: text !== bytes && /^[\x20-\x7e]*$/.test(text) };
}
