// The counting of a MONITOR window, without a server: bounds that hold for any stream, the load behind the weights, what
// is our own, and the result of several nodes at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HotTarget } from '../../../source/core/keys/hot-keys.ts';
import { mergeTallies, withAdvice } from '../../../source/core/keys/hot-keys-merge.ts';
import { listPatterns } from '../../../source/core/keys/key-patterns.ts';
import type { Hit } from '../../../source/core/keys/monitor-hits.ts';
import { createTally, loadOf, type MonitorTally } from '../../../source/core/keys/monitor-tally.ts';
import { hostOf, ownLines } from '../../../source/core/parse/own-lines.ts';
import {
	createMonitorParser,
	leavesQuotes,
	type MonitorLine,
} from '../../../source/core/parse/parse-monitor.ts';
import { adviceText } from '../../../source/view/screens/hot-keys/advice-words.ts';
import { noteTexts } from '../../../source/view/screens/hot-keys/note-words.ts';

const hit = (keys: readonly string[], more: Partial<Hit> = {}): Hit => ({
	...{ at: 0, db: 0, command: 'get', client: '10.0.0.1:1', isScript: false, isCut: false },
	keys: keys.map(key => ({ key, isWrite: more.command === 'set' })),
	...more,
});

const target = (address: string, isCluster = true): HotTarget => ({
	...{ address, isReplica: false, isCluster, replicas: ['10.0.0.9:6379'] },
});

const own = { commands: 3, hits: 0, inputBytes: 10, outputBytes: 20, calls: {} };

/** A window that saw the hits; `ops` is the load of its node. */
function windowOf(address: string, hits: readonly Hit[], ops: number, more: object = {}): MonitorTally {
	const tally = createTally(20_000);
	for (const each of hits) tally.add(each);
	return {
		...tally.counts(),
		node: {
			...{ node: address, method: 'monitor', seconds: 1, commands: tally.commands(), bytes: 100 },
			...{ endedBy: 'time', opsBefore: ops, ...more },
		},
		at: 1000,
		load: { opsPerSecond: ops, seen: ops },
		own,
	};
}

const times = (count: number, make: (index: number) => Hit) =>
	Array.from({ length: count }, (_, at) => make(at));

test('any stream, more keys than are kept: the truth lies within count and error, and no hit is lost', () => {
	const streams = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.array(fc.nat(30), { maxLength: 6 })), {
		maxLength: 300,
	});
	fc.assert(
		fc.property(streams, stream => {
			const tally = createTally(300, 5);
			const truth = new Map<string, number>();
			for (const [db, keys] of stream) {
				const names = [...new Set(keys.map(key => `k:${key}`))];
				for (const name of names) truth.set(`${db} ${name}`, (truth.get(`${db} ${name}`) ?? 0) + 1);
				tally.add(hit(names, { db }));
			}
			const { keys, keyHits, patterns } = tally.counts();
			const all = [...truth.values()].reduce((sum, count) => sum + count, 0);
			assert.equal(keyHits, all);
			assert.equal(
				listPatterns(patterns).reduce((sum, { hits }) => sum + hits, 0),
				all,
			);
			for (const { key, db, hits, error, interval } of keys) {
				const count = truth.get(`${db} ${key}`) ?? 0;
				assert.ok(count <= hits && count >= hits - error, `${key}: ${count} of ${hits} - ${error}`);
				const share = count / stream.length;
				assert.ok(interval.low <= share && share <= interval.high);
			}
		}),
	);
});

test('of a key: what is done with it, by how many, evenly or in bursts', () => {
	const even = createTally(1000);
	const bursts = createTally(1000);
	for (let index = 0; index < 1000; index++) {
		const isHot = index % 10 === 0;
		const command = index % 40 === 0 ? 'set' : 'get';
		even.add(hit([isHot ? 'hot' : `cold:${index}`], { command, client: `10.0.0.${index % 7}:1` }));
		bursts.add(hit([index >= 400 && index < 500 ? 'hot' : `cold:${index}`]));
	}
	const [calm] = even.counts().keys;
	assert.deepEqual([calm!.key, calm!.hits, calm!.error, calm!.clients], ['hot', 100, 0, 7]);
	assert.equal(calm!.readShare, 0.75);
	assert.deepEqual([calm!.topCommand, calm!.topCommandShare, calm!.topWrite], ['get', 0.75, 'set']);
	assert.deepEqual([...even.counts().byHost.keys()].sort()[0], '10.0.0.0');
	const [burst] = bursts.counts().keys;
	const width = (key: typeof calm) => key!.interval.high - key!.interval.low;
	assert.ok(width(burst) > width(calm) * 2, `${width(burst)} ${width(calm)}`);
});

