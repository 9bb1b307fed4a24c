// The tables that are printed, and the same ones drawn by ink-table: what that would get wrong by itself (alignment, wide
// characters, two columns of one title, frames, an ink that cannot be required) is what is held here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { displayWidth } from '../../source/core/text/printable.ts';
import { drawnForm, drawnTable } from '../../source/output/drawn-table.tsx';
import * as text from '../../source/output/text-table.ts';

/** By both ways, which print the same. */
function table(rows: readonly (readonly string[])[], columns: readonly text.TextColumn[]): string[] {
	const lines = text.table(rows, columns);
	assert.deepEqual(drawnTable(rows, columns), lines);
	return lines;
}

test('numbers to the right, text to the left, two blanks between, no frame', () => {
	assert.deepEqual(
		table(
			[
				['BYTES', 'TYPE', 'KEY'],
				['12', 'string', 'a'],
				['1.2K', 'set', 'long:name'],
			],
			[{}, { isText: true }, { isText: true }],
		),
		['BYTES  TYPE    KEY', '   12  string  a', ' 1.2K  set     long:name'],
	);
});

test('columns of one title, of none, and of one cell', () => {
	assert.deepEqual(
		table(
			[
				['N', '', 'N'],
				['1', '!', '3'],
			],
			[{}, {}, {}],
		),
		['N     N', '1  !  3'],
	);
	assert.deepEqual(table([['A', 'B']], [{}, {}]), ['A  B'], 'titles alone');
});

test('wide characters take two cells, marks none', () => {
	const rows = table(
		[
			['KEY', 'N'],
			['日本', '1'],
			['e\u0301te\u0301', '22'],
		],
		[{ isText: true }, {}],
	);
	assert.deepEqual(rows, ['KEY    N', '日本   1', 'e\u0301te\u0301   22']);
});

test('any cells: every line is as wide as its columns, every cell is there', () => {
	const cell = fc.stringMatching(/^[a-z0-9:日本{}.%~+-]{0,12}$/);
	const tables = fc
		.integer({ min: 1, max: 6 })
		.chain(width =>
			fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }),
		);
	fc.assert(
		fc.property(tables, fc.boolean(), (rows, isText) => {
			const columns = rows[0]!.map(() => ({ isText }));
			const lines = table(rows, columns);
			assert.equal(lines.length, rows.length);
			const widths = columns.map((_, at) => Math.max(...rows.map(row => displayWidth(row[at]!))));
			for (const [index, line] of lines.entries()) {
				const padded = rows[index]!.map((text, at) => {
					const blank = ' '.repeat(widths[at]! - displayWidth(text));
					return isText ? text + blank : blank + text;
				});
				assert.equal(line, padded.join('  ').trimEnd());
			}
		}),
		{ numRuns: 60 },
	);
});

test('more rows than a screen has are not laid out, and say the same', () => {
	const rows = [['N', 'KEY'], ...Array.from({ length: 2000 }, (_, index) => [String(index), `key:${index}`])];
	const columns = [{}, { isText: true }];
	assert.deepEqual(drawnForm.table(rows, columns), text.table(rows, columns));
});
