// The table of keys holds no key twice on one screen, and the key bar and the help show what it says and nothing that
// does not exist.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScreenName } from '../../source/state/state.ts';
import { barEntries, commandOf, type Group, helpEntries } from '../../source/view/keymap.ts';
import { screenOf, screens } from '../../source/view/screens.ts';
import { incident } from './build-state.ts';

const bindingsOf = (name: ScreenName) => screenOf(name).bindings;
const command = (key: string, screen: ScreenName, isReplay = false) =>
	commandOf(key, bindingsOf(screen), isReplay);

test('no key is bound twice on one screen', () => {
	for (const { name } of screens) {
		for (const time of ['live', 'replay'] as const) {
			const keys = bindingsOf(name)
				.filter(({ when }) => (when ?? time) === time)
				.flatMap(({ keys }) => keys);
			assert.deepEqual(
				keys.filter((key, index) => keys.indexOf(key) !== index),
				[],
			);
		}
	}
});

test('every key leads to its command', () => {
	for (const { name } of screens)
		for (const { keys, command: wanted, when } of bindingsOf(name))
			for (const key of keys) assert.equal(command(key, name, when === 'replay'), wanted);
	assert.equal(command('e', 'fleet'), undefined, 'only in a recording');
	assert.equal(command('d', 'fleet', true), undefined, 'a recording has its delay');
	assert.equal(command('@', 'fleet'), undefined);
	assert.equal(command('A', 'help'), undefined);
});

test('the help of a screen has every key that works there once, the bar ranks of its own', () => {
	const groups: Group[] = ['SCREENS', 'MOVE', 'TABLE', 'TIME', 'ACT', 'REST'];
	for (const isReplay of [false, true]) {
		for (const { name } of screens) {
			const bindings = bindingsOf(name);
			const told = groups.flatMap(group =>
				helpEntries(group, bindings, isReplay).flatMap(({ keys }) => keys),
			);
			assert.equal(new Set(told).size, told.length, name);
			const there = bindings.flatMap(({ keys }) => keys.filter(key => command(key, name, isReplay)));
			assert.deepEqual([...told].sort(), [...new Set(there)].sort(), name);
			const state = isReplay ? incident({ replay: { speed: 1, isPaused: false } }) : incident();
			const ranks = barEntries(bindings, state).map(({ rank }) => rank);
			assert.equal(new Set(ranks).size, ranks.length, name);
		}
	}
});

test('q quits on the fleet and goes back elsewhere, in the bar too', () => {
	const bar = (screen: 'fleet' | 'help') => barEntries(bindingsOf(screen), incident({ screen }));
	const labelOf = (screen: 'fleet' | 'help') => bar(screen).find(entry => entry.command === 'back')?.label;
	assert.equal(labelOf('fleet'), 'quit');
	assert.equal(labelOf('help'), 'back');
});

test('the way to a screen is in its record, and so is what it writes', () => {
	for (const { name, title, opens, writes } of screens) {
		assert.equal(opens === undefined, name === 'help');
		assert.equal(
			bindingsOf(name).some(({ command }) => command === 'write'),
			writes !== undefined,
			title,
		);
	}
});
