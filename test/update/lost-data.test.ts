// A primary that came back without its keys, from the readings to the change that keeps its replica's copy: at once, also
// between two rounds; Enter has seen it; x asks, and only --allow-changes and the address typed in full send anything.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { changeCall } from '../../source/redis/change.ts';
import { changeNow } from '../../source/state/runbook-runs.ts';
import type { Key, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { paneLines } from '../../source/view/screens/runbook/lines.ts';
import { lineText } from '../../source/view/theme.ts';
import { often } from '../lane.ts';
import { withoutCodes } from '../view/frame-files.ts';
import {
	above,
	backEmpty,
	below,
	empty,
	initial,
	keys,
	primary,
	replica,
	round,
	wiped,
} from './back-empty.ts';
import { promptOf, readNow } from './consent.ts';

const press = (state: State, ...typed: readonly Key[]) =>
	update(state, { type: 'keys', at: state.at, keys: typed });
const later = (state: State, milliseconds: number) =>
	update(state, { type: 'clock', at: state.at + milliseconds })[0];
const lost = (state: State) => state.fleets[0]!.now.findings.filter(({ id }) => id === 'came-back-empty');
const screen = (state: State) => frameOf(state).map(withoutCodes).join('\n');

test('it is said at the first reading, also between two rounds, and who came back is not unreachable any more', () => {
	const state = backEmpty();
	assert.deepEqual(
		state.fleets[0]!.now.findings.map(({ id }) => id),
		['came-back-empty'],
	);
	assert.match(
		screen(state),
		/!! back with 0 of 5\.0k keys: REPLICAOF NO ONE on 10\.0\.0\.2:6379 saves 5\.0k on .*x saves them/,
	);
	const replayed = { ...state, replay: { speed: 1, isPaused: false } };
	assert.doesNotMatch(screen(replayed), /saves them/, 'a recording has no server to change');
});

test('it stays when the replica is wiped before the next round, and is told once', () => {
	const state = round(backEmpty(), 2, { [primary]: empty, [replica]: wiped }).state;
	assert.match(lost(state)[0]?.text ?? '', /replica 10\.0\.0\.2:6379 has only 0 now$/);
	const events = state.fleets[0]!.events.filter(({ text }) => text.startsWith('came back'));
	assert.equal(events.length, 1);
	assert.doesNotMatch(screen(state), /saves them/);
});

test('Enter has seen it: the line is free at once and stays so, the events keep it', () => {
	const told = round(backEmpty(), 2, { [primary]: empty, [replica]: wiped }).state;
	const seen = press({ ...told, cursor: primary }, 'enter')[0];
	assert.equal(seen.screen, 'fleet');
	assert.deepEqual(lost(seen), []);
	assert.match(seen.toast?.text ?? '', /^seen;/);
	const after = round(seen, 3, { [primary]: empty, [replica]: wiped }).state;
	assert.deepEqual(lost(after), []);
	assert.ok(after.fleets[0]!.events.some(({ text }) => text.startsWith('came back')));
	assert.equal(press(after, 'enter')[0].screen, 'node');
});

test('Enter on another row opens that node', () => {
	const next = press({ ...backEmpty(), cursor: replica }, 'enter')[0];
	assert.equal(next.screen, 'node');
	assert.equal(lost(next).length, 1);
});

test('x leads straight to the question, and the address typed in full sends the one command', () => {
	const [asked] = press(backEmpty({ isChangesAllowed: true }), 'x');
	assert.equal(asked.screen, 'runbook');
	assert.equal(asked.prompt?.kind, 'change');
	assert.match(
		screen(asked),
		/REPLICAOF NO ONE[\s\S]*on {6}10\.0\.0\.2:6379[\s\S]*undo {4}REPLICAOF 10\.0\.0\.1 6379/,
	);
	const [wrong, none] = press(later(asked, 400), ...primary, 'enter');
	assert.deepEqual(
		none.filter(({ type }) => type === 'change'),
		[],
	);
	assert.match(wrong.toast?.text ?? '', /not sent: that is not 10\.0\.0\.2:6379/);
	const [typed] = press(later(asked, 400), ...replica, 'enter');
	const [, effects] = readNow(typed, true);
	assert.deepEqual(
		effects.filter(({ type }) => type === 'change'),
		[{ type: 'change', id: 1, fleet: 0, node: replica, command: ['REPLICAOF', 'NO', 'ONE'] }],
	);
});

test('without --allow-changes x shows what there is to do and asks nothing', () => {
	const [next, effects] = press(backEmpty(), 'x');
	assert.equal(next.prompt, undefined);
	assert.match(next.toast?.text ?? '', /read-only: restart with --allow-changes/);
	assert.match(paneLines(next).map(lineText).join('\n'), /REPLICAOF NO ONE/);
	assert.deepEqual(
		effects.filter(({ type }) => type === 'change'),
		[],
	);
});

test('what was wiped while the address was typed is not sent any more', () => {
	const asked = press(backEmpty({ isChangesAllowed: true }), 'x')[0];
	const late = round(asked, 4, { [primary]: empty, [replica]: wiped }).state;
	const [typed] = press(late, ...replica, 'enter');
	const [next, effects] = readNow(typed, true);
	assert.deepEqual(
		effects.filter(({ type }) => type === 'change'),
		[],
	);
	assert.equal(promptOf(next).closed, '10.0.0.2:6379 does not hold them any more');
});

test('the second step brings them back, once the replica is a primary', () => {
	const state = backEmpty({ isChangesAllowed: true });
	const second = press(state, '6', 'right')[0];
	assert.equal(second.runbook?.runbook, 'lost-data');
	assert.equal(changeNow(second)?.isOffered, false);
	const kept = below({ role: 'primary', primary: undefined, isLinkUp: undefined });
	const after = round(second, 3, { [primary]: empty, [replica]: kept }).state;
	assert.deepEqual(changeNow(after)?.command, ['REPLICAOF', '10.0.0.2', '6379']);
	assert.equal(changeNow(after)?.node, primary);
	assert.equal(changeNow(after)?.isOffered, true);
	assert.match(lost(after)[0]?.text ?? '', /10\.0\.0\.2:6379 keeps 5\.0k$/);
});

test('x where nothing is lost says so', () => {
	const calm = round(initial({ isChangesAllowed: true }), 0, {
		[primary]: above(),
		[replica]: below(),
	}).state;
	const [next, effects] = press(calm, 'x');
	assert.equal(next.screen, 'fleet');
	assert.match(next.toast?.text ?? '', /nothing to save here/);
	assert.deepEqual(effects, []);
});

test('whatever is pressed, nothing is sent without the address in full, and nothing but what is allowed', () => {
	const some: readonly Key[] = [
		'x',
		'enter',
		'6',
		'1',
		'right',
		'escape',
		'q',
		'n',
		'tab',
		'y',
		...new Set([...primary, ...replica]),
	];
	const readOnly = backEmpty();
	const open = backEmpty({ isChangesAllowed: true });
	fc.assert(
		fc.property(fc.array(fc.constantFrom(...some), { maxLength: 60 }), typed => {
			for (const state of [readOnly, open]) {
				let now = state;
				for (const key of typed) {
					const [next, effects] = update(now, { type: 'keys', at: now.at + 100, keys: [key] });
					assert.deepEqual(
						effects.filter(effect => effect.type === 'change'),
						[],
					);
					now = next;
					if (now.prompt?.kind !== 'change' || !now.prompt.isChecking) continue;
					const [read, sent] = readNow(now, true);
					const [change] = sent.filter(effect => effect.type === 'change');
					if (change) {
						assert.ok(state === open);
						assert.equal(now.prompt.text.trim(), change.node);
						assert.ok(changeCall(change.command));
					}
					now = read;
				}
			}
		}),
		{ numRuns: often(80, 300) },
	);
});

test('only whole commands of these shapes are changes', () => {
	const yes = [
		['REPLICAOF', 'NO', 'ONE'],
		['REPLICAOF', '10.0.0.1', '6379'],
		['REPLICAOF', '::1', '6379'],
		['CLUSTER', 'FAILOVER', 'FORCE'],
		['CLUSTER', 'FAILOVER', 'TAKEOVER'],
		['SENTINEL', 'FAILOVER', 'mymaster'],
	];
	for (const words of yes) assert.deepEqual(changeCall(words)?.words, words);
	const no = [
		['REPLICAOF'],
		['REPLICAOF', 'NO'],
		['REPLICAOF', 'host with space', '1'],
		['REPLICAOF', '10.0.0.1', '0'],
		['REPLICAOF', '10.0.0.1', '6379', 'x'],
		['CLUSTER', 'FAILOVER'],
		['CLUSTER', 'RESET', 'HARD'],
		['SENTINEL', 'FAILOVER', 'my master'],
		['SENTINEL', 'RESET', '*'],
		['FLUSHALL'],
	];
	for (const words of no) assert.equal(changeCall(words), undefined, words.join(' '));
});

test('what is lost between the first reading and the first round is lost all the same', () => {
	const first = round(initial(), 0, { [primary]: above() }, true).state;
	const next = round(first, 1, { [primary]: above(keys(0)) }).state;
	assert.deepEqual(
		next.fleets[0]!.now.findings.map(({ id }) => id),
		['keys-lost'],
	);
});

test('at 80 columns the key that saves them is not what is cut off', () => {
	const line = screen(backEmpty({ size: { columns: 80, rows: 24 } })).split('\n')[3]!;
	assert.match(line, /REPLICAOF NO ONE on 10\.0\.0\.2:6379.* x saves them/);
	assert.ok(line.length <= 80);
});
