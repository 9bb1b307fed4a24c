// No number is ever read from a cell that is not the number that was to stand there: a table of cases, and of any
// number, in any form that the screens write and at any width, what stands there is it to the digits that are shown.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { displayWidth, fitMiddle } from '../../../source/core/text/display-width.ts';
import { fitCell } from '../../../source/core/text/fit-cell.ts';
import { bytes, count, duration, percent } from '../../../source/core/text/quantity.ts';

const cases: readonly (readonly [text: string, width: number, shown: string])[] = [
	['100%', 4, '100%'],
	['100%', 3, '*'],
	['1000', 3, '1k'],
	['1000', 4, '1000'],
	['12.3M', 4, '12M'],
	['12.3M', 2, '*'],
	['~12.3M', 4, '~12M'],
	['1,024', 4, '1024'],
	['12,345', 4, '12k'],
	['123456', 5, '123k'],
	['<1%', 2, '*'],
	['-12.5', 3, '-13'],
	['9.96M', 3, '10M'],
	['999.7', 3, '1k'],
	['41.2ms', 4, '41ms'],
	['12k of 340k', 8, '12k of …'],
	['12k of 340k', 6, '12k o…'],
	['feed, 1 in blpop', 14, 'feed, 1 in bl…'],
	['feed, 12 in blpop', 8, 'feed, …'],
	['12k of 340k', 5, '12k …'],
	['12k of 340k', 4, '12k'],
	['web-12345', 6, 'web-1…'],
	['10.0.1.12:6379', 9, '10.0…6379'],
];

for (const [text, width, shown] of cases)
	test(`${text} in ${width}: ${shown}`, () => {
		const told = fitCell(text, width, false, fitMiddle);
		// A name may lose its middle or its end.
		if (/^web|:/.test(text)) assert.ok(displayWidth(told) <= width && told.includes('…'));
		else assert.equal(told, shown);
	});

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };
const forms: readonly ((value: number) => string)[] = [
	count,
	bytes,
	duration,
	value => percent(value / 1e6),
	value => String(Math.round(value)),
	value => Math.round(value).toLocaleString('en-US'),
	value => `~${count(value)}`,
	value => `${count(value)}/s`,
	value => value.toFixed(2),
];
/** The number that stands first, and how far off its last digit may be; undefined where no digit stands there. */
function read(shown: string, isBytes: boolean): { readonly value: number; readonly off: number } | undefined {
	const found = /([\d,]+)(\.\d+)?([kKMGTPE]?)/.exec(shown);
	if (!found) return undefined;
	const [, digits, decimals = '', unit] = found;
	const scale = isBytes ? 1024 ** 'BKMGTPE'.indexOf(unit || 'B') : units[unit === 'K' ? 'k' : unit!]!;
	const last = decimals === '' ? 1 : 10 ** (1 - decimals.length);
	return { value: Number(digits!.replaceAll(',', '') + decimals) * scale, off: last * scale };
}

test('any number at any width: what is read is the number, or none', () => {
	fc.assert(
		fc.property(
			fc.double({ min: 0, max: 1e12, noNaN: true }),
			fc.nat(forms.length - 1),
			fc.integer({ min: 1, max: 9 }),
			fc.boolean(),
			(value, at, width, isAscii) => {
				const text = forms[at]!(value);
				const shown = fitCell(text, width, isAscii, fitMiddle);
				assert.ok(displayWidth(shown) <= width, shown);
				assert.doesNotMatch(shown, /[\d.,][…]|[…]\d/u, `${text} became ${shown}`);
				const isBytes = forms[at] === bytes;
				const [whole, part] = [read(text, isBytes)!, read(shown, isBytes)];
				if (part === undefined) assert.match(shown, /^[*~]?$|^\*$/, shown);
				else assert.ok(Math.abs(part.value - whole.value) <= part.off, `${text} became ${shown}`);
			},
		),
	);
});

test('several numbers in one cell: each whole or not there', () => {
	const number = fc.double({ min: 0, max: 1e9, noNaN: true }).map(count);
	fc.assert(
		fc.property(number, number, fc.integer({ min: 1, max: 14 }), (one, other, width) => {
			const shown = fitCell(`${one} of ${other}`, width);
			assert.ok(displayWidth(shown) <= width);
			const told = shown.match(/[\d.]+[kMGTPE]?/g) ?? [];
			for (const figure of told) {
				const value = read(figure, false)!;
				const isOne = [one, other].some(
					text => Math.abs(read(text, false)!.value - value.value) <= value.off,
				);
				assert.ok(isOne, `${one} of ${other} became ${shown}`);
			}
		}),
	);
});
