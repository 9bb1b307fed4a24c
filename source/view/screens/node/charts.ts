// The four charts of the node screen: what it does, how often it finds, how full it is, what it throws away; over the
// window that is chosen, up to where it ends. A title says what was measured now and the extremes of the window. History
// is drawn without colour, as everywhere.

import { cellOf, lastCells } from '../../../core/fleet/history.ts';
import type { State } from '../../../state/state.ts';
import { byteScale, type ChartScale, countScale, evictionScale, hitScale, shareScale } from '../../axis.ts';
import { axisWidth, chart, withMarks } from '../../chart.ts';
import { clock, none, orDash } from '../../format.ts';
import { bold, crop, dim, glyphsFor, type Line, lineWidth, spread } from '../../theme.ts';
import type { NodeFacts } from './facts.ts';

export type NodeChart = 'ops' | 'hit' | 'memory' | 'evicted';

type Drawn = {
	readonly title: string;
	readonly values: readonly (number | undefined)[];
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
	const drawn = drawnOf(facts, which, Math.max(8, width - axisWidth));
	const glyphs = glyphsFor(state.isAscii);
	const marks = marksOf(state, facts, drawn.values.length);
	const lines = withMarks(chart(drawn.values, rows, drawn.scale, glyphs), marks, glyphs);
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

function drawnOf(facts: NodeFacts, which: NodeChart, cells: number): Drawn {
	const { track, row, info, window } = facts;
	const of = (series: Parameters<typeof lastCells>[0] | undefined) =>
		series ? lastCells(series, window.until, window.seconds, cells) : [];
	switch (which) {
		case 'ops':
			return {
				title: 'OPS/S',
				values: of(track?.ops),
				now: row?.opsPerSecond,
				scale: countScale,
				extreme: 'max',
			};
		case 'hit': {
			const values = shares(of(track?.hits), of(track?.lookups));
			return { title: 'HIT%', values, now: row?.hitRate, scale: hitScale, extreme: 'min' };
		}
		case 'memory': {
			const limit = info?.maxmemoryBytes;
			const used = of(track?.counted);
			if (!limit)
				return {
					title: 'MEMORY',
					values: used,
					now: row?.usedMemoryBytes,
					scale: byteScale,
					extreme: 'max',
				};
			const values = used.map(value => (value === undefined ? undefined : value / limit));
			return { title: 'MEM%', values, now: row?.memoryShare, scale: shareScale, extreme: 'max' };
		}
		case 'evicted':
			return {
				...{ title: 'EVICT/S', values: of(track?.evicted), now: row?.evictedPerSecond },
				...{ scale: evictionScale, extreme: 'max' },
			};
	}
}

/** As many lookups a second as make a hit rate elsewhere: 20 in 10 s. */
const fewLookups = 2;

const shares = (hits: readonly (number | undefined)[], lookups: readonly (number | undefined)[]) =>
	hits.map((value, index) => {
		const all = lookups[index];
		return value === undefined || all === undefined || all < fewLookups ? undefined : value / all;
	});

/** `OPS/S  now 14.6k  1m 14.2k  max 19.1k` and at the right the window; what does not fit is left out. */
function titleLine(state: State, facts: NodeFacts, drawn: Drawn, width: number): Line {
	const { window, isNow } = facts;
	const { scale, values } = drawn;
	const known = values.filter(value => value !== undefined);
	const last = isNow ? drawn.now : known.at(-1);
	// A cell is a mean of some seconds, and no extreme is beyond what is told beside it.
	const told = last === undefined ? known : [...known, last];
	const past = values.at(-1 - Math.max(1, Math.round((values.length * 60) / window.seconds)));
	const figures = [
		`${isNow ? 'now' : 'then'} ${orDash(last, scale.label)}`,
		`${drawn.extreme} ${told.length === 0 ? none : scale.label(Math[drawn.extreme](...told))}`,
	];
	const all = [figures[0], `1m ${orDash(past, scale.label)}`, figures[1]].join('  ');
	const right: Line = [
		dim(isNow ? window.words : `${window.words} to ${clock(window.until, state.clockOffset)}`),
	];
	const texts = [all, figures.join('  '), figures[0]!];
	const room = width - drawn.title.length - 4 - lineWidth(right);
	const text = texts.find(each => each.length <= room) ?? '';
	return spread([bold(drawn.title), dim(`  ${text}`)], right, width, state.isAscii);
}
