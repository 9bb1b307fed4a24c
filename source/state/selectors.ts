// What of the State is on the screen: which moment, which rows in which order, where the cursor is, and how many
// lines each part of the screen gets. Pure, and shared by the keys (paging, moving) and the drawing, so that a page
// is what is seen. It makes no text and knows no colour.

import type { FleetSnapshot, Snapshot } from '../core/fleet/snapshot.ts';
import { untoldWords } from '../core/fleet/untold.ts';
import { rankOf } from '../core/thresholds.ts';
import type { Address, Finding, FleetEvent, RedisNode } from '../core/types.ts';
import {
	type ChosenColumn,
	chooseColumns,
	columnFacts,
	isNarrow,
	isWide,
	type SortValue,
} from './columns.ts';
import { newestHotKeys } from './hot-keys-found.ts';
import type { FleetTrack, State } from './state.ts';

/** The moment on the screen: now, or where time stands. */
export function shown(state: State): Snapshot {
	return state.paused?.snapshot ?? { at: state.at, fleets: state.fleets.map(fleet => fleet.now) };
}

/** Whether what is not kept of the past (the tracks of a fleet) is of the moment that is shown. */
export const isKept = ({ paused }: State): boolean => paused === undefined || paused.fleets !== undefined;

/** Its place among the fleets of a snapshot; it may be as it was when the screen was stopped. */
export const fleetIndex = (state: State, { id }: FleetTrack): number =>
	state.fleets.findIndex(fleet => fleet.id === id);

/** The moment the times on the screen are told from. While paused time stands. */
export const shownAt = (state: State): number => state.paused?.at ?? state.at;

/** A node with what its line needs. `fleet` is the index in `shown(state).fleets`. */
export type Row = {
	readonly node: RedisNode;
	readonly fleet: number;
	/** Its primary stands above it. */
	readonly isIndented: boolean;
};

// ---------------------------------------------------------------------------------------------------------
// Rows

/** Every row of the table, filtered and in order. */
export function rowsOf(state: State): readonly Row[] {
	const rows = allRows(state).filter(row => matches(row.node, state.filter));
	return sorted(state, state.sort.by === 'shards' ? indented(rows) : rows);
}

/** A replica stands under its primary only where that is shown as well. */
function indented(rows: readonly Row[]): Row[] {
	const addresses = new Set(rows.map(row => row.node.address));
	return rows.map(row => ({
		...row,
		isIndented:
			row.node.role === 'replica' && row.node.primary !== undefined && addresses.has(row.node.primary),
	}));
}

/** Fleets of one node first: they have no heading, and would read as part of the fleet above them. */
function allRows(state: State): Row[] {
	const fleets = shown(state).fleets.map(({ fleet }, index) => ({ fleet, index }));
	const ordered = [
		...fleets.filter(({ fleet }) => fleet.nodes.length < 2),
		...fleets.filter(({ fleet }) => fleet.nodes.length > 1),
	];
	return ordered.flatMap(({ fleet, index }) =>
		fleet.nodes.map(node => ({ node, fleet: index, isIndented: false })),
	);
}

function matches(node: RedisNode, filter: string): boolean {
	if (filter === '') return true;
	const shard = node.shard === undefined ? '' : `shard ${node.shard}`;
	const words = [node.address, node.role, node.health, node.server, node.version, node.group, shard].join(
		' ',
	);
	return words.toLowerCase().includes(filter.toLowerCase());
}

function sorted(state: State, rows: Row[]): readonly Row[] {
	const held = state.heldOrder;
	if (held !== undefined && state.at < held.until) return inHeldOrder(rows, held.order);
	if (state.sort.by === 'shards') return state.sort.isReversed ? reversedShards(rows) : rows;
	const value = sortValue(state);
	const keyed = rows.map(row => ({ row, value: value(row) }));
	const sign = state.sort.isReversed ? -1 : 1;
	// Array.sort is stable: equals stay in shard order. Undefined is last whichever way.
	return keyed.sort((a, b) => compare(a.value, b.value, sign)).map(({ row }) => row);
}

