// What the rungs found as one result, and how it is printed: figures of each kind stay what they are, nodes that are
// gone are said, names of any bytes are quoted, and the live fleet's JSON carries the newest result with its age.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { joinResults } from '../../source/core/keys/hot-join.ts';
import type { HotKeysResult, HotTarget } from '../../source/core/keys/hot-keys.ts';
import { type LfuSeen, noResult, resultOfSeen, type WindowSeen } from '../../source/core/keys/hot-results.ts';
import { monitorLimits } from '../../source/core/thresholds.ts';
import { createHeadless } from '../../source/output/headless.ts';
import { hotKeysJson, hotKeysText } from '../../source/output/hot-keys.ts';
import { hotKeysCostLines, hotKeysProgressLine } from '../../source/output/hot-keys-begin.ts';
import { createMonitorReader } from '../../source/redis/hot-keys/monitor-reader.ts';
import { endText, noteTexts } from '../../source/view/screens/hot-keys/note-words.ts';
import { often } from '../lane.ts';
import { hotSampled, ladder, monitored } from '../view/build-hot-keys.ts';

const target = (address: string): HotTarget => ({
	address,
	isReplica: false,
	isCluster: false,
	replicas: [],
});

const lfuSeen = (over: Partial<LfuSeen> = {}): LfuSeen => ({
	...{ target: target('b:1'), at: 1000, seconds: 2, endedBy: 'going-on', settings: {} },
	...{
		keys: [
			{ key: 'small', db: 1, counter: 40 },
			{ key: 'full', db: 0, counter: 255 },
		],
		walked: 10,
		of: 10,
		isWhole: true,
	},
	...over,
});

const windowSeen = (over: Partial<WindowSeen> = {}): WindowSeen => ({
	...{ target: target('a:1'), at: 2000, seconds: 1, endedBy: 'going-on', opsPerSecond: 1000 },
	window: { kind: 'window', keys: [{ key: 'hot', db: 0, perSecond: 400 }] },
	...over,
});

test('nodes with different ways: each key says how it was found, and shares stand before ranks', () => {
	const result = resultOfSeen([{ lfu: lfuSeen() }, { window: windowSeen() }], 10)!;
	assert.deepEqual(
		result.keys.map(({ key, method, share, counter, db }) => [key, method, share, counter, db]),
		[
			['hot', 'hotkeys', 0.4, undefined, 0],
			['full', 'lfu', undefined, 255, 0],
			['small', 'lfu', undefined, 40, 1],
		],
	);
	assert.match(noteTexts(result).join('\n'), /the nodes have different ways/);
	assert.match(noteTexts(result).join('\n'), /255 is at its end/);
	assert.deepEqual(result.nodes.map(({ node, method }) => `${node} ${method}`).sort(), [
		'a:1 hotkeys',
		'b:1 lfu',
	]);
});

test('accesses without commands to compare them with have no share', () => {
	const [key] = resultOfSeen([{ window: windowSeen({ opsPerSecond: undefined }) }], 10)!.keys;
	assert.deepEqual([key!.hitsPerSecond, key!.share, key!.low], [400, undefined, undefined]);
});

test('counters: how far the walk has come, and the trap of small numbers', () => {
	const notes = (over: Partial<LfuSeen>) => noteTexts(resultOfSeen([{ lfu: lfuSeen(over) }], 10)!).join('\n');
	assert.match(notes({ isWhole: false, walked: 3_000, of: 12_000 }), /b:1: 3,000 of 12,000 keys read so far/);
	assert.doesNotMatch(notes({}), /so far/);
	assert.match(
		notes({ maxmemoryPolicy: 'allkeys-lfu', maxmemoryBytes: 0 }),
		/share one object and one counter/,
	);
	assert.doesNotMatch(notes({ maxmemoryPolicy: 'allkeys-lfu', maxmemoryBytes: 1e9 }), /share one object/);
});

test('a node that is gone is said, with what was found there before', () => {
	const lost = { lost: { target: target('b:1'), text: 'connection refused' } };
	const before = resultOfSeen([{ window: windowSeen() }, { lfu: lfuSeen(), ...lost }], 10)!;
	assert.equal(before.nodes.find(({ node }) => node === 'b:1')!.endedBy, 'lost');
	assert.ok(before.keys.some(({ node }) => node === 'b:1'));
	const never = resultOfSeen([{ window: windowSeen() }, lost], 10)!;
	assert.deepEqual(
		[never.nodes.length, never.nodes[1]!.endedBy, endText(never.nodes[1]!)],
		[2, 'lost', 'connection refused'],
	);
	assert.match(noteTexts(never).join('\n'), /b:1 does not answer: connection refused/);
	assert.equal(resultOfSeen([lost], 10), undefined);
});

