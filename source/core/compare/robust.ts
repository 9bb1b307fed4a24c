// Is a figure other than it was, or does it only vary as it did before? Readings are means over blocks of time, for two
// readings of one second are not two measurements. Median and MAD, so that one odd block decides nothing; what is left
// of autocorrelation widens the bound; the limit is that of Student's t, shared by all figures that are looked at at once
// (Bonferroni). A figure that drifted before may go on drifting: a change must be one from the level and from the trend.

import { compareLimits } from '../thresholds.ts';

/** Means of blocks in their order; undefined is a block without a reading. */
export type Blocks = readonly (number | undefined)[];

export type Judgement = {
	readonly before: number;
	readonly after: number;
	/** A difference up to this is what it varied anyway. */
	readonly varied: number;
	readonly readingsBefore: number;
	readonly readingsAfter: number;
	readonly isOutside: boolean;
};

export type JudgeOptions = {
	/** Of these, counted in blocks, the after window begins so far behind the end of the one before. */
	readonly gap: number;
	/** Figures that are judged at once. */
	readonly figures: number;
	/** A smaller difference is nothing that anybody needs to know, however steady the figure was. */
	readonly floor: (before: number, after: number) => number;
	/** Mostly nothing, now and then many: the mean tells of it, the median would not. */
	readonly isBursty?: boolean;
};

type Point = { readonly x: number; readonly y: number };

/** Undefined where there are too few readings to say anything. */
export function judgeChange(before: Blocks, after: Blocks, options: JudgeOptions): Judgement | undefined {
	const was = pointsOf(before, 0);
	const is = pointsOf(after, before.length + options.gap);
	if (was.length < compareLimits.fewestReadings || is.length < compareLimits.fewestReadings) return undefined;
	const centre = options.isBursty ? mean : median;
	const [from, to] = [centre(valuesOf(was)), centre(valuesOf(is))];
	const spread = options.isBursty ? deviation : robustSpread;
	const varied = variedAnyway(was, is, options, spread, to - from);
	return {
		...{ before: from, after: to, varied },
		...{ readingsBefore: was.length, readingsAfter: is.length },
		isOutside: Math.abs(to - from) > varied,
	};
}

type Spread = (values: readonly number[]) => number;

/**
 * It may stay where it was, and it may go on as it went: neither comes to a difference. Where the trend is plain, the
 * level is not what it varied around, and how well the slope is known is part of the bound.
 */
function variedAnyway(
	was: readonly Point[],
	is: readonly Point[],
	options: JudgeOptions,
	spread: Spread,
	difference: number,
): number {
	const slope = slopeOf(was);
	const rest = residuals(was, slope);
	const length = was.length;
	const sure = spread(rest) * Math.sqrt((12 * inflation(rest)) / (length * (length ** 2 - 1)));
	const isPlain = Math.abs(slope) >= compareLimits.trendErrors * sure;
	const distance = median(is.map(({ x }) => x)) - median(was.map(({ x }) => x));
	// A drift that noise hides may be steeper than it looks.
	const hidden = isPlain ? 0 : compareLimits.hiddenErrors * sure;
	const goesOn = Math.max(0, (slope * Math.sign(difference) + hidden) * distance);
	const ofTrend = isPlain ? (sure * distance) ** 2 : 0;
	const onTrend = goesOn + boundOf(rest, is, valuesOf(was), options, spread, ofTrend);
	const onLevel = isPlain
		? halfWidth(valuesOf(was), compareLimits.middleShare)
		: boundOf(residuals(was, 0), is, valuesOf(was), options, spread);
	return Math.max(onTrend, onLevel);
}

/** Of a median: so much less sure than a mean where readings are normal. */
const medianCost = Math.PI / 2;

/**
 * What two windows differ by anyway. `rest` is what the one before varied by, and what the other would vary by if nothing
 * had changed; only of bursts, of which it may have had none, the other is asked as well. `ofTrend` is the variance of
 * the trend.
 */
function boundOf(
	rest: readonly number[],
	is: readonly Point[],
	was: readonly number[],
	{ figures, floor, isBursty }: JudgeOptions,
	spread: Spread,
	ofTrend = 0,
): number {
	const one = meanOf(rest, spread, rest.length);
	const other = isBursty ? meanOf(residuals(is, 0), spread, is.length) : meanOf(rest, spread, is.length);
	const variance = one.variance + other.variance;
	const freedom =
		variance === 0
			? 1
			: variance ** 2 / (one.variance ** 2 / one.freedom + other.variance ** 2 / other.freedom);
	const sure = criticalT(compareLimits.falseChanges / (2 * figures), Math.max(3, freedom));
	const half = halfWidth(rest, compareLimits.middleShare);
	const byChance = sure * Math.sqrt((variance + ofTrend) * medianCost);
	const most = isBursty || ofTrend > 0 ? byChance : compareLimits.mostHalfWidths * half;
	return Math.max(half, Math.min(byChance, most), floor(median(was), median(valuesOf(is))));
}

