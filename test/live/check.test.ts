// --check in its four situations: fine, look, act, unknown; one line per finding.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { testServers } from '../servers/servers.ts';
import { findFreePort, type RunningServer, startServer } from '../servers/start.ts';
import { runOnce } from './redis-top.ts';

for (const server of await testServers('valkey')) {
	describe(`--check of ${server.name} ${server.version}`, () => {
		let node: RunningServer;
		before(async () => {
			node = await startServer(server);
		});
		after(() => node.stop());
		const check = (...args: string[]) => runOnce(['--check', '-p', String(node.port), '-d', '0.25', ...args]);

		test('0: a fresh empty server', async () => {
			const { stdout, code } = await check();
			assert.match(stdout, /^OK 1 node, .*no findings\n$/);
			assert.equal(code, 0);
		});

		test('1: something to look at', async () => {
			await fillTo(node, 0.8);
			const { stdout, code } = await check();
			assert.match(stdout, new RegExp(`^WARNING memory-high ${node.address}: memory 8\\d% of maxmemory\n$`));
			assert.equal(code, 1);
		});

		test('2: something to act on', async () => {
			await fillTo(node, 0.95);
			const { stdout, code } = await check();
			assert.match(stdout, /^CRITICAL memory-high .*memory 9\d% of maxmemory$/m);
			assert.equal(code, 2);
		});

		test('3: nothing reachable, and wrong usage', async () => {
			const port = await findFreePort();
			const unreachable = await runOnce(['--check', '-p', String(port), '-d', '0.25']);
			assert.match(unreachable.stdout, /^UNKNOWN no node could be reached: .*connection refused/);
			assert.equal(unreachable.code, 3);
			const wrong = await runOnce(['--check', '--nonsense']);
			assert.equal(wrong.code, 3);
			assert.equal(wrong.stderr.trim().split('\n').length, 1);
		});
	});
}

/** Sets maxmemory so that what is used now is this share of it. */
async function fillTo(node: RunningServer, share: number): Promise<void> {
	await node.call('CONFIG', 'SET', 'maxmemory', 0);
	// Made by the server itself: a value that is sent would still be in the buffers of the connection.
	await node.call('SETRANGE', 'filler', 20_000_000, 'x');
	const info = await node.info('memory');
	const counted = Number(info.used_memory) - Number(info.mem_not_counted_for_evict);
	await node.call('CONFIG', 'SET', 'maxmemory', Math.round(counted / share));
}
