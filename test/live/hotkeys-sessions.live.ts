// HOTKEYS sessions on a server that has them: the slow key is found and leads, nothing is left after the end, after a
// signal and after a kill, an operator's own session is never touched; the setting that is advised for slot statistics
// works when it is typed; on an idle server counters are told at once.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { HotTarget } from '../../source/core/keys/hot-keys.ts';
import { watchHotKeys } from '../../source/redis/hot-keys/watch.ts';
import { plainDial } from '../big-keys/scan.ts';
import { type Server, testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { openRedisTop, type Terminal } from '../terminal/terminal.ts';
import { runJson, runOnce } from './redis-top.ts';
import { watchFleet } from './watch-fleet.ts';

/** Asked, not read off the version: services and other servers have the name, the command or neither. */
async function hasSessions(server: Server): Promise<boolean> {
	const node = await startServer(server);
	try {
		return String(await node.call('HOTKEYS', 'HELP')).includes('METRICS');
	} catch {
		return false;
	} finally {
		await node.stop();
	}
}

type Found = {
	readonly key: string;
	readonly share: number | null;
	readonly low: number | null;
	readonly high: number | null;
	readonly unsure?: boolean;
	readonly netShare?: number;
	readonly netLow?: number | null;
	readonly netHigh?: number | null;
};

/** What turns a line bold or grey. */
const styles = /\x1b\[[\d;]*m/g;

const startedAtOf = (reply: unknown) => {
	const [fields] = reply as unknown[][];
	return fields![fields!.indexOf('collection-start-time-unix-ms') + 1];
};

for (const server of await testServers('redis')) {
	const isThere = await hasSessions(server);
	describe(`HOTKEYS sessions of ${server.name} ${server.version}`, {
		skip: !isThere && 'it has none',
	}, () => {
		let node: RunningServer;
		const state = mkdtempSync(path.join(tmpdir(), 'redis-top-state-'));
		const env = { XDG_STATE_HOME: state };
		const get = () => node.call('HOTKEYS', 'GET');
		const isOver = async () => (await get()) === null;
		const port = () => ['-p', String(node.port)];
		const started = async () => {
			const info = await node.info('commandstats');
			return Number(/calls=(\d+)/.exec(info['cmdstat_hotkeys|start'] ?? '')?.[1] ?? 0);
		};
		before(async () => {
			node = await startServer(server);
		});
		after(async () => {
			await node.stop();
			rmSync(state, { recursive: true });
		});

		test('the slow key leads, both shares are told, and the session is gone', async () => {
			const client = node.connect();
			for (let n = 0; n < 100; n++)
				await client.rpush('slow list', ...Array.from({ length: 1000 }, () => 'item'));
			for (let n = 0; n < 50; n++) await client.set(`key:${n}`, 'x');
			let isEnded = false;
			const traffic = (async () => {
				for (let n = 0; !isEnded; n++) {
					await client.get(`key:${n % 50}`);
					if (n % 100 === 0) await client.lrange('slow list', 0, -1);
					if (n % 10 === 0) await new Promise(resolve => setTimeout(resolve, 20));
				}
			})();
			try {
				const { stdout, stderr } = await runOnce(['--hotkeys', '--json', ...port()], env);
				assert.match(stderr, /HOTKEYS for 10s; costs 0\.3us a command for 10s, and 344K until it is reset/);
				const result = JSON.parse(stdout);
				const [slow] = result.keys;
				assert.deepEqual([result.method, slow.key, slow.unsure], ['hotkeys', 'slow list', undefined]);
				assert.ok(slow.low > 0.5 && slow.low <= slow.share && slow.share <= slow.high && slow.high <= 1);
				// Not told where that of the other keys is too little to tell.
				const others = result.others?.share ?? 0;
				assert.ok(slow.netShare > 0.9 && others < 0.5, JSON.stringify([slow, result.others]));
				const { session } = result.nodes[0];
				assert.deepEqual([session.whose, session.sampleRatio, session.onlySlots], ['ours', 1, null]);
			} finally {
				isEnded = true;
				await traffic;
				client.disconnect();
			}
			assert.equal(await get(), null);
		});

		test('of a load that is known, shares lie in their intervals, by time and by bytes', async () => {
			const client = node.connect();
			const names = Array.from({ length: 200 }, (_, index) => `zipf:${String(index).padStart(3, '0')}`);
			await client.mset(names.flatMap(name => [name, 'x'.repeat(100)]));
			// As often as one over its rank, in an order without chance: a share of the commands is what it is.
			const turns = names.map((_, index) => Math.round(2000 / (index + 1)));
			const order = names.flatMap((name, index) => Array.from({ length: turns[index]! }, () => name));
			const step = 7919;
			let at = 0;
			let isEnded = false;
			const traffic = (async () => {
				while (!isEnded) {
					const batch = client.pipeline();
					for (let count = 0; count < 50; count++) {
						at = (at + step) % order.length;
						batch.get(order[at]!);
					}
					await batch.exec();
					await new Promise(resolve => setTimeout(resolve, 5));
				}
			})();
			try {
				const { stdout } = await runOnce(['--hotkeys', '--json', ...port()], env);
				const result: { keys: Found[]; notes: string[] } = JSON.parse(stdout);
				const truthOf = (key: string) => (turns[names.indexOf(key)] ?? 0) / order.length;
				const holds = (
					found: readonly Found[],
					of: (key: Found) => readonly (number | null | undefined)[],
				) => {
					const missed = found.filter(key => {
						const [low, share, high] = of(key).map(Number);
						assert.ok(low! <= share! && share! <= high! && high! <= 1, JSON.stringify(key));
						return truthOf(key.key) < low! || truthOf(key.key) > high!;
					});
					assert.ok(missed.length <= found.length * 0.1 + 1, JSON.stringify([missed, result.notes]));
				};
				const byBytes = result.keys.filter(({ netShare }) => netShare !== undefined);
				assert.ok(byBytes.length >= 15, `${byBytes.length}`);
				holds(byBytes, key => [key.netLow, key.netShare, key.netHigh]);
				// On a machine that has no time for it, none may be left.
				const told = result.keys.filter(({ share, unsure }) => share !== null && !unsure);
				holds(told, key => [key.low, key.share, key.high]);
				assert.match(result.notes.join('\n'), /commands are short|held the server up|time cannot tell/);
			} finally {
				isEnded = true;
				await traffic;
				client.disconnect();
			}
		});

		test('TERM and ^C end it and leave nothing; what was seen is printed and is not "stopped by s"', async () => {
			for (const [signal, code] of [
				['SIGTERM', 143],
				['SIGINT', 130],
			] as const) {
				const run = runJson(['--hotkeys', ...port()], env);
				await until(async () => (await get()) !== null, { what: 'a session' });
				run.child.kill(signal);
				assert.equal(await run.exited, code, run.stderr());
				assert.equal(await get(), null, signal);
				assert.equal(run.objects[0].nodes[0].endedBy, 'stopped');
			}
		});

		test('what a kill left is known as ours, read for free and reset', async () => {
			const run = runJson(['--hotkeys', ...port()], env);
			const began = startedAtOf(await until(get, { what: 'a session' }));
			await until(async () => startedAtOf(await get()) === began, { what: 'it is read' });
			run.child.kill('SIGKILL');
			await run.exited;
			assert.equal(startedAtOf(await get()), began, 'nobody was left to reset it');
			const before = await started();
			const next = await runOnce(['--hotkeys', '--json', ...port()], env);
			const [found] = JSON.parse(next.stdout).nodes;
			assert.equal(found.session.whose, 'left', next.stdout);
			assert.equal(Date.parse(found.session.startedAt), began);
			assert.equal(await started(), before, 'for free');
			// It was at work still: over, it is reset by whoever comes next.
			await node.call('HOTKEYS', 'STOP');
			const last = await runOnce(['--hotkeys', '--json', ...port()], env);
			assert.equal(JSON.parse(last.stdout).nodes[0].session.whose, 'left');
			assert.ok(await isOver());
		});

		test('a kill before it could note when its session began: it is known as ours all the same', async () => {
			const { run_id: runId, server_time_usec: time } = await node.info('server');
			const dead = spawnSync(process.execPath, ['-e', '0']).pid;
			const folder = path.join(state, 'redis-top', 'hotkeys');
			const plan = { pid: dead, host: hostname(), until: Date.now() + 10_000 };
			mkdirSync(folder, { recursive: true });
			const file = path.join(folder, `${runId}-${Math.floor(Number(time) / 1000)}.plan.json`);
			writeFileSync(file, JSON.stringify(plan));
			await node.call('HOTKEYS', 'START', 'METRICS', 2, 'CPU', 'NET', 'DURATION', 10);
			await node.call('HOTKEYS', 'STOP');
			const { stdout } = await runOnce(['--hotkeys', '--json', ...port()], env);
			assert.equal(JSON.parse(stdout).nodes[0].session.whose, 'left', stdout);
			assert.ok(await isOver());
			assert.deepEqual(readdirSync(folder), []);
		});

		/** On the screen of hot keys, with a session that it has begun. */
		async function openSession(): Promise<Terminal> {
			const terminal = openRedisTop(port(), { size: [120, 40], env });
			await terminal.shows(/:\d+ +primary/);
			terminal.type('4');
			await terminal.shows(/HOTKEYS/);
			terminal.type('s');
			await until(get, { what: () => `a session: ${terminal.text()}` });
			return terminal;
		}

		for (const [how, leave, code] of [
			['q', (terminal: Terminal) => terminal.type('qq'), 0],
			['^C', (terminal: Terminal) => terminal.type('\x03'), 130],
			['TERM', (terminal: Terminal) => process.kill(terminal.pid, 'SIGTERM'), 143],
		] as const)
			test(`${how} on the screen ends its session and leaves nothing`, async () => {
				const terminal = await openSession();
				try {
					leave(terminal);
					assert.equal((await terminal.exit).code, code);
					assert.equal(await get(), null);
					assert.match(String(await node.call('INFO', 'hotkeys')), /^(?!.*tracking-active:1)/s);
				} finally {
					await terminal.stop();
				}
			});

		test('kill -9 on the screen: the session ends by itself, and whoever comes next takes it away', async () => {
			const terminal = await openSession();
			const began = startedAtOf(await get());
			const files = path.join(state, 'redis-top', 'hotkeys');
			await until(() => readdirSync(files).length > 0, { what: 'it is noted as ours' });
			await terminal.stop();
			await until(async () => !/tracking-active:1/.test(String(await node.call('INFO', 'hotkeys'))), {
				what: 'it is over after its time',
				timeout: 20_000,
			});
			assert.equal(startedAtOf(await get()), began);
			await runOnce(['--hotkeys', '--json', ...port()], env);
			assert.ok(await isOver());
		});

		test('two at once: one session, nobody stops the other, nothing is left', async () => {
			const before = await started();
			const first = await openSession();
			const second = openRedisTop(port(), { size: [120, 40], env });
			try {
				const began = startedAtOf(await get());
				await second.shows(/:\d+ +primary/);
				second.type('4');
				await second.shows(/HOTKEYS/);
				second.type('s');
				await second.shows(/another redis-top|somebody else/);
				second.type('s');
				second.type('qq');
				assert.equal((await second.exit).code, 0);
				assert.equal(startedAtOf(await get()), began, 'it is of the first');
				assert.equal(await started(), before + 1);
				await until(isOver, { what: 'the first took it away after its time', timeout: 20_000 });
			} finally {
				await first.stop();
				await second.stop();
			}
		});

		test('a session of the operator is read and told as theirs; it goes on', async () => {
			await node.call('HOTKEYS', 'START', 'METRICS', 2, 'CPU', 'NET', 'SAMPLE', 3);
			try {
				await node.call('GET', 'key:1');
				const began = startedAtOf(await get());
				const { stdout } = await runOnce(['--hotkeys', ...port()], env);
				assert.match(
					stdout,
					/^one command of 3, a session that somebody else has started, at work, .*so far/m,
				);
				assert.equal(startedAtOf(await get()), began);
				assert.match(String(await node.call('INFO', 'hotkeys')), /hotkeys-tracking-active:1/);
			} finally {
				await node.call('HOTKEYS', 'STOP');
				await node.call('HOTKEYS', 'RESET');
			}
		});

		test('on an idle server under an LFU policy the counters come at once, and no session', async () => {
			await node.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lfu');
			try {
				const before = await started();
				const { stdout, stderr } = await runOnce(['--hotkeys', ...port()], env);
				assert.match(stdout, /^\d+ keys by OBJECT FREQ on/m, stderr);
				assert.match(stderr, /OBJECT FREQ of all keys; costs/);
				assert.equal(await started(), before);
			} finally {
				await node.call('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
			}
		});
	});

	describe(`slot statistics of ${server.name} ${server.version}`, { skip: !isThere && 'as above' }, () => {
		const settings = ['no', 'net', 'cpu', 'cpu net', 'yes'] as const;
		/** The server takes `yes` at its start alone. */
		const whileItRuns = settings.filter(setting => setting !== 'yes');
		type Setting = (typeof settings)[number];

		/** By the ladder of hot keys and by the cluster screen. */
		async function withNode(
			setting: Setting,
			act: (scene: {
				readonly node: RunningServer;
				readonly settles: (state: string, isAdvised: boolean) => Promise<string | undefined>;
				readonly screen: () => string;
			}) => Promise<void>,
		): Promise<void> {
			const config = { 'cluster-enabled': 'yes', 'cluster-slot-stats-enabled': setting };
			const node = await startServer(server, { config });
			await node.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
			const target: HotTarget = { address: node.address, isReplica: false, isCluster: true, replicas: [] };
			const watch = watchHotKeys([target], {
				...{ dial: plainDial, top: 20, turnMilliseconds: 100, onStatus: () => {} },
			});
			const watched = watchFleet(node);
			watched.press('3');
			const rung = () => watch.status().ladders[0]?.rungs.find(({ method }) => method === 'slot-stats');
			try {
				await act({
					node,
					settles: async (state, isAdvised) =>
						(await until(
							() => rung()?.state === state && (rung()!.enable !== undefined) === isAdvised && rung(),
							{ what: () => `${setting}, ${state}: ${JSON.stringify(rung())}` },
						))!.enable,
					screen: () => watched.screen().replace(styles, '').replace(/\s+/g, ' '),
				});
			} finally {
				await watched.stop();
				await watch.close();
				await node.stop();
			}
		}
		const stateOf = (setting: Setting) => (setting === 'no' ? 'unavailable' : 'ready');
		const isAdvised = (setting: Setting) => setting === 'no' || setting === 'net';
		const saysOnScreen = (setting: Setting) =>
			setting === 'no'
				? /SLOT LOAD switched off .*: CONFIG SET cluster-slot-stats-enabled "cpu net" on every primary switches it on/
				: setting === 'net'
					? /SLOT LOAD hottest .*time is not counted on 1 of 1 nodes: CONFIG SET cluster-slot-stats-enabled "cpu net" counts it too/
					: /SLOT LOAD hottest of the last/;
		const says = (screen: () => string, setting: Setting) =>
			until(() => saysOnScreen(setting).test(screen()), { what: () => `${setting}: ${screen()}` });
		/** As an operator types it. */
		const type = async (node: RunningServer, command: string) => {
			const [, name, value] = /^CONFIG SET (\S+) "?([^"]*)"?$/.exec(command)!;
			assert.equal(await node.call('CONFIG', 'SET', name!, value!), 'OK', command);
		};

		for (const setting of settings)
			test(`${setting} at the start: what is told, and the advice works as it is typed`, () =>
				withNode(setting, async ({ node, settles, screen }) => {
					await until(() => node.call('SET', 'key', 'x').catch(() => undefined), { what: 'it serves' });
					const advice = await settles(stateOf(setting), isAdvised(setting));
					await says(screen, setting);
					const errors = (await node.info('errorstats')).errorstat_ERR;
					assert.equal(errors, undefined, 'nothing was asked that it had to refuse');
					if (setting === 'yes')
						return void (await until(() => /BIGGEST SLOTS/.test(screen()), { what: screen }));
					if (advice === undefined) return;
					await type(node, advice);
					await settles('ready', false);
					await says(screen, 'cpu net');
				}));

		test('changed while it runs, from each to each', () =>
			withNode('no', async ({ node, settles, screen }) => {
				for (const setting of [...whileItRuns, ...whileItRuns.toReversed()]) {
					await node.call('CONFIG', 'SET', 'cluster-slot-stats-enabled', setting);
					await settles(stateOf(setting), isAdvised(setting));
					await says(screen, setting);
				}
			}));
	});
}
