// A failover as lanes over time: who had lost the link, the flag, cluster_state, writes; and the axis above them. A span
// that is shorter than a cell is drawn all the same: the second in which nobody served is what the picture is for.
// History is drawn without colour.

import {
	beginOf,
	type Failover,
	type LaneName,
	type SpanLevel,
} from '../../../core/failover/failover-record.ts';
import { displayWidth } from '../../../core/text/printable.ts';
import type { Glyphs } from '../../theme.ts';

/** Cells in front of a lane: two blanks, its name, blanks. */
export const laneIndent = 13;

/** Seconds from one mark of the axis to the next. */
const steps = [
	0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200,
	86_400,
];

export type Axis = {
	readonly begin: number;
	readonly cells: number;
	readonly parts: number;
	readonly stepSeconds: number;
	/** From the begin to the first sign, which is 0 on the axis as in the list of events. */
	readonly leadSeconds: number;
	/** What lies behind it has not happened yet. */
	readonly until: number;
};

/** The axis of a failover on so many cells; `at` is the end of one that goes on. */
export function axisOf(failover: Failover, cells: number, at: number): Axis {
	const { startedAt, changedAt, isOver } = failover;
	const begin = beginOf(failover);
	const until = isOver ? changedAt : Math.max(at, changedAt);
	const seconds = Math.max(0, until - startedAt) / 1000;
	const parts = cells >= 50 ? 5 : cells >= 30 ? 3 : 2;
	const stepSeconds = steps.find(step => step * parts >= seconds) ?? Math.ceil(seconds / parts);
	const leadSeconds = (startedAt - begin) / 1000;
	return { begin, cells, parts, stepSeconds, leadSeconds, until: isOver ? Number.POSITIVE_INFINITY : until };
}

const secondsIn = ({ leadSeconds, stepSeconds, parts }: Axis) => leadSeconds + stepSeconds * parts;

/** `0   3   6   9   12   15s`. */
export function axisText(axis: Axis): string {
	const { cells, parts, stepSeconds, leadSeconds } = axis;
	const labels = Array.from({ length: parts + 1 }, (_, index) => labelOf(index * stepSeconds));
	let line = '';
	for (const [index, label] of labels.slice(0, -1).entries()) {
		const at = Math.round(((leadSeconds + index * stepSeconds) / secondsIn(axis)) * cells);
		line = `${line.padEnd(at)}${label}`;
	}
	const last = `${labels.at(-1)}s`;
	return `${line.padEnd(Math.max(line.length + 1, cells - last.length))}${last}`;
}

const labelOf = (seconds: number) => String(Math.round(seconds * 10) / 10);

/** Which of two spans in one cell is drawn: the one that costs more. */
const weight: Readonly<Record<SpanLevel, number>> = {
	some: 1,
	lost: 2,
	pfail: 2,
	stale: 3,
	fail: 4,
	refused: 4,
};

/** One character a cell. */
export function laneText(failover: Failover, lane: LaneName, axis: Axis, { lane: signs }: Glyphs): string {
	const spans = failover.lanes[lane];
	const cell = (secondsIn(axis) * 1000) / axis.cells;
	let text = '';
	for (let index = 0; index < axis.cells; index++) {
		const from = axis.begin + index * cell;
		if (from > axis.until) break;
		let level: SpanLevel | undefined;
		for (const span of spans) {
			const isIn = span.from < from + cell && (span.until ?? Number.POSITIVE_INFINITY) > from;
			if (isIn && (level === undefined || weight[span.level] > weight[level])) level = span.level;
		}
		text += signs[level ?? 'calm'];
	}
	return text;
}

/** `  fail flag  `. */
export const laneLabel = (label: string): string =>
	`  ${label}${' '.repeat(Math.max(1, laneIndent - 2 - displayWidth(label)))}`;
