// The pictures of the README are of this program: the key bar and the columns that they show are those that it draws. A
// failing test here means `npm run media`, and a look at what it made.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { textOfPicture } from '../media/svg.ts';
import type { ScreenName } from '../source/state/state.ts';
import { chooseColumns } from '../source/view/columns.ts';
import { calm } from './view/build-state.ts';
import { framed } from './view/frame-files.ts';

const pictures: Readonly<Record<string, readonly [ScreenName, number, number]>> = {
	'fleet-calm': ['fleet', 140, 40],
	'fleet-failover': ['fleet', 140, 40],
	'fleet-80x24': ['fleet', 80, 24],
	node: ['node', 140, 40],
	'cluster-failover': ['cluster', 140, 40],
	'hot-keys': ['hot-keys', 80, 24],
	'big-keys': ['big-keys', 80, 24],
};
/** One whose last line is a prompt, and one that moves. */
const others = ['runbook-confirm', 'failover'];

const read = (name: string) => readFileSync(new URL(`../media/${name}.svg`, import.meta.url), 'utf8');
const bare = (line: string | undefined) => line?.trimEnd();

test('every picture is one of these', () => {
	const found = readdirSync(new URL('../media/', import.meta.url)).filter(name => name.endsWith('.svg'));
	assert.deepEqual(found.sort(), [...Object.keys(pictures), ...others].map(name => `${name}.svg`).sort());
});

for (const [name, [screen, columns, rows]] of Object.entries(pictures))
	test(`${name}: its key bar and its columns are the program's`, () => {
		const shown = textOfPicture(read(name));
		assert.equal(shown.length, rows);
		const frame = framed(calm({ screen, size: { columns, rows } }))
			.trimEnd()
			.split('\n');
		assert.equal(bare(shown.at(-1)), bare(frame.at(-1)));
		if (screen !== 'fleet') return;
		const titles = chooseColumns('overview', columns, { hasSlots: true, hasGroups: false });
		const heads = shown.find(line => /^ *NODE /.test(line))!;
		const words = (text: string) => text.trim().split(/ +/);
		assert.deepEqual(words(heads), words(titles.map(({ title }) => title).join(' ')));
	});

test('the film shows a failover from its first sign to its story, and is small enough to be loaded', () => {
	const film = read('failover');
	assert.ok(film.length < 2_000_000, `${film.length} bytes`);
	for (const word of ['promoted to primary', 'FAILOVER']) assert.ok(film.includes(word), word);
	assert.match(film, /<animate [^>]*repeatCount="indefinite"/);
});

test('the prompt of a change names the node whose address must be typed', () => {
	const shown = textOfPicture(read('runbook-confirm')).join('\n');
	assert.match(shown, /MEMORY RUNBOOK/);
	assert.match(shown, /Enter runs it, Esc cancels/);
	assert.match(shown, /node: 127/);
});
