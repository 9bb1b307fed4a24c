// While a scan runs, redis-top's own figures of the servers stay those of the others' traffic: held against a load that
// knows what it did, second by second.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { timeNow } from '../../source/redis/clock.ts';
import { watchFleet } from '../live/watch-fleet.ts';
import { startLoad } from '../servers/load.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { fillMixed } from './fill.ts';

const keys = 60_000;

for (const server of await testServers('both')) {
	describe(`a scan of ${server.name} ${server.version}`, () => {
		let node: RunningServer;
		before(async () => {
			node = await startServer(server);
			await fillMixed(node, keys);
		});
		after(() => node.stop());

		for (const isExact of [false, true])
			test(`its own hits are not in what redis-top shows: ${isExact ? '--exact' : 'a sample'}`, async () => {
				const load = await startLoad([node], { opsPerSecond: 3000, hitShare: 0.6, setShare: 0 });
				const rounds: { readonly at: number; readonly ops: number; readonly seconds: number }[] = [];
				const { engine, fleet, stop } = watchFleet(node, {
					state: { delaySeconds: 0.5, scanRate: isExact ? 4000 : 20_000 },
					engine: {
						onState(_, message) {
							if (message.type !== 'round' || message.samples.length === 0) return;
							const { rates, ratedFrom } = fleet().tracks.get(node.address)!;
							const at = (ratedFrom?.info?.serverTimeMicroseconds ?? 0) / 1000;
							// A reading right behind another leaves the rates as they are.
							if (!rates || at === 0 || at === rounds.at(-1)?.at) return;
							rounds.push({ at, ops: rates.ops ?? 0, seconds: rates.seconds });
						},
					},
				});
				try {
					const rate = () => engine.state().fleets[0]!.now.fleet.totals.hitRate;
					await until(() => rate() !== undefined && rounds.length > 2, { what: 'there is a hit rate' });
					const from = Date.now();
					const shown: number[] = [];
					rounds.splice(0, rounds.length - 1);
					const press = (key: string) => engine.dispatch({ type: 'keys', at: timeNow(), keys: [key] });
					press('b');
					const isOver = () => engine.state().bigKeys?.scans[0]?.isOver;
					await until(
						() => {
							// All TTLs are only read when the key was pressed twice, and one that is held down was pressed once.
							const { scans, confirm } = engine.state().bigKeys!;
							const isDue = confirm === undefined || timeNow() >= confirm.from;
							if (scans[0] === undefined && isDue) press(isExact ? 't' : 's');
							shown.push(rate()!);
							return isOver() && Date.now() - from > 4000;
						},
						{ what: 'the scan is over', timeout: 60_000 },
					);
					const found = engine.state().bigKeys!.scans[0]!.found!;
					assert.ok(found.complete && found.hitsAdded > (isExact ? 2 * keys : 3000));
					const { hits, misses } = load.between(from - 10_000, Date.now());
					const real = hits / (hits + misses);
					const worst = Math.max(...shown.map(share => Math.abs(share - real)));
					assert.ok(worst <= 0.01, `${real} really, off by ${worst}`);
					// Nor are its commands: without that there would be 12,000 and 20,000 a second more. Over all the time,
					// for a load that was held up makes up for it.
					let [told, commands] = [0, 0];
					for (const { at, ops, seconds } of rounds) {
						told += ops * seconds;
						commands += load.between(at - seconds * 1000, at).commands;
					}
					assert.ok(
						Math.abs(told - commands) < 0.05 * commands,
						`${told} commands shown, ${commands} really: ${rounds.map(({ ops }) => Math.round(ops)).join(' ')}`,
					);
				} finally {
					await stop();
					await load.stop();
				}
			});
	});
}
