// What the screen of big keys shows of its state: whose scan, the rows of each list, the row under the cursor, what a
// scan would cost, and how many lines each part gets. Pure, and shared by the keys and the drawing, so that a page is
// what is seen. It makes no text and knows no colour.

import {
	type BigKey,
	type BigKeysResult,
	type DatabaseGroup,
	type PatternGroup,
	type ScanLimits,
	type ScanTarget,
	shareRead,
} from '../../../core/keys/big-keys.ts';
import { currentScope } from '../../../state/key-scope.ts';
import { type BigKeysTrack, isSameScope } from '../../../state/key-screens.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow, isWide } from '../../columns.ts';

// ---------------------------------------------------------------------------------------------------------
// Whose

/** The newest scan of the scope on the screen. */
export const scanOnScreen = (state: State): BigKeysTrack | undefined =>
	state.bigKeys && scanOfScope(state, state.bigKeys.scope);

/** The newest scan of a scope. */
export const scanOfScope = (state: State, scope: BigKeysTrack['scope']): BigKeysTrack | undefined =>
	state.bigKeys?.scans.find(scan => isSameScope(currentScope(state, scan.scope), currentScope(state, scope)));

/** What the scan on the screen was limited to, or would be. */
export function limitsOnScreen(state: State): ScanLimits | undefined {
	const scan = scanOnScreen(state);
	return scan === undefined ? state.scanOnly : scan.only;
}

/** Scans at work, newest first: they go on when the screen is left. */
export const runningScans = (state: State): readonly BigKeysTrack[] =>
	state.bigKeys?.scans.filter(({ isOver }) => !isOver) ?? [];

export const foundOnScreen = (state: State): BigKeysResult | undefined => scanOnScreen(state)?.found;

/** 0 to 1; undefined until the nodes have told how many keys they have. */
export function scannedShare({ progress }: BigKeysTrack): number | undefined {
	return progress && shareRead(progress);
}

// ---------------------------------------------------------------------------------------------------------
// Rows

/** A line of the list; `id` is what the cursor holds on to. */
export type BigKeysRow = { readonly id: string } & (
	| { readonly kind: 'key'; readonly key: BigKey }
	| { readonly kind: 'pattern'; readonly group: PatternGroup }
	| { readonly kind: 'database'; readonly group: DatabaseGroup }
);

export const keyId = ({ key, node, db }: Pick<BigKey, 'key' | 'node' | 'db'>): string =>
	`${node} ${db} ${key}`;

export function bigKeysRows(state: State): readonly BigKeysRow[] {
	const found = foundOnScreen(state);
	if (found === undefined) return [];
	switch (state.bigKeys!.view) {
		case 'bytes':
			return found.keys.map(keyRow);
		case 'items':
			return found.keysByItems.map(keyRow);
		case 'patterns':
			return found.patterns.map(group => ({ kind: 'pattern', id: group.pattern, group }));
		case 'databases':
			return [...found.databases]
				.sort((a, b) => b.bytes - a.bytes)
				.map(group => ({ kind: 'database', id: `${group.node} ${group.db}`, group }));
	}
}

const keyRow = (key: BigKey): BigKeysRow => ({ kind: 'key', id: keyId(key), key });

/** Where the cursor is: on the row it holds on to, wherever that is now, else on the first. */
export function cursorIndex(state: State, rows: readonly BigKeysRow[]): number {
	const { cursor } = state.bigKeys!;
	return Math.max(
		0,
		rows.findIndex(({ id }) => id === cursor),
	);
}

export const rowAtCursor = (
	state: State,
	rows: readonly BigKeysRow[] = bigKeysRows(state),
): BigKeysRow | undefined => rows[cursorIndex(state, rows)];

// ---------------------------------------------------------------------------------------------------------
// What a scan would cost

export type ScanCostAhead = {
	readonly keys?: number;
	/** At the ceiling of keys a second; undefined without one, or where the keys are not known. */
	readonly seconds?: number;
	readonly hits?: number;
};

/** As redis/big-keys has it: at most one key of a hundred, in a small key space so many, is asked for type and TTL. */
const sampledShare = 0.01;
const leastSampled = 6000;
/** Of each listed key, and of the sample beside a long list. */
const hitsOfListed = 6;
const leastBesideList = 2000;

