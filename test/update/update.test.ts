// What each key does to the State: every binding does what its label in the help says, prompts take the keys first,
// time is stepped through snapshots, and the cursor stays on its node whatever the rows do. At the end thousands of
// random keys and readings: nothing throws, and nothing ever comes out but the few effects a key may have.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Snapshot } from '../../source/core/fleet/snapshot.ts';
import { newTrack } from '../../source/core/fleet/track.ts';
import type { Address } from '../../source/core/types.ts';
import { shown } from '../../source/state/shown.ts';
import type { Effect, FleetTrack, Key, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { columnSetNames } from '../../source/view/columns.ts';
import { frameOf } from '../../source/view/frame.ts';
import { bodyLines } from '../../source/view/screens/fleet/layout.ts';
import { cursorOf, rowsOf, visibleColumns } from '../../source/view/screens/fleet/rows.ts';
import { screenOf } from '../../source/view/screens.ts';
import { often } from '../lane.ts';
import { allKeys } from '../view/all-keys.ts';
import { calm, incident, now, paused, several, standalone, starting } from '../view/build-state.ts';

const small = { size: { columns: 80, rows: 24 } };

/** The state after some keys, and what they asked for. */
function press(state: State, ...keys: readonly Key[]): { state: State; effects: Effect[] } {
	const [next, effects] = update(state, { type: 'keys', at: state.at, keys });
	return { state: next, effects };
}
const after = (state: State, ...keys: readonly Key[]) => press(state, ...keys).state;
const typed = (text: string): Key[] => [...text].map(char => (char === ' ' ? 'space' : char));
const later = (state: State, milliseconds: number) =>
	update(state, { type: 'clock', at: state.at + milliseconds })[0];
const toastOf = (state: State) => state.toast?.text;
const orderOf = (state: State) => rowsOf(state).map(row => row.node.address);

/** The same fleet with other nodes. */
function withNodes(state: State, change: (fleet: FleetTrack) => FleetTrack['now']['fleet']['nodes']): State {
	const fleets = state.fleets.map(fleet => ({
		...fleet,
		now: { ...fleet.now, fleet: { ...fleet.now.fleet, nodes: change(fleet) } },
	}));
	return { ...state, fleets };
}

/** Calm, with a snapshot of each of the last `count` seconds. */
function withPast(count: number, over: Partial<State> = {}): State {
	const state = calm({ ...small, ...over });
	const past = Array.from({ length: count }, (_, index): Snapshot => {
		const at = now - (count - 1 - index) * 1000;
		return { at, fleets: state.fleets.map(fleet => ({ ...fleet.now, fleet: { ...fleet.now.fleet, at } })) };
	});
	return { ...state, past };
}

test('two seeds of one fleet are one fleet, and both stay named: neither leaves it unwatched', () => {
	const state = calm({ isDiscoveryOn: false });
	const [fleet] = state.fleets;
	const tracksOf = (...nodes: readonly (readonly [Address, 'seed' | 'cluster'])[]) =>
		new Map(nodes.map(([address, origin]) => [address, newTrack(address, 'data', origin, now)]));
	const first = { ...fleet!, id: 1, tracks: tracksOf(['a:1', 'seed'], ['b:1', 'cluster']) };
	const second = { ...fleet!, id: 2, tracks: tracksOf(['b:1', 'seed']) };
	const [next, effects] = update(
		{ ...state, fleets: [first, second] },
		{ type: 'round', at: now, fleet: 1, samples: [], isExtra: false, isSettled: true },
	);
	assert.deepEqual(
		next.fleets.map(({ id, tracks }) => [id, [...tracks.values()].map(({ origin }) => origin)]),
		[[1, ['seed', 'seed']]],
	);
	assert.ok(effects.some(effect => effect.type === 'unwatch' && effect.fleet === 2));
});

test('a node that has left one fleet for another makes them no one fleet', () => {
	const state = calm({ isDiscoveryOn: false });
	const [fleet] = state.fleets;
	const moved = newTrack('c:1', 'data', 'cluster', now);
	const gone = { at: now - 60_000, text: 'left the cluster' };
	const tracks = [newTrack('a:1', 'data', 'seed', now), newTrack('b:1', 'data', 'cluster', now)];
	const first = [...tracks, { ...moved, gone }];
	const second = [newTrack('d:1', 'data', 'seed', now), moved];
	const [next, effects] = update(
		{
			...state,
			fleets: [first, second].map((all, id) => ({
				...{ ...fleet!, id, tracks: new Map(all.map(track => [track.address, track])) },
			})),
		},
		{ type: 'round', at: now, fleet: 1, samples: [], isExtra: false, isSettled: true },
	);
	assert.deepEqual(
		next.fleets.map(({ id }) => id),
		[0, 1],
	);
	assert.ok(!effects.some(({ type }) => type === 'unwatch'));
});

describe('every key does what its label says', () => {
	const state = withPast(5, { cursor: '10.0.1.21:6379' });
	const rows = orderOf(state);
	const at = rows.indexOf('10.0.1.21:6379');
	const sorted = (by: string) => (next: State) => {
		assert.deepEqual(next.sort, { by: 'column', column: by, isReversed: false });
		assert.match(toastOf(next)!, /^sorted by /);
	};
	const effect =
		(...wanted: readonly Effect[]) =>
		(_: State, effects: readonly Effect[]) =>
			assert.deepEqual(effects, wanted);
	const cursorAt = (index: number) => (next: State) => assert.equal(cursorOf(next), rows[index]);

	type Check = (next: State, effects: readonly Effect[]) => void;
	const checks: Partial<Record<string, Check>> = {
		'cursor-up': cursorAt(at - 1),
		'cursor-down': cursorAt(at + 1),
		'page-up': cursorAt(0),
		'page-down': cursorAt(rows.length - 1),
		first: cursorAt(0),
		last: cursorAt(rows.length - 1),
		'next-finding': next => assert.equal(toastOf(next), 'no node with a finding'),
		'previous-finding': next => assert.equal(toastOf(next), 'no node with a finding'),
		rescue: next => assert.match(toastOf(next)!, /^nothing to save here/),
		escape: next => assert.equal(next.screen, 'fleet'),
		back: effect({ type: 'quit', code: 0 }),
		'quit-now': effect({ type: 'quit', code: 130 }),
		help: next => assert.equal(next.screen, 'help'),
		filter: next => assert.deepEqual(next.prompt, { kind: 'filter', text: '', before: '' }),
		'sort-previous': sorted('ops'),
		'sort-next': sorted('ops'),
		'sort-reverse': next => assert.deepEqual(next.sort, { by: 'shards', isReversed: true }),
		'sort-ops': sorted('ops'),
		'sort-hit': sorted('hit'),
		'sort-evict': sorted('evict'),
		'sort-mem': sorted('mem'),
		'sort-frag': sorted('frag'),
		'sort-clients': sorted('conn'),
		'sort-latency': sorted('ping'),
		'sort-worst': next => assert.equal(next.sort.by, 'worst'),
		'sort-shards': next => assert.equal(next.sort.by, 'shards'),
		// Where no Prometheus is named.
		fold: next => assert.match(next.toast!.text, /^groups of a Prometheus can be folded$/),
		'columns-next': next => assert.equal(next.columnSet, columnSetNames[1]),
		'columns-previous': next => assert.equal(next.columnSet, columnSetNames.at(-1)),
		pause: next => assert.equal(next.paused?.at, now),
		'step-back': next => assert.equal(next.paused?.at, now - 1000),
		'step-forward': next => assert.equal(toastOf(next), 'this is now'),
		delay: next => assert.equal(next.prompt?.kind, 'delay'),
		slower: effect({ type: 'delay', seconds: 2 }),
		faster: effect({ type: 'delay', seconds: 0.5 }),
		window: next => assert.match(toastOf(next)!, /need 120 columns/),
		compare: next => assert.match(toastOf(next)!, /--prometheus/),
		marker: next => assert.equal(next.prompt?.kind, 'marker'),
		write: next => assert.equal(next.prompt?.kind, 'write'),
		copy: effect({ type: 'copy', text: '10.0.1.21:6379' }),
		colours: next => assert.equal(next.isColour, false),
		'save-settings': effect({ type: 'save-settings' }),
		redraw: effect({ type: 'redraw' }, { type: 'try-now' }),
		suspend: effect({ type: 'suspend' }),
		'to-fleet': next => assert.equal(next.screen, 'fleet'),
		'to-hot-keys': (next, effects) => {
			assert.equal(next.screen, 'hot-keys');
			assert.deepEqual(
				effects.map(({ type }) => type),
				['hot-keys-watch'],
			);
		},
		'to-node': next => assert.equal(next.node?.address, '10.0.1.21:6379'),
		'open-row': next => assert.equal(next.node?.address, '10.0.1.21:6379'),
		'to-compare': next => assert.equal(next.screen, 'compare'),
		'to-cluster': next => assert.equal(next.screen, 'cluster'),
		'to-runbook': next => assert.equal(next.runbook?.address, '10.0.1.21:6379'),
		'to-big-keys': next => assert.deepEqual(next.bigKeys?.scope, { fleet: state.fleets[0]!.id }),
		'to-big-keys-here': next =>
			assert.deepEqual(next.bigKeys?.scope, { fleet: state.fleets[0]!.id, primary: '10.0.1.11:6379' }),
	};

	// Those that work only in a recording are tested with it.
	for (const { keys, command, when } of screenOf('fleet').bindings.filter(each => each.when !== 'replay'))
		for (const key of keys)
			test(`${key}: ${command}`, () => {
				const check = checks[command];
				assert.ok(check, `no test of ${command} (${when ?? 'always'})`);
				const { state: next, effects } = press(state, key);
				check(next, effects);
				const isEffectful =
					/^(back|slower|faster|copy|redraw|suspend)$|quit|save|to-hot|to-node|to-cluster|to-runbook|^open-row$/.test(
						command,
					);
				// It draws anew, and tries again whoever keeps us out.
				const both = command === 'redraw' ? 2 : 1;
				assert.equal(effects.length, isEffectful ? both : 0);
			});
});

describe('moving', () => {
	test('stops at the ends', () => {
		const state = calm(small);
		const rows = orderOf(state);
		assert.equal(cursorOf(after(state, 'up', 'up', 'up')), rows[0]);
		assert.equal(cursorOf(after(state, 'G', 'down', 'j')), rows.at(-1));
		assert.equal(cursorOf(after(state, 'G', 'g')), rows[0]);
	});

	test('a page is what is seen, less one line', () => {
		const state = calm({ size: { columns: 80, rows: 10 } });
		assert.equal(orderOf(state).indexOf(cursorOf(after(state, 'pagedown'))!), bodyLines(state) - 1);
	});

	test('n and N go through the nodes with findings and around', () => {
		const state = incident({ ...small, cursor: '10.0.1.11:6379' });
		const [first, second] = ['10.0.1.12:6379', '10.0.1.22:6379'];
		assert.equal(cursorOf(after(state, 'n')), first);
		assert.equal(cursorOf(after(state, 'n', 'n')), second);
		assert.equal(cursorOf(after(state, 'n', 'n', 'n')), first);
		assert.equal(cursorOf(after(state, 'N')), second);
	});

	test('in nothing: no throw, and said why', () => {
		const empty = withNodes(calm(small), () => []);
		assert.equal(cursorOf(after(empty, 'down', 'G', 'pageup')), undefined);
		assert.equal(toastOf(after(empty, 'y')), 'no node to copy');
		assert.deepEqual(press(empty, 'y').effects, []);
	});
});

describe('the cursor is a node, not a place', () => {
	const reversed = (state: State) => withNodes(state, fleet => [...fleet.now.fleet.nodes].reverse());
	const target = '10.0.1.12:6379';

	test('it stays on its node when the order changes', () => {
		const state = calm({ ...small, cursor: target });
		assert.equal(cursorOf(reversed(state)), target);
		for (const key of ['O', 'M', 'A', 'R']) assert.equal(cursorOf(after(state, key)), target, key);
	});

	test('after a move the order is held for 3 s, then it is the new one', () => {
		const state = after(calm({ ...small, cursor: target }), 'O', 'down');
		const before = orderOf(state);
		const swapped = withNodes(state, ({ now: { fleet } }) =>
			fleet.nodes.map(node => ({ ...node, opsPerSecond: 1e5 - (node.opsPerSecond ?? 0) })),
		);
		assert.deepEqual(orderOf(swapped), before);
		assert.deepEqual(orderOf(later(swapped, 2900)), before);
		assert.notDeepEqual(orderOf(later(swapped, 3000)), before);
		assert.equal(cursorOf(later(swapped, 3000)), cursorOf(state));
	});

	test('sorting anew does not wait for the hold', () => {
		const state = after(calm(small), 'down', 'O');
		const ops = rowsOf(state).map(row => row.node.opsPerSecond ?? 0);
		assert.deepEqual(
			ops,
			[...ops].sort((a, b) => b - a),
		);
	});

	test('a row that vanishes leaves it on a row that exists; one that was hidden gets it back', () => {
		const state = calm({ ...small, cursor: target });
		const without = withNodes(state, ({ now: { fleet } }) =>
			fleet.nodes.filter(node => node.address !== target),
		);
		assert.ok(orderOf(without).includes(cursorOf(without)!));
		const hidden = after(state, '/', ...typed('replica'));
		assert.ok(orderOf(hidden).includes(cursorOf(hidden)!));
		assert.equal(cursorOf(after(hidden, 'escape')), target);
	});
});

describe('filter', () => {
	test('works while it is typed; Enter keeps it, Esc clears it', () => {
		const state = after(calm(small), '/', ...typed('Replica'));
		assert.equal(state.filter, 'Replica');
		assert.deepEqual(new Set(rowsOf(state).map(row => row.node.role)), new Set(['replica']));
		const kept = after(state, 'enter');
		assert.deepEqual([kept.filter, kept.prompt], ['Replica', undefined]);
		assert.equal(after(kept, 'escape').filter, '');
		assert.deepEqual([after(state, 'escape').filter, after(state, 'escape').prompt], ['', undefined]);
	});

	test('opened again it holds what it was, and is edited', () => {
		const state = after(calm({ ...small, filter: 'abc' }), '/');
		assert.equal(state.prompt?.text, 'abc');
		assert.equal(after(state, 'backspace').filter, 'ab');
		assert.equal(after(state, 'ctrl-u', 'x', 'space', 'y').filter, 'x y');
		assert.equal(after(state, 'backspace', 'backspace', 'backspace', 'backspace').filter, '');
		assert.equal(after(state, 'ctrl-u', '😀', 'backspace').filter, '', 'a character, not half of one');
	});

	test('takes the letters that are keys elsewhere, and no other keys', () => {
		const { state, effects } = press(calm(small), '/', 'q', 'W', 'y', 'up', 'f1', 'tab', 'pagedown');
		assert.equal(state.filter, 'qWy');
		assert.deepEqual(effects, []);
	});

	test('^C, ^Z and ^L are the terminal’s also there', () => {
		const { effects } = press(calm(small), '/', 'ctrl-l', 'ctrl-z', 'ctrl-c');
		assert.deepEqual(effects, [
			{ type: 'redraw' },
			{ type: 'try-now' },
			{ type: 'suspend' },
			{ type: 'quit', code: 130 },
		]);
	});

	test('is bounded, and says when nothing matches', () => {
		assert.ok(after(calm(small), '/', ...typed('x'.repeat(500))).filter.length <= 60);
		assert.match(toastOf(after(calm(small), '/', ...typed('zzz'), 'enter'))!, /^nothing matches zzz: Esc/);
	});
});

describe('columns and sorting', () => {
	test('Tab goes round all sets', () => {
		const seen = columnSetNames.map(
			(_, index) => after(calm(small), ...Array(index + 1).fill('tab')).columnSet,
		);
		assert.deepEqual(seen, [...columnSetNames.slice(1), columnSetNames[0]]);
	});

	test('< and > go through the visible columns and stop at the ends', () => {
		const state = calm(small);
		const ids = visibleColumns(state).map(column => column.id);
		const end = after(state, ...Array(30).fill('>'));
		assert.equal(end.sort.column, ids.at(-1));
		const start = after(state, ...Array(30).fill('<'));
		assert.equal(start.sort.column, ids[0]);
		assert.equal(after(start, '>').sort.column, ids[1]);
	});

	test('R reverses, a letter sorts anew', () => {
		const state = after(calm(small), 'O', 'R');
		assert.equal(state.sort.isReversed, true);
		assert.equal(toastOf(state), 'sorted by OPS/S, reversed');
		const ops = rowsOf(state).map(row => row.node.opsPerSecond ?? 0);
		assert.deepEqual(
			ops,
			[...ops].sort((a, b) => a - b),
		);
		assert.equal(after(state, 'M').sort.isReversed, false);
	});

	test('A: what is worst is first; S: the shards again', () => {
		const state = after(paused(small), 'A');
		assert.equal(orderOf(state)[0], '10.0.1.13:6379', 'the node that is down');
		assert.deepEqual(orderOf(after(state, 'S')), orderOf(paused(small)));
	});
});

describe('time', () => {
	test('p stops the screen and starts it again; readings go on', () => {
		const state = after(withPast(5), 'p');
		const moved = withNodes({ ...state, at: now + 9000 }, () => []);
		assert.equal(shown(moved).fleets[0]!.fleet.nodes.length, 6);
		assert.equal(after(moved, 'space').paused, undefined);
		assert.equal(after(moved, 'escape').paused, undefined);
	});

	test('[ and ] step, and say where there is no more', () => {
		const state = after(withPast(3), '[', '[');
		assert.equal(state.paused?.at, now - 2000);
		assert.equal(toastOf(after(state, '[')), 'this is the oldest reading kept');
		assert.equal(after(state, '[').paused?.at, now - 2000);
		assert.equal(after(state, ']').paused?.at, now - 1000);
		assert.equal(after(state, ']', ']').paused?.at, now);
		assert.match(toastOf(after(state, ']', ']', ']'))!, /^this is the newest; p goes back to now/);
		assert.equal(toastOf(after(withPast(0), 'p')), 'nothing to look back at yet');
	});

	test('paused for so long that the moment is no longer kept: back stays, forward is the oldest kept', () => {
		const state = after(withPast(3), '[', '[');
		const trimmed = { ...state, past: state.past.slice(2) };
		assert.equal(after(trimmed, '[').paused?.at, now - 2000);
		assert.equal(toastOf(after(trimmed, '[')), 'this is the oldest reading kept');
		assert.equal(after(trimmed, ']').paused?.at, now);
	});

	test('+ and - go by steps and stop at the ends', () => {
		const steps = (key: Key, from: number) => {
			const seen: number[] = [];
			let state = calm({ delaySeconds: from });
			for (let count = 0; count < 10; count++) {
				const { state: next, effects } = press(state, key);
				state = next;
				for (const effect of effects) if (effect.type === 'delay') seen.push(effect.seconds);
			}
			assert.match(toastOf(state)!, /shortest step|longest step|speed is/);
			return seen;
		};
		assert.deepEqual(steps('+', 0.25), [0.5, 1, 2, 5, 10, 30, 60]);
		assert.deepEqual(steps('-', 60), [30, 10, 5, 2, 1, 0.5, 0.25]);
		assert.deepEqual(steps('+', 7), [10, 30, 60]);
		assert.deepEqual(steps('-', 100), [60, 30, 10, 5, 2, 1, 0.5, 0.25]);
	});

	const delays: readonly (readonly [text: string, wanted: number | undefined, says?: RegExp])[] = [
		['5', 5],
		['0.25', 0.25],
		['0,5', 0.5],
		['3600', 3600],
		['', undefined],
		['1', undefined],
		['0.2', undefined, /must be 0\.25 to 3600/],
		['3601', undefined, /must be 0\.25 to 3600/],
		['-1', undefined, /must be/],
		['fast', undefined, /must be/],
	];
	for (const [text, wanted, says] of delays)
		test(`d ${text}`, () => {
			const { state, effects } = press(calm(small), 'd', ...typed(text), 'enter');
			assert.deepEqual(effects, wanted === undefined ? [] : [{ type: 'delay', seconds: wanted }]);
			assert.equal(state.delaySeconds, wanted ?? 1);
			assert.equal(state.prompt, undefined);
			if (says) assert.match(toastOf(state)!, says);
		});
	test('d Esc changes nothing', () => {
		const { state, effects } = press(calm(small), 'd', '5', 'escape');
		assert.deepEqual([state.delaySeconds, state.prompt, effects], [1, undefined, []]);
	});
});

describe('help, leaving, unknown keys', () => {
	test('q on the help goes back, on the fleet it quits; Esc never quits', () => {
		const help = after(calm(small), '?');
		assert.deepEqual(press(help, 'q'), {
			state: { ...help, screen: 'fleet', helpFrom: undefined },
			effects: [],
		});
		assert.equal(after(help, 'escape').screen, 'fleet');
		assert.equal(after(help, 'h').screen, 'fleet');
		assert.deepEqual(press(calm(small), ...Array(5).fill('escape')).effects, []);
	});

	test('an unknown key says so for 3 s; one of another screen says that it does nothing here', () => {
		const state = after(calm(small), '@');
		assert.equal(toastOf(state), 'no such key: @   ? help');
		assert.equal(toastOf(later(state, 2999)), toastOf(state));
		assert.equal(later(state, 3000).toast, undefined);
		assert.equal(toastOf(after(calm(small), '?', 'A')), 'A does nothing here   ? help');
	});

	test('the help scrolls as far as it is long, and back at once', () => {
		const footer = (state: State) =>
			frameOf(state)
				.at(-1)!
				.replace(/\x1b\[[0-9;]*m/g, '')
				.trimEnd();
		for (let columns = 40; columns <= 200; columns += often(9, 3))
			for (const columnSet of columnSetNames)
				for (const rows of [10, 24]) {
					const top = after(calm({ size: { columns, rows }, columnSet }), '?');
					const length = Number(/^lines 1-\d+ of (\d+)/.exec(footer(top))?.[1] ?? 0);
					const last = after(top, 'G');
					assert.equal(last.helpTop, Math.max(0, length - (rows - 3)), `${columns}x${rows} ${columnSet}`);
					assert.equal(after(last, 'j').helpTop, last.helpTop);
					assert.equal(after(last, 'k').helpTop, Math.max(0, last.helpTop! - 1));
					assert.equal(after(last, 'g').helpTop, 0);
				}
	});

	test('the cursor of the fleet does not move under the help', () => {
		const state = after(calm({ ...small, cursor: '10.0.1.12:6379' }), '?', 'j', 'G', 'pagedown', 'escape');
		assert.equal(cursorOf(state), '10.0.1.12:6379');
	});
});

describe('whatever is pressed', () => {
	const known = allKeys;
	const key: fc.Arbitrary<Key> = fc.oneof(
		{ weight: 6, arbitrary: fc.constantFrom(...known) },
		{ weight: 2, arbitrary: fc.constantFrom('enter', 'backspace', 'ctrl-u', 'space', '1', '.', 'r', 'f5') },
		{ weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }) },
	);
	type Move =
		| { readonly keys: readonly Key[] }
		| { readonly shuffle: readonly number[] }
		| { readonly wait: number }
		| { readonly size: readonly [number, number] };
	const move: fc.Arbitrary<Move> = fc.oneof(
		{ weight: 8, arbitrary: fc.record({ keys: fc.array(key, { minLength: 1, maxLength: 6 }) }) },
		{ weight: 1, arbitrary: fc.record({ shuffle: fc.array(fc.nat(9), { maxLength: 8 }) }) },
		{ weight: 1, arbitrary: fc.record({ wait: fc.nat(4000) }) },
		{ weight: 1, arbitrary: fc.record({ size: fc.tuple(fc.integer({ min: 1, max: 250 }), fc.nat(80)) }) },
	);
	const starts = { calm, incident, paused, several, standalone, starting, past: () => withPast(9) };
	const harmless = new Set([
		...['copy', 'save-settings', 'redraw', 'try-now', 'suspend', 'quit', 'delay', 'write', 'key-look'],
		...['scan-start', 'scan-stop', 'scan-pause', 'scan-resume'],
		...['focus', 'record-marker'],
		...['hot-keys-watch', 'hot-keys-rest', 'hot-keys-repeat'],
	]);

	function make(state: State, one: Move): [State, Effect[]] {
		if ('keys' in one) return update(state, { type: 'keys', at: state.at, keys: one.keys });
		if ('wait' in one) return [later(state, one.wait), []];
		if ('size' in one)
			return update(state, { type: 'resize', at: state.at, columns: one.size[0], rows: one.size[1] });
		// A reading with other rows in another order.
		const nodes = (fleet: FleetTrack) => {
			const all = fleet.now.fleet.nodes;
			return [...new Set(one.shuffle)].flatMap(index => all[index] ?? []);
		};
		return [one.shuffle.length > 0 ? withNodes(state, nodes) : state, []];
	}

	test('never a throw, never an effect beyond these, and the cursor is on a node that is there', () => {
		fc.assert(
			fc.property(
				fc.constantFrom(...Object.values(starts)),
				fc.array(move, { minLength: 10, maxLength: 60 }),
				(start, moves) => {
					let state: State = start();
					for (const one of moves) {
						const before = state;
						const [next, effects] = make(state, one);
						state = next;
						for (const effect of effects) assertHarmless(effect, before, state);
						const rows = orderOf(state);
						const cursor = cursorOf(state);
						assert.ok(rows.length === 0 ? cursor === undefined : rows.includes(cursor as Address));
						assert.ok(state.delaySeconds >= 0.25 && state.delaySeconds <= 3600);
						assert.ok(state.filter.length <= 61);
					}
				},
			),
			{ numRuns: often(150, 600) },
		);
	});

	/** `before` is the state before the keys: a pause may have ended after the one that copied. */
	function assertHarmless(effect: Effect, before: State, after: State): void {
		assert.ok(harmless.has(effect.type), effect.type);
		if (effect.type === 'delay') assert.ok(effect.seconds >= 0.25 && effect.seconds <= 3600);
		if (effect.type === 'quit') assert.ok(effect.code === 0 || effect.code === 130);
		if (effect.type !== 'copy') return;
		const everyone = before.past
			.flatMap(({ fleets }) => fleets)
			.concat(
				shown(before).fleets,
				before.fleets.map(fleet => fleet.now),
			)
			.flatMap(({ fleet }) => fleet.nodes.map(node => node.address))
			// The node screen goes on being of a node that has left.
			.concat(before.node?.address ?? []);
		// A runbook copies commands and findings, which are lines of plain text.
		const isOfRunbook = after.runbook !== undefined && !everyone.includes(effect.text);
		assert.ok(isOfRunbook ? !/[^\n\P{Cc}]/u.test(effect.text) : everyone.includes(effect.text), effect.text);
	}
});
