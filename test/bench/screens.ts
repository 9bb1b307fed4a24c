// What each screen costs while it stays open, and a refresh four times a second, beside the fleet screen at 1 Hz on the same
// calm cluster at the same time: CPU, memory, bytes to the terminal. The fleet screen itself, and `--json`, which has none,
// stand beside the least that a monitor in Node can take (floor.mjs), and beside htop where it is installed. All of them
// are started at once, so they share whatever else the machine does. A minute and a half.

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startCluster } from '../servers/fleets.ts';
import { anyServer } from '../servers/servers.ts';
import { program } from '../terminal/built.ts';
import { cpuMilliseconds, rssBytes } from '../terminal/processes.ts';
import { openRedisTop, openTerminal } from '../terminal/terminal.ts';
import { median, type Part, type Row, times } from './table.ts';

const size = [140, 40] as const;
/** What a start leaves to be compiled and collected is not what a screen costs. */
const warmSeconds = 30;
const parts = 6;
const partSeconds = 10;

type Watched = {
	readonly what: string;
	readonly pid: number;
	readonly bytes: () => number;
	readonly stop: () => Promise<void> | void;
};

export const screensPart: Part = {
	name: 'screens',
	title: `a calm cluster of six, each screen open, ${size.join('x')}, beside the fleet screen and bare sockets`,
	async run() {
		const cluster = await startCluster(await anyServer());
		const port = String(cluster.nodes[0]!.port);
		const all: Watched[] = [];
		try {
			all.push(await onScreen('fleet', port), await onScreen('fleet, -d 0.25', port, [], ['-d', '0.25']));
			for (const [what, ...keys] of screenKeys) all.push(await onScreen(what, port, keys));
			all.push(asJson(port), bare(cluster.nodes.map(node => String(node.port))), ...htop());
			await pause(warmSeconds * 1000);
			return rowsOf(all, await use(all));
		} finally {
			for (const each of all) await each.stop();
			await cluster.stop();
		}
	},
};

const screenKeys = [
	['node', '2'],
	['cluster', '3'],
	['hot keys, watching', '4'],
	['runbook', '6'],
] as const;

async function onScreen(
	what: string,
	port: string,
	keys: readonly string[] = [],
	args: readonly string[] = [],
): Promise<Watched> {
	const terminal = openRedisTop(['-p', port, ...args], { size });
	await terminal.shows(/^ops \d/m);
	for (const key of keys) terminal.type(key);
	return watched(what, terminal);
}

function watched(what: string, terminal: ReturnType<typeof openTerminal>): Watched {
	const bytes = () => terminal.received.reduce((sum, piece) => sum + piece.bytes.length, 0);
	return { what, pid: terminal.pid, bytes, stop: terminal.stop };
}

function asJson(port: string): Watched {
	const child = spawn(process.execPath, [program, '--json', '-p', port], {
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	let bytes = 0;
	child.stdout.on('data', (chunk: Buffer) => {
		bytes += chunk.length;
	});
	return { what: jsonName, pid: child.pid!, bytes: () => bytes, stop: () => void child.kill('SIGTERM') };
}

function bare(ports: readonly string[]): Watched {
	const child = spawn(process.execPath, [floor, ...ports], { stdio: 'ignore' });
	return { what: bareSockets, pid: child.pid!, bytes: () => 0, stop: () => void child.kill('SIGTERM') };
}

const jsonName = '--json';
const htopName = 'htop -d 10';
const bareSockets = 'bare sockets';
const floor = fileURLToPath(new URL('./floor.mjs', import.meta.url));

function htop(): readonly Watched[] {
	const isThere = (process.env.PATH ?? '').split(delimiter).some(folder => {
		try {
			accessSync(join(folder, 'htop'), constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
	return isThere ? [watched(htopName, openTerminal('htop', ['-d', '10'], { size }))] : [];
}

type Use = { readonly cpuPercent: number; readonly rss: number; readonly bytesPerSecond: number };

async function use(all: readonly Watched[]): Promise<readonly Use[]> {
	const now = () => all.map(each => ({ cpu: cpuMilliseconds(each.pid), bytes: each.bytes() }));
	const shares: number[][] = all.map(() => []);
	const first = now();
	let before = first;
	const from = performance.now();
	let at = from;
	for (let part = 0; part < parts; part++) {
		await pause(partSeconds * 1000);
		const took = performance.now() - at;
		at += took;
		const next = now();
		for (const [index, { cpu }] of next.entries())
			shares[index]!.push(((cpu - before[index]!.cpu) / took) * 100);
		before = next;
	}
	return all.map(({ pid }, index) => ({
		cpuPercent: median(shares[index]!),
		rss: rssBytes(pid),
		bytesPerSecond: ((before[index]!.bytes - first[index]!.bytes) / (at - from)) * 1000,
	}));
}

function rowsOf(all: readonly Watched[], uses: readonly Use[]): readonly Row[] {
	const words = ({ cpuPercent, rss, bytesPerSecond }: Use) =>
		`${cpuPercent.toFixed(2)} %  ${megabytes(rss)} MB  ${bytesPerSecond.toFixed(0)} B/s`;
	const costOf = (name: string) => uses[all.findIndex(({ what }) => what === name)];
	const [fleet, least] = [uses[0]!, costOf(bareSockets)!];
	const beside = (what: string, own: Use, other: Use): Row => [
		what,
		words(own),
		`${other.cpuPercent.toFixed(2)} %`,
		times(own.cpuPercent, other.cpuPercent),
	];
	const screens = all.flatMap(({ what }, index): Row[] => {
		const own = uses[index]!;
		if (own === least || own === costOf(htopName)) return [[what, words(own), '', '']];
		return [own === fleet || what === jsonName ? beside(what, own, least) : beside(what, own, fleet)];
	});
	const other = costOf(htopName);
	return [
		...screens,
		[
			'fleet, memory',
			`${megabytes(fleet.rss)} MB`,
			`${megabytes(least.rss)} MB`,
			times(fleet.rss, least.rss),
		],
		...(other ? [beside('fleet, beside htop', fleet, other)] : []),
	];
}

const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
