// --ssh against a real sshd on loopback, as the user who runs the tests: one login that all connections share, a failover
// watched through it, a login that is denied and a host key that changed, a bastion that stands still and is back, and
// nothing left when redis-top is killed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildIfStale } from '../built.ts';
import { startCluster } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { until } from '../servers/until.ts';
import { type Bastion, startBastion } from './bastion.ts';
import { type Printed, runJson, runOnce } from './redis-top.ts';

let bastion: Bastion;
before(async () => {
	buildIfStale();
	bastion = await startBastion();
});
after(() => bastion?.stop());

const isUp = (node: Printed) => node.health === 'up';

for (const server of await testServers('redis'))
	test(`${server.id}: a failover through it, the bastion frozen and back, and nothing left after kill -9`, async () => {
		const cluster = await startCluster(server);
		const run = runJson(['--ssh', 'bastion', '-d', '0.5', cluster.primaries[0]!.address], bastion.env);
		try {
			await run.when('six nodes', object => object.nodes.filter(isUp).length === 6, { timeout: 60_000 });
			assert.ok(bastion.processes().length >= 7, 'a master, its guard, and one for each node');
			const [lost] = cluster.primaries.slice(1);
			await lost!.kill();
			await run.when(
				'the failover',
				object => object.events.some((event: Printed) => event.kind === 'promoted'),
				{
					timeout: 60_000,
				},
			);
			await lost!.restart();
			await run.when('six again', object => object.nodes.filter(isUp).length === 6, {
				from: run.objects.length,
				timeout: 60_000,
			});
			bastion.freeze();
			await run.when('no row is up', object => !object.nodes.some(isUp), {
				from: run.objects.length,
				timeout: 60_000,
			});
			bastion.thaw();
			await run.when('six after it', object => object.nodes.filter(isUp).length === 6, {
				from: run.objects.length,
				timeout: 90_000,
			});
		} finally {
			run.child.kill('SIGKILL');
			await run.exited;
			await cluster.stop();
		}
		await until(() => bastion.processes().length === 0, { what: 'no ssh of it is left', timeout: 30_000 });
		assert.deepEqual(bastion.logins(), []);
	});

test('modes that end by themselves leave nothing', async () => {
	const [server] = await testServers('redis');
	const cluster = await startCluster(server!);
	try {
		for (const mode of ['--bigkeys', '--hotkeys', '--check']) {
			const { code, stderr } = await runOnce(
				['--ssh', 'bastion', mode, cluster.primaries[0]!.address],
				bastion.env,
			);
			assert.equal(code, 0, `${mode}: ${stderr}`);
		}
		await until(() => bastion.processes().length === 0, { what: 'no ssh of it is left' });
	} finally {
		await cluster.stop();
	}
});

for (const [host, words] of [
	['stranger', /^redis-top: --ssh stranger: .*Permission denied \(publickey\)\.\n$/],
	['changed', /^redis-top: --ssh changed: Host key verification failed\.\n$/],
	['nowhere.invalid', /^redis-top: --ssh nowhere\.invalid: ssh: Could not resolve hostname/],
] as const)
	test(`${host}: one line before anything is connected`, async () => {
		const { code, stderr, stdout } = await runOnce(['--ssh', host, '-b', '127.0.0.1:1'], bastion.env);
		assert.deepEqual([code, stdout], [2, '']);
		assert.match(stderr, words);
		assert.deepEqual(bastion.logins(), []);
	});
