// Atomic slot migrations on servers that have them, from the first key to the last: cancelled at either end, tried again
// after its source was killed, a task that is left behind and blocks the next one. What the screen, the events and the
// findings say stands against what the servers themselves tell, at their times.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Migration } from '../../source/core/cluster/migration-record.ts';
import { type AtomicMigration, parseMigrations } from '../../source/core/parse/parse-migrations.ts';
import type { Reply } from '../../source/core/types.ts';
import { send } from '../big-keys/fill.ts';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { having } from '../servers/having.ts';
import { moveOf, tagIn } from '../servers/reshard.ts';
import { testServers } from '../servers/servers.ts';
import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

const keysEach = 5000;
/** Of one key in a snapshot: so slow that it is not over before it was looked at, and none waits for it. */
const slow = 500;

type Scene = {
	readonly watched: WatchedFleet;
	readonly from: RunningServer;
	readonly to: RunningServer;
	readonly idTo: string;
};

async function withScene(
	server: Parameters<typeof startCluster>[0],
	act: (scene: Scene) => Promise<void>,
): Promise<void> {
	const cluster = await startCluster(server, {
		replicasEach: 0,
		// A killed source comes back with its keys.
		config: { 'cluster-node-timeout': 5000, appendonly: 'yes', appendfsync: 'no' },
	});
	const watched = watchFleet(cluster.nodes[0]!);
	try {
		await fill(cluster);
		await until(() => watched.fleet().rounds > 1 && watched.fleet().now.fleet.nodes.length === 3, {
			what: 'all three are watched',
		});
		watched.press('3');
		await act({ watched, ...moveOf(cluster, 0, 1) });
	} finally {
		await watched.stop();
		await cluster.stop();
	}
}

const slots = [300, 301, 302] as const;
const fill = (cluster: RunningCluster) =>
	send(
		cluster.nodes[0]!,
		slots.flatMap(slot =>
			Array.from({ length: keysEach }, (_, n) => ['SET', `moving:{${tagIn(slot)}}:${n}`, 'x'.repeat(20)]),
		),
	);

const delay = (node: RunningServer, microseconds: number) =>
	node.call('CONFIG', 'SET', 'rdb-key-save-delay', microseconds);

const toldOf = ({ watched }: Scene, slot: number): Migration | undefined =>
	watched
		.fleet()
		.migrations.list.find(
			({ kind, slots: own }) => kind === 'atomic' && own.some(([first]) => first === slot),
		);

const eventsOf = ({ watched }: Scene, slot: number) =>
	watched
		.fleet()
		.events.filter(({ kind, text }) => kind.startsWith('migration-') && text.includes(`slot ${slot} `))
		.reverse();

const ended = (scene: Scene, slot: number) =>
	until(() => (toldOf(scene, slot)?.endedAt !== undefined ? toldOf(scene, slot) : undefined), {
		what: () => `slot ${slot} is over: ${JSON.stringify(toldOf(scene, slot))}`,
	});

/** The event is told at the time of the server: to the millisecond, or to the second where it counts in these. */
function assertEnd(scene: Scene, slot: number, { endedAt }: AtomicMigration, text: RegExp): void {
	const [last] = eventsOf(scene, slot).slice(-1);
	assert.match(last!.text, text);
	assert.equal(last!.kind, 'migration-ended');
	assert.equal(last!.at, endedAt, last!.text);
}

const servers = await testServers('redis');

