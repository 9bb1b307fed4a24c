// What redis-top costs while it watches a fleet: its own CPU and memory, the bytes it writes to the terminal, the time
// it takes from the servers; each beside redis-cli --stat on the same servers in the same run. redis-cli watches one
// node, redis-top six: both views are given. Medians: of starts, and of the parts of a run. About a minute and a half.

import { setTimeout as pause } from 'node:timers/promises';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { startLoad } from '../servers/load.ts';
import { anyServer } from '../servers/servers.ts';
import type { RunningServer } from '../servers/start.ts';
import { cpuMilliseconds, rssBytes } from '../terminal/processes.ts';
import { openRedisTop, openTerminal, type Terminal } from '../terminal/terminal.ts';
import { serverTime } from './server-time.ts';
import { median, type Part, type Row, times } from './table.ts';

const starts = 5;
/** Of the calm run, in parts of which the median counts. */
const parts = 4;
const partSeconds = 5;
const serverSeconds = 10;
const busyOps = 3000;
const size = [140, 40] as const;

export const watchPart: Part = {
	name: 'watch',
	title: `a calm and a busy cluster of six at 1 Hz, terminal ${size.join('x')}, beside redis-cli --stat`,
	async run() {
		const server = await anyServer();
		const cluster = await startCluster(server);
		try {
			return [...(await benchStart(cluster)), ...(await benchRun(cluster))];
		} finally {
			await cluster.stop();
		}
	},
};

const openOurs = (cluster: RunningCluster) => openRedisTop(['-p', String(cluster.nodes[0]!.port)], { size });
const openCli = (node: RunningServer) =>
	openTerminal(node.server.cli, ['-p', String(node.port), '--stat'], { size });

/** Six nodes with a measured rate. */
const hasRates = (terminal: Terminal) => () =>
	/^ops \d/m.test(terminal.text()) && /every 1s/.test(terminal.lines()[0]!);

// ---------------------------------------------------------------------------------------------------------
// The start

async function benchStart(cluster: RunningCluster): Promise<readonly Row[]> {
	const isShown = (terminal: Terminal) => () =>
		cluster.nodes.every(node => terminal.text().includes(`:${node.port}`)) &&
		/^mem \d/m.test(terminal.text());
	const ours: Started[] = [];
	const cli: Started[] = [];
	for (let start = 0; start < starts; start++) {
		ours.push(await timed(openOurs(cluster), isShown));
		cli.push(await timed(openCli(cluster.nodes[0]!), terminal => () => /^\d+ +\d/m.test(terminal.text())));
	}
	const cpu = [median(ours.map(one => one.cpu)), median(cli.map(one => one.cpu))] as const;
	const wall = [median(ours.map(one => one.wall)), median(cli.map(one => one.wall))] as const;
	return [
		[
			'start: CPU until all six nodes are shown',
			`${cpu[0].toFixed(0)} ms`,
			`${cpu[1].toFixed(1)} ms`,
			times(...cpu),
		],
		['start: time until then', `${wall[0].toFixed(0)} ms`, `${wall[1].toFixed(0)} ms`, times(...wall)],
	];
}

type Started = { readonly cpu: number; readonly wall: number };

async function timed(terminal: Terminal, isShown: (terminal: Terminal) => () => boolean): Promise<Started> {
	const from = performance.now();
	try {
		await terminal.shows(isShown(terminal));
		return { cpu: cpuMilliseconds(terminal.pid), wall: performance.now() - from };
	} finally {
		await terminal.stop();
	}
}

// ---------------------------------------------------------------------------------------------------------
// The run

