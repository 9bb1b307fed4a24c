// What the screen of hot keys shows of its state: whose watch and which result, the rows of each list, the row under
// the cursor, and how many lines each part gets. Pure, and shared by the keys and the drawing, so that a page is what
// is seen. It makes no text: that is ways.ts and the screen.

import { byBytesFirst } from '../../../core/keys/hot-join.ts';
import type {
	HotClient,
	HotCommand,
	HotKey,
	HotKeysResult,
	HotKeysStatus,
	HotPattern,
	HotTarget,
} from '../../../core/keys/hot-keys.ts';
import { askedRung, type Ladder, type Rung } from '../../../core/keys/hot-ladder.ts';
import { hotTargets } from '../../../core/keys/hot-targets.ts';
import type { HotSlot } from '../../../core/parse/parse-slot-stats.ts';
import { fleetOf } from '../../../state/key-scope.ts';
import {
	type HotKeysTrack,
	type HotKeysView,
	isSameScope,
	type KeyScope,
} from '../../../state/key-screens.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow } from '../../columns.ts';
import { wayLines } from './ways.ts';

// ---------------------------------------------------------------------------------------------------------
// Whose

/** The watch of the scope on the screen. */
export function hotTrack(state: State): HotKeysTrack | undefined {
	const { hotKeys } = state;
	return hotKeys?.watches.find(watch => isSameScope(watch.scope, hotKeys.scope));
}

export const hotStatus = (state: State): HotKeysStatus | undefined => hotTrack(state)?.status;
export const hotResult = (state: State): HotKeysResult | undefined => hotTrack(state)?.result;

/** The list that is shown: the slots in the place of the keys where only they are known. */
export function hotView(state: State): HotKeysView {
	const view = state.hotKeys?.view ?? 'keys';
	const result = hotResult(state);
	const isOnlySlots = result !== undefined && result.keys.length === 0 && result.slots.length > 0;
	return view === 'keys' && isOnlySlots ? 'slots' : view;
}

/** The nodes of a scope as the fleet has them now. */
export function hotTargetsOf(state: State, scope: KeyScope): readonly HotTarget[] {
	const fleet = fleetOf(state, scope)?.now.fleet;
	return fleet === undefined ? [] : hotTargets(fleet, scope.primary);
}

/**
 * Other nodes serve now than when it was begun. One that is down for a while is no other node; what is asked for just
 * now is seen to its end first, or a failover would take it away without a word.
 */
export const isOutdated = (track: HotKeysTrack, targets: readonly HotTarget[], at: number): boolean =>
	at >= (track.keepUntil ?? 0) && targets.some(({ address }) => !track.nodes.includes(address));

/** The window that `s` opened; the short ones that repeat come and go by themselves. */
export function openWindow(status: HotKeysStatus | undefined): HotKeysStatus['sampling'] {
	const { sampling, repeating } = status ?? {};
	const isShort =
		repeating !== undefined && (sampling?.mostSeconds ?? 0) * 1000 <= repeating.windowMilliseconds;
	return isShort ? undefined : sampling;
}

/** Every node has said what it can do, or that it does not answer. */
export const isAsked = (track: HotKeysTrack): boolean =>
	track.status !== undefined && track.status.ladders.length >= track.nodes.length;

/** The nodes that `s` starts something on, and what: the rung that wants to be asked for. */
export const askedRungs = (status: HotKeysStatus): readonly { ladder: Ladder; rung: Rung }[] =>
	status.ladders.flatMap(ladder => {
		const method = askedRung(ladder);
		const rung = ladder.rungs.find(one => one.method === method);
		return rung === undefined ? [] : [{ ladder, rung }];
	});

// ---------------------------------------------------------------------------------------------------------
// How hot

/** From this share of one primary's commands on, a key is worth a look: five such keys are a whole node. */
export const hotShare = 0.2;

