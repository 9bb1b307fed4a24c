// What the histories tell: how fast memory grows, when it meets the limit, what the hit rate was before and since when
// it is not. A slope is only said where it stands out of the noise it is measured in; no evidence is no slope.

import { lookupsWithin } from '../core/fleet/rates.ts';
import type { NodeTrack, Series } from '../core/types.ts';
import { runbookLimits } from './limits.ts';

export type Trend = {
	/** Bytes a second; 0 where it is flat. */
	readonly perSecond: number;
	/** Over how long it was measured. */
	readonly seconds: number;
	readonly isFlat: boolean;
};

type Point = { readonly at: number; readonly value: number };

/** The measured buckets of the last `seconds` up to `at`, oldest first, the open one among them. `at` is a bucket's middle. */
export function pointsOf(series: Series, at: number, seconds: number): readonly Point[] {
	if (series.openedAt === 0) return [];
	const length = series.bucketSeconds * 1000;
	const first = series.openedAt - series.closed.length * length;
	const points: Point[] = [];
	const add = (start: number, value: number) => {
		const middle = start + length / 2;
		if (Number.isFinite(value) && middle >= at - seconds * 1000 && start <= at)
			points.push({ at: middle, value });
	};
	series.closed.forEach((value, index) => {
		add(first + index * length, value);
	});
	if (series.openCount > 0) add(series.openedAt, series.openSum / series.openCount);
	return points;
}

/** The slope of a history of bytes by least squares; undefined where there is too little of it. */
export function trendOf(
	series: Series | undefined,
	at: number,
	limitBytes: number | undefined,
): Trend | undefined {
	const points = series ? pointsOf(series, at, runbookLimits.trendSeconds) : [];
	if (points.length < runbookLimits.trendBuckets) return undefined;
	const seconds = (points.at(-1)!.at - points[0]!.at) / 1000;
	if (!(seconds > 0)) return undefined;
	const { slope, error } = slopeOf(points);
	if (!Number.isFinite(slope)) return undefined;
	const scale = limitBytes || Math.max(...points.map(point => Math.abs(point.value)));
	const isFlat = Math.abs(slope * seconds) < scale * runbookLimits.trendShare || Math.abs(slope) < 2 * error;
	return { perSecond: isFlat ? 0 : slope, seconds, isFlat };
}

/** Slope a second and its standard error. */
function slopeOf(points: readonly Point[]): { slope: number; error: number } {
	const times = points.map(point => (point.at - points[0]!.at) / 1000);
	const meanTime = mean(times);
	const meanValue = mean(points.map(point => point.value));
	let covariance = 0;
	let variance = 0;
	points.forEach((point, index) => {
		covariance += (times[index]! - meanTime) * (point.value - meanValue);
		variance += (times[index]! - meanTime) ** 2;
	});
	const slope = covariance / variance;
	const rest = points.reduce(
		(sum, point, index) => sum + (point.value - meanValue - slope * (times[index]! - meanTime)) ** 2,
		0,
	);
	return { slope, error: Math.sqrt(rest / Math.max(1, points.length - 2) / variance) };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

export type HitRates = {
	/** 0..1 over the last 10 s (or the last interval). */
	readonly now?: number;
	/** 0..1 over the 5 minutes before; where nobody watched then, of all lookups since the counters began. */
	readonly before?: number;
	/** `before` is that of all lookups. */
	readonly isSinceStart?: true;
	/** When it left the half-way between the two, ms. */
	readonly fellAt?: number;
};

const nowSeconds = 10;
const beforeSeconds = 300;
/** Fewer say nothing of a rate. */
const lookupsNeeded = 100;

/** The hit rate now, before, and since when it is lower. */
export function hitRatesOf(track: NodeTrack | undefined, at: number): HitRates {
	if (!track) return {};
	const last = track.intervals.at(-1);
	const window = lookupsWithin(track.intervals, at, Math.max(nowSeconds, last?.seconds ?? 0));
	const now = window.lookups >= lookupsNeeded ? window.hits / window.lookups : undefined;
	const buckets = rateBuckets(track, at);
	const earlier = buckets.filter(
		bucket => bucket.at <= at - nowSeconds * 1000 && bucket.at > at - (nowSeconds + beforeSeconds) * 1000,
	);
	// The older half: once the fall has begun, the newer one is part of it.
	const older = earlier.slice(0, Math.max(1, Math.ceil(earlier.length / 2)));
	const lookups = older.reduce((sum, bucket) => sum + bucket.lookups, 0);
	const hits = older.reduce((sum, bucket) => sum + bucket.hits, 0);
	const watched = lookups >= lookupsNeeded ? hits / lookups : undefined;
	const ever = watched === undefined ? rateBefore(track, window) : undefined;
	const before = watched ?? ever;
	const half = now !== undefined && before !== undefined && before > now ? (now + before) / 2 : undefined;
	const lastGood =
		half === undefined ? undefined : earlier.findLast(bucket => bucket.hits / bucket.lookups >= half);
	return { now, before, ...(ever !== undefined && { isSinceStart: true }), fellAt: lastGood?.at };
}

/** Of the server's own counters, without what is now and without our own lookups. They begin with the server, or with a CONFIG RESETSTAT. */
function rateBefore(
	{ lastGood }: NodeTrack,
	now: { readonly hits: number; readonly lookups: number },
): number | undefined {
	const { keyspaceHits, keyspaceMisses } = lastGood?.info ?? {};
	if (keyspaceHits === undefined || keyspaceMisses === undefined) return undefined;
	const { hits: ownHits = 0, misses: ownMisses = 0 } = lastGood?.own ?? {};
	const hits = keyspaceHits - ownHits - now.hits;
	const lookups = keyspaceHits + keyspaceMisses - ownHits - ownMisses - now.lookups;
	return lookups >= lookupsNeeded ? Math.min(1, Math.max(0, hits / lookups)) : undefined;
}

type RateBucket = { readonly at: number; readonly hits: number; readonly lookups: number };

/** Hits and lookups of each closed bucket that had lookups; `at` is its end. Both series are filled at the same moments. */
function rateBuckets(track: NodeTrack, at: number): readonly RateBucket[] {
	const { hits, lookups } = track;
	const length = lookups.bucketSeconds * 1000;
	const first = lookups.openedAt - lookups.closed.length * length;
	const shift = hits.closed.length - lookups.closed.length;
	const buckets: RateBucket[] = [];
	lookups.closed.forEach((rate, index) => {
		const hitRate = hits.closed[index + shift];
		const end = first + (index + 1) * length;
		if (!(rate > 0) || hitRate === undefined || !Number.isFinite(hitRate) || end > at) return;
		buckets.push({
			at: end,
			hits: hitRate * lookups.bucketSeconds,
			lookups: rate * lookups.bucketSeconds,
		});
	});
	return buckets;
}
