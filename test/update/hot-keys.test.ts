// The screen of hot keys: the nodes are asked for their ways when it is opened, MONITOR starts by `s` and `a` alone,
// and on a busy node only at the second press. Whatever else is pressed or told, no sample begins.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { HotKeysStatus } from '../../source/core/keys/hot-keys.ts';
import { askedRung, silentLadder } from '../../source/core/keys/hot-ladder.ts';
import type { RedisNode } from '../../source/core/types.ts';
import { hotKeysViews } from '../../source/state/key-screens.ts';
import type { Effect, Key, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import {
	hotKeyAtCursor,
	hotResult,
	hotRows,
	hotText,
	hotTrack,
} from '../../source/view/screens/hot-keys/rows.ts';
import { often } from '../lane.ts';
import { allKeys } from '../view/all-keys.ts';
import {
	denied,
	hotBefore,
	hotByServer,
	hotDenied,
	hotRepeating,
	hotSampled,
	hotSampling,
	hotState,
	ladder,
	monitored,
	shardTwo,
	statusOf,
	threeLadders,
	wholeFleet,
} from '../view/build-hot-keys.ts';
import { calm, now, several, standalone } from '../view/build-state.ts';

const small = { size: { columns: 80, rows: 24 } };

function press(state: State, ...keys: readonly Key[]): { state: State; effects: Effect[] } {
	const [next, effects] = update(state, { type: 'keys', at: state.at, keys });
	return { state: next, effects };
}
/** One node that is not busy, nothing sampled yet. */
const quiet = () => hotState(calm(small), shardTwo, statusOf());
const withNodes = (state: State, change: (node: RedisNode) => RedisNode): State => ({
	...state,
	fleets: state.fleets.map(fleet => {
		const nodes = fleet.now.fleet.nodes.map(change);
		return { ...fleet, now: { ...fleet.now, fleet: { ...fleet.now.fleet, nodes } } };
	}),
});
const typesOf = (effects: readonly Effect[]) => effects.map(({ type }) => type);
const later = (state: State, milliseconds: number) =>
	update(state, { type: 'clock', at: state.at + milliseconds })[0];

describe('asking', () => {
	test('4 asks the primaries which ways they have, and samples nothing', () => {
		const { state, effects } = press(calm(small), '4');
		const [watch] = effects;
		assert.ok(effects.length === 1 && watch?.type === 'hot-keys-watch');
		assert.deepEqual(
			watch.targets.map(({ address }) => address),
			[11, 12, 13].map(host => `10.0.1.${host}:6379`),
		);
		assert.deepEqual(watch.targets[0]!.replicas, ['10.0.1.21:6379']);
		// Until they have said what it would cost there is nothing to agree to.
		assert.deepEqual(press(state, 's').effects, []);
		const left = press(state, 'q');
		assert.deepEqual(left.effects, [{ type: 'hot-keys-rest', id: watch.id }]);
		assert.deepEqual(typesOf(press(left.state, '4').effects), ['hot-keys-watch']);
	});

	test('q closes an opened key before it leaves, as on the screen of big keys', () => {
		const open = press(hotSampled(small), 'enter').state;
		assert.ok(open.hotKeys?.open);
		const closed = press(open, 'q').state;
		assert.deepEqual([closed.screen, closed.hotKeys?.open], ['hot-keys', undefined]);
		assert.equal(press(closed, 'q').state.screen, 'fleet');
	});

	test('s opens one window, and ends it while it is open', () => {
		assert.deepEqual(typesOf(press(quiet(), 's').effects), ['hot-keys-sample']);
		assert.deepEqual(typesOf(press(hotSampling(small), 's').effects), ['hot-keys-stop']);
	});

	test('a goes on until it is pressed again, on other screens too, and line 1 says so', () => {
		const on = press(quiet(), 'a').effects[0];
		assert.ok(on?.type === 'hot-keys-repeat' && on.isOn, 'on');
		const off = press(hotRepeating(small), 'a').effects[0];
		assert.ok(off?.type === 'hot-keys-repeat' && !off.isOn, 'off');
		const fleet = press(hotRepeating(small), '1').state;
		assert.equal(fleet.screen, 'fleet');
		assert.match(frameOf(fleet)[0]!, /MONITOR/);
	});

	test('on a busy node a second press is wanted, not too soon and not too late', () => {
		const status = statusOf({ ladders: [ladder({}, 84)], result: undefined });
		const busy = press(hotState(calm(small), shardTwo, status), 's');
		assert.deepEqual(busy.effects, []);
		assert.match(busy.state.toast!.text, /MONITOR hurts there/);
		assert.deepEqual(press(busy.state, 's').effects, [], 'a key held down');
		assert.deepEqual(typesOf(press(later(busy.state, 400), 's').effects), ['hot-keys-sample']);
		assert.deepEqual(press(later(busy.state, 6000), 's').effects, []);
	});

	test('where it is not allowed s says why, and asks nothing', () => {
		const { state, effects } = press(hotDenied(small), 's');
		assert.deepEqual(effects, []);
		assert.match(state.toast!.text, /\+monitor/);
	});
});

describe('what was found', () => {
	test('what s asked for is refused: the message says why, and the ways stay', () => {
		const { state } = press(quiet(), 's');
		const [track] = state.hotKeys!.watches;
		const status = statusOf({ ladders: [denied()] });
		const told = update(state, { type: 'hot-keys', at: state.at + 300, id: track!.id, status })[0];
		assert.match(told.toast!.text, /no MONITOR: this user may not use MONITOR \(\+monitor\)/);
		const frame = frameOf(told).join('\n');
		assert.match(frame, /Would enable it: \+monitor/);
		assert.ok(!/nothing was used|hardly be noticed/.test(frame), frame);
		const later = update(told, { type: 'hot-keys', at: state.at + 9000, id: track!.id, status })[0];
		assert.equal(update(later, { type: 'clock', at: later.at })[0].toast, undefined);
	});

	test('a look that was refused on a part of the nodes is no quiet server', () => {
		const [seen] = monitored().nodes;
		const refused = { ...seen!, commands: 0, endedBy: 'refused' as const };
		const result = monitored({ commands: 0, keys: [], others: undefined, nodes: [refused] });
		const frame = frameOf(hotState(calm(small), shardTwo, statusOf({ result }))).join('\n');
		assert.match(frame, /nothing was seen/);
	});

	test('a result stays when a later look has none', () => {
		const state = hotSampled(small);
		const { id } = hotTrack(state)!;
		const [next] = update(state, {
			type: 'hot-keys',
			at: state.at,
			id,
			status: statusOf({ result: undefined }),
		});
		assert.equal(hotTrack(next)?.result, hotTrack(state)?.result);
	});

	test('the cursor follows its key; Enter looks at it, e at some elements, y copies its name', () => {
		const state = press(hotSampled(small), 'down').state;
		const key = hotKeyAtCursor(state)!;
		const { id } = hotTrack(state)!;
		const result = monitored({ keys: [...monitored().keys].reverse() });
		const [turned] = update(later(state, 4000), {
			type: 'hot-keys',
			at: state.at + 4000,
			id,
			status: statusOf({ result }),
		});
		assert.equal(hotKeyAtCursor(turned)?.key, key.key);
		const look = press(state, 'enter').effects[0];
		assert.ok(
			look?.type === 'key-look' && look.key === key.key && !look.withElements,
			'a look without elements',
		);
		const elements = press(state, 'e').effects[0];
		assert.ok(elements?.type === 'key-look' && elements.withElements, 'a look with elements');
		assert.deepEqual(press(state, 'y').effects, [{ type: 'copy', text: key.key }]);
	});

	test('w asks for a name', () => {
		const asked = press(hotSampled(small), 'w').state;
		const { effects } = press(asked, 'ctrl-u', ...'h.json', 'enter');
		assert.deepEqual(effects, [{ type: 'write', screen: 'hot-keys', path: 'h.json' }]);
	});
});

describe('lists, scopes, and nodes that change', () => {
	const told = (state: State, id: number, status = statusOf({ result: monitored() })) =>
		update(state, { type: 'hot-keys', at: state.at, id, status })[0];

	test('Tab goes round the lists and back', () => {
		// The order by bytes is one of HOTKEYS.
		const ofMonitor = hotKeysViews.filter(view => view !== 'bytes');
		for (const [begun, views] of [
			[hotSampled(small), ofMonitor],
			[hotByServer(small), hotKeysViews],
		] as const) {
			let state: State = begun;
			const seen = views.map(() => {
				state = press(state, 'tab').state;
				return state.hotKeys!.view;
			});
			assert.deepEqual(seen, [...views.slice(1), views[0]]);
			assert.equal(press(state, 'shift-tab').state.hotKeys!.view, views.at(-1));
		}
	});

	test('left and right go through all nodes and each shard: one watch rests, another begins', () => {
		const opened = press(calm(small), '4').state;
		const right = press(opened, 'right');
		assert.deepEqual(typesOf(right.effects), ['hot-keys-rest', 'hot-keys-watch']);
		const [rest, watch] = right.effects;
		assert.ok(
			rest?.type === 'hot-keys-rest' && watch?.type === 'hot-keys-watch' && rest.id !== watch.id,
			'the old one rests, a new one begins',
		);
		assert.deepEqual(
			watch.targets.map(({ address }) => address),
			['10.0.1.11:6379'],
		);
		const back = press(right.state, 'left').effects.at(-1);
		assert.ok(back?.type === 'hot-keys-watch' && back.id === rest.id, 'the one of all nodes again');
		const around = press(opened, 'right', 'right', 'right', 'right').state;
		assert.deepEqual(around.hotKeys!.scope, opened.hotKeys!.scope);
		assert.match(press(hotDenied(small), 'right').state.toast!.text, /one node to sample/);
	});

	test('each scope keeps its own result', () => {
		const opened = press(calm(small), '4').state;
		const all = told(opened, hotTrack(opened)!.id);
		const shard = press(all, 'right').state;
		assert.equal(hotResult(shard), undefined);
		assert.ok(hotResult(press(shard, 'left').state), 'of all nodes');
		assert.equal(told(shard, 999), shard, 'of a watch that nobody knows');
	});

	test('one window at a time: not a second one over the nodes of the first', () => {
		const all = press(hotSampling(small), 'right', 'right').state;
		assert.deepEqual(all.hotKeys!.scope, { fleet: 1 });
		const calmLadders = threeLadders.map(one => ({ ...one, isBusy: false }));
		const ready = told(all, hotTrack(all)!.id, statusOf({ ladders: calmLadders }));
		const { state, effects } = press(ready, 's');
		assert.deepEqual(effects, []);
		assert.match(state.toast!.text, /a window is open on shard 2: wait/);
		assert.deepEqual(press(ready, 'a').effects, []);
		const over = told(ready, hotTrack(hotSampling(small))!.id);
		assert.deepEqual(typesOf(press(over, 's').effects), ['hot-keys-sample']);
	});

	test('repeated windows move on to the scope where a is pressed', () => {
		const before = hotRepeating(small);
		const { id } = hotTrack(before)!;
		const state = press(before, 'right').state;
		const ready = told(state, hotTrack(state)!.id, statusOf());
		assert.deepEqual(press(ready, 'a').effects, [
			{ type: 'hot-keys-repeat', id, isOn: false },
			{ type: 'hot-keys-repeat', id: hotTrack(ready)!.id, isOn: true },
		]);
	});

	test('s during repeated windows opens a whole one; a busy node is asked about for a as well', () => {
		const repeating = { everySeconds: 10, windowMilliseconds: 250 };
		const window = { since: now, commands: 1, bytes: 1, mostSeconds: 0.25, mostCommands: 20_000 };
		const status = statusOf({ repeating, sampling: window });
		assert.deepEqual(typesOf(press(hotState(calm(small), shardTwo, status), 's').effects), [
			'hot-keys-sample',
		]);
		const busy = hotState(calm(small), shardTwo, statusOf({ ladders: [ladder({}, 84)] }));
		const first = press(busy, 'a');
		assert.deepEqual(first.effects, []);
		assert.deepEqual(press(later(first.state, 400), 's').effects, [], 's is another question');
		const off = hotState(calm(small), shardTwo, statusOf({ ladders: [ladder({}, 84)], repeating }));
		assert.deepEqual(typesOf(press(off, 'a').effects), ['hot-keys-repeat'], 'to stop needs no second press');
	});

	test('until every node has said what it would cost, s begins nothing', () => {
		const state = hotState(calm(small), { fleet: 1 }, statusOf({ ladders: [ladder()] }));
		assert.deepEqual(press(state, 's').effects, []);
		assert.match(press(state, 's').state.toast!.text, /still asked/);
	});

	test('after a failover the new primary is watched, and asked before it is sampled', () => {
		const state = hotSampled(small);
		const failedOver = withNodes(state, node => {
			if (node.address === '10.0.1.12:6379')
				return { ...node, role: 'replica', primary: '10.0.1.22:6379', slots: [] };
			return node.address === '10.0.1.22:6379'
				? { ...node, role: 'primary', primary: undefined, slots: [[5461, 10922]] }
				: node;
		});
		const round = {
			type: 'round',
			at: now,
			fleet: 99,
			samples: [],
			isExtra: false,
			isSettled: true,
		} as const;
		const [followed, effects] = update(failedOver, round);
		assert.deepEqual(typesOf(effects), ['hot-keys-rest', 'hot-keys-watch']);
		const watch = effects[1];
		assert.ok(
			watch?.type === 'hot-keys-watch' && watch.targets[0]?.address === '10.0.1.22:6379',
			'the new primary',
		);
		assert.ok(hotResult(followed), 'what was found stays');
		assert.deepEqual(press(followed, 's').effects, [], 'not before it has said what it costs');
		assert.deepEqual(update(followed, round)[1], [], 'once');
		const pressed = press(failedOver, 's');
		assert.deepEqual(
			typesOf(pressed.effects),
			['hot-keys-rest', 'hot-keys-watch'],
			'also without a round between',
		);
		const down = withNodes(state, node =>
			node.address === '10.0.1.12:6379' ? { ...node, health: 'down' } : node,
		);
		assert.deepEqual(update(down, round)[1], [], 'down for a moment is no other node');
	});

	test('a failover does not take a window away: it is seen to its end, then the new primary is watched', () => {
		const failedOver = (state: State) =>
			withNodes(state, node =>
				node.address === '10.0.1.22:6379'
					? { ...node, role: 'primary', primary: undefined, slots: [[5461, 10922]] }
					: node.address === '10.0.1.12:6379'
						? { ...node, role: 'replica', primary: '10.0.1.22:6379', slots: [] }
						: node,
			);
		const round = (at: number) =>
			({ type: 'round', at, fleet: 99, samples: [], isExtra: true, isSettled: true }) as const;
		const begun = press(quiet(), 's');
		assert.deepEqual(typesOf(begun.effects), ['hot-keys-sample']);
		const { id } = begun.state.hotKeys!.watches[0]!;
		const soon = update(failedOver(begun.state), round(now + 100));
		assert.deepEqual(soon[1], [], 'it was asked for and has not told yet');
		const sampling = hotSampling(small).hotKeys!.watches[0]!.status!;
		const [open] = update(soon[0], { type: 'hot-keys', at: now + 1500, id, status: sampling });
		assert.deepEqual(update(open, round(now + 2500))[1], [], 'it is open');
		const stopping = press(later(open, 1000), 's');
		assert.deepEqual(typesOf(stopping.effects), ['hot-keys-stop'], 's still ends it');
		const found = hotSampled(small).hotKeys!.watches[0]!.status!;
		const [over] = update(open, { type: 'hot-keys', at: now + 2600, id, status: found });
		const [followed, effects] = update(later(over, 2400), round(now + 5000));
		assert.deepEqual(typesOf(effects), ['hot-keys-rest', 'hot-keys-watch']);
		assert.ok(hotResult(followed), 'what was found stays');
	});

	test('a primary that is down is not sampled, and s says so', () => {
		const three = hotState(
			calm(small),
			wholeFleet,
			statusOf({
				ladders: [...threeLadders.slice(0, 2), silentLadder('10.0.1.13:6379', 'connection refused')],
			}),
		);
		const down = withNodes(three, node =>
			node.address === '10.0.1.13:6379' ? { ...node, health: 'down' } : node,
		);
		const { state, effects } = press(down, 's');
		assert.deepEqual(typesOf(effects), ['hot-keys-sample']);
		assert.equal(state.toast?.text, '1 of 3 is not sampled: 10.0.1.13:6379 is down');
		assert.equal(press(quiet(), 's').state.toast, undefined, 'nothing is left out');
	});

	test('nodes whose walks only take longer are one group, with the longest', () => {
		const walked = (node: string, keys: number) =>
			ladder({ node, maxmemoryPolicy: 'allkeys-lfu', lfu: { got: true }, lfuPace: 2000, keys });
		const ladders = [
			walked('10.0.1.11:6379', 21_000),
			walked('10.0.1.12:6379', 51_000),
			walked('10.0.1.13:6379', 38_000),
		];
		const state = hotState(calm(), wholeFleet, statusOf({ ladders }), { view: 'ways' });
		const lines = hotText(state).map(({ text }) => text);
		assert.deepEqual(
			lines.filter(line => line.startsWith('METHODS')),
			['METHODS, all 3 nodes, best first'],
		);
		assert.match(lines.join('\n'), /all keys take 26 s\./);
	});

	test('a fleet that is still being found is asked when it is known', () => {
		const { state, effects } = press(calm({ ...small, isDiscovering: true }), '4');
		assert.equal(effects.length, 1, 'known already');
		const finding = {
			...calm(small),
			isDiscovering: true,
			fleets: calm(small).fleets.map(fleet => ({ ...fleet, isDiscovered: false })),
		};
		const early = press(finding, '4');
		assert.deepEqual(early.effects, []);
		const found = { ...early.state, isDiscovering: false, fleets: state.fleets };
		const round = {
			type: 'round',
			at: now,
			fleet: 99,
			samples: [],
			isExtra: false,
			isSettled: true,
		} as const;
		assert.deepEqual(typesOf(update(found, round)[1]), ['hot-keys-watch']);
	});

	test('a key that went away leaves the cursor to the one in its place', () => {
		const state = press(hotSampled(small), 'down', 'down').state;
		const keys = monitored().keys.filter(({ key }) => key !== hotKeyAtCursor(state)!.key);
		const next = told(later(state, 4000), hotTrack(state)!.id, statusOf({ result: monitored({ keys }) }));
		assert.equal(hotKeyAtCursor(next)?.key, keys[2]!.key);
		const few = told(next, hotTrack(next)!.id, statusOf({ result: monitored({ keys: keys.slice(0, 1) }) }));
		assert.equal(hotKeyAtCursor(few)?.key, keys[0]!.key);
	});

	test('the order is held while a hand is on the keys', () => {
		const state = press(hotSampled(small), 'down').state;
		const turned = statusOf({ result: monitored({ keys: [...monitored().keys].reverse() }) });
		const order = (one: State) => hotRows(one).map(({ id }) => id);
		const held = told(state, hotTrack(state)!.id, turned);
		assert.deepEqual(order(held), order(state));
		assert.deepEqual(order(later(held, 3000)), [...order(state)].reverse());
	});

	test('Esc: the question first, then the opened key, then the screen', () => {
		const busy = hotState(
			calm(small),
			shardTwo,
			statusOf({ ladders: [ladder({}, 84)], result: monitored() }),
		);
		const asked = press(busy, 'enter', 's').state;
		const one = press(asked, 'escape').state;
		assert.deepEqual([one.screen, one.hotKeys!.confirm], ['hot-keys', undefined]);
		assert.deepEqual(press(later(one, 400), 's').effects, [], 'it is asked anew');
		const two = press(one, 'escape').state;
		assert.deepEqual([two.screen, two.hotKeys!.open], ['hot-keys', undefined]);
		assert.equal(press(two, 'escape').state.screen, 'fleet');
	});

	test('what was learnt of a key comes to the key that was asked', () => {
		const { state, effects } = press(hotSampled(small), 'enter');
		const [look] = effects;
		assert.ok(look?.type === 'key-look', 'a look');
		const found = { at: now, node: look.node, type: 'string', notes: [] };
		const [taken] = update(state, { type: 'key-look', at: now, id: look.id, look: found });
		assert.equal(taken.hotKeys!.open!.look, found);
		const [late] = update(state, { type: 'key-look', at: now, id: look.id + 1, look: found });
		assert.equal(late.hotKeys!.open!.look, undefined);
	});

	test('in a recording there is nothing to ask: it says so and stays', () => {
		const { state, effects } = press(calm({ ...small, replay: { speed: 1, isPaused: false } }), '4');
		assert.deepEqual([state.screen, effects], ['fleet', []]);
		assert.match(state.toast!.text, /not looked for up to this moment/);
	});
});

describe('consent', () => {
	const key: fc.Arbitrary<Key> = fc.oneof(
		{ weight: 3, arbitrary: fc.constantFrom('s', 'a') },
		{ weight: 6, arbitrary: fc.constantFrom(...allKeys) },
		{ weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }) },
	);
	const busy = ladder({}, 90);
	const statuses: readonly HotKeysStatus[] = [
		statusOf(),
		statusOf({ result: monitored() }),
		statusOf({ ladders: [] }),
		statusOf({ ladders: threeLadders, result: monitored({ keys: monitored().keys.slice(4) }) }),
		statusOf({ ladders: [busy] }),
		statusOf({ ladders: [denied()] }),
		statusOf({ sampling: { since: now, commands: 5, bytes: 9, mostSeconds: 2, mostCommands: 20_000 } }),
		statusOf({ repeating: { everySeconds: 10, windowMilliseconds: 250 } }),
	];
	type Move =
		| { readonly keys: readonly Key[] }
		| { readonly wait: number }
		| { readonly told: number; readonly id: number }
		| { readonly looked: number }
		| { readonly nodes: readonly number[] }
		| { readonly size: readonly [number, number] };
	const move: fc.Arbitrary<Move> = fc.oneof(
		{ weight: 8, arbitrary: fc.record({ keys: fc.array(key, { minLength: 1, maxLength: 4 }) }) },
		{ weight: 2, arbitrary: fc.record({ wait: fc.nat(6000) }) },
		{ weight: 4, arbitrary: fc.record({ told: fc.nat(statuses.length - 1), id: fc.nat(5) }) },
		{ weight: 1, arbitrary: fc.record({ looked: fc.nat(8) }) },
		{ weight: 1, arbitrary: fc.record({ nodes: fc.array(fc.nat(5), { maxLength: 6 }) }) },
		{ weight: 1, arbitrary: fc.record({ size: fc.tuple(fc.integer({ min: 30, max: 160 }), fc.nat(50)) }) },
	);
	const starts = [calm, several, standalone, hotBefore, hotSampled, hotSampling, hotRepeating, hotDenied];
	const begins = (effect: Effect) =>
		effect.type === 'hot-keys-sample' || (effect.type === 'hot-keys-repeat' && effect.isOn);

	/** Everything that is not a key. */
	function happen(state: State, one: Exclude<Move, { keys: readonly Key[] }>): [State, Effect[]] {
		const { at } = state;
		if ('wait' in one) return update(state, { type: 'clock', at: at + one.wait });
		if ('told' in one)
			return update(state, {
				...{ type: 'hot-keys', at, id: state.hotKeys?.watches[one.id]?.id ?? one.id },
				status: statuses[one.told]!,
			});
		if ('looked' in one) {
			const look = { at, node: '10.0.1.12:6379', notes: [] };
			return update(state, { type: 'key-look', at, id: one.looked, look });
		}
		if ('size' in one) return update(state, { type: 'resize', at, columns: one.size[0], rows: one.size[1] });
		// Primaries and replicas change places.
		const swapped = new Set(one.nodes);
		const all = state.fleets[0]!.now.fleet.nodes;
		const changed = withNodes(state, node => {
			if (!swapped.has(all.indexOf(node))) return node;
			return node.role === 'primary'
				? { ...node, role: 'replica', primary: all[0]!.address, slots: [] }
				: { ...node, role: 'primary', primary: undefined, slots: [[0, 1]] };
		});
		return update(changed, { type: 'round', at, fleet: 99, samples: [], isExtra: false, isSettled: true });
	}

	test('no sample begins but directly after s or a, on this screen, when every node has said what it costs', () => {
		let begun = 0;
		fc.assert(
			fc.property(
				fc.constantFrom(...starts),
				fc.array(move, { minLength: 5, maxLength: 50 }),
				(start, moves) => {
					let state: State = start(small);
					for (const one of moves) {
						if ('keys' in one) {
							for (const typed of one.keys) {
								const before = state;
								const [next, effects] = update(before, { type: 'keys', at: before.at, keys: [typed] });
								state = next;
								for (const effect of effects.filter(begins)) {
									begun++;
									assert.equal(typed, effect.type === 'hot-keys-sample' ? 's' : 'a');
									assertAgreed(before, effect);
								}
							}
						} else {
							const [next, effects] = happen(state, one);
							state = next;
							assert.deepEqual(effects.filter(begins), []);
						}
					}
					assert.equal(frameOf(state).length, state.size.rows);
				},
			),
			{ numRuns: often(150, 600) },
		);
		assert.ok(begun > often(20, 100), `only ${begun} samples were begun: the keys hardly led there`);
	});

	/** The screen was there, the costs were on it, and a busy node was agreed to before. */
	function assertAgreed(before: State, effect: Effect): void {
		assert.ok(
			before.screen === 'hot-keys' && before.prompt === undefined && before.replay === undefined,
			'the screen was seen',
		);
		const track = hotTrack(before)!;
		assert.ok('id' in effect && effect.id === track.id, 'the watch on the screen');
		assert.ok(track.status!.ladders.length >= track.nodes.length, 'every node has said what it costs');
		const { confirm } = before.hotKeys!;
		if (!track.status!.ladders.some(one => one.isBusy && askedRung(one) === 'monitor')) return;
		assert.ok(
			confirm && before.at >= confirm.from && before.at < confirm.until,
			'the second press, not too soon and not too late',
		);
		assert.equal(confirm.key, effect.type === 'hot-keys-sample' ? 'sample' : 'repeat');
	}
});
