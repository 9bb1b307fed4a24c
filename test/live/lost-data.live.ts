// A primary that comes back empty under Sentinel and in a cluster: the command that is offered there keeps the replica's
// keys, and afterwards the old primary has them too. Minutes, not seconds.

import { describe, test } from 'node:test';
import { mayBeKilled, startCluster, startSentinels } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { until } from '../servers/until.ts';
import { fill, keyCount, keysOf, rescue, withTime } from './rescue.ts';

for (const server of await testServers('both'))
	describe(server.id, () => {
		test('under Sentinel: SENTINEL FAILOVER', async () => {
			// One replica, so that it is the one that is promoted; long enough that the Sentinels do not act by themselves.
			const trio = await startSentinels(server, { replicas: 1, downAfter: 60_000, config: withTime });
			const [holder] = trio.replicas;
			try {
				await fill(trio.primary);
				await until(async () => (await keysOf(holder!)) === keyCount, { what: 'the replica has the keys' });
				const on = (node: string) => trio.sentinels.some(({ address }) => address === node);
				const command = ['SENTINEL', 'FAILOVER', trio.name];
				await rescue({ seed: trio.sentinels[0]!, primary: trio.primary, holder: holder!, command, on });
				const isBack = async () => (await keysOf(trio.primary)) === keyCount;
				await until(isBack, { what: 'the old primary has the keys again', timeout: 60_000 });
			} finally {
				await trio.stop();
			}
		});

		test('in a cluster: CLUSTER FAILOVER FORCE', async () => {
			const cluster = await startCluster(server, { nodeTimeout: 15_000, config: withTime });
			const [primary] = cluster.primaries;
			const [holder] = cluster.replicas;
			try {
				const tags = [...'abcdefghijklmnop'];
				const slots = await Promise.all(tags.map(tag => primary!.call('CLUSTER', 'KEYSLOT', tag)));
				await fill(primary!, tags[slots.findIndex(slot => Number(slot) < 5461)]);
				await until(async () => (await keysOf(holder!)) === keyCount, { what: 'the replica has the keys' });
				await until(() => mayBeKilled(primary!), { what: 'it would start again' });
				const on = (node: string) => node === holder!.address;
				const command = ['CLUSTER', 'FAILOVER', 'FORCE'];
				await rescue({ seed: primary!, primary: primary!, holder: holder!, command, on });
				const isBack = async () => (await keysOf(primary!)) === keyCount;
				await until(isBack, { what: 'the old primary has the keys again', timeout: 60_000 });
			} finally {
				await cluster.stop();
			}
		});
	});
