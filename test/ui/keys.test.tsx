// The keyboard: the table of keys holds no key twice on one screen, the key bar and the help show what it says and
// nothing that does not exist, and what a terminal sends arrives by the names the table uses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderToString } from 'ink';
import { render } from 'ink-testing-library';
import { barEntries, bindings, commandOf, type Group, helpEntries } from '../../source/state/keymap.ts';
import type { Key } from '../../source/state/state.ts';
import { App } from '../../source/ui/app.tsx';
import { Frame, frameOf } from '../../source/ui/frame.tsx';
import { calm, incident } from './build-state.ts';

const screens = ['fleet', 'node', 'cluster', 'hot-keys', 'big-keys', 'runbook'] as const;

test('no key is bound twice on one screen', () => {
	for (const screen of [...screens, 'help'] as const) {
		for (const time of ['live', 'replay'] as const) {
			const keys = bindings
				.filter(({ on, when }) => (on?.includes(screen) ?? true) && (when ?? time) === time)
				.flatMap(({ keys }) => keys);
			assert.deepEqual(
				keys.filter((key, index) => keys.indexOf(key) !== index),
				[],
			);
		}
	}
});

test('every key leads to its command', () => {
	for (const { keys, command, on, when } of bindings)
		for (const key of keys) assert.equal(commandOf(key, on?.[0] ?? 'help', when === 'replay'), command);
	assert.equal(commandOf('e', 'fleet'), undefined, 'only in a recording');
	assert.equal(commandOf('d', 'fleet', true), undefined, 'a recording has its delay');
	assert.equal(commandOf('@', 'fleet'), undefined);
	assert.equal(commandOf('A', 'help'), undefined);
});

test('the help of a screen has every key that works there once, the bar ranks of its own', () => {
	const groups: Group[] = ['SCREENS', 'MOVE', 'TABLE', 'TIME', 'ACT', 'REST'];
	for (const isReplay of [false, true]) {
		for (const screen of screens) {
			const told = groups.flatMap(group => helpEntries(group, screen, isReplay).flatMap(({ keys }) => keys));
			assert.equal(new Set(told).size, told.length, screen);
			const there = bindings.flatMap(({ keys }) => keys.filter(key => commandOf(key, screen, isReplay)));
			assert.deepEqual([...told].sort(), [...new Set(there)].sort(), screen);
			const ranks = barEntries(screen, isReplay).map(({ rank }) => rank);
			assert.equal(new Set(ranks).size, ranks.length, screen);
		}
	}
});

test('q quits on the fleet and goes back elsewhere, in the bar too', () => {
	assert.deepEqual(barEntries('fleet').find(({ command }) => command === 'back')?.label, 'quit');
	assert.deepEqual(barEntries('help').find(({ command }) => command === 'back')?.label, 'back');
});

const typed: readonly (readonly [bytes: string, keys: readonly Key[]])[] = [
	['jjj', ['j', 'j', 'j']],
	['q\r', ['q', 'enter']],
	['\r', ['enter']],
	['A', ['A']],
	[' ', ['space']],
	['\t', ['tab']],
	['\x1b[Z', ['shift-tab']],
	['\x1b[A', ['up']],
	['\x1b[B\x1b[B', ['down', 'down']],
	['\x1b[5~', ['pageup']],
	['\x1b[6~\x1b[C\x1b[D', ['pagedown', 'right', 'left']],
	['\x1b[H', ['home']],
	['\x1b[F\x1b[3~', ['end', 'backspace']],
	['\x02\x06', ['ctrl-b', 'ctrl-f']],
	['\x7f', ['backspace']],
	['\x03', ['ctrl-c']],
	['\x1a', ['ctrl-z']],
	['\x0c', ['ctrl-l']],
	['\x1b', ['escape']],
	['\x1bj', ['escape', 'j']],
	['\x1bOP', ['f1']],
	['[', ['[']],
	['é数', ['é', '数']],
];

for (const [bytes, keys] of typed) {
	test(`${JSON.stringify(bytes)} arrives as ${keys.join(' ')}`, async () => {
		const got: Key[] = [];
		const screen = render(
			<App state={calm({ size: { columns: 80, rows: 24 } })} onKeys={more => got.push(...more)} />,
		);
		// Ink subscribes to the keyboard a moment after it has drawn, and waits for the rest of an escape.
		await new Promise(resolve => setTimeout(resolve, 40));
		screen.stdin.write(bytes);
		for (let waited = 0; got.length < keys.length && waited < 100; waited++)
			await new Promise(resolve => setTimeout(resolve, 10));
		screen.unmount();
		assert.deepEqual(got, keys);
	});
}

test('Ink draws the frame as it is', () => {
	for (const size of [
		{ columns: 80, rows: 24 },
		{ columns: 140, rows: 40 },
	]) {
		const state = incident({ size });
		const text = (line: string) => line.replace(/\x1b\[[0-9;]*m/g, '').trimEnd();
		const drawn = renderToString(<Frame state={state} />, { columns: size.columns }).split('\n');
		assert.deepEqual(drawn.map(text), frameOf(state).map(text));
	}
});
