// A primary that comes back empty under Sentinel and in a cluster: the command that is offered there keeps the replica's
// keys, and afterwards the old primary has them too. And what goes too slowly for two readings, or as one huge key.
// Minutes, not seconds.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defaultLimits } from '../../source/core/thresholds.ts';
import { mayBeKilled, startCluster, startSentinels } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { fill, keyCount, keysOf, rescue, withTime } from './rescue.ts';
import { watchFleet } from './watch-fleet.ts';

/** However slow the machine is, all that the test does is within it. */
const patient = {
	...defaultLimits,
	'keys-lost': {
		...defaultLimits['keys-lost'],
		extra: { ...defaultLimits['keys-lost'].extra, slowSeconds: 3600 },
	},
};

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

		test('most keys that go in steps are an event with what was seen, and no finding', async () => {
			const node = await startServer(server);
			const watched = watchFleet(node, { state: { limits: patient } });
			const told = (text: RegExp) => () => watched.fleet().events.some(event => text.test(event.text));
			const nextRounds = async (rounds: number) => {
				const wanted = watched.fleet().rounds + rounds;
				await until(() => watched.fleet().rounds >= wanted, { what: `${rounds} more rounds` });
			};
			try {
				await node.call('EVAL', "for i=1,20000 do redis.call('SET','k'..i,'x') end", 0);
				await nextRounds(2);
				for (let step = 0; step < 12; step += 1) {
					const keys = Array.from({ length: 1000 }, (_, index) => `k${step * 1000 + index + 1}`);
					await node.call('UNLINK', ...keys);
					await nextRounds(1);
				}
				const most = /^20\.0k keys to (10\.0|9\.0)k in \S+, neither expired nor evicted$/;
				await until(told(most), { what: 'half of the keys are told' });
				const lost = watched.fleet().now.findings.filter(({ id }) => id === 'keys-lost');
				assert.deepEqual(lost, []);
			} finally {
				await watched.stop();
				await node.stop();
			}
		});

		test('a huge key that is unlinked is an event with what was seen', async () => {
			const node = await startServer(server);
			await node.call('SETRANGE', 'huge', 130_000_000, 'x');
			const watched = watchFleet(node, { state: { limits: patient } });
			try {
				await until(() => watched.fleet().rounds >= 2, { what: 'it is watched' });
				await node.call('UNLINK', 'huge');
				const fell =
					/^used memory fell from 12\d(\.\d)?M to \S+ in \S+: 1 key fewer, none expired or evicted$/;
				const event = () => watched.fleet().events.find(({ text }) => fell.test(text));
				await until(event, { what: 'the fall is told' });
			} finally {
				await watched.stop();
				await node.stop();
			}
		});
	});
