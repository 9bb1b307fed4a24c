// High memory on real servers, by the built program: four incidents lead to their causes and exit codes.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { buildProgram } from '../terminal/built.ts';
import { fullServer, highMemory, inShort, megabyte, stepText, verdictOf } from './runbook-report.ts';

before(buildProgram);
const running: RunningServer[] = [];
after(() => Promise.all(running.map(server => server.stop())));

/** The report of a server that is kept busy meanwhile. */
async function underLoad(server: RunningServer, work: () => Promise<unknown>, ...args: readonly string[]) {
	let isOver = false;
	const busy = (async () => {
		while (!isOver) await work().then(() => pause(10));
	})();
	const report = await highMemory(server, ...args);
	isOver = true;
	await busy;
	return report;
}

for (const version of await testServers('both')) {
	const name = `${version.name} ${version.version}`;
	const isOld = version.version.startsWith('6.0');
	const start = async (config: Record<string, string>) => {
		const server = await startServer(version, { config: { save: '', ...config } });
		running.push(server);
		return server;
	};

	describe(`${name}: four incidents`, { concurrency: 2 }, () => {
		test('one hash that nothing bounds evicts the rest: data, and the hash is named', async () => {
			// What has no TTL never goes: under allkeys-* a slow machine may evict the very hash.
			const server = await start({ maxmemory: '40mb', 'maxmemory-policy': 'volatile-lfu' });
			const client = server.connect();
			let field = 0;
			let key = 0;
			// Few keys, so that a slow machine scans all of them; a hash that grows and never fills what there is.
			const work = async (times = 8, fieldBytes = 400) => {
				const pipeline = client.pipeline();
				for (let each = 0; each < times; each++) {
					pipeline.hset('cart:all', `item:${field++}`, 'x'.repeat(fieldBytes));
					pipeline.set(`session:${key++}`, 's'.repeat(5000), 'EX', 36_000);
					pipeline.get(`session:${Math.floor(Math.random() * key)}`);
				}
				await pipeline.exec();
			};
			const evicted = async () => Number((await server.info('stats')).evicted_keys);
			await until(async () => work(200, 2000).then(async () => (await evicted()) > 1000), {
				what: 'it evicts',
				every: 0,
			});
			const { stdout, code } = await underLoad(server, work);
			assert.match(stepText(stdout, 1), /keys a second are evicted under volatile-lfu/);
			assert.match(stepText(stdout, 1), /It is data/);
			// The first lines say it, for who reads no further.
			assert.match(
				inShort(stdout),
				/- what: .* are evicted under volatile-lfu.*\n- why: It is data.*cart:all/,
			);
			assert.match(stepText(stdout, 1), /^- growth: /m, 'watched until that is known');
			assert.match(stepText(stdout, 3), /cart:all/);
			assert.ok(['act', 'look'].includes(verdictOf(stdout, 3)!.toLowerCase()), stdout);
			assert.equal(verdictOf(stdout, 2), 'fine');
			assert.ok(code === 1 || code === 2, String(code));
		});

		test('the buffers of a client that does not read evict data: its address is named, and disconnecting it offered', async () => {
			const server = await start({ maxmemory: '60mb', 'maxmemory-policy': 'allkeys-lru' });
			for (let key = 0; key < 300; key++) await server.call('SET', `data:${key}`, 'd'.repeat(100_000));
			const deaf = connect(server.port, server.host);
			deaf.pause();
			deaf.write('MONITOR\r\n');
			let bytes = 0;
			const held = async () => {
				bytes = Number((await server.info('memory')).mem_clients_normal);
				return bytes;
			};
			// By a script: what a MONITOR is told of is then the server's work alone.
			const many = "for _ = 1, 20 do redis.call('SET', KEYS[1], ARGV[1]) end";
			const noise = () => server.call('EVAL', many, '1', 'noise', 'n'.repeat(200_000));
			// When there is no data left to evict the noise is refused, and the buffer is as large as it can be.
			await until(
				async () =>
					noise()
						.then(held, held)
						.then(size => size > 28 * megabyte),
				{
					what: () => `its buffer of ${bytes} is large`,
					every: 0,
				},
			);
			const { stdout, code } = await highMemory(server, '--no-scan');
			assert.match(stepText(stdout, 1), /MONITOR, last command monitor/);
			assert.match(inShort(stdout), /- why: The cause is client buffers.* 127\.0\.0\.1:\d+.*MONITOR/);
			assert.match(
				inShort(stdout),
				/- now: Free the buffers first.*`CLIENT KILL ID \d+ ADDR 127\.0\.0\.1:\d+`/,
			);
			assert.match(stepText(stdout, 5), /`CLIENT KILL ID \d+ ADDR \S+` on `127\.0\.0\.1:\d+`/);
			assert.match(stepText(stdout, 5), /Free the buffers first/);
			assert.match(stepText(stdout, 3), /scan/i);
			assert.ok(code === 1 || code === 2, String(code));
			deaf.destroy();
		});

		test('most of a keyspace deleted: fragmentation, which evicts nothing', async () => {
			const debug: Record<string, string> = isOld ? {} : { 'enable-debug-command': 'local' };
			const server = await start({ maxmemory: '1gb', ...debug });
			await server.call('DEBUG', 'POPULATE', '250000', 'k', '700');
			const thin = "for i=0,249999 do if i%8~=0 then redis.call('DEL','k:'..i) end end return 1";
			await server.call('EVAL', thin, '0');
			await until(async () => Number((await server.info('memory')).used_memory) < 80 * megabyte, {
				what: 'it is deleted',
			});
			const { stdout, code } = await highMemory(server, '--no-scan');
			assert.equal(verdictOf(stdout, 2), 'look', stdout);
			assert.match(stepText(stdout, 1), /does not cause evictions/);
			assert.match(inShort(stdout), /- what: .*nothing is evicted.*\n- why: What is large is fragmentation/);
			assert.match(stepText(stdout, 2), /`CONFIG SET activedefrag yes`/);
			assert.equal(code, 1);
		});

		test('noeviction at the limit: writes fail, and raising maxmemory is offered with its undo', async () => {
			const { server, fill } = await fullServer(start);
			const { stdout, code } = await underLoad(server, () => fill().catch(() => {}), '--no-scan');
			assert.equal(verdictOf(stdout, 1), 'ACT');
			// Before 6.2 no server counts the errors it gives.
			if (!isOld) assert.match(inShort(stdout), /- what: Writes are refused with OOM/);
			assert.match(inShort(stdout), /- now: .*`CONFIG SET maxmemory \d+` on `127/);
			assert.match(stepText(stdout, 5), /`CONFIG SET maxmemory \d+` on `127/);
			assert.match(stepText(stdout, 5), /undo: `CONFIG SET maxmemory 20971520`/);
			assert.equal(code, 2);
		});
	});
}
