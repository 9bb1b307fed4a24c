// A recording as one line: its begin, a track with what happened and the place that is shown, its end. It stands on the
// message line of a replay while nothing else is to be said there.

import { clock, localDay } from '../../core/text/local-time.ts';
import type { Overview, OverviewMark } from '../../state/overview.ts';
import { shownAt } from '../../state/shown.ts';
import type { State } from '../../state/state.ts';
import { severityStyle } from '../severity.ts';
import { dim, glyphsFor, type Line, lineWidth, type Span } from '../theme.ts';

/** A shorter track says nothing. */
const fewestCells = 10;

/** Undefined where there is no recording, or no room. */
export function overviewLine(state: State, width: number): Line | undefined {
	const { replay, clockOffset = 0, isAscii } = state;
	const overview = replay?.overview;
	if (!overview || overview.to <= overview.from) return undefined;
	const [from, to] = endsOf(overview);
	const cells = width - from.length - to.length - 2;
	if (cells < fewestCells) return undefined;
	const cellOf = (date: number) =>
		Math.max(
			0,
			Math.min(
				cells - 1,
				Math.floor(((date - overview.from) / Math.max(1, overview.to - overview.from)) * cells),
			),
		);
	const track = cellsOf(overview.marks, cells, cellOf, isAscii);
	const here = cellOf(shownAt(state) + clockOffset);
	const line = [
		dim(`${from} `),
		...joined(track.slice(0, here)),
		{ text: track[here]!.text, style: 'inverse' } as const,
		...joined(track.slice(here + 1)),
		dim(` ${to}`),
	];
	return lineWidth(line) <= width ? line : undefined;
}

/** With their days where they are not of one. */
function endsOf({ from, to }: Overview): readonly [string, string] {
	const days = [localDay(from), localDay(to)];
	const isOne = days[0] === days[1];
	const text = (at: number, day: string) => (isOne ? clock(at) : `${day.slice(5)} ${clock(at)}`);
	return [text(from, days[0]!), text(to, days[1]!)];
}

/** The weightiest of each cell: a critical one, a warning, a marker, an event. */
function cellsOf(
	marks: readonly OverviewMark[],
	cells: number,
	cellOf: (date: number) => number,
	isAscii: boolean,
): readonly Span[] {
	const most = new Map<number, OverviewMark>();
	for (const mark of marks) {
		const cell = cellOf(mark.at);
		if (weightOf(mark) > weightOf(most.get(cell))) most.set(cell, mark);
	}
	return Array.from({ length: cells }, (_, cell) => spanOf(most.get(cell), isAscii));
}

function weightOf(mark: OverviewMark | undefined): number {
	if (mark === undefined) return 0;
	if (mark.severity !== undefined) return mark.severity === 'crit' ? 4 : 3;
	return mark.kind === 'marker' ? 2 : 1;
}

function spanOf(mark: OverviewMark | undefined, isAscii: boolean): Span {
	const glyphs = glyphsFor(isAscii);
	if (mark === undefined) return dim(glyphs.lane.calm);
	if (mark.severity !== undefined) return { text: '!', style: severityStyle(mark.severity) };
	return mark.kind === 'marker' ? { text: glyphs.mark } : dim(glyphs.beside);
}

/** Neighbours of one style as one span. */
function joined(spans: readonly Span[]): readonly Span[] {
	const out: Span[] = [];
	for (const span of spans) {
		const last = out.at(-1);
		if (last && last.style === span.style) out[out.length - 1] = { ...last, text: last.text + span.text };
		else out.push(span);
	}
	return out;
}
