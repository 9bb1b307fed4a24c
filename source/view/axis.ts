// The axis of a chart: from where to where, and what stands beside each row. Rows are a round step apart, so that no two
// rows say the same and an eye can read off what lies between; all labels of an axis are in one unit and as fine as its
// step. A range is a good part of its value wide, so that noise is not drawn as mountains. Pure numbers and text.

import { bytes, byteUnits, count, countUnits } from '../core/text/quantity.ts';
import { hitPercent, wholePercent } from './format.ts';

export type ChartScale = {
	/** A figure beside the title. */
	readonly label: (value: number) => string;
	/** What the labels of an axis up to `high` are counted in, and the most decimals they may have. */
	readonly unitOf: (high: number) => Unit;
	/** The least difference between top and bottom: so much, and such a share of the highest value. */
	readonly leastRange: number;
	readonly leastShare: number;
	readonly ceiling?: number;
};

type Unit = { readonly size: number; readonly suffix: string; readonly decimals: number };

export type Axis = {
	readonly low: number;
	readonly high: number;
	/** One a row, the lowest first. */
	readonly labels: readonly string[];
};

function unitBy(base: number, suffixes: readonly string[]): (high: number) => Unit {
	return high => {
		const power = Math.min(suffixes.length - 1, Math.floor(Math.log(Math.max(1, high)) / Math.log(base)));
		return { size: base ** power, suffix: suffixes[power]!, decimals: power === 0 ? 0 : 2 };
	};
}

export const countScale: ChartScale = {
	label: count,
	unitOf: unitBy(1000, countUnits),
	leastRange: 10,
	leastShare: 0.1,
};
export const evictionScale: ChartScale = { ...countScale, leastRange: 5 };
export const byteScale: ChartScale = {
	label: bytes,
	unitOf: unitBy(1024, byteUnits),
	leastRange: 1024 ** 2,
	leastShare: 0.05,
};
export const hitScale: ChartScale = {
	label: hitPercent,
	unitOf: () => ({ size: 0.01, suffix: '', decimals: 1 }),
	leastRange: 0.01,
	leastShare: 0,
	ceiling: 1,
};
export const shareScale: ChartScale = {
	label: wholePercent,
	unitOf: () => ({ size: 0.01, suffix: '', decimals: 0 }),
	leastRange: 0.05,
	leastShare: 0,
};

/** Cells of a label. */
export const labelWidth = 5;

/** For values from `lowest` to `highest` on `rows` rows. */
export function axisFor(lowest: number, highest: number, rows: number, scale: ChartScale): Axis {
	const steps = Math.max(1, rows - 1);
	const [low, high] = widened(lowest, highest, scale);
	const unit = scale.unitOf(Math.max(high, -low));
	const ceiling = scale.ceiling === undefined || high > scale.ceiling ? undefined : scale.ceiling / unit.size;
	for (let decimals = unit.decimals; ; decimals--) {
		const { bottom, step } = placed(low / unit.size, high / unit.size, steps, decimals, ceiling);
		const values = Array.from({ length: rows }, (_, row) => bottom + row * step);
		const labels = values.map(value => labelOf(value, step, decimals, unit.suffix));
		if (decimals > 0 && labels.some(({ length }) => length > labelWidth)) continue;
		return { low: bottom * unit.size, high: (bottom + steps * step) * unit.size, labels };
	}
}

function widened(
	low: number,
	high: number,
	{ leastRange, leastShare, ceiling }: ChartScale,
): readonly [low: number, high: number] {
	const least = Math.max(leastRange, Math.abs(high) * leastShare);
	if (high - low >= least) return [low, high];
	const bottom = Math.max(
		Math.min(0, low),
		Math.min((low + high) / 2 - least / 2, (ceiling ?? high + least) - least),
	);
	return [bottom, Math.max(high, bottom + least)];
}

const roundSteps = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
/** Of sums of decimal fractions. */
const rounding = 1e-6;

/** The least round step, as fine as `decimals` at most, with which `steps` of them hold the range. */
function placed(
	low: number,
	high: number,
	steps: number,
	decimals: number,
	ceiling: number | undefined,
): { readonly bottom: number; readonly step: number } {
	const finest = 10 ** -decimals;
	const least = Math.max((high - low) / steps, finest);
	for (let power = Math.floor(Math.log10(least)); power <= 300; power++)
		for (const round of roundSteps) {
			const step = round * 10 ** power;
			const isFine = Math.abs(step / finest - Math.round(step / finest)) < rounding;
			if (!isFine || step < least * (1 - rounding)) continue;
			const top = Math.floor(low / step + rounding) * step + steps * step;
			if (top < high - step * rounding) continue;
			if (ceiling === undefined || top <= ceiling + step * rounding)
				return { bottom: top - steps * step, step };
			// It hangs from the ceiling; where that would be below nothing, from nothing to the ceiling.
			const bottom = ceiling - steps * step;
			if (bottom < -step * rounding) return { bottom: 0, step: ceiling / steps };
			if (bottom <= low + step * rounding) return { bottom, step };
		}
	return { bottom: low, step: least };
}

function labelOf(value: number, step: number, decimals: number, suffix: string): string {
	if (Math.abs(value) < step * rounding) return '0';
	const isWhole = (places: number) =>
		Math.abs(step * 10 ** places - Math.round(step * 10 ** places)) < rounding;
	let places = 0;
	while (places < decimals && !isWhole(places)) places++;
	// From the ceiling down a step need not divide it.
	return `${value.toFixed(places)}${suffix}`;
}
