// The screen of hot keys as text, beside test/frames: nothing sampled yet, a window at work, what each of the ways
// finds, no way at all, names that nobody should have to look at; and what it leaves on the other screens. Colours are
// not in the files: which cells have one is a test of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HotKey, HotKeysResult, HotKeysStatus } from '../../source/core/keys/hot-keys.ts';
import { silentLadder } from '../../source/core/keys/hot-ladder.ts';
import { resultOfLfu } from '../../source/core/keys/hot-results.ts';
import type { HotMitigation } from '../../source/core/keys/key-advice.ts';
import type { LfuMeans } from '../../source/core/keys/lfu.ts';
import { displayWidth } from '../../source/core/text/printable.ts';
import { hotKeysViews } from '../../source/state/key-screens.ts';
import type { State } from '../../source/state/state.ts';
import { frameOf } from '../../source/view/frame.ts';
import { layoutOf } from '../../source/view/screens/fleet/layout.ts';
import { counterWords } from '../../source/view/screens/hot-keys/advice-words.ts';
import { often } from '../lane.ts';
import {
	byCounters,
	byServer,
	denied,
	fleetRepeating,
	fleetWithHotKeys,
	hotBefore,
	hotByServer,
	hotCounters,
	hotDenied,
	hotHostile,
	hotOpened,
	hotRepeating,
	hotSampled,
	hotSampling,
	hotSlots,
	hotState,
	hotWays,
	ladder,
	monitored,
	shardTwo,
	statusOf,
	wholeFleet,
} from './build-hot-keys.ts';
import { calm, now } from './build-state.ts';
import { type Build, codes, framed, isColour, sizes, testFrames, withoutCodes } from './frame-files.ts';

const screens: Readonly<Record<string, Build>> = {
	'hot-keys-before': hotBefore,
	'hot-keys-sampling': hotSampling,
	'hot-keys-monitor': hotSampled,
	'hot-keys-repeating': hotRepeating,
	'hot-keys-counters': hotCounters,
	'hot-keys-server': hotByServer,
	'hot-keys-slots': hotSlots,
	'hot-keys-denied': hotDenied,
	'hot-keys-ways': hotWays,
	'hot-keys-opened': hotOpened,
	'hot-keys-hostile': hotHostile,
	'fleet-hot-keys': fleetWithHotKeys,
	'fleet-hot-keys-repeating': fleetRepeating,
};

testFrames(screens);

const lines = (state: State) => framed(state).split('\n');
const small = { size: { columns: 80, rows: 24 } };
const wide = { size: { columns: 140, rows: 40 } };

