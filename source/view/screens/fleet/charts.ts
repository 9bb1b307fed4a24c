// Two charts side by side: OPS/S and HIT% of the last 5 or 15 minutes of the fleet under the cursor. Only where the
// screen is wide and the table leaves room; the numbers beside the titles are what the eye would have to read off.

import { cellOf, lastCells, reachSeconds } from '../../../core/fleet/history.ts';
import type { EarlierFigure } from '../../../core/prometheus/queries.ts';
import { joinCells, ownSince, spanCells } from '../../../core/prometheus/span.ts';
import { printableText } from '../../../core/text/printable.ts';
import type { Fleet } from '../../../core/types.ts';
import { windowsWith } from '../../../state/earlier.ts';
import { type ChartWindow, ownWindows } from '../../../state/node-screen.ts';
import { fleetWith } from '../../../state/shown.ts';
import type { FleetTrack, State } from '../../../state/state.ts';
import { type ChartScale, countScale, hitScale } from '../../axis.ts';
import { axisWidth, chart, withMarks } from '../../chart.ts';
import { none } from '../../format.ts';
import { besideOf, hitShares, spansFor } from '../../parts/earlier.ts';
import { bold, crop, dim, glyphsFor, type Line, lineWidth, plain } from '../../theme.ts';

const gap = 4;

/** Whose charts are drawn. */
export const fleetOfCharts = (state: State): FleetTrack | undefined =>
	fleetWith(state, state.cursor) ??
	(state.unfolded && state.fleets.find(({ name }) => name === state.cursor)) ??
	state.fleets[0];

/** The one that was chosen; else the shorter one until it is full: three minutes drawn on fifteen are a fifth of a chart. */
export function fleetWindow(
	state: State,
	{ earlier, now: { fleet } }: Pick<FleetTrack, 'earlier' | 'now'>,
): ChartWindow {
	const chosen =
		state.chartWindow === undefined ? undefined : windowsWith(earlier !== undefined)[state.chartWindow];
	if (chosen) return chosen;
	const [shorter, longer] = ownWindows;
	const reach = Math.max(
		reachSeconds(fleet.opsHistory, fleet.at),
		reachSeconds(fleet.hitRateHistory, fleet.at),
	);
	return reach <= shorter.seconds && !earlier ? shorter : longer;
}

/** A title line and `rows` lines of drawing. */
export function charts(
	state: State,
	fleet: Fleet,
	track: FleetTrack | undefined,
	rows: number,
): readonly Line[] {
	const width = Math.floor((state.size.columns - gap) / 2);
	const whose = state.fleets.length > 1 ? printableText(fleet.name) : 'all primaries';
	const window = fleetWindow(state, { earlier: track?.earlier, now: { fleet, findings: [], events: [] } });
	const drawing = { state, fleet, track, whose, window, width, rows };
	const left = oneChart(drawing, 'OPS/S', countScale);
	const right = oneChart(drawing, 'HIT%', hitScale);
	return left.map((line, index) => [...padded(line, width + gap), ...(right[index] ?? [])]);
}

type Drawing = {
	readonly state: State;
	readonly fleet: Fleet;
	readonly track: FleetTrack | undefined;
	readonly whose: string;
	readonly window: ChartWindow;
	readonly width: number;
	readonly rows: number;
};

/** What was set, and what has happened to nodes of this fleet. */
function marksOf({ state, fleet, window }: Drawing, cells: number): readonly number[] {
	const isOwn = new Set(fleet.nodes.map(({ address }) => address));
	return (state.markers ?? [])
		.filter(({ node }) => node === undefined || isOwn.has(node))
		.flatMap(({ at }) => cellOf(at, fleet.at, window.seconds, cells) ?? []);
}

function oneChart(drawing: Drawing, title: 'OPS/S' | 'HIT%', scale: ChartScale): readonly Line[] {
	const { state, whose, window, width, rows } = drawing;
	const { values, seam, beside } = cellsOf(drawing, title, width - axisWidth);
	const glyphs = glyphsFor(state.isAscii);
	const marks = marksOf(drawing, values.length);
	const drawn = withMarks(chart(values, rows, scale, glyphs, { seam, beside }), marks, glyphs);
	const head: Line = [bold(title), dim(`  ${whose}, ${window.words}${figures(values, scale, window)}`)];
	const lines = Array.from({ length: rows }, (_, index) => [plain(drawn[index] ?? '')]);
	return [crop(head, width, state.isAscii), ...lines.map(line => crop(line, width, state.isAscii))];
}

type Cells = readonly (number | undefined)[];

/** Our own, before them what Prometheus has, and beside them another day. */
function cellsOf(
	{ state, fleet, track, window: { seconds } }: Drawing,
	title: 'OPS/S' | 'HIT%',
	cells: number,
) {
	const series = title === 'OPS/S' ? fleet.opsHistory : fleet.hitRateHistory;
	const own = lastCells(series, fleet.at, seconds, cells);
	const stretch = { seconds, until: state.paused?.at };
	const spans = track && spansFor(state, track, { ...stretch, before: 0 });
	const other = track && besideOf(state, track, stretch);
	const of = (figure: EarlierFigure) => spanCells(spans?.[figure], fleet.at, seconds, cells);
	const joined = spans
		? joinCells(own, pastCells(title, of), ownSince(series), fleet.at, seconds)
		: { values: own };
	const beside = other && pastCells(title, figure => spanCells(other(figure), fleet.at, seconds, cells));
	return { ...joined, beside };
}

function pastCells(title: 'OPS/S' | 'HIT%', of: (figure: EarlierFigure) => Cells): Cells {
	return title === 'OPS/S' ? of('ops') : hitShares(of('hits'), of('misses'));
}

/** `   now 42.1k   1m 43.0k   max 44.3k` */
function figures(values: Cells, { label }: ChartScale, { seconds, ago }: ChartWindow): string {
	const known = values.filter(value => value !== undefined);
	if (known.length === 0) return '   nothing measured yet';
	const cells = Math.max(1, Math.round((values.length * ago.seconds) / seconds));
	const before = values.at(-1 - cells);
	const now = values.at(-1) ?? known.at(-1)!;
	const past = before === undefined ? none : label(before);
	return `   now ${label(now)}   ${ago.words} ${past}   max ${label(Math.max(...known))}`;
}

const padded = (line: Line, width: number): Line => [
	...line,
	plain(' '.repeat(Math.max(0, width - lineWidth(line)))),
];
