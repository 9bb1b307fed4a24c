// What servers tell of themselves and what takes a while to make: a link that never came up, a slot open at one side.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startCluster, startPair } from '../servers/fleets.ts';
import { countsErrors } from '../servers/having.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

const found = (watched: WatchedFleet, id: string) => () =>
	watched.fleet().now.findings.find(finding => finding.id === id);

for (const server of await testServers('both'))
	describe(server.id, () => {
		test('a link that never came up, with the reason', async () => {
			const primary = await startServer(server);
			const config = {
				replicaof: `${primary.host} ${primary.port}`,
				masterauth: 'wrong',
				masteruser: 'nobody',
			};
			const replica = await startServer(server, { config });
			const watched = watchFleet(replica);
			try {
				const told = () => {
					const finding = found(watched, 'replication-link')();
					return (!countsErrors(server) || finding?.text.includes(primary.address)) && finding;
				};
				const { severity, text, value } = await until(told, { what: 'it is found, and why' });
				assert.deepEqual([severity, value], ['crit', undefined]);
				const why = ': \\S+ refuses its password \\(masterauth, masteruser\\)';
				// The reason is by the primary's counts of its errors.
				assert.match(text, new RegExp(`never came up${countsErrors(server) ? why : ''}$`));
			} finally {
				await watched.stop();
				await replica.stop();
				await primary.stop();
			}
		});

		test('a replica that is promoted by hand while its primary stays one', async () => {
			const pair = await startPair(server);
			const watched = watchFleet(pair.primary);
			const id = 'two-primaries';
			const is = (severity: string) => () => found(watched, id)()?.severity === severity;
			try {
				await until(() => watched.fleet().now.fleet.nodes.length === 2, { what: 'both are watched' });
				await pair.replica.call('REPLICAOF', 'NO', 'ONE');
				await until(is('warn'), { what: 'it is found' });
				const { node, text } = found(watched, id)()!;
				assert.equal(node, pair.replica.address);
				assert.equal(
					text.split(';')[0],
					`two primaries of one data set: a replica of ${pair.primary.address} until it was promoted`,
				);
				let count = 0;
				const write = async () => {
					for (const each of pair.nodes) await each.call('SET', 'a', String(count++));
					return is('crit')();
				};
				await until(write, { what: 'both take writes' });
				await pair.primary.call('REPLICAOF', pair.replica.host, String(pair.replica.port));
				await until(() => found(watched, id)() === undefined, { what: 'it is over' });
			} finally {
				await watched.stop();
				await pair.stop();
			}
		});

		test('a slot open at one side', async () => {
			const cluster = await startCluster(server, { replicasEach: 0 });
			const [node] = cluster.primaries;
			const watched = watchFleet(node!);
			try {
				await until(() => watched.fleet().rounds >= 2, { what: 'it is watched' });
				assert.equal(found(watched, 'slot-open')(), undefined);
				await node!.call('CLUSTER', 'SETSLOT', '9000', 'IMPORTING', cluster.ids[1]!);
				const { text, severity } = await until(found(watched, 'slot-open'), { what: 'it is found' });
				assert.equal(severity, 'warn');
				assert.match(
					text,
					/^slot 9000 open at the target only: a reshard was broken off, redis-cli --cluster fix mends it$/,
				);
				await node!.call('CLUSTER', 'SETSLOT', '9000', 'STABLE');
				await until(() => found(watched, 'slot-open')() === undefined, { what: 'it is over' });
			} finally {
				await watched.stop();
				await cluster.stop();
			}
		});
	});
