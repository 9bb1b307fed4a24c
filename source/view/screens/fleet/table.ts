// The table of nodes: head, gutter, rows. The head stands, the body scrolls; a column has the same width whatever is
// in it. Only the cell that a finding names is coloured, so that the eye lands on the number and not on a red row.
// It knows neither the order of the rows nor how many fit: that is in rows.ts and layout.ts.

import { fitCell } from '../../../core/text/fit-cell.ts';
import { awayWords, isLeftOut, servesNobody } from '../../../core/text/node-trouble.ts';
import { displayWidth, fitMiddle, printableText } from '../../../core/text/printable.ts';
import type { Address, Finding, RedisNode, Severity } from '../../../core/types.ts';
import { shown, shownAt } from '../../../state/shown.ts';
import type { State } from '../../../state/state.ts';
import { sparkValues } from '../../chart.ts';
import { type CellContext, type ChosenColumn, columnFacts, gutterWidth, isNarrow } from '../../columns.ts';
import { none } from '../../format.ts';
import { markerOf, severityOf, severityStyle, worstOf } from '../../severity.ts';
import { bold, dim, glyphsFor, type Line, plain, type Span, type Style } from '../../theme.ts';
import { visibleTop } from './layout.ts';
import { type Row, type TableLine, visibleColumns } from './rows.ts';

const changedSeconds = 60;

/** One cell, padded to its column. `indent` blanks in front take no style. */
type Cell = {
	readonly text: string;
	readonly style?: Style;
	readonly width: number;
	readonly align: 'left' | 'right';
	readonly indent?: number;
};

/** The titles, with a mark in front of the one that is sorted by. */
export function tableHead(state: State): Line {
	const glyphs = glyphsFor(state.isAscii);
	const chosen = visibleColumns(state);
	let text = ' '.repeat(gutterWidth(state.size.columns) - 1);
	for (const column of chosen) {
		const isSorted = state.sort.by === 'column' && state.sort.column === column.id;
		const mark = isAscending(state, column) ? glyphs.ascending : glyphs.descending;
		text += headCell(column, headTitle(state, column), isSorted ? mark : ' ');
	}
	return [bold(text)];
}

/** The blank in front of a column is where the mark goes: no title has to make room for it. */
function headCell({ width, align }: ChosenColumn, title: string, mark: string): string {
	return align === 'right' ? `${mark}${title}`.padStart(width + 1) : `${mark}${title}`.padEnd(width + 1);
}

function headTitle(state: State, column: ChosenColumn): string {
	if (column.id !== 'node' || state.sort.by !== 'worst') return column.title;
	return isNarrow(state.size.columns) ? 'NODE, worst' : 'NODE, worst first';
}

function isAscending(state: State, column: ChosenColumn): boolean {
	return (columnFacts.get(column.id)!.isAscending === true) !== state.sort.isReversed;
}

/** `height` lines of the body from `top`, scrolled so far that the cursor is in it. */
export function tableBody(
	state: State,
	lines: readonly TableLine[],
	height: number,
	cursor: Address | undefined,
): readonly Line[] {
	if (lines.length === 0)
		return [[plain(' '.repeat(gutterWidth(state.size.columns))), dim(emptyWords(state))]];
	const top = visibleTop(lines, height, state.top, cursor);
	const chosen = visibleColumns(state);
	const context = cellContext(state, lines, chosen);
	const findings = findingsByNode(state);
	return lines.slice(top, top + height).map(line => {
		if (line.kind === 'heading') return headingLine(state, line.fleet);
		const own = line.row.isFolded
			? (shown(state).fleets[line.row.fleet]?.findings ?? [])
			: (findings[line.row.fleet]?.get(line.row.node.address) ?? []);
		return rowLine(state, line.row, chosen, own, context, cursor);
	});
}

function emptyWords(state: State): string {
	if (state.filter !== '') return `no node matches ${printableText(state.filter)}`;
	const seeds = state.fleets.flatMap(fleet => fleet.seeds);
	if (state.prometheus) return `waiting for ${printableText(state.prometheus.url)}`;
	return seeds.length === 0 ? 'no nodes' : `waiting for ${seeds.map(seed => printableText(seed)).join(', ')}`;
}

