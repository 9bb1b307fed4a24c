// Every figure of JSON and every column in a cluster and under Sentinels is the servers' own.

import { test } from 'node:test';
import { slotOf } from '../../source/core/keys/key-slot.ts';
import { startCluster, startSentinels } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import type { RunningServer } from '../servers/start.ts';
import { maxClients, type Place, showFigures } from './figures.ts';

const config = { maxclients: maxClients };

for (const server of await testServers('both')) {
	test(`${server.id}: every figure of a cluster`, async () => {
		const cluster = await startCluster(server, { config });
		try {
			const shards = await Promise.all(cluster.primaries.map(shardOf));
			const places = cluster.primaries.flatMap((primary, index): Place[] => {
				const shard = { shard: index + 1, ...shards[index]! };
				const replicas = cluster.replicas.filter((_, other) => other % cluster.primaries.length === index);
				return [
					{ server: primary, ...shard },
					...replicas.map(each => ({ server: each, primary, ...shard })),
				];
			});
			await showFigures({ mode: 'cluster', seed: cluster.primaries[0]!, places });
		} finally {
			await cluster.stop();
		}
	});

	test(`${server.id}: every figure under Sentinels`, async () => {
		const fleet = await startSentinels(server, { config });
		const place = { shard: 1, slots: [], tag: 'a', group: fleet.name };
		const places = [
			{ server: fleet.primary, ...place },
			...fleet.replicas.map(each => ({ server: each, primary: fleet.primary, ...place })),
		];
		try {
			await showFigures({ mode: 'sentinel', seed: fleet.sentinels[0]!, places });
		} finally {
			await fleet.stop();
		}
	});
}

/** Its slots by its own word, and a tag whose slot is among them. */
async function shardOf(node: RunningServer): Promise<Pick<Place, 'slots' | 'tag'>> {
	const line = String(await node.call('CLUSTER', 'NODES'))
		.split('\n')
		.find(text => text.includes('myself'))!;
	const slots = line
		.split(' ')
		.slice(8)
		.map(text => text.split('-').map(Number))
		.map(([first, last]): [number, number] => [first!, last ?? first!]);
	const isOwn = (slot: number) => slots.some(([first, last]) => first <= slot && slot <= last);
	for (let each = 0; ; each++) if (isOwn(slotOf(`t${each}`))) return { slots, tag: `t${each}` };
}
