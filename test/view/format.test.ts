// Values as the cells and the lines of vitals have them: what they look like at the edges, and a dash for what was not
// measured. And the codes of the styles: a colour is a claim, and no other style has one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	age,
	byteRate,
	hitPercent,
	hostOf,
	milliseconds,
	orDash,
	ratio,
	seconds,
	shortNames,
	whole,
	wholePercent,
} from '../../source/view/format.ts';
import { paint, type Style } from '../../source/view/theme.ts';

const tables: readonly (readonly [
	name: string,
	format: (value: number) => string,
	cases: readonly (readonly [value: number, text: string])[],
])[] = [
	[
		'hitPercent: never 100 before every lookup hit',
		hitPercent,
		[
			[0, '0.0'],
			[0.974, '97.4'],
			[0.9994, '99.9'],
			[0.99999, '99.9'],
			[1, '100'],
		],
	],
	[
		'wholePercent',
		wholePercent,
		[
			[0, '0'],
			[0.684, '68'],
			[1.12, '112'],
		],
	],
	[
		'whole: plain up to 9999',
		whole,
		[
			[1204, '1204'],
			[9999, '9999'],
			[9999.5, '10.0k'],
			[12_300, '12.3k'],
		],
	],
	[
		'ratio: three digits',
		ratio,
		[
			[1.06, '1.06'],
			[9.994, '9.99'],
			[9.996, '10.0'],
			[12.34, '12.3'],
			[123.4, '123'],
		],
	],
	[
		'milliseconds',
		milliseconds,
		[
			[0.4, '0.4'],
			[99.94, '99.9'],
			[99.96, '100'],
			[812, '812'],
			[3200, '3.2k'],
		],
	],
	[
		'byteRate: no decimal from ten on',
		byteRate,
		[
			[8.2 * 2 ** 20, '8.2M'],
			[31.4 * 2 ** 20, '31M'],
			[118 * 2 ** 20, '118M'],
		],
	],
	[
		'age: three characters',
		age,
		[
			[-1, '0s'],
			[12.9, '12s'],
			[59.9, '59s'],
			[60, '1m'],
			[7200, '2h'],
		],
	],
	[
		'seconds',
		seconds,
		[
			[1, '1s'],
			[0.25, '0.25s'],
			[2.004, '2s'],
		],
	],
];

for (const [name, format, cases] of tables)
	test(name, () => {
		for (const [value, text] of cases) assert.equal(format(value), text);
	});

test('what was not measured is a dash, nothing is not', () => {
	assert.deepEqual(
		[undefined, Number.NaN, Number.POSITIVE_INFINITY, 0].map(each => orDash(each, String)),
		[...['-', '-', '-', '0']],
	);
});

test('a host alone names a node where no two share it', () => {
	assert.deepEqual(['10.0.1.12:6379', '[fe80::1]:6379', 'unix:/run/redis.sock'].map(hostOf), [
		...['10.0.1.12', '[fe80::1]', undefined],
	]);
	const addresses = ['a:1', 'b:1', 'b:2', 'unix:/x'];
	assert.deepEqual(addresses.map(shortNames(addresses)), ['a', 'b:1', 'b:2', 'unix:/x']);
});

test('yellow warns, white on red is critical, cyan has changed; without colours the marker says it', () => {
	const painted = (style: Style, isColour: boolean) => paint([{ text: 'x', style }], isColour);
	const codes: Readonly<Record<Style, readonly [coloured: string, plain: string]>> = {
		bold: ['\x1b[1mx\x1b[22m', '\x1b[1mx\x1b[22m'],
		dim: ['\x1b[2mx\x1b[22m', '\x1b[2mx\x1b[22m'],
		inverse: ['\x1b[7mx\x1b[27m', '\x1b[7mx\x1b[27m'],
		warn: ['\x1b[33mx\x1b[39m', 'x'],
		crit: ['\x1b[1;37;41mx\x1b[22;39;49m', '\x1b[1mx\x1b[22m'],
		changed: ['\x1b[36mx\x1b[39m', 'x'],
	};
	for (const [style, [coloured, plain]] of Object.entries(codes)) {
		assert.equal(painted(style as Style, true), coloured);
		assert.equal(painted(style as Style, false), plain);
	}
	assert.equal(
		paint([{ text: 'a' }, { text: ' b  ', style: 'dim' }, { text: '  ' }], true),
		'a\x1b[2m b  \x1b[22m',
	);
});