function cellContext(
	state: State,
	lines: readonly TableLine[],
	chosen: readonly ChosenColumn[],
): CellContext {
	const at = shownAt(state);
	const spark = chosen.find(column => column.id === 'spark');
	const context = { at, glyphs: glyphsFor(state.isAscii), sparkMax: 0 };
	if (spark === undefined) return context;
	// Over all rows and not over those in view, or scrolling would redraw every line.
	const all = lines.flatMap(line =>
		line.kind === 'row' ? sparkValues(line.row.node.ops, at, spark.width) : [],
	);
	return { ...context, sparkMax: all.reduce<number>((max, value) => Math.max(max, value ?? 0), 0) };
}

function findingsByNode(state: State): readonly ReadonlyMap<Address, readonly Finding[]>[] {
	return shown(state).fleets.map(({ findings }) => {
		const byNode = new Map<Address, Finding[]>();
		for (const finding of findings) {
			if (finding.node === undefined) continue;
			const known = byNode.get(finding.node);
			if (known === undefined) byNode.set(finding.node, [finding]);
			else known.push(finding);
		}
		return byNode;
	});
}

/** `cart-prod  cluster, 6 nodes` */
function headingLine(state: State, index: number): Line {
	const fleet = shown(state).fleets[index]!.fleet;
	return [
		dim(
			`${' '.repeat(gutterWidth(state.size.columns))}${printableText(fleet.name)}  ${fleet.mode}, ${fleet.nodes.length} nodes`,
		),
	];
}

function rowLine(
	state: State,
	row: Row,
	chosen: readonly ChosenColumn[],
	findings: readonly Finding[],
	context: CellContext,
	cursor: Address | undefined,
): Line {
	const { node } = row;
	const isCursor = node.address === cursor;
	const cells = chosen.map(column =>
		column.id === 'node'
			? nodeCell(state, row, column, isCursor)
			: // A total is not what a node of it was judged by.
				cellOf(node, column, row.isFolded ? [] : findings, context),
	);
	const shownCells = isDown(node) && node.isSeenWell ? away(node, cells, chosen) : spill(node, cells, chosen);
	const spans = joinCells(shownCells, state.isAscii);
	const isFaded = node.isGone || node.health === 'stale' || node.isUnread === true;
	return [...gutter(state, node, findings, isCursor, context.at), ...(isFaded ? spans.map(faded) : spans)];
}

const faded = (span: Span): Span => (span.style === undefined ? { ...span, style: 'dim' } : span);

/** `>!! `: the cursor, and what is wrong or has changed. */
function gutter(
	state: State,
	node: RedisNode,
	findings: readonly Finding[],
	isCursor: boolean,
	at: number,
): readonly Span[] {
	const severity = downSeverity(node) ?? worstOf(findings);
	const isChanged = node.changedAt !== undefined && at - node.changedAt < changedSeconds * 1000;
	const marker = severity === undefined && isChanged ? '*' : markerOf(severity);
	const style = severityStyle(severity) ?? (isChanged ? 'changed' : undefined);
	const rest = gutterWidth(state.size.columns) - 1 - marker.length;
	return [
		plain(isCursor ? '>' : ' '),
		...(marker === '' ? [] : [{ text: marker, style }]),
		plain(' '.repeat(rest)),
	];
}

const isDown = (node: RedisNode) => node.health === 'down' && !node.isGone;

/** How much one without an address is missed its finding says: a tool that reads the replication stream not at all. */
function downSeverity(node: RedisNode): Severity | undefined {
	if (!isDown(node) || node.error?.reason === 'no-address' || isLeftOut(node.error)) return undefined;
	return node.isSeenWell && !servesNobody(node) ? 'warn' : 'crit';
}

function nodeCell(state: State, row: Row, column: ChosenColumn, isCursor: boolean): Cell {
	const indent = row.isIndented ? (isNarrow(state.size.columns) ? 1 : 2) : 0;
	const nodes = shown(state).fleets[row.fleet]?.fleet.nodes.length ?? 0;
	const count = row.isFolded ? ` (${nodes})` : '';
	const room = column.width - indent - count.length - (row.isFolded ? 2 : 0);
	const own = fitMiddle(printableText(row.node.address), room, state.isAscii);
	const name = row.isFolded ? `+ ${own}${count}` : own;
	const padded = name + ' '.repeat(Math.max(0, column.width - indent - displayWidth(name)));
	return {
		text: padded,
		indent,
		width: column.width,
		align: 'left',
		style: isCursor ? 'inverse' : undefined,
	};
}

