// The screen of before and after as text, beside test/frames: no marker yet, a deploy that went wrong, one that changed
// nothing, one that is too young; and what its keys do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayWidth } from '../../source/core/text/printable.ts';
import { compareJson } from '../../source/output/compare.ts';
import { comparedNow } from '../../source/state/compared.ts';
import type { Key, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { screenOf } from '../../source/view/screens.ts';
import { begin, type Shop, shopTapes } from '../core/compare/shop-tapes.ts';
import { calm } from './build-state.ts';
import { type Build, codes, framed, isColour, testFrames } from './frame-files.ts';

const marker = { at: begin + 300_000, text: 'v42 start', kind: 'set', node: undefined } as const;

const press = (state: State, ...keys: Key[]): State => update(state, { type: 'keys', at: state.at, keys })[0];

function shop(over: Partial<Shop>, more: Partial<State> = {}): State {
	const seconds = over.seconds ?? 640;
	const tapes = shopTapes({ seed: 1, seconds, ...over });
	const state = calm({ ...more, markers: [marker] });
	const fleets = state.fleets.map(fleet => ({ ...fleet, tapes }));
	return press({ ...state, at: begin + 1000 * seconds, fleets, past: [] }, '7');
}

const deployed = (more: Partial<State> = {}) => shop({ deployAt: 360 }, more);

const screens: Readonly<Record<string, Build>> = {
	'compare-none': over => press({ ...calm(), ...over }, '7'),
	'compare-deploy': over => ({ ...deployed(), ...over }),
	'compare-nothing': over => ({ ...shop({}), ...over }),
	'compare-early': over => ({ ...shop({ seconds: 350 }), ...over }),
};

testFrames(screens);

test('where nothing changed no cell has a colour, and where something did only its marks', () => {
	assert.deepEqual(codes(shop({})).filter(isColour), []);
	assert.ok(codes(deployed()).some(isColour));
});

test('no line is wider than the screen, scrolled to its end', () => {
	for (const columns of [40, 50, 80, 119, 140]) {
		const state = press({ ...deployed(), size: { columns, rows: 24 } }, 'G');
		for (const line of framed(state).split('\n')) assert.ok(displayWidth(line) <= columns, line);
		assert.match(framed(state), columns === 40 ? /VARIED/ : /VARIED: median and MAD/);
	}
});

test('keys: another marker, longer windows, time to settle, shard and node', () => {
	const other = { at: begin + 200_000, text: undefined, kind: 'event', node: undefined } as const;
	const state = { ...deployed(), markers: [other, marker] };
	assert.match(framed(state), /v42 start/);
	const before = press(state, 'left');
	assert.equal(before.compare?.marker, other.at);
	assert.match(framed(press(before, 'left')), /there is no other marker/);
	assert.equal(press(before, 'right').compare?.marker, marker.at);
	assert.match(framed(press(state, 'tab')), /windows of 15m/);
	assert.match(framed(press(state, 'tab', 'tab')), /before 1m/);
	assert.match(framed(press(state, 's')), /settling 1m/);
	assert.equal(press(state, 'o').compare?.scope, 'shard');
	assert.equal(press(state, 'o', 'o', 'o').compare?.scope, 'fleet');
	assert.equal(press(state, 'q').screen, 'fleet');
});

test('while time stands, that moment parts it', () => {
	const state = deployed();
	const snapshot = { at: begin + 320_000, fleets: state.fleets.map(({ now }) => now) };
	const paused = { ...state, markers: [], paused: { at: snapshot.at, snapshot } };
	assert.match(framed(paused), /this moment/);
});

test('a marker of which nothing was kept: said, and written without a time that is none', () => {
	const state = { ...calm({ markers: [marker] }), at: begin + 640_000 };
	const seen = press(state, '7');
	assert.match(framed(seen), /nothing was measured in these windows/);
	const written = screenOf('compare').screen.writes!.what(seen);
	assert.ok(written?.kind === 'page' && written.text.includes('nothing was measured'));
	assert.doesNotThrow(() => compareJson(comparedNow(seen)!));
});

test('w writes the verdict, the windows in UTC and every figure as Markdown', () => {
	const written = screenOf('compare').screen.writes!.what(deployed());
	assert.ok(written?.kind === 'page');
	assert.match(written.text, /^# Before and after: v42 start\n/);
	assert.match(written.text, /- Before: 2027-01-15T08:00:00\.000Z to 2027-01-15T08:05:00\.000Z/);
	assert.match(written.text, /\*\*3 things got worse, \d+ as before\*\*/);
	assert.match(written.text, /\| ! \| keys without ttl \|/);
	assert.equal(screenOf('compare').screen.writes!.file(press(calm(), '7')), undefined);
});