/** The key's share of its own node, where the result may be of several; undefined where it has none. */
export function shareOfNode(key: HotKey, result: HotKeysResult): number | undefined {
	if (result.nodes.length < 2) return key.share;
	const { commands, weight } = result.nodes.find(({ node }) => node === key.node) ?? {};
	if (key.share !== undefined && key.cpuMicroseconds !== undefined && weight)
		return Math.min(1, key.share / weight);
	return key.hits !== undefined && commands ? Math.min(1, key.hits / commands) : key.share;
}

// ---------------------------------------------------------------------------------------------------------
// Rows

/** A row of the list on the screen; `id` is what the cursor holds on to. */
export type HotRow = { readonly id: string } & (
	| { readonly kind: 'key'; readonly key: HotKey }
	| { readonly kind: 'pattern'; readonly pattern: HotPattern }
	| { readonly kind: 'command'; readonly command: HotCommand }
	| { readonly kind: 'client'; readonly client: HotClient }
	| { readonly kind: 'slot'; readonly slot: HotSlot }
);

export const keyId = (key: Pick<HotKey, 'key' | 'node' | 'db'>): string =>
	`${key.node} ${key.db ?? 0} ${key.key}`;

/** Rows in their order; empty where lines of text are shown. */
export function hotRows(state: State): readonly HotRow[] {
	const { hotKeys } = state;
	const result = hotResult(state);
	if (hotKeys === undefined || result === undefined || isText(state)) return [];
	const rows = rowsOfView(state, result);
	const { held } = hotKeys;
	if (held === undefined || state.at >= held.until) return rows;
	const place = new Map(held.order.map((id, index) => [id, index]));
	const placeOf = ({ id }: HotRow) => place.get(id) ?? held.order.length;
	return [...rows].sort((a, b) => placeOf(a) - placeOf(b));
}

function rowsOfView(state: State, result: HotKeysResult): readonly HotRow[] {
	switch (hotView(state)) {
		case 'keys':
			return result.keys.map(key => ({ kind: 'key', id: keyId(key), key }));
		case 'bytes':
			return byBytesFirst(result.keys).map(key => ({ kind: 'key', id: keyId(key), key: ofBytes(key) }));
		case 'patterns':
			return result.patterns.map(pattern => ({ kind: 'pattern', id: pattern.pattern, pattern }));
		case 'commands':
			return result.byCommand.map(command => ({ kind: 'command', id: command.command, command }));
		case 'clients':
			return result.byClient.map(client => ({ kind: 'client', id: client.client, client }));
		case 'slots':
			return result.slots.map(slot => ({ kind: 'slot', id: `${slot.node} ${slot.slot}`, slot }));
		case 'ways':
			return [];
	}
}

/** The key as its bytes have it: what stands in the columns of time is left out. */
const ofBytes = (key: HotKey): HotKey => ({
	...key,
	...{ share: key.netShare, low: key.netLow, high: key.netHigh },
	...{ isUnsure: undefined, cpuMicroseconds: undefined },
});

/** Lines of text in the place of a list: the ways there are, also while nothing was found yet. */
export const isText = (state: State): boolean =>
	state.hotKeys?.view === 'ways' || hotResult(state) === undefined;

/** Where the cursor is: on a row that is there, or nowhere. */
export function hotCursor(state: State, rows: readonly HotRow[] = hotRows(state)): HotRow | undefined {
	return rows.find(({ id }) => id === state.hotKeys?.cursor) ?? rows[0];
}

/** The key under the cursor. */
export function hotKeyAtCursor(state: State, rows: readonly HotRow[] = hotRows(state)): HotKey | undefined {
	const row = hotCursor(state, rows);
	return row?.kind === 'key' ? row.key : undefined;
}

/** What was opened, where it is the key under the cursor. */
export function openHere(state: State, key: HotKey | undefined = hotKeyAtCursor(state)) {
	const open = state.hotKeys?.open;
	return open !== undefined && key !== undefined && keyId(open.key) === keyId(key) ? open : undefined;
}

// ---------------------------------------------------------------------------------------------------------
// Layout

