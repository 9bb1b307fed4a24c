// Starts one real server on loopback for a test: on a free port, in its own folder, ready when the promise resolves,
// and gone without a trace after `stop()` or when the test process dies (watchdog.ts). Servers are ended by SIGKILL:
// nothing here is worth saving, and a frozen or busy server ends as quickly. More than one: see fleets.ts.
// It does not choose versions (servers.ts) and makes no traffic (load.ts).

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis, type RedisOptions } from 'ioredis';
import type { Server } from './servers.ts';
import { until } from './until.ts';
import { watch, watchedFolder } from './watchdog.ts';

const run = promisify(execFile);

const loopback = '127.0.0.1';

/** The certificates of test/fixtures/tls, as paths. */
export const tlsFiles = Object.fromEntries(
	[
		'ca.crt',
		'server.crt',
		'server.key',
		'named.crt',
		'named.key',
		'client.crt',
		'client.key',
		'expired.crt',
	].map(name => [name, fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url))]),
) as Readonly<
	Record<
		| 'ca.crt'
		| 'server.crt'
		| 'server.key'
		| 'named.crt'
		| 'named.key'
		| 'client.crt'
		| 'client.key'
		| 'expired.crt',
		string
	>
>;

/** As in redis.conf: `{maxmemory: '10mb', save: ''}`; or lines of words, where a name stands more than once. */
export type ServerConfig = Readonly<Record<string, string | number>> | readonly (readonly string[])[];

export type ServerOptions = {
	/** A free one is found if none is named. */
	readonly port?: number;
	/** Where it listens: 127.0.0.1, or an address of the network namespace it runs in (test/root). */
	readonly host?: string;
	readonly networkNamespace?: string;
	readonly config?: ServerConfig;
	/** Further words of the command line. */
	readonly args?: readonly string[];
	/** Further variables of its environment. */
	readonly env?: Readonly<Record<string, string>>;
	/** Also listens on a socket in its folder. */
	readonly unixSocket?: boolean;
	/** Listens with TLS only; `required`: only to clients with a certificate. */
	readonly tls?: boolean | 'required';
	readonly isSentinel?: boolean;
	/** False: do not wait until it serves (to see it LOADING). */
	readonly awaitsReady?: boolean;
};

