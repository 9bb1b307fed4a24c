// Before and after without a screen: the lines of the screen as text, and the same as JSON. Fields carry their units;
// what was not measured is null.

import type { ComparedLine } from '../core/compare/compared-line.ts';
import type { TimeSpan } from '../core/compare/scope-blocks.ts';
import { clock, localDay, zone } from '../core/text/local-time.ts';
import { printableText } from '../core/text/printable.ts';
import { duration } from '../core/text/quantity.ts';
import type { Compared } from '../state/compared.ts';
import { compareHead, compareLines } from '../view/screens/compare/lines.ts';
import { markerWords, verdictWords } from '../view/screens/compare/words.ts';
import { lineText } from '../view/theme.ts';

export function compareText(
	{ fleet, marker, comparison }: Compared,
	{
		isAscii,
		width,
		offset = 0,
	}: { readonly isAscii: boolean; readonly width: number; readonly offset?: number },
): string {
	const { split } = comparison;
	const long = ({ from, to }: TimeSpan) => duration(Math.max(0, to - from) / 1000);
	const when = `${localDay(marker.at, offset)} ${clock(marker.at, offset)} ${zone(marker.at, offset)}`;
	return [
		`${printableText(fleet.name)}: ${markerWords(marker)}  ${when}   before ${long(comparison.before)}   settling ${duration(split.settlingSeconds)}   after ${long(comparison.after)}`,
		verdictWords(comparison),
		'',
		...[compareHead(width), ...compareLines(comparison, width, isAscii)].map(line =>
			lineText(line).trimEnd(),
		),
	].join('\n');
}

export function compareJson({ fleet, marker, nodes, comparison }: Compared, offset = 0): object {
	const { before, after, split, blockSeconds, changes, asBefore, tooFew, came, gone, settings, hot, unread } =
		comparison;
	const span = ({ from, to }: TimeSpan) => ({ from: iso(from, offset), to: iso(to, offset) });
	return {
		version: 1,
		fleet: fleet.name,
		nodes,
		marker: { at: iso(marker.at, offset), text: marker.text ?? null, kind: marker.kind },
		before: span(before),
		after: span(after),
		settlingSeconds: split.settlingSeconds,
		blockSeconds,
		verdict: verdictWords(comparison),
		changes: changes.map(({ line, besides }) => ({ ...lineJson(line), besides: besides.map(lineJson) })),
		asBefore: asBefore.map(lineJson),
		tooFewReadings: tooFew.map(lineJson),
		came,
		gone,
		settings,
		notRead: unread,
		hot: hot ? { ...hot, lines: hot.lines.map(lineJson) } : null,
	};
}

const iso = (at: number, offset: number) => new Date(at + offset).toISOString();

function lineJson({ figure, before, after, varied, verdict, severity, ...readings }: ComparedLine) {
	return {
		...{ figure: figure.id, words: figure.words, unit: figure.unit },
		...{ before: before ?? null, after: after ?? null },
		difference: before === undefined || after === undefined ? null : after - before,
		varied: varied ?? null,
		...readings,
		verdict: verdict === 'too-few' ? 'too few readings' : verdict,
		severity: severity ?? null,
	};
}
