// A scan of a part of the keys (--pattern, --db), and a scan in parts: stopped in the middle, gone on from the file that
// it left, and in the end what a scan in one go tells. By the built program, as it is typed.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { send, type Words } from '../big-keys/fill.ts';
import { scanned } from '../big-keys/scan.ts';
import { startCluster, startPair } from '../servers/fleets.ts';
import { tagIn } from '../servers/reshard.ts';
import { testServers } from '../servers/servers.ts';
import { callsOf, type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type Printed, program } from './redis-top.ts';

const many = 30_000;

function* someKeys(): Iterable<Words> {
	for (let n = 0; n < many; n++) {
		yield ['SET', `user:${n}`, 'x'.repeat(n % 200)];
		if (n % 10 === 0) yield ['HSET', `cart:${n}`, ...Array.from({ length: 2 * (1 + (n % 37)) }, (_, i) => i)];
	}
}

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

const folder = mkdtempSync(join(tmpdir(), 'redis-top-parts-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const sizesAsked = (node: RunningServer) => callsOf(node, 'memory', 'usage');

/** Of the fleet of these nodes; `stopsAt`: ^C as soon as they have been asked for so many sizes. */
const scan = (nodes: readonly RunningServer[], args: readonly string[], stopsAt?: number): Promise<Ended> =>
	new Promise(resolve => {
		const child = execFile(
			process.execPath,
			[program, '--bigkeys', '--json', ...args, nodes[0]!.address],
			{ env: { ...process.env, XDG_CONFIG_HOME: '/nonexistent' }, maxBuffer: 1 << 26 },
			(_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
		);
		if (stopsAt === undefined) return;
		const asked = async () => (await Promise.all(nodes.map(sizesAsked))).reduce((sum, each) => sum + each, 0);
		void asked().then(async begin => {
			await until(async () => (await asked()) - begin > stopsAt, { what: 'sizes asked' });
			child.kill('SIGINT');
		});
	});
const found = ({ stdout }: Ended): Printed => JSON.parse(stdout);

/** What a scan in parts and one in one go must agree in. */
const sumsOf = ({ scanned, sizeSpread, types, complete }: Printed) => ({
	...{ scanned, complete, sum: sizeSpread.sum, steps: sizeSpread.steps },
	types: Object.fromEntries(types.map(({ type, keys, length }: Printed) => [type, [keys, length ?? null]])),
});

const [server] = await testServers('redis');
describe(`a scan in parts: ${server!.name} ${server!.version}`, () => {
	let node: RunningServer;
	before(async () => {
		node = await startServer(server!);
		assert.equal(await send(node, someKeys()), 0);
		const client = node.connect();
		await client.select(3);
		for (const n of [1, 2, 3]) await client.set(`user:${n}`, 'other');
		client.disconnect();
	});
	after(() => node.stop());

	const run = (args: readonly string[], stopsAt?: number) => scan([node], args, stopsAt);

	test('--pattern and --db: those keys and no others, and the result says so', async () => {
		const carts = found(await run(['--pattern', 'cart:*', '--exact', '--rate', '0']));
		assert.deepEqual([carts.scanned, carts.complete, carts.only.pattern], [many / 10, true, 'cart:*']);
		assert.deepEqual(
			carts.types.map(({ type }: Printed) => type),
			['hash'],
		);
		const third = found(await run(['--db', '3']));
		assert.deepEqual([third.scanned, third.only, third.databases[0].db], [3, { db: 3 }, 3]);
		const none = found(await run(['--db', '3', '--pattern', 'cart:*']));
		assert.deepEqual([none.scanned, none.complete], [0, true]);
		const beyond = await run(['--db', '900']);
		assert.match(found(beyond).partial[0].reason, /SELECT 900/);
	});

	test('stopped, gone on, stopped again, gone on to the end: as in one go', async () => {
		const file = join(folder, 'scan.json');
		const args = ['--exact', '--rate', '20000', '--cursor', file];
		const first = await run(args, 6000);
		assert.equal(first.code, 130);
		assert.equal(found(first).complete, false);
		assert.match(first.stderr, /ended at \d+%, kept in \S+scan\.json: the same command goes on/);
		assert.equal(statSync(file).mode & 0o777, 0o600);
		const second = await run(args, 6000);
		assert.equal(second.code, 130);
		assert.ok(found(second).scanned > found(first).scanned);
		const last = await run(args);
		assert.deepEqual([last.code, last.stderr, existsSync(file)], [0, '', false]);
		const all = await scanned([node], { isExact: true });
		const own = found(last);
		assert.deepEqual([own.scanned, own.complete], [all.scanned, true]);
		assert.equal(own.sizeSpread.sum, all.sizeSpread!.sum);
		assert.deepEqual(own.sizeSpread.steps, all.sizeSpread!.steps);
		const lengths = (types: readonly Printed[]) =>
			Object.fromEntries(types.map(({ type, keys, length }) => [type, [keys, length ?? null]]));
		assert.deepEqual(lengths(own.types), lengths(all.types));
		assert.equal(own.keysByItems[0]?.items, all.keysByItems[0]?.items);
	});

	test('a file that is something else, or of another scan, is wrong usage and stays as it is', async () => {
		const file = join(folder, 'notes.txt');
		writeFileSync(file, 'notes');
		const notes = await run(['--cursor', file]);
		assert.deepEqual([notes.code, notes.stdout, readFileSync(file, 'utf8')], [1, '', 'notes']);
		assert.match(notes.stderr, /is no stopped scan: name another file, or remove it/);
		const kept = join(folder, 'kept.json');
		const stopped = await run(['--rate', '20000', '--cursor', kept], 3000);
		assert.equal(stopped.code, 130);
		const other = await run(['--cursor', kept, '--pattern', 'a*']);
		assert.deepEqual([other.code, existsSync(kept)], [1, true]);
		assert.match(other.stderr, /another --pattern or --db/);
		await node.stop();
		node = await startServer(server!);
		const elsewhere = await run(['--cursor', kept]);
		assert.deepEqual([elsewhere.code, existsSync(kept)], [1, true]);
		assert.match(elsewhere.stderr, /a scan of other servers/);
	});
});

describe(`a scan in parts of several nodes: ${server!.name} ${server!.version}`, () => {
	test('a cluster: each node goes on at its own cursor, and in the end it is as in one go', async () => {
		const cluster = await startCluster(server!, { replicasEach: 0 });
		try {
			await Promise.all(
				cluster.primaries.map(async (node, index) => {
					const tag = tagIn(index * 5462);
					const few = 4000 * (index + 1);
					const words = Array.from({ length: few }, (_, n) => [
						'SET',
						`user:{${tag}}:${n}`,
						'x'.repeat(n % 200),
					]);
					assert.equal(await send(node, words), 0);
				}),
			);
			const args = ['--exact', '--rate', '3000', '--cursor', join(folder, 'cluster.json')];
			const first = await scan(cluster.nodes, args, 4000);
			assert.deepEqual([first.code, found(first).complete], [130, false], first.stderr);
			// The smallest may be at its end by then: it is not read again.
			const second = await scan(cluster.nodes, args, 4000);
			assert.ok(found(second).scanned > found(first).scanned, second.stderr);
			const last = await scan(cluster.nodes, ['--exact', '--rate', '0', ...args.slice(3)]);
			assert.deepEqual([last.code, last.stderr, existsSync(args.at(-1)!)], [0, '', false]);
			const whole = await scan(cluster.nodes, ['--exact', '--rate', '0']);
			assert.deepEqual(sumsOf(found(last)), sumsOf(found(whole)));
			assert.equal(found(last).scanned, 24_000);
		} finally {
			await cluster.stop();
		}
	});

	test('a pair: what was begun at the replica goes on there; without it why is said', async () => {
		const pair = await startPair(server!);
		try {
			const words = Array.from({ length: 12_000 }, (_, n) => ['SET', `user:${n}`, 'x'.repeat(n % 200)]);
			assert.equal(await send(pair.primary, words), 0);
			await until(async () => (await pair.replica.call('DBSIZE')) === 12_000, {
				what: 'the replica has all',
			});
			const file = join(folder, 'pair.json');
			const args = ['--exact', '--rate', '4000', '--cursor', file];
			const first = await scan(pair.nodes, args, 4000);
			assert.deepEqual([first.code, found(first).complete], [130, false], first.stderr);
			assert.equal(JSON.parse(readFileSync(file, 'utf8')).found.rest[0].node, pair.replica.address);
			const last = await scan(pair.nodes, ['--exact', '--rate', '0', '--cursor', file]);
			assert.deepEqual([last.code, last.stderr, existsSync(file)], [0, '', false]);
			const whole = await scan(pair.nodes, ['--exact', '--rate', '0']);
			assert.deepEqual(sumsOf(found(last)), sumsOf(found(whole)));
			assert.equal(await sizesAsked(pair.primary), 0, 'the primary was spared');
			assert.ok((await sizesAsked(pair.replica)) >= 12_000, 'by its replica, which was asked');

			const again = await scan(pair.nodes, args, 4000);
			assert.deepEqual([again.code, existsSync(file)], [130, true], again.stderr);
			await pair.replica.kill();
			const alone = await scan(pair.nodes, ['--exact', '--rate', '0', '--cursor', file]);
			const told = found(alone);
			assert.equal(told.complete, false, JSON.stringify(told.partial));
			assert.ok(told.scanned < 12_000 && told.scanned >= found(again).scanned, `${told.scanned}`);
			assert.match(
				told.partial[0].reason,
				/^connection refused: the scan goes on when it is back, or scan anew$/,
			);
			assert.match(alone.stderr, /kept in .*: the same command goes on/);
			// Another process has other cursors.
			await pair.replica.restart();
			const back = found(await scan(pair.nodes, ['--exact', '--rate', '0', '--cursor', file]));
			assert.match(back.partial[0].reason, /was restarted since: its cursor no longer holds, scan it anew/);
			assert.equal(back.scanned, told.scanned);
		} finally {
			await pair.stop();
		}
	});
});
