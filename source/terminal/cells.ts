// A line as the cells of a terminal: one character and one style each. Where a character may take another number of
// cells on another terminal (wide letters, emoji, marks that join), what stands from there on is one piece, which is
// painted whole or not at all: no column behind it is relied on.

import { isOneCellEach } from '../core/text/printable.ts';
import { codesOf, type Line, paint, type Span, type Style } from '../view/theme.ts';

export type Cells = {
	/** One code unit a cell, without plain blanks at the end. */
	readonly text: string;
	/** One code unit a cell: its style, by its place in `styles`. */
	readonly looks: string;
	/** What stands behind them, with SGR codes, from the plain style to the plain style. */
	readonly rest?: string;
};

export const noCells: Cells = { text: '', looks: '' };

/** How a cell looks that has no style. */
export const plainLook = '0';
const styles = ['bold', 'dim', 'inverse', 'warn', 'crit', 'changed'] as const satisfies readonly Style[];

/** Styles with the same codes are one look. */
function looksOf(isColour: boolean): Readonly<Record<Style, string>> {
	const look = (style: Style) => {
		const codes = codesOf(style, isColour);
		if (codes === undefined) return plainLook;
		return String(1 + styles.findIndex(other => codesOf(other, isColour) === codes));
	};
	return Object.fromEntries(styles.map(style => [style, look(style)])) as Record<Style, string>;
}
const colourLooks = looksOf(true);
const plainLooks = looksOf(false);

/** The parameters of SGR that give a plain cell this look. */
export const openingOf = (look: string, isColour: boolean): string =>
	codesOf(styles[Number(look) - 1], isColour)?.[0] ?? '';

const lookOf = ({ style }: Span, isColour: boolean): string =>
	style === undefined ? plainLook : (isColour ? colourLooks : plainLooks)[style];

export function cellsOf(line: Line, isColour: boolean): Cells {
	let text = '';
	let all = '';
	for (const [index, span] of line.entries()) {
		const look = lookOf(span, isColour);
		if (!isOneCellEach(span.text)) return withRest(text, all, line.slice(index), look, isColour);
		text += span.text;
		all += look.repeat(span.text.length);
	}
	return trimmed(text, all);
}

/** The first character that is not sure of its cell may join the one before: that one is part of the rest. */
function withRest(text: string, all: string, line: Line, look: string, isColour: boolean): Cells {
	const [first, ...others] = line as readonly [Span, ...Span[]];
	const sure = Math.max(0, sureLength(first.text) - 1);
	const isJoined = sure === 0 && text !== '';
	// What it may join stands in another span: that cell is painted anew, whatever its style.
	const kept = isJoined ? text.length - 1 : text.length;
	const joined: Line = isJoined ? [{ text: text.slice(kept), ...styleOf(all[kept]!) }] : [];
	return {
		text: text.slice(0, kept) + first.text.slice(0, sure),
		looks: all.slice(0, kept) + look.repeat(sure),
		rest: paint([...joined, { ...first, text: first.text.slice(sure) }, ...others], isColour),
	};
}

const styleOf = (look: string): Pick<Span, 'style'> => {
	const style = styles[Number(look) - 1];
	return style === undefined ? {} : { style };
};

/** Characters in front of the first that may be no cell, or two. */
function sureLength(text: string): number {
	for (let index = 0; index < text.length; index++) if (!isOneCellEach(text[index]!)) return index;
	return text.length;
}

function trimmed(text: string, all: string): Cells {
	let end = text.length;
	while (end > 0 && text[end - 1] === ' ' && all[end - 1] === plainLook) end--;
	return end === text.length ? { text, looks: all } : { text: text.slice(0, end), looks: all.slice(0, end) };
}
