// CSV of hot keys: any name goes through a reader of CSV and comes back, and no cell begins like a formula.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printable } from '../../source/core/text/printable.ts';
import { bigKeysCsv } from '../../source/output/big-keys-csv.ts';
import { csvLine, csvName } from '../../source/output/csv.ts';
import { hotKeysCsv } from '../../source/output/hot-keys-csv.ts';
import { byCounters, hostileNames, hotKeyOf, monitored } from '../view/build-hot-keys.ts';
import { found, keyOf } from '../view/build-keys.ts';

/** RFC 4180. */
function read(text: string): string[][] {
	const rows: string[][] = [[]];
	for (let at = 0; at <= text.length; ) {
		let cell = '';
		if (text[at] === '"') {
			for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
				assert.ok(at < text.length, 'the quote is closed');
				if (text[at] === '"') at++;
				cell += text[at];
			}
			at++;
		} else while (at < text.length && !/[,\n]/.test(text[at]!)) cell += text[at++];
		rows.at(-1)!.push(cell);
		if (text[at] === '\n') rows.push([]);
		at++;
	}
	return rows;
}

test('any name is one cell, and never a formula', () => {
	const name = fc.oneof(
		fc.uint8Array({ maxLength: 30 }).map(all => String.fromCharCode(...all)),
		fc.string({ maxLength: 20 }),
		fc.constantFrom('=1+1', '@a', '-x', '+1', '=cmd|" /c calc"!A1', ' a ', 'a,b', 'a"b', ...hostileNames),
	);
	fc.assert(
		fc.property(name, name, (a, b) => {
			const [row, ...more] = read(csvLine([csvName(a), 7, undefined, csvName(b), 0.123456789]));
			assert.deepEqual(more, []);
			assert.deepEqual(row!.slice(1, 3), ['7', '']);
			assert.equal(row![4], '0.123457');
			for (const [cell, name] of [
				[row![0]!, a],
				[row![3]!, b],
			] as const) {
				assert.doesNotMatch(cell, /^[=+\-@]|\p{Cc}/u);
				const shown = printable(name, Number.POSITIVE_INFINITY);
				const quoted = `"${shown.replace(/["\\]/g, char => `\\${char}`)}"`;
				assert.ok(cell === shown || cell === quoted, cell);
			}
		}),
		{ numRuns: 2000 },
	);
});

test('one line a key below the titles, figures as measured and nothing where there are none', () => {
	const [titles, first, ...others] = read(hotKeysCsv(monitored()));
	const cell = (name: string) => first![titles!.indexOf(name)];
	assert.equal(others.length, monitored().keys.length - 1);
	assert.equal(cell('key'), 'promo:banner:home');
	assert.deepEqual([cell('hits'), cell('slot'), cell('ttlSeconds')], ['6412', '9402', '41']);
	assert.match(cell('share')!, /^0\.352/);
	const [, counted] = read(hotKeysCsv(byCounters()));
	assert.equal(counted![titles!.indexOf('share')], '');
	assert.equal(counted![titles!.indexOf('counter')], '255');
	const [key] = monitored().keys;
	const endless = { ...monitored(), keys: [{ ...key!, ttlSeconds: null }] };
	assert.equal(read(hotKeysCsv(endless))[1]![titles!.indexOf('ttlSeconds')], '-1');
});

test('each column of big keys has its own figure: -1 is no TTL, nothing is what is not known', () => {
	const sized = { ...keyOf('a', 'hash', 700, 30, 41), db: 2 };
	const rows = read(
		bigKeysCsv({
			...found(),
			keys: [sized, { ...sized, ttlSeconds: null }, { ...sized, ttlSeconds: undefined, items: undefined }],
		}),
	);
	const titles = 'key,node,db,slot,type,encoding,bytes,items,ttlSeconds,quoted,memoryUsageBytes'.split(',');
	const row = (items: string, ttl: string) => [
		...['a', sized.node, '2', String(sized.slot), 'hash', 'hashtable', '700', items, ttl, 'false', ''],
	];
	assert.deepEqual(rows, [titles, row('30', '41'), row('30', '-1'), row('', '')]);
});

test('a name that was quoted is told from one that has quotes', () => {
	const quoted = (names: readonly string[]) => {
		const result = { ...monitored(), keys: names.map(key => ({ ...monitored().keys[0]!, key })) };
		const [titles, ...rows] = read(hotKeysCsv(result));
		return rows.map(row => [row[0], row[titles!.indexOf('quoted')]]);
	};
	assert.deepEqual(quoted(['plain', '"in quotes"', 'new\nline', '=1+1', 'na\xc3\xafve']), [
		['plain', 'false'],
		['"in quotes"', 'false'],
		['"new\\nline"', 'true'],
		['"=1+1"', 'true'],
		['naïve', 'false'],
	]);
	const [titles, first] = read(bigKeysCsv({ ...found(), keys: [keyOf('\x00', 'hash', 1, 1)] }));
	assert.equal(first![titles!.indexOf('quoted')], 'true');
});

test('hostile names stay in their line', () => {
	const keys = hostileNames.map(key =>
		hotKeyOf({ key, hits: 1, type: 'string', ttl: 1, bytes: 1, command: 'get' }),
	);
	assert.equal(read(hotKeysCsv({ ...monitored(), keys })).length, hostileNames.length + 1);
});
