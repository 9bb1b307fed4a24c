// Two charts side by side: OPS/S and HIT% of the last 5 or 15 minutes of the fleet under the cursor. Only where the
// screen is wide and the table leaves room; the numbers beside the titles are what the eye would have to read off.

import { cellOf, lastCells, reachSeconds } from '../../../core/fleet/history.ts';
import { printableText } from '../../../core/text/printable.ts';
import type { Fleet, Series } from '../../../core/types.ts';
import type { State } from '../../../state/state.ts';
import { type ChartScale, countScale, hitScale } from '../../axis.ts';
import { axisWidth, chart, withMarks } from '../../chart.ts';
import { none } from '../../format.ts';
import { bold, crop, dim, glyphsFor, type Line, lineWidth, plain } from '../../theme.ts';

/** The shorter one until it is full: three minutes drawn on fifteen are a fifth of a chart. */
const windows = [
	{ seconds: 300, words: '5m' },
	{ seconds: 900, words: '15m' },
] as const;
const gap = 4;

/** A title line and `rows` lines of drawing. */
export function charts(state: State, fleet: Fleet, rows: number): readonly Line[] {
	const width = Math.floor((state.size.columns - gap) / 2);
	const whose = state.fleets.length > 1 ? printableText(fleet.name) : 'all primaries';
	const { opsHistory: ops, hitRateHistory: hits } = fleet;
	const reach = Math.max(reachSeconds(ops, fleet.at), reachSeconds(hits, fleet.at));
	const window = windows.find(({ seconds }) => reach <= seconds) ?? windows[1];
	const left = oneChart(state, fleet, 'OPS/S', whose, ops, window, width, rows, countScale);
	const right = oneChart(state, fleet, 'HIT%', whose, hits, window, width, rows, hitScale);
	return left.map((line, index) => [...padded(line, width + gap), ...(right[index] ?? [])]);
}

function oneChart(
	state: State,
	fleet: Fleet,
	title: string,
	whose: string,
	history: Series,
	window: (typeof windows)[number],
	width: number,
	rows: number,
	scale: ChartScale,
): readonly Line[] {
	const values = lastCells(history, fleet.at, window.seconds, width - axisWidth);
	const glyphs = glyphsFor(state.isAscii);
	const isOwn = new Set(fleet.nodes.map(({ address }) => address));
	const marks = (state.markers ?? [])
		.filter(({ node }) => node === undefined || isOwn.has(node))
		.flatMap(({ at }) => cellOf(at, fleet.at, window.seconds, values.length) ?? []);
	const drawn = withMarks(chart(values, rows, scale, glyphs), marks, glyphs);
	const head: Line = [
		bold(title),
		dim(`  ${whose}, ${window.words}${figures(values, scale, window.seconds)}`),
	];
	const lines = Array.from({ length: rows }, (_, index) => [plain(drawn[index] ?? '')]);
	return [crop(head, width, state.isAscii), ...lines.map(line => crop(line, width, state.isAscii))];
}

/** `   now 42.1k   1m 43.0k   max 44.3k` */
function figures(
	values: readonly (number | undefined)[],
	{ label }: ChartScale,
	windowSeconds: number,
): string {
	const known = values.filter(value => value !== undefined);
	if (known.length === 0) return '   nothing measured yet';
	const minute = Math.max(1, Math.round((values.length * 60) / windowSeconds));
	const before = values.at(-1 - minute);
	const now = values.at(-1) ?? known.at(-1)!;
	const past = before === undefined ? none : label(before);
	return `   now ${label(now)}   1m ${past}   max ${label(Math.max(...known))}`;
}

const padded = (line: Line, width: number): Line => [
	...line,
	plain(' '.repeat(Math.max(0, width - lineWidth(line)))),
];
