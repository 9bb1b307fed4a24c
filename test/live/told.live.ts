// What a real server does not tell, or tells in part: error statistics that it switched off, INFO that is renamed, CPU
// without a main thread. Each on every version that does it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { having } from '../servers/having.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { runOnce } from './redis-top.ts';
import { watchFleet } from './watch-fleet.ts';

const servers = await testServers(['redis-bullseye', 'redis-trixie']);

// redis/redis#13141: over 128 codes of scripts switch the counting off until CONFIG RESETSTAT.
// Valkey counts those that it has no place for as one, and goes on with the others.
for (const server of having('errors that are no longer counted', { redis: 7.2, redict: 0 }, servers))
	test(`${server.id}: errors that are no longer counted by code are not none`, async () => {
		const node = await startServer(server, { config: { 'maxmemory-policy': 'noeviction' } });
		const watched = watchFleet(node, { state: { delaySeconds: 0.25, size: { columns: 140, rows: 40 } } });
		try {
			await node.call('EVAL', "for i = 1, 140 do redis.pcall('EVAL', '', 'x') end return 1", 0);
			for (let code = 0; code < 140; code++)
				await node.call('EVAL', `return redis.error_reply('OWN${code} x')`, 0).catch(() => {});
			const refuse = () => node.call('SET', 'key', 'x'.repeat(1000)).catch(() => {});
			await node.call('CONFIG', 'SET', 'maxmemory', '1');
			const stopped = await until(
				async () => {
					await refuse();
					const { findings } = watched.fleet().now;
					return findings.find(({ id }) => id === 'oom-errors');
				},
				{ what: 'oom-errors is found without errors by code' },
			);
			assert.deepEqual([stopped.severity, stopped.text.includes('stopped to count errors')], ['crit', true]);
			const track = watched.fleet().tracks.get(node.address)!;
			assert.deepEqual(
				[track.lastGood?.info?.errors, track.lastGood?.info?.errorsStopped],
				[undefined, 'off'],
			);
			assert.equal(track.rates?.oomErrors, undefined);
			watched.press('2');
			assert.match(watched.screen(), /not told: switched off by the server/);
		} finally {
			await watched.stop();
			await node.stop();
		}
	});

for (const server of servers)
	test(`${server.id}: INFO renamed is said as such, and --check ends with 3`, async () => {
		const node = await startServer(server, {
			args: ['--rename-command', 'INFO', 'SECRETINFO'],
			awaitsReady: false,
		});
		try {
			const check = await until(
				async () => {
					const result = await runOnce(['--check', '-p', String(node.port), '-d', '0.25']);
					return /refused/.test(result.stdout) ? undefined : result;
				},
				{ what: 'the server answers' },
			);
			assert.equal(check.code, 3, check.stdout);
			assert.match(check.stdout, /does not know INFO: renamed there, or a proxy; nothing can be measured/);
		} finally {
			await node.stop();
		}
	});

for (const server of servers)
	test(`${server.id} with I/O threads: CPU is what it says: of the main thread where that is told`, async () => {
		const node = await startServer(server, { config: { 'io-threads': '2' } });
		const watched = watchFleet(node, { state: { delaySeconds: 0.25 } });
		try {
			const row = await until(
				() => watched.fleet().now.fleet.nodes.find(({ cpuPercent }) => cpuPercent !== undefined),
				{
					what: 'CPU is told',
				},
			);
			const isOfMain = (await node.info('cpu')).used_cpu_user_main_thread !== undefined;
			assert.equal(row.cpuOf, isOfMain ? 'main-thread' : 'process');
			// In percent of that thread, else in cores.
			assert.equal(/ \d+\.\dc/.test(watched.screen()), !isOfMain);
		} finally {
			await watched.stop();
			await node.stop();
		}
	});
