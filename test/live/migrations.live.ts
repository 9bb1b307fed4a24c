// Slots on their way on real servers, as the screen of the cluster has them: a reshard while it runs, one that breaks off
// in the middle, and what is said of both when they are over. Atomic migrations where the server has them (Valkey 9).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Migration } from '../../source/core/cluster/migration-record.ts';
import { send } from '../big-keys/fill.ts';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { having } from '../servers/having.ts';
import { closeSlot, moveKeys, moveOf, moveSlot, openSlot, tagIn } from '../servers/reshard.ts';
import { testServers } from '../servers/servers.ts';
import { until } from '../servers/until.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

async function withCluster(
	server: Parameters<typeof startCluster>[0],
	act: (cluster: RunningCluster, watched: WatchedFleet) => Promise<void>,
): Promise<void> {
	const cluster = await startCluster(server, { replicasEach: 0 });
	const watched = watchFleet(cluster.nodes[0]!);
	try {
		await until(() => watched.fleet().rounds > 1 && watched.fleet().now.fleet.nodes.length === 3, {
			what: 'all three are watched',
		});
		watched.press('3');
		await act(cluster, watched);
	} finally {
		await watched.stop();
		await cluster.stop();
	}
}

const runningIn = ({ fleet }: WatchedFleet): readonly Migration[] =>
	fleet().migrations.list.filter(({ endedAt }) => endedAt === undefined);

const keysEach = 20_000;
const slot = 77;

/** Keys of one slot, so that it takes a while to move. */
const fill = (cluster: RunningCluster) =>
	send(
		cluster.nodes[0]!,
		Array.from({ length: keysEach }, (_, n) => ['SET', `moving:{${tagIn(slot)}}:${n}`, 'x'.repeat(20)]),
	);

const servers = await testServers('both');

for (const server of servers) {
	const name = `${server.name} ${server.version}`;

	test(`${name}: a reshard while it runs: slots done, keys left, speed, time left; then it is over`, () =>
		withCluster(server, async (cluster, watched) => {
			await fill(cluster);
			const move = moveOf(cluster, 0, 1);
			for (const empty of [1, 2, 3]) await moveSlot(empty, move);
			await openSlot(slot, move);
			let isOver = false;
			const moving = (async () => {
				// As slow as one over a long way: it lasts for several refreshes.
				while (!isOver && (await moveKeys(slot, move, 20))) await pause(5);
			})();
			const seen = await until(
				() =>
					runningIn(watched).find(
						({ keysPerSecond, secondsLeft }) => keysPerSecond !== undefined && secondsLeft !== undefined,
					),
				{ what: 'a speed and the time left are told' },
			);
			assert.equal(seen.kind, 'classic');
			assert.deepEqual([seen.source, seen.target], [move.from.address, move.to.address]);
			assert.deepEqual(seen.slots, [[slot, slot]]);
			const left = Number(await move.from.call('CLUSTER', 'COUNTKEYSINSLOT', slot));
			assert.ok(seen.keysLeft! >= left && seen.keysLeft! <= keysEach, `${seen.keysLeft} left, ${left} now`);
			assert.ok(seen.keysPerSecond! > 0, `${seen.keysPerSecond} keys a second`);
			assert.match(watched.screen(), new RegExp(`\\b${slot}\\b`));
			isOver = true;
			await moving;
			while (await moveKeys(slot, move, 1000));
			await closeSlot(slot, move);
			await until(() => runningIn(watched).length === 0, { what: 'it is over' });
			const [ended] = watched.fleet().migrations.list;
			assert.equal(ended?.kind, 'classic');
			assert.equal(ended?.hasFailed, false);
			assert.ok(ended!.slotsDone >= 1, `${ended?.slotsDone} slots done`);
		}));

	test(`${name}: a reshard that broke off: the open slot is named, at which end, until it is mended`, () =>
		withCluster(server, async (cluster, watched) => {
			await fill(cluster);
			const move = moveOf(cluster, 0, 1);
			await openSlot(slot, move);
			await moveKeys(slot, move, 500);
			// The target was told that it has the slot, the source never: what a reshard that is killed leaves behind.
			await move.to.call('CLUSTER', 'SETSLOT', slot, 'STABLE');
			const open = await until(() => runningIn(watched).find(({ kind }) => kind === 'left-open'), {
				what: 'the slot that was left open is named',
			});
			assert.deepEqual(open.slots, [[slot, slot]]);
			assert.equal(open.openAt, 'source');
			assert.match(watched.screen(), new RegExp(`\\b${slot}\\b`));
			await move.from.call('CLUSTER', 'SETSLOT', slot, 'STABLE');
			await until(() => runningIn(watched).length === 0, { what: 'nothing is open' });
		}));
}

for (const server of having('an atomic migration, CLUSTER MIGRATESLOTS', { valkey: 9 }, servers))
	test(`${server.name} ${server.version}: an atomic migration is told with its slots, and that it is over`, () =>
		withCluster(server, async (cluster, watched) => {
			await fill(cluster);
			const { from, to, idTo } = moveOf(cluster, 0, 1);
			await from.call('CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', 0, 999, 'NODE', idTo);
			const told = await until(() => watched.fleet().migrations.list.find(({ kind }) => kind === 'atomic'), {
				what: 'the migration is told',
			});
			assert.deepEqual(told.slots, [[0, 999]]);
			assert.deepEqual([told.source, told.target], [from.address, to.address]);
			const ended = await until(
				() => watched.fleet().migrations.list.find(each => each.id === told.id && each.endedAt !== undefined),
				{ what: 'it is over' },
			);
			assert.equal(ended.hasFailed, false);
		}));
