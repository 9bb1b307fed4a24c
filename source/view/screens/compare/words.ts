// Figures of before and after as text, each by its unit, and what a comparison comes to in a sentence.

import type { Change, Comparison } from '../../../core/compare/compare.ts';
import type { ComparedUnit } from '../../../core/compare/compared-figures.ts';
import type { ComparedLine, Verdict } from '../../../core/compare/compared-line.ts';
import type { HotComparison } from '../../../core/compare/hot-samples.ts';
import type { Marker } from '../../../core/markers.ts';
import { printableText } from '../../../core/text/printable.ts';
import { bytes, count, counted, duration } from '../../../core/text/quantity.ts';
import { compareLimits } from '../../../core/thresholds.ts';
import { none, whole } from '../../format.ts';

/** `41/s`, `97.1%`, `26.9G`; an amount of nothing is `0`. */
export function amountWords(value: number | undefined, unit: ComparedUnit): string {
	if (value === undefined || !Number.isFinite(value)) return none;
	const size = Math.abs(value);
	const sign = value < 0 ? '-' : '';
	switch (unit) {
		case 'per second':
			return `${sign}${small(size)}/s`;
		case 'per minute':
			return `${sign}${small(size)}/min`;
		case 'count':
			return `${sign}${size < 10 ? small(size) : whole(size)}`;
		case 'bytes':
			return `${sign}${bytes(size)}`;
		case 'bytes per second':
			return `${sign}${bytes(size)}/s`;
		case 'bytes per minute':
			return `${sign}${bytes(size)}/min`;
		case 'share':
			return `${sign}${(100 * size).toFixed(1)}%`;
		case 'percent':
			return `${sign}${size < 10 ? size.toFixed(1) : Math.round(size)}%`;
		case 'ratio':
			return `${sign}${size.toFixed(2)}`;
		case 'microseconds':
			return `${sign}${microseconds(size)}`;
		case 'seconds':
			return `${sign}${duration(size)}`;
	}
}

const small = (size: number) => (size === 0 ? '0' : size < 9.95 ? size.toFixed(1) : count(size));

const microseconds = (size: number) =>
	size < 999.5 ? `${size < 9.95 ? size.toFixed(1) : Math.round(size)}us` : duration(size / 1e6);

/** A difference of shares is in points. */
function sizeWords(value: number, unit: ComparedUnit): string {
	return unit === 'share' ? `${(100 * Math.abs(value)).toFixed(1)} pt` : amountWords(Math.abs(value), unit);
}

export const variedWords = ({ varied, figure }: ComparedLine): string =>
	varied === undefined ? none : sizeWords(varied, figure.unit);

/** `+264 +550%`, `+22 pt`; of what was next to nothing no percent. */
export function changeWords({ before, after, figure }: ComparedLine, isBrief = false): string {
	if (before === undefined || after === undefined) return none;
	const difference = after - before;
	const size = sizeWords(difference, figure.unit);
	const sign = difference < 0 ? '-' : '+';
	if (size === sizeWords(0, figure.unit)) return size;
	const signed = `${sign}${size}`;
	const isPlain = figure.unit === 'share' || figure.unit === 'ratio' || figure.unit === 'bytes per minute';
	if (isBrief || isPlain) return signed;
	const share = Math.abs(difference / before);
	const isTold = before > 0 && share >= 0.005 && share < 100;
	return isTold ? `${signed} ${sign}${Math.round(100 * share)}%` : signed;
}

/** `hgetall calls +344/s`. */
export const shortChange = (line: ComparedLine): string => `${line.figure.words} ${changeWords(line, true)}`;

const of = (changes: readonly Change[], verdict: Verdict) =>
	changes.filter(({ line }) => line.verdict === verdict).length;

/** What changed for the worse, or that nothing did. */
export function verdictWords(comparison: Comparison): string {
	const { changes, asBefore, tooFew, settings, judged } = comparison;
	if (judged === 0)
		return tooFew.length === 0 ? 'nothing was measured in these windows' : tooFewWords(comparison);
	const [worse, better, other] = [of(changes, 'worse'), of(changes, 'better'), of(changes, 'other')];
	const rest = [
		...(settings.length > 0
			? [`${counted(settings.length, 'setting')} ${settings.length === 1 ? 'differs' : 'differ'}`]
			: []),
		`${asBefore.length} as before`,
		...(tooFew.length > 0 ? [`${tooFew.length} with too few readings`] : []),
	].join(', ');
	if (changes.length === 0) return `nothing changed beyond what varied before: ${rest}`;
	const counts = [
		...(worse > 0 ? [`${counted(worse, 'thing')} got worse`] : ['nothing got worse']),
		...(better > 0 ? [`${better} better`] : []),
		...(other > 0 ? [`${other} changed`] : []),
	];
	return [...counts, rest].join(', ');
}

/** How long it takes until something can be said. */
function tooFewWords({ before, after, blockSeconds }: Comparison): string {
	const needed = compareLimits.fewestReadings * blockSeconds;
	const missing = (span: { from: number; to: number }) => needed - (span.to - span.from) / 1000;
	if (missing(before) > 0) return `too few readings before the marker: ${duration(needed)} are needed`;
	if (missing(after) > 0) return `too few readings: ${duration(Math.max(1, missing(after)))} more are needed`;
	return 'too few readings in one of the windows';
}

/** `20 and 18 means of 15s each: median and MAD, one false change in 100 comparisons of 43 figures`. */
export function methodWords({ before, after, blockSeconds, judged }: Comparison): string {
	const blocks = ({ from, to }: { from: number; to: number }) =>
		Math.floor((to - from) / 1000 / blockSeconds);
	const odds = Math.round(1 / compareLimits.falseChanges);
	return `VARIED: median and MAD of ${blocks(before)} means of ${blockSeconds}s before, ${blocks(after)} after; ${judged} figures, 1 false in ${odds} comparisons`;
}

export const markerWords = ({ text, kind }: Marker): string =>
	text === undefined ? (kind === 'set' ? 'marker' : 'event') : printableText(text);

/** `HOT KEYS  2 samples before, 1 after: MONITOR, share of commands` */
export const hotTitle = ({ words, samplesBefore, samplesAfter }: HotComparison): string =>
	`HOT KEYS  ${counted(samplesBefore, 'sample')} before, ${samplesAfter} after: ${words}`;

/** Undefined where all was read. */
export function unreadWords({ unread }: Comparison): string | undefined {
	const words = { latency: 'latency by command', clients: 'clients by name and address' } as const;
	if (unread.length === 0) return undefined;
	return `NOT READ: ${unread.map(kind => words[kind]).join(', ')}, which a node is asked for only while its screen is open`;
}
