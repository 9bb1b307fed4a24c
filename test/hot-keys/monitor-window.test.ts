// MONITOR windows against real servers and traffic whose shares are known: the truth is in the result, and inside its
// error bars; names of any bytes, commands with several keys, scripts and transactions count as they should; what is our
// own does not. Then the ends: by a word, refused, a server that dies, a reader that is a stranger.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { HotKeysResult } from '../../source/core/keys/hot-keys.ts';
import { mergeTallies } from '../../source/core/keys/hot-keys-merge.ts';
import type { MonitorTally } from '../../source/core/keys/monitor-tally.ts';
import { openMonitorWindow } from '../../source/redis/hot-keys/monitor-window.ts';
import { endText, noteTexts } from '../../source/view/screens/hot-keys/note-words.ts';
import { startDelay } from '../big-keys/delay.ts';
import { plainDial } from '../big-keys/scan.ts';
import { isMeasured, measured } from '../lane.ts';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { type Server, testServers } from '../servers/servers.ts';
import { aclUser, type RunningServer, startServer, tlsFiles } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { oddNames, trueShares } from './known-shares.ts';
import { startTraffic } from './traffic.ts';
import { hotTarget, windowOn } from './windows.ts';

const byKey = (tally: MonitorTally) => new Map(tally.keys.map(key => [key.key, key]));

/** A window that is open: `began` resolves when the server feeds it. */
async function openOn(node: RunningServer, options = {}) {
	const window = openMonitorWindow(hotTarget(node), { dial: plainDial, ...options });
	const isFed = async () => / flags=\S*O/.test(String(await node.call('CLIENT', 'LIST')));
	await until(isFed, { what: 'the window is open', every: 2 });
	return window;
}

/** How often it is right is measured, and that it is right is enough elsewhere. */
const windows = 20;

function describeCluster(server: Server): void {
	describe(`${server.name} ${server.version}: a cluster with known shares`, () => {
		let cluster: RunningCluster;
		before(async () => {
			cluster = await startCluster(server);
		});
		after(() => cluster.stop());

		const sample = async (milliseconds = 400): Promise<HotKeysResult> =>
			mergeTallies(
				await Promise.all(
					cluster.primaries.map(async (node, index) => {
						const target = hotTarget(node, {
							isCluster: true,
							replicas: [cluster.replicas[index]!.address],
						});
						return { target, tally: await windowOn(target, { limits: { milliseconds } }) };
					}),
				),
				20,
			);

		test('the ten hottest are found, their shares, and all else that a window tells', async () => {
			const hottest = trueShares().slice(0, 10);
			const traffic = await startTraffic(cluster.primaries, { perSecond: 10_000, seed: 20_261_124 });
			try {
				let [milliseconds, seen] = [1000, ''];
				const result = await until(
					async () => {
						// As long as it takes here until there are many.
						milliseconds = Math.min(16_000, milliseconds * 2);
						const result = await sample(milliseconds);
						seen = `${result.commands}: ${result.nodes.map(node => `${node.endedBy} ${endText(node)}`)}`;
						const isWhole = result.nodes.every(({ endedBy }) => /^(time|commands)$/.test(endedBy));
						return isWhole && result.commands > 4000 && result;
					},
					{ what: () => `whole windows with many commands, the last ${seen}` },
				);
				for (const [key] of hottest)
					assert.ok(
						result.keys.some(each => each.key === key),
						key,
					);
				assertShape(result, cluster);
			} finally {
				await traffic.stop();
			}
		});

		if (isMeasured)
			test(`the ten hottest are found, each true share is inside its bar: ${windows} windows`, async t => {
				const truth = trueShares();
				const hottest = truth.slice(0, 10);
				// What is hard is among them.
				assert.ok(hottest.some(([key]) => oddNames.some(odd => odd === key)));
				const traffic = await startTraffic(cluster.primaries, { perSecond: 10_000, seed: 20_261_123 });
				let [complete, inside, commands] = [0, 0, 0];
				const missed = new Map<string, number>();
				const ends: string[] = [];
				for (let index = 0; index < windows; index++) {
					const { keys, ...result } = await sample();
					commands += result.commands;
					const found = hottest.map(([key]) => keys.find(each => each.key === key));
					if (found.every(key => key !== undefined)) complete++;
					for (const [at, [key, share]] of hottest.entries()) {
						if (found[at] && found[at].low! <= share && share <= found[at].high!) inside++;
						else missed.set(key, (missed.get(key) ?? 0) + 1);
					}
					for (const node of result.nodes)
						if (node.endedBy !== 'time') ends.push(`${node.endedBy}: ${endText(node)}`);
				}
				await traffic.stop();
				t.diagnostic(
					`${windows} windows of ${Math.round(commands / windows)} commands: all ten in ${complete}, ` +
						`${inside} of ${windows * 10} shares inside their bars; outside: ${JSON.stringify([...missed])} ${ends.join(', ')}`,
				);
				assert.ok(complete >= windows * 0.95, `all ten in ${complete} of ${windows}`);
				assert.ok(inside >= windows * 10 * 0.9, `${inside} of ${windows * 10} inside`);
			});
	});
}