test('the load: without the script beside its calls, and without a window that slowed the server', () => {
	const counted = { commands: 900, lines: 1000 };
	const before = { opsPerSecond: 1000, seconds: 0.2 };
	const load = loadOf(before, { opsPerSecond: 1100, seconds: 0.8 }, counted)!;
	assert.ok(Math.abs(load.opsPerSecond - 972) < 1e-6 && load.seen === 1080);
	assert.deepEqual(loadOf(before, { opsPerSecond: 500, seconds: 0.8 }, counted), {
		opsPerSecond: 900,
		seen: 200,
	});
	assert.equal(loadOf({ seconds: 0 }, { seconds: 0 }, counted), undefined);
});

test('several nodes: shares are of the fleet, by what each has to do and not by what was seen of it', () => {
	// Both windows ended after 1000 commands; the second node does three times as much.
	const quiet = windowOf(
		'a:1',
		times(1000, at => hit([at % 2 === 0 ? 'one' : `x:${at}`])),
		1000,
	);
	const busy = windowOf(
		'b:1',
		times(1000, at => hit([at % 5 < 2 ? 'two' : `x:${at}`], { command: 'set' })),
		3000,
	);
	const result = mergeTallies(
		[
			{ target: target('a:1'), tally: quiet },
			{ target: target('b:1'), tally: busy },
		],
		2,
	);
	assert.deepEqual(
		result.keys.map(({ key, node, hits }) => [key, node, hits]),
		[
			['two', 'b:1', 400],
			['one', 'a:1', 500],
		],
	);
	const [two, one] = result.keys;
	assert.ok(Math.abs(two!.share! - 0.3) < 0.01 && Math.abs(one!.share! - 0.125) < 0.01);
	assert.ok(two!.low! < 0.3 && two!.high! > 0.3 && two!.high! - two!.low! < 0.1);
	assert.ok(Math.abs(two!.hitsPerSecond! - 1200) < 10);
	assert.ok(Math.abs(result.others!.share - (0.75 * 0.6 + 0.25 * 0.5)) < 1e-9);
	assert.deepEqual([result.others!.hits, result.others!.keys], [1100, 1100]);
	assert.deepEqual(
		result.byCommand.map(({ command, share, hits }) => [command, Math.round(share * 100), hits]),
		[
			['set', 75, 1000],
			['get', 25, 1000],
		],
	);
	const x = result.patterns.find(({ pattern }) => pattern === 'x:*')!;
	assert.ok(Math.abs(x.share - 0.575) < 1e-9);
	assert.deepEqual([x.hits, x.keys], [1100, 1100]);
	assert.equal(result.cost.commands, 6);
	assert.deepEqual(result.slots, []);
	assert.equal(one!.slot, 9084);
	// Splitting helps in a cluster, over both of its primaries.
	assert.match(adviceText(two!.mitigations.find(({ id }) => id === 'split')!), /split it in/);
});

test('one node alone: its shares are those of its window; elsewhere than in a cluster it has no slot', () => {
	const tally = windowOf(
		'a:1',
		times(100, at => hit(['k'], { command: at < 90 ? 'get' : 'set' })),
		500,
	);
	const result = mergeTallies([{ target: target('a:1', false), tally }], 10);
	assert.equal(result.keys[0]!.share, 1);
	assert.equal(result.keys[0]!.slot, undefined);
	assert.match(adviceText(result.keys[0]!.mitigations.find(({ id }) => id === 'split')!), /one node/);
	const [before] = result.keys[0]!.mitigations;
	const [advised] = withAdvice({ ...result, keys: result.keys.map(key => ({ ...key, ttlSeconds: 1 })) }).keys;
	assert.notEqual(
		adviceText(before!),
		adviceText(advised!.mitigations[0]!),
		'a copy is not kept longer than the key lives',
	);
});

