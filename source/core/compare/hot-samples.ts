// Hot keys before and after: samples that lie in both windows, taken in the same way. A sample sees seconds of minutes, so
// a key is other than it was only where the error bars of all samples before and all after lie apart. It is then said to
// have changed, and neither better nor worse: traffic goes where it is sent.

import type { HotKeysResult } from '../keys/hot-keys.ts';
import { methodName } from '../keys/hot-ladder.ts';
import { printable, printableText } from '../text/printable.ts';
import { compareLimits } from '../thresholds.ts';
import type { Address } from '../types.ts';
import type { ComparedFigure } from './compared-figures.ts';
import type { ComparedLine } from './compared-line.ts';
import type { TimeSpan } from './scope-blocks.ts';

type Share = { readonly share: number; readonly low: number; readonly high: number };

export type HotSample = {
	/** Of what it saw, ms. */
	readonly from: number;
	readonly to: number;
	/** Only those of one way and scope are held against each other. */
	readonly way: string;
	readonly words: string;
	readonly nodes: readonly Address[];
	readonly keys: ReadonlyMap<string, Share & { readonly node: Address }>;
	readonly patterns: ReadonlyMap<string, Share>;
	/** A key or pattern that is not told of has less than this. */
	readonly rest: { readonly key: number; readonly pattern: number };
};

export type HotComparison = {
	/** `MONITOR, share of commands`. */
	readonly words: string;
	readonly samplesBefore: number;
	readonly samplesAfter: number;
	/** Most changed first; those that changed are among the changes as well. */
	readonly lines: readonly ComparedLine[];
};

const mostKeys = 20;
const keptMilliseconds = 40 * 60_000;
const mostSamples = 480;
const apartMilliseconds = 5000;

/** With one more: what is told again of the same window replaces it, and what overlaps the one before says nothing new. */
export function addHotSample(
	samples: readonly HotSample[],
	result: HotKeysResult,
	scope: string,
): readonly HotSample[] {
	const sample = hotSample(result, scope);
	if (!sample) return samples;
	const kept = samples.filter(
		one => sample.to - one.to <= keptMilliseconds && (one.way !== sample.way || one.from !== sample.from),
	);
	const last = kept.findLast(({ way }) => way === sample.way);
	const isApart = !last || (sample.from >= last.to && sample.from - last.from >= apartMilliseconds);
	return isApart ? [...kept, sample].slice(-mostSamples) : kept;
}

/** Undefined of one that has no shares: counters, and a window in which nothing came. */
function hotSample(result: HotKeysResult, scope: string): HotSample | undefined {
	const { at, seconds, method, shareOf, commands } = result;
	const known = result.keys.filter(({ share, isUnsure }) => share !== undefined && !isUnsure);
	if (known.length === 0 || shareOf === 'accesses') return undefined;
	const ofChance = 3 / Math.max(1, commands);
	const keys = new Map<string, Share & { readonly node: Address }>();
	for (const { key, db, node, share = 0, low = share, high = share } of known.slice(0, mostKeys)) {
		const name = `${printable(key, 60)}${db ? ` (db ${db})` : ''}`;
		// The hottest comes first: of one name on several nodes it is the one that is meant.
		if (!keys.has(name)) keys.set(name, { node, share, low, high });
	}
	const patterns = new Map(
		result.patterns.slice(0, mostKeys).map(({ pattern, share }) => {
			const bar = 2 * Math.sqrt((share * (1 - share)) / Math.max(1, commands));
			return [printableText(pattern, 60), { share, low: share - bar, high: share + bar }] as const;
		}),
	);
	const least = (shares: ReadonlyMap<string, Share>) =>
		shares.size < mostKeys ? ofChance : Math.min(...[...shares.values()].map(({ high }) => high));
	return {
		...{ from: at, to: at + 1000 * seconds, way: `${method} ${shareOf} ${scope}`, keys, patterns },
		words: `${methodName(method)}, share of ${shareOf}`,
		nodes: result.nodes.map(({ node }) => node),
		rest: { key: least(keys), pattern: least(patterns) },
	};
}

