// Real servers under names: a TLS cluster whose certificates are for host names, and a node that two names lead to.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildIfStale } from '../built.ts';
import { startCluster } from '../servers/fleets.ts';
import { having } from '../servers/having.ts';
import { testServers } from '../servers/servers.ts';
import { startServer, tlsFiles } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { runJson, runOnce } from './redis-top.ts';

before(() => buildIfStale());

type Row = { readonly node: string; readonly ip: string | null; readonly health: string };

const servers = await testServers('valkey');

// Host names are announced from 7.0 on. With the preferred endpoint `ip` only the certificate asks for the name, as in
// https://github.com/redis-rs/redis-rs/pull/2155.
for (const server of having('a TLS cluster by host name', { redis: 7, valkey: 0, redict: 0 }, servers))
	test(`${server.id}: a TLS cluster with certificates by host name is dialled and checked by it`, async () => {
		const cluster = await startCluster(server, {
			replicasEach: 0,
			places: [{ tls: true }, { tls: true }, { tls: true }],
			config: {
				...{
					'tls-cluster': 'yes',
					'tls-cert-file': tlsFiles['named.crt'],
					'tls-key-file': tlsFiles['named.key'],
				},
				...{ 'cluster-announce-hostname': 'localhost', 'cluster-preferred-endpoint-type': 'hostname' },
			},
		});
		try {
			const ports = cluster.nodes.map(node => node.port).sort((a, b) => a - b);
			const seed = `localhost:${ports[0]}`;
			for (const [type, host] of [
				['hostname', 'localhost'],
				['ip', '127.0.0.1'],
			] as const) {
				for (const node of cluster.nodes)
					await node.call('CONFIG', 'SET', 'cluster-preferred-endpoint-type', type);
				const run = runJson(['--tls', '--cacert', tlsFiles['ca.crt'], '-d', '0.25', seed]);
				try {
					const { nodes } = (await run.when('three nodes that are up', object => {
						const rows = object.nodes as readonly Row[];
						return rows.length === 3 && rows.every(({ health }) => health === 'up');
					})) as { nodes: readonly Row[] };
					assert.deepEqual(
						nodes.map(({ node, ip }) => [node, ip]).sort(),
						ports.map(port => [`${host}:${port}`, host === 'localhost' ? `127.0.0.1:${port}` : null]).sort(),
					);
				} finally {
					await run.stop();
				}
			}
		} finally {
			await cluster.stop();
		}
	});

for (const server of servers)
	test(`${server.id}: two names of one server are one row, counted once`, async () => {
		const node = await startServer(server);
		try {
			const names = [`localhost:${node.port}`, node.address];
			const { stdout } = await runOnce(['--json', '-n', '2', '-d', '0.25', ...names]);
			const objects = stdout
				.trim()
				.split('\n')
				.map(line => JSON.parse(line));
			assert.equal(objects.at(-1).nodes.length, 1);
			assert.deepEqual([...new Set(objects.map(object => object.fleet.name))].length, 1);
		} finally {
			await node.stop();
		}
	});

// https://github.com/valkey-io/valkey/issues/2338: the channel of the data set has the replica's own ip.
for (const server of having('a full sync over two channels', { valkey: 8.1 }, servers))
	test(`${server.id}: a full sync over two channels is one replica, under its announced address`, async () => {
		const config = {
			...{ 'dual-channel-replication-enabled': 'yes', 'repl-diskless-sync': 'yes' },
			...{ 'repl-diskless-sync-delay': 0, 'rdb-key-save-delay': 500 },
		};
		const primary = await startServer(server, { config });
		// Its connections come from 127.0.0.1; it is reached by both.
		const replica = await startServer(server, {
			config: { ...config, bind: '127.0.0.1 127.0.0.2', 'replica-announce-ip': '127.0.0.2' },
		});
		await primary.cli('EVAL', "for i = 1, 3000 do redis.call('SET', i, i) end", '0');
		const run = runJson(['-d', '0.25', primary.address]);
		try {
			await run.when('the primary alone', object => object.nodes.length === 1);
			await replica.call('REPLICAOF', primary.host, primary.port);
			const channels = until(async () => /type=rdb-channel/.test(await primary.cli('INFO', 'replication')), {
				what: 'a sync over two channels',
			});
			const announced = `127.0.0.2:${replica.port}`;
			await run.when('the replica in step', object =>
				object.nodes.some(
					(node: Row & { replicationLagBytes: number | null }) =>
						node.node === announced && node.replicationLagBytes !== null,
				),
			);
			await channels;
			const names = new Set(run.objects.flatMap(object => object.nodes.map(({ node }: Row) => node)));
			assert.deepEqual([...names].sort(), [primary.address, announced].sort());
			const told = run.objects.flatMap(object => object.events.map(({ text }: { text: string }) => text));
			assert.ok(!told.includes('left the fleet'), told.join('\n'));
		} finally {
			await run.stop();
			await Promise.all([primary.stop(), replica.stop()]);
		}
	});
