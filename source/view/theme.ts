// The ONE place for colours and glyphs. A line of the screen is data (spans of text, each with one style); here it
// becomes one string with SGR codes, cut to the width it may have. Only three styles have a colour, and each is a
// claim that something needs a human: a healthy frame has none. NO_COLOR takes the colours and leaves the rest.
// It decides no style: that is done where the text is made.

import type { PlotConfig } from 'asciichart';
import type { SpanLevel } from '../core/failover/failover-record.ts';
import { displayWidth, fit } from '../core/text/printable.ts';

export type Style = 'bold' | 'dim' | 'inverse' | 'warn' | 'crit' | 'changed';
export type Span = {
	readonly text: string;
	readonly style?: Style;
	/** What its line belongs to, where lines can be selected. */
	readonly entry?: string;
};
export type Line = readonly Span[];

/** Opening and closing codes. Critical is bold white on red: red text has under 3.6:1 contrast on black. */
const codes: Readonly<Record<Style, readonly [open: string, close: string]>> = {
	bold: ['1', '22'],
	dim: ['2', '22'],
	inverse: ['7', '27'],
	warn: ['33', '39'],
	crit: ['1;37;41', '22;39;49'],
	changed: ['36', '39'],
};
/** What is left of a style without colours. The marker in the gutter says the rest. */
const plainCodes: Readonly<Record<Style, readonly [open: string, close: string] | undefined>> = {
	...codes,
	warn: undefined,
	crit: codes.bold,
	changed: undefined,
};

/** Parameters of SGR that put a style on and take it off; undefined where it shows in no way. */
export const codesOf = (style: Style | undefined, isColour: boolean) =>
	style === undefined ? undefined : (isColour ? codes : plainCodes)[style];

/** A line as a string with SGR codes, without blanks at its end. */
export function paint(line: Line, isColour: boolean): string {
	let out = '';
	for (const { text, style } of line) {
		const code = codesOf(style, isColour);
		out += code === undefined || text === '' ? text : `\x1b[${code[0]}m${text}\x1b[${code[1]}m`;
	}
	return out.trimEnd();
}

export const plain = (text: string): Span => ({ text });
export const bold = (text: string): Span => ({ text, style: 'bold' });
export const dim = (text: string): Span => ({ text, style: 'dim' });
export const blank: Line = [];

/** The line as part of an entry that can be selected; its first span says so. */
export const asEntry = ([first, ...others]: Line, entry: string): Line =>
	first === undefined ? [] : [{ ...first, entry }, ...others];
export const entryOf = (line: Line): string | undefined => line[0]?.entry;

export const lineText = (line: Line): string => line.map(({ text }) => text).join('');
export const lineWidth = (line: Line): number => line.reduce((sum, { text }) => sum + textWidth(text), 0);

/** Cells a text takes. Most of the screen is ASCII, where it is the length. */
export const textWidth = (text: string): number => (isPlainAscii(text) ? text.length : displayWidth(text));

const isPlainAscii = (text: string) => /^[\x20-\x7e]*$/.test(text);

/** At most `width` cells, and safe: the last gate before the terminal. What fits as it is stays the same line. */
export function crop(line: Line, width: number, isAscii: boolean): Line {
	let left = width;
	for (const [index, span] of line.entries()) {
		const text = left <= 0 ? undefined : safe(span.text, left, isAscii);
		if (text !== span.text) return [...line.slice(0, index), ...cropped(line.slice(index), left, isAscii)];
		left -= textWidth(text);
	}
	return line;
}

function cropped(line: Line, width: number, isAscii: boolean): Line {
	const out: Span[] = [];
	let left = width;
	for (const span of line) {
		if (left <= 0) break;
		const text = safe(span.text, left, isAscii);
		out.push(text === span.text ? span : { ...span, text });
		left -= textWidth(text);
	}
	return out;
}

/** Our own glyphs pass as they are; anything else foreign goes through `fit`. */
function safe(text: string, width: number, isAscii: boolean): string {
	const isOwn = isPlainAscii(text) || (!isAscii && ownGlyphs.test(text));
	return isOwn && text.length <= width ? text : fit(text, width, isAscii);
}

const ownGlyphs = /^[\x20-\x7e▁▂▃▄▅▆▇█░▒▓╭╮╰╯─│┤┼┊╎·↑↓←→▲▼…]*$/;

/** Left and right on one line, right at the edge; the left gives way. */
export function spread(left: Line, right: Line, width: number, isAscii: boolean): Line {
	const rightWidth = lineWidth(right);
	if (rightWidth === 0) return crop(left, width, isAscii);
	const fitted = crop(left, Math.max(0, width - rightWidth - 2), isAscii);
	return [...fitted, plain(' '.repeat(Math.max(0, width - lineWidth(fitted) - rightWidth))), ...right];
}

export type Glyphs = {
	/** From the least to the most; nothing at all is a blank. */
	readonly spark: string;
	readonly bar: string;
	readonly barRest: string;
	readonly ellipsis: string;
	readonly descending: string;
	readonly ascending: string;
	/** From the old primary to the new one. */
	readonly arrow: string;
	/** A lane of a failover: nothing wrong, then what a span says. */
	readonly lane: Readonly<Record<'calm' | SpanLevel, string>>;
	/** A marker, where a chart has nothing. */
	readonly mark: string;
	/** In a chart: where our own readings begin, and the line of another day. */
	readonly seam: string;
	readonly beside: string;
	/** As asciichart wants them: ┼ ┤ ╶ ╴ ─ ╰ ╭ ╮ ╯ │ */
	readonly chart: NonNullable<PlotConfig['symbols']>;
};

const unicode: Glyphs = {
	spark: '▁▂▃▄▅▆▇█',
	bar: '█',
	barRest: '░',
	ellipsis: '…',
	descending: '▼',
	ascending: '▲',
	arrow: '→',
	lane: { calm: '─', some: '░', lost: '▒', pfail: '?', fail: '█', refused: '█', stale: '▓' },
	mark: '┊',
	seam: '╎',
	beside: '·',
	chart: ['┼', '┤', '╶', '╴', '─', '╰', '╭', '╮', '╯', '│'],
};
/** One character for one, of the same width. */
const ascii: Glyphs = {
	spark: '_.:-=+*#',
	bar: '#',
	barRest: '.',
	ellipsis: '...',
	descending: 'v',
	ascending: '^',
	arrow: '>',
	lane: { calm: '-', some: '.', lost: '=', pfail: '?', fail: '#', refused: '#', stale: '%' },
	mark: ':',
	seam: '!',
	beside: '.',
	chart: ['|', '|', '-', '-', '-', "'", '.', '.', "'", '|'],
};

export const glyphsFor = (isAscii: boolean): Glyphs => (isAscii ? ascii : unicode);
