// Numbers as text: the fixed rules that keep columns from jumping.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytes, count, counted, duration, percent } from '../../../source/core/text/quantity.ts';

const table: [format: (value: number) => string, value: number, text: string][] = [
	[count, 0, '0'],
	[count, 0.2, '<1'],
	[count, 999.4, '999'],
	[count, 999.6, '1.0k'],
	[count, 1234, '1.2k'],
	[count, 99_940, '99.9k'],
	[count, 99_960, '100k'],
	[count, 999_600, '1.0M'],
	[count, 119_000_000, '119M'],
	[count, Number.NaN, '-'],
	[bytes, 512, '512B'],
	[bytes, 1023, '1023B'],
	[bytes, 1024, '1.0K'],
	[bytes, 1023.7 * 1024, '1.0M'],
	[bytes, 8.2 * 1024 ** 3, '8.2G'],
	[percent, 0, '0%'],
	[percent, 0.001, '<1%'],
	[percent, 0.934, '93%'],
	[percent, 0.996, '99%'],
	[percent, 1.04, '104%'],
	[duration, 0, '0s'],
	[duration, 0.0004, '0.4ms'],
	[duration, 0.041, '41ms'],
	[duration, 0.9996, '1s'],
	[duration, 8.2, '8.2s'],
	[duration, 9, '9s'],
	[duration, 59.7, '59s'],
	[duration, 200, '3m'],
	[duration, 7200, '2h'],
	[duration, 5 * 86_400, '5d'],
];
for (const [format, value, text] of table)
	test(`${format.name} ${value} is ${text}`, () => assert.equal(format(value), text));

test('property: never longer than five characters up to exa', () => {
	fc.assert(
		fc.property(fc.double({ min: 0, max: 9e17, noNaN: true }), value => {
			for (const format of [count, bytes]) assert.ok(format(value).length <= 5, format(value));
			if (value < 1e9) assert.ok(duration(value / 1e4).length <= 5, duration(value / 1e4));
		}),
	);
});

test('a counted noun is one or several', () => {
	assert.equal(counted(1, 'key'), '1 key');
	assert.equal(counted(0, 'key'), '0 keys');
	assert.equal(counted(14_200, 'entry', count), '14.2k entries');
	assert.equal(counted(2, 'hash'), '2 hashes');
});
