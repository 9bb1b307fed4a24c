// Nodes that answer us well while those who decide do not see them so: what --check says of them, made on real servers.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { buildIfStale } from '../built.ts';
import { startCluster, startSentinels } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { until } from '../servers/until.ts';
import { runOnce } from './redis-top.ts';

before(buildIfStale);

for (const server of await testServers('both'))
	describe(`${server.name} ${server.version}`, { concurrency: true }, () => {
		test('Sentinels with a wrong auth-pass: nobody would fail over', async () => {
			const fleet = await startSentinels(server, { config: { requirepass: 'right' } });
			const [sentinel] = fleet.sentinels;
			try {
				await Promise.all(
					fleet.sentinels.map(each => each.call('SENTINEL', 'SET', fleet.name, 'auth-pass', 'wrong')),
				);
				// Before 6.2 the connections that a Sentinel has stay as they are.
				for (const node of [fleet.primary, ...fleet.replicas])
					for (const type of ['normal', 'pubsub']) await node.call('CLIENT', 'KILL', 'TYPE', type);
				const downFor = async () => {
					const state = (await sentinel!.call('SENTINEL', 'MASTER', fleet.name)) as string[];
					return Number(state[state.indexOf('s-down-time') + 1]);
				};
				await until(async () => (await downFor()) > 12_500, { what: 'they call it down', timeout: 40_000 });
				const { stdout, code } = await runOnce(['--check', '-p', String(sentinel!.port)], {
					REDISCLI_AUTH: 'right',
				});
				const text = `CRITICAL views-differ ${fleet.primary.address}: ${fleet.name}: 3 of 3 Sentinels call it down for `;
				assert.ok(stdout.includes(text), stdout);
				assert.equal(code, 2);
			} finally {
				await fleet.stop();
			}
		});

		test('a primary has forgotten another: it refuses all, whoever else is well', async () => {
			const cluster = await startCluster(server, { nodeTimeout: 15_000 });
			const [node, other] = cluster.primaries;
			try {
				await node!.call('CLUSTER', 'FORGET', cluster.ids[1]!);
				// From Redis 7.2 and in Valkey the others are told to forget it as well: then its slots are nobody's, once all know.
				const text = `CRITICAL commands-refused ${node!.address}: all refused, the cluster is down for this node alone`;
				let told = '';
				const isFound = async () => {
					const { stdout, code } = await runOnce(['--check', '-p', String(other!.port)]);
					told = `${code} ${stdout}`;
					const isSaid = stdout.includes(text) || stdout.includes('CRITICAL slots-uncovered: 5462 of');
					return code === 2 && isSaid;
				};
				await until(isFound, { what: () => `it is critical: ${told}`, timeout: 60_000 });
			} finally {
				await cluster.stop();
			}
		});
	});
