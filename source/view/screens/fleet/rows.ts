// The rows of the fleet: which, in which order, and where the cursor is; shared by the keys (paging, moving) and the
// drawing, so that a page is what is seen.

import { primaryNow } from '../../../core/fleet/serving.ts';
import type { FleetSnapshot } from '../../../core/fleet/snapshot.ts';
import { untoldWords } from '../../../core/fleet/untold.ts';
import type { Address, RedisNode } from '../../../core/types.ts';
import { scopesOf } from '../../../state/key-scope.ts';
import type { KeyScope } from '../../../state/key-screens.ts';
import { severityWeight, shown, shownAt } from '../../../state/shown.ts';
import type { State } from '../../../state/state.ts';
import { type ChosenColumn, chooseColumns, columnFacts, type SortValue } from '../../columns.ts';
import { groupRow } from './group-row.ts';

/** A node with what its line needs. `fleet` is the index in `shown(state).fleets`. */
export type Row = {
	readonly node: RedisNode;
	readonly fleet: number;
	/** Its primary stands above it. */
	readonly isIndented: boolean;
	/** Stands for all nodes of its fleet, with their totals. */
	readonly isFolded?: true;
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
	return ordered.flatMap(({ fleet, index }): Row[] =>
		isFolded(state, index)
			? [{ node: groupRow(fleet), fleet: index, isIndented: false, isFolded: true }]
			: fleet.nodes.map(node => ({ node, fleet: index, isIndented: false })),
	);
}

/** What is looked for by a filter is seen, wherever it is. */
const isFolded = (state: State, index: number): boolean =>
	state.unfolded !== undefined &&
	state.filter === '' &&
	!state.unfolded.has(state.fleets[index]?.id ?? -1) &&
	(shown(state).fleets[index]?.fleet.nodes.length ?? 0) > 1;

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

function findingWeights(state: State): ReadonlyMap<Address, number> {
	const weights = new Map<Address, number>();
	for (const finding of shown(state).fleets.flatMap(({ findings }) => findings)) {
		if (finding.node === undefined) continue;
		weights.set(finding.node, (weights.get(finding.node) ?? 0) + severityWeight(finding));
	}
	if (state.unfolded)
		for (const { fleet, findings } of shown(state).fleets)
			weights.set(
				fleet.name,
				findings.reduce((sum, finding) => sum + severityWeight(finding), 0),
			);
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
// Lines of the table

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
		const isNew = !row.isFolded && row.fleet !== last && (fleets[row.fleet]?.fleet.nodes.length ?? 0) > 1;
		if (hasHeadings && isNew) lines.push({ kind: 'heading', fleet: row.fleet });
		lines.push({ kind: 'row', row });
		last = row.fleet;
	}
	return lines;
}

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
	const refusedFor = (why: string) => refusals.filter(refusal => refusal.why === why);
	const denied = [...new Set(refusedFor('no-permission').map(({ word }) => word))];
	const unknown = [
		...new Set(refusedFor('unknown-command').map(({ command }) => command.replaceAll(' ', '|'))),
	];
	const nodes = shown(state).fleets.flatMap(({ fleet }) => fleet.nodes);
	const sentences = [
		// What an exporter lacks is no news of a server.
		...new Set(
			state.prometheus ? [] : nodes.filter(node => !node.isGone).flatMap(node => untoldWords(node) ?? []),
		),
		denied.length > 0 ? `not allowed for this user: ${denied.join(' ')}` : '',
		unknown.length > 0 ? `not known to this server: ${unknown.join(' ')}` : '',
	].filter(sentence => sentence !== '');
	return sentences.length > 0 ? sentences.join('; ') : undefined;
}

/** The fleet under the cursor, or its shard; a fleet of one shard is that shard. */
export function scopeUnderCursor(state: State, reach: 'fleet' | 'shard'): KeyScope {
	const rows = rowsOf(state);
	const cursor = cursorOf(state, rows);
	const index = rows.find(row => row.node.address === cursor)?.fleet ?? 0;
	const track = state.fleets[index] ?? state.fleets[0];
	if (track === undefined) return { fleet: 0 };
	if (reach === 'fleet' || cursor === undefined) return { fleet: track.id };
	const primary = primaryNow(track.now.fleet, cursor);
	return (
		scopesOf(state).find(scope => scope.fleet === track.id && scope.primary === primary) ?? {
			fleet: track.id,
		}
	);
}
