// The harness itself, on every server the live tests run on: what it says is up answers, what it stops leaves neither
// process nor folder, nothing survives the test process even when that is killed, and the load's counts are the
// server's own. If one of these fails, no other live test can be believed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { isMeasured } from '../lane.ts';
import { startCluster, startPair, startSentinels } from './fleets.ts';
import { startLoad } from './load.ts';
import { getServers, type Server, testServers } from './servers.ts';
import { aclUser, isAlive, type RunningServer, startServer } from './start.ts';
import { until } from './until.ts';

/** Stops what was started and sees that nothing is left of it. */
async function stopAndLook(fleet: { stop(): Promise<void> }, nodes: readonly RunningServer[]): Promise<void> {
	const pids = nodes.map(node => node.pid);
	assert.deepEqual(
		pids.map(isAlive),
		pids.map(() => true),
	);
	await fleet.stop();
	assert.deepEqual(pids.filter(isAlive), []);
	assert.deepEqual(
		nodes.filter(node => existsSync(node.dir)),
		[],
	);
}

for (const server of await testServers('redis')) {
	describe(`${server.name} ${server.version}`, () => {
		test('a server answers, keeps its data over a restart, and can crash and freeze', () =>
			standalone(server));
		test('a server with TLS, a password and a socket', () => secured(server));
		test('a pair', () => pair(server));
		test('a primary with two replicas under three Sentinels', () => sentinels(server));
		test('a cluster of three primaries with a replica each', () => cluster(server));
		test('a load keeps its pace and counts what the server counts', () => load(server));
		test('nothing outlives a test process that is killed', () => killed(server));
	});
}

test('an unknown server is an error that names the known ones', async () => {
	await assert.rejects(
		getServers(['redis-woody']),
		/no server is called redis-woody: there are redis-bullseye, /,
	);
});

async function standalone(server: Server): Promise<void> {
	const running = await startServer(server);
	try {
		const info = await running.info();
		assert.equal(info.process_id, String(running.pid));
		assert.equal(info.valkey_version ?? info.redict_version ?? info.redis_version, server.version);
		assert.equal(await running.cli('SET', 'key', 'kept'), 'OK');
		await running.restart();
		assert.equal(await running.call('GET', 'key'), 'kept');

		await running.kill();
		assert.equal(running.isRunning, false);
		await assert.rejects(running.call('PING'), /closed/);
		await running.restart();

		running.freeze();
		const answer = running.call('PING');
		assert.equal(await Promise.race([answer, pause(200, 'silence')]), 'silence');
		running.thaw();
		assert.equal(await answer, 'PONG');

		await aclUser(running, 'ops', 'secret', ['+ping']);
		const ops = running.connect({ username: 'ops', password: 'secret' });
		assert.equal(await ops.ping(), 'PONG');
		await assert.rejects(ops.get('key'), /NOPERM/);
	} finally {
		await stopAndLook(running, [running]);
	}
}

async function secured(server: Server): Promise<void> {
	const running = await startServer(server, {
		tls: 'required',
		unixSocket: true,
		config: [
			['requirepass', 'two words'],
			['rename-command', 'FLUSHALL', ''],
		],
	});
	try {
		assert.equal(await running.call('PING'), 'PONG');
		assert.equal(await running.cli('PING'), 'PONG');
		await assert.rejects(running.connect({ tls: undefined }).ping(), /closed|timed out/);
		const local = running.connect({ path: running.unixSocket, tls: undefined });
		assert.equal(await local.ping(), 'PONG');
		await assert.rejects(local.flushall(), /unknown command/);
	} finally {
		await stopAndLook(running, [running]);
	}
}

async function pair(server: Server): Promise<void> {
	const fleet = await startPair(server, { config: { requirepass: 'secret' } });
	try {
		await fleet.primary.call('SET', 'key', 'copied');
		assert.equal(await fleet.primary.call('WAIT', 1, 5000), 1);
		assert.equal(await fleet.replica.call('GET', 'key'), 'copied');
		assert.equal((await fleet.replica.info()).role, 'slave');
	} finally {
		await stopAndLook(fleet, fleet.nodes);
	}
}

