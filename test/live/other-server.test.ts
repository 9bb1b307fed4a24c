// One address that leads to several servers, one after the other: a balancer, a name, a floating ip. That is said as it is
// where only this address is watched, and no rate is made between two servers; where the fleet is found, each server is a
// row under the address at which the others have it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPair } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { until } from '../servers/until.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import { watchFleet } from './watch-fleet.ts';

// As HAProxy leads after a switch: https://github.com/haproxy/haproxy/issues/962
for (const server of await testServers('valkey'))
	test(`${server.name} ${server.version}: a balancer leads to the replica, and back`, async () => {
		const pair = await startPair(server);
		const proxy = await startCuttingProxy([pair.primary.port]);
		const address = `127.0.0.1:${proxy.port}`;
		const watched = watchFleet({ address }, { state: { delaySeconds: 0.5, isDiscoveryOn: false } });
		const found = watchFleet({ address }, { state: { delaySeconds: 0.5 } });
		const others = () => watched.fleet().events.filter(({ kind }) => kind === 'other-server');
		const nodes = () => watched.fleet().now.fleet.nodes;
		const rows = () =>
			found.fleet().now.fleet.nodes.map(node => `${node.address} ${node.role} ${node.health}`);
		const both = [`${pair.primary.address} primary up`, `${pair.replica.address} replica up`];
		try {
			await until(() => nodes().length === 1 && nodes()[0]!.health === 'up', { what: 'one row' });
			await until(() => both.every(row => rows().includes(row)), { what: `two rows: ${rows()}` });
			// A restart could not have been up for longer than it was not heard of.
			await until(async () => Number((await pair.replica.info('server')).uptime_in_seconds) >= 8, {
				what: 'both have been up for a while',
			});
			await pair.primary.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
			for (const [turn, port] of [pair.replica.port, pair.primary.port, pair.replica.port].entries()) {
				proxy.lead(port);
				await until(() => others().length === turn + 1, { what: `another server, turn ${turn}` });
				await until(() => nodes()[0]!.health === 'up', { what: `it is up, turn ${turn}` });
				assert.deepEqual([rows().length, both.every(row => rows().includes(row))], [2, true], rows().join());
			}
			const kinds = watched.fleet().events.map(({ kind }) => kind);
			assert.ok(!kinds.includes('restarted') && !kinds.includes('unreachable'), kinds.join());
			assert.match(others()[0]!.text, /^another server answers here: up \d+/);
		} finally {
			await watched.stop();
			await found.stop();
			await proxy.stop();
			await pair.stop();
		}
	});
