// A Sentinel trio over a primary with two replicas: everything from one Sentinel's port, and a failover.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RunningSentinels, startSentinels } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { nodeOf, type Printed, runJson, runOnce } from './redis-top.ts';

for (const server of await testServers('valkey')) {
	describe(`Sentinels of ${server.name} ${server.version}`, () => {
		let fleet: RunningSentinels;
		before(async () => {
			fleet = await startSentinels(server);
		});
		after(() => fleet.stop());

		test('from one Sentinel: the master with its replicas, and the other Sentinels', async () => {
			const { stdout } = await runOnce(['-p', String(fleet.sentinels[1]!.port), '--json', '-n', '1']);
			const object = JSON.parse(stdout);
			assert.equal(object.mode, 'sentinel');
			const data = [fleet.primary, ...fleet.replicas].map(node => node.address);
			assert.deepEqual(object.nodes.map((node: Printed) => node.node).sort(), data.sort());
			assert.ok(object.nodes.every((node: Printed) => node.group === fleet.name && node.health === 'up'));
			assert.equal(nodeOf(object, fleet.primary.address).role, 'primary');
			assert.deepEqual(
				object.sentinel.sentinels.map((each: Printed) => each.node).sort(),
				fleet.sentinels.map(each => each.address).sort(),
			);
			assert.ok(object.sentinel.sentinels.every((each: Printed) => each.health === 'up'));
			assert.deepEqual(object.sentinel.masters, [
				{ name: fleet.name, primary: fleet.primary.address, quorum: 2, quorumReachable: true },
			]);
			assert.deepEqual(object.findings, []);
		});

		test('a killed master: down, switched, promoted, the master of the JSON is the new one', async () => {
			const run = runJson(['-p', String(fleet.sentinels[0]!.port)]);
			try {
				await run.when('a refresh', () => run.objects.length > 0);
				const from = run.objects.length;
				await fleet.primary.kill();
				await run.when('down', object => nodeOf(object, fleet.primary.address).health === 'down', {
					from,
					timeout: 3000,
				});
				const switched = await run.when(
					'the switch',
					object => object.events.some((event: Printed) => event.kind === 'switch'),
					{ from, timeout: 30_000 },
				);
				const last = await run.when(
					'the new master',
					object => object.sentinel.masters[0].primary !== fleet.primary.address,
					{ from: run.objects.indexOf(switched) },
				);
				const heir = last.sentinel.masters[0].primary;
				await run.when('its role', object => nodeOf(object, heir).role === 'primary', { from });
				const kinds = run.objects
					.slice(from)
					.flatMap(object => object.events.map((event: Printed) => event.kind));
				for (const kind of ['unreachable', 'sdown', 'promoted'])
					assert.ok(kinds.includes(kind), `${kind} in ${kinds}`);
				await fleet.primary.restart();
				await run.when(
					'back as a replica',
					object => nodeOf(object, fleet.primary.address).role === 'replica',
					{ from: run.objects.length - 1, timeout: 40_000 },
				);
			} finally {
				await run.stop();
			}
		});
	});
}
