// Lost keys on real servers: a primary that comes back empty while its replica still holds the data, with the command
// that keeps it run by consent, and a FLUSHALL with who did it. Sentinel and cluster are in lost-data.live.ts.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startPair } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { fill, keyCount, keysOf, rescue, withTime } from './rescue.ts';
import { watchFleet } from './watch-fleet.ts';

for (const server of await testServers('valkey'))
	describe(server.id, () => {
		test("a primary that comes back empty: REPLICAOF NO ONE keeps its replica's keys", async () => {
			const pair = await startPair(server, { config: withTime });
			const { primary, replica } = pair;
			try {
				await fill(primary);
				await until(async () => (await keysOf(replica)) === keyCount, { what: 'the replica has the keys' });
				const on = (node: string) => node === replica.address;
				await rescue({ seed: primary, primary, holder: replica, command: ['REPLICAOF', 'NO', 'ONE'], on });
			} finally {
				await pair.stop();
			}
		});

		test('FLUSHALL: before and after, the command and the client', async () => {
			const node = await startServer(server);
			const watched = watchFleet(node);
			try {
				await fill(node);
				const isKnown = () => watched.fleet().now.fleet.nodes[0]?.keys === keyCount;
				const isCounted = () => watched.fleet().tracks.get(node.address)?.commands !== undefined;
				await until(() => isKnown() && isCounted() && watched.fleet().rounds >= 2, {
					what: 'its keys and the counters of its commands are known',
				});
				const client = node.connect();
				await client.client('SETNAME', 'cleaner');
				await client.flushall();
				const lost = () => watched.fleet().now.findings.find(({ id }) => id === 'keys-lost');
				const { severity, value } = await until(lost, { what: 'the loss is found' });
				assert.deepEqual([severity, value], ['crit', 1]);
				const told = () => watched.fleet().events.find(({ kind }) => kind === 'keys-lost');
				const { text } = await until(told, { what: 'the loss is told' });
				assert.match(text, /^5\.0k keys to 0 in \S+s by FLUSHALL from 127\.0\.0\.1:\d+ \(cleaner\)$/);
			} finally {
				await watched.stop();
				await node.stop();
			}
		});
	});
