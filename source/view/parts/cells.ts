// A line of a table of the key screens: cells of fixed widths with two blanks between them. The widths come with the
// columns and never from what is in them, so nothing jumps when the numbers change. It knows no State: which columns
// there are and what a cell says is whoever draws the table.

import { fitCell } from '../../core/text/fit-cell.ts';
import { bold, dim, type Line, plain, type Span, type Style, textWidth } from '../theme.ts';

export type CellColumn = {
	readonly title: string;
	readonly width: number;
	readonly align: 'left' | 'right';
	/** Blanks in front of it; two where it is not given. */
	readonly gap?: number;
};

/** What stands in a column; a style covers the text and not the padding. */
export type CellText = string | Span;

/** The titles, bold. */
export function cellsHead(columns: readonly CellColumn[]): Line {
	const titles = cells(
		columns,
		columns.map(({ title }) => title),
	);
	return [
		bold(
			titles
				.map(({ text }) => text)
				.join('')
				.trimEnd(),
		),
	];
}

/** One row: `marker` (`>`, `>!`, blanks) first, as it is. */
export function cellsLine(columns: readonly CellColumn[], texts: readonly CellText[], isAscii = false): Line {
	return merged(cells(columns, texts, isAscii));
}

function cells(columns: readonly CellColumn[], texts: readonly CellText[], isAscii = false): readonly Span[] {
	return columns.flatMap(({ width, align, gap = 2 }, index) => {
		const cell = texts[index] ?? '';
		const { text: full, style } = typeof cell === 'string' ? { text: cell, style: undefined } : cell;
		const text = fitCell(full, width, isAscii);
		const padding = ' '.repeat(Math.max(0, width - textWidth(text)));
		const before = ' '.repeat(gap) + (align === 'right' ? padding : '');
		return [plain(before), { text, style }, plain(align === 'left' ? padding : '')];
	});
}

/** Neighbours of one style as one span. */
export function merged(spans: readonly Span[]): Line {
	const out: Span[] = [];
	for (const span of spans) {
		const last = out.at(-1);
		if (last && last.style === span.style) out[out.length - 1] = { ...last, text: last.text + span.text };
		else if (span.text !== '') out.push(span);
	}
	return out;
}

/** `label value`, the label dim: a fact of a head line. */
export const fact = (label: string, value: string, style?: Style): Line => [
	dim(`${label} `),
	style === undefined ? plain(value) : { text: value, style },
];

/** Facts with blanks between them, as many as fit into `width`. */
export function factsLine(facts: readonly Line[], width: number, gap = 2): Line {
	const line: Span[] = [];
	let left = width;
	for (const spans of facts) {
		const wanted = (line.length > 0 ? gap : 0) + spans.reduce((sum, { text }) => sum + textWidth(text), 0);
		if (wanted > left) break;
		if (line.length > 0) line.push(plain(' '.repeat(gap)));
		line.push(...spans);
		left -= wanted;
	}
	return line;
}