function inHeldOrder(rows: Row[], order: readonly Address[]): readonly Row[] {
	const place = new Map(order.map((address, index) => [address, index]));
	const placeOf = (row: Row) => place.get(row.node.address) ?? order.length;
	return rows.sort((a, b) => placeOf(a) - placeOf(b));
}

/** Shards from the last to the first, replicas still behind their primary. */
function reversedShards(rows: readonly Row[]): readonly Row[] {
	const blocks: Row[][] = [];
	for (const row of rows) {
		if (row.isIndented && blocks.length > 0) blocks.at(-1)!.push(row);
		else blocks.push([row]);
	}
	const fleets = [...new Set(rows.map(row => row.fleet))];
	return fleets.flatMap(fleet =>
		blocks
			.filter(([first]) => first!.fleet === fleet)
			.reverse()
			.flat(),
	);
}

/** What rows are compared by: the smallest first. */
function sortValue(state: State): (row: Row) => SortValue {
	if (state.sort.by === 'worst') {
		const weights = findingWeights(state);
		return row => -weightOf(row.node, weights);
	}
	const facts = columnFacts.get(state.sort.column ?? '');
	if (facts === undefined) return () => undefined;
	const at = shownAt(state);
	return row => {
		const value = facts.sort(row.node, at);
		return facts.isAscending === true || typeof value !== 'number' ? value : -value;
	};
}

function compare(a: SortValue, b: SortValue, sign: number): number {
	if (isMissing(a) || isMissing(b)) return Number(isMissing(a)) - Number(isMissing(b));
	if (typeof a === 'number' && typeof b === 'number') return (a - b) * sign;
	const [left, right] = [String(a), String(b)];
	if (left === right) return 0;
	return left < right ? -sign : sign;
}

const isMissing = (value: SortValue) => value === undefined || Number.isNaN(value);

// ---------------------------------------------------------------------------------------------------------
// Findings

/** All findings of the moment, the worst first, then the most urgent. */
export function worstFindings(state: State): readonly Finding[] {
	const all = shown(state).fleets.flatMap(({ findings }) => findings);
	return all.sort((a, b) => severityWeight(b) - severityWeight(a) || rankOf(a.id) - rankOf(b.id));
}

/** The findings of one node, by fleet: two fleets may have an address in common. */
export function nodeFindings(snapshot: FleetSnapshot, address: Address): readonly Finding[] {
	return snapshot.findings.filter(finding => finding.node === address);
}

const severityWeight = (finding: Finding) => (finding.severity === 'crit' ? 100 : 1);

function findingWeights(state: State): ReadonlyMap<Address, number> {
	const weights = new Map<Address, number>();
	for (const finding of shown(state).fleets.flatMap(({ findings }) => findings)) {
		if (finding.node === undefined) continue;
		weights.set(finding.node, (weights.get(finding.node) ?? 0) + severityWeight(finding));
	}
	return weights;
}

/** A node that does not answer is worse than any number it might have shown. */
function weightOf(node: RedisNode, weights: ReadonlyMap<Address, number>): number {
	const health = { down: 10_000, loading: 50, stale: 10, up: 0 }[node.health];
	return node.isGone ? -1 : health + (weights.get(node.address) ?? 0);
}

/** The rows `n` and `N` go through: those with a finding or without an answer, in the order of the table. */
export function rowsWithFindings(state: State): readonly Row[] {
	const weights = findingWeights(state);
	return rowsOf(state).filter(row => weightOf(row.node, weights) > 0);
}

/** Events of all fleets, newest first. */
export function eventsOf(state: State): readonly FleetEvent[] {
	const { fleets } = shown(state);
	if (fleets.length === 1) return fleets[0]!.events;
	return fleets.flatMap(({ events }) => events).sort((a, b) => b.at - a.at);
}

// ---------------------------------------------------------------------------------------------------------
// Cursor

/** Where the cursor is: always a node that is shown. One that went away leaves it to the row that was nearest, else the first. */
export function cursorOf(state: State, rows: readonly Row[] = rowsOf(state)): Address | undefined {
	const { cursor } = state;
	if (cursor === undefined || rows.some(row => row.node.address === cursor))
		return cursor ?? rows[0]?.node.address;
	return nearest(state, rows, cursor)?.node.address ?? rows[0]?.node.address;
}

