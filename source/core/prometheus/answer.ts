// What Prometheus's HTTP API answers to a query, and what anything else that listens there may answer in its place: text
// in, series out, or one line that says what is wrong. Nothing in it is believed before it was looked at: a value that is
// no finite number is left out, as is a point that is not behind the one before it. Never throws.

import { printableText } from '../text/printable.ts';

export type Labels = Readonly<Record<string, string>>;

/** Times in milliseconds since the epoch by Prometheus's clock, rising; a value for each. */
export type PromSeries = {
	readonly labels: Labels;
	readonly times: readonly number[];
	readonly values: readonly number[];
};

/** `note`: why there may be more than it tells. `isRefusal`: it answers, but not this query. */
export type Answer =
	| { readonly series: readonly PromSeries[]; readonly note?: string }
	| { readonly problem: string; readonly isRefusal?: true };

/** `vector` answers a query at one moment, `matrix` one over a range of time. */
export type AnswerKind = 'vector' | 'matrix';

const longestWords = 160;

export function parseAnswer(text: string, kind: AnswerKind): Answer {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return { problem: notJson(text) };
	}
	if (!isRecord(value)) return { problem: 'its answer is not one of Prometheus' };
	if (value.status === 'error')
		return { problem: `it refuses the query: ${wordsOf(value.error)}`, isRefusal: true };
	const { data } = value;
	if (value.status !== 'success' || !isRecord(data) || !Array.isArray(data.result))
		return { problem: 'its answer is not one of Prometheus' };
	if (data.resultType !== kind) return { problem: `its answer is a ${wordsOf(data.resultType)}, no ${kind}` };
	const series = data.result.flatMap(each => seriesIn(each, kind) ?? []);
	const isWhole = series.length === data.result.length;
	const note = partialWords(value) ?? (isWhole ? undefined : 'its answer has series that cannot be read');
	return { series, ...(note !== undefined && { note }) };
}

/**
 * Thanos and remote storages answer with what they reached, and say so in a warning; VictoriaMetrics in a flag. What
 * Prometheus remarks of a query's sense is no lack.
 */
function partialWords({ warnings, isPartial }: Record<string, unknown>): string | undefined {
	const told = [warnings ?? []].flat().map(wordsOf);
	const lack = told.find(words => words !== '' && !/^"?PromQL (info|warning)/.test(words));
	if (lack !== undefined) return `its answer may be partial: ${lack}`;
	return isPartial === true ? 'its answer is partial: some of its storage did not answer' : undefined;
}

function notJson(text: string): string {
	if (/^\s*</.test(text)) return 'its answer is a web page: is the URL that of Prometheus, or of a login?';
	if (/^\s*[{[]/.test(text)) return 'its answer is cut off';
	return text.trim() === '' ? 'its answer is empty' : 'its answer is not JSON';
}

const wordsOf = (value: unknown): string => {
	const text = printableText(
		typeof value === 'string' ? value.replace(/\s+/g, ' ') : (JSON.stringify(value) ?? '-'),
	);
	return text.length > longestWords ? `${text.slice(0, longestWords)}...` : text;
};

function seriesIn(value: unknown, kind: AnswerKind): PromSeries | undefined {
	if (!isRecord(value) || !isLabels(value.metric)) return undefined;
	const points = kind === 'vector' ? [value.value] : value.values;
	if (!Array.isArray(points)) return undefined;
	const times: number[] = [];
	const values: number[] = [];
	for (const point of points) {
		const [at, number] = pointIn(point);
		if (at === undefined || number === undefined || at <= (times.at(-1) ?? 0)) continue;
		times.push(at);
		values.push(number);
	}
	return { labels: value.metric, times, values };
}

export function pointIn(point: unknown): readonly [at?: number, value?: number] {
	if (!Array.isArray(point) || point.length !== 2) return [];
	const [seconds, text] = point as readonly unknown[];
	if (typeof seconds !== 'number' || !Number.isFinite(seconds) || typeof text !== 'string') return [];
	const value = /^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
	return Number.isFinite(value) ? [Math.round(seconds * 1000), value] : [];
}

export function isLabels(value: unknown): value is Labels {
	return isRecord(value) && Object.values(value).every(each => typeof each === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
