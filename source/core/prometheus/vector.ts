// The long answer to a query at one moment, read from its text in steps: five thousand nodes are a megabyte a metric and
// fifty of them a refresh, in which a key must not wait. What it makes is what `parseAnswer` makes, and whatever is not
// written as Prometheus writes it is left to that. Labels that were read before are the same object again, without the
// name of the metric: those of a target are read once and not fifty times.

import type { Steps } from '../steps.ts';
import { type Answer, isLabels, type Labels, type PromSeries, parseAnswer, pointIn } from './answer.ts';

/** By their text. */
export type KnownLabels = Map<string, Labels>;

const head =
	/^\{"status":"success",(?:"isPartial":(?:true|false),)?"data":\{"resultType":"vector","result":\[/;
const opening = '{"metric":{';
/** An unescaped quote ends every label, so that this is in none. */
const between = '},"value":[';
const name = '{"__name__":"';

const seriesAStep = 100;
/** More than fifty labels of each of some thousand nodes: whoever renews theirs all the time would fill the memory. */
const labelsKept = 300_000;

export function* readVector(text: string, known: KnownLabels): Steps<Answer> {
	const start = head.exec(text)?.[0];
	if (start === undefined) return parseAnswer(text, 'vector');
	if (known.size > labelsKept) known.clear();
	const series: PromSeries[] = [];
	let place = start.length;
	while (text[place] !== ']') {
		if (series.length > 0) {
			if (text[place] !== ',') return parseAnswer(text, 'vector');
			place++;
		}
		const read = readOne(text, place, known);
		if (!read) return parseAnswer(text, 'vector');
		series.push(read.series);
		place = read.end;
		if (series.length % seriesAStep === 0) yield;
	}
	// What is around them is short.
	const rest = parseAnswer(start + text.slice(place), 'vector');
	return 'problem' in rest ? rest : { ...rest, series };
}

function readOne(
	text: string,
	place: number,
	known: KnownLabels,
): { readonly series: PromSeries; readonly end: number } | undefined {
	if (!text.startsWith(opening, place)) return undefined;
	const end = text.indexOf(between, place);
	const from = end + between.length;
	const comma = text.indexOf(',"', from);
	const quote = text.indexOf('"', comma + 2);
	if (end < 0 || comma < 0 || comma - from > 32 || quote < 0 || !text.startsWith('"]}', quote))
		return undefined;
	const labels = labelsIn(text.slice(place + opening.length - 1, end + 1), known);
	const seconds = text.slice(from, comma);
	if (!labels || !/^\d+(\.\d+)?$/.test(seconds)) return undefined;
	const [at, value] = pointIn([Number(seconds), text.slice(comma + 2, quote)]);
	const isTold = at !== undefined && at > 0 && value !== undefined;
	return {
		series: isTold ? { labels, times: [at], values: [value] } : { labels, times: [], values: [] },
		end: quote + 3,
	};
}

function labelsIn(text: string, known: KnownLabels): Labels | undefined {
	const words = withoutName(text);
	const before = known.get(words);
	if (before) return before;
	let labels: unknown;
	try {
		labels = JSON.parse(words);
	} catch {
		return undefined;
	}
	if (!isLabels(labels)) return undefined;
	// A part of a text keeps all of it in memory.
	known.set(JSON.parse(JSON.stringify(words)) as string, labels);
	return labels;
}

function withoutName(text: string): string {
	if (!text.startsWith(name)) return text;
	const end = text.indexOf('"', name.length);
	return text[end + 1] === ',' ? `{${text.slice(end + 2)}` : `{${text.slice(end + 1)}`;
}
