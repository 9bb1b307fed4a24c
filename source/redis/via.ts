// Connections through the standard input and output of a command, as ssh's ProxyCommand: `ssh -W %h:%p bastion`,
// `kubectl exec -i redis-0 -- nc %h %p`. One process a connection, in a group of its own; it ends with the connection and
// with us: its input ends with our process, however that ends. What it wrote on standard error is why it failed. Names are
// resolved where the command ends, not here.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { isIPv6, type Socket } from 'node:net';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { AbstractConnector, RedisOptions } from 'ioredis';
import { printableText } from '../core/text/printable.ts';

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

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const running = new Set<number>();
let isListening = false;

/** Nothing that was begun outlives us: at an orderly end its group is ended, at any other its input ends. */
function register(pid: number): void {
	running.add(pid);
	if (isListening) return;
	isListening = true;
	process.on('exit', () => {
		for (const each of running) endGroup(each, 'SIGKILL');
	});
}

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
	private readonly child: Child;
	private words = '';

	constructor(command: string) {
		super({ allowHalfOpen: false });
		this.child = spawn('/bin/sh', ['-c', `exec ${command}`], {
			stdio: ['pipe', 'pipe', 'pipe'],
			detached: true,
		});
		const { child } = this;
		if (child.pid !== undefined) register(child.pid);
		child.on('error', error => this.destroy(new ViaFailed(error.message)));
		child.once('spawn', () => {
			this.connecting = false;
			this.emit('connect');
		});
		child.stdin.on('error', () => {});
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			this.words = (this.words + text).slice(0, mostWords);
		});
		child.stdout.on('data', (chunk: Buffer) => {
			this.bytesRead += chunk.length;
			if (!this.push(chunk)) child.stdout.pause();
		});
		// All of its output has been read by then.
		child.on('close', (code, signal) => {
			if (child.pid !== undefined) running.delete(child.pid);
			if (this.destroyed) return;
			const why = reasonIn(this.words) ?? (this.bytesRead > 0 ? undefined : endOf(code, signal));
			if (why === undefined) this.push(null);
			else this.destroy(new ViaFailed(why));
		});
	}

	override _read(): void {
		this.child.stdout.resume();
	}

	override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
		this.bytesWritten += chunk.length;
		// One that has ended says why in a moment.
		this.child.stdin.write(chunk, () => done());
	}

	override _final(done: () => void): void {
		this.child.stdin.end(done);
	}

	override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
		const { child } = this;
		child.stdin.destroy();
		child.stdout.destroy();
		if (child.pid !== undefined && running.has(child.pid)) {
			const { pid } = child;
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
