// The columns of the lists of hot things: which there are, how wide, and which goes first when the screen is narrow.
// Widths are the column's and never the content's; the name takes what is left over. What a cell says is cells.ts.

import type { HotKey, HotKeysResult } from '../../../core/keys/hot-keys.ts';
import { bytes, duration } from '../../../core/text/quantity.ts';
import type { HotKeysView } from '../../../state/key-screens.ts';
import { gutterWidth, isNarrow, isWide } from '../../columns.ts';
import { byteRate, none, orDash } from '../../format.ts';
import type { CellColumn } from '../../parts/cells.ts';
import { counterWords } from './advice-words.ts';
import {
	amountOf,
	amountTitle,
	errorBar,
	figure,
	type HotContext,
	nameOf,
	shareOf,
	sharePercent,
	tenths,
	ttlWord,
	word,
} from './cells.ts';
import type { HotRow } from './rows.ts';

export type HotColumn = CellColumn & {
	readonly id: string;
	/** The highest goes first where the name has too little room. */
	readonly rank: number;
	readonly value: (row: HotRow, context: HotContext) => string;
};

/** The columns that fit, the name among them as wide as it can be. */
export function hotColumns(view: HotKeysView, result: HotKeysResult, width: number): readonly HotColumn[] {
	let kept = columnsOf(view, result, width);
	const room = width - gutterWidth(width) - (isNarrow(width) ? 0 : 4);
	const taken = () => kept.reduce((sum, { width: own, gap = 2 }) => sum + own + gap, 0);
	const least = leastName(view, result, width);
	while (kept.length > 3 && room - taken() < least) {
		const last = Math.max(...kept.map(({ rank }) => rank));
		kept = kept.filter(({ rank }) => rank !== last);
	}
	const name = Math.max(4, room - taken());
	return kept.map(column => (column.id === 'name' ? { ...column, width: name } : column));
}

/** Cells that a name is to have before a column goes. */
function leastName(view: HotKeysView, result: HotKeysResult, width: number): number {
	if (view === 'slots') return isOneNode(result) ? 5 : 22;
	if (isNarrow(width)) return 16;
	if (result.shareOf === 'accesses') return 22;
	return isWide(width) ? 34 : 28;
}

const isOneNode = ({ nodes }: HotKeysResult) => nodes.length < 2;

/** What fills a bar. Keys and patterns that stand below each other share a scale; any other list has its own. */
export function fullShareOf(result: HotKeysResult, view: HotKeysView, isBoth: boolean): number {
	const most = (shares: readonly number[]) => shares.reduce((top, share) => Math.max(top, share), 0);
	// An interval of nearly all there is, of a key that nothing is known of, would leave the others no bar.
	const keys = most(result.keys.map(({ share, high, isUnsure }) => (isUnsure ? share : high) ?? share ?? 0));
	const patterns = most(result.patterns.map(({ share }) => share));
	switch (view) {
		case 'bytes':
			return most(result.keys.map(({ netShare, netHigh }) => netHigh ?? netShare ?? 0));
		case 'patterns':
			return isBoth ? Math.max(keys, patterns) : patterns;
		case 'commands':
			return most(result.byCommand.map(({ share }) => share));
		case 'clients':
			return most(result.byClient.map(({ share }) => share));
		case 'slots':
			return most(result.slots.map(({ share }) => share));
		default:
			return isBoth ? Math.max(keys, patterns) : keys;
	}
}

function columnsOf(view: HotKeysView, result: HotKeysResult, width: number): readonly HotColumn[] {
	switch (view) {
		case 'bytes':
			return keyColumns(result, width).flatMap(each =>
				each.id === 'hits' ? [{ ...each, title: 'BYTES' }] : each.id === 'net' ? [] : [each],
			);
		case 'patterns':
			return [...shareColumns(width), hits, name('PATTERN'), patternKeys];
		case 'commands':
			return [...shareColumns(width), hits, name('COMMAND')];
		case 'clients':
			return [...shareColumns(width), hits, name('CLIENT')];
		case 'slots':
			return [
				...shareColumns(width),
				name('SLOT'),
				...slotFigures.filter(
					({ id }) => id !== 'memory' || result.slots.some(({ memoryBytes }) => memoryBytes !== undefined),
				),
			];
		default:
			return result.shareOf === 'accesses' ? lfuColumns(result, width) : keyColumns(result, width);
	}
}

const keyColumns = (result: HotKeysResult, width: number): readonly HotColumn[] => [
	share,
	...(result.keys.some(({ low }) => low !== undefined) ? [interval] : []),
	bar(width),
	{ ...hits, title: amountTitle(result) },
	...(result.keys.some(({ netShare }) => netShare !== undefined) ? [net] : []),
	name('KEY'),
	...about(result),
];

const lfuColumns = (result: HotKeysResult, width: number): readonly HotColumn[] => [
	frequency,
	{ ...bar(width), rank: 15 },
	accesses,
	name('KEY'),
	...about(result),
];

