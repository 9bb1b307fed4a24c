// The long answer to a query at one moment, read from its text in steps: five thousand nodes are a megabyte a metric and
// fifty of them a refresh, in which a key must not wait. What it makes is what `parseAnswer` makes, and whatever is not
// written as Prometheus writes it is left to that. Labels that were read before are the same object again, without the
// name of the metric: those of a target are read once and not fifty times.

import type { Steps } from '../steps.ts';
import { type Answer, isLabels, type Labels, type PromSeries, parseAnswer, pointIn } from './answer.ts';

/** By their text, without the name of the metric. */
export type KnownLabels = Map<string, KnownOne>;

/** `next`: whose stood behind these of late. Most metrics are told of the same targets in the same order. */
type KnownOne = { readonly words: string; readonly labels: Labels; next?: KnownOne };

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
	let last: KnownOne | undefined;
	while (text[place] !== ']') {
		if (series.length > 0) {
			if (text[place] !== ',') return parseAnswer(text, 'vector');
			place++;
		}
		const found = labelsAt(text, place, known, last?.next);
		const read = found && readOne(text, found);
		if (!read) return parseAnswer(text, 'vector');
		if (last) last.next = found.one;
		last = found.one;
		series.push(read.series);
		place = read.end;
		if (series.length % seriesAStep === 0) yield;
	}
	// What is around them is short.
	const rest = parseAnswer(start + text.slice(place), 'vector');
	return 'problem' in rest ? rest : { ...rest, series };
}

/** Whose labels stand there, and where its value begins. */
type Found = { readonly one: KnownOne; readonly from: number };

function readOne(
	text: string,
	{ one: { labels }, from }: Found,
): { readonly series: PromSeries; readonly end: number } | undefined {
	const comma = text.indexOf(',"', from);
	const quote = text.indexOf('"', comma + 2);
	if (comma < 0 || comma - from > 32 || quote < 0 || !text.startsWith('"]}', quote)) return undefined;
	const seconds = text.slice(from, comma);
	if (!/^\d+(\.\d+)?$/.test(seconds)) return undefined;
	const [at, value] = pointIn([Number(seconds), text.slice(comma + 2, quote)]);
	const isTold = at !== undefined && at > 0 && value !== undefined;
	return {
		series: isTold ? { labels, times: [at], values: [value] } : { labels, times: [], values: [] },
		end: quote + 3,
	};
}

function labelsAt(text: string, place: number, known: KnownLabels, likely?: KnownOne): Found | undefined {
	if (!text.startsWith(opening, place)) return undefined;
	const begin = behindName(text, place + opening.length - 1);
	if (likely && text.startsWith(likely.words, begin)) {
		const end = begin + likely.words.length;
		// The words end with the brace with which this begins.
		if (text.startsWith(between, end - 1)) return { one: likely, from: end - 1 + between.length };
	}
	const end = text.indexOf(between, place);
	if (end < 0) return undefined;
	const one = labelsIn(text.slice(begin, end + 1), known);
	return one && { one, from: end + between.length };
}

/** Of labels without the name of the metric, which is left out: `"instance":"a:1"}`. */
function labelsIn(words: string, known: KnownLabels): KnownOne | undefined {
	const before = known.get(words);
	if (before) return before;
	let labels: unknown;
	try {
		labels = JSON.parse(`{${words}`);
	} catch {
		return undefined;
	}
	if (!isLabels(labels)) return undefined;
	// A part of a text keeps all of it in memory.
	const own = JSON.parse(JSON.stringify(words)) as string;
	const one = { words: own, labels };
	known.set(own, one);
	return one;
}

/** Where the labels begin that are behind the name of the metric, or behind the brace at `place` where there is none. */
function behindName(text: string, place: number): number {
	if (!text.startsWith(name, place)) return place + 1;
	const end = text.indexOf('"', place + name.length);
	return text[end + 1] === ',' ? end + 2 : end + 1;
}
