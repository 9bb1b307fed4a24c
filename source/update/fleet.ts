// What the keys do on the fleet screen: the cursor, findings, the order and the columns of the table, its filter.

import { markSeen } from '../core/findings/findings.ts';
import type { Address } from '../core/types.ts';
import { windowsWith } from '../state/earlier.ts';
import { fleetWith } from '../state/shown.ts';
import type { Sort, State, Step } from '../state/state.ts';
import { columnFacts, columnSetNames, isWide } from '../view/columns.ts';
import { fleetOfCharts, fleetWindow } from '../view/screens/fleet/charts.ts';
import type { FleetCommand } from '../view/screens/fleet/keys.ts';
import { bodyLines, topOf } from '../view/screens/fleet/layout.ts';
import { cursorOf, rowsOf, rowsWithFindings, visibleColumns } from '../view/screens/fleet/rows.ts';
import type { ScreenActs } from './acts.ts';
import { openBigKeys } from './big-keys.ts';
import { movedTo, turned } from './move.ts';
import { openNode } from './node.ts';
import { rescue } from './runbook.ts';
import { turnComparison } from './time.ts';
import { copied, say } from './toast.ts';

const heldMilliseconds = 3000;

const bySort = (by: 'worst' | 'shards') => (state: State) => sorted(state, { by, isReversed: false });
const byColumn = (column: string) => (state: State) =>
	sorted(state, { by: 'column', column, isReversed: false });

export const fleetActs: ScreenActs<FleetCommand> = {
	open: state => ({ ...state, screen: 'fleet', helpFrom: undefined, toast: undefined }),
	move: moveBy,
	page: state => bodyLines(state) - 1,
	acts: {
		back: state => [state, [{ type: 'quit', code: 0 }]],
		escape: escapeFrom,
		copy,
		'open-row': state => unfolded(state) ?? seenComeback(state) ?? openNode(state),
		fold: state => unfolded(state) ?? folded(state),
		'to-big-keys-here': state => openBigKeys(state, 'shard'),
		rescue,
		'next-finding': state => toFinding(state, 1),
		'previous-finding': state => toFinding(state, -1),
		filter: state => ({ ...state, prompt: { kind: 'filter', text: state.filter, before: state.filter } }),
		'sort-previous': state => sortBeside(state, -1),
		'sort-next': state => sortBeside(state, 1),
		'sort-reverse': state => sorted(state, { ...state.sort, isReversed: !state.sort.isReversed }),
		'sort-worst': bySort('worst'),
		'sort-shards': bySort('shards'),
		'sort-ops': byColumn('ops'),
		'sort-hit': byColumn('hit'),
		'sort-evict': byColumn('evict'),
		'sort-mem': byColumn('mem'),
		'sort-frag': byColumn('frag'),
		'sort-clients': byColumn('conn'),
		'sort-latency': byColumn('ping'),
		window: turnWindow,
		compare: state => turnComparison(state, fleetOfCharts(state)?.earlier !== undefined),
		'columns-next': state => turnColumns(state, 1),
		'columns-previous': state => turnColumns(state, -1),
	},
};

/** Enter on a row that came back without its keys: it has been seen, and the line is free for what comes next. */
function seenComeback(state: State): Step | undefined {
	const address = cursorOf(state);
	if (state.paused || address === undefined) return undefined;
	const fleet = fleetWith(state, address);
	const finding = fleet?.now.findings.find(({ id, node }) => id === 'came-back-empty' && node === address);
	if (!fleet || !finding) return undefined;
	const left = fleet.now.findings.filter(each => each !== finding);
	const next = { ...fleet, holds: markSeen(fleet.holds, address), now: { ...fleet.now, findings: left } };
	const fleets = state.fleets.map(each => (each === fleet ? next : each));
	return [say({ ...state, fleets }, 'seen; 6 has what can be done, Enter opens the node'), []];
}

/** Enter on a group that is folded shows its nodes, the cursor on the first. */
function unfolded(state: State): State | undefined {
	const cursor = cursorOf(state);
	const row = rowsOf(state).find(({ node }) => node.address === cursor);
	const fleet = row?.isFolded ? state.fleets[row.fleet] : undefined;
	if (!fleet) return undefined;
	const next = { ...state, unfolded: new Set([...(state.unfolded ?? []), fleet.id]) };
	const first = fleet.now.fleet.nodes[0]?.address;
	return moveTo(
		next,
		first,
		rowsOf(next).map(({ node }) => node.address),
	);
}

