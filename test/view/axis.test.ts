// The axis of a chart: round steps, no label twice, in five cells, around everything that is drawn.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
	axisFor,
	byteScale,
	type ChartScale,
	countScale,
	evictionScale,
	hitScale,
	labelWidth,
	shareScale,
} from '../../source/view/axis.ts';

const labelled: readonly [low: number, high: number, rows: number, scale: ChartScale, labels: string][] = [
	[1300, 1310, 6, countScale, '1.23k 1.26k 1.29k 1.32k 1.35k 1.38k'],
	[12_900, 19_100, 7, countScale, '12.0k 13.5k 15.0k 16.5k 18.0k 19.5k 21.0k'],
	[999, 1001, 3, countScale, '0.9k 1.0k 1.1k'],
	[0, 0, 6, evictionScale, '0 1 2 3 4 5'],
	[0, 1234, 4, evictionScale, '0 0.5k 1.0k 1.5k'],
	[0.948, 0.957, 6, hitScale, '94.5 94.8 95.1 95.4 95.7 96.0'],
	[0.999, 1, 5, hitScale, '98.8 99.1 99.4 99.7 100.0'],
	[0, 1, 6, hitScale, '0 20 40 60 80 100'],
	[0.58, 0.59, 6, shareScale, '56 57 58 59 60 61'],
	[0.3, 1.15, 6, shareScale, '20 40 60 80 100 120'],
	[11.1 * 1024 ** 3, 11.5 * 1024 ** 3, 6, byteScale, '11.0G 11.2G 11.4G 11.6G 11.8G 12.0G'],
];
for (const [low, high, rows, scale, labels] of labelled)
	test(`${low} to ${high} on ${rows} rows: ${labels}`, () =>
		assert.equal(axisFor(low, high, rows, scale).labels.join(' '), labels));

const scales = [
	{ scale: countScale, most: 1e17 },
	{ scale: evictionScale, most: 1e9 },
	{ scale: byteScale, most: 2 ** 60 },
	{ scale: hitScale, most: 1 },
	{ scale: shareScale, most: 9 },
];

test('any values: the axis holds them, no two rows say the same, and each label has its room', () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...scales),
			fc.double({ min: 0, max: 1, noNaN: true }),
			fc.double({ min: 0, max: 1, noNaN: true }),
			fc.integer({ min: 0, max: 17 }),
			fc.integer({ min: 2, max: 12 }),
			({ scale, most }, one, other, power, rows) => {
				const size = Math.min(most, scale.ceiling ?? 10 ** power);
				const [low, high] = [Math.min(one, other) * size, Math.max(one, other) * size];
				const axis = axisFor(low, high, rows, scale);
				const rounding = (axis.high - axis.low) * 1e-3 + 1e-9;
				assert.equal(axis.labels.length, rows);
				assert.equal(new Set(axis.labels).size, rows, axis.labels.join(' '));
				assert.ok(axis.low >= -rounding && axis.low <= low + rounding, `${axis.low} over ${low}`);
				assert.ok(axis.high >= high - rounding, `${axis.high} under ${high}`);
				assert.ok(axis.high <= (scale.ceiling ?? Number.POSITIVE_INFINITY) + rounding);
				for (const label of axis.labels) assert.ok(label.length <= labelWidth, label);
				// Noise of a percent is not a mountain.
				assert.ok(axis.high - axis.low >= scale.leastRange * 0.999);
			},
		),
		{ numRuns: 2000 },
	);
});
