// A name that is copied comes back as the same bytes when it is pasted into redis-cli: `wordsOf` takes a line apart as
// sdssplitargs of sds.c does, of the bytes that a terminal with UTF-8 sends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pasteText } from '../../../source/core/text/paste.ts';

const named: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };

/** undefined for unbalanced quotes, as there. */
function wordsOf(line: string): string[] | undefined {
	const words: string[] = [];
	let at = 0;
	const isBlank = (char: string | undefined) => char !== undefined && /[ \n\r\t\v\f]/.test(char);
	for (;;) {
		while (isBlank(line[at])) at++;
		if (at >= line.length) return words;
		let word = '';
		let quote = '';
		for (; ; at++) {
			const char = line[at];
			if (quote === '"') {
				const hex = /^\\x([0-9a-fA-F]{2})/.exec(line.slice(at, at + 4));
				if (char === undefined) return undefined;
				if (hex) {
					word += String.fromCharCode(Number.parseInt(hex[1]!, 16));
					at += 3;
				} else if (char === '\\' && at + 1 < line.length) {
					const next = line[++at]!;
					word += named[next] ?? next;
				} else if (char === '"') {
					if (line[at + 1] !== undefined && !isBlank(line[at + 1])) return undefined;
					at++;
					break;
				} else word += char;
			} else if (quote === "'") {
				if (char === undefined) return undefined;
				if (char === "'") {
					if (line[at + 1] !== undefined && !isBlank(line[at + 1])) return undefined;
					at++;
					break;
				}
				word += char;
			} else if (char === undefined || isBlank(char) || char === '\0') break;
			else if (char === '"' || char === "'") quote = char;
			else word += char;
		}
		words.push(word);
	}
}

const sent = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

test('any bytes come back as they were', () => {
	const bytes = fc.uint8Array({ maxLength: 40 }).map(all => String.fromCharCode(...all));
	const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map(sent);
	const awkward = fc
		.array(fc.constantFrom('"', "'", '\\', ' ', '\\x41', '\n', '\0', 'a', '\x80', '\xc2\xa0', ':', '\\n'), {
			maxLength: 12,
		})
		.map(parts => parts.join(''));
	fc.assert(
		fc.property(fc.oneof(bytes, text, awkward), name => {
			const pasted = pasteText(name)!;
			assert.deepEqual(wordsOf(sent(pasted)), [name], pasted);
			assert.doesNotMatch(pasted, /\p{Cc}/u);
		}),
		{ numRuns: 5000 },
	);
});

test('names that are plain are copied plainly', () => {
	for (const name of ['cart:{8841}:items', 'a\\b', 'rate:ip:203.0.113.10', '$x|y;z'])
		assert.equal(pasteText(name), name);
	assert.equal(pasteText(sent('数据库:1')), '数据库:1');
	assert.equal(pasteText(''), '""');
	assert.equal(pasteText('with space'), '"with space"');
	assert.equal(pasteText('x'.repeat(70_000)), undefined);
});
