// Cases from the field, each on every server that can do it: what --check says and ends with. How each is shown on the
// screens and in numbers is tested where its mechanism is (addresses, announced, databases, not-reached, other-server,
// told); servers that cannot be had are in kinds/. Here it shows that no version says OK of one that is not.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { buildIfStale } from '../built.ts';
import { startCluster, startPair, startSentinels } from '../servers/fleets.ts';
import { having, type Since } from '../servers/having.ts';
import { moveOf, openSlot, tagIn } from '../servers/reshard.ts';
import { type Server, testServers } from '../servers/servers.ts';
import { findFreePort, type RunningServer, startServer, tlsFiles } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import { type Printed, runJson, runOnce } from './redis-top.ts';

before(() => buildIfStale());

/** What was started for a case, ended in the reverse order. */
type Kept = { stop(): Promise<void> }[];
type Made = { readonly args: readonly string[]; readonly says: readonly RegExp[]; readonly code: number };
type Case = {
	readonly name: string;
	readonly since?: Since;
	readonly make: (server: Server, kept: Kept) => Promise<Made>;
};

async function keep<Of extends { stop(): Promise<void> }>(kept: Kept, starting: Promise<Of>): Promise<Of> {
	const started = await starting;
	kept.push(started);
	return started;
}

const everywhere: Since = { redis: 0, valkey: 0, redict: 0 };
const withNames: Since = { redis: 6.2, valkey: 0, redict: 0 };

const gone = (more: readonly (readonly string[])[] = []) => [
	['sentinel', 'resolve-hostnames', 'yes'],
	['sentinel', 'monitor', 'gone', 'nowhere.invalid', '6379', '2'],
	['sentinel', 'down-after-milliseconds', 'gone', '500'],
	...more,
];

/** Three that have lost the master's name and, as after a restart, still know one another by their configuration. */
async function startKnowing(server: Server, kept: Kept): Promise<readonly RunningServer[]> {
	const ports = [await findFreePort(), await findFreePort(), await findFreePort()];
	const idOf = (port: number) => String(port).repeat(8);
	const others = (own: number) =>
		ports
			.filter(port => port !== own)
			.map(port => ['sentinel', 'known-sentinel', 'gone', '127.0.0.1', String(port), idOf(port)]);
	const sentinels = ports.map(port =>
		keep(
			kept,
			startServer(server, {
				isSentinel: true,
				port,
				config: gone([['sentinel', 'myid', idOf(port)], ...others(port)]),
				awaitsReady: false,
			}),
		),
	);
	return Promise.all(sentinels);
}

