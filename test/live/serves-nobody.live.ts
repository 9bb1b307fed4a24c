// A node that takes connections and serves nobody, while whoever else is asked has nothing bad to say of it yet: frozen a
// moment ago, or paused. The first look at it, without any reading of before, must be critical.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { buildIfStale } from '../built.ts';
import { startCluster, startPair } from '../servers/fleets.ts';
import { getServers, testServers } from '../servers/servers.ts';
import { until } from '../servers/until.ts';
import { runOnce } from './redis-top.ts';
import { watchFleet } from './watch-fleet.ts';

before(buildIfStale);

const check = async (seed: { readonly port: number }) => {
	const { stdout, code } = await runOnce(['--check', '-p', String(seed.port)]);
	return { lines: stdout.split('\n').map(line => line.split(' | ')[0]!), code };
};

for (const server of await testServers('both'))
	describe(`${server.name} ${server.version}`, { concurrency: true }, () => {
		test('the primary of a pair is frozen, and only its replica is named', async () => {
			const pair = await startPair(server);
			try {
				pair.primary.freeze();
				const { lines, code } = await check(pair.replica);
				assert.ok(
					lines.includes(`CRITICAL unreachable ${pair.primary.address}: no answer: no reply in time`),
				);
				assert.equal(code, 2);
			} finally {
				await pair.stop();
			}
		});

		test('a check that begins within a pause', { skip: server.version.startsWith('6.0') }, async () => {
			const pair = await startPair(server);
			try {
				await pair.primary.call('CLIENT', 'PAUSE', '30000', 'ALL');
				const { lines, code } = await check(pair.replica);
				assert.match(lines[0]!, /^CRITICAL paused \S+: all commands wait for \S+, as under CLIENT PAUSE/);
				assert.equal(code, 2);
			} finally {
				await pair.stop();
			}
		});
	});

for (const server of await getServers(['redis-bullseye']))
	describe(`${server.name} ${server.version} answers nothing at all while it pauses`, {
		concurrency: true,
	}, () => {
		test('every primary of a cluster: critical at once', async () => {
			const cluster = await startCluster(server, { nodeTimeout: 15_000 });
			try {
				await Promise.all(cluster.primaries.map(node => node.call('CLIENT', 'PAUSE', '60000')));
				const { lines, code } = await check(cluster.replicas[0]!);
				for (const { address } of cluster.primaries)
					assert.ok(
						lines.some(line => line.startsWith(`CRITICAL unreachable ${address}: `)),
						lines.join('\n'),
					);
				assert.ok(!lines.some(line => /failover|slots/.test(line)), 'its peers hear from it');
				assert.equal(code, 2);
			} finally {
				await cluster.stop();
			}
		});

		test('a primary whose replica goes on to hear from it', async () => {
			const pair = await startPair(server);
			const watched = watchFleet(pair.replica);
			const found = () => watched.fleet().now.findings.find(({ id }) => id === 'unreachable');
			try {
				await until(() => watched.fleet().rounds >= 2, { what: 'it is watched' });
				await pair.primary.call('CLIENT', 'PAUSE', '60000');
				const text = 'takes connections and answers no command, though its peers hear from it: CLIENT PAUSE?';
				await until(() => found()?.text === text, { what: 'said as what it is', timeout: 40_000 });
				assert.equal(found()?.severity, 'crit');
				await until(() => !watched.fleet().now.findings.some(({ id }) => id === 'not-reached'), {
					what: 'the milder word of before has had its hold',
				});
			} finally {
				await watched.stop();
				await pair.stop();
			}
		});
	});
