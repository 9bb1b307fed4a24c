// A server whose disk is slow to sync: the same program with a library before it that holds fdatasync up (slow-fsync.c).
// It needs a C compiler; where there is none, the tests that need it say so.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Server } from './servers.ts';
import { type RunningServer, type ServerConfig, startServer } from './start.ts';

const run = promisify(execFile);
const source = fileURLToPath(new URL('slow-fsync.c', import.meta.url));

/** Whether such a disk can be had here. */
export const canSlowDown: boolean = await run('cc', ['--version']).then(
	() => process.platform === 'linux',
	() => false,
);

export type SlowDisk = {
	/** One sync. */
	readonly milliseconds: number;
	/** No write to a file is taken meanwhile. */
	readonly holdsWrites?: boolean;
};

export type OnSlowDisk = RunningServer & {
	/** From the next sync on. */
	readonly setMilliseconds: (milliseconds: number) => void;
};

/** Starts a server with an append-only file on such a disk. */
export async function startOnSlowDisk(
	server: Server,
	{ milliseconds, holdsWrites }: SlowDisk,
	config: Exclude<ServerConfig, readonly (readonly string[])[]> = {},
): Promise<OnSlowDisk> {
	const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-slow-disk-'));
	const told = path.join(folder, 'milliseconds');
	const setMilliseconds = (length: number) => writeFileSync(told, String(length));
	setMilliseconds(milliseconds);
	try {
		const library = path.join(folder, 'slow-fsync.so');
		await run('cc', ['-shared', '-fPIC', '-o', library, source]);
		const running = await startServer(server, {
			config: { appendonly: 'yes', ...config },
			env: {
				LD_PRELOAD: library,
				SLOW_FSYNC_FILE: told,
				...(holdsWrites && { SLOW_FSYNC_HOLDS: '1' }),
			},
		});
		const remove = () => rmSync(folder, { recursive: true, force: true });
		const stop = () => running.stop().finally(remove);
		return Object.defineProperties(
			{ ...running, stop, setMilliseconds },
			Object.getOwnPropertyDescriptors({
				get pid() {
					return running.pid;
				},
				get isRunning() {
					return running.isRunning;
				},
			}),
		);
	} catch (error) {
		rmSync(folder, { recursive: true });
		throw error;
	}
}
