// Connections through the standard input and output of a command, as ssh's ProxyCommand: `ssh -W %h:%p bastion`,
// `kubectl exec -i redis-0 -- nc %h %p`. One process a connection, in a group of its own; it ends with the connection and
// with us: its input ends with our process, however that ends, and a small shell that outlives us ends whoever does not
// mind. What it wrote on standard error is why it failed. Names are
// resolved where the command ends, not here.

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { isIPv6, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { AbstractConnector, RedisOptions } from 'ioredis';
import { printableText } from '../core/text/printable.ts';
import { environmentForOthers } from './child-environment.ts';

export type Target = { readonly host: string; readonly port: number };

/** What the command could not do, in its own words. */
export class ViaFailed extends Error {
	readonly code = 'EVIA';
}

/** Nodes announce hosts, and a shell reads the command: nothing but a name or an address gets in. */
const plainHost = /^[\w.:-]+$/;

/** The command for one node; undefined for a host that a shell might read as more than a name. */
export function viaCommand(via: string, { host, port }: Target): string | undefined {
	if (!plainHost.test(host) || host.startsWith('-')) return undefined;
	const values: Record<string, string> = { h: host, p: String(port), '%': '%' };
	// As ssh has it: -W wants brackets around an IPv6 address before a colon.
	return via.replace(/%h(?=:%p)|%([hp%])/g, (_, letter?: string) =>
		letter === undefined ? (isIPv6(host) ? `[${host}]` : host) : values[letter]!,
	);
}

const running = new Set<number>();
let guard: ChildProcess | undefined;

/** It reads who runs and who has ended, and when its input ends, which is our end, it ends who is left. */
const guardShell = `pids=' '
while read -r sign pid; do
	case $sign in
		+) pids="$pids$pid " ;;
		*) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
	esac
done
for pid in $pids; do kill -9 "-$pid"; done`;

function openGuard(): ChildProcess | undefined {
	process.on('exit', () => {
		for (const each of running) endGroup(each, 'SIGKILL');
	});
	const shell = begin(guardShell, ['pipe', 'ignore', 'ignore']);
	if (shell instanceof Error) return undefined;
	shell.on('error', () => {});
	shell.stdin?.on('error', () => {});
	shell.unref();
	(shell.stdin as unknown as { unref: () => void } | null)?.unref();
	return shell;
}

/**
 * The command under the guard's eyes. It says itself who it is, before it is the command, and holds the guard's input
 * open until it has: we may be killed before we know of it.
 */
function beginGuarded(command: string): ChildProcess | Error {
	guard ??= openGuard();
	const watched = `(trap '' PIPE; echo "+ $$" >&3) 2>/dev/null; exec 3>&-; exec ${command}`;
	return begin(watched, ['pipe', 'pipe', 'pipe', guard?.stdin ?? 'ignore']);
}

function unregister(pid: number): void {
	running.delete(pid);
	guard?.stdin?.write(`- ${pid}\n`);
}

/** Some of what is short on a machine is thrown, not told. */
function begin(command: string, stdio: StdioOptions): ChildProcess | Error {
	try {
		return spawn('/bin/sh', ['-c', command], { stdio, detached: true, env: environmentForOthers() });
	} catch (thrown) {
		return thrown as Error;
	}
}

/** What is short here is no fault of the command. */
const isOurs = (error: Error) => /^(EMFILE|ENFILE|ENOMEM)$/.test((error as NodeJS.ErrnoException).code ?? '');

function endGroup(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(-pid, signal);
	} catch {
		// It has ended.
	}
}

/** One that does not end when it is asked to. */
const patienceMilliseconds = 1000;
/** Of what it wrote on standard error. */
const mostWords = 2000;

/** The part of a socket that is used here, over a process. */
class ViaStream extends Duplex {
	connecting = true;
	bytesRead = 0;
	bytesWritten = 0;
	private readonly child: ChildProcess | undefined;
	private words = '';

