// Each kind of server that cannot be had here (kinds.ts), watched: what is measured is right, what is not told is not
// zero, one line says what it is, and --check never says OK of what could not be measured.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownServers } from '../../source/core/known-servers.ts';
import type { FleetTrack, State } from '../../source/state/state.ts';
import { quietWords } from '../../source/view/screens/fleet/rows.ts';
import { runOnce } from '../live/redis-top.ts';
import { watchFleet } from '../live/watch-fleet.ts';
import { until } from '../servers/until.ts';
import { type KindName, startKind } from './kinds.ts';

type Seen = {
	readonly fleet: FleetTrack;
	readonly state: State;
	readonly screen: string;
	readonly check: Awaited<ReturnType<typeof runOnce>>;
};

/** The fleet after some rounds, and the verdict of --check on the same servers. */
async function see(name: KindName, isThere: (fleet: FleetTrack) => boolean): Promise<Seen> {
	const kind = await startKind(name);
	const watched = watchFleet({ address: kind.addresses[0]! }, { state: { delaySeconds: 0.25 } });
	try {
		const check = runOnce(['--check', kind.addresses[0]!, '-d', '0.25']);
		await until(() => watched.fleet().rounds >= 4 && isThere(watched.fleet()), {
			what: `${name} is seen\n${JSON.stringify(watched.fleet().now.fleet.nodes, null, 1)}`,
			timeout: 20_000,
		});
		const state = watched.state();
		return { fleet: watched.fleet(), state, screen: watched.screen(), check: await check };
	} finally {
		await watched.stop();
		await kind.stop();
	}
}

const nodesOf = (fleet: FleetTrack) => fleet.now.fleet.nodes;
const hasOps = (fleet: FleetTrack) => fleet.now.fleet.totals.opsPerSecond !== undefined;

test('KeyDB: two active replicas are two primaries of one data set, in the totals', async () => {
	const { fleet, check, screen } = await see('keydb', each => hasOps(each) && nodesOf(each).length === 2);
	const { totals } = fleet.now.fleet;
	assert.deepEqual(
		nodesOf(fleet).map(node => [node.server, node.version, node.role, node.isActiveReplica, node.isLinkUp]),
		[0, 1].map(() => ['keydb', '6.3.4', 'primary', true, true]),
	);
	assert.deepEqual([totals.keys, totals.usedMemoryBytes], [12867, 1.5e9]);
	assert.ok(totals.opsPerSecond! > 1000, `of both: ${totals.opsPerSecond}`);
	assert.match(screen, / active /);
	assert.deepEqual([check.code, /^OK 2 nodes/.test(check.stdout)], [0, true], check.stdout);
});

test('KeyDB: links that are down are critical, at a primary too', async () => {
	const { check } = await see('keydb-down', each => each.now.findings.length > 0);
	assert.equal(check.code, 2, check.stdout);
	assert.equal(check.stdout.match(/^CRITICAL replication-link/gm)?.length, 2, check.stdout);
});

test('Dragonfly: one primary under two names, its replica in step, CPU of all threads', async () => {
	const { fleet, check } = await see(
		'dragonfly',
		each => nodesOf(each).length === 2 && nodesOf(each).every(node => node.cpuPercent !== undefined),
	);
	const [primary, replica] = nodesOf(fleet);
	assert.deepEqual(
		[primary?.server, primary?.version, primary?.role, replica?.role, replica?.primary],
		['dragonfly', '1.34.2', 'primary', 'replica', primary?.address],
	);
	assert.equal(fleet.now.fleet.totals.usedMemoryBytes, 1.5e9, 'counted once');
	assert.equal(primary?.cpuOf, 'process');
	const replicas = fleet.tracks.get(primary!.address)?.lastGood?.info?.replicas;
	assert.equal(replicas?.[0]?.state, 'online');
	assert.deepEqual([check.code, fleet.now.findings], [0, []], check.stdout);
});

test('Kvrocks: replicas without a state, a lag that wrapped, no main thread to be busy', async () => {
	const { fleet, check, state } = await see(
		'kvrocks',
		each => nodesOf(each).length === 3 && nodesOf(each).every(node => node.cpuPercent !== undefined),
	);
	const [primary] = nodesOf(fleet);
	assert.deepEqual([primary?.server, primary?.version, primary?.role], ['kvrocks', '2.13.0', 'primary']);
	assert.deepEqual(
		nodesOf(fleet).map(node => node.role),
		['primary', 'replica', 'replica'],
	);
	assert.deepEqual(
		[primary?.usedMemoryBytes, primary?.evictedPerSecond, primary?.cpuOf],
		[undefined, undefined, 'process'],
	);
	const lines = fleet.tracks.get(primary!.address)?.lastGood?.info?.replicas;
	assert.deepEqual(
		lines?.map(({ state: word, lagSeconds }) => [word, lagSeconds]),
		[
			[undefined, 10],
			[undefined, undefined],
		],
	);
	assert.match(quietWords(state) ?? '', /Kvrocks does not tell evictions, expiries, memory used, maxmemory/);
	assert.equal(check.code, 0, check.stdout);
	assert.match(check.stdout, /^OK 3 nodes, .* ops\/s, no findings; Kvrocks does not tell /);
});

