// Findings just under their limit and just over it, on a real server: under it nothing is said, over it the finding comes
// after its readings with the value that the server has, and it goes when that is over. Limits are taken from settings,
// as a file has them, where the usual ones would take minutes or gigabytes.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { Redis } from 'ioredis';
import { changeLimits, defaultLimits, type FindingId, limitOf } from '../../source/core/thresholds.ts';
import type { Finding } from '../../source/core/types.ts';
import type { EngineOptions } from '../../source/engine.ts';
import { plainDial } from '../big-keys/scan.ts';
import { fillTransactions } from '../servers/fill-memory.ts';
import {
	type RunningSentinels as Sentinels,
	startCluster,
	startPair,
	startSentinels,
} from '../servers/fleets.ts';
import { countsErrors } from '../servers/having.ts';
import { testServers } from '../servers/servers.ts';
import { canSlowDown, startOnSlowDisk } from '../servers/slow-disk.ts';
import { type RunningServer, slowLoading, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { delaySync, keysOf, withTime } from './rescue.ts';
import { watchFleet } from './watch-fleet.ts';

const delaySeconds = 0.25;

type Undo = () => Promise<unknown> | unknown;
type Row = {
	readonly id: FindingId;
	/** Of the server. */
	readonly config?: Readonly<Record<string, string | number>>;
	readonly settings?: Readonly<Record<string, number>>;
	readonly kind?: string;
	/** So that it is not found; gives how to end it. */
	readonly under: (node: RunningServer) => Promise<Undo | undefined>;
	readonly over: (node: RunningServer) => Promise<Undo>;
	readonly severity?: Finding['severity'];
	/** Of the finding at its first sight. */
	readonly value?: (value: number | undefined, node: RunningServer) => Promise<void> | void;
};

const set = (node: RunningServer, name: string, value: string | number) =>
	node.call('CONFIG', 'SET', name, value);
const near = (value: number | undefined, right: number, margin = 0.02) =>
	assert.ok(value !== undefined && Math.abs(value - right) <= margin, `${value} is not ${right}`);

/** Again and again until it is ended, so many times a second at most. */
function repeat(perSecond: number, act: () => Promise<unknown>): Undo {
	let isOver = false;
	const loop = (async () => {
		while (!isOver) {
			// What a machine that was busy kept back is not made up for: it would be more than so many a second.
			const due = performance.now() + 1000 / perSecond;
			await act().catch(() => {});
			await new Promise(resolve => setTimeout(resolve, Math.max(1, due - performance.now())));
		}
	})();
	return () => {
		isOver = true;
		return loop;
	};
}

/** maxmemory such that what is counted now is this share of it. */
async function atShare(node: RunningServer, share: number): Promise<Undo> {
	await set(node, 'maxmemory', 0);
	await node.call('SETRANGE', 'filler', 20_000_000, 'x');
	const info = await node.info('memory');
	const counted = Number(info.used_memory) - Number(info.mem_not_counted_for_evict);
	await set(node, 'maxmemory', Math.round(counted / share));
	return () => set(node, 'maxmemory', 0);
}

/** Connections that are open and do nothing. */
async function connections(node: RunningServer, count: number): Promise<readonly Redis[]> {
	const clients = Array.from({ length: count }, () => node.connect());
	await Promise.all(clients.map(client => client.ping()));
	return clients;
}

/** maxclients such that those that are there now are this share of it. */
async function clientsAt(node: RunningServer, share: number): Promise<Undo> {
	const clients = await connections(node, 60);
	const all = Number((await node.info('clients')).connected_clients);
	await set(node, 'maxclients', Math.round(all / share));
	return async () => {
		await set(node, 'maxclients', 1000);
		for (const client of clients) client.disconnect();
	};
}

const keys = (node: RunningServer, count: number, withTtl = 0) =>
	node.call(
		'EVAL',
		`for i=1,${count} do redis.call('SET','key:'..i,'x') if i<=${withTtl} then redis.call('EXPIRE','key:'..i,9000) end end`,
		0,
	);

/** Of this share of all reads a key is there. */
function reads(node: RunningServer, share: number): Undo {
	const client = node.connect();
	let count = 0;
	const stop = repeat(20, () => {
		const batch = Array.from({ length: 20 }, () => (count++ % 100 < share * 100 ? 'there' : `not:${count}`));
		return Promise.all(batch.map(key => client.get(key)));
	});
	return async () => {
		await stop();
		client.disconnect();
	};
}

/** Logins of somebody who is not known: one who is logged in elsewhere is told at any rate. */
function denied(node: RunningServer, perSecond: number): Undo {
	const client = node.connect();
	const stop = repeat(perSecond, () => client.call('AUTH', 'stranger', 'wrong'));
	return async () => {
		await stop();
		client.disconnect();
	};
}

const logins = (node: RunningServer, perSecond: number) =>
	repeat(perSecond, async () => {
		const client = node.connect();
		await client.ping().finally(() => client.disconnect());
	});

const megabyte = 1024 * 1024;

const rows: readonly Row[] = [
	{
		id: 'memory-high',
		under: node => atShare(node, 0.73),
		over: node => atShare(node, 0.77),
		value: value => near(value, 0.77),
	},
	{
		id: 'memory-high',
		under: node => atShare(node, 0.73),
		over: node => atShare(node, 0.93),
		severity: 'crit',
		value: value => near(value, 0.93),
	},
	{
		id: 'over-limit',
		under: node => atShare(node, 0.97),
		over: node => atShare(node, 1.02),
		severity: 'crit',
		value: value => near(value, 1.02),
	},
	{
		id: 'oom-errors',
		async under(node) {
			await atShare(node, 0.97);
			await node.call('SET', 'small', 'x');
			return undefined;
		},
		async over(node) {
			const back = await atShare(node, 1.02);
			const stop = repeat(10, () => node.call('SET', 'more', 'x'));
			return async () => {
				await stop();
				await back();
			};
		},
		severity: 'crit',
	},
	{
		id: 'evicting',
		async under(node) {
			return atShare(node, 0.97);
		},
		async over(node) {
			const back = await atShare(node, 1.02);
			const stop = repeat(20, () => node.call('SET', 'more', 'x'));
			return async () => {
				await stop();
				await back();
			};
		},
		severity: 'crit',
	},
	{
		id: 'clients-high',
		under: node => clientsAt(node, 0.77),
		over: node => clientsAt(node, 0.83),
		value: value => near(value, 0.83, 0.03),
	},
	{
		id: 'clients-rejected',
		under: node => clientsAt(node, 0.8),
		async over(node) {
			const back = await clientsAt(node, 1);
			const stop = repeat(20, async () => {
				const client = node.connect();
				await client.ping().finally(() => client.disconnect());
			});
			return async () => {
				await stop();
				await back();
			};
		},
		severity: 'crit',
	},
	{
		id: 'clients-dropped',
		settings: { windowSeconds: 2 },
		async under(node) {
			await set(node, 'maxmemory-clients', 60 * megabyte);
			return fillTransactions(node, 4, 1, 1_000_000);
		},
		async over(node) {
			await set(node, 'maxmemory-clients', 3 * megabyte);
			// It closes some of them before they have queued anything.
			void fillTransactions(node, 8, 1, 1_000_000);
			return () => set(node, 'maxmemory-clients', 0);
		},
		value: value => assert.ok(value! >= 1, String(value)),
	},
	{
		id: 'output-buffers',
		settings: { bytes: 6 * megabyte, critBytes: 60 * megabyte },
		under: node => fillTransactions(node, 4, 1, 1_000_000),
		over: node => fillTransactions(node, 9, 1, 1_000_000),
		value: value => assert.ok(value! >= 6 * megabyte && value! < 20 * megabyte, String(value)),
	},
	{
		id: 'commands-refused',
		kind: 'NOPERM',
		settings: { warn: 8, share: 1 },
		under: node => refused(node, 3),
		over: node => refused(node, 30),
		value: value => assert.ok(value! >= 7.6 && value! <= 35, String(value)),
	},
	{
		id: 'connections-churn',
		settings: { warn: 12, opsShare: 0.01 },
		async under(node) {
			return logins(node, 4);
		},
		async over(node) {
			return logins(node, 40);
		},
		value: value => assert.ok(value! >= 12 && value! <= 60, String(value)),
	},
	{
		id: 'hit-rate-low',
		settings: { windowSeconds: 4, lookups: 40, uptimeSeconds: 0 },
		async under(node) {
			await node.call('SET', 'there', 'x');
			return reads(node, 0.9);
		},
		async over(node) {
			return reads(node, 0.7);
		},
		value: value => assert.ok(value! < 0.85 && value! > 0.6, String(value)),
	},
	{
		id: 'volatile-without-ttl',
		async under(node) {
			await set(node, 'maxmemory', 1024 * megabyte);
			await set(node, 'maxmemory-policy', 'volatile-lru');
			await keys(node, 1000, 60);
			return () => node.call('FLUSHALL');
		},
		async over(node) {
			await keys(node, 1000, 40);
			return () => set(node, 'maxmemory-policy', 'noeviction');
		},
		value: value => near(value, 0.04, 0.001),
	},
	{
		id: 'keys-lost',
		settings: { shownSeconds: 3 },
		async under(node) {
			await keys(node, 3000);
			await new Promise(resolve => setTimeout(resolve, 600));
			await node.call('EVAL', `for i=1,1400 do redis.call('UNLINK','key:'..i) end`, 0);
			return undefined;
		},
		async over(node) {
			await node.call('EVAL', `for i=1401,2900 do redis.call('UNLINK','key:'..i) end`, 0);
			return () => undefined;
		},
		severity: 'crit',
		value: value => near(value, 1500 / 1600, 0.001),
	},
	{
		id: 'fragmented',
		settings: { warn: 4 * megabyte, crit: 1024 * megabyte, warnShare: 0.1 },
		async under(node) {
			await node.call(
				'EVAL',
				`local v=string.rep('x',300) for i=1,60000 do redis.call('SET','key:'..i,v) end`,
				0,
			);
			return undefined;
		},
		async over(node) {
			await node.call('EVAL', `for i=1,60000 do if i%8~=0 then redis.call('DEL','key:'..i) end end`, 0);
			return () => node.call('FLUSHALL');
		},
		async value(value, node) {
			const { allocator_active: active, allocator_allocated: allocated } = await node.info('memory');
			near(value, Number(active) - Number(allocated), 3 * megabyte);
		},
	},
	{
		id: 'fork-slow',
		settings: { warn: 0.000001, crit: 60, shownSeconds: 3 },
		async under() {
			return undefined;
		},
		async over(node) {
			await node.call('BGSAVE');
			return () => undefined;
		},
		async value(value, node) {
			near(value, Number((await node.info('stats')).latest_fork_usec) / 1e6, 1e-9);
		},
	},
	{
		id: 'aof-failing',
		async under(node) {
			await set(node, 'appendonly', 'yes');
			await until(async () => (await node.info('persistence')).aof_rewrite_in_progress === '0', {
				what: 'the first rewrite is done',
			});
			return undefined;
		},
		async over(node) {
			const blocked = [2, 3].map(n => path.join(node.dir, 'appendonlydir', `appendonly.aof.${n}.base.rdb`));
			for (const each of blocked) mkdirSync(path.join(each, 'in the way'), { recursive: true });
			await node.call('BGREWRITEAOF');
			return async () => {
				for (const each of blocked) rmSync(each, { recursive: true });
				await until(() => node.call('BGREWRITEAOF'), { what: 'it rewrites again' });
			};
		},
		severity: 'crit',
	},
	{
		id: 'stalled',
		settings: { warn: 3, crit: 60, windowSeconds: 12 },
		async under(node) {
			await freeze(node, 1300);
			return undefined;
		},
		async over(node) {
			await freeze(node, 2500);
			return () => undefined;
		},
		value: value => assert.ok(value! >= 3, String(value)),
	},
	{
		id: 'ping-high',
		settings: { warn: 300, crit: 100_000, hold: 3 },
		async under() {
			return undefined;
		},
		async over(node) {
			const client = node.connect();
			const stop = repeat(2, () => client.call('DEBUG', 'SLEEP', '0.6'));
			return async () => {
				await stop();
				client.disconnect();
			};
		},
		value: value => assert.ok(value! >= 300, String(value)),
	},
	{
		id: 'cpu-high',
		settings: { warn: 12, crit: 1000, hold: 3 },
		async under() {
			return undefined;
		},
		async over(node) {
			const client = node.connect();
			const stop = repeat(1000, () => client.eval('local a=0 for i=1,2e6 do a=a+i end return a', 0));
			return async () => {
				await stop();
				client.disconnect();
			};
		},
		value: value => assert.ok(value! >= 12 && value! <= 110, String(value)),
	},
	{
		id: 'auth-failing',
		settings: { warn: 8 },
		under: async node => denied(node, 3),
		over: async node => denied(node, 30),
		value: value => assert.ok(value! >= 7.6 && value! <= 35, String(value)),
	},
	{
		id: 'save-failing',
		async under(node) {
			await node.call('SET', 'a', 'b');
			await node.call('BGSAVE');
			return undefined;
		},
		async over(node) {
			const blocked = path.join(node.dir, 'dump.rdb');
			rmSync(blocked, { force: true });
			mkdirSync(path.join(blocked, 'in the way'), { recursive: true });
			await until(() => node.call('BGSAVE'), { what: 'it saves' });
			return async () => {
				rmSync(blocked, { recursive: true });
				await until(() => node.call('BGSAVE'), { what: 'it saves again' });
			};
		},
		severity: 'crit',
	},
	{
		id: 'blocked-by-script',
		config: { 'lua-time-limit': 500 },
		async under(node) {
			const client = node.connect();
			const stop = repeat(4, () => client.eval('local a=0 for i=1,1e6 do a=a+i end return a', 0));
			return async () => {
				await stop();
				client.disconnect();
			};
		},
		async over(node) {
			node
				.connect({ commandTimeout: undefined })
				.eval('while true do end', 0)
				.catch(() => {});
			return () => node.call('SCRIPT', 'KILL');
		},
		severity: 'crit',
	},
	{
		id: 'paused',
		settings: { crit: 1000 },
		async under(node) {
			await node.call('CLIENT', 'PAUSE', '1', 'WRITE');
			return undefined;
		},
		async over(node) {
			await node.call('CLIENT', 'PAUSE', '60000', 'WRITE');
			node
				.connect({ commandTimeout: undefined })
				.set('a', 'b')
				.catch(() => {});
			return () => node.call('CLIENT', 'UNPAUSE');
		},
		value: value => assert.ok(value! >= 0 && value! < 60, String(value)),
	},
	{
		id: 'unreachable',
		async under(node) {
			await node.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
			return undefined;
		},
		async over(node) {
			await node.kill();
			return () => node.restart();
		},
		severity: 'crit',
	},
	{
		id: 'loading',
		config: slowLoading(1000),
		async under(node) {
			await keys(node, 5000);
			return undefined;
		},
		async over(node) {
			await node.restart({ awaitsReady: false });
			return () => undefined;
		},
	},
];

async function freeze(node: RunningServer, milliseconds: number): Promise<void> {
	node.freeze();
	await new Promise(resolve => setTimeout(resolve, milliseconds));
	node.thaw();
}

async function refused(node: RunningServer, perSecond: number): Promise<Undo> {
	await node.call('ACL', 'SETUSER', 'app', 'reset', 'on', '>pw', '~*', '+ping');
	const client = node.connect({ username: 'app', password: 'pw' });
	// Not all that it sends is refused: of a tenth of all commands more is said.
	const stop = repeat(perSecond, () => Promise.all([client.ping(), client.ping(), client.get('a')]));
	return async () => {
		await stop();
		client.disconnect();
	};
}

async function run(row: Row, node: RunningServer): Promise<void> {
	const { id, settings = {}, kind, severity = 'warn' } = row;
	const changed = changeLimits(defaultLimits, { [id]: settings });
	assert.ok('limits' in changed, JSON.stringify(changed));
	const { limits } = changed;
	const { hold } = limitOf(limits, id);
	const readAt: number[] = [];
	const onState: EngineOptions['onState'] = ({ fleets: [fleet] }) => {
		if (fleet!.rounds > readAt.length) readAt.push(fleet!.now.fleet.at);
	};
	const dials = new Map([[0, { ...plainDial, credentials: { password: node.password } }]]);
	const watched = watchFleet(node, { state: { limits, delaySeconds }, engine: { onState, dials } });
	const rounds = () => watched.fleet().rounds;
	const found = () =>
		watched.fleet().now.findings.find(each => each.id === id && (kind === undefined || each.kind === kind));
	const readings = async (count: number) => {
		const from = rounds();
		await until(() => rounds() >= from + count, { what: `${count} more readings` });
	};
	let end: Undo | undefined;
	try {
		await readings(6);
		assert.equal(found(), undefined, 'nothing was done yet');
		end = await row.under(node);
		await readings(hold + 8);
		assert.equal(found(), undefined, `under the limit: ${JSON.stringify(found())}`);
		await end?.();
		end = await row.over(node);
		const first = await until(found, {
			what: `${id} is found; ${JSON.stringify(watched.fleet().now.findings)}`,
		});
		const crossed = readAt.filter(at => at >= first.since).length;
		// What is found at once may be found between two rounds.
		assert.ok(hold === 1 || crossed >= hold, `${crossed} of ${hold} readings`);
		await row.value?.(first.value, node);
		if (severity === 'crit') await until(() => found()?.severity === 'crit', { what: `${id} is critical` });
		else assert.equal(first.severity, severity, first.text);
		await end();
		end = undefined;
		await until(() => found() === undefined, { what: `${id} is over`, timeout: 30_000 });
	} finally {
		// A load that nobody ends keeps the process from its end: 30 minutes for one test that failed.
		await Promise.resolve(end?.()).catch(() => {});
		await watched.stop();
	}
}

/** A way to this port that can stand still for whoever replicates over it, and for nobody else. */
async function startHeldLine(port: number) {
	const links = new Set<Socket>();
	const sockets = new Set<Socket>();
	const listening = createServer(client => {
		const server = connect(port, '127.0.0.1');
		for (const each of [client, server]) {
			sockets.add(each);
			each
				.on('error', () => {})
				.on('close', () => {
					client.destroy();
					server.destroy();
				});
		}
		client.on('data', chunk => {
			if (chunk.includes('PSYNC')) links.add(server);
			server.write(chunk);
		});
		server.on('data', chunk => void client.write(chunk));
	});
	await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve));
	return {
		port: (listening.address() as AddressInfo).port,
		hold: () => links.forEach(link => void link.pause()),
		release: () => links.forEach(link => void link.resume()),
		close() {
			listening.close();
			for (const socket of sockets) socket.destroy();
		},
	};
}