/** At the most; three hits a key where every key is asked: type, TTL, length. */
export function costAhead(
	targets: readonly ScanTarget[],
	{ scanRate: rate, scanTop: top }: Pick<State, 'scanRate' | 'scanTop'>,
	isExact: boolean,
): ScanCostAhead {
	if (targets.some(({ keys }) => keys === undefined)) return {};
	const keys = targets.reduce((sum, target) => sum + target.keys!, 0);
	const most = Math.max(0, ...targets.map(target => target.keys!));
	const sampled = Math.max(leastSampled, keys * sampledShare, hitsOfListed * top + leastBesideList);
	return {
		keys,
		seconds: rate > 0 ? most / rate : undefined,
		hits: isExact ? keys * 3 : Math.round(Math.min(keys * 2, sampled)),
	};
}

// ---------------------------------------------------------------------------------------------------------
// Layout

/** How many lines each part has, from line 4 to the one above the message line. */
export type BigKeysLayout = {
	/** The empty lines above the table, the types, the sentence and the notes. */
	readonly gap: 0 | 1;
	readonly head: 0 | 1;
	/** Lines of the list without its head. */
	readonly table: number;
	/** The opened key, without the empty line above it. */
	readonly pane: number;
	readonly types: 0 | 1;
	/** BY PATTERN without its title; 0 is none, not even that. */
	readonly patterns: number;
	readonly sentence: 0 | 1;
	readonly notes: number;
};

/** Line 1, two about the scan, the message line and the key bar. */
const standing = 5;
const leastTable = 4;
const usualTable = 9;
const tallTable = 12;
const usualPatterns = 3;
const leastPane = 11;
const tallPane = 15;
const noteLines = 2;

/** Gives out the lines: some rows first, then the sums below them, and what is left to rows and patterns. */
export function bigKeysLayout(state: State, count: number = bigKeysRows(state).length): BigKeysLayout {
	const { columns, rows } = state.size;
	const isSmall = isNarrow(columns);
	const body = Math.max(0, rows - standing);
	const isOpen = state.bigKeys?.open !== undefined;
	if (isOpen && isSmall)
		return { gap: 0, head: 0, table: 0, pane: body, types: 0, patterns: 0, sentence: 0, notes: 0 };
	let left = Math.max(0, body - 1);
	const take = (lines: number) => {
		const taken = lines <= left ? lines : 0;
		left -= taken;
		return taken;
	};
	const gap = !isSmall && body > leastTable + 2 ? (take(1) as 0 | 1) : 0;
	let table = take(Math.min(left, leastTable));
	if (isOpen) {
		const wanted = isWide(columns) && rows >= 36 ? tallPane : leastPane;
		const pane = Math.max(0, take(Math.min(left, wanted + gap)) - gap);
		table += take(left);
		return { gap, head: 1, table, pane, types: 0, patterns: 0, sentence: 0, notes: 0 };
	}
	const isKeys = state.bigKeys?.view === 'bytes' || state.bigKeys?.view === 'items';
	const sentence = take(1 + gap) > 0 ? 1 : 0;
	const types = !isSmall && take(1 + gap) > 0 ? 1 : 0;
	let patterns =
		isKeys && left >= usualPatterns + 1 + (isSmall ? usualTable : 0) ? take(usualPatterns + 1) - 1 : 0;
	table += take(Math.min(left, usualTable - leastTable));
	if (patterns > 0) patterns += take(Math.min(left, 2));
	const notes = left > noteLines + gap ? take(noteLines + gap) - gap : 0;
	table += take(Math.min(left, tallTable - usualTable));
	if (patterns > 0) patterns += take(Math.min(left >> 2, 5));
	table += take(left);
	return { gap, head: 1, table: fitted(state, table, count), pane: 0, types, patterns, sentence, notes };
}

/** While it is scanned nothing below the list moves; afterwards a short list takes no more than it has. */
function fitted(state: State, lines: number, count: number): number {
	return scanOnScreen(state)?.isOver ? Math.min(lines, Math.max(count, 1)) : lines;
}

/** The first row drawn, so that the cursor is in view: the one kept, moved only as far as needed. */
export function bigKeysTop(state: State, rows: readonly BigKeysRow[] = bigKeysRows(state)): number {
	const height = bigKeysLayout(state, rows.length).table;
	const last = Math.max(0, rows.length - height);
	const at = cursorIndex(state, rows);
	const kept = Math.min(Math.max(0, state.bigKeys!.top), last);
	return Math.max(0, Math.min(Math.max(Math.min(kept, at), at - height + 1), last));
}