/** The shown row nearest to a filtered one, in shard order. */
function nearest(state: State, rows: readonly Row[], cursor: Address): Row | undefined {
	const everything = allRows(state).map(row => row.node.address);
	const at = everything.indexOf(cursor);
	if (at < 0) return undefined;
	const distance = (row: Row) => Math.abs(everything.indexOf(row.node.address) - at);
	return rows.reduce<Row | undefined>(
		(best, row) => (best === undefined || distance(row) < distance(best) ? row : best),
		undefined,
	);
}

/** The fleet the cursor is in: whose SLOTS, charts and Sentinels are drawn. */
export function cursorFleet(state: State, rows: readonly Row[] = rowsOf(state)): FleetSnapshot | undefined {
	const cursor = cursorOf(state, rows);
	const index = rows.find(row => row.node.address === cursor)?.fleet ?? 0;
	return shown(state).fleets[index];
}

// ---------------------------------------------------------------------------------------------------------
// Layout

/** A line of the table's body. */
export type TableLine =
	| { readonly kind: 'heading'; readonly fleet: number }
	| { readonly kind: 'row'; readonly row: Row };

/** Rows with a heading above each fleet of several nodes, where there are several fleets and their rows are together. */
export function tableLines(state: State, rows: readonly Row[] = rowsOf(state)): readonly TableLine[] {
	const { fleets } = shown(state);
	const hasHeadings = fleets.length > 1 && state.sort.by === 'shards';
	const lines: TableLine[] = [];
	let last: number | undefined;
	for (const row of rows) {
		const isNew = row.fleet !== last && (fleets[row.fleet]?.fleet.nodes.length ?? 0) > 1;
		if (hasHeadings && isNew) lines.push({ kind: 'heading', fleet: row.fleet });
		lines.push({ kind: 'row', row });
		last = row.fleet;
	}
	return lines;
}

/** The smallest screen anything is drawn on. */
export const smallest = { columns: 40, rows: 10 };
export const isTooSmall = ({ size }: State) => size.columns < smallest.columns || size.rows < smallest.rows;

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

/** The columns on the screen, in reading order: what `<` and `>` go through. */
export function visibleColumns(state: State): readonly ChosenColumn[] {
	const fleets = shown(state).fleets.map(({ fleet }) => fleet);
	return chooseColumns(state.columnSet, state.size.columns, {
		hasSlots: fleets.some(fleet => fleet.mode === 'cluster'),
		hasGroups: fleets.some(fleet => fleet.nodes.some(node => node.group !== undefined)),
	});
}

// ---------------------------------------------------------------------------------------------------------
// Words

/** What the servers do not let us ask, once per fleet and in words; undefined when they let us ask everything. */
export function quietWords(state: State): string | undefined {
	const refusals = shown(state).fleets.flatMap(({ fleet }) => fleet.nodes.flatMap(node => node.refused));
	const words = (why: string) => [
		...new Set(refusals.filter(refusal => refusal.why === why).map(refusal => refusal.word)),
	];
	const denied = words('no-permission');
	const unknown = words('unknown-command').map(word => word.replace(/^\+/, ''));
	const nodes = shown(state).fleets.flatMap(({ fleet }) => fleet.nodes);
	const sentences = [
		...new Set(nodes.filter(node => !node.isGone).flatMap(node => untoldWords(node) ?? [])),
		denied.length > 0 ? `not allowed for this user: ${denied.join(' ')}` : '',
		unknown.length > 0 ? `not known to this server: ${unknown.join(' ')}` : '',
	].filter(sentence => sentence !== '');
	return sentences.length > 0 ? sentences.join('; ') : undefined;
}

/** The fleet that has a node of this name. */
export const fleetWith = (state: State, address: Address | undefined): FleetTrack | undefined =>
	state.fleets.find(({ now }) => now.fleet.nodes.some(node => node.address === address));
