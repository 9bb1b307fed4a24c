// --check in its four situations: fine, look, act, unknown; one line per finding.

import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
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
			assert.match(
				stdout,
				/^OK 1 node, .*no findings(; refused commands are not counted before 6.2)? \| nodes_up=1;;;0;1 ops=[\d.]+;;;0 .*\n$/,
			);
			assert.equal(code, 0);
		});

		test('as JSON, with the verdict', async () => {
			const { stdout, code } = await check('--json');
			const object = JSON.parse(stdout);
			assert.deepEqual([object.check.status, object.check.code, code], ['OK', 0, 0]);
			assert.deepEqual([object.nodes[0].node, object.findings], [node.address, []]);
		});

		test('it waits for what is past its limit: a hold of 20 readings, counted from its first', async () => {
			const config = settings({ 'memory-high': { warn: 0, crit: 1, hold: 20 } });
			const { stdout, code } = await check('--json', '--config', config);
			const [found] = JSON.parse(stdout).findings;
			assert.deepEqual([found.id, found.limit, found.unit, code], ['memory-high', 0, 'share', 1]);
			assert.ok(
				Date.parse(JSON.parse(stdout).at) - Date.parse(found.since) >= 19 * 250 * 0.9,
				'after its readings',
			);
		});

		test('1: something to look at', async () => {
			await fillTo(node, 0.8);
			const { stdout, code } = await check();
			assert.match(
				stdout,
				new RegExp(
					`^WARNING memory-high ${node.address}: memory 8\\d% of maxmemory \\| .* memory=[\\d.]+%;75;90;0 .*\n$`,
				),
			);
			assert.equal(code, 1);
		});

		test('2: something to act on', async () => {
			await fillTo(node, 0.95);
			const { stdout, code } = await check();
			assert.match(stdout, /^CRITICAL memory-high .*memory 9\d% of maxmemory( \|.*)?$/m);
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

/** A settings file with these thresholds. */
function settings(thresholds: object): string {
	const file = path.join(mkdtempSync(path.join(tmpdir(), 'redis-top-check-')), 'settings.json');
	writeFileSync(file, JSON.stringify({ thresholds }));
	return file;
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

for (const server of await testServers('redis'))
	describe(`--check of a replica of ${server.name} ${server.version}`, () => {
		test('a link that is down is waited for, and found as on the screen', async () => {
			const port = await findFreePort();
			const replica = await startServer(server, { config: { replicaof: `127.0.0.1 ${port}` } });
			try {
				const { stdout, code } = await runOnce([
					'--check',
					'-p',
					String(replica.port),
					'-d',
					'0.5',
					'--no-discover',
				]);
				assert.match(stdout, new RegExp(`^CRITICAL replication-link ${replica.address}: `, 'm'));
				assert.equal(code, 2);
			} finally {
				await replica.stop();
			}
		});

		test('a Sentinel whose master nobody can reach is never OK', async () => {
			const port = await findFreePort();
			const config = [['sentinel', 'monitor', 'gone', '127.0.0.1', String(port), '2']];
			const sentinel = await startServer(server, { isSentinel: true, config });
			try {
				const { stdout, code } = await runOnce(['--check', '-p', String(sentinel.port), '-d', '0.25']);
				assert.doesNotMatch(stdout, /^OK/);
				assert.ok(code === 2 || code === 3, `${code}: ${stdout}`);
			} finally {
				await sentinel.stop();
			}
		});
	});