/** How sure a mean of so many of these is, after Welch and Satterthwaite, with as many readings as they are worth. */
function meanOf(values: readonly number[], spread: Spread, count: number) {
	const worth = count / inflation(values);
	return { variance: spread(values) ** 2 / worth, freedom: Math.max(1, worth - 1) };
}

// ---------------------------------------------------------------------------------------------------------
// Of a row of numbers

const pointsOf = (blocks: Blocks, start: number): Point[] =>
	blocks.flatMap((y, index) => (y === undefined || !Number.isFinite(y) ? [] : [{ x: start + index, y }]));

const valuesOf = (points: readonly Point[]) => points.map(({ y }) => y);

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

export function median(values: readonly number[]): number {
	const all = sorted(values);
	const middle = all.length >> 1;
	return all.length % 2 === 1 ? all[middle]! : (all[middle - 1]! + all[middle]!) / 2;
}

export const mean = (values: readonly number[]): number =>
	values.reduce((sum, value) => sum + value, 0) / values.length;

/** A standard deviation is so many median deviations of a normal spread. */
const normalMad = 1.4826;
/** The middle 95 of 100 reach so many standard deviations to either side. */
const normalHalfWidth = 1.96;

/** As a standard deviation; what is constant but for a few blocks has a MAD of 0 and varied all the same. */
function robustSpread(values: readonly number[]): number {
	const centre = median(values);
	const mad = normalMad * median(values.map(value => Math.abs(value - centre)));
	return Math.max(mad, halfWidth(values, compareLimits.middleShare) / normalHalfWidth);
}

function deviation(values: readonly number[]): number {
	const centre = mean(values);
	return Math.sqrt(
		values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, values.length - 1),
	);
}

/** Half of the width of the middle `share` of the values. */
function halfWidth(values: readonly number[], share: number): number {
	const all = sorted(values);
	return (quantile(all, (1 + share) / 2) - quantile(all, (1 - share) / 2)) / 2;
}

function quantile(all: readonly number[], share: number): number {
	const place = (all.length - 1) * share;
	const below = Math.floor(place);
	const above = Math.min(all.length - 1, below + 1);
	return all[below]! + (all[above]! - all[below]!) * (place - below);
}

/** Theil and Sen: the median of the slopes between any two. */
function slopeOf(points: readonly Point[]): number {
	const slopes: number[] = [];
	for (let one = 0; one < points.length; one++)
		for (let other = one + 1; other < points.length; other++)
			slopes.push((points[other]!.y - points[one]!.y) / (points[other]!.x - points[one]!.x));
	return slopes.length === 0 ? 0 : median(slopes);
}

function residuals(points: readonly Point[], slope: number): readonly number[] {
	const rest = points.map(({ x, y }) => y - slope * x);
	const centre = median(rest);
	return rest.map(value => value - centre);
}

/** Neighbours that are alike say less than as many apart: the variance of a mean grows by this. */
function inflation(values: readonly number[]): number {
	const centre = mean(values);
	let [together, alone] = [0, 0];
	for (const [index, value] of values.entries()) {
		alone += (value - centre) ** 2;
		if (index > 0) together += (value - centre) * (values[index - 1]! - centre);
	}
	if (alone === 0) return 1;
	const raw = together / alone;
	// A short row looks less alike than it is.
	const alike = Math.min(compareLimits.mostAlike, Math.max(0, raw + (1 + 4 * raw) / values.length));
	return (1 + alike) / (1 - alike);
}

// ---------------------------------------------------------------------------------------------------------
// The limit

/** So many standard deviations, beyond which lies `tail` (under 0.02) of the normal spread. */
function criticalZ(tail: number): number {
	let [low, high] = [2, 12];
	for (let step = 0; step < 60; step++) {
		const middle = (low + high) / 2;
		if (normalTail(middle) > tail) low = middle;
		else high = middle;
	}
	return high;
}

/** By the continued fraction of Mills' ratio, which holds from 2 on. */
function normalTail(z: number): number {
	let rest = z;
	for (let term = 40; term > 0; term--) rest = z + term / rest;
	return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / rest;
}

/** Of Student's t, by Wallace's approximation. */
export function criticalT(tail: number, freedom: number): number {
	const z = criticalZ(Math.min(tail, 0.02));
	const scaled = (z * (8 * freedom + 3)) / (8 * freedom + 1);
	return Math.sqrt(freedom * Math.expm1(scaled ** 2 / freedom));
}
