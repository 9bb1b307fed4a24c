// The lists of the screen of big keys: keys by bytes or by items, patterns, databases. Widths are fixed by the column
// and the screen; what is left over belongs to the name, which loses its middle when it is longer. BY PATTERN below
// the table uses the same cells as the list of patterns.

import type { BigKey, DatabaseGroup, KeyGroup, PatternGroup } from '../../../core/keys/big-keys.ts';
import { sizeWord, sizeWords } from '../../../core/keys/size-words.ts';
import { fitMiddle, printable, printableText } from '../../../core/text/printable.ts';
import { count, duration, percent, thousands } from '../../../core/text/quantity.ts';
import { fleetOf } from '../../../state/key-scope.ts';
import type { State } from '../../../state/state.ts';
import { shareBar } from '../../chart.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { none, orDash } from '../../format.ts';
import { type CellColumn, type CellText, cellsHead, cellsLine } from '../../parts/cells.ts';
import { dim, glyphsFor, type Line, plain, type Span } from '../../theme.ts';
import { type BigKeysRow, foundOnScreen, scanOnScreen } from './rows.ts';

const gutter = 1;
/** Names are cut long before this; what a name of megabytes would cost to quote is not paid. */
const longestQuoted = 400;

type Column<Row> = CellColumn & { readonly of: (row: Row, width: number) => CellText };

/** The titles of the list on the screen. */
export function listHead(state: State): Line {
	return [plain(' '), ...cellsHead(columnsOf(state))];
}

/** One line of it. */
export function listLine(state: State, row: BigKeysRow, isCursor: boolean): Line {
	const mark = plain(isCursor ? '>' : ' ');
	switch (row.kind) {
		case 'key':
			return [mark, ...line(state, keyColumns(state, isCursor), row.key)];
		case 'pattern':
			return [mark, ...line(state, patternColumns(state, isCursor), row.group)];
		case 'database':
			return [mark, ...line(state, databaseColumns(state, isCursor), row.group)];
	}
}

function columnsOf(state: State): readonly CellColumn[] {
	switch (state.bigKeys!.view) {
		case 'bytes':
		case 'items':
			return keyColumns(state, false);
		case 'patterns':
			return patternColumns(state, false);
		case 'databases':
			return databaseColumns(state, false);
	}
}

const line = <Row>(state: State, columns: readonly Column<Row>[], row: Row): Line =>
	cellsLine(
		columns,
		columns.map(column => column.of(row, column.width)),
		state.isAscii,
	);

/** The cell that says which row it is: the only one the cursor inverts. */
const name = (text: string, width: number, isCursor: boolean, isAscii: boolean): Span => ({
	// The empty name is a name as well.
	text: fitMiddle(text === '' ? '""' : text, width, isAscii),
	style: isCursor ? 'inverse' : undefined,
});

/** Gives the cells left over to the column whose width is 0. */
function stretched<Row>(state: State, columns: readonly Column<Row>[], most = Number.POSITIVE_INFINITY) {
	const taken = columns.reduce((sum, { width, gap = 2 }) => sum + width + gap, gutter);
	const room = Math.min(most, Math.max(4, state.size.columns - taken));
	return columns.map(column => (column.width === 0 ? { ...column, width: room } : column));
}

// ---------------------------------------------------------------------------------------------------------
// Keys

function keyColumns(state: State, isCursor: boolean): readonly Column<BigKey>[] {
	const { columns } = state.size;
	const found = foundOnScreen(state);
	const isSmall = isNarrow(columns);
	// By what is scanned and not by what is found: no column comes and goes with a key.
	const hasSlots = fleetOf(state, state.bigKeys!.scope)?.now.fleet.mode === 'cluster';
	const hasDatabases = (found?.databases ?? []).some(({ db }) => db !== 0);
	const nodes = scanOnScreen(state)?.progress?.nodes ?? [];
	const hasNodes = new Set(nodes.map(({ primary }) => primary)).size > 1;
	const mark = state.bigKeys!.view === 'items' ? glyphsFor(state.isAscii).descending : '';
	const all: readonly (Column<BigKey> | undefined)[] = [
		{
			title: 'BYTES',
			width: isSmall ? 7 : 11,
			align: 'right',
			gap: 0,
			of: key => (isSmall ? sizeWord(key) : sizeCell(key)),
		},
		// Nine cells: `vectorset`, and what modules call theirs (`ReJSON-RL`), which is never longer.
		{ title: 'TYPE', width: 9, align: 'left', of: key => printableText(key.type ?? none) },
		isSmall
			? undefined
			: { title: `${mark}ITEMS`, width: 7, align: 'right', of: key => orDash(key.items, itemsText) },
		{ title: 'TTL', width: 4, align: 'right', of: key => ttlText(key.fieldsTtlSeconds ?? key.ttlSeconds) },
		hasSlots && !isSmall
			? { title: 'SLOT', width: 5, align: 'right', of: key => orDash(key.slot, String) }
			: undefined,
		hasDatabases ? { title: 'DB', width: 2, align: 'right', of: key => String(key.db) } : undefined,
		{
			title: 'KEY',
			width: 0,
			align: 'left',
			of: (key, width) => name(printable(key.key, longestQuoted), width, isCursor, state.isAscii),
		},
		...(isWide(columns) ? wideColumns(state, hasNodes) : []),
	];
	return stretched(
		state,
		all.filter(column => column !== undefined),
	);
}

