// One server, each version: the contract's fields, gauges and rates held against the server itself, breaks of the
// counters, what redis-top costs, what a user with few rights sees, every way to connect.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isMeasured, measured } from '../lane.ts';
import { startPair } from '../servers/fleets.ts';
import { startLoad } from '../servers/load.ts';
import { testServers } from '../servers/servers.ts';
import { aclUser, type RunningServer, startServer, tlsFiles } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { nodeOf, type Printed, runJson, runOnce } from './redis-top.ts';

/** T0 of the README: what the fleet screen needs of a standalone server. 6.0 and 7.0 lack the newer subcommands. */
const vitalsRules = [
	'-@all',
	'+ping',
	'+info',
	'+hello',
	'+select',
	'+client|setname',
	'+client|id',
	'+client|getname',
	'+command',
];

const close = (actual: number, expected: number, share: number, what: string) =>
	assert.ok(
		Math.abs(actual - expected) <= expected * share,
		`${what}: ${actual}, expected ${expected} within ${share * 100}%`,
	);

for (const server of await testServers('redis')) {
	describe(`${server.name} ${server.version}`, () => {
		let node: RunningServer;
		before(async () => {
			node = await startServer(server);
		});
		after(() => node.stop());
		const port = () => ['-p', String(node.port)];

		test('a fresh empty server: every field of the contract, no finding, calm', async () => {
			const { stdout, code, stderr } = await runOnce([...port(), '--json', '-n', '2']);
			assert.equal(code, 0, stderr);
			const [object] = stdout
				.trim()
				.split('\n')
				.map(line => JSON.parse(line));
			assert.deepEqual(missingFields(object), []);
			assert.deepEqual(object.findings, []);
			assert.equal(object.mode, 'standalone');
			assert.equal(object.events[0].kind, 'connected');
			const info = await node.info();
			const [row] = object.nodes;
			assert.equal(row.serverVersion, server.version);
			assert.equal(row.server, server.name);
			assert.equal(row.role, 'primary');
			assert.equal(row.maxClients, Number(info.maxclients ?? 10_000));
			assert.equal(row.maxmemoryPolicy, info.maxmemory_policy);
			assert.equal(row.opsPerSecond, 0, 'our own commands are taken out');
			assert.equal(row.hitRate, null, 'no lookups: not measured');
		});

		test('rates are those of the load, hit rate is of the window although the lifetime rate is spoiled', async () => {
			await spoilHitRate(node);
			const load = await startLoad([node], { opsPerSecond: 2000, hitShare: 0.8, setShare: 0.2 });
			const run = runJson(port());
			try {
				// The window of the hit rate and two more; elsewhere what has come until then is enough.
				const count = isMeasured ? 13 : 5;
				await run.when(`${count} refreshes`, () => run.objects.length >= count, { timeout: 25_000 });
				const first = run.objects[1]!;
				const last = run.objects.at(-1)!;
				const told = run.objects
					.slice(2)
					.reduce((sum, object) => sum + object.fleet.opsPerSecond * seconds(object, run.objects), 0);
				const applied = load.between(Date.parse(first.at), Date.parse(last.at));
				close(told, applied.commands, isMeasured ? 0.05 : 0.3, 'commands');
				const from = Math.max(Date.parse(last.at) - 10_000, Date.parse(run.objects[0].at));
				const window = load.between(from, Date.parse(last.at));
				const expected = window.hits / (window.hits + window.misses);
				assert.ok(
					Math.abs(last.fleet.hitRate - expected) < (isMeasured ? 0.01 : 0.04),
					`hit rate ${last.fleet.hitRate}, applied ${expected}`,
				);
				assert.equal(last.fleet.hitRate, nodeOf(last, node.address).hitRate);
				await holdGauges(node, run, load);
			} finally {
				await run.stop();
				await load.stop();
			}
		});

		test('RESETSTAT and a restart: a dash for one interval, never a negative or absurd rate', async () => {
			const load = await startLoad([node], { opsPerSecond: 1000 });
			const run = runJson([...port(), '-d', '0.5']);
			try {
				await run.when('a rate', object => object.fleet.opsPerSecond > 100);
				await node.call('CONFIG', 'RESETSTAT');
				const reset = await run.when('the break', object => object.nodes[0].opsPerSecond === null);
				await run.when('rates again', object => object.nodes[0].opsPerSecond > 100, {
					from: run.objects.indexOf(reset),
				});
				const breaks = run.objects.filter(object => object.nodes[0].opsPerSecond === null);
				measured(() => assert.equal(breaks.length, 1, 'one interval'));
				await node.kill();
				const down = await run.when('down', object => object.nodes[0].health === 'down');
				await node.restart();
				const again = await run.when('up again', object => object.nodes[0].health === 'up', {
					from: run.objects.indexOf(down),
					timeout: 15_000,
				});
				// Between two refreshes it is read more often: on a busy machine its first rate may be the first that is printed.
				measured(() => assert.equal(again.nodes[0].opsPerSecond, null));
				await run.when('told', object => object.events.some((event: Printed) => event.kind === 'restarted'));
				for (const object of run.objects) {
					assert.ok((object.fleet.opsPerSecond ?? 0) >= 0);
					assert.ok((object.fleet.opsPerSecond ?? 0) < 5000, `absurd: ${object.fleet.opsPerSecond}`);
					for (const name of [
						'inputBytesPerSecond',
						'outputBytesPerSecond',
						'expiredPerSecond',
						'evictedPerSecond',
					])
						assert.ok((object.fleet[name] ?? 0) >= 0, name);
				}
			} finally {
				await run.stop();
				await load.stop();
			}
		});

		test('a user with only the vitals ACL sees the fleet screen, and which words it lacks', async () => {
			await aclUser(node, 'vitals', 'secret', vitalsRules);
			const args = [...port(), '--user', 'vitals', '--json', '-n', '1'];
			const { stdout, code } = await runOnce(args, { REDISCLI_AUTH: 'secret' });
			const object = JSON.parse(stdout);
			assert.equal(code, 0);
			assert.equal(object.nodes[0].health, 'up');
			assert.ok(object.nodes[0].usedMemoryBytes > 0);
			assert.ok(object.nodes[0].refused.includes('+slowlog|get'), JSON.stringify(object.nodes[0].refused));
			assert.ok(object.nodes[0].refused.includes('+config|get'));
			const text = await runOnce([...port(), '--user', 'vitals', '-b', '-n', '1'], {
				REDISCLI_AUTH: 'secret',
			});
			assert.match(text.stdout, /\+slowlog\|get/);
			const denied = Number(
				(await node.info('commandstats'))['cmdstat_config|get']?.match(/rejected_calls=(\d+)/)?.[1] ?? 0,
			);
			assert.ok(denied <= 2, `asked once a connection, not every refresh: ${denied}`);
		});

		test('wrong and missing passwords are said, and end with 2', async () => {
			await aclUser(node, 'shut', 'secret', ['+@all']);
			const wrong = await runOnce([...port(), '--user', 'shut', '--json', '-n', '1'], {
				REDISCLI_AUTH: 'nope',
			});
			assert.equal(wrong.code, 2);
			assert.equal(JSON.parse(wrong.stdout).nodes[0].error.reason, 'wrong-password');
			const locked = await startServer(server, { config: { requirepass: 'secret' } });
			try {
				const missing = await runOnce(['-p', String(locked.port), '--json', '-n', '1'], {
					REDISCLI_AUTH: '',
				});
				assert.equal(JSON.parse(missing.stdout).nodes[0].error.reason, 'needs-password');
				assert.equal(missing.code, 2);
				const url = await runOnce([`redis://:secret@127.0.0.1:${locked.port}`, '--json', '-n', '1']);
				assert.equal(JSON.parse(url.stdout).nodes[0].health, 'up');
			} finally {
				await locked.stop();
			}
		});

		test('unix socket, TLS, mutual TLS, TLS to a plain port', async () => {
			const local = await startServer(server, { unixSocket: true });
			const mutual = await startServer(server, { tls: 'required' });
			const up = async (args: string[]) =>
				JSON.parse((await runOnce([...args, '--json', '-n', '1'])).stdout).nodes[0];
			try {
				assert.equal((await up(['-s', local.unixSocket])).health, 'up');
				const tls = ['-p', String(mutual.port), '--tls', '--cacert', tlsFiles['ca.crt']];
				const certificate = ['--cert', tlsFiles['client.crt'], '--key', tlsFiles['client.key']];
				assert.equal((await up([...tls, ...certificate])).health, 'up');
				assert.equal((await up([...tls])).error.reason, 'tls');
				const folder = ['-p', String(mutual.port), '--tls', '--cacertdir', path.dirname(tlsFiles['ca.crt'])];
				assert.equal((await up([...folder, ...certificate])).health, 'up');
				const suite = ['--tls-ciphersuites', 'TLS_CHACHA20_POLY1305_SHA256'];
				assert.equal((await up([...tls, ...certificate, ...suite])).health, 'up');
				// Some versions answer a TLS greeting at once, some wait for more of it.
				const plain = runJson(['-p', String(node.port), '--tls', '--insecure']);
				const told = await plain.when('TLS named', object => object.nodes[0].error?.reason === 'tls', {
					timeout: 12_000,
				});
				assert.match(told.nodes[0].error.text, /leave out --tls/);
				await plain.stop();
			} finally {
				await local.stop();
				await mutual.stop();
			}
		});

		test('from the replica of a pair: both, with the lag of both ends', async () => {
			const pair = await startPair(server);
			const load = await startLoad([pair.primary], { opsPerSecond: 500, setShare: 1 });
			const run = runJson(['-p', String(pair.replica.port)]);
			try {
				const object = await run.when(
					'both',
					each => each.nodes.length === 2 && each.nodes.every((n: Printed) => n.health === 'up'),
				);
				assert.equal(nodeOf(object, pair.primary.address).role, 'primary');
				assert.equal(nodeOf(object, pair.replica.address).primary, pair.primary.address);
				const lagging = await run.when(
					'a lag',
					each => nodeOf(each, pair.replica.address).replicationLagBytes !== null,
				);
				assert.ok(nodeOf(lagging, pair.replica.address).replicationLagBytes < 100_000);
			} finally {
				await run.stop();
				await load.stop();
				await pair.stop();
			}
		});
	});
}

