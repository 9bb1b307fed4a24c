// The fleet screen: six parts, always at the same place. It gives each part its lines and puts them
// under each other; the lines are exactly as many as the terminal has.

import type { FleetSnapshot } from '../../../core/fleet/snapshot.ts';
import { clockDigits, localDay } from '../../../core/text/local-time.ts';
import { shown } from '../../../state/shown.ts';
import type { State } from '../../../state/state.ts';
import { shortNames } from '../../format.ts';
import { findingLine } from '../../parts/finding-line.ts';
import { messageLine } from '../../parts/message-line.ts';
import { placeName } from '../../parts/paths.ts';
import { filled, screenFrame } from '../../parts/screen-frame.ts';
import type { Screen, SeenScreen } from '../../screen.ts';
import { blank, type Line } from '../../theme.ts';
import { charts } from './charts.ts';
import { events } from './events.ts';
import { columnsHelp } from './help.ts';
import { hotStrip } from './hot-strip.ts';
import { fleetKeys } from './keys.ts';
import { layoutOf, stripFleet } from './layout.ts';
import { cursorFleet, cursorOf, rowsOf, tableLines } from './rows.ts';
import { strip } from './strip.ts';
import { tableBody, tableHead } from './table.ts';
import { vitals } from './vitals.ts';

export const fleetScreen: Screen = {
	name: 'fleet',
	title: 'fleet',
	opens: { keys: ['1'], label: 'fleet', bar: 'fleet', rank: 3 },
	keys: fleetKeys,
	path: state => [placeName(state), ...(state.columnSet === 'overview' ? [] : [state.columnSet])],
	lines: fleetLines,
	help: columnsHelp,
	writes: {
		file: ({ replay, at, clockOffset }) =>
			replay
				? undefined
				: `redis-top-${localDay(at, clockOffset).replaceAll('-', '')}-${clockDigits(at, clockOffset)}.jsonl.gz`,
		nothing: 'this is a recording already',
		// What was read is kept by whoever reads it, not in the state.
		what: () => undefined,
	},
};

function fleetLines(state: State, seen: SeenScreen): readonly Line[] {
	const rows = rowsOf(state);
	const lines = tableLines(state, rows);
	const layout = layoutOf(state, lines.length);
	const cursor = cursorOf(state, rows);
	const around = cursorFleet(state, rows);
	const shape = stripFleet(state, around);
	const nameOf = shortNames(
		shown(state).fleets.flatMap(({ fleet }) => fleet.nodes.map(node => node.address)),
	);
	const head = [...vitals(state), findingLine(state, nameOf)];
	const body = [
		...(layout.gap > 0 ? [blank] : []),
		tableHead(state),
		...filled(tableBody(state, lines, layout.table, cursor), layout.table),
		...(layout.chart > 0 && around !== undefined
			? [blank, ...charts(state, around.fleet, fleetAround(state, around), layout.chart)]
			: []),
		...(layout.strip > 0 && shape !== undefined ? [blank, strip(state, shape)] : []),
		...(layout.events > 0 ? [blank, ...filled(events(state, layout.events, nameOf), layout.events + 1)] : []),
		...(layout.hot > 0 ? [blank, hotStrip(state, around)] : []),
	];
	return screenFrame(state, seen, { head, body, message: messageLine(state, lines, layout.table, cursor) });
}

/** The fleet whose moment is drawn. */
const fleetAround = (state: State, around: FleetSnapshot) =>
	state.fleets[shown(state).fleets.indexOf(around)];
