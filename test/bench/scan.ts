// What a scan for big keys costs and how fast it is, whole process against redis-cli on the same keys: a million on
// loopback, twenty thousand over a long way, three primaries at once against one, what others notice of a scan at the
// default pace, and memory while a hundred thousand patterns pass by. Each part starts and fills servers of its own.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { scanFleet } from '../../source/redis/big-keys/scan-fleet.ts';
import { startDelay } from '../big-keys/delay.ts';
import { fillMixed, fillMore } from '../big-keys/fill.ts';
import { targetOf, usual } from '../big-keys/scan.ts';
import { startCluster } from '../servers/fleets.ts';
import { anyServer } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { program } from '../terminal/built.ts';
import { cpuMilliseconds, rssBytes } from '../terminal/processes.ts';
import { faster, median, type Part, type Row, times } from './table.ts';

const run = promisify(execFile);

const million = 1_000_000;
const rounds = 3;
const pingSeconds = 10;

/** Seconds and server's CPU seconds of one run. */
type Spent = { readonly wall: number; readonly cpu: number };

async function serverCpu(node: RunningServer): Promise<number> {
	const info = await node.info('cpu');
	return Number(info.used_cpu_user) + Number(info.used_cpu_sys);
}

async function spentIn(node: RunningServer, act: () => Promise<unknown>): Promise<Spent> {
	const cpu = await serverCpu(node);
	const at = performance.now();
	await act();
	return { wall: (performance.now() - at) / 1000, cpu: (await serverCpu(node)) - cpu };
}

/** The program as an operator runs it. A proxy's port is no other node, so nothing else is looked for. */
const redisTop = (port: number, ...args: readonly string[]) =>
	run(process.execPath, [program, '--bigkeys', '--no-discover', '-p', String(port), ...args], {
		maxBuffer: 1e9,
	});
const redisCli = (node: RunningServer, port: number, flag: string) =>
	run(node.server.cli, ['-p', String(port), flag], { maxBuffer: 1e9 });

const seconds = (value: number) => `${value.toFixed(2)} s`;

async function withServer<T>(act: (node: RunningServer) => Promise<T>): Promise<T> {
	const server = await anyServer();
	const node = await startServer(server);
	try {
		return await act(node);
	} finally {
		await node.stop();
	}
}

const inMillion: Part = {
	name: 'scan-million',
	title: '1,000,000 keys of mixed types on loopback, --rate 0, whole process, beside redis-cli --memkeys',
	run: () =>
		withServer(async node => {
			await fillMixed(node, million);
			const ours: Spent[] = [];
			const cli: Spent[] = [];
			let hits = 0;
			for (let round = 0; round < rounds; round++) {
				ours.push(
					await spentIn(node, async () => {
						const { stdout } = await redisTop(node.port, '--rate', '0', '--json');
						hits = (JSON.parse(stdout) as { hitsAdded: number }).hitsAdded;
					}),
				);
				cli.push(await spentIn(node, () => redisCli(node, node.port, '--memkeys')));
			}
			const wall = [median(ours.map(one => one.wall)), median(cli.map(one => one.wall))] as const;
			const cpu = [median(ours.map(one => one.cpu)), median(cli.map(one => one.cpu))] as const;
			const each = ours.map((one, round) => (cli[round]!.wall / one.wall).toFixed(1)).join(', ');
			return [
				['time', seconds(wall[0]), seconds(wall[1]), faster(...wall)],
				['  round by round', '', '', `${each} times`],
				['CPU of the server', seconds(cpu[0]), seconds(cpu[1]), times(...cpu)],
				['keyspace hits added', String(hits), String(million), times(hits, million)],
			];
		}),
};

const farAway: Part = {
	name: 'scan-far',
	title: '20,000 keys behind a proxy that delays by 5 ms each way, beside redis-cli --bigkeys',
	run: () =>
		withServer(async node => {
			const delay = await startDelay(node.port, 5);
			try {
				await fillMixed(node, 20_000);
				const free = await spentIn(node, () => redisTop(delay.port, '--rate', '0'));
				const paced = await spentIn(node, () => redisTop(delay.port));
				const scan = await spentIn(node, () => {
					const target = { ...targetOf(node), address: `127.0.0.1:${delay.port}` };
					return scanFleet([target], usual).result;
				});
				const cli = await spentIn(node, () => redisCli(node, delay.port, '--bigkeys'));
				const row = (what: string, one: Spent): Row => [
					what,
					seconds(one.wall),
					seconds(cli.wall),
					faster(one.wall, cli.wall),
				];
				return [
					row('whole process, --rate 0', free),
					row('whole process, default pace', paced),
					row('the scan alone, without start and discovery', scan),
				];
			} finally {
				delay.close();
			}
		}),
};