export type RunningServer = {
	readonly server: Server;
	readonly host: string;
	readonly port: number;
	/** `127.0.0.1:port` */
	readonly address: string;
	/** Changes with `restart()`. */
	readonly pid: number;
	readonly dir: string;
	readonly logfile: string;
	readonly unixSocket: string;
	readonly password: string | undefined;
	readonly isRunning: boolean;
	/** The version's own redis-cli on this server; gives its output without the last line end. */
	cli(...args: readonly string[]): Promise<string>;
	/** One command on a connection that is opened when first used, and again after a restart. RESP2 replies. */
	call(command: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown>;
	/** INFO as a record; all sections unless one is named. */
	info(section?: string): Promise<Readonly<Record<string, string>>>;
	/** A connection of the test's own, without retries, closed with the server's `stop()`. */
	connect(options?: RedisOptions): Redis;
	/** Ends it and removes its folder. May be called twice. */
	stop(): Promise<void>;
	/** SIGKILL: a crash. The folder stays for `restart()`. */
	kill(): Promise<void>;
	/** SIGSTOP: the port accepts, nobody answers. */
	freeze(): void;
	thaw(): void;
	/** On the same port with the same data: saved first if it is running, else what lies in the folder. */
	restart(options?: { readonly awaitsReady?: boolean }): Promise<void>;
};

/** Starts a server and waits until it serves. */
export async function startServer(server: Server, options: ServerOptions = {}): Promise<RunningServer> {
	const tries = options.port === undefined ? 10 : 1;
	for (let attempt = 1; ; attempt++) {
		const port = options.port ?? (await findFreePort());
		const running = prepareServer(server, port, options);
		try {
			await running.restart(options);
			return running;
		} catch (error) {
			const isTaken = /already in use|[Ff]ailed listening/.test(readLog(running.logfile));
			await running.stop();
			// Between our look at a port and the server's bind another process may have taken it.
			if (!isTaken || attempt >= tries) throw error;
		}
	}
}

/** How often a command with a subcommand was called. Before 7.0 those of a command are counted together. */
export async function callsOf(node: RunningServer, command: string, subcommand: string): Promise<number> {
	const stats = await node.info('commandstats');
	const isTogether = node.server.version.startsWith('6.');
	const line = stats[isTogether ? `cmdstat_${command}` : `cmdstat_${command}|${subcommand}`];
	return Number(/calls=(\d+)/.exec(line ?? '')?.[1] ?? 0);
}

/** Creates or replaces a user: `aclUser(server, 'ops', 'secret', ['+@read', '~*'])`. */
export async function aclUser(
	server: RunningServer,
	name: string,
	password: string,
	rules: readonly string[],
): Promise<void> {
	// 6.0 and 6.2 know no rights to read alone.
	const known = server.server.version.startsWith('6.') ? rules.map(rule => rule.replace(/^%R~/, '~')) : rules;
	await server.call('ACL', 'SETUSER', name, 'reset', 'on', `>${password}`, ...known);
}

/**
 * Settings under which a server takes its time to load, a millisecond a key for 1000, and answers meanwhile. Not on 6.0,
 * which answers once in 2 MB of the file.
 */
export const slowLoading = (microsecondsEach: number) => ({
	'key-load-delay': microsecondsEach,
	'loading-process-events-interval-bytes': 1024,
});
export const loadsSlowly = ({ version }: Server): boolean => !version.startsWith('6.0');

/** Is there such a process? One that is dead and only waits for its parent to ask counts as gone. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
	} catch {
		return false;
	}
	try {
		return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
	} catch {
		return false;
	}
}

const taken = new Set<number>();
const portsFolder = path.join(tmpdir(), `redis-top-test-ports-${process.getuid?.() ?? 0}`);
process.once('exit', () => {
	for (const port of taken) rmSync(path.join(portsFolder, String(port)), { force: true });
});

/** Until this process ends nobody else has it, also while its server is down: a test that kills one may wait for it. */
function take(port: number): boolean {
	const claim = path.join(portsFolder, String(port));
	mkdirSync(portsFolder, { recursive: true });
	for (const isAgain of [false, true]) {
		try {
			writeFileSync(claim, String(process.pid), { flag: 'wx' });
			taken.add(port);
			return true;
		} catch {
			if (isAgain || isAlive(ownerOf(claim))) return false;
			rmSync(claim, { force: true });
		}
	}
	return false;
}

/** This process, which is there, where it is being written just now. */
function ownerOf(claim: string): number {
	try {
		return Number(readFileSync(claim, 'utf8')) || process.pid;
	} catch {
		return process.pid;
	}
}

/**
 * A port that is free now, and its cluster bus port with it. Both lie below the range from which the kernel takes
 * ports for outgoing connections, and the two ranges do not overlap; at random, so that test files that run at the
 * same time do not meet.
 */
export async function findFreePort(): Promise<number> {
	for (;;) {
		const port = 10_500 + Math.floor(Math.random() * 10_000);
		if (taken.has(port) || !take(port)) continue;
		if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
	}
}

function isFree(port: number): Promise<boolean> {
	return new Promise(resolve => {
		const probe = createServer();
		probe.once('error', () => resolve(false));
		probe.listen(port, loopback, () => probe.close(() => resolve(true)));
	});
}

/** Writes the folder of a server that `restart` then starts. */
function prepareServer(server: Server, port: number, options: ServerOptions): RunningServer {
	const { host = loopback, networkNamespace } = options;
	const dir = path.join(watchedFolder(), `${host === loopback ? '' : `${host}-`}${port}`);
	mkdirSync(dir, { recursive: true });
	const logfile = path.join(dir, 'server.log');
	const conf = path.join(dir, 'server.conf');
	const unixSocket = path.join(dir, 'redis.sock');
	writeFileSync(conf, configText(port, dir, options, server.version.startsWith('6.')));
	const password = configValue(options.config, 'requirepass');
	// By name: every certificate of the fixtures is good for localhost.
	const tls = options.tls
		? { ca: readFileSync(tlsFiles['ca.crt']), servername: 'localhost', ...clientCertificate() }
		: undefined;
	const cliTls = ['--tls', '--cacert', tlsFiles['ca.crt']];
	cliTls.push('--cert', tlsFiles['client.crt'], '--key', tlsFiles['client.key']);

	let child: ChildProcess | undefined;
	let connection: Redis | undefined;
	const connections = new Set<Redis>();

	const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;

	function signal(name: NodeJS.Signals): void {
		if (!isRunning()) throw new Error(`${host}:${port} is not running`);
		child!.kill(name);
	}

	async function kill(): Promise<void> {
		if (isRunning()) signal('SIGKILL');
		await until(() => !isRunning(), { what: `${host}:${port} has ended`, every: 2 });
		// It ended with the server; to disconnect it once more would leave ioredis's timer running for 2 s.
		connection = undefined;
	}

	async function start(awaitsReady: boolean): Promise<void> {
		const logBefore = readLog(logfile).length;
		const args = [conf, ...(options.isSentinel ? ['--sentinel'] : []), ...(options.args ?? [])];
		// In a session of its own: a ^C in the terminal ends the test, and by that, in order, its servers.
		const inside = networkNamespace === undefined ? [] : ['ip', 'netns', 'exec', networkNamespace];
		const [program, ...words] = [...inside, server.server, ...args];
		const started = spawn(program!, words, {
			...{ cwd: dir, stdio: 'ignore', detached: true },
			...(options.env && { env: { ...process.env, ...options.env } }),
		});
		const failed = new Promise<never>((_, reject) => started.once('error', reject));
		failed.catch(() => {});
		child = started;
		if (started.pid !== undefined) watch(started);
		started.unref();
		const readiness = /Ready to accept connections|Sentinel ID is/;
		await Promise.race([
			failed,
			until(() => !isRunning() || !awaitsReady || readiness.test(readLog(logfile).slice(logBefore)), {
				what: `${server.id} on ${host}:${port} is ready`,
				every: 5,
			}),
		]);
		if (!isRunning()) throw new Error(`${server.id} on ${host}:${port} ended:\n${lastLines(logfile)}`);
	}

	function connect(more: RedisOptions = {}): Redis {
		const opened = new Redis({
			host,
			port,
			...(password === undefined ? {} : { password }),
			...(tls === undefined ? {} : { tls }),
			protocol: 2,
			// Nothing but what the test says: no INFO, no CLIENT SETINFO, no second attempt.
			enableReadyCheck: false,
			disableClientInfo: true,
			retryStrategy: () => null,
			commandTimeout: 10_000,
			...more,
		});
		opened.on('error', () => {});
		// A test that failed before its `stop()` must end; a command under way holds the process by its timeout.
		opened.on('connect', () => opened.stream.unref());
		opened.once('end', () => connections.delete(opened));
		connections.add(opened);
		return opened;
	}

	const running: RunningServer = {
		server,
		host,
		port,
		address: `${host}:${port}`,
		dir,
		logfile,
		unixSocket,
		password,
		get pid() {
			return child?.pid ?? 0;
		},
		get isRunning() {
			return isRunning();
		},
		async cli(...args) {
			const variable = server.name === 'redict' ? 'REDICTCLI_AUTH' : 'REDISCLI_AUTH';
			const env = { ...process.env, ...(password === undefined ? {} : { [variable]: password }) };
			const to = ['-h', host, '-p', String(port), ...(tls ? cliTls : [])];
			const { stdout } = await run(server.cli, [...to, ...args], { env, timeout: 15_000 });
			return stdout.replace(/\n$/, '');
		},
		call(command, ...args) {
			if (connection === undefined || connection.status === 'end') connection = connect();
			return connection.call(command, ...args);
		},
		async info(section = 'everything') {
			// 6.0 gives nothing for a section it does not know, and it does not know this one.
			const isUnknown = section === 'everything' && server.version.startsWith('6.0');
			const text = await running.call('INFO', isUnknown ? 'all' : section);
			return Object.fromEntries(
				String(text)
					.split('\r\n')
					.filter(line => line.includes(':'))
					.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
			);
		},
		connect,
		async stop() {
			for (const one of connections) one.disconnect();
			await kill();
			rmSync(dir, { recursive: true, force: true });
		},
		kill,
		freeze: () => signal('SIGSTOP'),
		thaw: () => signal('SIGCONT'),
		async restart({ awaitsReady = true } = {}) {
			// Refused while a child saves for a replica.
			if (isRunning() && !options.isSentinel) await until(() => running.call('SAVE'), { what: 'SAVE' });
			await kill();
			await start(awaitsReady);
		},
	};
	return running;
}

function clientCertificate() {
	return { cert: readFileSync(tlsFiles['client.crt']), key: readFileSync(tlsFiles['client.key']) };
}

function configText(port: number, dir: string, options: ServerOptions, isOld: boolean): string {
	const { config = {}, host = loopback, isSentinel, tls, unixSocket } = options;
	const quiet: Record<string, string | number> = {
		port: tls ? 0 : port,
		bind: host,
		dir,
		logfile: 'server.log',
		loglevel: 'notice',
		'protected-mode': 'no',
	};
	const data: Record<string, string | number> = {
		save: '',
		appendonly: 'no',
		// The other way a replica waits up to a second or five before it is served.
		'repl-diskless-sync': 'no',
	};
	const secure: Record<string, string | number> = {
		'tls-port': port,
		'tls-cert-file': tlsFiles['server.crt'],
		'tls-key-file': tlsFiles['server.key'],
		'tls-ca-cert-file': tlsFiles['ca.crt'],
		'tls-auth-clients': tls === 'required' ? 'yes' : 'optional',
	};
	const settings: Record<string, string | number> = {
		...quiet,
		...(isSentinel ? {} : data),
		...(tls ? secure : {}),
		...(unixSocket ? { unixsocket: path.join(dir, 'redis.sock'), unixsocketperm: 700 } : {}),
	};
	if (isLines(config)) {
		return `${settingLines(settings)}\n${config.map(words => words.map(quote).join(' ')).join('\n')}\n`;
	}
	const all = { ...settings, ...config };
	// 6.0 and 6.2 have no such setting: DEBUG is always allowed there.
	if (isOld) delete all['enable-debug-command'];
	return `${settingLines(all)}\n`;
}

function isLines(config: ServerConfig): config is readonly (readonly string[])[] {
	return Array.isArray(config);
}

function settingLines(settings: Readonly<Record<string, string | number>>): string {
	return Object.entries(settings)
		.map(([name, value]) => `${name} ${value === '' ? '""' : value}`)
		.join('\n');
}

function quote(word: string): string {
	return /^[^\s"'\\#]+$/.test(word) ? word : `"${word.replace(/[\\"]/g, '\\$&')}"`;
}

function configValue(config: ServerConfig | undefined, name: string): string | undefined {
	if (config === undefined) return undefined;
	if (isLines(config)) return config.findLast(([word]) => word === name)?.[1];
	return config[name] === undefined ? undefined : String(config[name]);
}

function readLog(logfile: string): string {
	try {
		return readFileSync(logfile, 'latin1');
	} catch {
		return '';
	}
}

/**
 * The end of a server's log, or where it says that it crashes, which is long before the end. Fatal errors of the
 * configuration go to the standard output, so an empty log says as much.
 */
export function lastLines(logfile: string): string {
	const lines = readLog(logfile).trimEnd().split('\n');
	const crash = lines.findIndex(line => /BUG REPORT START|ASSERTION FAILED|crashed by signal/.test(line));
	const told = crash < 0 ? lines.slice(-10) : lines.slice(Math.max(0, crash - 5), crash + 20);
	return told.join('\n') || 'no log: wrong configuration?';
}
