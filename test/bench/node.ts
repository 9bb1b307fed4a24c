// What the screen of one node costs its server, by how many clients are connected, beside the fleet screen alone on the
// same server: microseconds of commands a second, as the server counts them. CLIENT LIST is asked by itself up to 1,000
// clients and by hand above, so with 5,000 it is not in the figure; what one costs stands in a row of its own.

import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { watchFleet } from '../live/watch-fleet.ts';
import { anyServer } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type Part, type Row, times } from './table.ts';

const clientCounts = [10, 1000, 5000];
const seconds = 10;
/** At a time: a server's queue of new connections is short. */
const connectedAtOnce = 200;

export const nodePart: Part = {
	name: 'node',
	title: 'server time of the node screen at 1 Hz, beside the fleet screen alone',
	async run() {
		const server = await anyServer();
		const node = await startServer(server, { config: { maxclients: 6000 } });
		const clients: Redis[] = [];
		try {
			const rows: Row[] = [];
			for (const count of clientCounts) {
				// Ours and those of the test are among them.
				await connect(node, clients, count - 2);
				rows.push(await oneRow(node, count));
			}
			return [...rows, await listRow(node)];
		} finally {
			for (const client of clients) client.disconnect();
			await node.stop();
		}
	},
};

async function connect(node: RunningServer, clients: Redis[], count: number): Promise<void> {
	while (clients.length < count) {
		const more = Array.from({ length: Math.min(connectedAtOnce, count - clients.length) }, () =>
			node.connect(),
		);
		await Promise.all(more.map(client => client.ping()));
		clients.push(...more);
	}
}

async function oneRow(node: RunningServer, count: number): Promise<Row> {
	const idle = await spentIn(node, 5);
	const watched = watchFleet(node);
	try {
		await until(() => watched.fleet().rounds > 1, { what: 'it is watched' });
		await pause(2000);
		const fleet = await spentIn(node, seconds);
		watched.press('2');
		await pause(2000);
		const close = await spentIn(node, seconds);
		const [ours, beside] = [close - idle, fleet - idle];
		return [
			`server time a second, ${count} clients`,
			`${ours.toFixed(0)} us`,
			`${beside.toFixed(0)} us`,
			times(ours, beside),
		];
	} finally {
		await watched.stop();
	}
}

/** The mean of all seconds: leaving out the worst, as elsewhere, would leave out what is asked every 5 s. */
async function spentIn(node: RunningServer, measured: number): Promise<number> {
	const spent = async () =>
		Object.values(await node.info('commandstats')).reduce(
			(sum, text) => sum + Number(/usec=(\d+)/.exec(text)?.[1] ?? 0),
			0,
		);
	const before = await spent();
	await pause(measured * 1000);
	return ((await spent()) - before) / measured;
}

/** What `s` costs where the list is not asked by itself. */
async function listRow(node: RunningServer): Promise<Row> {
	const spent = async () =>
		Number(/usec=(\d+)/.exec((await node.info('commandstats'))['cmdstat_client|list'] ?? '')?.[1] ?? 0);
	const before = await spent();
	await node.call('CLIENT', 'LIST');
	return [
		`one CLIENT LIST by hand, ${clientCounts.at(-1)} clients`,
		`${(await spent()) - before} us`,
		'',
		'',
	];
}