for (const server of having('CLUSTER MIGRATION', { redis: 8.4 }, servers)) {
	const jobsAt = async (node: RunningServer) =>
		parseMigrations((await node.call('CLUSTER', 'MIGRATION', 'STATUS', 'ALL')) as Reply)!;
	const jobAt = async (node: RunningServer, slot: number) =>
		(await jobsAt(node)).find(job => job.slots.some(([first]) => first === slot))!;
	const begin = async ({ from, to }: Scene, slot: number) => {
		await delay(from, slow);
		return String(await to.call('CLUSTER', 'MIGRATION', 'IMPORT', slot, slot));
	};
	const seen = (scene: Scene, slot: number) =>
		until(() => toldOf(scene, slot), { what: `the migration of slot ${slot} is told` });

	test(`${server.name} ${server.version}: done; cancelled at its source it is tried again, at its target it leaves a task that is named and ended`, () =>
		withScene(server, async scene => {
			const { watched, from, to } = scene;
			// Done.
			await begin(scene, 300);
			assert.deepEqual(
				[(await seen(scene, 300)).source, (await seen(scene, 300)).target],
				[from.address, to.address],
			);
			await delay(from, 0);
			assert.equal((await ended(scene, 300))!.hasFailed, false);
			assertEnd(scene, 300, await jobAt(to, 300), /^migration of slot 300 to \S+ ended, took /);
			assert.equal(eventsOf(scene, 300)[0]!.at, (await jobAt(to, 300)).startedAt);
			assert.match(watched.screen(), /\b300\b.*done/);

			// Cancelled at its source: the target tries again, and says so while it does.
			const id = await begin(scene, 301);
			await seen(scene, 301);
			await until(async () => (await jobAt(from, 301))?.state === 'send-bulk-and-stream', {
				what: 'it sends',
			});
			await from.call('CLUSTER', 'MIGRATION', 'CANCEL', 'ID', id);
			const again = await until(
				() => ((toldOf(scene, 301)?.retries ?? 0) > 0 ? toldOf(scene, 301) : undefined),
				{
					what: 'it is tried again',
				},
			);
			assert.equal(again!.endedAt, undefined);
			assert.match(watched.screen(), /retry|tries again/);
			const retry = await until(() => eventsOf(scene, 301).find(({ severity }) => severity === 'warn'), {
				what: 'an event of the retry',
			});
			assert.match(retry!.text, /^migration of slot 301 to \S+: .*(retry 1 after|tries again)/);

			// Cancelled at its target: over, by whom, at its time; the task at its source is left and blocks.
			await until(async () => (await jobAt(from, 301))?.state === 'send-bulk-and-stream', {
				what: 'it sends',
			});
			await to.call('CLUSTER', 'MIGRATION', 'CANCEL', 'ID', id);
			await ended(scene, 301);
			assertEnd(
				scene,
				301,
				await jobAt(to, 301),
				/: cancelled by CLUSTER MIGRATION CANCEL at the target, after /,
			);
			await until(() => toldOf(scene, 301)?.leftTask !== undefined, {
				what: 'its task at the source is named',
			});
			const [, command] = /blocks a reshard: (CLUSTER MIGRATION CANCEL ID \w+) there ends it/.exec(
				watched.screen().replace(/\s+/g, ' '),
			)!;
			await assert.rejects(
				from.call('CLUSTER', 'SETSLOT', 301, 'MIGRATING', scene.idTo),
				'what is said is true',
			);
			const [word, ...rest] = command!.split(' ');
			assert.ok(Number(await from.call(word!, ...rest)) > 0);
			await until(() => toldOf(scene, 301)?.leftTask === undefined, { what: 'it is gone' });
			assert.equal(await from.call('CLUSTER', 'SETSLOT', 301, 'MIGRATING', scene.idTo), 'OK');
			await from.call('CLUSTER', 'SETSLOT', 301, 'STABLE');
		}));

	test(`${server.name} ${server.version}: its source is killed: it is under way, tried again, and done`, () =>
		withScene(server, async scene => {
			const { from, to } = scene;
			await begin(scene, 302);
			await seen(scene, 302);
			await until(async () => (await jobAt(from, 302))?.state === 'send-bulk-and-stream', {
				what: 'it sends',
			});
			await from.kill();
			await until(async () => (await jobAt(to, 302)).state === 'failed', { what: 'the target has noticed' });
			await until(() => /tries again/.test(toldOf(scene, 302)?.state ?? ''), {
				what: () => `it is tried again: ${JSON.stringify(toldOf(scene, 302))}`,
			});
			assert.equal(toldOf(scene, 302)!.endedAt, undefined);
			await from.restart();
			await ended(scene, 302);
			const job = await jobAt(to, 302);
			assert.equal(job.state, 'completed');
			assertEnd(scene, 302, job, /^migration of slot 302 to \S+ ended, took /);
			assert.ok((toldOf(scene, 302)!.retries ?? 0) > 0, JSON.stringify(toldOf(scene, 302)));
			const started = eventsOf(scene, 302);
			assert.ok(
				started.some(({ severity }) => severity === 'warn'),
				JSON.stringify(started),
			);
			assert.equal(started[0]!.at, job.startedAt);
		}));
}

for (const server of having('CLUSTER MIGRATESLOTS', { valkey: 9 }, servers)) {
	const jobAt = async (node: RunningServer, slot: number) =>
		parseMigrations((await node.call('CLUSTER', 'GETSLOTMIGRATIONS')) as Reply)!.find(job =>
			job.slots.some(([first]) => first === slot),
		)!;
	const begin = async (scene: Scene, slot: number) => {
		await delay(scene.from, slow);
		await scene.from.call('CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', slot, slot, 'NODE', scene.idTo);
		await until(() => toldOf(scene, slot), { what: `the migration of slot ${slot} is told` });
		await until(async () => /snapshot/.test((await jobAt(scene.from, slot)).state), { what: 'it sends' });
	};

	test(`${server.name} ${server.version}: done; cancelled; failed by a kill of its target`, () =>
		withScene(server, async scene => {
			const { from, to } = scene;
			await begin(scene, 300);
			await delay(from, 0);
			assert.equal((await ended(scene, 300))!.hasFailed, false);
			assertEnd(scene, 300, await jobAt(from, 300), /^migration of slot 300 to \S+ ended, took /);

			await begin(scene, 301);
			// Only its source can end one.
			await assert.rejects(to.call('CLUSTER', 'CANCELSLOTMIGRATIONS'), /No migrations ongoing/);
			await from.call('CLUSTER', 'CANCELSLOTMIGRATIONS');
			assert.equal((await ended(scene, 301))!.hasFailed, true);
			assertEnd(scene, 301, await jobAt(from, 301), /^migration of slot 301 to \S+: cancelled/);
			assert.match(scene.watched.screen(), /\b301\b.*cancelled/);

			await begin(scene, 302);
			await to.kill();
			assert.equal((await ended(scene, 302))!.hasFailed, true);
			assertEnd(scene, 302, await jobAt(from, 302), /^migration of slot 302 to \S+: failed: /);
		}));
}