	constructor(command: string) {
		super({ allowHalfOpen: false });
		const child = beginGuarded(command);
		if (child instanceof Error) {
			process.nextTick(() => this.fail(child));
			return;
		}
		this.child = child;
		child.on('error', error => this.fail(error));
		// Where no file is left for its pipes, it has none.
		if (child.pid === undefined || !child.stdin || !child.stdout || !child.stderr) return;
		const { pid, stdout } = child;
		running.add(pid);
		child.once('spawn', () => {
			this.connecting = false;
			this.emit('connect');
		});
		child.stdin.on('error', () => {});
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			this.words = (this.words + text).slice(0, mostWords);
		});
		stdout.on('data', (chunk: Buffer) => {
			this.bytesRead += chunk.length;
			if (!this.push(chunk)) stdout.pause();
		});
		// All of its output has been read by then.
		child.on('close', (code, signal) => {
			unregister(pid);
			if (this.destroyed) return;
			const why = reasonIn(this.words) ?? (this.bytesRead > 0 ? undefined : endOf(code, signal));
			if (why === undefined) this.push(null);
			else this.destroy(new ViaFailed(why));
		});
	}

	private fail(error: Error): void {
		this.destroy(isOurs(error) ? error : new ViaFailed(error.message));
	}

	override _read(): void {
		this.child?.stdout?.resume();
	}

	override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
		this.bytesWritten += chunk.length;
		// One that has ended says why in a moment.
		if (this.child?.stdin) this.child.stdin.write(chunk, () => done());
		else done();
	}

	override _final(done: () => void): void {
		// Of one that has gone it never comes back.
		this.child?.stdin?.end();
		done();
	}

	override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
		const { stdin, stdout, pid } = this.child ?? {};
		stdin?.destroy();
		stdout?.destroy();
		if (pid !== undefined && running.has(pid)) {
			endGroup(pid, 'SIGTERM');
			setTimeout(() => running.has(pid) && endGroup(pid, 'SIGKILL'), patienceMilliseconds).unref();
		}
		done(error);
	}

	// What a socket has, and a pipe does not need.
	setNoDelay = () => this;
	setKeepAlive = () => this;
	setTimeout = () => this;
	ref = () => this;
	unref = () => this;
}

/** The first line that says something: ssh goes on to what follows from it. */
function reasonIn(words: string): string | undefined {
	const lines = words.split(/\r?\n/).map(line => line.trim());
	const telling = lines.filter(line => line !== '' && !/^(warning:|\*\* |pseudo-terminal)/i.test(line));
	const line = telling.find(each =>
		/refused|denied|timed? ?out|unreachable|no route|not |fail|error|closed|lost/i.test(each),
	);
	const first = line ?? telling[0];
	return first === undefined
		? undefined
		: printableText(first.replace(/^channel \d+: open failed: (connect failed: )?/, '')).slice(0, 120);
}

const endOf = (code: number | null, signal: NodeJS.Signals | null): string =>
	signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;

/** A stream to the node, not yet connected; with TLS inside where it is asked for. */
export function openVia(via: string, target: Target, tls: ConnectionOptions | undefined): Socket | TLSSocket {
	const command = viaCommand(via, target);
	const stream = new ViaStream(command ?? 'false');
	if (command === undefined)
		process.nextTick(() =>
			stream.destroy(new ViaFailed(`${printableText(target.host)} is no name of a host`)),
		);
	const socket = stream as unknown as Socket;
	return tls ? connectTls({ ...tls, socket }) : socket;
}

/** For the client library: where it would open a socket. */
export function viaConnector(
	via: string,
	target: Target,
	tls: ConnectionOptions | undefined,
): RedisOptions['Connector'] {
	return class {
		private stream: Socket | TLSSocket | undefined;
		firstError: Error | undefined;

		check(): boolean {
			return true;
		}

		connect(): Promise<Socket | TLSSocket> {
			const stream = openVia(via, target, tls);
			this.stream = stream;
			return new Promise((resolve, reject) => {
				const fail = (error: Error) => {
					this.firstError = error;
					reject(error);
				};
				stream.once('error', fail);
				stream.once(tls ? 'secureConnect' : 'connect', () => {
					stream.off('error', fail);
					resolve(stream);
				});
			});
		}

		disconnect(): void {
			this.stream?.destroy();
		}
	} as unknown as new (
		options: unknown,
	) => AbstractConnector;
}
