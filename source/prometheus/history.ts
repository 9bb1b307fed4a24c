// The time before we connected, for the charts: whose series are whose, asked once a minute at most, then one query a
// figure. It keeps nothing but that: what is asked when, and what is kept of it, is decided in update/earlier.ts.

import type { Answer, PromSeries } from '../core/prometheus/answer.ts';
import { ownNames } from '../core/prometheus/own-listing.ts';
import { earlierFiguresBy, fleetQuery, nodeQuery, rangeFor, selectorOf } from '../core/prometheus/queries.ts';
import type { EarlierAnswer, EarlierQuestion } from '../core/prometheus/question.ts';
import { spanOf } from '../core/prometheus/span.ts';
import {
	findTargets,
	type NodeRule,
	ownTargetsOf,
	type Target,
	targetsOf,
	unfoundWords,
} from '../core/prometheus/targets.ts';
import { timeNow } from '../redis/clock.ts';
import type { PrometheusClient } from './client.ts';

export type HistorySettings = {
	/** More of a selector, to tell one fleet's series from another's: `cluster="prod"`. */
	readonly match?: string;
	readonly node?: NodeRule;
};

export type History = { readonly ask: (question: EarlierQuestion) => Promise<EarlierAnswer> };

/** Targets come and go; who scrapes what is not looked up more often than this. */
const targetsKeptMilliseconds = 60_000;
/** Where it cannot be told how often targets are scraped. */
const usualScrapeSeconds = 15;
const scrapesSeconds = 600;
/** A window may hold one scrape more than it is long: of few that is a pace that is too quick, and rows that seem stale. */
const shortWindows = [
	{ seconds: 60, least: 4 },
	{ seconds: 180, least: 5 },
];

type Known = {
	readonly at: number;
	readonly targets: readonly Target[];
	/** Between two scrapes of a target, seconds. */
	readonly scrape: number;
	/** How far its clock is before ours, milliseconds. */
	readonly ahead: number;
	/** Why there may be more targets than it told. */
	readonly note?: string;
};

export function createHistory(client: PrometheusClient, settings: HistorySettings): History {
	let known: Known | undefined;
	let looking: Promise<Known | { problem: string }> | undefined;

	const look = async (): Promise<Known | { problem: string }> => {
		const asked = timeNow();
		const selector = selectorOf([], settings.match);
		const theirs = await Promise.all([
			client.query(`redis_up${selector}`),
			client.query(`redis_instance_info${selector}`),
			client.query(scrapesQuery(selector)),
		]);
		const isAnswered = theirs.every(answer => 'series' in answer);
		// Where no exporter is scraped redis-tops may be.
		const isOurs = isAnswered && seriesOf(theirs[0]).length === 0;
		const ours = isOurs
			? await Promise.all([
					client.query(`${ownNames.up}${selector}`),
					client.query(scrapesQuery(selector, ownNames.up)),
				])
			: undefined;
		const all = [...theirs, ...(ours ?? [])];
		const wrong = all.find(answer => 'problem' in answer);
		if (wrong && 'problem' in wrong) return wrong;
		const note = all.map(noteOf).find(Boolean);
		const [up, infos, scrapes] = theirs;
		const [ownUp, ownScrapes] = ours ?? [];
		const ownSeries = ownUp ? seriesOf(ownUp) : [];
		const at = timeNow();
		known = {
			at,
			targets: isOurs ? ownTargetsOf(ownSeries) : targetsOf(seriesOf(up), seriesOf(infos), settings.node),
			scrape: scrapeOf(seriesOf(ownScrapes ?? scrapes)),
			ahead: aheadOf(isOurs ? ownSeries : seriesOf(up), (asked + at) / 2, at - asked),
			...(note !== undefined && { note }),
		};
		return known;
	};
	const current = () => {
		if (known && timeNow() - known.at < targetsKeptMilliseconds) return Promise.resolve(known);
		looking ??= look().finally(() => {
			looking = undefined;
		});
		return looking;
	};

	return {
		async ask({ nodes, isFleet, seconds, until }) {
			const now = await current();
			if ('problem' in now) return now;
			const found = findTargets(nodes, now.targets);
			const targets = [...found.targets.values()];
			const unfound = found.unfound.length > 0 ? unfoundWords(found, now.targets, settings.node) : undefined;
			const note = unfound ?? now.note;
			if (targets.length === 0) return { spans: {}, ...(note !== undefined && { note }) };
			const range = rangeFor((until + now.ahead) / 1000, seconds);
			const selector = selectorOf(targets, settings.match);
			const queryOf = isFleet ? fleetQuery : nodeQuery;
			const over = { step: range.step, scrape: now.scrape };
			const { label } = targets[0]!;
			const figures = earlierFiguresBy(label);
			const answers = await Promise.all(
				figures.map(figure => client.range(queryOf(figure, label, selector, over), range)),
			);
			const wrong = answers.find(answer => 'problem' in answer);
			if (wrong && 'problem' in wrong) return wrong;
			const spans = figures.map(
				(figure, index) => [figure, spanOf(seriesOf(answers[index]!)[0], range, now.ahead)] as const,
			);
			const lack = note ?? answers.map(noteOf).find(Boolean);
			return { spans: Object.fromEntries(spans), ...(lack !== undefined && { note: lack }) };
		},
	};
}

const noteOf = (answer: Answer) => ('note' in answer ? answer.note : undefined);

const seriesOf = (answer: Answer): readonly PromSeries[] => ('series' in answer ? answer.series : []);

/**
 * How often the target was scraped that was scraped most, within ten minutes: by the last one or three of them where they
 * have enough. A target that is younger than ten minutes has fewer, and would seem to be scraped seldom: of it the last
 * minute is all there is.
 */
export function scrapesQuery(selector: string, metric = 'redis_up'): string {
	const within = (seconds: number) => `count_over_time(${metric}${selector}[${seconds}s])`;
	const short = shortWindows.map(
		({ seconds, least }) => `(${within(seconds)} >= ${least}) * ${scrapesSeconds / seconds}`,
	);
	const whole = `(${within(scrapesSeconds)} and ${metric}${selector} offset ${scrapesSeconds}s)`;
	const young = `(${within(60)} >= 2) * ${scrapesSeconds / 60}`;
	return `max(${[...short, whole, young].join(' or ')})`;
}

/** Seconds between two scrapes. */
export function scrapeOf([counted]: readonly PromSeries[]): number {
	const count = counted?.values[0];
	// Of a target that was there for the whole of it; a younger one has fewer, and seems slower than it is.
	return count && count > 1 ? Math.min(300, Math.max(1, scrapesSeconds / count)) : usualScrapeSeconds;
}

/** Less than this is what an answer takes on its way. */
const leastSkewMilliseconds = 1000;

/** A query without a moment is answered for its own now. */
export function aheadOf([up]: readonly PromSeries[], ours: number, took: number): number {
	const its = up?.times[0];
	const ahead = its === undefined ? 0 : its - ours;
	return Math.abs(ahead) < leastSkewMilliseconds + took ? 0 : Math.round(ahead);
}
