// Our own files: full, hung, in the way, or somebody else's; and an output that takes nothing.

import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program, runOnce } from '../live/redis-top.ts';
import type { Row } from './row.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-top-faults-'));
const demo = new URL('../../media/demo.jsonl.gz', import.meta.url).pathname;
/** Nothing listens there. */
const nobody = ['-p', '1', '--json', '-n', '1'];

/** Its exit code with stdout on a full disk. */
function onFullDisk(args: readonly string[]): Promise<number | null> {
	const full = openSync('/dev/full', 'w');
	const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', full, 'ignore'] });
	closeSync(full);
	return new Promise(resolve => child.on('close', resolve));
}

const modes: readonly (readonly string[])[] = [
	...[
		['--help'],
		['--version'],
		['--json', '-n', '1', '-p', '1'],
		['-b', '-n', '1', '-p', '1'],
		['--check', '-p', '1'],
	],
	...[
		['--replay', demo, '--json', '-n', '2'],
		['--runbook', 'config-audit', '-p', '1'],
	],
];

export const rows: readonly Row[] = [
	...modes.map(
		(args): Row => ({
			what: `${args[0]} to a full disk: exit 1`,
			async run() {
				const code = await onFullDisk(args);
				return { figure: `exit ${code}`, holds: code === 1 };
			},
		}),
	),
	{
		what: '--record on a file that is there: refused, untouched',
		async run() {
			const path = join(folder, 'there');
			writeFileSync(path, 'notes');
			const { code } = await runOnce(['--record', path, ...nobody]);
			const kept = readFileSync(path, 'utf8') === 'notes';
			return { figure: `exit ${code}, ${kept ? 'untouched' : 'changed'}`, holds: code === 1 && kept };
		},
	},
	{
		what: '--record into a pipe whose reader stands still: it ends when asked to',
		async run() {
			const path = join(folder, 'pipe');
			execFileSync('mkfifo', [path]);
			const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
			const startedAt = performance.now();
			const { code } = await runOnce(['--record', path, ...nobody]);
			closeSync(reader);
			const seconds = (performance.now() - startedAt) / 1000;
			return { figure: `exit ${code} after ${seconds.toFixed(1)}s`, holds: seconds < 10 };
		},
	},
	{
		what: '--record and --log on a full disk: said, and it goes on',
		async run() {
			const { stdout, stderr } = await runOnce(['--record', '/dev/full', '--log', '/dev/full', ...nobody]);
			const isSaid = /recording stopped: \/dev\/full: the disk is full/.test(stderr);
			return { figure: stderr.trim().split('\n').join('; '), holds: isSaid && stdout !== '' };
		},
	},
];