async function benchRun(cluster: RunningCluster): Promise<readonly Row[]> {
	const idle = await serverTime(cluster.nodes, serverSeconds);
	const terminal = openOurs(cluster);
	let cli: Terminal | undefined;
	try {
		await terminal.shows(hasRates(terminal));
		await pause(3000);
		const [calm, taken] = await Promise.all([
			watch(terminal, parts),
			serverTime(cluster.nodes, parts * partSeconds),
		]);
		const rss = rssBytes(terminal.pid);
		const load = await startLoad(cluster.primaries, { opsPerSecond: busyOps });
		await pause(2000);
		const busy = await watch(terminal, 2);
		await load.stop();
		await terminal.stop();

		cli = openCli(cluster.nodes[0]!);
		await pause(2000);
		const [alone, cliTime] = await Promise.all([watch(cli, 2), serverTime(cluster.nodes, serverSeconds)]);
		const cliRss = rssBytes(cli.pid);
		return [
			...ownRows(calm, busy, rss, alone, cliRss),
			...serverRows(taken, idle, cliTime, cluster.nodes.length),
		];
	} finally {
		await terminal.stop();
		await cli?.stop();
	}
}

type Watched = { readonly cpuPercent: number; readonly bytesPerSecond: number };

/** The medians of so many parts of a run. */
async function watch(terminal: Terminal, count: number): Promise<Watched> {
	const seen: Watched[] = [];
	for (let part = 0; part < count; part++) {
		const before = {
			cpu: cpuMilliseconds(terminal.pid),
			at: performance.now(),
			pieces: terminal.received.length,
		};
		await pause(partSeconds * 1000);
		const took = performance.now() - before.at;
		const bytes = terminal.received.slice(before.pieces).reduce((sum, piece) => sum + piece.bytes.length, 0);
		seen.push({
			cpuPercent: ((cpuMilliseconds(terminal.pid) - before.cpu) / took) * 100,
			bytesPerSecond: (bytes / took) * 1000,
		});
	}
	return {
		cpuPercent: median(seen.map(part => part.cpuPercent)),
		bytesPerSecond: median(seen.map(part => part.bytesPerSecond)),
	};
}

function ownRows(calm: Watched, busy: Watched, rss: number, cli: Watched, cliRss: number): readonly Row[] {
	const percent = (value: number) => `${value.toPrecision(2)} %`;
	const bytes = (value: number) => `${value.toFixed(0)} B/s`;
	const megabytes = (value: number) => `${(value / 2 ** 20).toFixed(1)} MB`;
	return [
		['CPU, calm', percent(calm.cpuPercent), percent(cli.cpuPercent), times(calm.cpuPercent, cli.cpuPercent)],
		[
			'CPU, calm, against six redis-cli',
			percent(calm.cpuPercent),
			percent(cli.cpuPercent * 6),
			times(calm.cpuPercent, cli.cpuPercent * 6),
		],
		[`CPU, under ${busyOps} commands/s`, percent(busy.cpuPercent), '', ''],
		['memory (RSS)', megabytes(rss), megabytes(cliRss), times(rss, cliRss)],
		['memory (RSS), against six redis-cli', megabytes(rss), megabytes(cliRss * 6), times(rss, cliRss * 6)],
		[
			'to the terminal, calm',
			bytes(calm.bytesPerSecond),
			bytes(cli.bytesPerSecond),
			times(calm.bytesPerSecond, cli.bytesPerSecond),
		],
		[`to the terminal, under ${busyOps} commands/s`, bytes(busy.bytesPerSecond), '', ''],
	];
}

// ---------------------------------------------------------------------------------------------------------
// The servers

/** What an idle cluster does anyway, and our questions, are in `idle` and are taken out. A refresh is a second. */
function serverRows(
	ours: readonly number[],
	idle: readonly number[],
	cli: readonly number[],
	nodes: number,
): readonly Row[] {
	const each = ours.map((microseconds, index) => microseconds - idle[index]!);
	const all = each.reduce((sum, one) => sum + one, 0);
	const ofCli = cli[0]! - idle[0]!;
	const figure = (value: number) => `${value.toFixed(0)} us`;
	return [
		[
			'server time a second, each node (median)',
			figure(median(each)),
			figure(ofCli),
			times(median(each), ofCli),
		],
		[
			`server time a refresh, all ${nodes} nodes`,
			figure(all),
			figure(ofCli * nodes),
			times(all, ofCli * nodes),
		],
	];
}
