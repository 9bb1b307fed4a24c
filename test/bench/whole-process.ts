// What a process took from its start to its end: seconds, its own CPU, the most memory it held.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { familyOf, peakBytes } from '../terminal/processes.ts';

export type Taken = {
	readonly seconds: number;
	/** User and system, as the shell counts them when it is gone. */
	readonly cpuSeconds: number;
	/** Resident, as the kernel remembers it; looked at every so often, so of a short one it is not known. */
	readonly peakBytes: number;
	readonly out: string;
};

const lookEveryMilliseconds = 20;

/** Runs a command until it ends. */
export async function takenBy(command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Taken> {
	const child = spawn('/usr/bin/env', ['bash', '-c', 'time "$@"', 'bash', ...command], {
		env: { ...process.env, ...env, TIMEFORMAT: 'taken %3R %3U %3S' },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let out = '';
	let told = '';
	child.stdout.setEncoding('utf8').on('data', text => {
		out += text;
	});
	child.stderr.setEncoding('utf8').on('data', text => {
		told += text;
	});
	let isOver = false;
	const over = once(child, 'close').finally(() => {
		isOver = true;
	});
	let peak = Number.NaN;
	while (!isOver) {
		const now = peakBytes(familyOf(child.pid!).at(-1)!);
		if (Number.isFinite(now)) peak = now;
		await Promise.race([over, pause(lookEveryMilliseconds)]);
	}
	await over;
	const [, seconds, user, system] = /taken (\d+\.\d+) (\d+\.\d+) (\d+\.\d+)\s*$/.exec(told) ?? [];
	if (seconds === undefined) throw new Error(`bash did not tell the time: ${told}`);
	return { seconds: Number(seconds), cpuSeconds: Number(user) + Number(system), peakBytes: peak, out };
}
