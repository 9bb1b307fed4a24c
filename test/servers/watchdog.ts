// Sees to it that no server outlives the test process, however that ends: by exit, by a signal, even by SIGKILL.
// One `sh` of its own session holds a pipe from this process and a list of pids; when the pipe closes, and the
// kernel closes it always, the shell kills what is on the list and removes the folder in which all servers live.
// It is not the ordinary way to stop a server: that is `stop()` in start.ts, which takes its pid off the list.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

// The folder is tried more than once: a process that is being killed may still write a file into it.
const script = `
pids=' '
while read -r word pid; do
	case $word in
		watch) pids="$pids$pid " ;;
		forget) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
	esac
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
for try in 1 2 3 4 5; do rm -rf "$1" 2>/dev/null && break; sleep 0.2; done
`;

let watchdog: { readonly folder: string; readonly pipe: Socket } | undefined;

/** The folder of this process's servers, removed when the process is gone. */
export function watchedFolder(): string {
	return wakeWatchdog().folder;
}

/** Puts a child on the list; it comes off by itself when it exits. */
export function watch(child: ChildProcess): void {
	const { pipe } = wakeWatchdog();
	pipe.write(`watch ${child.pid}\n`);
	child.once('exit', () => pipe.write(`forget ${child.pid}\n`));
}

function wakeWatchdog() {
	if (watchdog === undefined) {
		const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-'));
		const shell = spawn('/bin/sh', ['-c', script, 'redis-top-watchdog', folder], {
			stdio: ['pipe', 'ignore', 'ignore'],
			detached: true,
			cwd: '/',
		});
		shell.unref();
		const pipe = shell.stdin as Socket;
		pipe.unref();
		// Someone killed the watchdog: no reason for a test to fail.
		pipe.on('error', () => {});
		watchdog = { folder, pipe };
	}
	return watchdog;
}