const cases: readonly Case[] = [
	{
		// docker-library/redis#190, redis/redis#2939
		name: 'a cluster behind a NAT of which one node can be reached',
		async make(server, kept) {
			const { nodes } = await keep(kept, startCluster(server));
			const closed = await findFreePort();
			const nat = nodes.slice(1).flatMap(node => ['--nat', `${node.address}=127.0.0.1:${closed}`]);
			return { args: [nodes[0]!.address, ...nat], code: 1, says: [/^WARNING not-reached 127\S+: /m] };
		},
	},
	{
		// redis/redis#12184, bitnami/containers#53232: the name of a pod is gone with it, in a Sentinel's configuration it stays.
		name: "three fresh Sentinels, their master's name does not resolve",
		since: withNames,
		async make(server, kept) {
			const sentinels = await Promise.all(
				[1, 2, 3].map(() => keep(kept, startServer(server, { isSentinel: true, config: gone() }))),
			);
			return {
				args: [sentinels[0]!.address],
				code: 2,
				says: [/^CRITICAL unreachable gone: no/m, /^CRITICAL quorum-lost gone: gone/m],
			};
		},
	},
	{
		name: "three Sentinels that know one another, their master's name does not resolve",
		since: withNames,
		async make(server, kept) {
			const [seed] = await startKnowing(server, kept);
			await until(async () => /sentinels=3/.test(await seed!.cli('INFO', 'sentinel')), {
				what: 'they know one another',
			});
			return { args: [seed!.address], code: 2, says: [/^CRITICAL unreachable gone: no/m] };
		},
	},
	{
		name: 'the primary under three Sentinels is killed',
		async make(server, kept) {
			const { primary, sentinels } = await keep(
				kept,
				startSentinels(server, { replicas: 1, downAfter: 20_000 }),
			);
			await primary.kill();
			const down = new RegExp(`^CRITICAL unreachable ${primary.address}: no answer: connection refused`, 'm');
			return { args: [sentinels[0]!.address], code: 2, says: [down] };
		},
	},
	{
		// valkey-io/valkey#1191: the cluster looks well to every node, and a third of the slots is served by nobody.
		name: 'slots owned by a node without address',
		async make(server, kept) {
			const { primaries, ids } = await keep(kept, startCluster(server, { replicasEach: 0 }));
			const [seed, , third] = primaries;
			await third!.kill();
			rmSync(path.join(third!.dir, 'nodes.conf'));
			await third!.restart();
			await until(async () => /noaddr/.test(await seed!.cli('CLUSTER', 'NODES')), {
				what: 'its address is lost',
			});
			return {
				args: [seed!.address],
				code: 2,
				says: [
					/^CRITICAL slots-uncovered: 546\d of 16384 slots uncovered/m,
					new RegExp(`^CRITICAL unreachable ${ids[2]}: no usable address`, 'm'),
				],
			};
		},
	},
	{
		name: 'a cluster of one node that never met another',
		async make(server, kept) {
			const node = await keep(kept, startServer(server, { config: { 'cluster-enabled': 'yes' } }));
			await node.call('CLUSTER', 'ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot));
			await until(async () => /cluster_state:ok/.test(await node.cli('CLUSTER', 'INFO')), { what: 'ok' });
			// Of a node that nobody would replace.
			return { args: [node.address], code: 1, says: [/^WARNING no-replica 127\S+: /m] };
		},
	},
	{
		// redis/redis#13141: over 128 codes of scripts switch the counting off until CONFIG RESETSTAT.
		name: 'out of memory while errors are no longer counted by code',
		since: { redis: 6.2, valkey: 0, redict: 0 },
		async make(server, kept) {
			const node = await keep(kept, startServer(server, { config: { 'maxmemory-policy': 'noeviction' } }));
			for (let code = 0; code < 140; code++)
				await node.call('EVAL', `return redis.error_reply('OWN${code} x')`, 0).catch(() => {});
			await node.call('CONFIG', 'SET', 'maxmemory', '1');
			const writer = node.connect();
			const timer = setInterval(() => writer.set('key', 'x'.repeat(1000)).catch(() => {}), 50);
			kept.push({ stop: async () => clearInterval(timer) });
			return { args: [node.address], code: 2, says: [/^CRITICAL oom-errors 127\S+: /m] };
		},
	},
	{
		// redis-rs/redis-rs#2155
		name: 'a TLS cluster with certificates by host name',
		since: { redis: 7, valkey: 0, redict: 0 },
		async make(server, kept) {
			const cluster = await keep(
				kept,
				startCluster(server, {
					replicasEach: 0,
					places: [{ tls: true }, { tls: true }, { tls: true }],
					config: {
						'tls-cluster': 'yes',
						...{ 'tls-cert-file': tlsFiles['named.crt'], 'tls-key-file': tlsFiles['named.key'] },
						...{ 'cluster-announce-hostname': 'localhost' },
						...{ 'cluster-preferred-endpoint-type': 'hostname' },
					},
				}),
			);
			// Three that are up, each without a replica, and nothing else.
			return {
				args: ['--tls', '--cacert', tlsFiles['ca.crt'], `localhost:${cluster.nodes[0]!.port}`],
				code: 1,
				says: [/^(WARNING no-replica localhost:\d+: no replica to take over(\n|$)){3}$/],
			};
		},
	},
	{
		// valkey-io/valkey#1671
		name: 'a cluster of several databases, a slot half open',
		since: { valkey: 9 },
		async make(server, kept) {
			const config = { 'cluster-databases': 16 };
			const cluster = await keep(kept, startCluster(server, { replicasEach: 0, config }));
			const move = moveOf(cluster, 0, 1);
			const client = move.from.connect({ db: 5 });
			await client.set(`in:{${tagIn(77)}}`, 'x');
			await openSlot(77, move);
			await move.to.call('CLUSTER', 'SETSLOT', 77, 'STABLE');
			return {
				args: [move.from.address],
				code: 1,
				says: [/^WARNING slot-open 127\S+: slot 77 open at the source only/m],
			};
		},
	},
	{
		// It said OK within two readings; that a slot was left open is known after three seconds.
		name: 'a slot that a reshard has left open',
		async make(server, kept) {
			const cluster = await keep(kept, startCluster(server, { primaries: 3, replicasEach: 1 }));
			const move = moveOf(cluster, 0, 1);
			await openSlot(77, move);
			await move.from.call('CLUSTER', 'SETSLOT', 77, 'STABLE');
			const says = [/^WARNING slot-open 127\S+: slot 77 open at the target only/];
			return { args: [move.from.address], code: 1, says };
		},
	},
	{
		name: 'I/O threads',
		async make(server, kept) {
			const node = await keep(kept, startServer(server, { config: { 'io-threads': 2 } }));
			return { args: [node.address], code: 0, says: [/^OK 1 node, /] };
		},
	},
	{
		name: 'INFO renamed',
		async make(server, kept) {
			const args = ['--rename-command', 'INFO', 'SECRETINFO'];
			const node = await keep(kept, startServer(server, { args, awaitsReady: false }));
			await until(async () => (await node.cli('PING')) === 'PONG', { what: 'it answers' });
			return {
				args: [node.address],
				code: 3,
				says: [/^UNKNOWN .*does not know INFO: renamed there, or a proxy; nothing can be measured/],
			};
		},
	},
	{
		// haproxy/haproxy#962
		name: 'a balancer that leads to two servers in turn',
		async make(server, kept) {
			const pair = await keep(kept, startPair(server));
			const ports = [pair.primary.port, pair.replica.port];
			const proxy = await keep(kept, startCuttingProxy(ports));
			return {
				args: ['--no-discover', `127.0.0.1:${proxy.port}`],
				code: 0,
				says: [/^OK 1 node, /],
			};
		},
	},
	{
		// valkey-io/valkey#2338
		name: 'a full sync over two channels',
		since: { valkey: 8.1 },
		async make(server, kept) {
			const config = {
				...{ 'dual-channel-replication-enabled': 'yes', 'repl-diskless-sync': 'yes' },
				...{ 'repl-diskless-sync-delay': 0, 'rdb-key-save-delay': 1000 },
			};
			const primary = await keep(kept, startServer(server, { config }));
			const announced = { bind: '127.0.0.1 127.0.0.2', 'replica-announce-ip': '127.0.0.2' };
			const replica = await keep(kept, startServer(server, { config: { ...config, ...announced } }));
			await primary.cli('EVAL', "for i = 1, 3000 do redis.call('SET', i, i) end", '0');
			await replica.call('REPLICAOF', primary.host, primary.port);
			await until(async () => /type=rdb-channel/.test(await primary.cli('INFO', 'replication')), {
				what: 'a sync over two channels',
			});
			return { args: [primary.address], code: 0, says: [/^OK 2 nodes, /] };
		},
	},
];

const servers = await testServers('both');
for (const { name, since = everywhere, make } of cases)
	for (const server of having(name, since, servers))
		test(`${server.id}: ${name}`, async context => {
			const kept: Kept = [];
			try {
				const { args, says, code } = await make(server, kept);
				const check = await runOnce(['--check', '-d', '0.25', ...args]);
				const told = check.stdout.replace(/ \|.*$/gm, '').trimEnd();
				context.diagnostic(`exit ${check.code}: ${told.replaceAll('\n', ' / ')}`);
				assert.equal(check.code, code, check.stdout + check.stderr);
				for (const words of says) assert.match(told, words);
				assert.doesNotMatch(told, /left the fleet|restarted/);
			} finally {
				for (const each of kept.reverse()) await each.stop();
			}
		});

const withoutTime = ({ mode, nodes, sentinel }: Printed) => ({
	mode,
	nodes: nodes.map(({ node, role, server, serverVersion, group }: Printed) =>
		[node, role, server, serverVersion, group].join(' '),
	),
	masters: sentinel.masters,
	sentinels: sentinel.sentinels.map(({ node }: Printed) => node).sort(),
});

for (const server of servers)
	test(`${server.id}: each of three Sentinels leads to the same fleet, and to its failover`, async () => {
		const fleet = await startSentinels(server, { replicas: 1 });
		const runs = fleet.sentinels.map(({ address }) => runJson(['-d', '0.5', address]));
		try {
			const seen = await Promise.all(
				runs.map(run =>
					run.when('the whole fleet', object =>
						[object.nodes.length, object.sentinel?.sentinels.length].every((count, at) => count === at + 2),
					),
				),
			);
			const [first, ...others] = seen.map(withoutTime);
			for (const other of others) assert.deepEqual(other, first);
			const { name, version, id } = server;
			const data = [fleet.primary, ...fleet.replicas].map(
				({ address }, index) =>
					`${address} ${index ? 'replica' : 'primary'} ${name} ${version} ${fleet.name}`,
			);
			assert.deepEqual([first!.mode, first!.nodes], ['sentinel', data], id);
			await fleet.primary.kill();
			const heir = fleet.replicas[0]!.address;
			for (const run of runs) {
				await run.when('the switch', object => object.sentinel.masters[0].primary === heir, {
					timeout: 40_000,
				});
				await run.when('its event', () =>
					run.objects.some(({ events }) =>
						events.some(({ kind, node }: Printed) => kind === 'promoted' && node === heir),
					),
				);
				const kinds = run.objects.flatMap(({ events }) => events.map(({ kind }: Printed) => kind));
				assert.equal(kinds.filter(kind => kind === 'switch').length, 1, kinds.join());
			}
		} finally {
			await Promise.all(runs.map(run => run.stop()));
			await fleet.stop();
		}
	});