function assertShape(result: HotKeysResult, cluster: RunningCluster): void {
	const truth = new Map(trueShares());
	const commands = new Map(result.byCommand.map(({ command, share }) => [command, share]));
	const all = 0.8 + 0.06 + 0.02 + 0.02 + 0.1 + 0.25;
	for (const [command, share] of [
		['exec', 0.05 / all],
		['mget', 0.06 / all],
		['incr', 0.1 / all],
	] as const)
		assert.ok(Math.abs(commands.get(command)! - share) < share * 0.4, `${command} ${commands.get(command)}`);
	assert.equal(commands.get('eval'), undefined, 'a script is its calls');
	assert.equal(commands.get('info'), undefined, 'our own questions are not counted');
	assert.equal(commands.get('wait'), undefined);
	const script = result.keys.find(({ key }) => key === '{script}:read')!;
	assert.ok(Math.abs(script.share! - truth.get('{script}:read')!) < 0.02, 'once, not twice');
	assert.equal(script.topCommand, 'get');
	const transaction = result.keys.find(({ key }) => key === '{tx}:n')!;
	assert.equal(transaction.readShare, 0);
	assert.match(transaction.topWrite!, /incr|expire/);
	const user = result.keys.find(({ key }) => key === 'user:0:profile')!;
	assert.ok(user.readShare! > 0.6 && user.readShare! < 0.95);
	assert.equal(user.topCommand, 'get');
	assert.equal(user.clients, 4);
	assert.equal(user.slot, 6943);
	const owner = cluster.primaries.findIndex(({ address }) => address === user.node);
	assert.deepEqual(user.replicas, [cluster.replicas[owner]!.address]);
	assert.deepEqual(
		user.mitigations.map(({ id, helps }) => [id, helps]),
		[
			['cache', true],
			['replica', true],
			['split', true],
		],
	);
	assert.equal(result.patterns[0]!.pattern, 'user:*:profile');
	assert.deepEqual(
		result.byClient.map(({ client }) => client),
		['127.0.0.1'],
	);
	const listed = result.keys.reduce((sum, { hits }) => sum + hits!, 0);
	const inPatterns = result.patterns.reduce((sum, { hits }) => sum + hits, 0);
	assert.equal(listed + result.others!.hits!, inPatterns, 'no hit is lost');
	assert.equal(
		result.others!.keys! + result.keys.length,
		result.patterns.reduce((sum, { keys }) => sum + keys, 0),
	);
}

const servers = await testServers('valkey');
const [first] = servers;
for (const server of servers) describeCluster(server);