/** Undefined where no way has samples in both windows. */
export function compareHotSamples(
	samples: readonly HotSample[],
	nodes: readonly Address[],
	before: TimeSpan,
	after: TimeSpan,
): HotComparison | undefined {
	const isOf =
		({ from, to }: TimeSpan) =>
		(one: HotSample) =>
			one.from >= from && one.to <= to;
	const ways = [...new Set(samples.map(({ way }) => way))].map(way => {
		const own = samples.filter(one => one.way === way && one.nodes.some(node => nodes.includes(node)));
		return { was: own.filter(isOf(before)), is: own.filter(isOf(after)) };
	});
	const [best] = ways
		.filter(({ was, is }) => was.length > 0 && is.length > 0)
		.sort((a, b) => Math.min(b.was.length, b.is.length) - Math.min(a.was.length, a.is.length));
	if (!best) return undefined;
	const lines = [...keyLines(best, nodes), ...patternLines(best, nodes)];
	return {
		words: best.is.at(-1)!.words,
		...{ samplesBefore: best.was.length, samplesAfter: best.is.length },
		lines: lines.sort((a, b) => movedBy(b) - movedBy(a)),
	};
}

type Both = { readonly was: readonly HotSample[]; readonly is: readonly HotSample[] };

const movedBy = ({ before = 0, after = 0 }: ComparedLine) => Math.abs(after - before);

function keyLines({ was, is }: Both, nodes: readonly Address[]): readonly ComparedLine[] {
	const all = [...was, ...is].flatMap(({ keys }) => [...keys]);
	const names = new Set(all.flatMap(([name, { node }]) => (nodes.includes(node) ? [name] : [])));
	const pooled = (samples: readonly HotSample[], name: string) =>
		pool(samples.map(({ keys, rest }) => keys.get(name) ?? atMost(rest.key)));
	return [...names].map(name =>
		lineOf(
			figureOf('hot-key', name, `hot key ${name}`),
			pooled(was, name),
			pooled(is, name),
			was.length,
			is.length,
		),
	);
}

/** Patterns are of all nodes of a sample together, so they are not told of fewer. */
function patternLines({ was, is }: Both, nodes: readonly Address[]): readonly ComparedLine[] {
	if (![...was, ...is].every(sample => sample.nodes.every(node => nodes.includes(node)))) return [];
	const names = new Set([...was, ...is].flatMap(({ patterns }) => [...patterns.keys()]));
	const pooled = (samples: readonly HotSample[], name: string) =>
		pool(samples.map(({ patterns, rest }) => patterns.get(name) ?? atMost(rest.pattern)));
	return [...names].map(name =>
		lineOf(
			figureOf('hot-pattern', name, `keys ${name}`),
			pooled(was, name),
			pooled(is, name),
			was.length,
			is.length,
		),
	);
}

type Pooled = Partial<Share> & { readonly least: number; readonly most: number };

const atMost = (share: number): Pooled => ({ least: 0, most: share });

/** The mean of those that tell of it, and the error bars of all. */
function pool(shares: readonly (Share | Pooled)[]): Pooled {
	const told = shares.flatMap(({ share }) => share ?? []);
	return {
		share: told.length > 0 ? told.reduce((sum, share) => sum + share, 0) / told.length : undefined,
		least: Math.min(...shares.map(each => ('least' in each ? each.least : each.low))),
		most: Math.max(...shares.map(each => ('most' in each ? each.most : each.high))),
	};
}

const figureOf = (kind: 'hot-key' | 'hot-pattern', name: string, words: string): ComparedFigure => ({
	...{ id: `${kind} ${name}`, words, family: `${kind} ${name}`, unit: 'share' },
	...{ floor: { share: 0, least: compareLimits.leastHotShare }, read: () => [] },
});

function lineOf(
	figure: ComparedFigure,
	was: Pooled,
	is: Pooled,
	readingsBefore: number,
	readingsAfter: number,
): ComparedLine {
	const isApart = was.most < is.least || is.most < was.least;
	const moved = Math.abs((is.share ?? is.most) - (was.share ?? was.most));
	const isChanged = isApart && moved >= compareLimits.leastHotShare;
	return {
		...{ figure, before: was.share, after: is.share, readingsBefore, readingsAfter },
		varied: (was.most - was.least + is.most - is.least) / 2,
		verdict: isChanged ? 'other' : 'as-before',
	};
}