/** Seconds an object's rates are over: since the object before. */
function seconds(object: Printed, objects: readonly Printed[]): number {
	const at = objects.indexOf(object);
	return (Date.parse(object.at) - Date.parse(objects[at - 1].at)) / 1000;
}

async function spoilHitRate(node: RunningServer): Promise<void> {
	const client = node.connect();
	const pipeline = client.pipeline();
	for (let index = 0; index < 20_000; index++) pipeline.get(`never:${index}`);
	await pipeline.exec();
	client.disconnect();
}

/** With the load at rest the gauges stand still: then they are what INFO says. */
async function holdGauges(
	node: RunningServer,
	run: ReturnType<typeof runJson>,
	load: { pause: () => Promise<unknown> },
): Promise<void> {
	await load.pause();
	const from = run.objects.length + 1;
	await until(() => run.objects.length > from + 1, { what: 'two refreshes at rest' });
	const info = await node.info();
	const row = run.objects.at(-1)!.nodes[0];
	const keys = Number(/keys=(\d+)/.exec(info.db0!)![1]);
	assert.equal(row.keys, keys);
	assert.equal(row.blockedClients, Number(info.blocked_clients));
	// The connection that asks here is one more client.
	assert.ok(Math.abs(row.connectedClients - Number(info.connected_clients)) <= 1);
	// The buffers of the connection that asks are in what it is told, and not in what redis-top was told.
	assert.ok(
		Math.abs(row.usedMemoryBytes - Number(info.used_memory)) < 128 * 1024,
		`${row.usedMemoryBytes} ${info.used_memory}`,
	);
	close(row.rssBytes, Number(info.used_memory_rss), 0.05, 'used_memory_rss');
	assert.ok(Math.abs(row.uptimeSeconds - Number(info.uptime_in_seconds)) <= 2);
}

