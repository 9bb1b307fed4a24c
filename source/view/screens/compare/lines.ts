// The lines of before and after: what changed, the strongest first, each with what goes with it; what is as before; what
// came and went; settings that differ; what has too few readings. The same lines are what --compare prints.

import type { Change, Comparison, SeenName } from '../../../core/compare/compare.ts';
import type { ComparedLine } from '../../../core/compare/compared-line.ts';
import type { Severity } from '../../../core/types.ts';
import { gutterWidth, isNarrow, isWide } from '../../columns.ts';
import { type CellColumn, cellsHead, cellsLine } from '../../parts/cells.ts';
import { textLines } from '../../parts/text-lines.ts';
import { blank, bold, dim, type Line, plain, type Span } from '../../theme.ts';
import {
	amountWords,
	changeWords,
	hotTitle,
	methodWords,
	shortChange,
	unreadWords,
	variedWords,
} from './words.ts';

/** Widths by the screen's, never by what is in them. */
function columnsFor(width: number): readonly CellColumn[] {
	const right = (title: string, cells: number, gap = 1) =>
		({ title, width: cells, align: 'right', gap }) as const;
	if (isNarrow(width))
		return [
			{ title: 'FIGURE', width: Math.max(12, width - 34), align: 'left', gap: 0 },
			...[right('BEFORE', 9), right('AFTER', 9), right('CHANGE', 9)],
		];
	const figure = isWide(width) ? 44 : Math.max(24, width - 54);
	return [
		{ title: 'FIGURE', width: figure, align: 'left', gap: 0 },
		...[right('BEFORE', 10), right('AFTER', 10), right('CHANGE', 15), right('VARIED', 10)],
	];
}

export const compareHead = (width: number): Line => [
	plain(' '.repeat(gutterWidth(width))),
	...cellsHead(columnsFor(width)),
];

const marks: Readonly<Record<Severity, Span>> = {
	crit: { text: '!!', style: 'crit' },
	warn: { text: '!', style: 'warn' },
};

function gutter(width: number, severity: Severity | undefined): readonly Span[] {
	const cells = gutterWidth(width);
	if (severity === undefined) return [plain(' '.repeat(cells))];
	const mark = marks[severity];
	return [plain(' '), mark, plain(' '.repeat(Math.max(0, cells - 1 - mark.text.length)))];
}

function figureLine(line: ComparedLine, width: number, isAscii: boolean): Line {
	const { figure, before, after, severity, verdict } = line;
	const texts = [
		figure.words,
		amountWords(before, figure.unit),
		amountWords(after, figure.unit),
		...(verdict === 'too-few' ? ['', ''] : [changeWords(line, isNarrow(width)), variedWords(line)]),
	];
	const columns = columnsFor(width);
	return [...gutter(width, severity), ...cellsLine(columns, texts.slice(0, columns.length), isAscii)];
}

/** What says the same: on one line, as many as it holds. */
function besidesLine({ besides }: Change, width: number): readonly Line[] {
	if (besides.length === 0) return [];
	const indent = ' '.repeat(gutterWidth(width) + 2);
	let text = 'with it: ';
	for (const [index, line] of besides.entries()) {
		const next = `${index === 0 ? '' : ', '}${shortChange(line)}`;
		if (indent.length + text.length + next.length > width) break;
		text += next;
	}
	return [[plain(indent), dim(text)]];
}

/** The changes, each with what goes with it. */
export const changeLines = ({ changes }: Comparison, width: number, isAscii: boolean): readonly Line[] =>
	changes.flatMap(change => [figureLine(change.line, width, isAscii), ...besidesLine(change, width)]);

/** Keys and patterns, changed or not. */
const mostHot = 12;

/** All that scrolls. */
export function compareLines(comparison: Comparison, width: number, isAscii: boolean): readonly Line[] {
	const { asBefore, tooFew, changes, judged, hot } = comparison;
	const unread = unreadWords(comparison);
	const list = (lines: readonly ComparedLine[]) => lines.map(line => figureLine(line, width, isAscii));
	const section = (title: string, lines: readonly Line[]): readonly Line[] =>
		lines.length === 0 ? [] : [blank, [bold(title)], ...lines];
	const body = [
		...(judged > 0 && changes.length > 0 ? changeLines(comparison, width, isAscii) : []),
		...namesLines(comparison, width),
		...(hot ? section(hotTitle(hot), list(hot.lines.slice(0, mostHot))) : []),
		...section('AS BEFORE', list(asBefore)),
		...section('TOO FEW READINGS', list(tooFew)),
		...(judged > 0 ? [blank, ...textLines(methodWords(comparison), width)] : []),
		...(judged > 0 && unread !== undefined ? textLines(unread, width) : []),
	];
	return body[0] === blank ? body.slice(1) : body;
}

function namesLines({ came, gone, settings }: Comparison, width: number): readonly Line[] {
	const lines = [
		...sentenceOf('CAME', came.map(nameWords), width),
		...sentenceOf('GONE', gone.map(nameWords), width),
		...sentenceOf(
			'SETTINGS',
			settings.map(
				({ name, from, to, nodes }) =>
					`${name} ${from === '' ? '""' : from} to ${to === '' ? '""' : to}${nodes.length > 1 ? ` on ${nodes.length} nodes` : ` on ${nodes[0]}`}`,
			),
			width,
		),
	];
	return lines.length === 0 ? [] : [blank, ...lines];
}

function nameWords({ kind, name }: SeenName): string {
	if (kind === 'command') return `command ${name}`;
	return kind === 'client-host' ? `clients from ${name}` : `clients ${name}`;
}

function sentenceOf(title: string, names: readonly string[], width: number): readonly Line[] {
	if (names.length === 0) return [];
	return textLines(`${title}  ${names.join(', ')}`, width);
}
