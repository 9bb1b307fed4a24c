// What servers tell of themselves, made on real ones: writes that are paused (by INFO where it tells, else by who waits),
// a replica that evicts by itself. A link that never came up and an open slot take longer: signs.live.ts.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startPair } from '../servers/fleets.ts';
import { has, leaveOut } from '../servers/having.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { fill } from './rescue.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

const found = (watched: WatchedFleet, id: string) => () =>
	watched.fleet().now.findings.find(finding => finding.id === id);
const isCalm = (watched: WatchedFleet) => () =>
	watched.fleet().rounds >= 2 && watched.fleet().now.findings.length === 0;

const pauses = 'CLIENT PAUSE WRITE, and its end';

for (const server of await testServers('redis'))
	describe(server.id, () => {
		if (!has(server, { redis: 6.2, valkey: 0, redict: 0 }))
			leaveOut(server, pauses, 'PAUSE WRITE is there from 6.2');
		else
			test(pauses, async () => {
				const node = await startServer(server);
				const watched = watchFleet(node);
				try {
					await until(isCalm(watched), { what: 'a fresh server is calm' });
					await node.call('CLIENT', 'PAUSE', '60000', 'WRITE');
					const writer = node.connect({ commandTimeout: undefined });
					writer.set('a', 'b').catch(() => {});
					const { text } = await until(found(watched, 'paused'), { what: 'the pause is found' });
					assert.match(
						text,
						server.name === 'valkey'
							? /^writes paused by CLIENT PAUSE, 5\ds left$/
							: /^writes paused: 1 client waits in SET/,
					);
					await node.call('CLIENT', 'UNPAUSE');
					await until(isCalm(watched), { what: 'it is over' });
				} finally {
					await watched.stop();
					await node.stop();
				}
			});

		test('a replica that holds other data than its primary', {
			skip: server.version.startsWith('6.0') && 'a wrong type is not counted before 6.2',
		}, async () => {
			const pair = await startPair(server);
			const watched = watchFleet(pair.primary);
			const readOnly = (is: string) => pair.replica.call('CONFIG', 'SET', 'replica-read-only', is);
			try {
				await readOnly('no');
				await pair.replica.call('RPUSH', 'k', 'a');
				await readOnly('yes');
				// A list is no number: on the replica alone, which says so in its log.
				await pair.primary.call('INCR', 'k');
				const { node, text } = await until(found(watched, 'replica-evicts'), { what: 'it is found' });
				assert.equal(node, pair.replica.address);
				assert.match(
					text,
					/^replica may differ: 1 command of its primary failed on it, and no full sync was seen since$/,
				);
				await pair.replica.call('CONFIG', 'RESETSTAT');
				await until(isCalm(watched), { what: 'it is over' });
			} finally {
				await watched.stop();
				await pair.stop();
			}
		});

		test('a replica with a maxmemory of its own', async () => {
			const config = { 'replica-ignore-maxmemory': 'no', 'maxmemory-policy': 'allkeys-random' };
			const pair = await startPair(server, { config });
			const watched = watchFleet(pair.primary);
			try {
				await fill(pair.primary);
				await until(() => watched.fleet().tracks.get(pair.replica.address)?.config, {
					what: 'settings are known',
				});
				const used = Number((await pair.replica.info('memory')).used_memory);
				await pair.replica.call('CONFIG', 'SET', 'maxmemory', String(used - 150_000));
				const { node, text } = await until(found(watched, 'replica-evicts'), { what: 'it is found' });
				assert.equal(node, pair.replica.address);
				assert.match(text, /^replica evicts by itself at its own maxmemory: lacks \S+ of 5\.0k keys$/);
			} finally {
				await watched.stop();
				await pair.stop();
			}
		});
	});
