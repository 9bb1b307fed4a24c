// The scan against real servers of each kind: its list against an exhaustive one, its counts and shares against what
// was written, its hits against the server's own counter, and what happens to the server and the truth in between:
// pause, stop, a lost connection, a crash, FLUSHALL, a script that blocks, names of any bytes, several databases.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { BigKeysResult } from '../../source/core/keys/big-keys.ts';
import { bigKeysJson, bigKeysText } from '../../source/output/big-keys.ts';
import { scanFleet } from '../../source/redis/big-keys/scan-fleet.ts';
import { costAhead } from '../../source/view/screens/big-keys/rows.ts';
import { measured, often } from '../lane.ts';
import { startCluster } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { aclUser, type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { fillMixed, mixedKey, send } from './fill.ts';
import { plainDial, scanned, slowly, targetOf, usual, whenScanned } from './scan.ts';

const keys = often(25_000, 60_000);

/** MEMORY USAGE of every key, largest first. */
async function everySize(node: RunningServer): Promise<{ key: string; bytes: number }[]> {
	const client = node.connect();
	const sizes: { key: string; bytes: number }[] = [];
	for (let from = 0; from < keys; from += 5000) {
		const pipeline = client.pipeline();
		const names = Array.from({ length: 5000 }, (_, index) => mixedKey(from + index).key);
		for (const name of names) pipeline.call('MEMORY', 'USAGE', name, 'SAMPLES', '0');
		const replies = await pipeline.exec();
		names.forEach((key, index) => {
			sizes.push({ key, bytes: Number(replies![index]![1]) });
		});
	}
	client.disconnect();
	return sizes.sort((a, b) => b.bytes - a.bytes);
}

function truth(): Map<string, { keys: number; without: number }> {
	const patterns = new Map<string, { keys: number; without: number }>();
	for (let n = 0; n < keys; n++) {
		const { pattern, hasTtl } = mixedKey(n);
		const sums = patterns.get(pattern) ?? { keys: 0, without: 0 };
		patterns.set(pattern, sums);
		sums.keys++;
		if (!hasTtl) sums.without++;
	}
	return patterns;
}

const hitsOf = async (node: RunningServer) => Number((await node.info('stats')).keyspace_hits);

for (const server of await testServers('valkey')) {
	describe(`big keys on ${server.name} ${server.version}`, () => {
		let node: RunningServer;
		before(async () => {
			node = await startServer(server, { config: { databases: 4 } });
			await fillMixed(node, keys);
		});
		after(() => node.stop());

		test('the largest, the counts, the shares, the hits, the clocks', async () => {
			const sizes = await everySize(node);
			const probe = sizes[0]!.key;
			const idle = async () => Number(await node.call('OBJECT', 'IDLETIME', probe));
			await until(async () => (await idle()) >= 2, { what: 'the probe is idle for 2 s' });
			const idleBefore = await idle();
			const hitsBefore = await hitsOf(node);
			const result = await scanned([node]);
			assert.equal((await hitsOf(node)) - hitsBefore, result.hitsAdded, 'hits as declared');
			assert.ok((await idle()) >= idleBefore, 'the clock of the largest key was left alone');

			assert.equal(result.complete, true);
			assert.equal(result.scanned, keys);
			const all = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
			const off = Math.abs(result.totalBytes - all) / all;
			assert.ok(off <= (result.sizeMargin ?? 0) + 0.005, `${off} off, margin ${result.sizeMargin}`);
			// How many elements there is time for is the server's to say: what is no estimate is true.
			const sizeOf = new Map(sizes.map(({ key, bytes }) => [key, bytes]));
			for (const { key, bytes, sizeEstimated } of result.keys)
				if (!sizeEstimated) assert.equal(bytes, sizeOf.get(key));
			if (result.keys.every(({ sizeEstimated }) => !sizeEstimated))
				assert.deepEqual(
					result.keys.map(({ bytes }) => bytes),
					sizes.slice(0, 100).map(({ bytes }) => bytes),
				);
			checkPatterns(result, false);
			for (const key of result.keys) {
				assert.ok(key.type !== undefined && key.encoding !== undefined && key.ttlSeconds !== undefined);
				assert.equal(key.ttlSeconds === null, !mixedKeyOf(key.key).hasTtl);
			}
			const types = new Map(result.types.map(group => [group.type, group]));
			assert.ok(Math.abs(types.get('string')!.keys - 0.6 * keys) < 0.03 * keys);
			assert.equal(
				result.types.reduce((sum, group) => sum + group.keys, 0),
				keys,
			);
			// Of a small key space one of a hundred would say nothing; of a million keys it is the limit.
			assert.ok(result.hitsAdded <= 6000, `${result.hitsAdded} hits`);
			// The later the answers, the less is known of what to draw: a machine that is busy has wider margins.
			for (const { margin } of result.patterns) assert.ok(margin! <= 0.055, `${margin}`);
			measured(() => assert.ok(result.patterns.every(({ margin }) => margin! <= 0.035)));
		});

		test('--exact: types, TTLs and bytes without one are exact, and so are the hits', async () => {
			const hitsBefore = await hitsOf(node);
			const result = await scanned([node], { isExact: true, top: 10 });
			assert.equal((await hitsOf(node)) - hitsBefore, result.hitsAdded);
			assert.ok(result.hitsAdded >= 2 * keys);
			checkPatterns(result, true);
			const without = [...truth().values()].reduce((sum, sums) => sum + sums.without, 0);
			assert.equal(
				result.types.reduce((sum, group) => sum + group.keysWithoutTtl!, 0),
				without,
			);
			assert.ok(result.types.every(({ estimated }) => !estimated));
			assert.equal(result.keys.length, 10);
		});

		test('a long list takes nothing from the sample: types are those of all keys', async () => {
			const result = await scanned([node], { top: 1000 });
			assert.equal(result.keys.length, 1000);
			const found = new Map(result.types.map(group => [group.type, group.keys]));
			for (const [type, share] of Object.entries({
				string: 0.6,
				hash: 0.1,
				list: 0.1,
				set: 0.1,
				zset: 0.1,
			})) {
				const off = Math.abs((found.get(type) ?? 0) / keys - share);
				assert.ok(off < 0.04, `${type}: ${found.get(type)} of ${keys}`);
			}
			const { hits } = costAhead([{ ...targetOf(node), keys }], { scanRate: 0, scanTop: 1000 }, false);
			assert.ok(result.hitsAdded <= hits!, `${result.hitsAdded} of ${hits} that were told`);
		});

		test('a database without TTL: its share, also of a part; with --exact as counted', async () => {
			const without = [...truth().values()].reduce((sum, sums) => sum + sums.without, 0);
			const scan = scanFleet([targetOf(node)], slowly);
			const part = await whenScanned(scan, 5000, async () => scan.stop());
			const [some] = part.databases;
			assert.ok(some!.keys < keys / 2, `${some!.keys} of ${keys}: a part`);
			const off = Math.abs(some!.keysWithoutTtl! / some!.keys - without / keys);
			assert.ok(off < 0.001, `${some!.keysWithoutTtl} of ${some!.keys}`);
			const [all] = (await scanned([node], { isExact: true })).databases;
			assert.deepEqual([all!.keysWithoutTtl, all!.estimated], [without, false]);
		});

		test('a server that dies: what the sample read of listed keys is not forgotten', async () => {
			const mortal = await startServer(server, { config: { databases: 1 } });
			try {
				await fillMixed(mortal, keys);
				const scan = scanFleet([targetOf(mortal)], {
					...slowly,
					rate: (keys * 2) / 3,
					patienceSeconds: 0.5,
					top: 300,
				});
				const result = await whenScanned(scan, (keys * 2) / 3, () => mortal.kill());
				assert.equal(result.complete, false);
				const typed = result.keys.filter(({ type }) => type !== undefined);
				const timed = result.keys.filter(({ ttlSeconds }) => ttlSeconds !== undefined);
				// The two are asked apart; how far either had come is chance.
				assert.ok(typed.length + timed.length > 0, `${typed.length} and ${timed.length} of 300`);
				for (const { key, ttlSeconds } of timed) assert.equal(ttlSeconds === null, !mixedKeyOf(key).hasTtl);
			} finally {
				await mortal.stop();
			}
		});

		test('who may read some keys: those are sized, the others counted, and it is not complete', async () => {
			await aclUser(node, 'part', 'secret', ['~page:*', '+@all']);
			const dial = { ...plainDial, credentials: { user: 'part', password: 'secret' } };
			const pages = truth().get('page:*')!.keys;
			for (const isExact of [false, true]) {
				const result = await scanned([node], { dial, isExact });
				assert.deepEqual([result.scanned, result.complete], [pages, false]);
				const others = (keys - pages).toLocaleString('en-US');
				assert.match(result.partial[0]!.reason, new RegExp(`^${others} keys may not be sized by this user`));
				assert.deepEqual(
					result.patterns.map(group => [group.pattern, group.keys]),
					[['page:*', pages]],
				);
			}
		});

		test('names of any bytes, of any length, and in several databases', async () => {
			const other = await startServer(server, { config: { databases: 4 } });
			try {
				const names = [
					'',
					' ',
					'two words',
					'new\nline',
					'\x1b[2J\x1b]0;x\x07',
					'\x00\xff\xfe',
					'"quoted"',
					'a\r\n$3\r\nfoo\r\n',
					'k'.repeat(300_000),
					'na\xc3\xafve',
				];
				await send(
					other,
					names.map((name, index) => ['SET', name, 'x'.repeat(5000 + index * 1000)]),
				);
				await send(other, [
					['SELECT', 2],
					['SET', 'two words', 'x'.repeat(50_000)],
					['RPUSH', 'list', 1, 2, 3],
				]);
				const result = await scanned([other]);
				assert.equal(result.scanned, names.length + 2);
				assert.deepEqual(
					result.keys
						.filter(({ db }) => db === 0)
						.map(({ key }) => key)
						.sort(),
					[...names].sort(),
				);
				assert.deepEqual(
					result.keys
						.filter(({ db }) => db === 2)
						.map(({ key }) => key)
						.sort(),
					['list', 'two words'],
				);
				assert.deepEqual(
					result.databases.map(({ db, keys }) => [db, keys]),
					[
						[0, names.length],
						[2, 2],
					],
				);
				const text = bigKeysText(result);
				assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
				const json = bigKeysJson(result) as { keys: { key: string; quoted?: boolean }[] };
				const quoted = json.keys.filter(key => key.quoted).map(({ key }) => key);
				assert.deepEqual(quoted.sort(), [
					'"\\x00\\xff\\xfe"',
					'"\\x1b[2J\\x1b]0;x\\a"',
					'"a\\r\\n$3\\r\\nfoo\\r\\n"',
					'"new\\nline"',
				]);
				assert.ok(json.keys.some(({ key, quoted }) => key === 'naïve' && !quoted));
				assert.ok(json.keys.some(({ key, quoted }) => key === '"quoted"' && !quoted));
				assert.ok(json.keys.some(({ key }) => key.length === 300_000));
			} finally {
				await other.stop();
			}
		});

		test('who may not: the reason, with the word of the ACL', async () => {
			await aclUser(node, 'few', 'secret', ['+@connection', '+info', '+scan', '~*']);
			const dial = { ...plainDial, credentials: { user: 'few', password: 'secret' } };
			const result = await scanned([node], { dial });
			assert.match(result.partial[0]!.reason, /\+memory/);
			const wrong = { ...plainDial, credentials: { user: 'few', password: 'wrong' } };
			const refused = await scanned([node], { dial: wrong });
			assert.match(refused.partial[0]!.reason, /wrong user or password/);
			assert.equal(refused.scanned, 0);
		});
	});

	test(`a cluster of ${server.name} ${server.version}: all primaries, their replicas, one lost`, async () => {
		const cluster = await startCluster(server);
		try {
			for (const primary of cluster.primaries) await fillMixed(primary, 10_000, 'own');
			await Promise.all(
				cluster.replicas.map(replica =>
					until(async () => Number(await replica.call('DBSIZE')) === 10_000, {
						what: 'the replica has all keys',
					}),
				),
			);
			const primaries = cluster.primaries.map(one => ({ ...targetOf(one), isCluster: true }));
			const replicas = cluster.replicas.map((one, index) => ({
				...targetOf(one),
				...{ primary: cluster.primaries[index]!.address, isReplica: true, isCluster: true },
			}));
			const all = await scanFleet(primaries, usual).result;
			assert.deepEqual([all.scanned, all.complete], [30_000, true]);
			assert.ok(all.keys.every(({ slot }) => slot !== undefined));
			assert.equal(new Set(all.keys.map(({ node }) => node)).size, 3);
			const spared = await scanFleet(replicas, usual).result;
			assert.deepEqual([spared.scanned, spared.complete], [30_000, true]);
			assert.ok(
				spared.keys.some(({ items }) => (items ?? 0) > 100),
				'items are read on replicas',
			);
			// The same names again from another node: counted once.
			const twice = await scanFleet([...primaries, ...replicas], usual).result;
			assert.equal(twice.scanned, 30_000);

			const scan = scanFleet(replicas, {
				...usual,
				...{ rate: 5000, progressMilliseconds: 20, patienceSeconds: 1 },
			});
			let killed: Promise<void> | undefined;
			for await (const { scanned } of scan) if (scanned > 3000) killed ??= cluster.replicas[1]!.kill();
			await killed;
			const result = await scan.result;
			assert.deepEqual(
				result.partial.map(({ node }) => node),
				[cluster.replicas[1]!.address],
			);
			assert.ok(result.scanned > 20_000 && result.scanned < 30_000);
		} finally {
			await cluster.stop();
		}
	});
}

function mixedKeyOf(key: string) {
	const id = Number(/\d+/.exec(key)![0]);
	return mixedKey(id / 7919);
}

/** Counts are exact; shares without TTL are, or lie within what is said of them (promises.test.ts: how often). */
function checkPatterns(result: BigKeysResult, isExact: boolean): void {
	const expected = truth();
	const found = new Map(result.patterns.map(group => [group.pattern, group]));
	assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
	for (const [pattern, { keys, without }] of expected) {
		const group = found.get(pattern)!;
		assert.equal(group.keys, keys, pattern);
		const off = Math.abs(group.keysWithoutTtl! - without) / keys;
		assert.ok(off <= (isExact ? 0 : 2.5 * group.margin!), `${pattern}: off by ${off}`);
		assert.equal(group.estimated, !isExact);
	}
}
