// A cluster of several databases (Valkey from 9.0 on, cluster-databases) and a server of several: what is said of a
// slot or of a key is of all of them, or of the one that it is in. Counts of a slot are per selected database
// (https://github.com/valkey-io/valkey/pull/1671): "0 keys left" of a slot whose 300 keys are in db 5, a hot key "absent".

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HotKey, HotTarget } from '../../source/core/keys/hot-keys.ts';
import { slotOf } from '../../source/core/keys/key-slot.ts';
import { describeHotKeys } from '../../source/redis/hot-keys/describe-keys.ts';
import { NodeLink } from '../../source/redis/hot-keys/node-link.ts';
import { SlotStats } from '../../source/redis/hot-keys/slot-stats.ts';
import { lookAtKey } from '../../source/redis/key-look.ts';
import { send } from '../big-keys/fill.ts';
import { plainDial, scanned } from '../big-keys/scan.ts';
import { startCluster } from '../servers/fleets.ts';
import { having } from '../servers/having.ts';
import { moveOf, openSlot, tagIn } from '../servers/reshard.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { watchFleet } from './watch-fleet.ts';

const hot = (key: string, node: string, db?: number): HotKey => ({
	...{ key, node, db, method: 'monitor', replicas: [], mitigations: [] },
});
const targetOf = (node: RunningServer, isCluster: boolean): HotTarget => ({
	...{ address: node.address, isReplica: false, isCluster, replicas: [] },
});

const slot = 77;

const servers = await testServers('valkey');

for (const server of having('a cluster of several databases', { valkey: 9 }, servers))
	test(`${server.name} ${server.version}: a cluster of several databases`, async () => {
		const cluster = await startCluster(server, { replicasEach: 0, config: { 'cluster-databases': 16 } });
		const watched = watchFleet(cluster.nodes[0]!);
		try {
			const move = moveOf(cluster, 0, 1);
			const key = `hot:{${tagIn(slot)}}`;
			assert.equal(slotOf(key), slot);
			await send(move.from, [
				['SELECT', 5],
				...Array.from({ length: 300 }, (_, n) => ['SET', `in:{${tagIn(slot)}}:${n}`, 'x']),
				['SELECT', 9],
				['HSET', key, 'a', '1', 'b', '2'],
			]);
			await openSlot(slot, move);
			watched.press('3');
			const open = await until(
				() => watched.fleet().migrations.list.find(({ keysLeft }) => keysLeft !== undefined),
				{ what: 'the keys that are left are told' },
			);
			assert.equal(open.keysLeft, 301);

			const target = targetOf(move.from, true);
			const { keys } = await describeHotKeys([hot(key, move.from.address, 9)], [target], {
				dial: plainDial,
			});
			assert.deepEqual([keys[0]?.exists, keys[0]?.type], [true, 'hash']);
			const look = await lookAtKey({
				...{ dial: plainDial, node: move.from.address, db: 9, key },
				...{ isCluster: true, withElements: false },
			});
			assert.deepEqual([look.type, look.items, look.slot], ['hash', 2, slot]);

			// The names in a hot slot, of each database.
			const link = new NodeLink(target, { dial: plainDial });
			const seen = new Map<number, number>();
			const hotSlot = { ...{ slot, share: 0.9, keys: 301 }, cpuMicrosecondsPerSecond: 90_000 };
			await new SlotStats(link).lookInto(
				[{ ...hotSlot, node: move.from.address, opsPerSecond: 1 } as never],
				[0, 5, 9],
				async (db, names) => {
					seen.set(db, names.length);
				},
			);
			link.close();
			assert.deepEqual(
				[...seen],
				[
					[5, 300],
					[9, 1],
				],
			);

			const result = await scanned([move.from], { top: 5 });
			assert.deepEqual(
				result.keys.map(({ db }) => db).sort((a, b) => a - b),
				[5, 5, 5, 5, 9],
			);
		} finally {
			await watched.stop();
			await cluster.stop();
		}
	});

for (const server of servers)
	test(`${server.name} ${server.version}: a hot key of which no database is told is looked for in each`, async () => {
		const node = await startServer(server, { config: { databases: 8 } });
		try {
			await send(node, [
				['SET', 'plain', 'x'],
				['SELECT', 6],
				['RPUSH', 'queue', 'a', 'b'],
			]);
			const target = targetOf(node, false);
			const { keys } = await describeHotKeys(
				[hot('queue', node.address), hot('plain', node.address), hot('gone', node.address)],
				[target],
				{ dial: plainDial },
			);
			assert.deepEqual(
				keys.map(({ exists, type, db }) => [exists, type, db]),
				[
					[true, 'list', 6],
					[true, 'string', undefined],
					[false, undefined, undefined],
				],
			);
		} finally {
			await node.stop();
		}
	});
