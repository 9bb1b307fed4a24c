// A MONITOR window in a process of its own, for what a test cannot do to itself: be stopped (SIGSTOP) or blocked in the
// middle of the stream. At so many commands the program does that to itself; it prints its pid when it starts, and how
// the window ended as a line of JSON. Run as a program it is that process.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { HotNode, HotTarget } from '../../source/core/keys/hot-keys.ts';
import { openMonitorWindow } from '../../source/redis/hot-keys/monitor-window.ts';
import { plainDial } from '../big-keys/scan.ts';
import { watch } from '../servers/watchdog.ts';

type Plan = {
	readonly target: HotTarget;
	/** `stop`: SIGSTOP to itself, until somebody sends SIGCONT. `block`: its event loop stands for a second. */
	readonly fate: 'stop' | 'block';
	readonly atCommands: number;
};

export type WindowProcess = {
	readonly pid: number;
	/** Goes on after `stop`. */
	resume(): void;
	/** How it ended; `isHeld` is false where that was before so many commands had come. */
	readonly ended: Promise<HotNode & { readonly isHeld: boolean }>;
	kill(): void;
};

export async function startWindowProcess(plan: Plan): Promise<WindowProcess> {
	const child = spawn(
		process.execPath,
		['--import', 'tsx', fileURLToPath(import.meta.url), JSON.stringify(plan)],
		{ stdio: ['ignore', 'pipe', 'inherit'] },
	);
	watch(child);
	const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
	await lines.next();
	return {
		pid: child.pid!,
		resume: () => void child.kill('SIGCONT'),
		ended: lines.next().then(({ value }) => JSON.parse(value)),
		kill: () => void child.kill('SIGKILL'),
	};
}

async function run({ target, fate, atCommands }: Plan): Promise<void> {
	console.log('started');
	const window = openMonitorWindow(target, { dial: plainDial });
	let isHeld = false;
	const look = () => {
		if (window.progress().commands < atCommands) return void setImmediate(look);
		isHeld = true;
		if (fate === 'stop') process.kill(process.pid, 'SIGSTOP');
		else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
	};
	look();
	const { node } = await window.result;
	console.log(JSON.stringify({ ...node, isHeld }));
	process.exit(0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(JSON.parse(process.argv[2]!));
