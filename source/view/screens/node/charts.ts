// The four charts of the node screen: what it does, how often it finds, how full it is, what it throws away; over the
// window that is chosen, up to where it ends. A title says what was measured now and the extremes of the window. History
// is drawn without colour, as everywhere.

import { cellOf, lastCells } from '../../../core/fleet/history.ts';
import type { EarlierFigure } from '../../../core/prometheus/queries.ts';
import { joinCells, ownSince, spanCells } from '../../../core/prometheus/span.ts';
import type { Series } from '../../../core/types.ts';
import type { State } from '../../../state/state.ts';
import { byteScale, type ChartScale, countScale, evictionScale, hitScale, shareScale } from '../../axis.ts';
import { axisWidth, chart, withMarks } from '../../chart.ts';
import { clock, none, orDash } from '../../format.ts';
import { besideOf, hitShares, shares, spansFor } from '../../parts/earlier.ts';
import { bold, crop, dim, glyphsFor, type Line, lineWidth, spread } from '../../theme.ts';
import type { NodeFacts } from './facts.ts';

export type NodeChart = 'ops' | 'hit' | 'memory' | 'evicted';

type Drawn = {
	readonly title: string;
	readonly values: readonly (number | undefined)[];
	/** As another time had it, for the second line. */
	readonly beside?: readonly (number | undefined)[];
	readonly seam?: number;
	readonly now: number | undefined;
	readonly scale: ChartScale;
	/** Which extreme is told: for a hit rate it is the lowest that hurts. */
	readonly extreme: 'max' | 'min';
};

/** A title and `rows` lines of drawing, `width` cells wide. */
export function nodeChart(
	state: State,
	facts: NodeFacts,
	which: NodeChart,
	width: number,
	rows: number,
): readonly Line[] {
	const drawn = drawnOf(state, facts, which, Math.max(8, width - axisWidth));
	const glyphs = glyphsFor(state.isAscii);
	const marks = marksOf(state, facts, drawn.values.length);
	const lines = withMarks(chart(drawn.values, rows, drawn.scale, glyphs, drawn), marks, glyphs);
	const isEmpty = drawn.values.every(value => value === undefined);
	const body = Array.from({ length: rows }, (_, index): Line => {
		if (isEmpty && index === 0) return [dim('  nothing measured yet')];
		return [{ text: lines[index] ?? '', style: facts.oldSeconds === undefined ? undefined : 'dim' }];
	});
	return [titleLine(state, facts, drawn, width), ...body.map(line => crop(line, width, state.isAscii))];
}

/** What was set, and what has happened to this node. */
function marksOf({ markers = [] }: State, { node, window }: NodeFacts, cells: number): readonly number[] {
	return markers
		.filter(marker => marker.node === undefined || marker.node === node.address)
		.flatMap(({ at }) => cellOf(at, window.until, window.seconds, cells) ?? []);
}

const titles: Readonly<Record<NodeChart, string>> = {
	ops: 'OPS/S',
	hit: 'HIT%',
	memory: 'MEMORY',
	evicted: 'EVICT/S',
};

function drawnOf(state: State, facts: NodeFacts, which: NodeChart, cells: number): Drawn {
	const { row, info } = facts;
	const limit = which === 'memory' ? info?.maxmemoryBytes : undefined;
	const title = limit ? 'MEM%' : titles[which];
	const joined = joinedOf(state, facts, which, cells);
	const beside = besideCells(state, facts, which, cells);
	const scaled = (values: Cells) =>
		limit ? values.map(value => (value === undefined ? undefined : value / limit)) : values;
	const drawn = { title, values: scaled(joined.values), seam: joined.seam, beside: beside && scaled(beside) };
	switch (which) {
		case 'ops':
			return { ...drawn, now: row?.opsPerSecond, scale: countScale, extreme: 'max' };
		case 'hit':
			return { ...drawn, now: row?.hitRate, scale: hitScale, extreme: 'min' };
		case 'memory':
			return limit
				? { ...drawn, now: row?.memoryShare, scale: shareScale, extreme: 'max' }
				: { ...drawn, now: row?.usedMemoryBytes, scale: byteScale, extreme: 'max' };
		case 'evicted':
			return { ...drawn, now: row?.evictedPerSecond, scale: evictionScale, extreme: 'max' };
	}
}

type Cells = readonly (number | undefined)[];

/** Our own readings, and before them Prometheus's. */
function joinedOf(state: State, facts: NodeFacts, which: NodeChart, cells: number) {
	const { track, window, chart: chosen } = facts;
	const of = (series: Series | undefined) =>
		series ? lastCells(series, window.until, chosen.seconds, cells) : [];
	const own = which === 'hit' ? shares(of(track?.hits), of(track?.lookups)) : of(seriesFor(facts, which));
	const spans = spansFor(state, facts.fleet, {
		node: facts.node.address,
		seconds: chosen.seconds,
		before: 0,
		until: facts.node.until ?? state.paused?.at,
	});
	if (!spans) return { values: own };
	const past = pastCells(which, figure => spanCells(spans[figure], window.until, chosen.seconds, cells));
	const ours: Cells = own.length === cells ? own : past.map(() => undefined);
	return joinCells(ours, past, track && ownSince(track.ops), window.until, chosen.seconds);
}

function seriesFor({ track }: NodeFacts, which: Exclude<NodeChart, 'hit'>): Series | undefined {
	return which === 'memory' ? track?.counted : track?.[which];
}

function besideCells(state: State, facts: NodeFacts, which: NodeChart, cells: number): Cells | undefined {
	const { seconds } = facts.chart;
	const stretch = { node: facts.node.address, seconds, until: facts.node.until ?? state.paused?.at };
	const beside = besideOf(state, facts.fleet, stretch);
	if (!beside) return undefined;
	return pastCells(which, figure => spanCells(beside(figure), facts.window.until, seconds, cells));
}

/** Of a chart by what Prometheus counts. */
function pastCells(which: NodeChart, of: (figure: EarlierFigure) => Cells): Cells {
	if (which !== 'hit') return of(which);
	return hitShares(of('hits'), of('misses'));
}

/** `OPS/S  now 14.6k  1m 14.2k  max 19.1k` and at the right the window; what does not fit is left out. */
function titleLine(state: State, facts: NodeFacts, drawn: Drawn, width: number): Line {
	const { window, chart: chosen, isNow } = facts;
	const { scale, values } = drawn;
	const known = values.filter(value => value !== undefined);
	const last = isNow ? drawn.now : known.at(-1);
	// A cell is a mean of some seconds, and no extreme is beyond what is told beside it.
	const told = last === undefined ? known : [...known, last];
	const past = values.at(-1 - Math.max(1, Math.round((values.length * chosen.ago.seconds) / chosen.seconds)));
	const figures = [
		`${isNow ? 'now' : 'then'} ${orDash(last, scale.label)}`,
		`${drawn.extreme} ${told.length === 0 ? none : scale.label(Math[drawn.extreme](...told))}`,
	];
	const all = [figures[0], `${chosen.ago.words} ${orDash(past, scale.label)}`, figures[1]].join('  ');
	const right: Line = [
		dim(isNow ? chosen.words : `${chosen.words} to ${clock(window.until, state.clockOffset)}`),
	];
	const texts = [all, figures.join('  '), figures[0]!];
	const room = width - drawn.title.length - 4 - lineWidth(right);
	const text = texts.find(each => each.length <= room) ?? '';
	return spread([bold(drawn.title), dim(`  ${text}`)], right, width, state.isAscii);
}