function wideColumns(state: State, hasNodes: boolean): readonly Column<BigKey>[] {
	const encoding: Column<BigKey> = {
		title: 'ENCODING',
		width: 10,
		align: 'left',
		of: key => printableText(key.encoding ?? none),
	};
	if (!hasNodes) return [encoding];
	const node: Column<BigKey> = {
		title: 'NODE',
		width: 21,
		align: 'left',
		of: (key, width) => dim(fitMiddle(printableText(key.node), width, state.isAscii)),
	};
	return [encoding, node];
}

/** Eleven cells: `3.1M`, `~3.1M +-4%`; `~1023K+-12%` where that is all there is. */
function sizeCell(key: BigKey): string {
	const words = sizeWords(key);
	return words.length > 11 ? words.replace(' ', '') : words;
}

/** Seven cells: `412,004`, `1.2M`. */
export const itemsText = (items: number): string => (items < 999_999.5 ? thousands(items) : count(items));

/** Four cells: `none`, `6d`, `12s`; of years only how many. */
export function ttlText(ttlSeconds: number | null | undefined): string {
	if (ttlSeconds === null) return 'none';
	if (ttlSeconds === undefined) return none;
	const days = ttlSeconds / 86_400;
	return days < 1000 ? duration(ttlSeconds) : `${Math.min(999, Math.floor(days / 365))}y`;
}

// ---------------------------------------------------------------------------------------------------------
// Patterns and databases

/** Wider, and the eye would lose the line between a name and its figures. */
const widestPattern = 36;

function patternColumns(state: State, isCursor: boolean): readonly Column<PatternGroup>[] {
	const pattern: Column<PatternGroup> = {
		title: 'PATTERN',
		width: 0,
		align: 'left',
		of: (group, width) => name(printable(group.pattern, longestQuoted), width, isCursor, state.isAscii),
	};
	return groupColumns(state, pattern, foundOnScreen(state)?.patterns ?? []);
}

function databaseColumns(state: State, isCursor: boolean): readonly Column<DatabaseGroup>[] {
	const database: Column<DatabaseGroup> = {
		title: 'DB, NODE',
		width: 0,
		align: 'left',
		of: (group, width) => name(`db${group.db} ${printableText(group.node)}`, width, isCursor, state.isAscii),
	};
	return groupColumns(state, database, foundOnScreen(state)?.databases ?? []);
}

/** `    1.8G  46%  ██████    NAME    2.1M keys  ttl on 3%` */
function groupColumns<Group extends KeyGroup>(
	state: State,
	named: Column<Group>,
	groups: readonly KeyGroup[],
): readonly Column<Group>[] {
	const { columns } = state.size;
	const total = Math.max(1, bytesOf(groups));
	const isSmall = isNarrow(columns);
	const bar = isWide(columns) ? 40 : 12;
	const all: readonly (Column<Group> | undefined)[] = [
		{ title: 'BYTES', width: isSmall ? 6 : 7, align: 'right', gap: 0, of: sizeWord },
		{ title: '%', width: 4, align: 'right', of: group => percent(group.bytes / total) },
		isSmall
			? undefined
			: {
					title: '',
					width: bar,
					align: 'left',
					of: group => shareBar(group.bytes / total, bar, state.isAscii),
				},
		named,
		isSmall
			? undefined
			: {
					title: 'KEYS',
					width: 10,
					align: 'right',
					of: group => `${count(group.keys)} ${group.keys === 1 ? 'key ' : 'keys'}`,
				},
		{ title: 'TTL', width: isSmall ? 9 : 16, align: 'left', of: group => ttlShare(group, isSmall) },
	];
	return stretched(
		state,
		all.filter(column => column !== undefined),
		widestPattern,
	);
}

/**
 * What shares of a list are of. Not the sum of the scan: while that is at work its patterns are some seconds older.
 */
export const bytesOf = (groups: readonly KeyGroup[]): number =>
	groups.reduce((sum, group) => sum + group.bytes, 0);

/** `ttl on 3%` of its keys; `~3% +-1` where a sample says so, with its margin in points. */
export function ttlShare(group: KeyGroup, isShort = false): string {
	const word = isShort ? 'ttl ' : 'ttl on ';
	if (group.keysWithoutTtl === undefined || group.keys === 0) return `${word}${none}`;
	const share = percent(1 - Math.min(1, group.keysWithoutTtl / group.keys));
	if (!group.estimated) return `${word}${share}`;
	const points = Math.round((group.margin ?? 0) * 100);
	return `${word}~${share}${points > 0 && !isShort ? ` +-${points}` : ''}`;
}

/** A line of BY PATTERN. */
export const patternLine = (state: State, group: PatternGroup): Line => [
	plain(' '),
	...line(state, patternColumns(state, false), group),
];