test('only a key that takes a fifth of its node is coloured: its marker and its share', () => {
	const coloured = (state: State) =>
		frameOf(state).flatMap(line =>
			[...line.matchAll(/\x1b\[33m([^\x1b]*)|\x1b\[(?:1;37;41|36)m([^\x1b]*)/g)].map(([, a, b]) => a ?? b),
		);
	assert.deepEqual(coloured(hotSampled(wide)), ['!', '35.2%']);
	const cold = monitored({ keys: monitored().keys.slice(1) });
	const state = hotState(calm(wide), shardTwo, statusOf({ result: cold }));
	assert.deepEqual(codes(state).filter(isColour), []);
	assert.deepEqual(codes(hotSampled({ ...wide, isColour: false })).filter(isColour), []);
});

test('of several nodes it is the share of the own node that counts', () => {
	const [hottest] = monitored().keys;
	const nodes = [
		{ ...monitored().nodes[0]!, commands: 20_000 },
		{ ...monitored().nodes[0]!, node: '10.0.1.11:6379', commands: 80_000 },
	];
	const keys = [{ ...hottest!, share: 0.064, low: 0.06, high: 0.07, hits: 6400 }];
	const state = hotState(calm(wide), wholeFleet, statusOf({ result: monitored({ nodes, keys }) }));
	const text = framed(state);
	assert.match(text, /^>! {3}6\.4% /m);
	assert.match(text, /One key takes 32% of the commands on 10\.0\.1\.12:6379\./);
});

test('where no key is hot it says so, and gives no advice', () => {
	const share = 0.0002;
	const keys = monitored().keys.map(key => ({ ...key, share, low: 0, high: 0.001, hits: 4 }));
	const spread = framed(hotState(calm(small), shardTwo, statusOf({ result: monitored({ keys }) })));
	assert.match(spread, /No key stands out \(hottest 0\.02%\): the load is spread\.\n/);
	assert.doesNotMatch(spread, /One key takes|In order of effort|cache it/);
	// Beside a hot one, a key that is not.
	const [hottest, ...others] = monitored().keys;
	const mixed = monitored({ keys: [hottest!, { ...others[0]!, share, low: 0, high: 0.001 }] });
	const state = hotState(calm(small), shardTwo, statusOf({ result: mixed }), {
		cursor: `${others[0]!.node} 0 ${others[0]!.key}`,
	});
	assert.match(framed(state), /It takes 0\.02% of the commands on this shard: no reason to do anything\./);
	assert.doesNotMatch(framed(state), /In order of effort|cache it/);
});

test('a walk over counters that is not at its end says so on line 2, and first below', () => {
	const target = { address: '10.0.1.12:6379', isReplica: false, isCluster: true, replicas: [] };
	const walked = {
		at: now,
		seconds: 2,
		endedBy: 'going-on' as const,
		settings: {},
		walked: 2000,
		of: 61_000,
	};
	const keys = [{ key: 'cold', db: 0, counter: 5 }];
	const walking = (isWhole: boolean) =>
		lines(
			hotState(
				calm(small),
				shardTwo,
				statusOf({ result: resultOfLfu([{ ...walked, target, keys, isWhole }], 10) }),
			),
		);
	assert.match(walking(false)[1]!, /^OBJECT FREQ, 2,000 of 61,000 keys read so far {3}/);
	assert.match(walking(false).at(-3)!, /^10\.0\.1\.12:6379: 2,000 of 61,000 keys read so far/);
	assert.match(walking(true)[1]!, /^read counters for 2s/);
});

test('no column of the slots is cut, however narrow; a long blind spot ends with a whole clause', () => {
	for (const columns of [40, 50, 60, 80])
		for (const line of lines(hotSlots({ size: { columns, rows: 15 } })).slice(3, 12))
			assert.doesNotMatch(line, /…/, `${columns}: ${line}`);
	assert.match(lines(hotSlots(small)).at(-3)!, /^blind spot: time and bytes, no counts {3}all of it: Tab/);
});

test('a window is not said to be longer than its cap while its end is awaited', () => {
	const late = { ...hotSampling(small), at: now + 2000 };
	assert.match(lines(late)[1]!, /^sampling: 8,204 commands in 2s/);
});

test('a key that is read and not there says so', () => {
	const [hottest, ...others] = monitored().keys;
	const missed = { ...hottest!, exists: false, type: undefined, ttlSeconds: undefined, bytes: undefined };
	const keys = [{ ...missed, readShare: 1 }, ...others];
	const text = framed(hotState(calm(wide), shardTwo, statusOf({ result: monitored({ keys }) })));
	assert.match(text, /promo:banner:home +absent /);
	assert.match(text, /^promo:banner:home {2,}not there: its reads miss/m);
});

test('before a sample the ops of each node and the loss to expect stand there, at any size', () => {
	for (const [columns, rows] of sizes) {
		const text = framed(hotBefore({ size: { columns, rows } }));
		for (const ops of ['14.2k ops/s', '13.9k ops/s', '14.0k ops/s']) assert.ok(text.includes(ops), ops);
		assert.match(text.replace(/\s+/g, ' '), /MONITOR takes 20-35% of its peak throughput while it runs/);
		const again = framed(hotSampled({ size: { columns, rows } }));
		assert.match(again, /13\.9k.*20-35% of/, 'also before the second one');
	}
});

test('while HOTKEYS is at work the screen says HOTKEYS, its window, how far it is and what it costs', () => {
	const sampling = { since: now - 4000, methods: ['hotkeys' as const], commands: 0, bytes: 0 };
	// At work it is no way that would be asked for any more: MONITOR is.
	const ours = ladder({
		version: '8.6.3',
		hotkeys: { got: { kind: 'session', state: 'active', whose: 'ours' } },
	});
	const status = statusOf({
		ladders: [ours],
		sampling: { ...sampling, mostSeconds: 10, mostCommands: 0 },
		result: monitored({ at: now - 95_000 }),
	});
	for (const over of [small, wide]) {
		const [, second, third] = lines(hotState(calm(over), shardTwo, status));
		assert.match(
			second!,
			/^sampling for 4s {3}by HOTKEYS {3}costs 344K a node until it is reset at its end$/,
		);
		assert.match(third!, /40% {2}stops at 10s {3}s stops it$/);
	}
	const repeating = { everySeconds: 10, windowMilliseconds: 250, methods: ['hotkeys' as const] };
	const again = hotState(calm(wide), shardTwo, statusOf({ ladders: [ours], repeating }));
	assert.match(lines(again)[0]!, /HOTKEYS again and again/);
	assert.doesNotMatch(lines(again)[0]!, /MONITOR/);
});

test('a key whose time is too small to tell has a ?, no warning and no bar that outgrows the others', () => {
	const rows = lines(hotByServer(wide)).filter(line => / {2}\d+\.\d%/.test(line));
	const unsure = rows.filter(line => line.startsWith(' ?'));
	assert.equal(unsure.length, 1, rows.join('\n'));
	assert.match(lines(hotByServer(wide)).join('\n'), /by HOTKEYS, somebody else's session, one command of 4/);
	assert.match(lines(hotByServer(wide)).join('\n'), /other keys 18\.3% of the time/);
	const bytes = lines({ ...hotByServer(wide), hotKeys: { ...hotByServer(wide).hotKeys!, view: 'bytes' } });
	assert.match(bytes.find(line => /SHARE/.test(line))!, /SHARE .*BYTES {2}KEY/);
	assert.ok(!bytes.some(line => line.startsWith(' ?')), 'bytes are no chance');
});

test('a node under no load is told that it hardly notices', () => {
	const status = statusOf({ ladders: [ladder({}, 12, 900)], result: monitored() });
	const [, , third] = lines(hotState(calm(small), shardTwo, status));
	assert.equal(third, '13.9k/s; MONITOR will hardly be noticed. Nothing is sampled until you press s.');
});

test('a way that would be there for a word or a setting names it', () => {
	const text = framed(hotDenied(small));
	assert.match(text, /Nothing can be sampled here; with \+monitor MONITOR could\./);
	assert.match(text, /Would enable it: \+hotkeys\|get/);
	const off = ladder({ version: '8.2.0', slotStats: { got: { time: false, bytes: false, memory: false } } });
	const state = hotState(calm(wide), shardTwo, statusOf({ ladders: [off] }));
	assert.match(framed(state), /Would enable it: CONFIG SET cluster-slot-stats-enabled "cpu net"/);
});

test('a window that the server ended says so, and why', () => {
	const result = monitored({
		nodes: [{ ...monitored().nodes[0]!, endedBy: 'event-loop' }],
		notes: [{ kind: 'several-keys' }],
	});
	const state = hotState(calm(small), shardTwo, statusOf({ result }));
	assert.equal(lines(state).at(-3), '! stopped: its event loop slowed down');
	assert.equal(lines(hotWays(wide)).at(-3), '! 10.0.1.13:6379: stopped: its memory for clients grew');
});

test('while the nodes are asked it says so, and that nothing is sampled', () => {
	const state = hotState(calm(small), wholeFleet, undefined);
	assert.equal(lines(state)[1], 'asking all 3 nodes which methods they have');
	assert.equal(lines(state)[2], 'Nothing is sampled until you press s.');
	const some = hotState(calm(small), wholeFleet, statusOf({ ladders: [ladder()] }));
	assert.equal(
		lines(some)[1],
		'asking all 3 nodes which methods they have',
		'until the last one has answered',
	);
});

test('a node that does not answer has one reason for everything', () => {
	const status = statusOf({ ladders: [silentLadder('10.0.1.12:6379', 'no answer within 2s')] });
	const text = framed(hotState(calm(small), shardTwo, status));
	assert.match(text, /NO METHOD on 10\.0\.1\.12:6379\n {2}no answer within 2s\.\n\n/);
	assert.equal(text.match(/no answer within 2s/g)!.length, 1);
});

test('the sentence about repeated windows is on line 1 of every screen', () => {
	for (const screen of ['fleet', 'hot-keys', 'big-keys', 'help'] as const) {
		const first = lines({ ...hotRepeating(small), screen })[0]!;
		assert.match(first, /MONITOR 250ms every 10s/, screen);
		assert.doesNotMatch(lines({ ...hotSampled(small), screen })[0]!, /MONITOR/);
	}
});

test('a short window that repeats itself does not flicker as one that was asked for', () => {
	const sampling = { since: now - 100, commands: 90, bytes: 9000, mostSeconds: 0.25, mostCommands: 20_000 };
	const repeating = { everySeconds: 10, windowMilliseconds: 250 };
	const state = (status: Partial<HotKeysStatus>) =>
		hotState(calm(small), shardTwo, statusOf({ result: monitored(), repeating, ...status }));
	assert.deepEqual(lines(state({ sampling })), lines(state({})));
	assert.match(framed(state({ sampling: { ...sampling, mostSeconds: 2 } })), /s stops it/);
});

test('the fleet screen moves nothing when something was found, and keeps it off small screens', () => {
	const before = calm(wide);
	const after = fleetWithHotKeys(wide);
	const [a, b] = [layoutOf(before), layoutOf(after)];
	assert.equal(b.hot, 1);
	assert.deepEqual({ ...b, hot: 0, events: 0, rest: 0 }, { ...a, hot: 0, events: 0, rest: 0 });
	const [was, is] = [lines(before), lines(after)];
	const changed = was.flatMap((line, index) => (line === is[index] ? [] : [is[index]]));
	assert.equal(changed.length, 1);
	assert.match(changed[0]!, /^HOT KEYS {2}35\.2% promo:banner:home .* by MONITOR at 14:33:17$/);
	const old = fleetWithHotKeys({ ...wide, at: now + 200_000 });
	assert.match(framed(old), /by MONITOR at 14:33:17, 3m ago/);
	assert.equal(layoutOf(fleetWithHotKeys(small)).hot, 0);
});

test('ASCII frames have no byte over 126', () => {
	for (const [name, build] of Object.entries(screens))
		for (const [columns, rows] of sizes)
			for (const line of frameOf(build({ size: { columns, rows }, isAscii: true })))
				assert.match(line, /^[\x1b\x20-\x7e]*$/, `${name} ${columns}x${rows}`);
});

// ---------------------------------------------------------------------------------------------------------
// Anything a server might say

const oddText = fc.oneof(
	fc.string({ unit: 'binary', maxLength: 30 }),
	fc.uint8Array({ maxLength: 30 }).map(bytes => String.fromCharCode(...bytes)),
	fc.constantFrom('\x1b[2J', 'a\nb', 'x'.repeat(400), '', '\u202egpj', '数据库'),
);
const figure = fc.option(
	fc.oneof(fc.double({ min: 0, max: 1e15, noNaN: true }), fc.double({ min: 0, max: 2, noNaN: true })),
	{ nil: undefined },
);
const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined });

const amount = fc.double({ min: 0, max: 1e15, noNaN: true });
const means: fc.Arbitrary<LfuMeans> = fc.oneof(
	fc.record({ kind: fc.constant('accesses' as const), accesses: amount, isMore: fc.boolean() }),
	fc.record({ kind: fc.constant('untouched' as const), seconds: amount }),
	fc.constantFrom<LfuMeans>({ kind: 'hardly-read' }, { kind: 'not-counted' }),
);
const mitigation: fc.Arbitrary<HotMitigation> = fc.oneof(
	fc.record({
		...{ id: fc.constant('replica' as const), helps: fc.constant(true as const), remainingPerSecond: figure },
		...{ address: oddText, others: fc.nat(9), lagSeconds: figure, readsPerSecond: amount },
	}),
	fc.record({
		...{ id: fc.constant('cache' as const), helps: fc.constant(false as const) },
		...{ why: fc.constant('few-reads' as const), clients: fc.nat(), readsPerSecondEach: amount },
	}),
);

const hotKey: fc.Arbitrary<HotKey> = fc
	.record({
		key: oddText,
		node: fc.constantFrom('10.0.1.11:6379', '10.0.1.12:6379', '\x1b[31m:1'),
		method: fc.constantFrom('monitor', 'lfu', 'hotkeys'),
		share,
		low: share,
		high: share,
		...{ hits: figure, hitsPerSecond: figure, readShare: share, cpuMicroseconds: figure, netBytes: figure },
		...{
			counter: fc.option(fc.nat(255), { nil: undefined }),
			counterMeans: fc.option(means, { nil: undefined }),
		},
		...{ type: fc.option(oddText, { nil: undefined }), topCommand: fc.option(oddText, { nil: undefined }) },
		...{ topCommandShare: share, clients: figure, bytes: figure, slot: figure },
		db: fc.option(fc.nat(20), { nil: undefined }),
		ttlSeconds: fc.option(figure, { nil: null }),
	})
	.chain(key =>
		fc.array(mitigation, { maxLength: 3 }).map(mitigations => ({ ...{ ...key, replicas: [], mitigations } })),
	);

const result: fc.Arbitrary<HotKeysResult> = fc
	.record({
		keys: fc.array(hotKey, { maxLength: 40 }),
		shareOf: fc.constantFrom('commands', 'time', 'accesses'),
		names: fc.array(oddText, { maxLength: 12 }),
		texts: fc.array(oddText, { maxLength: 3 }),
		commands: fc.nat(1e9),
		seconds: fc.double({ min: 0, max: 1e5, noNaN: true }),
		hasOthers: fc.boolean(),
		nodes: fc.nat(3),
		share: fc.double({ min: 0, max: 1, noNaN: true }),
	})
	.map(({ keys, shareOf, names, texts, commands, seconds, hasOthers, nodes, share }) => ({
		...monitored(),
		...{ keys, shareOf, commands, seconds },
		notes: texts.map(text => ({ kind: 'node-silent' as const, node: text, text })),
		others: hasOthers ? { hits: commands, share, keys: commands } : undefined,
		patterns: names.map(pattern => ({ pattern, share, hits: commands, keys: 3 })),
		byCommand: names.map(command => ({ command, share, hits: commands })),
		byClient: names.map(client => ({ client, share, hits: commands })),
		slots: names.map((node, slot) => ({ node, slot, share, keys: commands })),
		nodes: Array.from({ length: nodes }, (_, index) => ({
			...monitored().nodes[0]!,
			...{ node: names[index] ?? 'a:1', endedBy: (['time', 'lost', 'refused'] as const)[index % 3]! },
			...(index === 1 && { why: { kind: 'error' as const, text: texts[0] ?? '' } }),
		})),
	}));

const status: fc.Arbitrary<HotKeysStatus | undefined> = fc.option(
	fc
		.record({
			result: fc.option(result, { nil: undefined }),
			ladders: fc.array(
				fc.constantFrom(
					ladder(),
					denied(),
					ladder({}, 90),
					ladder({ maxmemoryPolicy: 'volatile-lfu', lfu: { got: true } }),
				),
				{ maxLength: 3 },
			),
			isSampling: fc.boolean(),
			isRepeating: fc.boolean(),
		})
		.map(({ isSampling, isRepeating, ...rest }) =>
			statusOf({
				...rest,
				sampling: isSampling
					? { since: now - 700, commands: 900, bytes: 1e6, mostSeconds: 2, mostCommands: 20_000 }
					: undefined,
				repeating: isRepeating ? { everySeconds: 10, windowMilliseconds: 250 } : undefined,
			}),
		),
	{ nil: undefined },
);

test('whatever was found, a frame has the lines of the terminal, none wider, and nothing that moves a cursor', () => {
	fc.assert(
		fc.property(
			status,
			fc.record({
				columns: fc.integer({ min: 40, max: 220 }),
				rows: fc.integer({ min: 10, max: 70 }),
				view: fc.constantFrom(...hotKeysViews),
				isAscii: fc.boolean(),
				screen: fc.constantFrom('hot-keys', 'hot-keys', 'hot-keys', 'fleet'),
				scope: fc.constantFrom(shardTwo, wholeFleet),
				top: fc.nat(60),
				at: fc.nat(1e9),
				opens: fc.boolean(),
			}),
			(status, { columns, rows, view, screen, scope, top, isAscii, at, opens }) => {
				const first = status?.result?.keys[0];
				const open =
					opens && first
						? { id: 9, key: { key: first.key, node: first.node, db: first.db ?? 0 } }
						: undefined;
				const base = calm({ size: { columns, rows }, isAscii, at: now + at });
				const state = { ...hotState(base, scope, status, { view, top, open }), screen } as const;
				const drawn = frameOf(state).map(withoutCodes);
				assert.equal(drawn.length, rows);
				for (const line of drawn) {
					assert.ok(displayWidth(line) <= columns, `${displayWidth(line)} > ${columns}: ${line}`);
					assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
					if (isAscii) assert.match(line, /^[\x20-\x7e]*$/);
				}
			},
		),
		{ numRuns: often(100, 400) },
	);
});

test('where only slots are known they stand in the place of the keys', () => {
	const result = { ...byServer(), method: 'slot-stats' as const, keys: [] };
	const state = hotState(calm(small), shardTwo, statusOf({ result }));
	assert.match(framed(state), /SHARE .* SLOT .* CPU\/S .*\n> .*9402 .*192ms/);
	assert.match(framed(state), /the hot slots are known, not their keys: s samples keys/);
});

test('counters are told in words, and that they are no rate', () => {
	for (const key of byCounters().keys.slice(0, 9))
		assert.ok(framed(hotCounters(small)).includes(counterWords(key)!), counterWords(key));
	assert.match(framed(hotCounters(small)), /a rank over minutes, no rate/);
});
