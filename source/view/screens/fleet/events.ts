// EVENTS: what happened, newest first. The marker stands where it stands in the table, the time is the operator's.
// It takes the lines the table leaves over; what is older than fits is not scrolled to.

import { fitMiddle, printableText } from '../../../core/text/printable.ts';
import type { Address, FleetEvent } from '../../../core/types.ts';
import { eventsOf, shown } from '../../../state/shown.ts';
import type { State } from '../../../state/state.ts';
import { gutterWidth, isNarrow, isWide } from '../../columns.ts';
import { clock } from '../../format.ts';
import { markerOf, severityStyle } from '../../severity.ts';
import { bold, crop, dim, type Line, plain, textWidth } from '../../theme.ts';

/** The title and up to `count` events. */
export function events(state: State, count: number, nameOf: (address: Address) => string): readonly Line[] {
	const width = nameWidth(state, nameOf);
	const lines = eventsOf(state)
		.slice(0, count)
		.map(event => eventLine(state, event, width, nameOf));
	return [[bold('EVENTS')], ...lines];
}

/** By the names of the nodes, which change seldom, and not by the events, which change all the time. */
function nameWidth(state: State, nameOf: (address: Address) => string): number {
	const nodes = shown(state).fleets.flatMap(({ fleet }) => fleet.nodes);
	const longest = nodes.reduce(
		(most, node) => Math.max(most, textWidth(printableText(nameOf(node.address)))),
		0,
	);
	const most = isWide(state.size.columns) ? 28 : isNarrow(state.size.columns) ? 15 : 21;
	return Math.min(Math.max(longest, 11), most);
}

function eventLine(
	state: State,
	event: FleetEvent,
	width: number,
	nameOf: (address: Address) => string,
): Line {
	const marker = markerOf(event.severity);
	const rest = gutterWidth(state.size.columns) - 1 - marker.length;
	const name =
		event.node === undefined ? '' : fitMiddle(printableText(nameOf(event.node)), width, state.isAscii);
	const line: Line = [
		plain(' '),
		...(marker === '' ? [] : [{ text: marker, style: severityStyle(event.severity) }]),
		plain(' '.repeat(rest)),
		dim(clock(event.at, state.clockOffset)),
		plain(`  ${name}${' '.repeat(Math.max(0, width - textWidth(name)))}  ${printableText(event.text)}`),
	];
	return crop(line, state.size.columns, state.isAscii);
}
