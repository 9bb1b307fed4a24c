// Text that is safe for a terminal: what passes, what is quoted, and that a cut text never needs more cells than it has.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { ownText } from '../../../source/core/text/own-text.ts';
import {
	displayWidth,
	fit,
	fitMiddle,
	printable,
	printableText,
} from '../../../source/core/text/printable.ts';
import { measured, often } from '../../lane.ts';

const bytesOf = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

const same = [
	'',
	'user:1',
	'a b',
	'ключ',
	'clé',
	'鍵',
	'مفتاح',
	'😀',
	'🇨🇭',
	'e\u0301',
	'C:\\x "y"',
	'\u00a0',
	'\ufffd',
];
for (const text of same)
	test(`${JSON.stringify(text)} is shown as it is`, () => assert.equal(printable(bytesOf(text)), text));

const quoted: readonly [bytes: string, shown: string][] = [
	['a\x1b[31m\n\xff', '"a\\x1b[31m\\n\\xff"'],
	['\r\t\x07\b\\"\x00\x7f', '"\\r\\t\\a\\b\\\\\\"\\x00\\x7f"'],
	['\xc0\xaf', '"\\xc0\\xaf"'],
	['\xed\xa0\x80', '"\\xed\\xa0\\x80"'],
	['\xf4\x90\x80\x80', '"\\xf4\\x90\\x80\\x80"'],
	['\xe2\x82', '"\\xe2\\x82"'],
	['\xc2\x9b31m', '"\\xc2\\x9b31m"'],
	[bytesOf('a\u202eb'), '"a\\xe2\\x80\\xaeb"'],
	[bytesOf('\ufeffx'), '"\\xef\\xbb\\xbfx"'],
	[bytesOf('\u0301x'), '"\\xcc\\x81x"'],
	[bytesOf(`x${'\u0301'.repeat(20)}`), `"x${'\\xcc\\x81'.repeat(20)}"`],
];
for (const [bytes, shown] of quoted)
	test(`${JSON.stringify(bytes)} is quoted`, () => assert.equal(printable(bytes), shown));

const never = [
	...[
		0x00, 0x1b, 0x7f, 0x80, 0x9b, 0x9f, 0xad, 0x034f, 0x061c, 0x115f, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e,
		0x200f,
	],
	...[
		0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2064, 0x2066, 0x2069, 0x206f, 0x3164, 0xd800, 0xdfff, 0xe000,
		0xfe0f,
	],
	...[0xfeff, 0xfff9, 0xfffb, 0xfffe, 0xffff, 0x1bca0, 0x1d173, 0xe0001, 0xe007f, 0xe0100, 0x10ffff],
];
test('no control, format, bidi, invisible or unassigned character passes', () => {
	for (const point of never) {
		const text = `a${String.fromCodePoint(point)}b`;
		assert.match(printableText(text), /^"a[\\x0-9a-f]+b"$/, point.toString(16));
		if (point < 0xd800 || point > 0xdfff) assert.equal(printable(bytesOf(text)), printableText(text));
	}
});

test('a lone surrogate shows which one it was', () => {
	assert.equal(printableText('a\ud800'), '"a\\xed\\xa0\\x80"');
	assert.equal(printableText('\u{1f600}\n'), '"\\xf0\\x9f\\x98\\x80\\n"');
});

test('long names are cut, whole characters kept, and say how much is missing', () => {
	assert.equal(printable('x'.repeat(1_000_000), 3), 'xxx... (999997 more)');
	assert.equal(printable(bytesOf('ééé'), 3), 'é... (4 more)');
	assert.equal(printableText('😀😀', 3), '😀... (2 more)');
	assert.ok(printable('\x80'.repeat(10_000)).length < 17_000);
});

const harmful = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const anyBytes = fc.uint8Array({ maxLength: 80 }).map(bytes => Buffer.from(bytes).toString('latin1'));
const anyText = fc.string({ unit: 'binary', maxLength: 60 });
const letters = fc.string({ unit: 'grapheme', maxLength: 40 });

test('any bytes: nothing harmful is left, and twice is once', () => {
	fc.assert(
		fc.property(fc.oneof(anyBytes, anyText, letters.map(bytesOf)), bytes => {
			const shown = printable(bytes);
			assert.doesNotMatch(shown, harmful);
			assert.equal(printableText(shown), shown);
		}),
		{ numRuns: 1000 },
	);
});

test('valid UTF-8 without harmful characters is what the decoder of the platform makes of it', () => {
	fc.assert(
		fc.property(letters, text => {
			const shown = printable(bytesOf(text));
			assert.ok(shown === text || shown.startsWith('"'));
			assert.equal(shown, printableText(text));
		}),
	);
});

