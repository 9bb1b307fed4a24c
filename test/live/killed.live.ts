// redis-top is killed while a MONITOR of its own runs: nobody is left to end it, and the server drops it with the connection
// that the kernel closes. What a killed HOTKEYS session leaves is in hotkeys-sessions.live.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { runJson } from './redis-top.ts';

// Where there is HOTKEYS no MONITOR begins.
const servers = (await testServers('both')).filter(({ id }) => id !== 'redis-experimental');
for (const server of servers)
	test(`kill -9 with MONITOR on: nothing of it is left on ${server.name} ${server.version}`, async () => {
		const node = await startServer(server);
		const clients = async () => String(await node.call('CLIENT', 'LIST'));
		const isWatched = async () => / flags=O/.test(await clients());
		try {
			const client = node.connect();
			await client.set('key', 'x');
			const run = runJson(['--hotkeys', '-p', String(node.port)]);
			await until(isWatched, { what: () => `a MONITOR: ${run.stderr()}`, every: 5 });
			run.child.kill('SIGKILL');
			await run.exited;
			await until(async () => !/name=redis-top| flags=O/.test(await clients()), {
				what: 'its connections are gone',
			});
			assert.equal((await node.info('clients')).blocked_clients, '0');
			client.disconnect();
		} finally {
			await node.stop();
		}
	});
