// Connections of ours that others end: CLIENT KILL, the role changes of Sentinels, a proxy with an idle timeout. The
// nodes are well, and whoever asks them is answered: nobody is told that one cannot be reached. A minute of it and ten
// failovers are in own-connection.live.ts.

import { test } from 'node:test';
import { startCluster, startSentinels } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import { assertNobodyMissed, killOurs, switchByHand } from './lost-connections.ts';
import { runJson } from './redis-top.ts';

const ofEvery = async (
	name: string,
	run: (server: Awaited<ReturnType<typeof testServers>>[number]) => Promise<void>,
) => {
	for (const server of await testServers('redis'))
		test(`${server.name} ${server.version}: ${name}`, () => run(server));
};

await ofEvery('CLIENT KILL TYPE normal on six nodes', async server => {
	const cluster = await startCluster(server);
	const run = runJson(['-p', String(cluster.nodes[0]!.port), '-d', '0.5']);
	try {
		await run.when('six rows', object => object.nodes.length === 6);
		for (let round = 0; round < 4; round++) await killOurs(run, cluster.nodes);
		assertNobodyMissed(run);
	} finally {
		await run.stop();
		await cluster.stop();
	}
});

await ofEvery('a Sentinel failover by hand', async server => {
	const fleet = await startSentinels(server);
	const run = runJson(['-p', String(fleet.sentinels[0]!.port), '-d', '0.5']);
	try {
		await run.when('three rows', object => object.nodes.length === 3);
		await switchByHand(run, fleet);
		assertNobodyMissed(run);
	} finally {
		await run.stop();
		await fleet.stop();
	}
});

// HAProxy's `timeout client` ends connections that are well: https://github.com/DandyDeveloper/charts/issues/34
await ofEvery('a proxy that ends each connection when it was idle for 0.3 s', async server => {
	const node = await startServer(server);
	const proxy = await startCuttingProxy([node.port], 300);
	const run = runJson(['-p', String(proxy.port), '-d', '0.5']);
	try {
		await run.when('ten refreshes', () => run.objects.length >= 10);
		assertNobodyMissed(run);
	} finally {
		await run.stop();
		await proxy.stop();
		await node.stop();
	}
});