function cellOf(
	node: RedisNode,
	{ id, width, align }: ChosenColumn,
	findings: readonly Finding[],
	context: CellContext,
): Cell {
	const column = columnFacts.get(id)!;
	// A node that does not answer has no numbers: what it had last would be read as what it has.
	const isUnknown =
		(isDown(node) || node.isGone) && id !== 'role' && id !== 'slots' && id !== 'group' && id !== 'version';
	const text = isUnknown ? none : column.cell(node, context, width);
	const severity =
		id === 'role' && downSeverity(node) !== undefined
			? downSeverity(node)
			: isUnknown
				? undefined
				: severityOf(column, findings);
	return {
		text,
		width,
		align,
		style: severityStyle(severity) ?? ownStyle(node, id, column.isSecondary === true, context.at),
	};
}

function ownStyle(node: RedisNode, id: string, isSecondary: boolean, at: number): Style | undefined {
	if (id === 'role' && node.changedAt !== undefined && at - node.changedAt < changedSeconds * 1000)
		return 'changed';
	return isSecondary || (id === 'role' && node.role === 'replica') ? 'dim' : undefined;
}

/**
 * `stale 12s` is longer than ROLE. It takes the blanks in front of a number, or the place of the slots behind it,
 * which a stale row can do without; where there is room for neither the age goes.
 */
function spill(node: RedisNode, cells: readonly Cell[], chosen: readonly ChosenColumn[]): readonly Cell[] {
	const at = chosen.findIndex(column => column.id === 'role');
	const role = cells[at];
	if (role === undefined || role.text.length <= role.width) return cells;
	const next = cells[at + 1];
	const word: Cell = { ...role, text: node.isGone ? 'gone' : node.health };
	if (next === undefined) return cells.with(at, word);
	if (next.align === 'left') {
		const wide: Cell = { ...role, width: role.width + 1 + next.width };
		return [...cells.slice(0, at), wide, ...cells.slice(at + 2)];
	}
	const free = role.width + next.width - next.text.length;
	if (role.text.length > free) return cells.with(at, word);
	const longer: Cell = { ...role, width: role.text.length };
	const shorter: Cell = { ...next, width: next.width - (role.text.length - role.width) };
	return [...cells.slice(0, at), longer, shorter, ...cells.slice(at + 2)];
}

/** Of a node that only we do not reach: why there is no figure, in their place. */
function away(node: RedisNode, cells: readonly Cell[], chosen: readonly ChosenColumn[]): readonly Cell[] {
	const text = isLeftOut(node.error) ? printableText(node.error!.text) : awayWords(node);
	const from = Math.max(
		...(['node', 'role'] as const).map(id => chosen.findIndex(column => column.id === id)),
	);
	const rest = cells.slice(from + 1);
	const width = rest.reduce((sum, cell) => sum + cell.width + 1, -1);
	if (width < text.length) return cells;
	return [...cells.slice(0, from + 1), { text, width, align: 'left' }];
}

/** Cells with one blank between them. A style covers the text and not the padding. */
function joinCells(cells: readonly Cell[], isAscii: boolean): readonly Span[] {
	const spans: Span[] = [];
	let pending = '';
	for (const [index, cell] of cells.entries()) {
		const text = fitCell(cell.text, cell.width, isAscii, fitMiddle);
		const padding = ' '.repeat(Math.max(0, cell.width - (cell.indent ?? 0) - displayWidth(text)));
		pending += `${index > 0 ? ' ' : ''}${' '.repeat(cell.indent ?? 0)}`;
		if (cell.align === 'right') pending += padding;
		if (cell.style === undefined) pending += text;
		else {
			if (pending !== '') spans.push(plain(pending));
			spans.push({ text, style: cell.style });
			pending = '';
		}
		if (cell.align === 'left') pending += padding;
	}
	if (pending !== '') spans.push(plain(pending));
	return spans;
}
