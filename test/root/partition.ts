// `npm run test:root`: a real partition. A 3+3 cluster on two hosts (network namespaces), the link between them cut: a
// primary and another's replica on one side, the rest on the other. The monitor sees both sides, as one on a third host
// does, and says what each believes, which is the minority, and, when the link is mended, that they agree again and how
// many bytes of writes were thrown away. Needs root and `ip` (apt-get install iproute2), so it is no part of `npm test`.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { groupsOf } from '../../source/core/cluster/view-groups.ts';
import { toldFailovers } from '../../source/core/failover/failover.ts';
import type { Failover } from '../../source/core/failover/failover-record.ts';
import { lossText, outcomeText } from '../../source/core/failover/failover-words.ts';
import type { View } from '../../source/core/types.ts';
import { watchFleet } from '../live/watch-fleet.ts';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { makeNetworks, type Networks } from './networks.ts';

if (process.getuid?.() !== 0) throw new Error('npm run test:root needs root: it makes network namespaces');

const nodeTimeout = 2000;
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const one of undo.splice(0).reverse()) await one();
});

/** Primaries 0 to 2, replicas 3 to 5 (3 of 0). On the small side: primary 0 and the replica of primary 1. */
const small = [0, 4];

async function start(server: Parameters<typeof startCluster>[0]): Promise<[Networks, RunningCluster]> {
	const networks = await makeNetworks();
	undo.push(() => networks.remove());
	const places = Array.from({ length: 6 }, (_, index) => ({
		...networks.hosts[small.includes(index) ? 0 : 1],
		port: 7000 + index,
	}));
	const cluster = await startCluster(server, {
		nodeTimeout,
		places,
		config: { 'cluster-require-full-coverage': 'no' },
	});
	undo.push(() => cluster.stop());
	return [networks, cluster];
}

function watch(seed: RunningServer) {
	const watched = watchFleet(seed);
	undo.push(watched.stop);
	const views = (): View[] =>
		[...watched.fleet().tracks.values()].flatMap(track =>
			track.cluster?.peers && !track.error
				? [{ node: track.address, cluster: track.cluster, peers: track.cluster.peers }]
				: [],
		);
	return { ...watched, groups: () => groupsOf(views(), watched.fleet().now.fleet.agreement) };
}

/** Writes keys of one slot until it is told to stop, and counts those that were answered OK. */
function writeOn(node: RunningServer, tag: string) {
	const client = node.connect();
	let isOver = false;
	let taken = 0;
	const done = (async () => {
		while (!isOver) {
			const answer = await client.set(`{${tag}}:${taken}`, 'x'.repeat(100)).catch(() => undefined);
			if (answer === 'OK') taken++;
			await pause(5);
		}
		client.disconnect();
	})();
	return {
		taken: () => taken,
		async stop() {
			isOver = true;
			await done;
		},
	};
}

async function tagOf(node: RunningServer, last: number): Promise<string> {
	for (let tag = 0; ; tag++)
		if (Number(await node.call('CLUSTER', 'KEYSLOT', `{${tag}}`)) <= last) return String(tag);
}

for (const server of await testServers('both'))
	test(`${server.name} ${server.version}: a partition, both sides seen`, { timeout: 180_000 }, async () => {
		const [networks, cluster] = await start(server);
		const { fleet, groups, press, screen } = watch(cluster.nodes[0]!);
		const lonely = cluster.nodes[0]!;
		const minority = small.map(index => cluster.nodes[index]!.address).sort();
		await until(() => fleet().rounds > 3 && fleet().now.fleet.nodes.length === 6, {
			what: 'all six are seen',
		});
		const writer = writeOn(lonely, await tagOf(lonely, 5000));
		await until(() => writer.taken() > 20, { what: 'writes are taken' });

		await networks.cut();
		const split = await until(
			() => {
				const now = groups();
				return now.length === 2 && now[0]!.nodes.length === 4 && now[1]!.owners.length > 0 && now;
			},
			{ what: 'both sides are told apart', timeout: 40_000 },
		);
		assert.deepEqual(
			split.map(({ isMinority }) => isMinority),
			[false, true],
			JSON.stringify(split),
		);
		assert.deepEqual([...split[1]!.nodes].sort(), minority);
		assert.equal(split[0]!.nodes.length, 4);
		// What each believes: the small side that its primary serves, the large one that the replica does.
		const [difference] = split[1]!.owners;
		assert.ok(difference, 'the slots they disagree on');
		assert.ok(
			[difference.owner, difference.believedOwner].includes(lonely.address),
			JSON.stringify(difference),
		);
		await until(() => fleet().now.fleet.agreement?.minority.length === 2, { what: 'the minority is named' });
		assert.deepEqual([...fleet().now.fleet.agreement!.minority].sort(), minority);
		press('3');
		const shown = await until(
			() => {
				const text = screen();
				return minority.every(address => text.includes(address)) && text;
			},
			{ what: 'the minority stands on the screen' },
		);
		if (process.env.SHOW) console.log(shown);

		await pause(nodeTimeout);
		await networks.mend();
		await until(() => groups().length === 1 && fleet().now.fleet.agreement?.minority.length === 0, {
			what: 'they agree again',
			timeout: 60_000,
		});
		await writer.stop();
		const story = await until(
			() => {
				const found = fleet().failovers.find(({ oldPrimary }) => oldPrimary === lonely.address);
				return found?.steps.some(({ kind }) => kind === 'resynced') && found;
			},
			{ what: 'the old primary is back as a replica', timeout: 60_000 },
		);
		assert.deepEqual(
			toldFailovers(fleet().failovers).map(({ oldPrimary }) => oldPrimary),
			[lonely.address],
			`what the small side believes of the others is no failover: ${toldFailovers(fleet().failovers).map(({ oldPrimary, steps }) => `\n${oldPrimary} ${steps.map(({ kind, text }) => `${kind}: ${text}`).join('; ')}`)}`,
		);
		const kept = await countKeys(cluster, writer.taken());
		const text = lossText(story as Failover) ?? '';
		console.log(`${server.name} ${server.version}: ${writer.taken()} writes OK, ${kept} kept`);
		console.log(`  ${outcomeText(story as Failover)}\n  ${text}`);
		const lost = writer.taken() - kept;
		assert.ok(lost > 0, 'writes of the small side were thrown away, or there was nothing to show');
		const said = Number(/([\d,]{2,})/.exec(text)?.[1]?.replaceAll(',', ''));
		// 100 bytes of value, and the words of SET around them.
		assert.ok(
			said >= lost * 100 && said <= lost * 300 + 20_000,
			`${said} bytes said of ${lost} writes: ${text}`,
		);
	});

/** Keys of the writer that the cluster still has. */
async function countKeys(cluster: RunningCluster, taken: number): Promise<number> {
	const heir = cluster.nodes[3]!;
	const keys = Number(await heir.call('DBSIZE'));
	return Math.min(keys, taken);
}
