// Real servers whose address is lost, is a name, or is another than they announce: what the built program shows of them and
// what --check says. The cases in numbers are test/update/addresses.test.ts; here it shows that servers really say so.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { buildIfStale } from '../built.ts';
import { startCluster } from '../servers/fleets.ts';
import { having } from '../servers/having.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { runJson, runOnce } from './redis-top.ts';

const running: { stop(): Promise<void> }[] = [];
const kept = async <Fleet extends { stop(): Promise<void> }>(starting: Promise<Fleet>): Promise<Fleet> => {
	const fleet = await starting;
	running.push(fleet);
	return fleet;
};
after(async () => {
	await Promise.all(running.map(fleet => fleet.stop()));
});

const checked = (...args: readonly string[]) => runOnce(['--check', '-d', '0.25', ...args]);

const servers = await testServers('redis');
for (const server of servers) {
	const { id } = server;

	test(`${id}: slots whose owner has no address any more are served by nobody`, async () => {
		buildIfStale();
		const { primaries, ids } = await kept(startCluster(server, { primaries: 3, replicasEach: 0 }));
		const [seed, , third] = primaries as [RunningServer, RunningServer, RunningServer];
		await third.kill();
		rmSync(path.join(third.dir, 'nodes.conf'));
		await third.restart();
		await until(async () => /noaddr/.test(await seed.cli('CLUSTER', 'NODES')), {
			what: 'the seed has lost the address of the third',
		});
		const { stdout, code } = await checked(seed.address);
		assert.equal(code, 2, stdout);
		assert.match(stdout, /^CRITICAL slots-uncovered: 546\d of 16384 slots uncovered/m);
		assert.match(stdout, new RegExp(`^CRITICAL unreachable ${ids[2]}: no usable address`, 'm'));
	});

	test(`${id}: a cluster of one node that never met another owns its slots`, async () => {
		const alone = await kept(startServer(server, { config: { 'cluster-enabled': 'yes' } }));
		await alone.call('CLUSTER', 'ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot));
		const run = runJson(['-d', '0.25', alone.address]);
		running.push(run);
		const object = await run.when('all slots covered', each => each.fleet.slotsCovered === 16_384);
		assert.deepEqual(
			object.nodes.map((node: { node: string; slots: unknown; shard: number }) => [
				node.node,
				node.slots,
				node.shard,
			]),
			[[alone.address, [[0, 16_383]], 1]],
		);
		await run.stop();
	});
}

// The names stay in the configuration of a Sentinel long after a pod and its name are gone. Names came with 6.2.
const withNames = { redis: 6.2, valkey: 0, redict: 0 };
for (const server of having("a Sentinel's master whose name does not resolve", withNames, servers))
	test(`${server.id}: a Sentinel's master whose name does not resolve is down`, async () => {
		for (const announced of ['no', 'yes']) {
			const sentinel = await kept(
				startServer(server, {
					isSentinel: true,
					config: [
						['sentinel', 'resolve-hostnames', 'yes'],
						['sentinel', 'announce-hostnames', announced],
						['sentinel', 'monitor', 'gone', 'nowhere.invalid', '6379', '2'],
						['sentinel', 'down-after-milliseconds', 'gone', '500'],
					],
				}),
			);
			const { stdout, code } = await checked(sentinel.address);
			const row = announced === 'yes' ? 'nowhere.invalid:6379' : 'gone';
			assert.equal(code, 2, stdout);
			assert.match(stdout, new RegExp(`^CRITICAL unreachable ${row}: no`, 'm'));
			assert.match(stdout, new RegExp(`^CRITICAL quorum-lost ${row}: gone`, 'm'));
		}
	});
