// The README says what the program does: its tables are those the program runs on, its commands are in package.json,
// its links lead somewhere. `npm run docs` (UPDATE_DOCS=1) writes the tables anew.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { flagTable } from '../source/flags.ts';
import { allowed } from '../source/redis/commands.ts';
import { madeAnew, readme } from './docs.ts';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

test('the tables of the README are those of the program', () => {
	const text = readFileSync(readme, 'utf8');
	const made = madeAnew(text);
	if (process.env.UPDATE_DOCS === '1') return writeFileSync(readme, made);
	const [kept, wanted] = [text.split('\n'), made.split('\n')];
	const at = kept.findIndex((line, index) => line !== wanted[index]);
	assert.equal(made, text, `README.md is stale from line ${at + 1}: npm run docs\n- ${kept[at]}\n+ ${wanted[at]}`);
});

test('a stale table is found', () => {
	const text = readFileSync(readme, 'utf8');
	const stale = text.replace('| `--askpass` |', '| `--ask` |');
	assert.notEqual(stale, text);
	assert.equal(madeAnew(stale), madeAnew(text));
	assert.throws(() => madeAnew(text.replace('<!-- /flags -->', '')), /no <!-- flags -->/);
	assert.throws(() => madeAnew(`${text}\n<!-- nonsense -->\n`), /nothing is made for/);
});

for (const name of ['README.md', 'CONTRIBUTING.md']) {
	test(`${name}: every npm script, flag and file in it exists`, () => {
		const text = read(name);
		const { scripts } = JSON.parse(read('package.json'));
		for (const [, script] of text.matchAll(/npm run (?:--silent )?([a-z:-]+)/g)) assert.ok(scripts[script!], script);
		const ours = new Set(flagTable.map(flag => `--${flag.name}`));
		for (const [line, flag] of text.matchAll(/redis-top [^\n`]*?(--[a-z-]+)/g)) assert.ok(ours.has(flag!), line);
		for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)]+)\)/g))
			assert.ok(existsSync(new URL(`../${target}`, import.meta.url)), target);
		for (const [, heading] of text.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(headingsOf(text).has(heading!), heading);
	});
}

test('the ACL lines of the README are enough for every command there is', () => {
	const lines = read('README.md')
		.split('\n')
		.filter(line => line.startsWith('ACL SETUSER'))
		.join(' ');
	for (const { words } of Object.values(allowed)) {
		const [container, sub] = words.map(word => word.toLowerCase());
		if (container === 'auth') continue; // Always allowed.
		const rule = sub === undefined || container === 'info' ? `+${container}` : `+${container}|${sub}`;
		assert.ok(lines.includes(rule), rule);
	}
});

function headingsOf(text: string): ReadonlySet<string> {
	const slug = (heading: string) =>
		heading
			.toLowerCase()
			.replace(/[^a-z0-9 -]/g, '')
			.replaceAll(' ', '-');
	return new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slug(heading!)));
}
