// How many lines each part of the fleet screen gets, and which line of its table is the first that is seen.

import type { FleetSnapshot } from '../../../core/fleet/snapshot.ts';
import type { Address } from '../../../core/types.ts';
import { newestHotKeys } from '../../../state/hot-keys-found.ts';
import { shown } from '../../../state/shown.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { cursorOf, rowsOf, type TableLine, tableLines } from './rows.ts';

/** How many lines each part of the fleet screen has. They add up to the height of the screen. */
export type Layout = {
	readonly vitals: 1 | 2;
	/** The empty line above the table. */
	readonly gap: 0 | 1;
	/** Lines of the table without its head. */
	readonly table: number;
	/** Lines of a chart without its title; 0 is no charts. */
	readonly chart: number;
	/** The SLOTS or SENTINELS line. */
	readonly strip: 0 | 1;
	/** Lines of EVENTS without the title; 0 is none, not even the title. */
	readonly events: number;
	/** The HOT KEYS line, below the events. */
	readonly hot: 0 | 1;
	/** Empty lines above the message line. */
	readonly rest: number;
};

const stripLines = 2;

const chartLeast = 4;

const hotLines = 2;

/** Four events and the lines around them stay. */
const hotLeast = 9;

/** Gives out the lines: the table first; EVENTS give up theirs before the strip does, the charts before both. */
export function layoutOf(state: State, lines: number = tableLines(state).length): Layout {
	const { columns, rows } = state.size;
	const vitals = isNarrow(columns) ? 1 : 2;
	// Line 1, the vitals, the finding line, the table's head, the message line and the key bar.
	const body = Math.max(0, rows - vitals - 5);
	const table = Math.min(Math.max(lines, 1), body);
	let left = body - table;
	const gap = !isNarrow(columns) && left > 0 ? 1 : 0;
	left -= gap;
	const strip = hasStrip(state) && left >= stripLines ? 1 : 0;
	left -= strip * stripLines;
	const chart = chartLines(state, left);
	left -= chart === 0 ? 0 : chart + 2;
	// It comes when something was found: it takes the last lines of EVENTS, so nothing above them moves.
	const hot = isWide(columns) && left >= hotLeast && newestHotKeys(state) !== undefined ? 1 : 0;
	left -= hot * hotLines;
	const events = eventLines(left, isNarrow(columns));
	return { vitals, gap, table, chart, strip, events, hot, rest: events > 0 ? left - 2 - events : left };
}

/** Behind the blank and the title; the last line stays free where there are some, so that the message stands apart. */
function eventLines(left: number, isTight: boolean): number {
	if (left < (isTight ? 4 : 3)) return 0;
	return left - 2 > 3 ? left - 3 : left - 2;
}

/** For any of the fleets, or the lines would jump when the cursor goes from one to another. */
function hasStrip(state: State): boolean {
	return !isNarrow(state.size.columns) && shown(state).fleets.some(hasShape);
}

const hasShape = ({ fleet }: FleetSnapshot): boolean =>
	fleet.mode === 'cluster' || (fleet.sentinel !== undefined && fleet.sentinel.sentinels.length > 0);

/** Whose slots or Sentinels are drawn: the fleet's under the cursor, or the first that has any. */
export function stripFleet(state: State, around: FleetSnapshot | undefined): FleetSnapshot | undefined {
	return around !== undefined && hasShape(around) ? around : shown(state).fleets.find(hasShape);
}

/** Lines of a chart: what EVENTS with five lines, or at least two, leave over. */
function chartLines(state: State, left: number): number {
	const { columns, rows } = state.size;
	if (!isWide(columns) || state.fleets.length === 0) return 0;
	const most = rows > 50 ? 12 : 8;
	const beside = left - 2 - 8;
	if (beside >= chartLeast) return Math.min(most, beside);
	return left - 2 - 4 >= chartLeast ? chartLeast : 0;
}

/** The first line of the table that is drawn, so that the cursor is among them: `state.top`, moved only as far as needed. */
export function topOf(state: State): number {
	const rows = rowsOf(state);
	const lines = tableLines(state, rows);
	return visibleTop(lines, layoutOf(state, lines.length).table, state.top, cursorOf(state, rows));
}

/** `topOf`, from what a caller has already. */
export function visibleTop(
	lines: readonly TableLine[],
	height: number,
	top: number,
	cursor: Address | undefined,
): number {
	const last = Math.max(0, lines.length - height);
	const at = lines.findIndex(line => line.kind === 'row' && line.row.node.address === cursor);
	const kept = Math.min(Math.max(0, Math.floor(top) || 0), last);
	if (at < 0) return kept;
	// The heading above the first row of a fleet comes along where there is room for both.
	const from = at > 0 && height > 1 && lines[at - 1]!.kind === 'heading' ? at - 1 : at;
	return Math.min(Math.max(Math.min(kept, from), at - height + 1), last);
}

/** How many rows PgUp and PgDn move. */
export const bodyLines = (state: State): number => layoutOf(state).table;
