// A login that is not answered, as where LDAP or a module behind it hangs: the row says that the server answers and the
// login is what waits, neither a pause of all clients nor a server that stands still; and it is back by itself. The
// server is real; before it stands a way that passes everything on but AUTH.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { plainDial } from '../big-keys/scan.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { watchFleet } from './watch-fleet.ts';

/** While it holds, nothing of a connection passes from its AUTH on. */
async function startHolding(port: number) {
	const open = new Set<Socket>();
	let isHolding = false;
	const listening = createServer(client => {
		const server = connect(port, '127.0.0.1');
		let isHeld = false;
		for (const [from, to] of [
			[client, server],
			[server, client],
		] as const) {
			open.add(from);
			from
				.on('error', () => {})
				.on('close', () => {
					open.delete(from);
					to.destroy();
				});
		}
		server.on('data', data => client.write(data));
		client.on('data', data => {
			const at = isHolding ? data.toString('latin1').search(/\*\d+\r\n\$4\r\nauth\r\n/i) : -1;
			if (!isHeld) server.write(at < 0 ? data : data.subarray(0, at));
			isHeld ||= at >= 0;
		});
	});
	listening.listen(0, '127.0.0.1');
	await once(listening, 'listening');
	return {
		address: `127.0.0.1:${(listening.address() as AddressInfo).port}`,
		hold(is: boolean) {
			isHolding = is;
			for (const each of open) each.destroy();
		},
		async stop() {
			for (const each of open) each.destroy();
			listening.close();
			await once(listening, 'close');
		},
	};
}

for (const server of await testServers('both'))
	describe(server.id, () => {
		test('a login that is not answered', async () => {
			const node = await startServer(server, { config: { requirepass: 'pw' } });
			const way = await startHolding(node.port);
			const dials = new Map([[0, { ...plainDial, credentials: { password: 'pw' } }]]);
			const watched = watchFleet(way, { engine: { dials } });
			const row = () => watched.fleet().now.fleet.nodes[0];
			const texts = () => watched.fleet().now.findings.map(({ id, text }) => `${id}: ${text}`);
			try {
				await until(() => row()?.health === 'up', { what: 'it is up' });
				way.hold(true);
				const isTold = () =>
					texts().some(text => /^unreachable: answers, but not our login \(AUTH\)/.test(text));
				await until(isTold, { what: () => `it is told: ${texts()} ${JSON.stringify(row()?.error)}` });
				assert.doesNotMatch(texts().join(), /PAUSE|stalled/);
				way.hold(false);
				await until(() => row()?.health === 'up', { what: 'it is up again', timeout: 60_000 });
			} finally {
				await watched.stop();
				await way.stop();
				await node.stop();
			}
		});
	});
