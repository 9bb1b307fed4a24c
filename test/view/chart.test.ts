// The chart over asciichart: what makes that throw or fold (nothing, NaN, Infinity, a flat series) is drawn like
// everything else, on exactly the rows there are, and no value moves the axis.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countScale, hitScale } from '../../source/view/axis.ts';
import { axisWidth, chart } from '../../source/view/chart.ts';
import { glyphsFor } from '../../source/view/theme.ts';

const drawn = (values: readonly (number | undefined)[], rows = 4, isAscii = true) =>
	chart(values, rows, countScale, glyphsFor(isAscii));

test('nothing measured is an empty drawing of the same height', () => {
	for (const values of [[], [undefined, undefined], [Number.NaN, Number.POSITIVE_INFINITY]])
		assert.deepEqual(drawn(values), ['', '', '', '']);
});

test('a flat series is one line among its rows, with an axis that says four things', () => {
	const lines = drawn(Array.from({ length: 10 }, () => 1300));
	assert.equal(lines.length, 4);
	assert.equal(new Set(lines.map(line => line.slice(0, axisWidth))).size, 4);
	assert.equal(lines.filter(line => line.slice(axisWidth).includes('---------')).length, 1);
	assert.equal(drawn([0, 0, 0]).filter(line => /-/.test(line.slice(axisWidth))).length, 1);
});

test('figures so large that the axis ends in infinity are drawn on as many rows', () => {
	for (const values of [[1e308, 1e308], [0, 1e308], [1.7e308], [-1e308, 1e308]])
		for (const scale of [countScale, hitScale])
			assert.equal(chart(values, 4, scale, glyphsFor(true)).length, 4, String(values));
});

test('a gap holds the value before it; before the first value there is nothing', () => {
	const lines = drawn([undefined, undefined, 5, Number.NaN, undefined, 9, 9]);
	for (const line of lines) assert.equal(line.slice(axisWidth, axisWidth + 2).trim(), '');
	assert.ok(lines.some(line => line.length === axisWidth + 7 || line.length === axisWidth + 6));
	assert.ok(lines.every(line => !/NaN|undefined/.test(line)));
});

test('any series: as many lines as rows, each with its label, none wider than axis and values', () => {
	const value = fc.oneof(
		fc.double({ min: 0, max: 1e12, noNaN: true }),
		fc.constantFrom(0, 1, Number.NaN, undefined, Number.POSITIVE_INFINITY),
	);
	fc.assert(
		fc.property(
			fc.array(value, { maxLength: 80 }),
			fc.integer({ min: 2, max: 12 }),
			fc.boolean(),
			fc.constantFrom(countScale, hitScale),
			(drawnValues, rows, isAscii, scale) => {
				const most = scale.ceiling === undefined ? 1 : 1e12;
				const values = drawnValues.map(each => each && each / most);
				const lines = chart(values, rows, scale, glyphsFor(isAscii));
				assert.equal(lines.length, rows);
				for (const line of lines) {
					assert.ok(line.length <= axisWidth + values.length, line);
					assert.doesNotMatch(line, /NaN|undefined|Infinity/);
				}
			},
		),
		{ numRuns: 500 },
	);
});
