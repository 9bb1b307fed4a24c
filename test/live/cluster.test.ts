// A real 3+3 cluster: found from each of its nodes, through a killed primary and a frozen one, and by a user with
// few rights.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { measured } from '../lane.ts';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { type Load, startLoad } from '../servers/load.ts';
import { testServers } from '../servers/servers.ts';
import { aclUser, findFreePort, type RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { gapsFrom, nodeOf, type Printed, runJson, runOnce } from './redis-top.ts';

for (const server of await testServers('redis')) {
	describe(`cluster of ${server.name} ${server.version}`, () => {
		let cluster: RunningCluster;
		let load: Load;
		before(async () => {
			cluster = await startCluster(server);
			load = await startLoad(cluster.primaries, { opsPerSecond: 600 });
		});
		after(async () => {
			await load.stop();
			await cluster.stop();
		});

		test('from any of its six nodes: six nodes, three shards, all slots, views that agree', async () => {
			await Promise.all(
				cluster.nodes.map(async seed => {
					// A view that comes late on a busy machine is asked again.
					const run = runJson(['-p', String(seed.port)]);
					const object = await run
						.when('six views', each => each.fleet.viewsAsked === 6)
						.finally(() => run.stop());
					assert.equal(object.mode, 'cluster');
					assert.deepEqual(
						object.nodes.map((node: Printed) => node.node).sort(),
						cluster.nodes.map(node => node.address).sort(),
						`seed ${seed.address}`,
					);
					assert.ok(object.nodes.every((node: Printed) => node.health === 'up'));
					assert.deepEqual(new Set(object.nodes.map((node: Printed) => node.shard)), new Set([1, 2, 3]));
					const { slotsCovered, viewsAgreeing, viewsAsked, clusterState } = object.fleet;
					assert.deepEqual(
						{ slotsCovered, viewsAgreeing, viewsAsked, clusterState },
						{ slotsCovered: 16384, viewsAgreeing: 6, viewsAsked: 6, clusterState: 'ok' },
					);
					for (const replica of cluster.replicas) {
						const row = nodeOf(object, replica.address);
						assert.equal(row.role, 'replica');
						assert.ok(cluster.primaries.some(primary => primary.address === row.primary));
					}
				}),
			);
		});

		test('a seed by another name is not a seventh node', async () => {
			const { stdout } = await runOnce([`localhost:${cluster.nodes[3]!.port}`, '--json', '-n', '1']);
			assert.equal(JSON.parse(stdout).nodes.length, 6);
		});

		test('a user without the cluster words sees its own node and which words it lacks', async () => {
			const node = cluster.primaries[0]!;
			await aclUser(node, 'vitals', 'secret', ['-@all', '+info', '+client|setname']);
			const args = ['-p', String(node.port), '--user', 'vitals', '--json', '-n', '1'];
			const object = JSON.parse((await runOnce(args, { REDISCLI_AUTH: 'secret' })).stdout);
			assert.equal(object.nodes.length, 1);
			assert.equal(object.nodes[0].health, 'up');
			assert.ok(object.nodes[0].refused.includes('+cluster|nodes'), JSON.stringify(object.nodes[0].refused));
		});

		test('a user with the vitals and cluster words sees all six', async () => {
			const words = ['-@all', '+info', '+client|setname', '+cluster|info', '+cluster|nodes'];
			for (const node of cluster.nodes) await aclUser(node, 'cluster', 'secret', words);
			const args = ['-p', String(cluster.nodes[4]!.port), '--user', 'cluster', '--json', '-n', '1'];
			const object = JSON.parse((await runOnce(args, { REDISCLI_AUTH: 'secret' })).stdout);
			assert.equal(object.nodes.filter((node: Printed) => node.health === 'up').length, 6);
			assert.equal(object.fleet.viewsAgreeing, 6);
		});

		test('a frozen node goes stale, the others keep their cadence', async () => {
			const run = runJson(['-p', String(cluster.nodes[0]!.port)]);
			const frozen = cluster.replicas[0]!;
			try {
				await run.when('three refreshes', () => run.objects.length >= 3);
				const from = run.objects.length;
				frozen.freeze();
				await run.when('stale', object => nodeOf(object, frozen.address).health === 'stale', { from });
				await run.when('six refreshes more', () => run.objects.length >= from + 6);
				measured(() => {
					const late = gapsFrom(run, from).filter(gap => gap > 1200);
					assert.deepEqual(late, [], 'at most 1.2 delays between two refreshes, also after the freeze');
					for (const object of run.objects.slice(from))
						assert.ok(object.nodes.filter((node: Printed) => node.health === 'up').length >= 5);
				});
				frozen.thaw();
				await run.when('up again', object => nodeOf(object, frozen.address).health === 'up', {
					from: run.objects.length,
				});
			} finally {
				frozen.thaw();
				await run.stop();
			}
		});

		test('a killed primary: said at once, promoted within a refresh, back as a replica', async () => {
			const run = runJson(['-p', String(cluster.primaries[2]!.port)]);
			const [killed, heir] = [cluster.primaries[0]!, cluster.replicas[0]!];
			try {
				await run.when('a rate everywhere', object =>
					cluster.primaries.every(node => nodeOf(object, node.address).opsPerSecond > 0),
				);
				const from = run.objects.length;
				const at = Date.now();
				await killed.kill();
				const down = await run.when('down', object => nodeOf(object, killed.address).health === 'down', {
					from,
				});
				measured(() => assert.ok(down.seenAt - at <= 2000, `said after ${down.seenAt - at} ms`));
				assert.ok(
					!run.objects
						.slice(from)
						.some(
							object =>
								nodeOf(object, killed.address).usedMemoryBytes !== null && object.seenAt > down.seenAt,
						),
				);
				const finding = await run.when(
					'unreachable',
					object => object.findings.some((each: Printed) => each.id === 'unreachable'),
					{ from },
				);
				assert.equal(
					finding.findings.find((each: Printed) => each.id === 'unreachable').node,
					killed.address,
				);
				const promotedAt = await until(
					async () => (await heir.info('replication')).role === 'master' && Date.now(),
					{ what: 'the promotion', every: 10, timeout: 20_000 },
				);
				const promoted = await run.when(
					'the promotion told',
					object =>
						object.events.some((event: Printed) => event.kind === 'promoted' && event.node === heir.address),
					{ from, timeout: 20_000 },
				);
				measured(() =>
					assert.ok(
						promoted.seenAt - promotedAt <= 1250,
						`told ${promoted.seenAt - promotedAt} ms after it happened`,
					),
				);
				const kinds = run.objects
					.slice(from)
					.flatMap(object => object.events.map((event: Printed) => event.kind));
				for (const kind of ['unreachable', 'link-lost', 'fail', 'promoted'])
					assert.ok(kinds.includes(kind), `${kind} in ${kinds}`);
				const settled = await run.when('all slots again', object => object.fleet.slotsCovered === 16384, {
					from: run.objects.indexOf(promoted),
				});
				const sum = settled.nodes
					.filter((node: Printed) => node.role === 'primary' && node.health === 'up')
					.reduce((keys: number, node: Printed) => keys + node.keys, 0);
				assert.equal(settled.fleet.keys, sum, 'the totals are those of the primaries that answer');
				await killed.restart();
				await run.when(
					'back as a replica',
					object =>
						nodeOf(object, killed.address).health === 'up' &&
						nodeOf(object, killed.address).role === 'replica',
					{
						from: run.objects.length - 1,
						timeout: 25_000,
					},
				);
				measured(() => {
					const late = gapsFrom(run, from).filter(gap => gap > 1250);
					assert.deepEqual(late, [], 'the others never miss a refresh');
				});
				for (const object of run.objects) {
					assert.ok((object.fleet.opsPerSecond ?? 0) >= 0);
					assert.ok((object.fleet.opsPerSecond ?? 0) < 5000, `absurd ${object.fleet.opsPerSecond}`);
				}
			} finally {
				await run.stop();
			}
		});

		test('announced addresses that cannot be reached are said, and mapped by --nat', async () => {
			const seed = cluster.nodes[1]!;
			// The servers go on where they are and announce ports behind which nobody listens.
			const announced = new Map<RunningServer, number>();
			// 6.0 says of itself what it announces only after a restart.
			const told = cluster.nodes.filter(node => node !== seed || !server.version.startsWith('6.0'));
			for (const node of told) announced.set(node, await findFreePort());
			for (const [node, port] of announced) await node.call('CONFIG', 'SET', 'cluster-announce-port', port);
			await until(
				async () => {
					const nodes = String(await seed.call('CLUSTER', 'NODES'));
					return [...announced.values()].every(port => nodes.includes(`:${port}@`));
				},
				{ what: 'the announced ports known' },
			);
			const plain = JSON.parse((await runOnce(['-p', String(seed.port), '--json', '-n', '1'])).stdout);
			assert.equal(plain.nodes.length, 6);
			const down = plain.nodes.filter((node: Printed) => node.health === 'down');
			assert.equal(down.length, 5, 'all but the seed, whose connection was typed');
			assert.match(down[0].error.text, /announced address \(--nat/);
			const rules = [...announced].flatMap(([node, port]) => ['--nat', `127.0.0.1:${port}=${node.address}`]);
			const mapped = JSON.parse(
				(await runOnce(['-p', String(seed.port), '--json', '-n', '1', ...rules])).stdout,
			);
			assert.deepEqual(
				mapped.nodes.map((node: Printed) => [node.node, node.health]).sort(),
				cluster.nodes.map(node => [`127.0.0.1:${announced.get(node) ?? node.port}`, 'up']).sort(),
			);
		});
	});
}
