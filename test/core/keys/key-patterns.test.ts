// Names to patterns: what the shape of a name is, and that no key is lost or counted twice, whatever is folded, merged
// or shown, in memory that does not grow with the keys.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
	createPatternTable,
	listPatterns,
	mergePatterns,
	type PatternRow,
	type PatternTable,
} from '../../../source/core/keys/key-patterns.ts';
import { shapeOf } from '../../../source/core/keys/key-shape.ts';
import { patternFinder } from '../../../source/core/keys/pattern-finder.ts';
import { often } from '../../lane.ts';
import { countKey, countSample } from './count-keys.ts';

const shapes: readonly (readonly [key: string, pattern: string])[] = [
	['cart:{8841}:items', 'cart:{*}:items'],
	['cart:{test}:items', 'cart:{*}:items'],
	['{user:1000}:cart', '{user:*}:cart'],
	['{user1000}.following', '{*}.following'],
	['queue:{}:{x}', 'queue:{}:{x}'],
	['a{b}c', 'a{*}c'],
	['user:12:profile', 'user:*:profile'],
	['user1234', 'user*'],
	['order-12345', 'order-*'],
	['lock:user_profile_55', 'lock:user_profile_*'],
	['session:550e8400-e29b-41d4-a716-446655440000', 'session:*'],
	['sess:dGhpcyBpcyBhIHNlY3JldA', 'sess:*'],
	['tok_9f86d081884c7d65', 'tok_*'],
	['rate:ip:203.0.113.10', 'rate:ip:*'],
	['report:2026-08-01', 'report:*'],
	['v1:user:5', 'v1:user:*'],
	['shop/eu|7', 'shop/eu|*'],
	['flags:ui', 'flags:ui'],
	['hot key', 'hot key'],
	['\x00\xff\x01', '*'],
	['x:\x1b[31m', 'x:*'],
	[':a::5:', ':a::*:'],
	['', ''],
	['::', '::'],
	['{', '{'],
	['-5', '*'],
];
for (const [key, pattern] of shapes)
	test(`${JSON.stringify(key)} is ${JSON.stringify(pattern)}`, () =>
		assert.equal(shapeOf(key).join(''), pattern));

const anyBytes = fc.string({
	unit: fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code)),
	maxLength: 40,
});
const words = fc.constantFrom(
	'user',
	'cart',
	'alice',
	'bob',
	'eu',
	'12',
	'9',
	'{7}',
	'{a:b}',
	'',
	'x-1',
	'deadbeef00',
);
const likeKeys = fc.array(words, { minLength: 1, maxLength: 16 }).map(parts => parts.join(':'));
const keys = fc.oneof(anyBytes, likeKeys);

test('any bytes have a shape: at most 13 parts and never none', () => {
	fc.assert(
		fc.property(
			fc.oneof(
				keys,
				anyBytes.map(text => text.repeat(30)),
			),
			key => {
				const parts = shapeOf(key);
				assert.ok(parts.length >= 1 && parts.length <= 13);
				assert.deepEqual(shapeOf(key), parts);
			},
		),
	);
});

const sums = (rows: readonly PatternRow[]) =>
	(['keys', 'bytes', 'hits', 'sampled', 'withoutTtl'] as const).map(name =>
		rows.reduce((total, row) => total + row[name], 0),
	);

const counted = fc.record({ key: keys, bytes: fc.nat(1000), hits: fc.nat(9), ttl: fc.option(fc.boolean()) });
type Counted = { key: string; bytes: number; hits: number; ttl: boolean | null };

function tableOf(list: readonly Counted[], mostBranches?: number): PatternTable {
	const table = createPatternTable(mostBranches);
	for (const { key, bytes, hits, ttl } of list) {
		countKey(table, key, bytes, hits);
		if (ttl !== null) countSample(table, key, ttl);
	}
	return table;
}

const expected = (list: readonly Counted[]) => [
	list.length,
	list.reduce((total, each) => total + each.bytes, 0),
	list.reduce((total, each) => total + each.hits, 0),
	list.filter(each => each.ttl !== null).length,
	list.filter(each => each.ttl === false).length,
];

test('no key is lost or counted twice, in any order, in one table or merged from two', () => {
	fc.assert(
		fc.property(fc.array(counted, { maxLength: 300 }), fc.nat(300), (list, half) => {
			const whole = tableOf(list);
			assert.deepEqual(sums(listPatterns(whole)), expected(list));
			assert.deepEqual(sums(listPatterns(tableOf([...list].reverse()))), expected(list));
			const merged = tableOf(list.slice(0, half));
			mergePatterns(merged, tableOf(list.slice(half)));
			assert.deepEqual(sums(listPatterns(merged)), expected(list));
			assert.deepEqual(listPatterns(merged), listPatterns(whole), 'as long as nothing had to be folded');
		}),
	);
});

test('the same in a table that has to fold, shrink and cut all the time', () => {
	const random = fc.sample(counted, { numRuns: 4000, seed: 7 });
	const varied = random.map((each, index) => ({
		...each,
		key: `${letters(index)}/${each.key}:${letters(index * 7)}`,
	}));
	const table = tableOf([...random, ...varied], 128);
	assert.ok(branchesIn(table) <= 128, `${branchesIn(table)} branches`);
	assert.equal(table.branches, branchesIn(table));
	assert.deepEqual(sums(listPatterns(table)), expected([...random, ...varied]));
	assert.deepEqual(sums([{ pattern: '', ...table.total }]), expected([...random, ...varied]));
	const target = tableOf(random, 128);
	mergePatterns(target, table);
	assert.deepEqual(sums(listPatterns(target)), expected([...random, ...random, ...varied]));
	assert.equal(target.branches, branchesIn(target));
});

