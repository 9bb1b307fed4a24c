// Markers in the state: the key that asks for a word, one from outside, those of events, and what a recording keeps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { lineFrom } from '../../source/recording/recorded.ts';
import { eventsOf } from '../../source/state/shown.ts';
import type { Effect, Key, ScreenName, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { calm, now, several } from '../view/build-state.ts';

function pressed(state: State, keys: readonly Key[], at = now): [State, Effect[]] {
	return update(state, { type: 'keys', at, keys });
}

test('m asks for a word on every screen, and Enter sets it at this second', () => {
	for (const screen of ['fleet', 'cluster', 'help'] as const satisfies ScreenName[]) {
		const [asked] = pressed(calm({ screen }), ['m', 'v', '4', '2']);
		assert.ok(
			frameOf(asked).some(line => stripVTControlCharacters(line).includes('marker: v42')),
			screen,
		);
		const [set, effects] = pressed(asked, ['enter'], now + 5000);
		assert.deepEqual(set.markers, [{ at: now + 5000, text: 'v42', kind: 'set', node: undefined }]);
		assert.deepEqual(effects, [{ type: 'record-marker', marker: set.markers[0] }]);
		assert.deepEqual(
			{ ...set.fleets[0]!.now.events[0] },
			{ at: now + 5000, kind: 'marker', text: 'marker: v42' },
		);
	}
	const [left] = pressed(calm(), ['m', 'v', 'escape']);
	assert.equal(left.markers, undefined);
	const [bare] = pressed(calm(), ['m', 'space', 'enter']);
	assert.deepEqual([bare.markers?.[0]?.text, bare.fleets[0]!.events[0]?.text], [undefined, 'marker']);
});

test('while the screen stands it is set now; in a recording where it is looked at', () => {
	const [paused] = pressed(calm({ paused: { at: now - 60_000, snapshot: calm().past[0]! } }), ['m', 'enter']);
	assert.equal(paused.markers?.[0]?.at, now);
	const replay = { speed: 1, isPaused: true };
	const [seen] = pressed(calm({ replay, paused: { at: now - 60_000, snapshot: calm().past[0]! } }), [
		...['m', 'enter'],
	]);
	assert.equal(seen.markers?.[0]?.at, now - 60_000);
});

test('from outside: cut to what the prompt takes, one event of all fleets, told once', () => {
	const [state] = update(several(), { type: 'mark', at: now, text: 'x'.repeat(200) });
	assert.equal(state.markers?.length, 1);
	assert.equal(state.markers[0]!.text?.length, 60);
	assert.ok(state.fleets.every(({ events }) => events[0]?.kind === 'marker'));
	assert.equal(eventsOf(state).filter(({ kind }) => kind === 'marker').length, 1);
	const [bare] = update(state, { type: 'mark', at: now + 1 });
	assert.equal(bare.markers?.[1]?.text, undefined);
});

test('in a recording: a line of its own; what is wrong in it is named, and a hostile word cannot reach a screen', () => {
	assert.deepEqual(lineFrom({ marker: { at: 5, text: 'v42' } }), {
		marker: { at: 5, text: 'v42', kind: 'set', node: undefined },
	});
	assert.deepEqual(lineFrom({ marker: { at: 5 } }), {
		marker: { at: 5, text: undefined, kind: 'set', node: undefined },
	});
	assert.match((lineFrom({ marker: { at: 'x' } }) as { wrong: string }).wrong, /marker\.at/);
	assert.ok('wrong' in (lineFrom({ marker: { at: 1, text: 'x'.repeat(1000) } }) as object));
	const hostile = lineFrom({ marker: { at: 5, text: '\x1b[2J' } });
	assert.ok(!JSON.stringify(hostile).includes('\\u001b'));
});

test('in a recording: keys to the event, finding and marker before and after, and up to as fast as it can', () => {
	const state = calm({ replay: { speed: 32, isPaused: false } });
	const rows = [
		...([
			['(', 'event', -1],
			[')', 'event', 1],
			['{', 'finding', -1],
		] as const),
		...([
			['}', 'finding', 1],
			[',', 'marker', -1],
			['.', 'marker', 1],
		] as const),
	];
	for (const [key, kind, step] of rows) {
		const asked = { type: 'keys', at: state.at, keys: [key] } as const;
		assert.deepEqual(update(state, asked)[1], [
			{ type: 'play', isPaused: true },
			{ type: 'seek', to: { kind, step } },
		]);
		assert.deepEqual(update(calm(), asked)[1], [], 'only there');
	}
	const speeds = (from: State, keys: readonly string[]) => {
		let now = from;
		return keys.map(key => {
			const [next, effects] = update(now, { type: 'keys', at: now.at, keys: [key] });
			now = next;
			return effects.flatMap(effect => (effect.type === 'speed' ? effect.speed : []));
		});
	};
	assert.deepEqual(speeds(state, ['+', '+', '+', '-', '-']), [[64], [Infinity], [Infinity], [64], [32]]);
	assert.deepEqual(speeds(calm({ replay: { speed: 0.25, isPaused: false } }), ['-']), [[]]);
});
