// Failovers of real servers as the cluster screen tells them: a primary killed, frozen and replaced by hand, and a
// master killed under Sentinels. Every step is held against what a poller of the test's own saw 30 ms apart.
// REDIS_TOP_KILLS sets how often each is killed.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { isUnderWay, toldFailovers } from '../../source/core/failover/failover.ts';
import { type Failover, type StepKind, stepOf } from '../../source/core/failover/failover-record.ts';
import { storyLines } from '../../source/core/failover/failover-words.ts';
import { send } from '../big-keys/fill.ts';
import { isMeasured, measured } from '../lane.ts';
import { type RunningCluster, startCluster, startSentinels } from '../servers/fleets.ts';
import { having } from '../servers/having.ts';
import { startLoad } from '../servers/load.ts';
import { tagIn } from '../servers/reshard.ts';
import { testServers } from '../servers/servers.ts';
import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import {
	type ClusterEye,
	callsFailed,
	hasLostLink,
	isPrimary,
	isReplica,
	serves,
	startEye,
	suspects,
} from './cluster-eye.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

const toleranceMilliseconds = 500;
const kills = Number(process.env.REDIS_TOP_KILLS ?? 0);
const hotSlot = 77;
/** A resync does not wait for further replicas. */
const quick = { 'repl-diskless-sync-delay': 0 };

/** The failover of this primary since then. */
const failoverOf = (watched: WatchedFleet, node: RunningServer, since: number): Failover | undefined =>
	toldFailovers(watched.fleet().failovers).find(
		({ oldPrimary, startedAt }) => oldPrimary === node.address && startedAt >= since - 3000,
	);

const story = (failover: Failover) =>
	storyLines(failover)
		.map(({ since, node, text }) => `${since} ${node} ${text}`)
		.join('\n');

/**
 * The step is told, and at the time at which the other poller saw it: how far off, ms. What lasts a second that other
 * poller misses where it gets too little of a processor.
 */
function assertNear(
	failover: Failover,
	kind: StepKind,
	seenAt: number | undefined,
	tolerance = toleranceMilliseconds,
): number | undefined {
	const step = stepOf(failover, kind);
	assert.ok(step, `${kind} in\n${story(failover)}`);
	const off = seenAt === undefined ? undefined : step.at - seenAt;
	measured(() =>
		assert.ok(Math.abs(off ?? Number.NaN) <= tolerance, `${kind} is off by ${off} ms\n${story(failover)}`),
	);
	return off;
}

function assertOrder(failover: Failover, ...kinds: StepKind[]): void {
	const times = kinds.map(kind => stepOf(failover, kind)?.at ?? Number.NaN);
	assert.deepEqual(
		[...times].sort((a, b) => a - b),
		times,
		story(failover),
	);
}

/** Calm, all six there, and every shard has a replica in sync: another failover may come. */
const isReady = (watched: WatchedFleet): boolean => {
	const { now, failovers } = watched.fleet();
	const replicas = now.fleet.nodes.filter(node => node.role === 'replica');
	return (
		now.fleet.agreement?.slotsCovered === 16384 &&
		!now.fleet.agreement.isUnsettled &&
		!isUnderWay(failovers) &&
		now.fleet.nodes.every(node => node.health === 'up') &&
		replicas.length === 3 &&
		replicas.every(node => node.isLinkUp === true && !node.isSyncing)
	);
};

type Watching = {
	readonly cluster: RunningCluster;
	readonly eye: ClusterEye;
	readonly watched: WatchedFleet;
};

/** Who is primary of the shard of this index now, and who would follow it. */
async function shardNow({ cluster }: Watching, index: number) {
	const pair = [cluster.primaries[index]!, cluster.replicas[index]!];
	const roles = await Promise.all(pair.map(async node => (await node.info('replication')).role));
	const at = roles.indexOf('master');
	const primary = pair[at]!;
	return { primary, heir: pair[1 - at]!, id: cluster.ids[cluster.nodes.indexOf(primary)]! };
}

