// What only the newest servers have, on whatever server is named: each is asked what it can, and what it cannot is neither
// sent to it nor claimed. Hashes whose fields expire (Redis 7.4, Valkey 9), vector sets (Redis 8), sizes in bytes
// (key-memory-histograms, 8.6), what each client did (Valkey 8, Redis 8.6), atomic migrations (Redis 8.4, Valkey 9).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { slotOf } from '../../source/core/keys/key-slot.ts';
import { countersOf, loadsBetween, sumLoads } from '../../source/core/node/client-load.ts';
import { allInBytes, largestBin, parseKeysizes } from '../../source/core/parse/keysizes.ts';
import { parseClientList } from '../../source/core/parse/parse-client-list.ts';
import type { FleetEvent } from '../../source/core/types.ts';
import { lookAtKey } from '../../source/redis/key-look.ts';
import { send, type Words } from '../big-keys/fill.ts';
import { plainDial, scanned } from '../big-keys/scan.ts';
import { startCluster } from '../servers/fleets.ts';
import { moveOf, tagIn } from '../servers/reshard.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { watchFleet } from './watch-fleet.ts';

const hashes = 2000;

function* someHashes(): Iterable<Words> {
	for (let n = 0; n < hashes; n++) {
		yield ['HSET', `session:${n}`, 'user', n, 'token', 'x'.repeat(40)];
		yield ['HSET', `profile:${n}`, 'name', n, 'code', '1234'];
	}
	yield ['SET', 'plain', 'x'.repeat(100)];
}

/** All fields of a session, one of a profile. */
function* fieldTtls(): Iterable<Words> {
	for (let n = 0; n < hashes; n++) {
		yield ['HEXPIRE', `session:${n}`, 3600, 'FIELDS', 2, 'user', 'token'];
		yield ['HEXPIRE', `profile:${n}`, 3600, 'FIELDS', 1, 'code'];
	}
}

for (const server of await testServers('both'))
	describe(`${server.name} ${server.version}`, () => {
		let node: RunningServer;
		const knows = async (command: string) =>
			((await node.call('COMMAND', 'INFO', command)) as readonly unknown[])[0] !== null;
		const look = (key: string) =>
			lookAtKey({
				...{ dial: plainDial, node: node.address, db: 0, key },
				...{ isCluster: false, withElements: false },
			});
		before(async () => {
			node = await startServer(server);
			assert.equal(await send(node, someHashes()), 0);
		});
		after(() => node.stop());

		test('a hash leaves with its last field where each has a TTL; what a server would refuse is not sent', async () => {
			const hasFields = await knows('hpttl');
			if (hasFields) assert.equal(await send(node, fieldTtls()), 0);
			for (const isExact of [false, true]) {
				const { patterns, databases } = await scanned([node], { isExact });
				const without = (pattern: string) => {
					const group = patterns.find(each => each.pattern === pattern)!;
					return group.keysWithoutTtl! / group.keys;
				};
				assert.equal(without('profile:*'), 1);
				assert.equal(without('session:*'), hasFields ? 0 : 1);
				const share = databases[0]!.keysWithoutTtl! / databases[0]!.keys;
				const expected = hasFields ? 0.5 : 1;
				assert.ok(Math.abs(share - expected) < 0.1, `${share} of the database, ${expected} expected`);
			}
			const [session, profile, plain] = [
				await look('session:7'),
				await look('profile:7'),
				await look('plain'),
			];
			assert.deepEqual(
				[session.fields?.expire, profile.fields?.expire, plain.fields],
				hasFields ? ['all', 'some', undefined] : [undefined, undefined, undefined],
			);
			assert.deepEqual([session.ttlSeconds, session.idleSeconds !== undefined], [null, true]);
			const sent = await node.info('commandstats');
			assert.equal(sent['cmdstat_object|freq'], undefined, 'an error where the policy keeps no such counter');
			assert.equal(sent.cmdstat_hpttl !== undefined, hasFields);
		});

		test('a vector set has as many items as it has', async () => {
			if (!(await knows('vcard'))) return;
			for (const n of [1, 2, 3]) await node.call('VADD', 'vectors', 'VALUES', 2, n, 1, `e${n}`);
			const { type, items } = await look('vectors');
			assert.deepEqual([type, items], ['vectorset', 3]);
		});

		test('what each client did between two lists is what it was asked to do', async () => {
			const list = async () => parseClientList(String(await node.call('CLIENT', 'LIST')));
			const client = node.connect();
			await client.client('SETNAME', 'worker');
			const from = countersOf(await list(), { at: 0, runId: 'run' });
			const calls = 500;
			await Promise.all(Array.from({ length: calls }, () => client.get('plain')));
			const now = await list();
			client.disconnect();
			if (now.every(({ commandsRun }) => commandsRun === undefined)) return assert.equal(from, undefined);
			const loads = loadsBetween(from!, now, { at: 1000, runId: 'run' })!;
			const worker = sumLoads(
				now.filter(({ name }) => name === 'worker'),
				loads,
			);
			assert.equal(worker?.commandsPerSecond, calls);
			assert.ok(worker.outputPerSecond >= calls * 100, `${worker.outputPerSecond} bytes out`);
		});
	});

