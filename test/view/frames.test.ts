// The screens as text: each is laid beside test/frames/NAME.WxH.txt, and a difference is shown line by line, so that
// a review reads the change as a picture. `UPDATE_FRAMES=1` accepts what is drawn now. Colours are not in the files;
// that a calm frame has none is its own test.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { State } from '../../source/state/state.ts';
import { frameOf } from '../../source/view/frame.ts';
import * as keys from './build-keys.ts';
import { calm, incident, now, paused, sentinel, several, standalone, starting } from './build-state.ts';
import { type Build, codes, isColour, sizes, testFrames, withoutCodes } from './frame-files.ts';

/** An hour and a half, played to now. */
const played = {
	...{ speed: Number.POSITIVE_INFINITY, isPaused: false },
	overview: {
		...{ from: now - 3_600_000, to: now + 1_800_000 },
		marks: [
			{ at: now - 3_000_000, kind: 'event' },
			{ at: now - 2_400_000, kind: 'finding', severity: 'warn' },
			{ at: now - 1_200_000, kind: 'marker' },
			{ at: now + 600_000, kind: 'event', severity: 'crit' },
			{ at: now + 600_000, kind: 'event' },
		],
	},
} as const;

const screens: Readonly<Record<string, Build>> = {
	'fleet-calm': calm,
	'fleet-incident': incident,
	'fleet-paused-down-stale': paused,
	'fleet-sentinel': sentinel,
	'fleet-several': several,
	'fleet-standalone': standalone,
	'fleet-starting': starting,
	'fleet-filter': over =>
		calm({ filter: 'replica', prompt: { kind: 'filter', text: 'replica', before: '' }, ...over }),
	'fleet-memory-worst': over =>
		incident({ columnSet: 'memory', sort: { by: 'worst', isReversed: false }, ...over }),
	'fleet-traffic-sorted': over =>
		calm({ columnSet: 'traffic', sort: { by: 'column', column: 'in', isReversed: false }, ...over }),
	'fleet-replication': over => calm({ columnSet: 'replication', ...over }),
	'fleet-replay': over => incident({ replay: played, ...over }),
	help: over => calm({ screen: 'help', ...over }),
	'help-replay': over => calm({ screen: 'help', replay: played, ...over }),
	'help-hot-keys': over => calm({ screen: 'help', helpFrom: 'hot-keys', ...over }),
	'help-runbook': over => calm({ screen: 'help', helpFrom: 'runbook', ...over }),
	'big-keys-before': keys.before,
	'big-keys-scanning': keys.scanning,
	'big-keys-held': keys.heldBack,
	'big-keys-done': keys.done,
	'big-keys-partial': keys.partial,
	'big-keys-patterns': keys.patternsList,
	'big-keys-opened': keys.openedElements,
	'big-keys-stream': keys.openedStream,
	'big-keys-hostile': keys.hostile,
};

testFrames(screens);

test('a calm frame has no colour, on any screen and at any size', () => {
	for (const build of [calm, sentinel, several, standalone, starting]) {
		for (const [columns, rows] of sizes) {
			for (const screen of ['fleet', 'help'] as const)
				assert.deepEqual(codes(build({ size: { columns, rows }, screen })).filter(isColour), []);
		}
	}
});

test('an incident has colour, and none of it without colours', () => {
	assert.ok(codes(incident({})).some(isColour));
	assert.deepEqual(codes(incident({ isColour: false })).filter(isColour), []);
	assert.ok(codes(incident({ isColour: false })).length > 0, 'bold, dim and inverse stay');
});

test('only the cell a finding names is coloured, and its bar', () => {
	const row = frameOf(incident({ cursor: '10.0.1.11:6379' })).find(line => line.includes('10.0.1.12:6379'))!;
	const coloured = [...row.matchAll(/\x1b\[(?:33|1;37;41)m([^\x1b]*)/g)].map(match => match[1]);
	assert.deepEqual(coloured, ['!!', '84.1', '1.2k', '93', '█████████░', '1.53']);
});

test('ASCII frames have no byte over 126', () => {
	for (const [name, build] of Object.entries(screens)) {
		for (const [columns, rows] of sizes) {
			for (const line of frameOf(build({ size: { columns, rows }, isAscii: true })))
				assert.match(line, /^[\x1b\x20-\x7e]*$/, `${name} ${columns}x${rows}`);
		}
	}
});

test('slots are not ok where one is uncovered, whatever most nodes say of their state', () => {
	const state = calm({ size: { columns: 140, rows: 40 } });
	const covering = (slotsCovered: number): State => ({
		...state,
		fleets: state.fleets.map(each => {
			const { fleet } = each.now;
			const agreement = { ...fleet.agreement!, state: 'ok' as const, slotsCovered };
			return { ...each, now: { ...each.now, fleet: { ...fleet, agreement } } };
		}),
	});
	const shown = (slots: number) => withoutCodes(frameOf(covering(slots))[2]!);
	assert.match(shown(16_384), /slots 16384\/16384 ok/);
	assert.match(shown(16_383), /slots 16383\/16384(?! ok)/);
});

test('below 40x10 one sentence says both sizes', () => {
	for (const size of [
		{ columns: 39, rows: 24 },
		{ columns: 80, rows: 9 },
		{ columns: 12, rows: 5 },
	]) {
		const words = frameOf(calm({ size })).map(withoutCodes).join(' ').replace(/\s+/g, ' ').trim();
		assert.equal(words, `redis-top needs 40x10, this is ${size.columns}x${size.rows}`);
	}
});

test('line 1 says whether what is seen is now', () => {
	const first = (state: State) => withoutCodes(frameOf(state)[0]!);
	const size = { columns: 80, rows: 24 };
	assert.match(first(calm({ size })), /every 1s {2}14:33:20$/);
	assert.match(first(calm({ size, isFast: true })), /every 0\.25s {2}failover {2}14:33:20$/);
	assert.match(first(starting({ size })), /discovering… {2}14:33:20$/);
	assert.match(first(paused({ size })), /PAUSED at 14:33:02, 18s ago$/);
	assert.match(first(paused({ size: { columns: 40, rows: 10 } })), /PAUSED 14:33:02$/);
});

test('the message line: prompt, toast, filter, refused commands', () => {
	const size = { columns: 80, rows: 24 };
	const message = (state: State) => withoutCodes(frameOf(state).at(-2)!);
	assert.match(
		message(calm({ size, prompt: { kind: 'delay', text: '2.5' } })),
		/^delay in seconds \(now 1s\): 2\.5 /,
	);
	assert.equal(message(calm({ size, toast: { text: 'copied', until: now + 1 } })), 'copied');
	assert.equal(message(calm({ size, toast: { text: 'copied', until: now } })), '');
	assert.equal(message(calm({ size, filter: 'replica' })), 'filter replica   3 of 6 nodes, Esc clears');
	assert.equal(message(standalone({ size })), 'not allowed for this user: +slowlog|get +config|get');
});