/** How many lines each part of the screen has, from line 4 to the one above the message line. They fill it. */
export type HotLayout = {
	/** The empty line above the table. */
	readonly gap: 0 | 1;
	/** Lines of the table, or of text, without the table's head. */
	readonly table: number;
	readonly head: 0 | 1;
	/** `other keys …` */
	readonly other: 0 | 1;
	/** Lines about the key under the cursor, without the empty line above them. */
	readonly detail: number;
	/** Patterns below each other; 0 is none, not even the titles. */
	readonly patterns: number;
	/** One line each: BY COMMAND, BY CLIENT. */
	readonly sums: 0 | 1 | 2;
};

/** Line 1, two about the sample, the message line and the key bar. */
const standing = 5;
const leastTable = 4;
const leastOpenTable = 2;
/** So many rows are kept free also where there are fewer keys, so that what stands below does not move. */
const usualTable = 10;
/** The key, the sentence, three pieces of advice. */
const usualDetail = 5;
/** An opened key; above it what it takes, where the screen is tall. */
const openPane = 11;
const tallRows = 36;
const patternsShown = 5;

/** Gives out the lines: some rows first, then the key under the cursor, ten rows, the patterns, the sums, more rows. */
export function hotLayout(state: State, count: number = hotRows(state).length): HotLayout {
	const { columns, rows } = state.size;
	const narrow = isNarrow(columns);
	const gap = narrow ? 0 : 1;
	const body = Math.max(0, rows - standing - gap);
	if (isText(state)) return { gap, table: body, head: 0, other: 0, detail: 0, patterns: 0, sums: 0 };
	const view = hotView(state);
	if (view !== 'keys' && view !== 'bytes')
		return { gap, table: Math.max(0, body - 1), head: 1, other: 0, detail: 0, patterns: 0, sums: 0 };
	const hasOther = view === 'keys' && hotResult(state)?.others !== undefined;
	const other = !hasOther || body < leastTable + 2 ? 0 : 1;
	let left = body - 1 - other;
	const take = (lines: number, isWanted = true) => {
		if (!isWanted || left < lines) return 0;
		left -= lines;
		return lines;
	};
	const result = hotResult(state);
	const rowsFirst = take(Math.min(left, narrow && openHere(state) ? leastOpenTable : leastTable));
	const detail = detailLines(state, narrow, left);
	take(detail === 0 ? 0 : detail + (narrow ? 0 : 1));
	const rowsThen = take(Math.min(left, usualTable - leastTable));
	const patterns = take(patternsShown + 3, !narrow && result!.patterns.length > 0) === 0 ? 0 : patternsShown;
	const sums = patterns === 0 ? 0 : take(3) > 0 ? 2 : take(2) > 0 ? 1 : 0;
	const rowsMore = take(Math.min(left, Math.max(0, count - rowsFirst - rowsThen)));
	return { gap, table: rowsFirst + rowsThen + rowsMore, head: 1, other, detail, patterns, sums };
}

function detailLines(state: State, narrow: boolean, left: number): number {
	const isOpen = openHere(state) !== undefined;
	if (narrow) return left >= 2 ? Math.min(isOpen ? openPane : 2, left) : 0;
	const both = state.size.rows >= tallRows ? usualDetail + 1 + openPane : openPane;
	const wanted = isOpen ? both : usualDetail;
	const fitting = Math.min(wanted, left - 1);
	return fitting >= 2 ? fitting : 0;
}

/** Lines of text, as wide as the screen lets them be. */
export const hotText = (state: State) => wayLines(state, hotTrack(state));

/** How many rows, or lines of text, the list on the screen has. */
export const hotLength = (state: State, rows: readonly HotRow[] = hotRows(state)): number =>
	isText(state) ? hotText(state).length : rows.length;

/** The first row drawn, so that the cursor is in view: the one kept, moved only as far as needed. */
export function hotTop(state: State, rows: readonly HotRow[] = hotRows(state)): number {
	const length = hotLength(state, rows);
	const height = hotLayout(state, rows.length).table;
	const last = Math.max(0, length - height);
	const kept = Math.min(Math.max(0, state.hotKeys?.top ?? 0), last);
	if (isText(state)) return kept;
	const at = rows.indexOf(hotCursor(state, rows)!);
	return at < 0 ? kept : Math.min(Math.max(Math.min(kept, at), at - height + 1), last);
}
