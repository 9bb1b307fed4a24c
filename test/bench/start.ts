// What a start takes, whole process, beside a bare Node in the same run: CPU until the answer is printed and the process
// is gone; on the screen until the first frame with data of all six nodes. In turn, the medians of five, after one start
// that is not counted, which also has V8's code kept for those that follow.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '../servers/fleets.ts';
import { anyServer } from '../servers/servers.ts';
import { program } from '../terminal/built.ts';
import { cpuMilliseconds } from '../terminal/processes.ts';
import { openRedisTop } from '../terminal/terminal.ts';
import { median, type Part, type Row, times } from './table.ts';

const runs = 5;

type Start = { readonly what: string; readonly cpu: () => Promise<number> };

export const startPart: Part = {
	name: 'start',
	title: 'CPU of a start, whole process, beside a bare node; the medians of five, in turn',
	async run() {
		const home = mkdtempSync(join(tmpdir(), 'redis-top-start-'));
		const cluster = await startCluster(await anyServer());
		const [node] = cluster.nodes;
		const port = String(node!.port);
		const text = (...args: readonly string[]) => ownCpu([program, ...args], home);
		const starts: readonly Start[] = [
			{ what: '--version', cpu: () => text('--version') },
			{ what: '--help', cpu: () => text('--help') },
			{ what: '--json -n 1, one node', cpu: () => text('--json', '-n', '1', '--no-discover', '-p', port) },
			{ what: '--json -n 1, six nodes', cpu: () => text('--json', '-n', '1', '-p', port) },
			{ what: '--check, one node', cpu: () => text('--check', '--no-discover', '-p', port) },
			{ what: '--check, six nodes', cpu: () => text('--check', '-p', port) },
			{
				what: 'first frame, six nodes',
				cpu: () =>
					untilShown(
						cluster.nodes.map(one => one.port),
						home,
					),
			},
		];
		try {
			const bare: number[] = [];
			const own = starts.map(() => [] as number[]);
			for (let run = 0; run <= runs; run++) {
				bare.push(await ownCpu(['-e', '0'], home));
				for (const [index, start] of starts.entries()) own[index]!.push(await start.cpu());
			}
			return starts.map(({ what }, index): Row => {
				const [ours, other] = [median(own[index]!.slice(1)), median(bare.slice(1))];
				return [what, `${ours.toFixed(0)} ms`, `${other.toFixed(0)} ms`, times(ours, other)];
			});
		} finally {
			await cluster.stop();
			rmSync(home, { recursive: true, force: true });
		}
	},
};

/** Milliseconds of a Node that ends by itself, as it counts them when it goes. */
async function ownCpu(args: readonly string[], home: string): Promise<number> {
	const child = spawn('/usr/bin/env', ['bash', '-c', 'time "$@"', 'bash', process.execPath, ...args], {
		env: { ...process.env, HOME: home, XDG_CACHE_HOME: '', TIMEFORMAT: 'cpu %3U %3S' },
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	let told = '';
	child.stderr.setEncoding('utf8').on('data', text => {
		told += text;
	});
	await once(child, 'close');
	const [, user, system] = /cpu (\d+\.\d+) (\d+\.\d+)\s*$/.exec(told) ?? [];
	if (user === undefined) throw new Error(`bash did not tell the time: ${told}`);
	return (Number(user) + Number(system)) * 1000;
}

async function untilShown(ports: readonly number[], home: string): Promise<number> {
	const env = { HOME: home, XDG_CACHE_HOME: '' };
	const terminal = openRedisTop(['-p', String(ports[0])], { size: [140, 40], env });
	try {
		await terminal.shows(
			() => ports.every(port => terminal.text().includes(`:${port}`)) && /^mem \d/m.test(terminal.text()),
		);
		const cpu = cpuMilliseconds(terminal.pid);
		// Long enough that what V8 compiled is kept for the next one.
		terminal.type('q');
		await terminal.exit;
		return cpu;
	} finally {
		await terminal.stop();
	}
}