for (const server of await testServers('both'))
	test(`${server.name} ${server.version}: with key-memory-histograms the largest key is known by its bytes`, async () => {
		const plain = await startServer(server);
		const known = (await plain.call('CONFIG', 'GET', 'key-memory-histograms')) as readonly string[];
		await plain.stop();
		if (known.length === 0) return;
		const node = await startServer(server, { config: { 'key-memory-histograms': 'yes' } });
		try {
			const items = Array.from({ length: 3000 }, () => 'x'.repeat(200));
			await node.call('RPUSH', 'list', ...items);
			await node.call('HSET', 'hash', 'field', 'value');
			const [largest] = allInBytes(parseKeysizes(String(await node.call('INFO', 'keysizes'))))!;
			const bytes = Number(await node.call('MEMORY', 'USAGE', 'list', 'SAMPLES', '0'));
			const { from, below } = largestBin(largest!)!;
			assert.equal(largest!.type, 'lists');
			assert.ok(from <= bytes && bytes < below, `${bytes} in ${from} to ${below}`);
		} finally {
			await node.stop();
		}
	});

for (const server of await testServers('both'))
	test(`${server.name} ${server.version}: atomic migrations are events, whatever screen is seen`, async () => {
		const cluster = await startCluster(server, { replicasEach: 0 });
		const watched = watchFleet(cluster.nodes[0]!);
		try {
			await until(() => watched.fleet().rounds > 1 && watched.fleet().now.fleet.nodes.length === 3, {
				what: 'all three are watched',
			});
			const { from, to, idTo } = moveOf(cluster, 0, 1);
			const can = async (words: readonly string[]) =>
				((await from.call('CLUSTER', 'HELP')) as readonly string[]).some(line =>
					words.every(word => line.startsWith(word)),
				);
			const isRedis = await can(['MIGRATION']);
			if (!isRedis && !(await can(['MIGRATESLOTS']))) return;
			const keys = Array.from({ length: 500 }, (_, n): Words => ['SET', `a:{${tagIn(7)}}:${n}`, n]);
			assert.equal(slotOf(`a:{${tagIn(7)}}:0`), 7);
			assert.equal(await send(from, keys), 0);
			if (isRedis) await to.call('CLUSTER', 'MIGRATION', 'IMPORT', 0, 99);
			else await from.call('CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', 0, 99, 'NODE', idTo);
			const told = (kind: FleetEvent['kind']) => () =>
				watched.fleet().events.find(each => each.kind === kind && each.text.includes('slots 0-99'));
			const ended = await until(told('migration-ended'), { what: 'its end is an event' });
			const started = await until(told('migration-started'), { what: 'its start is an event' });
			assert.match(ended.text, new RegExp(`^migration of slots 0-99 to ${to.address} ended, took `));
			assert.equal(started.node, from.address);
			assert.ok(started.at <= ended.at);
		} finally {
			await watched.stop();
			await cluster.stop();
		}
	});