async function tellKill(context: TestContext, set: Watching, index: number): Promise<void> {
	const { eye, watched } = set;
	await until(() => isReady(watched), { what: `a calm cluster\n${watched.screen()}`, timeout: 30_000 });
	const { primary, heir, id } = await shardNow(set, index);
	const at = Date.now();
	context.after(() => primary.isRunning || primary.restart());
	await primary.kill();
	await until(() => stepOf(failoverOf(watched, primary, at)!, 'slots-covered'), {
		what: `slots served again\n${watched.screen()}`,
		timeout: 20_000,
	});
	assert.ok(watched.state().isFast, 'asked four times a second');
	await primary.restart();
	await until(() => failoverOf(watched, primary, at)?.isOver, {
		what: `the end\n${watched.screen()}`,
		timeout: 30_000,
	});
	const failover = failoverOf(watched, primary, at)!;
	const seen = (holds: Parameters<ClusterEye['first']>[1]) => eye.first(at, holds);
	const lost = seen(hasLostLink(id));
	const promotedAt = await until(() => seen(isPrimary(heir)), { what: 'the other poller sees the heir' });
	await until(() => eye.first(promotedAt, isReplica(primary)), { what: 'and the old primary back' });
	const [suspectedAt, failedAt] = [seen(suspects(id)), seen(callsFailed(id))];
	const isPfailSeen = suspectedAt !== undefined && failedAt !== undefined && failedAt - suspectedAt > 300;
	const due: readonly (readonly [StepKind, number | undefined])[] = [
		['link-lost', lost],
		['slots-uncovered', lost],
		...(isPfailSeen ? ([['pfail', suspectedAt]] as const) : []),
		['fail', failedAt],
		['promoted', promotedAt],
		['slots-covered', eye.first(promotedAt, serves(heir))],
		['returned', eye.first(promotedAt, isReplica(primary))],
	];
	const offs = due.map(([kind, at]) => `${kind} ${assertNear(failover, kind, at)}`);
	context.diagnostic(`off by (ms): ${offs.join(', ')}`);
	assertOrder(failover, 'link-lost', 'fail', 'promoted', 'slots-covered', 'returned');
	assertOrder(failover, 'slots-uncovered', 'slots-covered');
	assert.equal(failover.kind, 'crash');
	assert.equal(failover.newPrimary, heir.address);
	measured(() => {
		const outage = eye.first(promotedAt, serves(heir))! - lost!;
		assert.ok(Math.abs(failover.unservedMilliseconds - outage) <= 2 * toleranceMilliseconds, story(failover));
	});
	const outcomes = watched.fleet().events.filter(event => /^failover over: /.test(event.text));
	assert.equal(outcomes.filter(event => event.at >= at).length, 1, 'one event says what it came to');
}

async function tellFrozen(set: Watching): Promise<void> {
	const { eye, watched } = set;
	await until(() => isReady(watched), { what: `a calm cluster\n${watched.screen()}`, timeout: 30_000 });
	const { primary, heir, id } = await shardNow(set, 2);
	const at = Date.now();
	primary.freeze();
	try {
		await until(() => stepOf(failoverOf(watched, primary, at)!, 'slots-covered'), {
			what: `slots served again\n${watched.screen()}`,
			timeout: 20_000,
		});
	} finally {
		primary.thaw();
	}
	await until(() => failoverOf(watched, primary, at)?.isOver, { what: 'the end', timeout: 30_000 });
	const failover = failoverOf(watched, primary, at)!;
	// No connection breaks: the first sign is seen at the pace of the delay, and all that follows four times a second.
	assertNear(failover, 'fail', eye.first(at, callsFailed(id)), 1000 + toleranceMilliseconds);
	assertNear(failover, 'promoted', eye.first(at, isPrimary(heir)));
	assertOrder(failover, 'fail', 'promoted', 'slots-covered', 'returned');
	assert.equal(failover.kind, 'crash');
	assert.match(stepOf(failover, 'returned')!.text, /not restarted: it was frozen or cut off/);
}

