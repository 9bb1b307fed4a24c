// The demo for real: a cluster that comes up, traffic that flows, memory that fills, a failover that happens, and
// nothing that stays, however it ends. Its servers are watched over connections of the test's own.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { slotOf } from '../../source/core/keys/key-slot.ts';
import { startDemo } from '../../source/demo/demo.ts';
import { type FoundServer, findServer } from '../../source/demo/find-server.ts';
import { type Scenario, scenarioNames, scenarios } from '../../source/demo/scenario.ts';
import { openDemoClient } from '../../source/redis/demo-client.ts';
import { having } from '../servers/having.ts';
import { type Server, testServers } from '../servers/servers.ts';
import { isAlive, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';

const servers = having('the demo', { redis: 0, valkey: 0 }, await testServers('valkey'));
const foundOf = ({ name, server, version }: Server): FoundServer => ({
	name: name as FoundServer['name'],
	path: server,
	version,
});

for (const server of servers) {
	describe(`the demo on ${server.name} ${server.version}`, () => {
		test('six nodes with traffic, a failover, and nothing left', () => failover(server));
		test('nothing outlives a process that is killed', () => ended(server, child => child.kill('SIGKILL')));
		test('nothing outlives a process that exits without a stop', () =>
			ended(server, child => child.stdin!.write('\n')));
		test('its client takes no other server', () => refused(server));
	});
}

test('memory fills, keys are evicted, the hit rate falls', async () => {
	const demo = await startDemo({ scenario: 'memory', server: foundOf(servers[0]!), repeats: false });
	const nodes = await lookAt(demo.seeds);
	try {
		const full = nodes[1]!;
		const before = await full.info();
		assert.equal(Number(before.evicted_keys), 0);
		const { evicted_keys } = await until(
			async () => {
				const info = await full.info();
				return Number(info.evicted_keys) > 1000 && info;
			},
			{ what: 'a thousand keys are evicted', timeout: 30_000 },
		);
		assert.ok(Number(evicted_keys) > 1000);
		const calm = hitRate(before, await full.info());
		await until(async () => hitRateOver(full, 2000).then(rate => rate < calm - 0.04), {
			what: `the hit rate is 4 points under ${calm}`,
			timeout: 30_000,
		});
		assert.equal(Number((await nodes[0]!.info()).evicted_keys), 0, 'the others have room');
		const { total_error_replies: errors } = await full.info();
		assert.equal(errors, before.total_error_replies, 'what was evicted is no error of the shop');
	} finally {
		for (const node of nodes) node.close();
		await demo.stop();
	}
});

test('each scenario goes forward, revives whom it killed and ends calm', () => {
	assert.deepEqual([...scenarioNames].sort(), ['calm', 'deploy', 'failover', 'memory', 'story']);
	for (const name of scenarioNames) {
		const { steps, seconds }: Scenario = scenarios[name];
		const times = [0, ...steps.map(step => step.at), seconds];
		assert.deepEqual(
			times,
			[...times].sort((a, b) => a - b),
		);
		const acts = steps.flatMap(step => step.act ?? []);
		assert.ok(acts.lastIndexOf('kill') <= acts.lastIndexOf('revive'), name);
		assert.equal(steps.findLast(step => step.mix)?.mix?.pagesPerSecond ?? 0, 0, name);
	}
});

test('slots as the servers count them', () => {
	assert.equal(slotOf('123456789'), 12_739);
	assert.equal(slotOf('{user1000}.following'), slotOf('user1000'));
	assert.equal(slotOf('foo{}{bar}'), slotOf('foo{}{bar}'));
	assert.notEqual(slotOf('foo{}{bar}'), slotOf('bar'));
	assert.equal(slotOf('foo{{bar}}zap'), slotOf('{bar'));
});

test('a server is found by what it says of itself', () => {
	const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-test-'));
	try {
		const inFolder = (name: string) => path.join(folder, name);
		const pathOf = (...names: string[]) => ({ PATH: ['/nonexistent', ...names.map(inFolder)].join(':') });
		for (const name of ['fake', 'plain', 'other']) mkdirSync(inFolder(name));
		mkdirSync(inFolder('other/redis-server'));
		writeFileSync(inFolder('plain/redis-server'), '#!/bin/sh\necho Redis server v=7.0.0\n');
		writeFileSync(inFolder('fake/valkey-server'), '#!/bin/sh\necho hello\n');
		chmodSync(inFolder('fake/valkey-server'), 0o755);
		assert.equal(findServer({}), undefined);
		assert.equal(findServer(pathOf('fake', 'plain', 'other')), undefined);
		for (const server of servers) {
			assert.deepEqual(findServer({ PATH: `/nonexistent:${path.dirname(server.server)}` }), foundOf(server));
		}
		// As Debian's valkey-redis-compat has it.
		writeFileSync(inFolder('fake/redis-server'), '#!/bin/sh\necho "Valkey server v=8.1.1 sha=0 bits=64"\n');
		chmodSync(inFolder('fake/redis-server'), 0o755);
		mkdirSync(inFolder('linked'));
		symlinkSync(inFolder('fake/redis-server'), inFolder('linked/redis-server'));
		assert.equal(findServer(pathOf('linked'))?.name, 'valkey');
	} finally {
		rmSync(folder, { recursive: true });
	}
});

async function failover(server: Server): Promise<void> {
	const problems: string[] = [];
	const demo = await startDemo({
		scenario: 'failover',
		server: foundOf(server),
		repeats: false,
		onProblem: text => problems.push(text),
	});
	const nodes = await lookAt(allOf(demo.seeds));
	try {
		for (const node of nodes) {
			const text = String(await node.redis.call('CLUSTER', 'INFO'));
			assert.match(text, /cluster_state:ok/);
			assert.match(text, /cluster_known_nodes:6/);
			assert.match(text, /cluster_slots_ok:16384/);
		}
		const primaries = nodes.slice(0, 3);
		// On a slow machine the one that is killed may be gone by now.
		const rates = await Promise.allSettled(primaries.map(node => opsOver(node, 1500)));
		const ops = rates.reduce((sum, rate) => sum + (rate.status === 'fulfilled' ? rate.value : 0), 0);
		assert.ok(ops > 100, `${ops} commands a second`);

		const [killed, heir] = [nodes[2]!, nodes[5]!];
		await until(() => !isAlive(killed.pid), { what: 'the primary is killed' });
		await until(async () => (await heir.info()).role === 'master', { what: 'its replica takes over' });
		const before = await heir.info();
		await until(async () => Number((await heir.info()).keyspace_hits) > Number(before.keyspace_hits) + 200, {
			what: 'the traffic follows',
		});
		const [back] = await until(() => lookAt([killed.address]), { what: 'it is back', timeout: 20_000 });
		await until(
			async () => {
				const info = await back!.info();
				return info.role === 'slave' && info.master_link_status === 'up';
			},
			{ what: 'it is a replica in step' },
		);
		nodes.push(back!);
		assert.deepEqual(problems, []);
	} finally {
		for (const node of nodes) node.close();
		await demo.stop();
	}
	assert.deepEqual(
		nodes.filter(node => isAlive(node.pid)).map(node => node.address),
		[],
	);
	assert.ok(!existsSync(nodes[0]!.folder));
	assert.deepEqual(processesWith(nodes[0]!.folder), []);
}

async function ended(server: Server, end: (child: ReturnType<typeof runDemo>) => void): Promise<void> {
	const child = runDemo(server);
	const [line] = await once(child.stdout!, 'data');
	const nodes = await lookAt(allOf(JSON.parse(String(line)).seeds));
	for (const node of nodes) node.close();
	const [{ folder }] = nodes as [Seen];
	assert.ok(existsSync(folder));
	assert.equal(processesWith(folder).length, 1, 'the watchdog');
	end(child);
	await until(
		() =>
			!existsSync(folder) && nodes.every(node => !isAlive(node.pid)) && processesWith(folder).length === 0,
		{ what: 'no server, no folder and no watchdog is left', timeout: 3000 },
	);
}

function runDemo(server: Server) {
	const script = fileURLToPath(new URL('run-demo.ts', import.meta.url));
	return spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(foundOf(server))], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
}

