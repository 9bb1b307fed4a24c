// --wait on a real cluster that is restarted node by node: the gate opens only when the node is back and in sync, and
// soon after; and what it says when it does not.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { type RunningCluster, startCluster, startPair } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { program, runOnce } from './redis-top.ts';

for (const server of await testServers('both')) {
	let cluster: RunningCluster;
	before(async () => {
		cluster = await startCluster(server);
	});
	after(() => cluster?.stop());

	/** What the servers say of themselves. */
	async function isWhole(node: RunningServer): Promise<boolean> {
		const info = await node.info('replication');
		if (info.role === 'slave') return info.master_link_status === 'up';
		const cluster = String(await node.call('CLUSTER', 'INFO'));
		return /cluster_state:ok/.test(cluster) && /cluster_slots_ok:16384/.test(cluster);
	}

	test(`${server.id}: a rolling restart waits for each node`, async () => {
		for (const node of [...cluster.replicas, ...cluster.primaries]) {
			await node.kill();
			const seed = cluster.nodes.find(each => each !== node)!.address;
			const waiting = runOnce(['--wait', 'healthy', '--for', '1s', '--timeout', '90s', seed]);
			let isOver = false;
			void waiting.then(() => {
				isOver = true;
			});
			await node.restart();
			await until(() => isWhole(node), { what: `${node.address} is in sync`, timeout: 60_000 });
			assert.equal(isOver, false, 'it held for a second of redis-top, so not before the servers said so');
			const { code, stdout, stderr } = await waiting;
			assert.equal(code, 0, `${stdout}\n${stderr}`);
			assert.match(stdout, /^OK healthy for 1s: 6 nodes, after /);
		}
	});

	test(`${server.id}: a node that stays away ends it with 2 and its name`, async () => {
		const [gone] = cluster.replicas;
		const seed = cluster.primaries[0]!.address;
		await gone!.kill();
		const { code, stdout, stderr } = await runOnce([
			'--wait',
			'healthy',
			'--for',
			'0.5s',
			'--timeout',
			'4s',
			seed,
		]);
		assert.equal(code, 2, stdout);
		assert.ok(stdout.includes(gone!.address), stdout);
		assert.match(stdout, /^CRITICAL not healthy after 4(\.\d)?s$/m);
		assert.match(stderr, /^redis-top: waiting: /m);
		await gone!.restart();
	});

	test(`${server.id}: a reader that has left makes no 0 of a gate that stayed closed`, async () => {
		const node = await startServer(server);
		try {
			const words = ['--wait', 'healthy', '--for', '5s', '--timeout', '5s', node.address];
			const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
			child.stdout.destroy();
			assert.equal(await new Promise(resolve => child.on('close', resolve)), 1);
		} finally {
			await node.stop();
		}
	});

	test(`${server.id}: a finding that is over opens the gate, and JSON says the same`, async () => {
		const pair = await startPair(server);
		try {
			await pair.primary.call('CONFIG', 'SET', 'maxmemory', 1);
			const waiting = runOnce([
				...['--wait', 'over-limit', '--for', '1s', '--timeout', '60s', '--json'],
				pair.primary.address,
			]);
			await new Promise(resolve => setTimeout(resolve, 3000));
			await pair.primary.call('CONFIG', 'SET', 'maxmemory', 0);
			const { code, stdout } = await waiting;
			const { wait } = JSON.parse(stdout);
			assert.deepEqual([code, wait.goal, wait.met, wait.code, wait.wrong], [0, 'over-limit', true, 0, []]);
		} finally {
			await pair.stop();
		}
	});
}