/** Where widths change from one to the next: all of it; of the wide plains between, which are of one kind, a part. */
const isMixed = (point: number) =>
	point < 0x3400 ||
	(point >= 0xa000 && point < 0xac00) ||
	(point >= 0xd700 && point < 0xd800) ||
	(point >= 0xf900 && point < 0x1_0000) ||
	(point >= 0x1_f000 && point < 0x1_fb00) ||
	(point & 0xffff) < 0x20 ||
	(point & 0xffff) > 0xffe0;

test('displayWidth counts as ink does, for every code point', () => {
	const step = often(61, 1);
	for (let point = 0x20; point < 0x110000; point++) {
		if (!isMixed(point) && point % step !== 0) continue;
		const char = String.fromCodePoint(point);
		if (displayWidth(char) !== stringWidth(char))
			assert.fail(`U+${point.toString(16)}: ${displayWidth(char)} for ${stringWidth(char)}`);
	}
});

test('displayWidth counts as ink does, for any text that printable lets through', () => {
	const jamo = fc.array(
		fc.constantFrom('\u1100', '\u1161', '\u11a8', '가', 'a', 'ﾞ', 'か', '\u0301', '\u0903'),
		{ maxLength: 8 },
	);
	const text = fc.oneof(
		letters,
		fc.string({ unit: 'binary-ascii' }),
		fc.string({ unit: 'binary' }),
		jamo.map(parts => parts.join('')),
	);
	fc.assert(
		fc.property(text, raw => {
			const shown = printableText(raw);
			assert.equal(displayWidth(shown), stringWidth(shown), JSON.stringify(shown));
		}),
		{ numRuns: 2000 },
	);
});

const cuts: readonly [text: string, width: number, end: string, middle: string, ascii: string][] = [
	['cache-eu-west-1-07:6379', 17, 'cache-eu-west-1-…', 'cache-eu…-07:6379', 'cache-eu~-07:6379'],
	['short', 5, 'short', 'short', 'short'],
	['shorter', 5, 'shor…', 'sh…er', 'sh~er'],
	['漢字漢字', 5, '漢字…', '漢…字', '????'],
	['漢字漢字', 4, '漢…', '漢…', '????'],
	['日本', 1, '…', '…', '~'],
	['abc', 0, '', '', ''],
	['abc', 2, 'a…', 'a…', 'a~'],
	['a\x1b[31mb', 20, 'a?[31mb', 'a?[31mb', 'a?[31mb'],
];
for (const [text, width, end, middle, ascii] of cuts) {
	test(`${JSON.stringify(text)} in ${width} cells`, () => {
		assert.equal(fit(text, width), end);
		assert.equal(fitMiddle(text, width), middle);
		assert.equal(fitMiddle(text, width, true), ascii);
	});
}

test('never wider than asked, whatever the text', () => {
	const text = fc.oneof(
		anyText,
		letters,
		anyBytes,
		fc.string({ maxLength: 60 }),
		letters.map(part => part.repeat(30)),
	);
	fc.assert(
		fc.property(text, fc.integer({ min: -2, max: 40 }), fc.boolean(), (raw, width, isAscii) => {
			for (const cut of [fit, fitMiddle]) {
				const shown = cut(raw, width, isAscii);
				assert.ok(
					stringWidth(shown, { countAnsiEscapeCodes: true }) <= Math.max(0, width),
					JSON.stringify(shown),
				);
				assert.doesNotMatch(shown, /[\p{Cc}\p{Cs}]/u);
				if (isAscii) assert.match(shown, /^[\x20-\x7e]*$/);
				if (width > 0 && displayWidth(raw) <= width && !isAscii && !harmful.test(raw))
					assert.equal(shown, raw);
			}
		}),
		{ numRuns: 2000 },
	);
});

test('a width that is no number is no width', () => assert.equal(fit('abc', Number.NaN), ''));

test('a name of a megabyte costs what a short one does', () => {
	const started = performance.now();
	for (const unit of ['x', '漢', '\x1b', 'e\u0301', '😀', '\u0301']) {
		const name = unit.repeat(1_000_000);
		for (let round = 0; round < 100; round++) {
			fit(name, 30);
			fitMiddle(name, 30);
			printableText(name, 100);
		}
	}
	const took = performance.now() - started;
	measured(() => assert.ok(took < 3000, `${took} ms`));
});

test('a text on its own is the same text, however long it is', () => {
	for (const length of [0, 1, 4095, 4096, 4097, 8192, 10_000]) {
		const text = Array.from({ length }, (_, at) => String.fromCharCode(at % 65_536)).join('');
		assert.equal(ownText(text), text, `${length}`);
	}
});