test('100,000 different patterns in a million keys stay few branches, and a great one stays exact', () => {
	const keys = often(250_000, 1_000_000);
	const table = createPatternTable();
	for (let index = 0; index < keys; index++)
		countKey(
			table,
			index % 2 ? `cart:{${index}}:items` : `app${letters(index % 10)}:${letters(index % 100_000)}:${index}`,
			1,
		);
	assert.ok(table.branches <= table.mostBranches);
	const rows = listPatterns(table);
	assert.equal(rows.find(row => row.pattern === 'cart:{*}:items')?.keys, keys / 2);
	assert.equal(sums(rows)[0], keys);
	assert.ok(rows.length < 2000, `${rows.length} rows`);
});

test('prefixes outlive names, when memory is short', () => {
	const table = createPatternTable(2000);
	for (let index = 0; index < 100_000; index++)
		countKey(table, `${letters(index % 90)}:${letters(1000 + index)}:${letters(index * 3)}`);
	const prefixes = new Set(listPatterns(table).map(row => row.pattern.split(':')[0]));
	assert.equal(prefixes.size, 90);
});

const listed = (names: readonly string[]) => {
	const table = createPatternTable();
	for (const name of names) countKey(table, name);
	return Object.fromEntries(listPatterns(table).map(row => [row.pattern, row.keys]));
};

test('words at the end that one key has are names', () =>
	assert.deepEqual(listed(['flags:ui', 'flags:beta', 'flags:x', 'promo:banner:home']), {
		'flags:*': 3,
		'promo:banner:home': 1,
	}));
test('names in the middle are found by what follows them', () =>
	assert.deepEqual(listed(['user:al:cart', 'user:bo:cart', 'user:bo:face', 'user:cy:cart']), {
		'user:*:cart': 3,
		'user:bo:face': 1,
	}));
test('what has one key is that key by its name', () => {
	assert.deepEqual(listed(['=cmd|calc', '=x|a', '=x|b', 'user:1001']), {
		'=cmd|calc': 1,
		'=x|*': 2,
		'user:1001': 1,
	});
	assert.deepEqual(listed(['user:1001', 'user:1002']), { 'user:*': 2 });
	assert.match(
		Object.keys(listed([`long:${'1'.repeat(5000)}`])).join(),
		/^long:\*+$/,
		'such a name says no more',
	);
	const find = patternFinder(['user:1001', 'cart:*']);
	assert.deepEqual(
		[find('user:1001'), find('cart:7'), find('user:1002')],
		['user:1001', 'cart:*', undefined],
	);
});
test('a few keys without a like of theirs stand by their names, many become one pattern', () => {
	const listed = (alone: number) => {
		const table = createPatternTable();
		for (let n = 0; n < 1000; n++) countKey(table, `session:${n}`, 10);
		for (let n = 0; n < alone; n++) countKey(table, `${'abcdefghijkl'[n]}log:{v2}:all`, 5);
		return listPatterns(table).map(({ pattern, keys }) => [pattern, keys]);
	};
	assert.deepEqual(listed(2), [
		['session:*', 1000],
		['alog:{v2}:all', 1],
		['blog:{v2}:all', 1],
	]);
	assert.deepEqual(listed(12), [
		['session:*', 1000],
		['*:{*}:all', 12],
	]);
});

test('names of different depth are one pattern', () =>
	assert.deepEqual(listed(['queue:mail:dead', 'queue:x', 'queue:y']), { 'queue:*': 3 }));
test('what has many keys stays a word', () =>
	assert.deepEqual(listed(['inv:sku:1', 'inv:sku:2', 'inv:lot:1', 'inv:lot:2']), {
		'inv:lot:*': 2,
		'inv:sku:*': 2,
	}));

function letters(value: number): string {
	let rest = value;
	let text = '';
	do {
		text = String.fromCharCode(97 + (rest % 26)) + text;
		rest = Math.floor(rest / 26);
	} while (rest > 0);
	return `${text}k`;
}

type Tree = { readonly children: ReadonlyMap<string, Tree> | undefined };

function branchesIn({ root }: { readonly root: Tree }): number {
	const below = (branch: Tree): number =>
		[...(branch.children?.values() ?? [])].reduce((total, child) => total + 1 + below(child), 0);
	return below(root);
}

test('a few keys that are alone with their prefix are listed by their names', () => {
	const alone = ['catalog:{v2}:prices', 'leaderboard:{2025}:all', 'events:{log1}'];
	const few = createPatternTable();
	for (const key of [...alone, ...Array.from({ length: 50 }, (_, n) => `session:${n}`)]) countKey(few, key);
	assert.deepEqual(
		listPatterns(few).map(({ pattern }) => pattern),
		['session:*', ...alone.toSorted()],
	);
	const many = createPatternTable();
	for (let n = 0; n < 20; n++) countKey(many, `${'abcdefghijklmnopqrst'[n]}lice:cart`);
	assert.deepEqual(
		listPatterns(many).map(({ pattern, keys }) => [pattern, keys]),
		[['*:cart', 20]],
	);
});
