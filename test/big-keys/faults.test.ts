// What happens to servers while they are scanned: they are killed, emptied, blocked, loaded anew, failed over, taken
// apart. Real servers, a slow scan, and one thing done in its middle. Whatever it was, the scan ends, counts no key
// twice, misses none that it could have read, and says what it cannot know.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BigKeysResult } from '../../source/core/keys/big-keys.ts';
import { scanNoteWords } from '../../source/core/keys/scan-note-words.ts';
import { bigKeysText } from '../../source/output/big-keys.ts';
import { scanFleet } from '../../source/redis/big-keys/scan-fleet.ts';
import { startPair } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { loadsSlowly, type RunningServer, slowLoading, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { fillMixed } from './fill.ts';
import { slowly, targetOf, whenScanned } from './scan.ts';

const keys = 12_000;
const third = keys / 3;

const patternKeys = (result: BigKeysResult) => result.patterns.reduce((sum, group) => sum + group.keys, 0);

async function withServer(
	server: Parameters<typeof startServer>[0],
	config: Record<string, string | number>,
	act: (node: RunningServer) => Promise<void>,
): Promise<void> {
	const node = await startServer(server, { config });
	try {
		await fillMixed(node, keys);
		await act(node);
	} finally {
		await node.stop();
	}
}

for (const server of await testServers('redis')) {
	describe(`a scan of ${server.name} ${server.version} while`, () => {
		test('it is paused, resumed, stopped: what was found stays', () =>
			withServer(server, {}, async node => {
				const scan = scanFleet([targetOf(node)], slowly);
				let paused: number | undefined;
				for await (const { scanned, state } of scan) {
					if (scanned < third) continue;
					if (paused === undefined) {
						scan.pause();
						// What was under way may still come in.
						await until(
							async () => {
								const before = scan.progress().scanned;
								await new Promise(resolve => setTimeout(resolve, 100));
								return scan.progress().scanned === before;
							},
							{ what: 'nothing more is read' },
						);
						paused = scan.progress().scanned;
						assert.equal(scan.progress().state, 'paused');
						assert.equal(scan.progress().keysPerSecond, undefined, 'nothing moves, and nothing decays');
						assert.deepEqual(new Set(scan.progress().nodes.map(one => one.state)), new Set(['paused']));
						scan.resume();
					} else if (state === 'scanning' && scanned > paused + 1000) scan.stop('stopped by the user');
				}
				const result = await scan.result;
				assert.equal(result.complete, false);
				assert.deepEqual(
					result.partial.map(({ reason }) => reason),
					['stopped by the user'],
				);
				assert.ok(result.scanned > third && result.scanned < keys, `${result.scanned}`);
				assert.equal(result.keys.length, 100);
				assert.ok(result.keys.every(({ type }) => type !== undefined));
				assert.equal(patternKeys(result), result.scanned);
			}));

		test('it hangs, and the scan is stopped: there is a result all the same', () =>
			withServer(server, {}, async node => {
				const scan = scanFleet([targetOf(node)], { ...slowly, patienceSeconds: 600 });
				const result = await whenScanned(scan, third, async () => {
					node.freeze();
					scan.stop('stopped');
				});
				node.thaw();
				assert.deepEqual(
					result.partial.map(({ reason }) => reason),
					['stopped'],
				);
				assert.equal(result.keys.length, 100);
			}));

		test('its connection is closed, again and again: it goes on where it was', () =>
			withServer(server, {}, async node => {
				const scan = scanFleet([targetOf(node)], slowly);
				let kills = 0;
				for await (const { scanned } of scan) {
					if (scanned < (kills + 1) * 2500 || kills >= 3) continue;
					kills++;
					await node.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
				}
				const result = await scan.result;
				assert.equal(kills, 3);
				assert.deepEqual([result.scanned, result.complete, patternKeys(result)], [keys, true, keys]);
			}));

		test('FLUSHALL: it ends, and says that what it lists may be gone', () =>
			withServer(server, {}, async node => {
				const scan = scanFleet([targetOf(node)], slowly);
				const result = await whenScanned(scan, third, () => node.call('FLUSHALL'));
				assert.ok(result.scanned >= third && result.scanned < keys, `${result.scanned}`);
				assert.equal(patternKeys(result), result.scanned);
				assert.match(
					result.notes.map(scanNoteWords).join('\n'),
					/held 12,000 keys when it was opened and 0 at the end/,
				);
				assert.match(bigKeysText(result), /note: .*may be gone/);
			}));

		test('it is restarted: partial, for the cursor no longer holds; it crashes: partial', () =>
			withServer(server, {}, async node => {
				const restarted = await whenScanned(scanFleet([targetOf(node)], slowly), third, () => node.restart());
				assert.match(
					restarted.partial[0]!.reason,
					/restarted while it was scanned: the cursor no longer holds/,
				);
				assert.ok(restarted.scanned >= third && restarted.scanned < keys);
				const options = { ...slowly, patienceSeconds: 1 };
				const crashed = await whenScanned(scanFleet([targetOf(node)], options), third, () => node.kill());
				assert.match(crashed.partial[0]!.reason, /refused/);
				assert.ok(crashed.keys.length === 100 && crashed.scanned >= third);
			}));

		test('a script blocks it: it waits and goes on', () =>
			withServer(server, { 'lua-time-limit': 50 }, async node => {
				const client = node.connect({ commandTimeout: 60_000 });
				const scan = scanFleet([targetOf(node)], slowly);
				let held = '';
				const result = await whenScanned(
					scan,
					third,
					async () => {
						const script = client.call('EVAL', 'while true do end', '0').catch((error: unknown) => error);
						await until(() => held, { what: 'the scan is held' });
						await node.call('SCRIPT', 'KILL');
						await script;
					},
					({ nodes }) => {
						if (nodes[0]!.state === 'held') held ||= nodes[0]!.reason ?? '';
					},
				);
				assert.match(held, /busy with a script/);
				assert.deepEqual([result.scanned, result.complete], [keys, true]);
			}));

		test('it loads its data set anew: it waits and goes on', { skip: !loadsSlowly(server) }, () =>
			withServer(server, { 'enable-debug-command': 'yes', ...slowLoading(100) }, async node => {
				const client = node.connect({ commandTimeout: 60_000 });
				let held = '';
				const result = await whenScanned(
					scanFleet([targetOf(node)], slowly),
					third,
					() => client.call('DEBUG', 'RELOAD'),
					({ nodes }) => {
						if (nodes[0]!.state === 'held') held ||= nodes[0]!.reason ?? '';
					},
				);
				assert.match(held, /loading/);
				assert.deepEqual([result.scanned, result.complete], [keys, true]);
			}),
		);
	});

	describe(`a scan of a replica of ${server.name} ${server.version} while`, () => {
		const filled = async () => {
			const pair = await startPair(server, { config: { 'replica-serve-stale-data': 'no' } });
			await fillMixed(pair.primary, keys);
			await until(async () => Number(await pair.replica.call('DBSIZE')) === keys, {
				what: 'the replica has all keys',
			});
			const target = {
				...targetOf(pair.replica),
				...{ primary: pair.primary.address, isReplica: true, standIns: [pair.primary.address] },
			};
			return { ...pair, target };
		};

		test('the replica is killed: from the beginning at the primary, each key counted once', async () => {
			const { primary, replica, target, stop } = await filled();
			try {
				const scan = scanFleet([target], slowly);
				const result = await whenScanned(scan, third, () => replica.kill());
				assert.deepEqual([result.scanned, result.complete, patternKeys(result)], [keys, true, keys]);
				assert.match(
					result.notes.map(scanNoteWords).join('\n'),
					/was lost after [\d,]+ keys .*each key counted once/,
				);
				assert.ok(result.keys.every(key => key.node === primary.address && key.type !== undefined));
				const [lost, last] = scan.progress().nodes;
				assert.deepEqual([lost!.node, lost!.state], [replica.address, 'partial']);
				assert.match(lost!.reason!, new RegExp(`went on at ${primary.address}`));
				assert.deepEqual([last!.node, last!.state], [primary.address, 'done']);
				assert.equal(lost!.scanned + last!.scanned, keys);
				// What was done on each of them is told of each: it is taken out of their rates.
				assert.equal(lost!.own.hits + last!.own.hits, result.hitsAdded);
				assert.ok(lost!.own.commands > third && last!.own.commands > third);
			} finally {
				await stop();
			}
		});

		test('both are killed: partial, with what was found', async () => {
			const { primary, replica, target, stop } = await filled();
			try {
				const scan = scanFleet([target], { ...slowly, patienceSeconds: 1 });
				const result = await whenScanned(scan, third, () => Promise.all([replica.kill(), primary.kill()]));
				assert.deepEqual([result.complete, result.partial.length], [false, 1]);
				assert.match(result.partial[0]!.reason, /refused/);
				assert.ok(result.scanned >= third && result.scanned < keys);
			} finally {
				await stop();
			}
		});

		test('its primary is gone for a while and it does not serve stale data: it waits and goes on', async () => {
			const { primary, target, stop } = await filled();
			try {
				let held = '';
				const result = await whenScanned(
					scanFleet([target], slowly),
					third,
					async () => {
						await primary.call('SAVE');
						await primary.kill();
						await until(() => held, { what: 'the scan is held' });
						await primary.restart();
					},
					({ nodes }) => {
						if (nodes[0]!.state === 'held') held ||= nodes[0]!.reason ?? '';
					},
				);
				assert.match(held, /replica without its primary/);
				assert.deepEqual([result.scanned, result.complete], [keys, true]);
			} finally {
				await stop();
			}
		});
	});
}