const threeAtOnce: Part = {
	name: 'scan-shards',
	title: 'three primaries of 200,000 keys at once, beside one of them',
	async run() {
		const server = await anyServer();
		const cluster = await startCluster(server, { primaries: 3, replicasEach: 0 });
		try {
			for (const node of cluster.primaries) await fillMixed(node, 200_000, 'own');
			const targets = cluster.primaries.map(node => ({ ...targetOf(node), isCluster: true }));
			const speed = async (of: typeof targets, rate: number) => {
				const at = performance.now();
				const { scanned } = await scanFleet(of, { ...usual, rate }).result;
				return (scanned * 1000) / (performance.now() - at);
			};
			const rows: Row[] = [];
			for (const rate of [20_000, 0]) {
				const one = await speed(targets.slice(0, 1), rate);
				const three = await speed(targets, rate);
				const what =
					rate === 0 ? 'keys a second, --rate 0 (all share these cores)' : 'keys a second, default pace';
				rows.push([what, three.toFixed(0), one.toFixed(0), times(three, one)]);
			}
			return rows;
		} finally {
			await cluster.stop();
		}
	},
};

const others: Part = {
	name: 'scan-ping',
	title: 'PING of another client while 1,000,000 keys are scanned at the default pace, beside idle',
	run: () =>
		withServer(async node => {
			await fillMixed(node, million);
			await pings(node, 1);
			const idle = await pings(node, pingSeconds);
			const child = spawn(process.execPath, [program, '--bigkeys', '-p', String(node.port)], {
				stdio: 'ignore',
			});
			const ended = new Promise(resolve => child.once('close', resolve));
			await untilSized(node, 10_000);
			const [before, cpu, own] = [await sizedBy(node), await serverCpu(node), cpuMilliseconds(child.pid!)];
			const scanned = await pings(node, pingSeconds);
			const rate = ((await sizedBy(node)) - before) / pingSeconds;
			const spent = ((await serverCpu(node)) - cpu) / pingSeconds;
			const ours = (cpuMilliseconds(child.pid!) - own) / (pingSeconds * 1000);
			child.kill('SIGTERM');
			await ended;
			const row = (what: string, share: number): Row => {
				const [now, then] = [quantile(scanned, share), quantile(idle, share)];
				return [what, `${now.toFixed(2)} ms`, `${then.toFixed(2)} ms`, `${(now - then).toFixed(2)} ms more`];
			};
			return [
				row('median', 0.5),
				row('p99', 0.99),
				row('longest', 1),
				['keys a second', rate.toFixed(0), '', ''],
				[
					'CPU of the server, of redis-top',
					`${(spent * 100).toFixed(0)} %`,
					`${(ours * 100).toFixed(0)} %`,
					'',
				],
			];
		}),
};

const memory: Part = {
	name: 'scan-memory',
	title: 'memory (RSS) while 1,000,000 keys with 100,000 patterns are scanned, beside a fifth of them read',
	run: () =>
		withServer(async node => {
			await fillMore(node, million, 100_000);
			const args = [program, '--bigkeys', '--rate', '0', '-p', String(node.port)];
			const child = spawn(process.execPath, args, { stdio: 'ignore' });
			const ended = new Promise(resolve => child.once('close', resolve));
			const rows: Row[] = [];
			let first = 0;
			for (const share of [0.2, 0.4, 0.6, 0.8, 0.99]) {
				await untilSized(node, share * million, child);
				const now = rssBytes(child.pid!);
				if (!Number.isFinite(now)) break;
				first ||= now;
				const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MB`;
				rows.push([
					`${(share * 100).toFixed(0)} % read`,
					megabytes(now),
					megabytes(first),
					times(now, first),
				]);
			}
			await ended;
			return rows;
		}),
};

export const scanParts: readonly Part[] = [inMillion, farAway, threeAtOnce, others, memory];

/** Answers to MEMORY USAGE since the server started: how far a scan is. */
async function sizedBy(node: RunningServer): Promise<number> {
	const stats = await node.info('commandstats');
	return Number(/calls=(\d+)/.exec(stats['cmdstat_memory|usage'] ?? stats.cmdstat_memory ?? '')?.[1] ?? 0);
}

async function untilSized(node: RunningServer, keys: number, child?: ChildProcess): Promise<void> {
	while ((await sizedBy(node)) < keys && child?.exitCode == null) await pause(10);
}

/** Round trips in milliseconds, one after the other, on a connection of their own. */
async function pings(node: RunningServer, forSeconds: number): Promise<readonly number[]> {
	const socket = connect({ host: node.host, port: node.port });
	socket.setNoDelay(true);
	const trips: number[] = [];
	const until = performance.now() + forSeconds * 1000;
	while (performance.now() < until) {
		const at = performance.now();
		const answered = new Promise(resolve => socket.once('data', resolve));
		socket.write('PING\r\n');
		await answered;
		trips.push(performance.now() - at);
		await pause(2);
	}
	socket.destroy();
	return trips;
}

function quantile(numbers: readonly number[], share: number): number {
	const sorted = [...numbers].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