async function sentinels(server: Server): Promise<void> {
	const fleet = await startSentinels(server);
	try {
		for (const sentinel of fleet.sentinels) {
			assert.match(String(await sentinel.call('SENTINEL', 'CKQUORUM', fleet.name)), /^OK 3 usable/);
		}
		await fleet.primary.kill();
		const [sentinel] = fleet.sentinels;
		const primaryPort = async () =>
			Number(((await sentinel!.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', fleet.name)) as string[])[1]);
		const port = await until(
			async () => {
				const now = await primaryPort();
				return now !== fleet.primary.port && now;
			},
			{ what: 'the Sentinels have elected a replica' },
		);
		assert.ok(fleet.replicas.some(replica => replica.port === port));
		await fleet.primary.restart();
	} finally {
		await stopAndLook(fleet, fleet.nodes);
	}
}

async function cluster(server: Server): Promise<void> {
	const fleet = await startCluster(server);
	try {
		for (const node of fleet.nodes) {
			const info = String(await node.call('CLUSTER', 'INFO'));
			assert.match(info, /cluster_state:ok/);
			assert.match(info, /cluster_known_nodes:6/);
			assert.match(info, /cluster_slots_ok:16384/);
		}
		assert.equal(await fleet.nodes[0]!.cli('-c', 'SET', 'key', 'value'), 'OK');

		const load = await startLoad(fleet.primaries, { opsPerSecond: 3000 });
		await until(() => load.counts().commands >= 600, { what: '600 commands are answered' });
		const total = await load.stop();
		const [first, second, third] = fleet.primaries.map(primary => load.counts(primary));
		assert.equal(total.errors + total.lost + total.skipped, 0);
		assert.ok(Math.abs(first!.commands - second!.commands) <= 1);
		assert.ok(Math.abs(second!.commands - third!.commands) <= 1);

		// After a failover the share of that primary goes to its heir: no more is refused than was under way.
		const moving = await startLoad(fleet.primaries, { opsPerSecond: 300 });
		const [old, heir] = [fleet.primaries[0]!, fleet.replicas[0]!];
		await heir.call('CLUSTER', 'FAILOVER');
		await until(() => moving.counts(old).errors > 0, { what: 'the old primary answers MOVED' });
		const from = moving.counts(old);
		await until(() => moving.counts(old).hits > from.hits + 50, { what: 'the heir answers' });
		const followed = await moving.stop();
		assert.ok(followed.errors - from.errors <= 1000, `${followed.errors} errors`);
		assert.ok(Number((await heir.info('stats')).keyspace_hits) > 50);
	} finally {
		await stopAndLook(fleet, fleet.nodes);
	}
}

async function load(server: Server): Promise<void> {
	const running = await startServer(server);
	try {
		const tolerance = isMeasured ? 0.02 : 0.3;
		for (const opsPerSecond of [500, 5000]) {
			const applied = await startLoad([running], { opsPerSecond, hitShare: 0.75, isPaused: true });
			const before = await running.info();
			await applied.resume();
			const start = Date.now();
			// Any second and a half will do: a busy machine may hold up one of them.
			await until(
				() => {
					const [from, to] = [Date.now() - 1500, Date.now()];
					const rate = applied.between(from, to).commands / 1.5;
					return from >= start && Math.abs(rate / opsPerSecond - 1) < tolerance;
				},
				{ what: `the load keeps ${opsPerSecond} commands a second to ${100 * tolerance} %` },
			);
			const counts = await applied.stop();
			const after = await running.info();
			const grown = (name: string) => Number(after[name]) - Number(before[name]);
			// The one command more is the first INFO, which does not count itself.
			assert.equal(grown('total_commands_processed'), counts.commands + 1);
			assert.equal(grown('keyspace_hits'), counts.hits);
			assert.equal(grown('keyspace_misses'), counts.misses);
			assert.equal(counts.errors + counts.lost + counts.skipped, 0);
			const share = counts.hits / (counts.hits + counts.misses);
			assert.ok(Math.abs(share - 0.75) < 0.005, `${share} of the GETs hit`);
		}
	} finally {
		await stopAndLook(running, [running]);
	}
}

async function killed(server: Server): Promise<void> {
	const program = `
		import { startServer } from ${JSON.stringify(new URL('start.ts', import.meta.url).href)};
		const servers = await Promise.all([1, 2].map(() => startServer(${JSON.stringify(server)})));
		servers[1].freeze();
		await servers[0].stop();
		console.log(JSON.stringify({ pids: servers.map(one => one.pid), dir: servers[1].dir }));
		setInterval(() => {}, 1000);`;
	const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	try {
		const [line] = await once(createInterface(child.stdout), 'line');
		const { pids, dir } = JSON.parse(String(line)) as { pids: number[]; dir: string };
		assert.deepEqual(pids.map(isAlive), [false, true]);
		assert.ok(existsSync(dir));
		child.kill('SIGKILL');
		await until(() => !pids.some(isAlive) && !existsSync(dir), {
			what: 'the server and its folder are gone',
		});
	} finally {
		child.kill('SIGKILL');
	}
}
