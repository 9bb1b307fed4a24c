// The screen of big keys: what each of its keys asks for, and that nothing is asked without one. A scan goes on when
// the screen is left, `t` wants a second press, a key is opened on the node that owns it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ScanNote } from '../../source/core/keys/scan-notes.ts';
import type { Effect, Key, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { bigKeysRows, rowAtCursor, scanOnScreen } from '../../source/view/screens/big-keys/rows.ts';
import { nodesWords } from '../../source/view/screens/big-keys/scan-head.ts';
import { often } from '../lane.ts';
import {
	before,
	done,
	found,
	openedGone,
	openedKey,
	progressOf,
	scanning,
	trackOf,
	withBigKeys,
} from '../view/build-keys.ts';
import { calm, several, standalone } from '../view/build-state.ts';
import { framed, withoutCodes } from '../view/frame-files.ts';

const small = { size: { columns: 80, rows: 24 } };

function press(state: State, ...keys: readonly Key[]): { state: State; effects: Effect[] } {
	const [next, effects] = update(state, { type: 'keys', at: state.at, keys });
	return { state: next, effects };
}
const typesOf = (effects: readonly Effect[]) => effects.map(({ type }) => type);
const later = (state: State, milliseconds: number) =>
	update(state, { type: 'clock', at: state.at + milliseconds })[0];

describe('the scan', () => {
	test('5 opens the screen and asks nothing; s scans the best node of every shard', () => {
		const opened = press(calm(small), '5');
		assert.deepEqual(opened.effects, []);
		const { state, effects } = press(opened.state, 's');
		const [start] = effects;
		assert.ok(start?.type === 'scan-start');
		assert.deepEqual(
			start.targets.map(({ address, primary }) => [address, primary]),
			[21, 22, 23].map(host => [`10.0.1.${host}:6379`, `10.0.1.${host - 10}:6379`]),
		);
		assert.deepEqual([start.rate, start.top, start.isExact], [20_000, 100, false]);
		assert.deepEqual(press(state, 's').effects, [{ type: 'scan-stop', id: start.id }]);
	});

	test('one node is named with its port, on 50 columns too; without it where it has no room', () => {
		for (const columns of [50, 80]) {
			const frame = frameOf(press(standalone({ size: { columns, rows: 24 } }), '5').state).join('\n');
			assert.match(frame, /not scanned yet\S* +127\.0\.0\.1:6379, \S+ keys/);
			assert.match(frame, columns === 50 ? /^ +127\.0\.0\.1:6379(:|$)/m : /reads 127\.0\.0\.1:6379: SCAN/);
		}
		const state = calm({ size: { columns: 50, rows: 24 } });
		const node = { address: '10.0.1.22:6379', isReplica: true };
		assert.equal(nodesWords(state, [node]), '10.0.1.22:6379 (replica)');
		assert.equal(nodesWords(state, [node], 20), '10.0.1.22 (replica)');
	});

	test('b is for the shard under the cursor, a replica its shard as well', () => {
		for (const cursor of ['10.0.1.12:6379', '10.0.1.22:6379']) {
			const { effects } = press(calm({ ...small, cursor }), 'b', 's');
			assert.ok(effects[0]?.type === 'scan-start');
			assert.deepEqual(
				effects[0].targets.map(({ primary }) => primary),
				['10.0.1.12:6379'],
			);
		}
	});

	test('t wants a second press, not too soon and not too late', () => {
		const first = press(before(small), 't');
		assert.deepEqual(first.effects, []);
		assert.match(first.state.toast!.text, /^t again: type, TTL and length of every key, [\d.]+[kMG]? hits$/);
		const line = frameOf(first.state)
			.map(withoutCodes)
			.find(text => text.includes('t again'));
		assert.match(line!, /t again: type, TTL and length of every key, 355M hits\b/, 'whole at 80 columns');
		assert.deepEqual(press(first.state, 't').effects, [], 'a key held down');
		const second = press(later(first.state, 400), 't').effects[0];
		assert.ok(second?.type === 'scan-start' && second.isExact);
		assert.deepEqual(press(later(first.state, 6000), 't').effects, []);
	});

	test('p holds it and goes on; it goes on when the screen is left', () => {
		const held = press(scanning(small), 'p');
		assert.deepEqual(typesOf(held.effects), ['scan-pause']);
		assert.equal(scanOnScreen(held.state)?.progress?.state, 'paused');
		assert.match(frameOf(held.state).map(withoutCodes).join('\n'), /rate -/);
		assert.deepEqual(typesOf(press(held.state, 'space').effects), ['scan-resume']);
		const left = press(scanning(small), '1');
		assert.deepEqual([left.state.screen, left.effects], ['fleet', []]);
		assert.match(frameOf(left.state)[0]!, /scan/);
	});

	test('what it tells is taken, also when it is over; a message of another scan is not', () => {
		const { state } = press(before(small), 's');
		const { id } = scanOnScreen(state)!;
		const progress = progressOf();
		const [told] = update(state, { type: 'scan', at: state.at, id, progress, isOver: false });
		assert.equal(scanOnScreen(told)?.progress, progress);
		const end = { type: 'scan', at: state.at, progress, found: found({ seconds: 4 }), isOver: true } as const;
		assert.equal(scanOnScreen(update(told, { ...end, id: id + 1 })[0])?.isOver, false);
		const [over] = update(told, { ...end, id });
		assert.equal(scanOnScreen(over)?.isOver, true);
		assert.ok(bigKeysRows(over).length > 0);
		assert.deepEqual(typesOf(press(later(over, 2100), 's').effects), ['scan-start']);
	});

	test('s that comes a moment too late for a stop throws nothing away', () => {
		const { state } = press(before(small), 's');
		const id = scanOnScreen(state)!.id;
		const end = { progress: progressOf(), found: found({ complete: true, seconds: 4 }), isOver: true };
		const [over] = update(later(state, 4000), { type: 'scan', at: state.at + 4000, id, ...end });
		const late = press(later(over, 500), 's');
		assert.deepEqual([late.effects, scanOnScreen(late.state)?.id], [[], id]);
		assert.equal(late.state.toast?.text, 'the scan is over: press s again to rescan');
		assert.deepEqual(press(late.state, 's').effects, [], 'a key held down');
		assert.deepEqual(typesOf(press(later(late.state, 400), 's').effects), ['scan-start']);
		assert.deepEqual(press(later(late.state, 400), 't').effects, [], 's is no second press of t');
		assert.deepEqual(typesOf(press(later(late.state, 6000), 's').effects), ['scan-start']);
	});

	test('what took long is not forgotten by one press', () => {
		const asked = press(done(small), 's');
		assert.deepEqual(asked.effects, []);
		assert.equal(asked.state.toast?.text, 'this took 28m: press s again to rescan');
		assert.ok(bigKeysRows(asked.state).length > 0);
		assert.deepEqual(typesOf(press(later(asked.state, 400), 's').effects), ['scan-start']);
	});

	test('items that were not read are no ranking: the list says why it is empty', () => {
		const note: ScanNote = { kind: 'items-not-read' };
		const frame = (notes: readonly ScanNote[]) =>
			frameOf(
				withBigKeys(calm(small), [trackOf({ found: found({ keysByItems: [], notes }) })], { view: 'items' }),
			).join('\n');
		assert.match(frame([note]), /items are not read where CLIENT NO-TOUCH cannot be used/);
		assert.match(frame([]), /no key of several items is known among the largest/);
		assert.ok(!/nothing sized yet/.test(frame([note])));
	});

	test('a recording has no scan', () => {
		const replay = { speed: 1, isPaused: false };
		const { state, effects } = press(calm({ ...small, replay }), '5', 's');
		assert.deepEqual([state.screen, effects], ['fleet', []]);
	});
});

describe('the list', () => {
	test('e says before it is pressed that it resets the idle time, where it does', () => {
		for (const [columns, words] of [
			[80, / e reads elements and resets its idle time {3}y copies its name {3}Esc closes it/],
			[50, / e elements, resets idle {3}Esc close/],
		] as const) {
			const open = openedKey({ size: { columns, rows: 24 } });
			const look = { ...open.bigKeys!.open!.look!, isTouched: true };
			const touched = { ...open, bigKeys: { ...open.bigKeys!, open: { ...open.bigKeys!.open!, look } } };
			assert.match(framed(touched), words);
			assert.doesNotMatch(framed(open), /resets/);
		}
		assert.match(framed(openedGone(small)), /gone since it was listed/);
	});

	test('the cursor follows its key, whatever the order does', () => {
		const { state } = press(done(small), 'down', 'down');
		const chosen = rowAtCursor(state)!;
		const result = found({ keys: [...found().keys].reverse() });
		const scans = state.bigKeys!.scans.map(scan => ({ ...scan, found: result }));
		assert.equal(rowAtCursor({ ...state, bigKeys: { ...state.bigKeys!, scans } })?.id, chosen.id);
	});

	test('the row of the cursor is the one that is inverted, also where the list is scrolled', () => {
		const { state } = press({ ...done(small), isColour: true }, 'G');
		const [top, rows] = [state.bigKeys!.top, bigKeysRows(state)];
		assert.ok(top > 0, `${rows.length} rows of which the last is in view`);
		const inverted = frameOf(state).filter(line => line.includes('\x1b[7m'));
		assert.equal(inverted.length, 1);
		assert.ok(withoutCodes(inverted[0]!).includes(rows.at(-1)!.id.slice(-12)), inverted[0]);
	});

	test('Enter looks at the key, e reads elements only of one that was opened, Esc closes it', () => {
		const unopened = press(done(small), 'e');
		assert.deepEqual(unopened.effects, []);
		const { state, effects } = press(done(small), 'enter');
		const [look] = effects;
		assert.ok(look?.type === 'key-look' && !look.withElements);
		const { key } = look;
		assert.equal(state.bigKeys?.open?.key.key, key);
		const answer = { at: state.at, node: look.node, notes: [] };
		const [asked] = update(state, { type: 'key-look', at: state.at, id: look.id, look: answer });
		const elements = press(asked, 'e').effects[0];
		assert.ok(elements?.type === 'key-look' && elements.withElements);
		const closed = press(asked, 'escape').state;
		assert.deepEqual([closed.screen, closed.bigKeys?.open], ['big-keys', undefined]);
		assert.equal(press(closed, 'escape').state.screen, 'fleet');
	});

	test('w asks for a name and writes what is on the screen; y copies what pastes back', () => {
		const asked = press(done(small), 'w').state;
		assert.equal(asked.prompt?.kind, 'write');
		const written = press(asked, 'ctrl-u', ...'k.csv', 'enter').effects;
		assert.deepEqual(written, [{ type: 'write', screen: 'big-keys', path: 'k.csv' }]);
		assert.deepEqual(typesOf(press(done(small), 'y').effects), ['copy']);
		assert.equal(press(before(small), 'w').state.prompt, undefined);
	});

	test('Tab goes through the lists, arrows through the shards, and around', () => {
		const views = [0, 1, 2, 3, 4].map(
			times => press(done(small), ...Array(times).fill('tab')).state.bigKeys?.view,
		);
		assert.deepEqual(views, ['bytes', 'items', 'patterns', 'databases', 'bytes']);
		const around = press(before(small), ...Array(4).fill('right')).state;
		assert.deepEqual(around.bigKeys?.scope, before(small).bigKeys?.scope);
		assert.notDeepEqual(press(before(small), 'left').state.bigKeys?.scope, before(small).bigKeys?.scope);
	});
});

test('whatever is pressed: no throw, a frame that fits, a scan only by s or t, no MONITOR', () => {
	const keys = [
		's',
		't',
		'p',
		'tab',
		'left',
		'right',
		'up',
		'down',
		'enter',
		'e',
		'y',
		'w',
		'1',
		'5',
		'b',
		'?',
		'q',
	];
	const starts = [calm, several, standalone, before, scanning, done];
	fc.assert(
		fc.property(
			fc.constantFrom(...starts),
			fc.array(fc.tuple(fc.constantFrom(...keys, 'escape', 'G', 'g', 'pagedown'), fc.nat(2000)), {
				maxLength: 40,
			}),
			(start, typed) => {
				let state = start(small);
				for (const [key, pause] of typed) {
					const [next, effects] = update(later(state, pause), {
						type: 'keys',
						at: state.at + pause,
						keys: [key],
					});
					state = next;
					const types = typesOf(effects);
					assert.ok(!types.includes('hot-keys-sample') && !types.includes('hot-keys-repeat'));
					if (types.includes('scan-start')) assert.ok(key === 's' || key === 't');
					assert.equal(frameOf(state).length, 24);
				}
			},
		),
		{ numRuns: often(80, 300) },
	);
});