test('what was asked for keeps its own time, with the slots beside it', () => {
	const asked = monitored();
	const slots = {
		...{ target: target(asked.nodes[0]!.node), at: 1, seconds: 5, endedBy: 'going-on' as const },
		slots: [{ slot: 7, node: asked.nodes[0]!.node, share: 0.9 }],
		onlyKeys: [{ slot: 7, key: 'alone' }],
	};
	const result = resultOfSeen([{ slots }], 50, asked)!;
	assert.deepEqual([result.at, result.seconds, result.method], [asked.at, asked.seconds, 'monitor']);
	assert.equal(result.slots[0]!.slot, 7);
	assert.ok(!result.keys.some(({ key }) => key === 'alone'), 'a share of time is no share of commands');
	assert.equal(result.nodes.length, asked.nodes.length);
	assert.equal(resultOfSeen([{ slots }], 50)!.keys[0]!.key, 'alone');
});

test('where MONITOR was refused the way that gave figures is named, and its refusal stands beside it', () => {
	const refusal = { command: 'monitor', why: 'no-permission', word: '+monitor' } as const;
	const why = { kind: 'refused', refusal, text: '' } as const;
	const asked = monitored({
		...{ keys: [], commands: 0, seconds: 0, others: undefined, patterns: [], byCommand: [], byClient: [] },
		notes: [{ kind: 'not-in-figures', node: 'b:1', why }],
		nodes: [
			{
				...{ node: 'b:1', method: 'monitor', seconds: 0, commands: 0, bytes: 0 },
				...{ endedBy: 'refused', why },
			},
		],
	});
	const slots = {
		...{ target: target('b:1'), at: 1, seconds: 5, endedBy: 'going-on' as const },
		slots: [{ slot: 7, node: 'b:1', share: 0.9 }],
		onlyKeys: [{ slot: 7, key: 'alone' }],
	};
	const result = resultOfSeen([{ slots }], 50, asked)!;
	assert.deepEqual([result.method, result.shareOf, result.seconds], ['slot-stats', 'time', 5]);
	assert.deepEqual(result.nodes.map(({ method, endedBy }) => `${method} ${endedBy}`).sort(), [
		'monitor refused',
		'slot-stats going-on',
	]);
	const text = hotKeysText(result);
	assert.match(text, /by SLOT-STATS/);
	assert.match(text, /b:1: MONITOR is not allowed for this user: \+monitor/);
	assert.doesNotMatch(text, /no command in/);
	assert.match(hotKeysText(asked), /^hot keys: nothing could be sampled on b:1$/m);
});

test('a key that is not there is told from one that may not be asked', () => {
	const [key] = monitored().keys;
	const unknown = { ...key!, type: undefined, ttlSeconds: undefined, bytes: undefined };
	const printed = (exists: boolean | undefined) => {
		const result = monitored({ keys: [{ ...unknown, readShare: 1, exists }] });
		const { keys } = hotKeysJson(result) as { keys: { exists: unknown; type: unknown }[] };
		assert.equal(keys[0]!.type, null);
		return [keys[0]!.exists, /absent/.test(hotKeysText(result)), /its reads miss/.test(hotKeysText(result))];
	};
	assert.deepEqual(printed(false), [false, true, true]);
	assert.deepEqual(printed(undefined), [null, false, false]);
});

test('the walk of counters that goes on is the first note', () => {
	const shared = { maxmemoryPolicy: 'allkeys-lfu', maxmemoryBytes: 0 };
	const seen = lfuSeen({ isWhole: false, walked: 3_000, of: 12_000, ...shared });
	const result = resultOfSeen([{ lfu: seen }], 10)!;
	assert.match(noteTexts(result)[0]!, /3,000 of 12,000 keys read so far/);
	assert.deepEqual(result.nodes[0]!.walk, { keys: 3000, of: 12_000 });
});