test('Garnet: its own words for lookups and memory', async () => {
	const { fleet, check } = await see('garnet', hasOps);
	const [node] = nodesOf(fleet);
	assert.deepEqual(
		[node?.server, node?.version, node?.rssBytes, node?.usedMemoryBytes, node?.keys],
		['garnet', '1.0.84', 1068923125, undefined, undefined],
	);
	assert.ok(Math.abs(node!.hitRate! - 0.9) < 0.05, `hit rate ${node!.hitRate}`);
	assert.equal(check.code, 0, check.stdout);
});

test('the table of known servers says of each what its INFO lacks', async () => {
	for (const name of ['keydb', 'dragonfly', 'kvrocks', 'garnet'] as const) {
		const { fleet } = await see(name, hasOps);
		const known = knownServers.find(server => server.name === name)!;
		assert.deepEqual(nodesOf(fleet)[0]?.untold ?? [], known.untold, name);
	}
});

test('Envoy, new and old: it answers, and knows no INFO', async () => {
	const kind = await startKind('envoy');
	try {
		for (const address of kind.addresses) {
			const check = await runOnce(['--check', address, '-d', '0.25']);
			assert.equal(check.code, 3, check.stdout);
			assert.match(check.stdout, /^UNKNOWN .*does not know INFO: renamed there, or a proxy/);
		}
	} finally {
		await kind.stop();
	}
	const { fleet, screen } = await see('envoy', each => nodesOf(each)[0]?.error?.reason === 'unknown-info');
	assert.deepEqual([nodesOf(fleet)[0]?.health, fleet.now.findings], ['up', []]);
	assert.match(screen, /no INFO/);
});

test('twemproxy: it hangs up at what it does not know', async () => {
	const { check } = await see('twemproxy', each => nodesOf(each)[0]?.error?.reason === 'closed');
	assert.equal(check.code, 3, check.stdout);
	assert.match(check.stdout, /a proxy may hang up on INFO/);
});

test('a proxy whose INFO is of itself: nothing is measured', async () => {
	const { check } = await see('predixy', each => nodesOf(each)[0]?.health === 'up');
	assert.equal(check.code, 3, check.stdout);
	assert.match(
		check.stdout,
		/^UNKNOWN 0 of 1 node, - ops\/s, not measured: 127\.0\.0\.1:\d+: its answer to INFO has no figure that is known/,
	);
});

test('a managed service: its name, and that CONFIG and errors are not told', async () => {
	const { fleet, check, state } = await see('elasticache', hasOps);
	assert.deepEqual(
		[nodesOf(fleet)[0]?.service, nodesOf(fleet)[0]?.errorsPerSecond],
		['ElastiCache', undefined],
	);
	assert.match(quietWords(state) ?? '', /not known to this server: .*config\|get/);
	assert.equal(check.code, 0, check.stdout);
});

test('a server that nobody knows: under its own name', async () => {
	const { fleet, screen, state } = await see('unknown', hasOps);
	assert.deepEqual([nodesOf(fleet)[0]?.unknownServer, nodesOf(fleet)[0]?.version], ['foodb', '3.1.0']);
	assert.match(quietWords(state) ?? '', /foodb \(a server that is not known\)/);
	assert.match(screen, /foodb/);
});

test('its Sentinel is a Sentinel, and leads to what it watches', async () => {
	const { fleet } = await see('unknown-sentinel', each => each.now.fleet.mode === 'sentinel' && hasOps(each));
	assert.deepEqual(
		[
			nodesOf(fleet).length,
			fleet.now.fleet.sentinel?.sentinels.length,
			fleet.now.fleet.sentinel?.masters[0]?.name,
		],
		[1, 1, 'shop'],
	);
});

test('a server that tells no role: its figures count, its role is not made up', async () => {
	const { fleet, check } = await see('no-role', hasOps);
	assert.deepEqual([nodesOf(fleet)[0]?.role, fleet.now.fleet.totals.keys], [undefined, 12867]);
	assert.match(check.stdout, /^OK 1 node, .*Redis does not tell role/);
});