async function tellManual(set: Watching): Promise<void> {
	const { eye, watched } = set;
	await until(() => isReady(watched), { what: `a calm cluster\n${watched.screen()}`, timeout: 30_000 });
	const { primary, heir } = await shardNow(set, 0);
	const at = Date.now();
	await heir.call('CLUSTER', 'FAILOVER');
	await until(() => failoverOf(watched, primary, at)?.isOver, {
		what: `the end\n${watched.screen()}`,
		timeout: 30_000,
	});
	const failover = failoverOf(watched, primary, at)!;
	assert.equal(failover.kind, 'manual');
	assert.match(
		stepOf(failover, 'promoted')!.text,
		/^promoted by hand \(CLUSTER FAILOVER: no link was lost\), epoch/,
	);
	// Nothing is doubted before it: it is seen at the pace of the delay.
	const late = stepOf(failover, 'promoted')!.at - eye.first(at, isPrimary(heir))!;
	measured(() => assert.ok(late >= -30 && late <= 1000 + toleranceMilliseconds, `${late} ms`));
	assert.match(watched.screen(), /by hand/);
}

const servers = await testServers('both');

for (const [index, server] of servers.entries()) {
	const count = kills || (isMeasured && index === 0 ? 2 : 1);
	describe(`the cluster screen over ${server.name} ${server.version}`, () => {
		test(`${count} kills of a primary, one frozen, one replaced by hand`, async context => {
			const cluster = await startCluster(server, { nodeTimeout: 1000, config: quick });
			const eye = startEye(cluster.nodes);
			const load = await startLoad(cluster.primaries, { opsPerSecond: 300 });
			const watched = watchFleet(cluster.nodes[5]!);
			watched.press('3');
			const set = { cluster, eye, watched };
			try {
				for (let kill = 0; kill < count; kill++)
					await context.test(`kill ${kill + 1}`, inner => tellKill(inner, set, kill % 3));
				await context.test('SIGSTOP until it is replaced, then SIGCONT', () => tellFrozen(set));
				await context.test('CLUSTER FAILOVER by hand', () => tellManual(set));
			} finally {
				await watched.stop();
				await load.stop();
				await eye.stop();
				await cluster.stop();
			}
		});
	});
}

for (const server of having('a hot slot by SLOT-STATS', { redis: 8.2, valkey: 8 }, servers))
	test(`${server.name} ${server.version}: a hot slot is named within two windows of SLOT-STATS`, async () => {
		const config = { ...quick, 'cluster-slot-stats-enabled': 'yes' };
		const cluster = await startCluster(server, { replicasEach: 0, config });
		const node = cluster.primaries[0]!;
		const watched = watchFleet(cluster.primaries[1]!);
		let isOver = false;
		try {
			watched.press('3');
			const load = () => watched.fleet().slotLoads.get(node.address);
			await until(() => load()?.last, { what: 'a first reading' });
			const hot = `hot:{${tagIn(hotSlot)}}`;
			const hammer = (async () => {
				while (!isOver)
					await send(
						node,
						Array.from({ length: 500 }, () => ['SET', hot, 'x']),
					);
			})();
			const readings = new Set<number>();
			const named = await until(
				() => {
					readings.add(load()!.at);
					return load()!.slots[0]?.slot === hotSlot && load()!.slots[0];
				},
				{ what: `slot ${hotSlot} is the hottest\n${JSON.stringify(load()?.slots)}`, timeout: 20_000 },
			);
			isOver = true;
			await hammer;
			assert.equal(named.node, node.address);
			measured(() => assert.ok(readings.size <= 3, `${readings.size - 1} windows`));
			assert.match(watched.screen(), new RegExp(`${hotSlot} +${node.address} +\\d+%`));
		} finally {
			isOver = true;
			await watched.stop();
			await cluster.stop();
		}
	});

