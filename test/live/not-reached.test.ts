// Nodes that only we do not reach. A cluster behind a NAT, of which one node can be reached: scripted, for its peers must
// see what is not there. And a real primary whose way to us is cut: it serves on, and is lost only when it really dies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeNow } from '../../source/redis/clock.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { plainDial } from '../big-keys/scan.ts';
import { startScripted } from '../scale/scripted.ts';
import { startCluster } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { withoutCodes } from '../view/frame-files.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

const idsOf = (watched: WatchedFleet) => watched.fleet().now.findings.map(finding => finding.id);
const isFound = (watched: WatchedFleet, id: string) => idsOf(watched).includes(id);

// docker-library/redis#190, redis/redis#2939
test('a cluster behind a NAT: a warning a node, no failover, no fast phase', async () => {
	const scripted = await startScripted({ kind: 'cluster', nodes: 6 });
	await scripted.tell([1, 2, 3, 4, 5], { mode: 'refuse' });
	const seen: { isFast: boolean; ids: readonly string[] }[] = [];
	const watched = watchFleet(
		{ address: scripted.addresses[0]! },
		{
			state: { delaySeconds: 0.25 },
			engine: {
				onState: state =>
					seen.push({ isFast: state.isFast, ids: state.fleets[0]!.now.findings.map(({ id }) => id) }),
			},
		},
	);
	try {
		await until(() => idsOf(watched).filter(id => id === 'not-reached').length === 5, {
			what: 'five warnings',
		});
		await until(() => watched.fleet().rounds >= 8, { what: 'eight refreshes' });
		assert.deepEqual([...new Set(seen.flatMap(({ ids }) => ids))], ['not-reached']);
		assert.ok(seen.every(({ isFast }) => !isFast));
		assert.deepEqual(watched.fleet().failovers, []);
		const { fleet } = watched.fleet().now;
		assert.deepEqual(
			fleet.nodes.map(node => node.role),
			['primary', 'replica', 'primary', 'replica', 'primary', 'replica'],
		);
		assert.match(fleet.nodes[2]!.error!.text, /^cannot be reached from here: .* \(--nat FROM=TO maps it\)$/);
		assert.match(watched.screen(), /primary +cannot be reached from here/);
		watched.press('3');
		assert.match(watched.screen(), /not known for any shard/);
	} finally {
		await watched.stop();
		await scripted.stop();
	}
});

for (const server of await testServers('valkey'))
	test(`${server.name} ${server.version}: our way to a primary is cut, and then it dies`, async () => {
		const cluster = await startCluster(server);
		const [primary] = cluster.primaries;
		const proxy = await startCuttingProxy([primary!.port]);
		const nat = new Map([[primary!.address, `127.0.0.1:${proxy.port}`]]);
		const watched = watchFleet(cluster.nodes[1]!, {
			state: { delaySeconds: 0.5 },
			engine: { dials: new Map([[0, { ...plainDial, nat }]]) },
		});
		const isUp = () => watched.fleet().now.fleet.nodes.filter(node => node.health === 'up').length === 6;
		try {
			await until(isUp, { what: 'six nodes up' });
			await proxy.stop();
			await until(() => isFound(watched, 'unreachable'), { what: 'said at once' });
			await until(() => isFound(watched, 'not-reached') && !isFound(watched, 'unreachable'), {
				what: 'it is we who do not reach it',
				timeout: 30_000,
			});
			assert.ok(!isFound(watched, 'failover-impossible'));
			await until(() => !watched.state().isFast && watched.fleet().failovers.length === 0, {
				what: 'the suspicion is dropped',
				timeout: 30_000,
			});
			await primary!.kill();
			await until(() => isFound(watched, 'unreachable'), { what: 'its peers do not reach it either' });
			await until(() => watched.fleet().failovers[0]?.newPrimary !== undefined, {
				what: 'the failover is told',
				timeout: 30_000,
			});
		} finally {
			await watched.stop();
			await proxy.stop().catch(() => {});
			await cluster.stop();
		}
	});

for (const server of await testServers('valkey'))
	test(`${server.name} ${server.version}: a primary that allow leaves out is not measured, frozen or not`, async () => {
		const primary = await startServer(server, { host: '127.0.0.2' });
		const replica = await startServer(server, { config: { replicaof: `127.0.0.2 ${primary.port}` } });
		const bounds = { seeds: [replica.address], isDiscoveryOn: true, mostNodes: 10, allow: ['10.0.0.0/8'] };
		const fleet = newFleetTrack(0, 'test', [replica.address], timeNow(), bounds);
		const watched = watchFleet(replica, { state: { delaySeconds: 0.25, fleets: [fleet] } });
		try {
			await until(() => watched.fleet().now.fleet.nodes.some(node => node.isLinkUp), { what: 'the link' });
			primary.freeze();
			await until(() => /^! not measured \(not dialled: not in allow\)/m.test(plain(watched)), {
				what: 'said on the screen',
			});
		} finally {
			await watched.stop();
			await Promise.all([primary.stop(), replica.stop()]);
		}
	});

const plain = (watched: WatchedFleet) => withoutCodes(watched.screen());
