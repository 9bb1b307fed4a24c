// The rungs on real servers: LFU counters lead to the keys that are used, SLOT-STATS to the slot that is hot now and
// not to the one that was, MONITOR when it is asked for; what all of it costs is counted to the command.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { HotKeysStatus, HotTarget } from '../../source/core/keys/hot-keys.ts';
import { type HotKeysOptions, type HotKeysWatch, watchHotKeys } from '../../source/redis/hot-keys/watch.ts';
import { counterWords } from '../../source/view/screens/hot-keys/advice-words.ts';
import { noteTexts } from '../../source/view/screens/hot-keys/note-words.ts';
import { plainDial } from '../big-keys/scan.ts';
import { lane, measured } from '../lane.ts';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { has, having } from '../servers/having.ts';
import { testServers } from '../servers/servers.ts';
import { aclUser, type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { trueShares } from './known-shares.ts';
import { startTraffic } from './traffic.ts';
import { hotTarget } from './windows.ts';

async function watched<T>(
	targets: readonly HotTarget[],
	act: (watch: HotKeysWatch, told: readonly HotKeysStatus[]) => Promise<T>,
	options: Partial<HotKeysOptions> = {},
): Promise<T> {
	const told: HotKeysStatus[] = [];
	const watch = watchHotKeys(targets, {
		...{ dial: plainDial, top: 20, turnMilliseconds: 500, ...options },
		onStatus: status => told.push(status),
	});
	try {
		return await act(watch, told);
	} finally {
		await watch.close();
	}
}

const rungOf = (watch: HotKeysWatch, node: RunningServer, method: string) =>
	watch
		.status()
		.ladders.find(ladder => ladder.node === node.address)
		?.rungs.find(rung => rung.method === method);

const clientsOf = async (node: RunningServer) =>
	String(await node.call('CLIENT', 'LIST'))
		.split('\n')
		.filter(line => line.includes('name=redis-top')).length;

for (const server of await testServers('redis')) {
	describe(`rungs on ${server.name} ${server.version}`, () => {
		let node: RunningServer;
		before(async () => {
			node = await startServer(server, {
				config: { 'maxmemory-policy': 'allkeys-lfu', maxmemory: '100mb', databases: 4 },
			});
		});
		after(() => node.stop());

		/** A sample is MONITOR's, also of a server that has HOTKEYS. */
		const byMonitor = async () => {
			if (!has(server, { redis: 8.6 })) return {};
			await aclUser(node, 'monitors', 'secret', ['~*', '+@all', '-hotkeys']);
			return { dial: { ...plainDial, credentials: { user: 'monitors', password: 'secret' } } };
		};

		test('by LFU lead the keys that are used most, and by MONITOR the same', async () => {
			const traffic = await startTraffic([node], { perSecond: 6000, seed: 4 });
			try {
				const processed = async () => Number((await node.info('stats')).total_commands_processed);
				await until(async () => (await processed()) > 30_000, {
					what: '30,000 commands were there',
					timeout: 20_000,
				});
				// Of a key that is not there, or deleted again and again, no counter can tell.
				const hottest = trueShares()
					.filter(([key]) => !/^\{pair\}:[ac]$|^\{script\}:read$|^\{tx\}:other$/.test(key))
					.slice(0, 5)
					.map(([key]) => key);
				await watched(
					[hotTarget(node)],
					async watch => {
						const byLfu = await until(
							() => {
								const { result } = watch.status();
								return result && !/so far/.test(noteTexts(result).join()) && result;
							},
							{ what: 'the walk is whole' },
						);
						assert.equal(byLfu.method, 'lfu');
						assert.equal(rungOf(watch, node, 'lfu')?.state, 'ready');
						const first = byLfu.keys.slice(0, 12).map(({ key }) => key);
						for (const key of hottest)
							assert.ok(first.includes(key), `${JSON.stringify(key)} in ${JSON.stringify(first)}`);
						assert.match(counterWords(byLfu.keys[0]!)!, /accesses lately/);
						assert.ok(byLfu.keys[0]!.share === undefined && byLfu.keys[0]!.counter! > 10);
						assert.equal(new Set(byLfu.keys.map(({ key }) => key)).size, byLfu.keys.length);
						await until(() => watch.status().result!.keys[0]!.type === 'string', { what: 'it is described' });

						assert.equal(watch.status().sampling, undefined, 'nothing is sampled by itself');
						// On a machine that is busy with other tests a window may end early: that is not what is tried here.
						const sampled = await until(
							async () => {
								watch.sample();
								await until(() => watch.status().sampling, { what: 'the window is open' });
								await until(() => !watch.status().sampling, { what: 'it has ended' });
								const { result } = watch.status();
								return /^(time|commands)$/.test(result?.nodes[0]?.endedBy ?? '') && result;
							},
							{ what: 'a whole window', timeout: 30_000 },
						);
						const seen = sampled.keys.slice(0, 10).map(({ key }) => key);
						for (const key of hottest) assert.ok(seen.includes(key), JSON.stringify(seen));
						assert.equal(sampled.shareOf, 'commands');
						assert.ok(
							!sampled.byCommand.some(({ command }) => /^(scan|object|info)$/.test(command)),
							'our own are not counted',
						);
					},
					await byMonitor(),
				);
			} finally {
				await traffic.stop();
			}
		});

		test('commands, hits and connections of ours: none is missed and none is left', async () => {
			const client = node.connect({ db: 2 });
			await client.set('other database', 'x');
			client.disconnect();
			const stats = async () => {
				const info = await node.info('stats');
				return { commands: Number(info.total_commands_processed), hits: Number(info.keyspace_hits) };
			};
			await watched([hotTarget(node)], async watch => {
				await until(
					() => {
						const { result } = watch.status();
						return result && !/so far/.test(noteTexts(result).join()) && result.keys[0]!.type;
					},
					{ what: 'the walk is whole' },
				);
				assert.ok(watch.status().result!.keys.length > 0);
				watch.rest();
				const own = () => watch.status().own.get(node.address)!;
				// What was asked before it was told to rest is answered first: the server has counted it, we have not.
				await hasSettled(() => own().commands);
				let looks = 0;
				const before = await stats();
				const ownBefore = own();
				watch.sample();
				await until(() => watch.status().sampling, { what: 'a window' });
				await until(() => !watch.status().sampling, { what: 'its end' });
				watch.wake();
				await until(() => own().calls['object|freq']! > ownBefore.calls['object|freq']! + 20, {
					what: 'the top was read again',
				});
				watch.rest();
				await until(
					async () => {
						const now = await stats();
						const ours = own();
						// Each INFO of the test counts itself afterwards; what is refused the server does not count.
						const processed = now.commands - before.commands - ++looks;
						const sent = ours.commands - ownBefore.commands;
						const hits = [now.hits - before.hits, ours.hits - ownBefore.hits];
						if (hits[0] === hits[1] && processed <= sent && processed >= sent - 5) return true;
						throw new Error(`${processed} of ${sent} commands, hits ${hits}`);
					},
					{ what: 'the counts agree', timeout: 5000 },
				);
			});
			await until(async () => (await clientsOf(node)) === 0, { what: 'no connection is left' });
		});

		test('a key is found in its database', async () => {
			await watched(
				[hotTarget(node)],
				async watch => {
					const key = await until(
						() => watch.status().result?.keys.find(each => each.key === 'other database'),
						{ what: 'it is listed' },
					);
					assert.equal(key.db, 2);
				},
				{ top: 5000 },
			);
		});

		test('short windows again and again, until it is told to stop', async () => {
			const traffic = await startTraffic([node], { perSecond: 2000, seed: 5 });
			try {
				await watched(
					[hotTarget(node)],
					async watch => {
						watch.repeat(true);
						assert.deepEqual(watch.status().repeating, { everySeconds: 10, windowMilliseconds: 250 });
						const result = await until(
							() => watch.status().result?.method === 'monitor' && watch.status().result,
							{ what: 'a window' },
						);
						assert.ok(result!.commands > 0, `${result!.seconds} ${result!.commands}`);
						measured(() => assert.ok(result!.seconds < 1 && result!.commands > 50, `${result!.seconds} s`));
						watch.repeat(false);
						assert.equal(watch.status().repeating, undefined);
					},
					await byMonitor(),
				);
			} finally {
				await traffic.stop();
			}
		});

		test('a user without MONITOR, SCAN and OBJECT FREQ: the words, before anything is tried', async () => {
			await aclUser(node, 'watcher', 'secret', ['+info', '+client', '+acl|dryrun', '+config|get']);
			const dial = { ...plainDial, credentials: { user: 'watcher', password: 'secret' } };
			await node.call('ACL', 'LOG', 'RESET');
			await watched(
				[hotTarget(node)],
				async watch => {
					await until(() => rungOf(watch, node, 'monitor'), { what: 'the ladder' });
					assert.equal(rungOf(watch, node, 'lfu')?.enable, '+scan');
					// Before 7.0 no server tells what a user may do: it is refused, and then known.
					if (!server.version.startsWith('6.'))
						assert.equal(rungOf(watch, node, 'monitor')?.enable, '+monitor');
					watch.sample();
					await until(() => !watch.status().sampling, { what: 'nothing to sample' });
					assert.equal(watch.status().result, undefined);
				},
				{ dial },
			);
			const log = (await node.call('ACL', 'LOG')) as unknown[][];
			const tried = log.filter(entry => entry.includes('monitor')).length;
			assert.ok(tried <= (server.version.startsWith('6.') ? 1 : 0), 'MONITOR was not tried');
		});
	});
}

// The one kind that has it, in each lane.
const valkeys = having(
	'SLOT-STATS, switched on while it runs',
	{ valkey: 8 },
	await testServers(lane === 'live' ? 'redis' : 'valkey'),
);

for (const valkey of valkeys)
	describe(`SLOT-STATS on a cluster of Valkey ${valkey.version}`, () => {
		let fleet: RunningCluster;
		before(async () => {
			fleet = await startCluster(valkey, {
				replicasEach: 0,
				config: { 'maxmemory-policy': 'allkeys-lfu', maxmemory: '100mb' },
			});
		});
		after(() => fleet.stop());

		test('off: what would enable it; on: the slot that is hot now, and its keys by their counters', async () => {
			const [node] = fleet.primaries;
			const tagIn = async (wanted: number) => {
				for (let n = wanted * 1000; ; n++) {
					const slot = Number(await node!.call('CLUSTER', 'KEYSLOT', `t${n}`));
					if (slot < 5000) return { tag: `t${n}`, slot };
				}
			};
			const [past, now] = [await tagIn(1), await tagIn(2)];
			assert.notEqual(past.slot, now.slot);
			const client = node!.connect();
			const use = async (tag: string, times: number) => {
				const pipeline = client.pipeline();
				for (let n = 0; n < times; n++) pipeline.strlen(`{${tag}}:${n % 3 === 0 ? n % 50 : 'hot'}`);
				await pipeline.exec();
			};
			for (const { tag } of [past, now]) {
				for (let n = 0; n < 50; n++) await client.set(`{${tag}}:${n}`, 'x');
				await client.set(`{${tag}}:hot`, 'x'.repeat(2_000_000));
			}
			let isOver = false;
			const targets = fleet.primaries.map(each => hotTarget(each, { isCluster: true }));
			await watched(targets, async watch => {
				await until(() => rungOf(watch, node!, 'slot-stats'), { what: 'the ladder' });
				assert.equal(rungOf(watch, node!, 'slot-stats')!.enable, 'CONFIG SET cluster-slot-stats-enabled yes');
				await Promise.all(
					fleet.primaries.map(each => each.call('CONFIG', 'SET', 'cluster-slot-stats-enabled', 'yes')),
				);
				// What is long past outweighs all that comes.
				for (let n = 0; n < 20; n++) await use(past.tag, 2000);
				for (let n = 0; n < 1500; n++) await client.bitcount(`{${past.tag}}:hot`);
				await until(() => rungOf(watch, node!, 'slot-stats')!.state === 'ready', { what: 'it is noticed' });
				// Reads that take the server its time: the slot is hot also where the test gets little of a processor.
				const busy = (async () => {
					while (!isOver) {
						await use(now.tag, 50);
						for (let n = 0; n < 2; n++) await client.bitcount(`{${now.tag}}:hot`);
						await pause(30);
					}
				})();
				try {
					const found = await until(
						() => {
							const { result } = watch.status();
							const [first] = result?.slots ?? [];
							return first?.slot === now.slot && first.share > 0.5 && result;
						},
						{ what: 'the hot slot leads', timeout: 20_000 },
					);
					const [slot] = found.slots;
					assert.equal(slot!.node, node!.address);
					assert.equal(slot!.keys, 51);
					assert.ok(slot!.inputBytesPerSecond! > 1000, JSON.stringify(slot));
					const key = await until(
						() => watch.status().result?.keys.find(each => each.key === `{${now.tag}}:hot`),
						{ what: () => `its key is among ${JSON.stringify(watch.status())}`, timeout: 120_000 },
					);
					assert.deepEqual([key.method, key.slot], ['lfu', now.slot]);
					await until(() => watch.status().result!.keys[0]!.key.endsWith(':hot'), {
						what: () => `a hot one leads, not as in ${JSON.stringify(watch.status().result!.keys)}`,
					});
					await until(() => watch.status().own.get(node!.address)!.calls['cluster|getkeysinslot'], {
						what: 'the slot was looked into',
					});
					const read = (await node!.call(
						'CLUSTER',
						'SLOT-STATS',
						'ORDERBY',
						'CPU-USEC',
						'LIMIT',
						1,
						'DESC',
					)) as unknown[][];
					// On a slow machine the hot one may have outgrown it by now.
					measured(() => assert.equal(read[0]![0], past.slot, 'since the start the other one leads'));
				} finally {
					isOver = true;
					await busy;
				}
			});
			client.disconnect();
		});
	});

/** Waits until a count has stayed the same for 20 looks in a row. */
async function hasSettled(count: () => number): Promise<void> {
	let last = count();
	let same = 0;
	await until(
		() => {
			same = count() === last ? same + 1 : 0;
			last = count();
			return same >= 20;
		},
		{ what: 'the count stays the same' },
	);
}
