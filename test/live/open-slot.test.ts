// What reads keys leaves a server alive whose slot is on the move. CLIENT NO-TOUCH and then any command with a key of such
// a slot ends Redis 8.0.2 and Valkey 8.1.1 by SIGSEGV: a scan during a reshard was the outage.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotOf } from '../../source/core/keys/key-slot.ts';
import { scanFleet } from '../../source/redis/big-keys/scan-fleet.ts';
import { lookAtKey } from '../../source/redis/key-look.ts';
import { plainDial, targetOf, usual } from '../big-keys/scan.ts';
import { startCluster } from '../servers/fleets.ts';
import { moveOf, openSlot } from '../servers/reshard.ts';
import { testServers } from '../servers/servers.ts';
import { lastLines } from '../servers/start.ts';

const key = 'cart:all';

for (const server of await testServers(['redis-trixie', 'valkey-trixie']))
	test(`${server.name} ${server.version}: a scan and a look at a key of an open slot, at both ends`, async () => {
		const cluster = await startCluster(server, { replicasEach: 0 });
		try {
			const slot = slotOf(key);
			const [from, to] = slot < 5461 ? [0, 1] : slot < 10_923 ? [1, 0] : [2, 0];
			const move = moveOf(cluster, from, to);
			await move.from.call(
				'HSET',
				key,
				...Array.from({ length: 600 }, (_, n) => [`f${n}`, 'x'.repeat(90)]).flat(),
			);
			await openSlot(slot, move);
			const pids = cluster.nodes.map(node => node.pid);
			const targets = cluster.nodes.map(node => ({ ...targetOf(node), isCluster: true }));
			const { keys, complete } = await scanFleet(targets, usual).result;
			assert.deepEqual([complete, keys[0]?.key, keys[0]?.type], [true, key, 'hash']);
			for (const { address } of [move.from, move.to]) {
				const look = await lookAtKey({
					dial: plainDial,
					node: address,
					key,
					db: 0,
					isCluster: true,
					withElements: true,
				});
				if (address === move.from.address) assert.equal(look.type, 'hash');
			}
			for (const [index, node] of cluster.nodes.entries()) {
				assert.ok(node.isRunning, lastLines(node.logfile));
				assert.equal((await node.info('server')).process_id, String(pids[index]));
			}
		} finally {
			await cluster.stop();
		}
	});
