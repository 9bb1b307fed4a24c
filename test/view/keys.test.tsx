// The table of keys holds no key twice on one screen, and the key bar and the help show what it says and nothing that
// does not exist.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderToString } from 'ink';
import { Frame } from '../../source/terminal/frame.tsx';
import { frameOf } from '../../source/view/frame.ts';
import { barEntries, bindings, commandOf, type Group, helpEntries } from '../../source/view/keymap.ts';
import { incident } from './build-state.ts';

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