test('a window that never opened is named and takes no part; one that saw nothing does', () => {
	const seen = windowOf(
		'a:1',
		times(10, () => hit(['k'])),
		100,
	);
	const refused = windowOf('b:1', [], 900, {
		...{ seconds: 0, endedBy: 'refused' },
		why: { kind: 'error', text: 'not allowed: +monitor' },
	});
	const idle = windowOf('c:1', [], 0, { opsBefore: 0 });
	const result = mergeTallies(
		[
			{ target: target('a:1'), tally: seen },
			{ target: target('b:1'), tally: refused },
			{ target: target('c:1'), tally: { ...idle, load: undefined } },
		],
		10,
	);
	assert.equal(result.keys[0]!.share, 1);
	assert.equal(result.nodes.length, 3);
	assert.deepEqual(noteTexts(result), ['b:1 is not in the figures: not allowed: +monitor']);
});

test('our own lines: by address; behind a NAT or at a socket file by what they ask', () => {
	const line = (client: string, ...args: string[]): MonitorLine => ({
		...{ at: 0, db: 0, client, args, isScript: client === 'lua', isCut: false },
	});
	const plain = ownLines({ clients: () => ['10.0.0.7:5'], known: '10.0.0.7:5', seen: '10.0.0.7:5' });
	assert.ok(plain(line('10.0.0.7:5', 'GET', 'k')));
	assert.ok(!plain(line('10.0.0.7:6', 'INFO')));
	assert.ok(!plain(line('lua', 'GET', 'k')));
	const nat = ownLines({ clients: () => ['10.0.0.7:5'], known: '10.0.0.7:5', seen: '192.168.0.1:99' });
	assert.ok(nat(line('192.168.0.1:77', 'info', 'memory')));
	assert.ok(!nat(line('192.168.0.1:77', 'GET', 'k')));
	assert.ok(!nat(line('192.168.0.2:77', 'INFO')));
	const file = ownLines({ clients: () => ['unix:/s'] });
	assert.ok(
		file(line('unix:/s', 'INFO')) && !file(line('unix:/s', 'GET', 'k')) && !file(line('10.0.0.1:1', 'INFO')),
	);
	assert.deepEqual(['10.0.0.1:6379', '[::1]:5', 'unix:/a:b', ''].map(hostOf), [
		'10.0.0.1',
		'::1',
		'unix',
		'',
	]);
});

test('bare quotes of Valkey 8.1.0 and 8.1.1: names with quotes and backslashes stay whole', () => {
	assert.ok(leavesQuotes('valkey', '8.1.1') && leavesQuotes('valkey', '8.1.0'));
	assert.ok(
		!leavesQuotes('valkey', '8.1.2') && !leavesQuotes('valkey', '8.1.10') && !leavesQuotes('redis', '8.1.1'),
	);
	// As it came over the wire from 8.1.1.
	const text = String.raw`+1795479956.565506 [0 127.0.0.1:44006] "GET" "quote"s'\"
+1795479956.565890 [0 127.0.0.1:44006] "SET" "{"id":1}" "a "b" c"
+1795479956.566332 [0 127.0.0.1:44006] "GET" "\"
+1795479956.566596 [0 127.0.0.1:44006] "GET" "a\qb\x1b\n"
+1795479956.567234 [0 127.0.0.1:44006] "GET" """
`.replaceAll('\n', '\r\n');
	const bytes = Buffer.from(text, 'latin1');
	for (const size of [1, 7, 1000]) {
		const parser = createMonitorParser({ hasBareQuotes: true });
		const lines: string[][] = [];
		for (let at = 0; at < bytes.length; at += size)
			parser.push(bytes.subarray(at, at + size), ({ args }) => void lines.push([...args]));
		assert.deepEqual(lines, [
			['GET', `quote"s'\\`],
			['SET', '{"id":1}', 'a "b" c'],
			['GET', '\\'],
			['GET', 'a\\qb\x1b\n'],
			['GET', '"'],
		]);
	}
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 200 }), any => {
			const parser = createMonitorParser({ hasBareQuotes: true });
			parser.push(Buffer.concat([Buffer.from('+1.5 [0 a:1] "'), any, Buffer.from('\n')]), () => {});
		}),
	);
});
