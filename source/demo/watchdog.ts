// Sees to it that no server and no folder of the demo outlives redis-top, however that ends: even by SIGKILL, when
// none of our code runs any more. One `sh` in a session of its own holds a pipe from this process and the list of the
// servers; when the pipe closes, and the kernel closes it always, it kills what is on the list and removes the folder.
// It is not the ordinary way to stop a server: that is cluster.ts, which takes it off the list.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

// Each server leads a process group of its own, so a wrapper script and what it started end together. The folder is
// tried more than once: a process that is being killed may still write a file into it.
const script = `
trap '' HUP INT TERM QUIT
pids=' '
while read -r word pid; do
	case $word in
		watch) pids="$pids$pid " ;;
		forget) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
	esac
done
for pid in $pids; do kill -9 "-$pid" "$pid"; done 2>/dev/null
for try in 1 2 3 4 5; do rm -rf "$1" 2>/dev/null && break; sleep 0.2; done
`;

export type Watchdog = {
	/** Puts a server on the list, at once; it comes off by itself when it exits. */
	readonly watch: (server: ChildProcess) => void;
	/** Lets it do its work and end; resolves when it has. */
	readonly release: () => Promise<void>;
};

/** Guards the folder and the servers that are put on its list. */
export function startWatchdog(folder: string): Watchdog {
	const shell = spawn('/bin/sh', ['-c', script, 'redis-top-demo-watchdog', folder], {
		stdio: ['pipe', 'ignore', 'ignore'],
		detached: true,
		cwd: '/',
	});
	const ended = new Promise<void>(resolve => {
		shell.once('exit', () => resolve());
		shell.once('error', () => resolve());
	});
	shell.unref();
	const pipe = shell.stdin as Socket;
	pipe.unref();
	// Someone killed the watchdog: no reason for the demo to end.
	pipe.on('error', () => {});
	return {
		watch(server) {
			pipe.write(`watch ${server.pid}\n`);
			server.once('exit', () => pipe.write(`forget ${server.pid}\n`));
		},
		release() {
			shell.ref();
			pipe.end();
			return ended;
		},
	};
}
