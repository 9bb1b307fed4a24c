// What is under way for ever while every status says ok: a child process that saves no more (valkey-io/valkey#2322,
// redis/redis#15666), a FAILOVER whose replica does not come, a link on the cluster bus that is refused (redis/redis#5881).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server as Listener } from 'node:net';
import { describe, test } from 'node:test';
import { changeLimits, defaultLimits } from '../../source/core/thresholds.ts';
import { startCluster, startPair } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

const found = (watched: WatchedFleet, id: string) =>
	watched.fleet().now.findings.find(finding => finding.id === id);

/** The usual limits with these over them, as a settings file has them. */
function limitsWith(settings: Readonly<Record<string, Readonly<Record<string, number>>>>) {
	const changed = changeLimits(defaultLimits, settings);
	assert.ok('limits' in changed, JSON.stringify(changed));
	return { state: { limits: changed.limits, delaySeconds: 0.25 } };
}

/** The one child of a process: it saves. */
const childOf = (pid: number) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim());

/** Forwards to a port, but closes at once on whoever comes from `refused`. */
async function startDoor(host: string, port: number, refused: string): Promise<Listener> {
	const door = createServer(socket => {
		if (socket.remoteAddress === refused) return void socket.destroy();
		const inner = connect(port, host);
		for (const [one, other] of [
			[socket, inner],
			[inner, socket],
		] as const) {
			one.pipe(other);
			one.on('error', () => other.destroy());
			one.on('close', () => other.destroy());
		}
	});
	await new Promise<void>(resolve => door.listen(0, host, resolve));
	return door;
}

for (const server of await testServers('both'))
	describe(server.id, { concurrency: 4 }, () => {
		for (const [id, command] of [
			['save-failing', 'BGSAVE'],
			['aof-failing', 'BGREWRITEAOF'],
		] as const)
			test(`${command}: a child that stands still is found, one that is slow is not`, {
				skip: server.version.startsWith('6.0') && 'keys are not counted before 6.2',
			}, async () => {
				// 50,000 keys at a millisecond each: it is slow, and gets on.
				const config = { appendonly: id === 'aof-failing' ? 'yes' : 'no', 'rdb-key-save-delay': 1000 };
				const node = await startServer(server, { config });
				await node.call('EVAL', "for i=1,50000 do redis.call('SET','key:'..i,'x') end", 0);
				await node.call(command);
				const watched = watchFleet(node, limitsWith({ 'save-failing': { stuckSeconds: 4 } }));
				try {
					const keys = async () => Number((await node.info('persistence')).current_save_keys_processed);
					await until(async () => (await keys()) > 2000, { what: 'it gets on' });
					assert.equal(found(watched, id), undefined);
					const child = childOf(node.pid);
					process.kill(child, 'SIGSTOP');
					const { severity, text, value } = await until(() => found(watched, id), { what: 'it is found' });
					assert.equal(severity, 'warn');
					assert.match(
						text,
						/^(rdb save|aof rewrite) stuck for \d+s at \d+%: no other can begin until its child process is killed$/,
					);
					assert.ok(value! >= 4, String(value));
					// It is ended without being counted as a failure.
					process.kill(child, 'SIGUSR1');
					process.kill(child, 'SIGCONT');
					await until(() => found(watched, id) === undefined, { what: 'it is over' });
				} finally {
					await watched.stop();
					await node.stop();
				}
			});

		test('FAILOVER to a replica that stands still: its writes are held back, and that is said', {
			skip: server.version.startsWith('6.0') && 'no FAILOVER before 6.2',
		}, async () => {
			const { primary, replica, stop } = await startPair(server);
			const watched = watchFleet(primary, limitsWith({ paused: { crit: 2 } }));
			try {
				await until(() => watched.fleet().rounds >= 2, { what: 'it is watched' });
				replica.freeze();
				await primary.call('SET', 'a', 'b');
				await primary.call('FAILOVER');
				const isTold = () => found(watched, 'paused')?.severity === 'crit';
				await until(isTold, { what: 'it is found' });
				assert.match(
					found(watched, 'paused')!.text,
					/^writes paused by FAILOVER for \S+, waiting for sync: FAILOVER ABORT ends it$/,
				);
				await primary.call('FAILOVER', 'ABORT');
				await until(() => found(watched, 'paused') === undefined, { what: 'it is over' });
			} finally {
				replica.thaw();
				await watched.stop();
				await stop();
			}
		});

		test('a primary that shuts down waits for a replica that stands still: its writes are held back, and that is said', {
			skip: server.version.startsWith('6.') && 'no waiting for replicas before 7.0',
		}, async () => {
			const { primary, replica, stop } = await startPair(server);
			const watched = watchFleet(primary, limitsWith({ paused: { crit: 2 } }));
			try {
				await primary.call('CONFIG', 'SET', 'shutdown-timeout', 600);
				await until(() => watched.fleet().rounds >= 2, { what: 'it is watched' });
				replica.freeze();
				await primary.call('SET', 'a', 'b');
				process.kill(primary.pid, 'SIGTERM');
				const isTold = () => found(watched, 'paused')?.severity === 'crit';
				await until(isTold, { what: 'it is found' });
				assert.match(
					found(watched, 'paused')!.text,
					/^writes paused by SHUTDOWN for \S+, waits for its replicas, (9|10)m at most$/,
				);
				await primary.call('SHUTDOWN', 'ABORT');
				await until(() => found(watched, 'paused') === undefined, { what: 'it is over' });
			} finally {
				replica.thaw();
				await watched.stop();
				await stop();
			}
		});

		test('a node whose bus another cannot reach: every node says ok, and it is found', {
			skip: server.version.startsWith('6.') && 'no bind-source-addr before 7.0',
		}, async () => {
			const places = [1, 2, 3].map(last => {
				const host = `127.0.0.${last}`;
				return { host, args: ['--bind-source-addr', host, '--cluster-announce-ip', host] };
			});
			const cluster = await startCluster(server, { places, replicasEach: 0, nodeTimeout: 1500 });
			const [blind, hidden] = cluster.primaries;
			const door = await startDoor(hidden!.host, hidden!.port + 10_000, blind!.host);
			const watched = watchFleet(blind!);
			try {
				await until(() => watched.fleet().rounds >= 2, { what: 'it is watched' });
				const { port } = door.address() as { port: number };
				await hidden!.call('CONFIG', 'SET', 'cluster-announce-bus-port', port);
				const { severity, text, node } = await until(() => found(watched, 'views-differ'), {
					what: 'it is found',
				});
				assert.deepEqual([severity, node], ['warn', hidden!.address]);
				assert.equal(
					text.replace(/\d+s/, 'Ns'),
					`no link on the cluster bus from 1 of 2 nodes for Ns: ${blind!.address}`,
				);
				assert.equal(watched.fleet().now.fleet.agreement?.state, 'ok');
			} finally {
				door.close();
				await watched.stop();
				await cluster.stop();
			}
		});
	});