const shareColumns = (width: number): readonly HotColumn[] => [share, bar(width)];

// ---------------------------------------------------------------------------------------------------------
// Columns

const column = (
	id: string,
	title: string,
	width: number,
	align: 'left' | 'right',
	rank: number,
	value: HotColumn['value'],
	gap?: number,
): HotColumn => ({ id, title, width, align, rank, value, gap });

const ofKey =
	(read: (key: HotKey, context: HotContext) => string): HotColumn['value'] =>
	(row, context) =>
		row.kind === 'key' ? read(row.key, context) : none;

const share = column('share', 'SHARE', 5, 'right', 0, row => orDash(shareOf(row), sharePercent), 0);

const interval = column(
	'interval',
	'LOW-HIGH',
	9,
	'right',
	16,
	ofKey(({ low, high }) =>
		low === undefined || high === undefined ? none : `${tenths(low)}-${tenths(high)}`,
	),
);

const bar = (width: number): HotColumn =>
	column('bar', '', isWide(width) ? 30 : isNarrow(width) ? 8 : 12, 'left', 5, (row, context) =>
		errorBar(row, context, isWide(width) ? 30 : isNarrow(width) ? 8 : 12),
	);

const hits = column('hits', 'HITS', 6, 'right', 2, amountOf, 1);

/** The other order of a HOTKEYS session: its share of the bytes. */
const net = column(
	'net',
	'BYTES',
	5,
	'right',
	3,
	ofKey(({ netShare }) => orDash(netShare, sharePercent)),
);

const name = (title: string) =>
	column('name', title, 0, 'left', 1, (row, { result }) =>
		row.kind === 'slot' && isOneNode(result) ? String(row.slot.slot) : nameOf(row),
	);

const patternKeys = column('keys', 'KEYS', 6, 'right', 5, row =>
	row.kind === 'pattern' ? figure(row.pattern.keys) : none,
);

const frequency = column(
	'share',
	'FREQ',
	5,
	'right',
	0,
	ofKey(({ counter }) => orDash(counter, String)),
	0,
);

const accesses = column(
	'accesses',
	'ACCESSES (est.)',
	28,
	'left',
	2.5,
	ofKey(key => counterWords(key) ?? none),
);

const type = column(
	'type',
	'TYPE',
	6,
	'left',
	6,
	ofKey(({ type: is, exists }) => (exists === false ? 'absent' : word(is))),
);
const ttl = column(
	'ttl',
	'TTL',
	4,
	'right',
	7,
	ofKey(({ ttlSeconds }) => ttlWord(ttlSeconds)),
);
const size = column(
	'size',
	'SIZE',
	5,
	'right',
	8,
	ofKey(({ bytes: size }) => orDash(size, bytes)),
	3,
);
const topCommand = column(
	'command',
	'TOP CMD',
	9,
	'left',
	9,
	ofKey(({ topCommand: is }) => word(is)),
);
const slot = column(
	'slot',
	'SLOT',
	5,
	'right',
	10,
	ofKey(({ slot: is }) => orDash(is, String)),
);
const db = column(
	'db',
	'DB',
	3,
	'right',
	5.5,
	ofKey(({ db: is }) => String(is ?? 0)),
);

/** What is said of a key besides how hot it is; the database and the slot where there are any. */
function about(result: HotKeysResult): readonly HotColumn[] {
	const some = (has: (key: HotKey) => boolean, wanted: HotColumn) => (result.keys.some(has) ? [wanted] : []);
	return [
		type,
		ttl,
		size,
		...some(key => key.topCommand !== undefined, topCommand),
		...some(key => (key.db ?? 0) !== 0, db),
		...some(key => key.slot !== undefined, slot),
	];
}

const ofSlot =
	(read: (slot: Extract<HotRow, { kind: 'slot' }>['slot']) => string): HotColumn['value'] =>
	row =>
		row.kind === 'slot' ? read(row.slot) : none;

const slotFigures: readonly HotColumn[] = [
	column(
		'cpu',
		'CPU/S',
		6,
		'right',
		3,
		ofSlot(one => orDash(one.cpuMicrosecondsPerSecond, us => duration(us / 1e6))),
	),
	column(
		'in',
		'IN/S',
		5,
		'right',
		6,
		ofSlot(one => orDash(one.inputBytesPerSecond, byteRate)),
	),
	column(
		'out',
		'OUT/S',
		5,
		'right',
		5,
		ofSlot(one => orDash(one.outputBytesPerSecond, byteRate)),
	),
	column(
		'keys',
		'KEYS',
		6,
		'right',
		4,
		ofSlot(one => orDash(one.keys, figure)),
	),
	column(
		'memory',
		'SIZE',
		5,
		'right',
		7,
		ofSlot(one => orDash(one.memoryBytes, bytes)),
	),
];
