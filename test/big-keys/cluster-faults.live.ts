// What happens to a cluster while it is scanned: primaries are killed and replicas promoted, slots move. As in
// faults.test.ts, on one node: whatever it was, the scan ends, counts no key twice, misses none that it could have read,
// and says what it cannot know.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BigKeysResult } from '../../source/core/keys/big-keys.ts';
import { scanNoteWords } from '../../source/core/keys/scan-note-words.ts';
import { scanFleet } from '../../source/redis/big-keys/scan-fleet.ts';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { moveOf, moveSlot, tagIn } from '../servers/reshard.ts';
import { testServers } from '../servers/servers.ts';
import { lastLines } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { fillMixed, send } from './fill.ts';
import { keysByPattern, slowly, targetOf, whenScanned } from './scan.ts';

const patternKeys = (result: BigKeysResult) => result.patterns.reduce((sum, group) => sum + group.keys, 0);

for (const server of await testServers('both')) {
	describe(`a scan of a cluster of ${server.name} ${server.version} while`, () => {
		const each = 8000;

		async function withCluster(act: (cluster: RunningCluster) => Promise<void>): Promise<void> {
			const cluster = await startCluster(server);
			try {
				for (const primary of cluster.primaries) await fillMixed(primary, each, 'own');
				await Promise.all(
					cluster.replicas.map(replica =>
						until(async () => Number(await replica.call('DBSIZE')) === each, {
							what: 'the replica has all keys',
						}),
					),
				);
				await act(cluster);
			} catch (error) {
				// A server that ended in the middle says why in its log, which goes with it.
				const logs = cluster.nodes.map(node => `${node.address}\n${lastLines(node.logfile)}`);
				throw new Error(logs.join('\n'), { cause: error });
			} finally {
				await cluster.stop();
			}
		}

		const primaryTargets = (cluster: RunningCluster) =>
			cluster.primaries.map((one, index) => ({
				...targetOf(one),
				...{ isCluster: true, standIns: [cluster.replicas[index]!.address] },
			}));
		const replicaTargets = (cluster: RunningCluster) =>
			cluster.replicas.map((one, index) => ({
				...targetOf(one),
				...{ primary: cluster.primaries[index]!.address, isReplica: true, isCluster: true },
				standIns: [cluster.primaries[index]!.address],
			}));

		test('the primary of a scanned replica is killed: the replica is promoted and read to its end', () =>
			withCluster(async cluster => {
				const scan = scanFleet(replicaTargets(cluster), { ...slowly, rate: 1500 });
				const [primary] = cluster.primaries;
				const [replica] = cluster.replicas;
				const result = await whenScanned(scan, each, async () => {
					await primary!.kill();
					await until(async () => (await replica!.info('replication')).role === 'master', {
						what: 'the replica is promoted',
					});
				});
				assert.deepEqual([result.scanned, result.complete], [3 * each, true]);
				assert.deepEqual(result.partial, []);
				assert.doesNotMatch(
					result.notes.map(scanNoteWords).join('\n'),
					/slots? moved/,
					'a failover moves no slots',
				);
				assert.ok(result.keys.some(({ node }) => node === replica!.address));
			}));

		test('a scanned primary is killed: from the beginning at the replica that is promoted', () =>
			withCluster(async cluster => {
				const scan = scanFleet(primaryTargets(cluster), { ...slowly, rate: 2000 });
				const result = await whenScanned(scan, each, () => cluster.primaries[0]!.kill());
				assert.deepEqual([result.scanned, result.complete], [3 * each, true]);
				assert.match(result.notes.map(scanNoteWords).join('\n'), /was lost after/);
				assert.equal(patternKeys(result), 3 * each);
			}));

		test('slots move: each key counts once, none of the others is missed, and it is said', () =>
			withCluster(async cluster => {
				const [from, to] = cluster.primaries;
				const moving = [0, 1, 2, 3, 4, 5, 6, 7].map(slot => slot * 600);
				// 100 keys in each of the slots that will move, by hash tag.
				const tags = moving.map(slot => tagIn(slot));
				await send(
					from!,
					tags.flatMap(tag =>
						Array.from({ length: 100 }, (_, n) => ['SET', `moving:{${tag}}:${n}`, 'x'.repeat(50)]),
					),
				);
				const targets = primaryTargets(cluster).map(({ standIns: _, ...target }) => target);
				const scan = scanFleet(targets, { ...slowly, rate: 3000 });
				const result = await whenScanned(scan, each, async () => {
					for (const slot of moving) await moveSlot(slot, moveOf(cluster, 0, 1));
				});
				assert.equal(result.complete, true);
				const patterns = keysByPattern(result);
				const moved = [...patterns].filter(([pattern]) => pattern.startsWith('moving:'));
				const movedKeys = moved.reduce((sum, [, count]) => sum + count, 0);
				assert.ok(movedKeys <= 800, `${movedKeys} of 800, each counted once`);
				const own = await Promise.all(moving.map(slot => to!.call('CLUSTER', 'COUNTKEYSINSLOT', slot)));
				const inMoved = own.reduce<number>((sum, count) => sum + Number(count), 0);
				assert.ok(inMoved >= 800);
				// Those of the shop that moved may be missing, all others are there.
				assert.ok(patternKeys(result) - movedKeys >= 3 * each - (inMoved - 800));
				assert.ok(patternKeys(result) <= 3 * each + 800);
				assert.match(
					result.notes.map(scanNoteWords).join('\n'),
					/8 slots moved to another node meanwhile: keys in them may be missing/,
				);
			}));
	});
}