for (const server of await testServers('valkey'))
	describe(`${server.name} ${server.version}: one node`, () => {
		let node: RunningServer;
		before(async () => {
			node = await startServer(server, { unixSocket: true });
		});
		after(() => node.stop());

		test('every byte of a name, every database, each access once', async () => {
			const window = await openOn(node);
			const client = node.connect();
			for (const name of [
				'a b',
				'\x1b[31m',
				'line\n\r',
				'q"u\'o\\ze',
				'',
				'\x00\xff',
				'{"id":1}',
				'"',
				'\\x41',
			])
				await client.call('SET', Buffer.from(name, 'latin1'), 'v');
			await client.call('MGET', 'k1', 'k2', 'k1');
			await client.call('EVAL', `redis.call('SET',KEYS[1],'1') return redis.call('GET',KEYS[1])`, 1, 'k3');
			await client.call('EVAL', 'return 1', 1, 'declared');
			await client.call('SELECT', 3);
			await client.call('SET', 'k1', 'v');
			await until(() => window.progress().commands >= 16, { what: 'all has come' });
			window.stop();
			const tally = await window.result;
			assert.equal(tally.node.endedBy, 'stopped');
			assert.deepEqual(
				tally.keys.map(({ key, db, hits, error }) => `${db} ${key} ${hits} ${error}`).sort(),
				[
					...['0  1 0', '0 " 1 0', '0 \x00\xff 1 0', '0 \x1b[31m 1 0', '0 a b 1 0', '0 line\n\r 1 0'],
					...['0 q"u\'o\\ze 1 0', '0 {"id":1} 1 0', '3 k1 1 0'],
					// Of what Valkey 8.1.1 writes for this name nobody can tell that it is not an A.
					server.name === 'valkey' && server.version === '8.1.1' ? '0 A 1 0' : '0 \\x41 1 0',
					...['0 k1 1 0', '0 k2 1 0', '0 k3 2 0', '0 declared 1 0'],
				].sort(),
			);
			// 9 SET, MGET, SET and GET of the script, the EVAL without calls, SELECT, SET.
			assert.equal(tally.node.commands, 15);
			assert.equal(tally.byCommand.get('eval'), 1);
			client.disconnect();
		});

		test('our own connections are not counted, other clients are', async () => {
			const own = node.connect();
			await own.call('GET', 'x');
			const { localAddress, localPort } = own.stream as unknown as {
				localAddress: string;
				localPort: number;
			};
			const window = await openOn(node, { ownClients: () => [`${localAddress}:${localPort}`] });
			for (let index = 0; index < 50; index++) await own.call('GET', 'ours');
			await node.call('GET', 'theirs');
			await until(() => window.progress().commands > 0, { what: 'theirs has come' });
			window.stop();
			const tally = await window.result;
			assert.deepEqual(
				tally.keys.map(({ key }) => key),
				['theirs'],
			);
			assert.equal(tally.byCommand.get('info'), undefined);
			assert.ok(tally.own.commands > 10 && tally.own.calls.monitor === 1);
			own.disconnect();
		});

		test('by a socket file, where all clients have one name, our questions are told by what they are', async () => {
			const target = hotTarget(node, { address: `unix:${node.unixSocket}` });
			const window = openMonitorWindow(target, { dial: plainDial });
			const client = node.connect({ path: node.unixSocket } as object);
			await until(
				async () => {
					await client.call('GET', 'by file');
					return window.progress().commands >= 10;
				},
				{ what: 'commands have come', every: 5 },
			);
			const tally = await window.result;
			assert.equal(tally.node.endedBy, 'time');
			assert.deepEqual([...tally.byCommand.keys()], ['get']);
			assert.deepEqual([...tally.byHost.keys()], ['unix']);
			client.disconnect();
		});

		test('through a proxy, where the server sees other addresses than ours', async () => {
			const proxy = await startDelay(node.port, 2);
			const target = hotTarget(node, { address: `127.0.0.1:${proxy.port}` });
			const window = openMonitorWindow(target, { dial: plainDial, limits: { milliseconds: 400 } });
			const timer = setInterval(() => void node.call('GET', 'seen'), 10);
			const tally = await window.result;
			clearInterval(timer);
			proxy.close();
			assert.equal(tally.node.endedBy, 'time', endText(tally.node));
			// The test's own questions come from the same host; they are taken for ours there.
			assert.deepEqual([...tally.byCommand.keys()], ['get']);
			assert.ok(tally.own.commands > 10, 'questions were asked meanwhile');
		});

		test('the memory for clients grows: it ends at once', async () => {
			// Of a list: a long string may be sent from where it lies, and no client holds a copy (8.6).
			await node.call('RPUSH', 'big', ...Array.from({ length: 1000 }, () => 'v'.repeat(1000)));
			const tried: string[] = [];
			// A machine that is busy with something else may end it first: its answers come late.
			const tally = await until(
				async () => {
					const window = await openOn(node);
					const greedy = connect(node.port, '127.0.0.1');
					greedy.pause();
					await once(greedy, 'connect');
					greedy.write('LRANGE big 0 -1\r\n'.repeat(60));
					const tally = await window.result;
					greedy.destroy();
					tried.push(String(endText(tally.node)));
					return tally.node.endedBy === 'client-memory' && tally;
				},
				{ what: () => `it ends by the memory, not as in ${tried.join(', ')}` },
			);
			assert.match(endText(tally.node)!, /memory for clients grew by \d+/);
			measured(() => assert.ok(tally.node.seconds < 1.5, `${tally.node.seconds} s`));
		});

		test('limits can be smaller and not greater', async () => {
			const window = await openOn(node, { limits: { commands: 10, milliseconds: 60_000 } });
			await Promise.all(Array.from({ length: 40 }, () => node.call('PING')));
			const tally = await window.result;
			assert.equal(tally.node.endedBy, 'commands');
			assert.equal(tally.node.commands, 10);
			const idle = await windowOn(hotTarget(node), { limits: { milliseconds: 60_000 } });
			assert.equal(idle.node.endedBy, 'time');
			assert.ok(idle.node.seconds >= 2, `${idle.node.seconds} s`);
			measured(() => assert.ok(idle.node.seconds < 3, `${idle.node.seconds} s`));
			const bytes = await openOn(node, { limits: { bytes: 100_000 } });
			for (let index = 0; index < 30; index++) await node.call('SET', 'big', 'v'.repeat(20_000));
			assert.equal((await bytes.result).node.endedBy, 'bytes');
		});

		test('a user without the right is told the word, and nothing is counted', async () => {
			await aclUser(node, 'few', 'secret', ['~*', '+@all', '-monitor']);
			const dial = { ...plainDial, credentials: { user: 'few', password: 'secret' } };
			const refused = await windowOn(hotTarget(node), { dial });
			assert.equal(refused.node.endedBy, 'refused');
			assert.match(endText(refused.node)!, /\+monitor/);
			assert.equal(refused.node.seconds, 0);
			const merged = mergeTallies([{ target: hotTarget(node), tally: refused }], 10);
			assert.deepEqual(merged.keys, []);
			assert.match(noteTexts(merged).join(), /not in the figures: .*\+monitor/);
			assert.doesNotMatch(noteTexts(merged).join(), /WAIT/, 'no window opened that had to be ended');
			const wrong = await windowOn(hotTarget(node), {
				dial: { ...plainDial, credentials: { user: 'few', password: 'guess' } },
			});
			assert.equal(wrong.node.endedBy, 'refused');
		});

		test('a user who may do nothing but that sees as much, and the log of refusals stays short', async () => {
			await aclUser(node, 'only', 'secret', ['-@all', '+monitor', '+info']);
			await node.call('ACL', 'LOG', 'RESET');
			const dial = { ...plainDial, credentials: { user: 'only', password: 'secret' } };
			const window = openMonitorWindow(hotTarget(node), { dial, limits: { milliseconds: 300 } });
			const timer = setInterval(() => void node.call('GET', 'seen'), 10);
			const tally = await window.result;
			clearInterval(timer);
			assert.equal(tally.node.endedBy, 'time', endText(tally.node));
			assert.ok(byKey(tally).get('seen')!.hits > 5);
			// Without WAIT nobody but us ends it: that is said.
			assert.match(noteTexts(tally).join(), /WAIT/);
			const refusals = (await node.call('ACL', 'LOG')) as unknown[][];
			assert.ok(refusals.length <= 6, JSON.stringify(refusals));
			// 6.0 puts all of CLIENT into one entry.
			for (const entry of refusals) assert.ok(Number(entry[1]) <= 8, JSON.stringify(entry));
		});
	});

