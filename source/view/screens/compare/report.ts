// Before and after as Markdown: for the ticket, and as a part of the report of an incident. Times in UTC.

import type { Comparison } from '../../../core/compare/compare.ts';
import type { ComparedLine } from '../../../core/compare/compared-line.ts';
import { duration } from '../../../core/text/quantity.ts';
import { prose as cell } from '../../../runbooks/markdown.ts';
import type { Compared } from '../../../state/compared.ts';
import {
	amountWords,
	changeWords,
	hotTitle,
	markerWords,
	methodWords,
	unreadWords,
	variedWords,
	verdictWords,
} from './words.ts';

const utc = (at: number, offset = 0): string => new Date(at + offset).toISOString();

export function compareReport({ fleet, marker, nodes, comparison }: Compared, offset = 0): string {
	return [
		`# Before and after: ${cell(markerWords(marker))}`,
		'',
		`- Fleet: ${cell(fleet.name)}, ${nodes.length === 1 ? `node ${cell(nodes[0]!)}` : `${nodes.length} nodes`}`,
		`- Marker: ${utc(marker.at, offset)}`,
		...windowLines(comparison, offset),
		'',
		...comparedTables(comparison),
		'',
	].join('\n');
}

const windowLines = ({ before, after, split }: Comparison, offset: number): readonly string[] => [
	`- Before: ${utc(before.from, offset)} to ${utc(before.to, offset)}`,
	`- After: ${utc(after.from, offset)} to ${utc(after.to, offset)}, ${duration(split.settlingSeconds)} to settle left out`,
];

/** The verdict, what changed, what is as before. */
export function comparedTables(comparison: Comparison): readonly string[] {
	const { changes, asBefore, tooFew, came, gone, settings, judged, hot } = comparison;
	const unread = unreadWords(comparison);
	const changed = changes.flatMap(({ line, besides }) => [
		row(line, line.severity === 'crit' ? '!!' : line.severity === 'warn' ? '!' : ''),
		...besides.map(each => row(each, '', 'with it: ')),
	]);
	return [
		`**${verdictWords(comparison)}**`,
		...(changed.length > 0 ? ['', ...head, ...changed] : []),
		...(came.length > 0 ? ['', `Came: ${came.map(({ name }) => cell(name)).join(', ')}`] : []),
		...(gone.length > 0 ? ['', `Gone: ${gone.map(({ name }) => cell(name)).join(', ')}`] : []),
		...settings.map(
			({ name, from, to, nodes }) =>
				`\n${cell(name)}: ${cell(from)} to ${cell(to)} (${nodes.map(cell).join(', ')})`,
		),
		...(hot ? ['', `${cell(hotTitle(hot))}:`, '', ...head, ...hot.lines.map(line => row(line, ''))] : []),
		...(asBefore.length > 0 ? ['', 'As before:', '', ...head, ...asBefore.map(line => row(line, ''))] : []),
		...(tooFew.length > 0 && judged > 0
			? ['', `Too few readings: ${tooFew.map(({ figure }) => cell(figure.words)).join(', ')}`]
			: []),
		...(judged > 0 ? ['', cell(methodWords(comparison))] : []),
		...(judged > 0 && unread !== undefined ? ['', cell(unread)] : []),
	];
}

const head = ['| | figure | before | after | change | varied |', '|---|---|--:|--:|--:|--:|'] as const;

const row = (line: ComparedLine, mark: string, lead = ''): string => {
	const { figure, before, after } = line;
	const cells = [
		amountWords(before, figure.unit),
		amountWords(after, figure.unit),
		changeWords(line),
		variedWords(line),
	];
	return `| ${mark} | ${lead}${cell(figure.words)} | ${cells.join(' | ')} |`;
};
