// What is asked for the charts: one query a figure, over one node or summed over a fleet by Prometheus itself, so that an
// answer is as long for five nodes as for five thousand. Rates are its own: rate() knows the restart of a server. Pure.

import { exporterNames, infoName } from './own-names.ts';
import type { Target } from './targets.ts';

export type EarlierFigure = 'ops' | 'hits' | 'misses' | 'memory' | 'evicted' | 'clients';

type Metric = { readonly name: string; readonly isCounter: boolean; readonly isOfAll?: true };

/** `isOfAll`: summed over all nodes, as the fleet's total is; the others over the primaries. */
export const earlierMetrics: Readonly<Record<EarlierFigure, Metric>> = {
	ops: { name: 'redis_commands_processed_total', isCounter: true },
	hits: { name: 'redis_keyspace_hits_total', isCounter: true },
	misses: { name: 'redis_keyspace_misses_total', isCounter: true },
	memory: { name: 'redis_memory_used_bytes', isCounter: false },
	evicted: { name: 'redis_evicted_keys_total', isCounter: true },
	clients: { name: 'redis_connected_clients', isCounter: false, isOfAll: true },
};
export const earlierFigureNames = Object.keys(earlierMetrics) as readonly EarlierFigure[];

/** A range of time in steps, seconds since the epoch by Prometheus's clock. */
export type Range = { readonly start: number; readonly end: number; readonly step: number };

/** Points of the longest answer; a chart has no more cells. */
export const pointsMost = 240;
const shortestStepSeconds = 5;

/** Steps that a window of so many seconds is asked in. */
export const stepFor = (seconds: number): number =>
	Math.max(shortestStepSeconds, Math.ceil(seconds / pointsMost / 5) * 5);

/** The steps of a window that ends at `end`: on a grid of their own, so that the same moment has the same value again. */
export function rangeFor(endSeconds: number, seconds: number): Range {
	const step = stepFor(seconds);
	const end = Math.floor(endSeconds / step) * step;
	return { start: end - Math.ceil(seconds / step) * step, end, step };
}

/**
 * Over how long a value is taken, seconds: a step, but at least so many scrapes that a rate has two of them although one
 * was missed. Where Prometheus has none in it there is no value.
 */
export const rateSeconds = (step: number, scrape: number) => Math.max(step, Math.ceil(scrape * 4));
const meanSeconds = (step: number, scrape: number) => Math.max(step, Math.ceil(scrape * 1.5));

/** What follows a metric's name: which targets, and what the settings add. */
export function selectorOf(targets: readonly Target[], match: string | undefined): string {
	const label = targets[0]?.label;
	const values = [...new Set(targets.filter(target => target.label === label).map(({ value }) => value))];
	const only =
		values.length === 0 || values.length > longestSelector
			? undefined
			: values.length === 1
				? `${label}=${quoted(values[0]!)}`
				: `${label}=~${quoted(values.map(escaped).join('|'))}`;
	const parts = [only, match?.trim() || undefined].filter(part => part !== undefined);
	return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

/** Of more nodes the settings must say which they are. */
const longestSelector = 2000;

const quoted = (text: string) => JSON.stringify(text);
const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

type Over = { readonly step: number; readonly scrape: number };

/** Of one node; where several series are of it the largest, for they are one thing scraped twice. */
export function nodeQuery(figure: EarlierFigure, label: string, selector: string, over: Over): string {
	return `max by (${label}) (${eachOf(figure, label, selector, over)})`;
}

/** Of what redis-tops as services have measured a node is told by this label. */
const ownLabel = 'node';

/** What the figure is called where `label` tells nodes; undefined where nobody counts it there. */
const metricOf = (figure: EarlierFigure, label: string): string | undefined =>
	label === ownLabel ? exporterNames[earlierMetrics[figure].name] : earlierMetrics[figure].name;

/** Figures that there are of nodes told by this label. */
export const earlierFiguresBy = (label: string): readonly EarlierFigure[] =>
	earlierFigureNames.filter(figure => metricOf(figure, label) !== undefined);

/** Of a fleet: of each node once, and of those that were primaries then. */
export function fleetQuery(figure: EarlierFigure, label: string, selector: string, over: Over): string {
	const each = nodeQuery(figure, label, selector, over);
	const primaries =
		label === ownLabel
			? `${infoName}${withRole(selector, 'primary')}`
			: `redis_instance_info${withRole(selector, 'master')}`;
	return earlierMetrics[figure].isOfAll ? `sum(${each})` : `sum(${each} and on (${label}) ${primaries})`;
}

function eachOf(figure: EarlierFigure, label: string, selector: string, { step, scrape }: Over): string {
	const { isCounter } = earlierMetrics[figure];
	const name = metricOf(figure, label);
	return isCounter
		? `rate(${name}${selector}[${rateSeconds(step, scrape)}s])`
		: `avg_over_time(${name}${selector}[${meanSeconds(step, scrape)}s])`;
}

const withRole = (selector: string, role: string) =>
	selector === '' ? `{role="${role}"}` : `${selector.slice(0, -1)},role="${role}"}`;
