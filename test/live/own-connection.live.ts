// As own-connection.test.ts, for longer: CLIENT KILL TYPE normal every 2 s for a minute on six nodes, and ten failovers
// of Sentinels. All the while another client reaches every node.

import { test } from 'node:test';
import { startCluster, startSentinels } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { assertNobodyMissed, killOurs, switchByHand } from './lost-connections.ts';
import { runJson } from './redis-top.ts';

for (const server of await testServers('both')) {
	test(`${server.name} ${server.version}: a minute of CLIENT KILL TYPE normal`, async () => {
		const cluster = await startCluster(server);
		const run = runJson(['-p', String(cluster.nodes[0]!.port)]);
		try {
			await run.when('six rows', object => object.nodes.length === 6);
			const end = Date.now() + 60_000;
			while (Date.now() < end) await killOurs(run, cluster.nodes);
			assertNobodyMissed(run);
		} finally {
			await run.stop();
			await cluster.stop();
		}
	});

	test(`${server.name} ${server.version}: ten failovers of Sentinels`, async () => {
		const fleet = await startSentinels(server);
		const run = runJson(['-p', String(fleet.sentinels[0]!.port)]);
		try {
			await run.when('three rows', object => object.nodes.length === 3);
			for (let turn = 0; turn < 10; turn++) await switchByHand(run, fleet);
			assertNobodyMissed(run);
		} finally {
			await run.stop();
			await fleet.stop();
		}
	});
}
