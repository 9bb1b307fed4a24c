// The server's own benchmark as a load without end: SETs of 100 bytes to 100,000 keys, by 50 clients, as fast as they can.

import { spawn } from 'node:child_process';
import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { watch } from '../servers/watchdog.ts';

export type FullLoad = { stop(): void };

/** Runs at its full pace when it resolves. */
export async function startFullLoad(
	node: RunningServer,
	{
		pipeline,
		command = 'set',
		bytes = 100,
	}: { readonly pipeline: number; readonly command?: string; readonly bytes?: number },
): Promise<FullLoad> {
	const words = ['-p', node.port, '-t', command, '-d', bytes, '-P', pipeline, '-c', 50, '-r', 100_000];
	const load = spawn(node.server.benchmark, [...words.map(String), '-n', '2000000000', '-q'], {
		stdio: 'ignore',
	});
	watch(load);
	await until(async () => Number((await node.info('stats')).total_commands_processed) > 100_000, {
		what: `the benchmark on ${node.address} is at work`,
	});
	return { stop: () => void load.kill('SIGKILL') };
}

/** Commands a second, over a fifth of a second. */
export async function opsOf(node: RunningServer): Promise<number> {
	const read = async () => ({
		at: performance.now(),
		commands: Number((await node.info('stats')).total_commands_processed),
	});
	const first = await read();
	await new Promise(resolve => setTimeout(resolve, 200));
	const last = await read();
	return ((last.commands - first.commands) * 1000) / (last.at - first.at);
}
