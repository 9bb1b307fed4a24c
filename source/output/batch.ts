// The fleet as plain text for a pipe, a log or a ticket: what the screen shows without a screen. The same columns,
// vitals and words; findings one a line with the numbers they were judged by. No colour, no cursor, no clock but the
// State's own. How often it is printed and when it ends is decided by the caller.

import { whyUnmeasured } from '../core/findings/unmeasured.ts';
import { printableText } from '../core/text/printable.ts';
import { bytes, count, duration, percent } from '../core/text/quantity.ts';
import { thresholds } from '../core/thresholds.ts';
import type { Finding, RedisNode } from '../core/types.ts';
import { shown, unmeasured, worstFindings } from '../state/shown.ts';
import type { State } from '../state/state.ts';
import { seconds } from '../view/format.ts';
import { stoppedWords } from '../view/parts/stopped-words.ts';
import { quietWords, rowsOf, tableLines } from '../view/screens/fleet/rows.ts';
import { tableBody, tableHead } from '../view/screens/fleet/table.ts';
import { vitals } from '../view/screens/fleet/vitals.ts';
import { markerOf } from '../view/severity.ts';
import { crop, type Line, lineText } from '../view/theme.ts';

export type BatchOptions = {
	/** Which refresh this is, from 1. */
	readonly refresh: number;
	/** Of how many; undefined without an end. */
	readonly of?: number;
};

/** One refresh, without a newline at its end. Made for `state.size.columns`, at least 80. */
export function batchText(state: State, options: BatchOptions): string {
	const wide: State = { ...state, size: { ...state.size, columns: Math.max(80, state.size.columns) } };
	const lines = tableLines(wide, rowsOf(wide));
	return [
		headLine(wide, options),
		...vitals(wide).map(line => text(wide, line)),
		...worstFindings(wide).map(findingWords),
		...unmeasured(wide).map(unmeasuredWords),
		...[quietWords(wide) ?? []].flat().map(words => printableText(words)),
		text(wide, tableHead(wide)),
		// Without a cursor nothing scrolls: every row is there.
		...tableBody({ ...wide, top: 0 }, lines, lines.length, undefined).map(line => text(wide, line)),
	].join('\n');
}

const text = ({ size, isAscii }: State, line: Line): string =>
	lineText(crop(line, size.columns, isAscii)).trimEnd();

function headLine(state: State, { refresh, of }: BatchOptions): string {
	const names = shown(state).fleets.map(({ fleet }) => printableText(fleet.name));
	const at = new Date(state.at + (state.clockOffset ?? 0)).toISOString().replace(/\.\d+Z$/, 'Z');
	const sample = `sample ${refresh}${of === undefined ? '' : ` of ${of}`}`;
	const notes = [...(state.note === undefined ? [] : [state.note]), ...stoppedWords(state)];
	const note = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
	return `redis-top ${names.join(' ')}${note} ${at} every ${seconds(state.paceSeconds ?? state.delaySeconds)} ${sample}`;
}

const unmeasuredWords = (node: RedisNode) =>
	`   not measured ${printableText(node.address)} ${printableText(whyUnmeasured(node))}`;

/** `!! memory-high 10.0.1.12:6379 0.93 over 0.90, memory 93% of maxmemory` */
function findingWords(finding: Finding): string {
	const where = finding.node === undefined ? '' : ` ${printableText(finding.node)}`;
	return `${markerOf(finding.severity).padEnd(2)} ${finding.id}${where}${limitWords(finding)} ${printableText(finding.text)}`;
}

function limitWords({ id, value, limit, ...judged }: Finding): string {
	const threshold = thresholds.find(row => row.id === id);
	const unit = judged.unit ?? threshold?.unit;
	if (value === undefined || limit === undefined) return '';
	// "1 over 1" and "2s over 0s" say less than the text: a limit is one only where it is more than any.
	if (limit === 0 || (unit === 'count' && limit <= 1)) return '';
	// A rate of 1 in 1.003 s is its limit; what is far under it was judged for being too few, whatever the table says.
	const side = threshold?.worse === 'below' || value < limit * nearly ? 'under' : 'over';
	return ` ${figure(value, unit)} ${side} ${figure(limit, unit)},`;
}

const nearly = 0.9;

function figure(value: number, unit: string | undefined): string {
	if (unit === 'share') return percent(value);
	if (unit === 'percent') return `${count(Math.round(value))}%`;
	if (unit === 'bytes') return bytes(value);
	if (unit === 'per second') return `${count(value)}/s`;
	if (unit === 'seconds') return duration(value);
	if (unit === 'milliseconds') return duration(value / 1000);
	return count(value);
}
