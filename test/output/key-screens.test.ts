// What is printed and written of the two key screens: the key without a name, the cost that is told of what was asked,
// and Markdown that stays a table whatever the names are.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bigKeysText } from '../../source/output/big-keys.ts';
import { hotKeysText } from '../../source/output/hot-keys.ts';
import { markdownForm } from '../../source/output/page-form.ts';
import { writeScreen } from '../../source/output/write-screen.ts';
import { hostileNames, hotKeyOf, hotSampled, monitored } from '../view/build-hot-keys.ts';
import { done, found, keyOf } from '../view/build-keys.ts';

const hot = (key: string) => hotKeyOf({ key, hits: 6412, type: 'string', ttl: 1, bytes: 1, command: 'get' });

test('the key without a name is shown as its quotes', () => {
	assert.match(bigKeysText({ ...found(), keys: [keyOf('', 'hash', 4000, 3)] }), / ""$/m);
	const text = hotKeysText({ ...monitored(), keys: [hot('')] });
	assert.match(text, / ""$/m);
	assert.match(text, /^"" {2}slot/m);
});

test('what was read of types and TTLs is told by what was asked, not by what came', () => {
	const nothing = { ...found(), types: [], sampled: 0 };
	assert.match(bigKeysText({ ...nothing, isExact: false }), /by a sample of 0 keys/);
	assert.match(bigKeysText({ ...nothing, isExact: true }), /type, TTL and length of every key/);
});

test('Markdown: a heading, tables with as many cells in each row, names that are no markup', () => {
	const names = [...hostileNames, 'a|b', '`code`', '*bold*', '<b>', '# head', ''];
	const texts = [
		bigKeysText({ ...found(), keys: names.map(name => keyOf(name, 'hash', 4000, 3)) }, markdownForm),
		hotKeysText({ ...monitored(), keys: names.map(hot) }, [], markdownForm),
	];
	for (const text of texts) {
		assert.match(text, /^# [^\n]+\n/);
		const tables = text.split('\n\n').filter(part => /^\|/m.test(part));
		assert.ok(tables.length >= 2, text);
		for (const table of tables) {
			const rows = table.split('\n').filter(line => line.startsWith('|'));
			assert.equal(rows.length, table.trim().split('\n').length, table);
			assert.match(rows[1]!, /^\|( -+:? \|)+$/);
			const cells = new Set(rows.map(row => row.match(/(?<!\\)\|/g)!.length));
			assert.equal(cells.size, 1, table);
		}
		assert.match(text, /a\\\|b/);
		assert.match(text, /\\<b\\>/);
	}
});

test('w writes what the end of the name says', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'redis-top-'));
	try {
		for (const [state, screen] of [
			[done({}), 'big-keys'],
			[hotSampled(), 'hot-keys'],
		] as const)
			for (const [end, begin] of [
				['md', /^# /],
				['csv', /^key,/],
				['json', /^\{/],
				['txt', /^(sampled )?[\d,.]+ /],
			] as const) {
				const path = join(folder, `${screen}.${end}`);
				assert.equal(await writeScreen(state, screen, path), `written to ${path}`);
				assert.match(await readFile(path, 'utf8'), begin);
			}
	} finally {
		await rm(folder, { recursive: true });
	}
});