const contract = {
	top: [
		'version',
		'at',
		'delaySeconds',
		'mode',
		'fleet',
		'nodes',
		'sentinel',
		'findings',
		'events',
		'hotKeys',
		'cost',
	],
	fleet: [
		'name',
		'opsPerSecond',
		'hitRate',
		'evictedPerSecond',
		'expiredPerSecond',
		'usedMemoryBytes',
		'maxmemoryBytes',
		'rssBytes',
		'fragmentationRatio',
		'connectedClients',
		'blockedClients',
		'keys',
		'keysWithTtl',
		'inputBytesPerSecond',
		'outputBytesPerSecond',
		'clusterState',
		'slotsCovered',
		'epoch',
		'viewsAgreeing',
		'viewsAsked',
	],
	node: [
		'node',
		'role',
		'health',
		'server',
		'serverVersion',
		'group',
		'shard',
		'slots',
		'primary',
		'uptimeSeconds',
		'opsPerSecond',
		'hitRate',
		'evictedPerSecond',
		'expiredPerSecond',
		'inputBytesPerSecond',
		'outputBytesPerSecond',
		'usedMemoryBytes',
		'rssBytes',
		'maxmemoryBytes',
		'maxmemoryPolicy',
		'fragmentationRatio',
		'connectedClients',
		'maxClients',
		'blockedClients',
		'rejectedPerSecond',
		'keys',
		'keysWithTtl',
		'cpuPercent',
		'pingMilliseconds',
		'replicationLagBytes',
		'replicationLagSeconds',
		'error',
	],
	cost: ['commandsPerSecond', 'serverMicrosecondsPerSecond', 'bytesPerSecond'],
};

function missingFields(object: Printed): string[] {
	const missing = (names: string[], of: Printed) =>
		names.filter(name => !(name in of) || of[name] === undefined);
	return [
		...missing(contract.top, object),
		...missing(contract.fleet, object.fleet),
		...missing(contract.node, object.nodes[0]),
		...missing(contract.cost, object.cost),
	];
}