function folded(state: State): State {
	const cursor = cursorOf(state);
	const row = rowsOf(state).find(({ node }) => node.address === cursor);
	const fleet = row && state.fleets[row.fleet];
	if (!fleet?.source || state.fleets.length < 2) return say(state, 'groups of a Prometheus can be folded');
	const left = new Set(
		[...(state.unfolded ?? state.fleets.map(({ id }) => id))].filter(id => id !== fleet.id),
	);
	const next = { ...state, unfolded: left };
	return moveTo(
		next,
		fleet.name,
		rowsOf(next).map(({ node }) => node.address),
	);
}

function escapeFrom(state: State): State {
	if (state.filter !== '') return { ...state, filter: '' };
	if (state.paused && !state.replay) return { ...state, paused: undefined };
	return { ...state, toast: undefined };
}

function copy(state: State): State | Step {
	const address = cursorOf(state);
	return address === undefined ? say(state, 'no node to copy') : copied(state, address);
}

// ---------------------------------------------------------------------------------------------------------
// Moving

/** The cursor is an identity; the order is held for 3 s, so that the row does not move away under the hand. */
function moveTo(state: State, cursor: Address | undefined, order: readonly Address[]): State {
	const moved: State = { ...state, cursor, heldOrder: { until: state.at + heldMilliseconds, order } };
	return { ...moved, top: topOf(moved) };
}

function moveBy(state: State, rows: number): State {
	const order = rowsOf(state).map(row => row.node.address);
	if (order.length === 0) return state;
	const from = order.indexOf(cursorOf(state) ?? '');
	return moveTo(state, order[movedTo(from, rows, order.length)], order);
}

function toFinding(state: State, step: 1 | -1): State {
	const order = rowsOf(state).map(row => row.node.address);
	const wanted = rowsWithFindings(state).map(row => order.indexOf(row.node.address));
	if (wanted.length === 0) return say(state, 'no node with a finding');
	const from = order.indexOf(cursorOf(state) ?? '');
	const beyond = step > 0 ? wanted.find(index => index > from) : wanted.findLast(index => index < from);
	return moveTo(state, order[beyond ?? (step > 0 ? wanted[0]! : wanted.at(-1)!)], order);
}

// ---------------------------------------------------------------------------------------------------------
// The table

const sorted = (state: State, sort: Sort): State =>
	say({ ...state, sort, heldOrder: undefined }, `sorted by ${sortWords(sort)}`);

function sortWords(sort: Sort): string {
	const by =
		sort.by === 'shards'
			? 'shard'
			: sort.by === 'worst'
				? 'worst first'
				: (columnFacts.get(sort.column ?? '')?.title ?? sort.column);
	return sort.isReversed ? `${by}, reversed` : `${by}`;
}

function sortBeside(state: State, step: 1 | -1): State {
	const columns = visibleColumns(state).map(column => column.id as string);
	const now = state.sort.by === 'column' ? columns.indexOf(state.sort.column ?? '') : -1;
	// From shard order the first step goes to OPS/S, the column people sort by.
	const start = now < 0 ? Math.max(0, columns.indexOf('ops') - step) : now;
	return byColumn(columns[movedTo(start, step, columns.length)]!)(state);
}

/** Of the charts, which only a wide screen has. */
function turnWindow(state: State): State {
	const fleet = isWide(state.size.columns) ? fleetOfCharts(state) : undefined;
	if (!fleet) return say(state, 'the charts of a fleet need 120 columns');
	const windows = windowsWith(fleet.earlier !== undefined);
	const shown = windows.indexOf(fleetWindow(state, fleet));
	const chartWindow = (shown + 1) % windows.length;
	return say({ ...state, chartWindow }, `window: ${windows[chartWindow]!.words}`);
}

function turnColumns(state: State, step: 1 | -1): State {
	const columnSet = turned(columnSetNames, state.columnSet, step);
	return say({ ...state, columnSet }, `columns: ${columnSet}`);
}