/** The replica leaves its primary and comes back: what it has is another history, so it is sent all. */
async function syncAll(primary: RunningServer, replica: RunningServer): Promise<void> {
	await replica.call('REPLICAOF', 'NO', 'ONE');
	await replica.call('REPLICAOF', primary.host, primary.port);
	const isUp = async () => (await replica.info('replication')).master_link_status === 'up';
	await until(isUp, { what: 'the replica is in step again' });
}

/**
 * 6.0 counts no errors (so that writes without memory are not told either), no memory of MULTI and no CPU of the main
 * thread, answers once in 2 MB of what it loads, has one append-only file, and neither PAUSE WRITE nor maxmemory-clients.
 */
const notOld = new Set([
	...['commands-refused', 'auth-failing', 'oom-errors', 'evicting', 'output-buffers', 'cpu-high'],
	...['aof-failing', 'paused', 'clients-dropped', 'loading'],
]);

for (const server of await testServers('both'))
	describe(server.id, { concurrency: 3 }, () => {
		for (const row of rows)
			test(`${row.id} (${row.severity ?? 'warn'})`, {
				skip: notOld.has(row.id) && !countsErrors(server) && 'not told, or not there, before 6.2',
			}, async () => {
				const config = { 'enable-debug-command': 'yes', ...row.config };
				const node = await startServer(server, { config });
				try {
					await run(row, node);
				} finally {
					await node.stop();
				}
			});

		test('resync-loop (warn): two full syncs of one replica are none, three are', async () => {
			const pair = await startPair(server);
			const row: Row = {
				id: 'resync-loop',
				settings: { windowSeconds: 10 },
				async under(node) {
					for (const _ of [1, 2]) await syncAll(node, pair.replica);
					return undefined;
				},
				async over(node) {
					await syncAll(node, pair.replica);
					return () => undefined;
				},
				value: value => near(value, 3),
			};
			try {
				await run(row, pair.primary);
			} finally {
				await pair.stop();
			}
		});

		test('replication-link (crit): down for a second, and for longer than the limit', async () => {
			const { primary, replica, stop } = await startPair(server);
			const open = () => primary.call('CONFIG', 'SET', 'requirepass', '');
			const breakLink = async () => {
				await primary.call('CONFIG', 'SET', 'requirepass', 'other');
				await primary.call('CLIENT', 'KILL', 'TYPE', 'replica');
			};
			const row: Row = {
				id: 'replication-link',
				settings: { crit: 6 },
				async under() {
					await breakLink();
					await new Promise(resolve => setTimeout(resolve, 1000));
					await open();
					return undefined;
				},
				async over() {
					await breakLink();
					return open;
				},
				severity: 'crit',
				value: value => assert.ok(value! >= 6 && value! < 20, String(value)),
			};
			try {
				await run(row, replica);
			} finally {
				await stop();
			}
		});

		test('lag-high (warn): under half of the backlog, and over it, behind a line that stands still', async () => {
			const { primary, replica, stop } = await startPair(server, { config: { 'repl-backlog-size': '4mb' } });
			const line = await startHeldLine(primary.port);
			const write = async (bytes: number) => {
				for (let left = bytes; left > 0; left -= 100_000)
					await primary.call('SET', 'page', 'x'.repeat(100_000));
			};
			const row: Row = {
				id: 'lag-high',
				async under() {
					line.hold();
					await write(1_600_000);
					return undefined;
				},
				async over() {
					await write(1_000_000);
					return line.release;
				},
				value: value => near(value, 2_600_000 / (4 * megabyte), 0.03),
			};
			try {
				await replica.call('REPLICAOF', '127.0.0.1', line.port);
				const isUp = async () => (await replica.info('replication')).master_link_status === 'up';
				await until(isUp, { what: 'the replica follows through the line' });
				await run(row, primary);
			} finally {
				line.close();
				await stop();
			}
		});

		test('fsync-slow (warn): a sync of half a second, and of three', {
			skip: !canSlowDown && 'no C compiler for a slow disk',
		}, async () => {
			const node = await startOnSlowDisk(server, { milliseconds: 500 });
			const client = node.connect({ commandTimeout: undefined });
			const stopLoad = repeat(20, () => client.set('a', 'b'));
			const row: Row = {
				id: 'fsync-slow',
				settings: { shownSeconds: 4, crit: 100 },
				async under() {
					return undefined;
				},
				async over() {
					node.setMilliseconds(3000);
					return () => node.setMilliseconds(0);
				},
				value: value => assert.ok(value! > 0 && value! <= 0.5, String(value)),
			};
			try {
				await run(row, node);
			} finally {
				await stopLoad();
				await node.stop();
			}
		});

		test('came-back-empty (crit): with more than half of its keys, and with none', async () => {
			const pair = await startPair(server, { config: withTime });
			const { primary, replica } = pair;
			await delaySync(primary, 60);
			const at = async (node: RunningServer, count: number) =>
				until(async () => (await keysOf(node)) === count, { what: `${node.address} has ${count} keys` });
			const row: Row = {
				id: 'came-back-empty',
				async under() {
					await keys(primary, 3000);
					await primary.call('SAVE');
					await keys(primary, 5000);
					await at(replica, 5000);
					await new Promise(resolve => setTimeout(resolve, 600));
					await primary.kill();
					await primary.restart();
					return undefined;
				},
				async over() {
					await keys(primary, 5000);
					await new Promise(resolve => setTimeout(resolve, 600));
					rmSync(path.join(primary.dir, 'dump.rdb'));
					await primary.kill();
					await primary.restart();
					return () => keys(primary, 5000);
				},
				severity: 'crit',
				value: value => near(value, 0),
			};
			try {
				await run(row, primary);
			} finally {
				await pair.stop();
			}
		});

		test('slot-open (warn): open at both ends as while it moves, and at one end', async () => {
			const cluster = await startCluster(server, { replicasEach: 0 });
			const [source, target] = cluster.primaries;
			const slot = (node: RunningServer, ...words: readonly string[]) =>
				node.call('CLUSTER', 'SETSLOT', '77', ...words);
			const row: Row = {
				id: 'slot-open',
				async under() {
					await slot(target!, 'IMPORTING', cluster.ids[0]!);
					await slot(source!, 'MIGRATING', cluster.ids[1]!);
					return undefined;
				},
				async over() {
					await slot(target!, 'STABLE');
					return () => slot(source!, 'STABLE');
				},
			};
			try {
				await run(row, source!);
			} finally {
				await cluster.stop();
			}
		});

		test('replica-evicts (warn): room for all keys of its primary, and not', async () => {
			const config = { 'replica-ignore-maxmemory': 'no', 'maxmemory-policy': 'allkeys-random' };
			const { primary, replica, stop } = await startPair(server, { config });
			const limit = async (bytes: number) => {
				const used = Number((await replica.info('memory')).used_memory);
				await replica.call('CONFIG', 'SET', 'maxmemory', bytes === 0 ? 0 : used + bytes);
			};
			const row: Row = {
				id: 'replica-evicts',
				settings: { shownSeconds: 2 },
				async under() {
					await keys(primary, 5000);
					await until(async () => (await keysOf(replica)) === 5000, { what: 'it has the keys' });
					await limit(10 * megabyte);
					return undefined;
				},
				async over() {
					await limit(-150_000);
					return async () => {
						await limit(0);
						await syncAll(primary, replica);
					};
				},
				value: async value => assert.ok(value === undefined || value <= 5000 - (await keysOf(replica))),
			};
			try {
				await run(row, primary);
			} finally {
				await stop();
			}
		});

		test('failover-impossible (crit): a shard without its replica, and without both', async () => {
			const cluster = await startCluster(server, { nodeTimeout: 15_000 });
			const row: Row = {
				id: 'failover-impossible',
				async under() {
					await cluster.replicas[0]!.kill();
					return undefined;
				},
				async over(node) {
					await node.kill();
					return () => node.restart();
				},
				severity: 'crit',
				value: value => near(value, 0),
			};
			try {
				await run(row, cluster.primaries[0]!);
			} finally {
				await cluster.stop();
			}
		});

		describe('under Sentinel', { concurrency: 3 }, () => {
			const underSentinel = async (
				act: (fleet: Sentinels) => { readonly row: Row; readonly seed: RunningServer },
			) => {
				// Nothing is called down for the load of a test.
				const fleet = await startSentinels(server, { replicas: 1, downAfter: 5000 });
				try {
					const { row, seed } = act(fleet);
					await run(row, seed);
				} finally {
					await fleet.stop();
				}
			};

			test('quorum-lost (crit): two of three Sentinels, and one', () =>
				underSentinel(({ sentinels }) => {
					const [seed, second, third] = sentinels;
					const row: Row = {
						id: 'quorum-lost',
						async under() {
							await third!.kill();
							return undefined;
						},
						async over() {
							await second!.kill();
							return () => second!.restart();
						},
						severity: 'crit',
						value: value => near(value, 1),
					};
					return { row, seed: seed! };
				}));

			test('stale-primary (warn): a primary, and one that stood still until another had its place', () =>
				underSentinel(({ primary, replicas, sentinels }) => {
					const isTaken = async () => (await replicas[0]!.info('replication')).role === 'master';
					const row: Row = {
						id: 'stale-primary',
						async under() {
							return undefined;
						},
						async over() {
							primary.freeze();
							await until(isTaken, { what: 'its replica is promoted', timeout: 30_000 });
							primary.thaw();
							// The Sentinels make it a replica by themselves.
							return () => undefined;
						},
						value: value => assert.ok(value! >= 0 && value! < 12, String(value)),
					};
					return { row, seed: sentinels[0]! };
				}));

			test('views-differ (warn): quorums that are the same, and not', () =>
				underSentinel(({ name, sentinels: [seed, other] }) => {
					const quorum = (node: RunningServer, count: number) =>
						node.call('SENTINEL', 'SET', name, 'quorum', count);
					const row: Row = {
						id: 'views-differ',
						async under() {
							await quorum(seed!, 2);
							return undefined;
						},
						async over() {
							await quorum(other!, 3);
							return () => quorum(other!, 2);
						},
						value: value => near(value, 2),
					};
					return { row, seed: seed! };
				}));
		});

		test('slots-uncovered (crit): none, and one', async () => {
			const cluster = await startCluster(server, { replicasEach: 0 });
			const row: Row = {
				id: 'slots-uncovered',
				async under() {
					return undefined;
				},
				async over(node) {
					await node.call('CLUSTER', 'DELSLOTS', 7);
					return () => node.call('CLUSTER', 'ADDSLOTS', 7);
				},
				severity: 'crit',
				value: value => near(value, 1),
			};
			try {
				await run(row, cluster.primaries[0]!);
			} finally {
				await cluster.stop();
			}
		});

		test('no-replica (warn): one, and none', async () => {
			const cluster = await startCluster(server, { nodeTimeout: 15_000 });
			const [primary] = cluster.primaries;
			const [replica] = cluster.replicas;
			const row: Row = {
				id: 'no-replica',
				async under() {
					return undefined;
				},
				async over() {
					await replica!.call('CLUSTER', 'REPLICATE', cluster.ids[1]!);
					return () => replica!.call('CLUSTER', 'REPLICATE', cluster.ids[0]!);
				},
				value: value => near(value, 0),
			};
			try {
				await run(row, primary!);
			} finally {
				await cluster.stop();
			}
		});
	});
