// Fleets that change while they are watched: nodes that are forgotten, replicas of replicas, slots on the move, a
// Sentinel failover by hand, a server that hangs up. What is the fleet at work must not look like a fault.

import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type RunningCluster, startCluster, startSentinels } from '../servers/fleets.ts';
import { anyServer } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { nodeOf, type Printed, runJson } from './redis-top.ts';

const server = await anyServer();

const idsOf = (objects: readonly Printed[]) => [
	...new Set(objects.flatMap(object => object.findings.map((each: Printed) => each.id))),
];
const kindsOf = (objects: readonly Printed[]) =>
	objects.flatMap(object => object.events.map((each: Printed) => each.kind));

describe('a cluster that changes', () => {
	let cluster: RunningCluster;
	before(async () => {
		cluster = await startCluster(server);
	});
	after(() => cluster.stop());

	test('slots on the move are a migration, and no finding', async () => {
		const [from, to] = cluster.primaries;
		const [fromId, toId] = [cluster.ids[0]!, cluster.ids[1]!];
		const run = runJson(['-p', String(cluster.nodes[2]!.port), '-d', '0.5']);
		try {
			await run.when('refreshes', () => run.objects.length >= 2);
			const begin = run.objects.length;
			for (let slot = 0; slot < 40; slot++) {
				await to!.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
				await from!.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
				await new Promise(resolve => setTimeout(resolve, 100));
				await to!.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
				await from!.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
			}
			const end = run.objects.length;
			await run.when('two refreshes more', () => run.objects.length > end + 2);
			const seen = run.objects.slice(begin);
			assert.deepEqual(idsOf(seen), []);
			assert.ok(kindsOf(seen).includes('migration-started'));
			assert.ok(!kindsOf(seen).includes('view-split'), kindsOf(seen).join());
			assert.equal(nodeOf(run.objects.at(-1), to!.address).slots[0][0], 0);
		} finally {
			await run.stop();
		}
	});

	test('a frozen primary is replaced: its old word makes no second owner', async () => {
		const frozen = cluster.primaries[2]!;
		const run = runJson(['-p', String(cluster.primaries[0]!.port), '-d', '0.5']);
		try {
			await run.when('refreshes', () => run.objects.length >= 2);
			frozen.freeze();
			await run.when(
				'the promotion',
				object => object.events.some((each: Printed) => each.kind === 'promoted'),
				{
					timeout: 20_000,
				},
			);
			const from = run.objects.length;
			await run.when('four refreshes more', () => run.objects.length > from + 4);
			frozen.thaw();
			await run.when('back as a replica', object => nodeOf(object, frozen.address).role === 'replica', {
				from: run.objects.length,
				timeout: 20_000,
			});
			const ids = idsOf(run.objects);
			for (const id of ['two-owners', 'stale-primary', 'views-differ'])
				assert.ok(!ids.includes(id), ids.join());
		} finally {
			frozen.thaw();
			await run.stop();
		}
	});

	test('a node that is forgotten leaves, with the reason, alive or dead', async () => {
		const [alive, dead] = [cluster.replicas[0]!, cluster.replicas[1]!];
		const idOf = (node: typeof alive) => cluster.ids[cluster.nodes.indexOf(node)]!;
		const run = runJson(['-p', String(cluster.primaries[0]!.port), '-d', '0.5']);
		try {
			await run.when('six nodes', object => object.nodes.length === 6);
			await dead.kill();
			for (const gone of [alive, dead])
				for (const node of cluster.nodes)
					if (node.isRunning && node !== gone)
						await node.call('CLUSTER', 'FORGET', idOf(gone)).catch(() => {});
			await alive.call('CLUSTER', 'RESET', 'HARD').catch(() => {});
			for (const gone of [alive, dead])
				await run.when(
					`${gone.address} gone`,
					object => nodeOf(object, gone.address).error?.reason === 'gone',
				);
			const told = run.objects
				.flatMap(object => object.events)
				.filter((event: Printed) => event.kind === 'node-gone');
			assert.deepEqual(told.map((event: Printed) => event.node).sort(), [alive.address, dead.address].sort());
			const from = run.objects.length;
			await run.when(
				'calm again',
				object => !object.findings.some((each: Printed) => each.severity === 'crit'),
				{ from },
			);
			assert.equal(run.objects.at(-1).fleet.viewsAgreeing, run.objects.at(-1).fleet.viewsAsked);
		} finally {
			await run.stop();
		}
	});
});

test('a replica of a replica is found from above, with its own primary', async () => {
	const top = await startServer(server);
	const middle = await startServer(server, { config: { replicaof: `127.0.0.1 ${top.port}` } });
	const low = await startServer(server, { config: { replicaof: `127.0.0.1 ${middle.port}` } });
	const run = runJson(['-p', String(top.port), '-d', '0.5']);
	try {
		const object = await run.when(
			'three nodes',
			each => each.nodes.filter((node: Printed) => node.health === 'up').length === 3,
		);
		assert.equal(nodeOf(object, low.address).primary, middle.address);
		assert.equal(nodeOf(object, middle.address).primary, top.address);
		assert.ok(object.nodes.every((node: Printed) => node.shard === 1));
	} finally {
		await run.stop();
		for (const node of [low, middle, top]) await node.stop();
	}
});

test('a Sentinel failover by hand: nobody is gone, the rows stay', async () => {
	const fleet = await startSentinels(server);
	const run = runJson(['-p', String(fleet.sentinels[0]!.port), '-d', '0.5']);
	try {
		await run.when('three nodes', object => object.nodes.length === 3);
		await fleet.sentinels[0]!.call('SENTINEL', 'FAILOVER', fleet.name);
		const moved = await run.when(
			'the switch',
			object => object.sentinel.masters[0].primary !== fleet.primary.address,
			{ timeout: 20_000 },
		);
		const from = run.objects.indexOf(moved);
		await run.when('ten refreshes more', () => run.objects.length > from + 16);
		assert.ok(!kindsOf(run.objects).includes('node-gone'), kindsOf(run.objects).join());
		assert.ok(run.objects.every(object => object.nodes.length === 3));
	} finally {
		await run.stop();
		await fleet.stop();
	}
});

test('a server that hangs up after each answer is not stormed', async () => {
	let connections = 0;
	const hangingUp = createServer((socket: Socket) => {
		connections++;
		socket.on('error', () => {});
		socket.on('data', data => {
			const calls = data.toString('latin1').match(/^\*\d+/gm)?.length ?? 0;
			const info = '# Server\r\nredis_version:7.0.0\r\nrun_id:a\r\nredis_mode:standalone\r\n';
			for (let call = 0; call < calls; call++) socket.write(`$${info.length}\r\n${info}\r\n`);
			setTimeout(() => socket.destroy(), 20);
		});
	});
	await new Promise<void>(resolve => hangingUp.listen(0, '127.0.0.1', resolve));
	const { port } = hangingUp.address() as { port: number };
	const startedAt = performance.now();
	const run = runJson(['-p', String(port)]);
	try {
		await until(() => run.objects.length >= 8, { what: 'eight refreshes' });
		// Once a refresh and once for what is asked beside it; a slow machine refreshes later than it dials.
		const seconds = (performance.now() - startedAt) / 1000;
		assert.ok(connections <= 2 * seconds + 3, `${connections} connections in ${seconds} s`);
	} finally {
		await run.stop();
		hangingUp.close();
	}
});
