// Every figure of JSON and every column of a pair is the servers' own. The other forms: figures.live.ts. A field that was
// never filled is found by nobody who does not go over all of them.

import { test } from 'node:test';
import { startPair } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { maxClients, showFigures } from './figures.ts';

const config = { maxclients: maxClients };
const place = { shard: 1, slots: [], tag: 'a' };

for (const server of await testServers('valkey')) {
	test(`${server.id}: every figure of a server alone`, async () => {
		const alone = await startServer(server, { config });
		try {
			await showFigures({ mode: 'standalone', seed: alone, places: [{ server: alone, ...place }] });
		} finally {
			await alone.stop();
		}
	});

	test(`${server.id}: every figure of a primary and its replica`, async () => {
		const { primary, replica, stop } = await startPair(server, { config });
		const places = [
			{ server: primary, ...place },
			{ server: replica, primary, ...place },
		];
		try {
			await showFigures({ mode: 'standalone', seed: primary, places });
		} finally {
			await stop();
		}
	});
}
