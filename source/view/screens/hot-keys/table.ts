// The list of the hot keys screen: its head, its rows, and the line of all the others. A key that takes a fifth of its
// node has the warning marker and its share the colour; the name under the cursor is inverse. It knows no order.

import type { HotKeysResult } from '../../../core/keys/hot-keys.ts';
import { fitMiddle } from '../../../core/text/printable.ts';
import type { HotKeysView } from '../../../state/key-screens.ts';
import type { State } from '../../../state/state.ts';
import { gutterWidth, isNarrow } from '../../columns.ts';
import { type CellText, cellsHead, cellsLine } from '../../parts/cells.ts';
import { bold, dim, type Line, plain, type Span, textWidth } from '../../theme.ts';
import { type HotContext, sharePercent } from './cells.ts';
import { fullShareOf, type HotColumn, hotColumns } from './columns.ts';
import { type HotRow, hotLayout, hotShare, hotView, shareOfNode } from './rows.ts';
import { type WayLine, whole } from './ways.ts';

/** Of one list on this screen. */
export type HotTable = {
	readonly columns: readonly HotColumn[];
	readonly context: HotContext;
	readonly gutter: number;
};

export function hotTable(state: State, result: HotKeysResult, view: HotKeysView): HotTable {
	const { columns } = state.size;
	const isBoth = hotView(state) === 'keys' && hotLayout(state).patterns > 0;
	return {
		columns: hotColumns(view, result, columns),
		context: { result, isAscii: state.isAscii, fullShare: fullShareOf(result, view, isBoth) },
		gutter: gutterWidth(columns),
	};
}

export const hotHead = ({ columns, gutter }: HotTable): Line => [
	plain(' '.repeat(gutter)),
	...cellsHead(columns),
];

export function hotRowLine(table: HotTable, row: HotRow, isCursor: boolean): Line {
	const { columns, context } = table;
	const isUnsure = row.kind === 'key' && row.key.isUnsure === true;
	const isHot = row.kind === 'key' && !isUnsure && (shareOfNode(row.key, context.result) ?? 0) >= hotShare;
	const texts = columns.map(column => cellText(column, row, context, isCursor, isHot));
	const marker: Span[] = isHot ? [{ text: '!', style: 'warn' }] : isUnsure ? [dim('?')] : [];
	return [...gutterOf(table.gutter, isCursor, marker), ...cellsLine(columns, texts, context.isAscii)];
}

function gutterOf(width: number, isCursor: boolean, marker: readonly Span[]): readonly Span[] {
	return [plain(isCursor ? '>' : ' '), ...marker, plain(' '.repeat(width - 1 - marker.length))];
}

function cellText(
	column: HotColumn,
	row: HotRow,
	context: HotContext,
	isCursor: boolean,
	isHot: boolean,
): CellText {
	const text = column.value(row, context);
	if (column.id === 'share' && isHot) return { text, style: 'warn' };
	if (column.id !== 'name') return text;
	const name = fitMiddle(text, column.width, context.isAscii);
	const padded = name + ' '.repeat(Math.max(0, column.width - textWidth(name)));
	return isCursor ? { text: padded, style: 'inverse' } : padded;
}

/** `other keys 5,603 hits 30.8%, 3,911 distinct`; `other keys 30.8% of the time`. */
export function otherLine(state: State, { others }: HotKeysResult): Line {
	if (others === undefined) return [];
	const indent = isNarrow(state.size.columns) ? '' : '   ';
	const { hits, share, keys } = others;
	const words =
		hits === undefined || keys === undefined
			? `${sharePercent(share)} of the time`
			: `${whole(hits)} hits ${sharePercent(share)}, ${whole(keys)} distinct`;
	return [dim(`${indent}other keys ${words}`)];
}

/** A line of the ways. */
export function wayLine({ text, tone }: WayLine): Line {
	switch (tone) {
		case 'title':
			return [bold(text)];
		case 'dim':
			return [dim(text)];
		case 'warn':
			return [{ text, style: 'warn' }];
		case undefined:
			return [plain(text)];
	}
}