async function refused(server: Server): Promise<void> {
	const users = await startServer(server);
	const child = spawn('sleep', ['60']);
	try {
		// Valkey 9.1 has one CONFIG GET in its books from the start.
		const before = Object.keys(await users.info('commandstats'));
		await assert.rejects(openDemoClient({ child, port: users.port }), /is not the demo's own server/);
		const asked = Object.keys(await users.info('commandstats')).filter(name => !before.includes(name));
		assert.deepEqual(
			asked.filter(name => name !== 'cmdstat_info'),
			[],
		);
		child.kill();
		await once(child, 'exit');
		await assert.rejects(openDemoClient({ child, port: users.port }), /is not running/);
	} finally {
		child.kill();
		await users.stop();
	}
}

type Seen = {
	readonly address: string;
	readonly pid: number;
	/** That of all six. */
	readonly folder: string;
	readonly redis: Redis;
	readonly info: () => Promise<Readonly<Record<string, string>>>;
	readonly close: () => void;
};

/** The six addresses of a demo: a replica's port is three above its primary's. */
function allOf(seeds: readonly string[]): readonly string[] {
	return [...seeds, ...seeds.map(seed => `127.0.0.1:${Number(seed.split(':')[1]) + seeds.length}`)];
}

async function lookAt(addresses: readonly string[]): Promise<Seen[]> {
	return Promise.all(
		addresses.map(async address => {
			const redis = new Redis(Number(address.split(':')[1]), {
				protocol: 2,
				disableClientInfo: true,
				enableReadyCheck: false,
				retryStrategy: () => null,
				commandTimeout: 5000,
			});
			redis.on('error', () => {});
			const info = async () =>
				Object.fromEntries(
					[...String(await redis.call('INFO')).matchAll(/^(\w+):(.*?)\r?$/gm)].map(found => found.slice(1)),
				);
			const { process_id, config_file } = await info();
			const folder = path.dirname(path.dirname(config_file!));
			return { address, pid: Number(process_id), folder, redis, info, close: () => redis.disconnect() };
		}),
	);
}

async function opsOver(node: Seen, milliseconds: number): Promise<number> {
	const [from, start] = [Number((await node.info()).total_commands_processed), performance.now()];
	await until(() => performance.now() > start + milliseconds, { what: 'the time is over' });
	const to = Number((await node.info()).total_commands_processed);
	return ((to - from) * 1000) / (performance.now() - start);
}

async function hitRateOver(node: Seen, milliseconds: number): Promise<number> {
	const [before, start] = [await node.info(), performance.now()];
	await until(() => performance.now() > start + milliseconds, { what: 'the time is over' });
	return hitRate(before, await node.info());
}

function hitRate(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): number {
	const grown = (name: string) => Number(after[name]) - Number(before[name]);
	return grown('keyspace_hits') / (grown('keyspace_hits') + grown('keyspace_misses'));
}

/** Processes that have the folder on their command line. */
function processesWith(folder: string): string[] {
	return readdirSync('/proc').filter(pid => {
		try {
			return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(folder);
		} catch {
			return false;
		}
	});
}