describe('the cluster screen over Sentinels', () => {
	test(`a master is killed: the switch is told with the first Sentinel that tells it`, async context => {
		const fleet = await startSentinels(servers[0]!, { failoverTimeout: 3000, config: quick });
		const watched = watchFleet(fleet.sentinels[0]!);
		try {
			watched.press('3');
			for (let kill = 0; kill < (kills ? Math.ceil(kills / 2) : 1); kill++)
				await context.test(`kill ${kill + 1}`, inner => tellSwitch(inner, fleet, watched));
		} finally {
			await watched.stop();
			await fleet.stop();
		}
	});
});

async function tellSwitch(
	context: TestContext,
	fleet: Awaited<ReturnType<typeof startSentinels>>,
	watched: WatchedFleet,
): Promise<void> {
	const data = [fleet.primary, ...fleet.replicas];
	const named = () => watched.fleet().now.fleet.sentinel?.masters[0]?.primary;
	const isWell = () =>
		!isUnderWay(watched.fleet().failovers) &&
		data.every(node =>
			watched.fleet().now.fleet.nodes.some(row => row.address === node.address && row.health === 'up'),
		) &&
		watched.fleet().now.fleet.sentinel?.masters[0]?.isQuorumReachable;
	await until(isWell, { what: `a calm fleet\n${watched.screen()}`, timeout: 40_000 });
	const killed = data.find(node => node.address === named())!;
	const at = Date.now();
	const toldAt = firstSwitch(fleet.sentinels, killed);
	context.after(() => killed.isRunning || killed.restart());
	await killed.kill();
	await until(() => named() !== killed.address, {
		what: `the switch\n${watched.screen()}`,
		timeout: 20_000,
		every: 5,
	});
	const shownAt = Date.now();
	const switchedAt = await toldAt;
	const took = shownAt - switchedAt;
	measured(() => assert.ok(took <= 300, `on the screen ${took} ms after the first Sentinel has it`));
	context.diagnostic(`on the screen ${took} ms after the first Sentinel has it`);
	const failover = failoverOf(watched, killed, at)!;
	assertOrder(failover, 'unreachable', 'sdown', 'odown', 'promoted', 'switch');
	const off = stepOf(failover, 'switch')!.at - switchedAt;
	measured(() => assert.ok(Math.abs(off) <= 300, `the step is off by ${off} ms\n${story(failover)}`));
	const switches = () =>
		watched.fleet().sentinelLog.filter(({ event, at: said }) => event.kind === 'switch' && said >= at);
	await until(() => switches().length > 0, { what: 'the log of the Sentinels has the switch' });
	await killed.restart();
	await until(() => stepOf(failoverOf(watched, killed, at)!, 'stale'), {
		what: 'the old master back',
		timeout: 10_000,
	});
	assert.equal(stepOf(failoverOf(watched, killed, at)!, 'stale')?.severity, 'warn', 'amber: it is expected');
	await until(() => failoverOf(watched, killed, at)?.isOver, {
		what: `the end\n${watched.screen()}`,
		timeout: 40_000,
	});
	assertOrder(failoverOf(watched, killed, at)!, 'switch', 'stale', 'returned');
	assert.equal(switches().length, 1, 'one switch, however many Sentinels tell it');
}

/** When the first Sentinel names another address, asked every 10 ms. */
async function firstSwitch(sentinels: readonly RunningServer[], from: RunningServer): Promise<number> {
	const moved = sentinels.map(async sentinel => {
		await until(
			async () => {
				const reply = (await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster')) as string[];
				return Number(reply[1]) !== from.port;
			},
			{ what: 'a Sentinel switches', timeout: 30_000, every: 10 },
		);
		return Date.now();
	});
	return Math.min(...(await Promise.all(moved.map(each => each.catch(() => Number.POSITIVE_INFINITY)))));
}
