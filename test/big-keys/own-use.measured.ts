// What redis-top did on a server is taken out of what is shown of it to the last command, also where our own event loop is
// late: replies that wait to be read are told from those that are not there yet by the order of one connection.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Reading } from '../../source/core/types.ts';
import { timeNow } from '../../source/redis/clock.ts';
import { call } from '../../source/redis/commands.ts';
import { NodeConnection } from '../../source/redis/connection.ts';
import { isLost, openLean } from '../../source/redis/lean-connection.ts';
import { watchFleet } from '../live/watch-fleet.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { fillMixed, mixedKey } from './fill.ts';
import { plainDial } from './scan.ts';

const keys = 30_000;

const counted = (info: string) => ({
	commands: Number(/^total_commands_processed:(\d+)/m.exec(info)![1]),
	hits: Number(/^keyspace_hits:(\d+)/m.exec(info)![1]),
	misses: Number(/^keyspace_misses:(\d+)/m.exec(info)![1]),
});

function hold(milliseconds: number): void {
	const end = performance.now() + milliseconds;
	while (performance.now() < end);
}

for (const server of await testServers('both')) {
	describe(`own use of ${server.name} ${server.version}`, () => {
		let node: RunningServer;
		before(async () => {
			node = await startServer(server);
			await fillMixed(node, keys);
		});
		after(() => node.stop());

		test('what a connection had done before an INFO is what the server had counted by then', async () => {
			const connection = await openLean(node.address, { dial: plainDial });
			assert.ok(!isLost(connection));
			const names = Array.from({ length: 5000 }, (_, n) => mixedKey(n).key);
			const first = await connection.sendMarked(call('info'));
			void connection.askEach(call('type'), [...names, 'not there']);
			void connection.askEach(call('memoryUsage'), names);
			void connection.send([call('select', '99'), call('pttl', names[0]!), call('hlen', 'no such')]);
			const second = connection.sendMarked(call('info'));
			void connection.askEach(call('pttl'), names);
			const last = await second;
			assert.ok(!isLost(first) && !isLost(last));
			const [from, to] = [counted(String(first.reply)), counted(String(last.reply))];
			assert.equal(last.before.commands - first.before.commands, to.commands - from.commands);
			assert.equal(last.before.hits - first.before.hits, to.hits - from.hits);
			assert.equal(last.before.misses! - first.before.misses!, to.misses - from.misses);
			assert.equal(last.before.misses, 2, 'TYPE and HLEN of keys that are not there');
			assert.equal(last.before.calls.type, 5001);
			assert.equal(last.before.calls.pttl, 1);
			connection.close();
			assert.equal(connection.use().calls.pttl, 5001, 'what is no longer answered counts as done');
		});

		test('what our own event loop was late by is told from what the server took', async () => {
			const connection = new NodeConnection(node.address, 'data', plainDial, {
				...{ onLost: () => {}, onTold: () => {}, onSent: () => {}, nodesInFleet: () => 1 },
				...{ isOpen: () => false, isClusterOpen: () => false, isFast: () => false },
				...{ delaySeconds: () => 1, besides: () => undefined },
			});
			await connection.visit('full');
			const readings: (Reading | undefined)[] = [];
			for (let times = 0; times < 5; times++) {
				const visiting = connection.visit('full');
				// By then it has left, and hardly been answered.
				setImmediate(() => hold(200));
				readings.push(await visiting);
			}
			connection.close();
			const late = readings.find(reading => reading!.pingMilliseconds! > 150);
			assert.ok(late, readings.map(reading => reading?.pingMilliseconds).join(' '));
			assert.ok(late.waitedMilliseconds! < 0.7 * late.pingMilliseconds!, `${late.waitedMilliseconds} waited`);
		});

		for (const isExact of [false, true])
			test(`nobody else asks anything and nothing is shown, with a late event loop: ${isExact ? '--exact' : 'a sample'}`, async () => {
				const ops: number[] = [];
				const hits: number[] = [];
				const { engine, fleet, stop } = watchFleet(node, {
					state: { delaySeconds: 0.25, scanRate: isExact ? 6000 : 12_000 },
					engine: {
						onState(_, message) {
							if (message.type !== 'round' || message.isExtra) return;
							const track = fleet().tracks.get(node.address);
							if (track?.rates?.ops === undefined) return;
							ops.push(track.rates.ops);
							hits.push(track.intervals.at(-1)!.hits);
						},
					},
				});
				let holding: NodeJS.Timeout | undefined;
				try {
					await until(() => ops.length > 4, { what: 'there are rates' });
					ops.length = 0;
					hits.length = 0;
					// As on a machine that has no time for us: 150 of 250 ms. Not for ever, for it looks like a slow server.
					holding = setInterval(() => hold(150), 250);
					setTimeout(() => clearInterval(holding), 3000);
					const press = (key: string) => engine.dispatch({ type: 'keys', at: timeNow(), keys: [key] });
					press('b');
					await until(
						() => {
							const { scans, confirm } = engine.state().bigKeys!;
							const isDue = confirm === undefined || timeNow() >= confirm.from;
							if (scans[0] === undefined && isDue) press(isExact ? 't' : 's');
							return engine.state().bigKeys?.scans[0]?.isOver;
						},
						{ what: 'the scan is over', timeout: 120_000 },
					);
					const rounds = ops.length;
					await until(() => ops.length > rounds + 2, { what: 'two rounds more' });
					assert.ok(engine.state().bigKeys!.scans[0]!.found!.complete);
					// A connection that opens, or asks while our own INFO is on its way, is a few commands out.
					assert.ok(Math.max(...ops) < 100, `commands a second: ${ops.map(Math.round).join(' ')}`);
					assert.ok(Math.max(...hits) < 10, `hits: ${hits.join(' ')}`);
				} finally {
					clearInterval(holding);
					await stop();
				}
			});
	});
}
