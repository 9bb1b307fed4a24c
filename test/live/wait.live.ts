// --wait on a real cluster that is restarted node by node: the gate opens only when the node is back and in sync, and
// soon after; and what it says when it does not.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningCluster, startCluster, startPair } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { program, runOnce } from './redis-top.ts';

/** REDIS_TOP_RESTARTS=20: more of them, and some long enough for a failover. */
const restarts = Number(process.env.REDIS_TOP_RESTARTS ?? 6);

for (const server of await testServers('both')) {
	let cluster: RunningCluster;
	before(async () => {
		cluster = await startCluster(server);
	});
	after(() => cluster?.stop());

	/** What the servers say of themselves. */
	async function areWhole(): Promise<boolean> {
		const told = await Promise.all(
			cluster.nodes.map(async node => ({
				replication: await node.info('replication'),
				state: String(await node.call('CLUSTER', 'INFO')),
			})),
		);
		const isServed = /cluster_state:ok[\s\S]*cluster_slots_ok:16384/;
		return (
			told.every(({ state }) => isServed.test(state)) &&
			told.filter(({ replication }) => replication.master_link_status === 'up').length === 3
		);
	}

	test(`${server.id}: a rolling restart waits for each node`, async context => {
		const order = [...cluster.replicas, ...cluster.primaries];
		const late: number[] = [];
		for (let count = 0; count < restarts; count++) {
			const node = order[count % order.length]!;
			await node.kill();
			const seed = cluster.nodes.find(each => each !== node)!.address;
			let endedAt: number | undefined;
			const waiting = runOnce(['--wait', 'healthy', '--for', '1s', '--timeout', '90s', seed]).then(out => {
				endedAt = performance.now();
				return out;
			});
			// Longer than a node may be away before another takes its place, at times.
			if (restarts > order.length) await pause(500 + (count % 5) * 1000);
			await node.restart();
			await until(areWhole, { what: `${node.address} is in sync`, timeout: 60_000 });
			assert.equal(
				endedAt,
				undefined,
				'it held for a second of redis-top, so not before the servers said so',
			);
			const wholeAt = performance.now();
			const { code, stdout, stderr } = await waiting;
			assert.equal(code, 0, `${stdout}\n${stderr}`);
			assert.match(stdout, /^OK healthy for 1s: 6 nodes, after /);
			late.push(endedAt! - wholeAt - 1000);
		}
		late.sort((one, other) => one - other);
		const [middle, most] = [late[late.length >> 1]!, late.at(-1)!].map(Math.round);
		context.diagnostic(
			`${restarts} restarts, none too early; later than the servers and a second: ${middle} ms, at most ${most} ms`,
		);
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