describe('ends', () => {
	test('a server that dies, or was never there', async () => {
		const node = await startServer(first!);
		const window = await openOn(node);
		await node.kill();
		const tally = await window.result;
		assert.equal(tally.node.endedBy, 'lost');
		assert.ok(endText(tally.node));
		const absent = await windowOn(hotTarget(node));
		assert.equal(absent.node.endedBy, 'lost');
		assert.match(endText(absent.node)!, /refused/);
		await node.stop();
	});

	test('a server that freezes', async () => {
		const node = await startServer(first!);
		const window = await openOn(node);
		node.freeze();
		const tally = await window.result;
		assert.equal(tally.node.endedBy, 'event-loop', endText(tally.node));
		measured(() => assert.ok(tally.node.seconds < 1.5, `${tally.node.seconds} s`));
		node.thaw();
		await node.stop();
	});

	test('stopped before it began', async () => {
		const node = await startServer(first!);
		const window = openMonitorWindow(hotTarget(node), { dial: plainDial });
		window.stop();
		const tally = await window.result;
		assert.equal(tally.node.endedBy, 'stopped');
		assert.equal(tally.node.commands, 0);
		assert.doesNotMatch(String(await node.call('CLIENT', 'LIST')), /redis-top/);
		await node.stop();
	});

	test('through TLS, and on a replica, which does not take WAIT', async () => {
		const node = await startServer(first!, { tls: true });
		const tls = { ca: readFileSync(tlsFiles['ca.crt']), isInsecure: false, serverName: 'localhost' };
		const window = openMonitorWindow(hotTarget(node), {
			dial: { ...plainDial, tls: { ...tls, isInsecure: true } },
			limits: { milliseconds: 300 },
		});
		const timer = setInterval(() => void node.call('GET', 'seen'), 10);
		const tally = await window.result;
		clearInterval(timer);
		assert.equal(tally.node.endedBy, 'time', endText(tally.node));
		assert.ok(byKey(tally).get('seen')!.hits > 5);
		assert.deepEqual([...tally.byCommand.keys()], ['get']);
		await node.call('REPLICAOF', '127.0.0.1', '1');
		const asReplica = await windowOn(hotTarget(node, { isReplica: true }), {
			dial: { ...plainDial, tls: { ...tls, isInsecure: true } },
			limits: { milliseconds: 100 },
		});
		assert.equal(asReplica.node.endedBy, 'time', endText(asReplica.node));
		assert.match(noteTexts(asReplica).join(), /WAIT/);
		await node.stop();
	});
});
