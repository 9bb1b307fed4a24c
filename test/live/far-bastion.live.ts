// A real sshd that is far: its answers take 0.8 s, so a login takes six. What is reached through it is calm, read in each
// refresh, and a failover of it is seen; neither the login nor the way is told as the servers' silence.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildIfStale } from '../built.ts';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { until } from '../servers/until.ts';
import { openRedisTop } from '../terminal/terminal.ts';
import { type Bastion, startBastion } from './bastion.ts';
import { type Printed, runJson, runOnce } from './redis-top.ts';

const tripMilliseconds = 800;
const isUp = (node: Printed) => node.health === 'up';
const idsOf = (objects: readonly Printed[]) => [
	...new Set(objects.flatMap(({ findings }) => findings.map(({ id }: Printed) => id))),
];

let bastion: Bastion;
let cluster: RunningCluster;
before(async () => {
	buildIfStale();
	const [server] = await testServers('redis');
	[bastion, cluster] = await Promise.all([startBastion({ tripMilliseconds }), startCluster(server!)]);
});
after(async () => {
	bastion?.stop();
	await cluster?.stop();
});

test('--via: a login for each connection, and no server is blamed for it', async () => {
	const { code, stdout } = await runOnce(
		['--via', 'ssh -W %h:%p bastion', '--check', cluster.primaries[0]!.address],
		bastion.env,
	);
	assert.match(stdout, /^OK 6 nodes, /);
	assert.equal(code, 0);
});

test('--ssh: each refresh has all nodes, a gate opens, and a failover is seen', async () => {
	const [lost] = cluster.primaries;
	const run = runJson(['--ssh', 'bastion', cluster.primaries[1]!.address], bastion.env);
	try {
		const lastAreUp = (count: number) => () => {
			const last = run.objects.slice(-count);
			return last.length === count && last.every(({ nodes }) => nodes.filter(isUp).length === 6);
		};
		await until(lastAreUp(8), { what: 'eight objects with six nodes each', timeout: 90_000 });
		assert.deepEqual(idsOf(run.objects), []);
		assert.ok(run.objects.at(-1).delaySeconds > tripMilliseconds / 1000);
		const gate = await runOnce(
			['--ssh', 'bastion', '--wait', 'healthy', '--for', '3s', cluster.primaries[1]!.address],
			bastion.env,
		);
		assert.match(gate.stdout, /^OK healthy for 3s: 6 nodes/, gate.stderr);
		await lost!.kill();
		const has = (kind: string) => (object: Printed) =>
			object.events.some((event: Printed) => event.kind === kind);
		for (const kind of ['unreachable', 'promoted']) await run.when(kind, has(kind), { timeout: 60_000 });
		assert.equal(idsOf(run.objects).includes('stalled'), false);
		await lost!.restart();
		await until(lastAreUp(2), { what: 'six again', timeout: 60_000 });
	} finally {
		await run.stop();
	}
});

test('--ssh: the screen takes its keys, and leaves at once', async () => {
	const terminal = openRedisTop(['--ssh', 'bastion', cluster.primaries[1]!.address], {
		size: [120, 30],
		env: bastion.env,
	});
	try {
		await terminal.shows(/slots 16384\/16384 ok/, { timeout: 60_000 });
		await terminal.shows(/every 1\.5s \(1s asked: ping \d{3}ms\)/, { timeout: 60_000 });
		terminal.type('2');
		await terminal.shows(/^(primary|replica) {3}shard \d/m, { timeout: 30_000 });
		terminal.type('\x03');
		assert.equal((await terminal.exit).code, 130);
	} finally {
		await terminal.stop();
	}
	await until(() => bastion.processes().length === 0, { what: 'no ssh of it is left', timeout: 30_000 });
});
