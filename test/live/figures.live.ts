// Every figure of JSON and every column in a cluster and under Sentinels is the servers' own.

import { test } from 'node:test';
import { slotOf } from '../../source/core/keys/key-slot.ts';
import { type RunningSentinels, startCluster, startSentinels } from '../servers/fleets.ts';
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
				const idOf = (node: RunningServer) => cluster.ids[cluster.nodes.indexOf(node)]!;
				const replicas = cluster.replicas.filter((_, other) => other % cluster.primaries.length === index);
				return [
					{ server: primary, id: idOf(primary), ...shard },
					...replicas.map(each => ({ server: each, id: idOf(each), primary, ...shard })),
				];
			});
			await showFigures({ mode: 'cluster', seed: cluster.primaries[0]!, places });
		} finally {
			await cluster.stop();
		}
	});

	test(`${server.id}: every figure under Sentinels`, async () => {
		// A quorum that is neither the majority nor the number of Sentinels, of the others or of the replicas.
		const fleet = await startSentinels(server, { config, quorum: 1 });
		const place = { shard: 1, slots: [], tag: 'a', group: fleet.name };
		const places = [
			{ server: fleet.primary, ...place },
			...fleet.replicas.map(each => ({ server: each, primary: fleet.primary, ...place })),
		];
		try {
			const { sentinels } = fleet;
			const sentinel = await toldBy(fleet);
			await showFigures({ mode: 'sentinel', seed: sentinels[0]!, places, sentinels, sentinel });
		} finally {
			await fleet.stop();
		}
	});
}

/** What the Sentinels themselves say, in the words of the object. */
async function toldBy({ name, sentinels }: RunningSentinels): Promise<object> {
	const ask = async (what: string) => (await sentinels[0]!.call('SENTINEL', what, name)) as readonly string[];
	const master = await ask('MASTER');
	const quorum = Number(master[master.indexOf('quorum') + 1]);
	const addresses = sentinels.map(({ address }) => address).sort();
	return {
		masters: [
			{
				...{ name, primary: (await ask('GET-MASTER-ADDR-BY-NAME')).join(':'), quorum },
				quorumReachable: String(await ask('CKQUORUM')).startsWith('OK'),
			},
		],
		sentinels: addresses.map(node => ({ node, health: 'up' })),
	};
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