test('a Valkey that does not escape quotes in MONITOR: said where a window was open', () => {
	const notes = (version: string, bytes: string) => {
		const limits = monitorLimits;
		const reader = createMonitorReader({
			...{ target: { ...target('a:1'), server: 'valkey', version }, limits },
			...{ own: { clients: () => [] }, onRefused: () => {}, onLimit: () => {} },
		});
		reader.take(Buffer.from(bytes));
		return noteTexts(reader.counts()).join();
	};
	const line = '+OK\r\n+1795453576.770000 [0 127.0.0.1:42360] "GET" "k"\r\n';
	assert.match(notes('8.1.1', line), /does not escape quotes in MONITOR/);
	assert.doesNotMatch(notes('8.1.2', line), /quotes/);
	assert.doesNotMatch(notes('8.1.1', '-NOPERM no\r\n'), /quotes/);
});

test('nothing joined is nothing, and no way is said', () => {
	assert.equal(joinResults([], 10), undefined);
	const none = ladder({ node: 'n:1', monitor: { error: "ERR unknown command 'MONITOR'" } });
	const denied = { ...none, rungs: none.rungs.filter(({ method }) => method === 'monitor') };
	const result = noResult([denied], 5);
	assert.match(
		hotKeysText(result, [denied]),
		/nothing could be sampled[\s\S]*n:1: no way to its hot keys: this server has no MONITOR/,
	);
	assert.deepEqual((hotKeysJson(result) as { keys: unknown[] }).keys, []);
});

test('names of any bytes: one line each, and nothing a terminal would obey', () => {
	const bytes = fc.uint8Array({ maxLength: 30 }).map(array => Buffer.from(array).toString('latin1'));
	fc.assert(
		fc.property(bytes, name => {
			const result: HotKeysResult = monitored();
			const named = {
				...result,
				keys: result.keys.map(key => ({ ...key, key: name, topCommand: name })),
				patterns: [{ pattern: name, share: 1, hits: 1, keys: 1 }],
				byCommand: [{ command: name, share: 1, hits: 1 }],
				nodes: result.nodes.map(node => ({
					...node,
					...{ endedBy: 'lost' as const, why: { kind: 'error' as const, text: name } },
				})),
				notes: [{ kind: 'node-silent' as const, node: name, text: name }],
			};
			const plain = hotKeysText(result).split('\n').length;
			const text = hotKeysText(named);
			assert.ok(text.split('\n').length <= plain + 6, text);
			assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
			assert.doesNotMatch(JSON.stringify(hotKeysJson(named)), /[\x00-\x1f\x7f-\x9f]/);
		}),
		{ numRuns: often(10, 100) },
	);
});

test('before it begins: a line a node, or one for many', () => {
	const one = ladder();
	assert.match(
		hotKeysCostLines([one])[0]!,
		/MONITOR for at most 2s or 20,000 commands; 13\.9k ops\/s now, CPU 36%/,
	);
	const many = Array.from({ length: 40 }, (_, index) => ladder({ node: `10.0.0.${index}:6379` }));
	assert.deepEqual(hotKeysCostLines(many).length, 1);
	assert.match(hotKeysCostLines(many)[0]!, /^40 nodes: MONITOR/);
	const sampling = { since: 0, commands: 12_345, mostSeconds: 2 };
	assert.equal(
		hotKeysProgressLine({ nodes: 3, walked: 500, toWalk: 1000, sampling }, 1250),
		'sampling 3 nodes  1.3s of 2s  12,345 commands  50% of 1.0k keys',
	);
});

test('the live fleet in JSON: the newest result with its age, null while there is none', () => {
	const printed = (hotKeys: ReturnType<typeof hotSampled>['hotKeys']) => {
		const state = { ...hotSampled(), hotKeys };
		const fleets = state.fleets.map(fleet => ({ ...fleet, rounds: 1 }));
		const lines: string[] = [];
		const headless = createHeadless({ kind: 'json', write: line => lines.push(line), onDone: () => {} });
		const { id: fleet } = fleets[0]!;
		headless.onState(
			{ ...state, fleets, isDiscovering: false },
			{ type: 'round', at: state.at, fleet, samples: [], isExtra: false, isSettled: true },
		);
		return JSON.parse(lines[0]!);
	};
	assert.equal(printed(undefined).hotKeys, null);
	const state = hotSampled();
	const { hotKeys, fleet } = printed(state.hotKeys);
	assert.ok(fleet);
	assert.equal(hotKeys.method, 'monitor');
	assert.equal(hotKeys.keys[0].key, 'promo:banner:home');
	const [track] = state.hotKeys!.watches;
	assert.equal(hotKeys.ageSeconds, Math.max(0, state.fleets[0]!.now.fleet.at - track!.result!.at) / 1000);
});
