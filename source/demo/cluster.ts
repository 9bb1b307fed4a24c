// The demo's cluster: three primaries with a replica each, real servers on loopback, on free ports, in a folder of
// their own under the system's temporary one. Small limits and short timeouts, so that in a minute memory fills and a
// failover happens. Servers end by SIGKILL, since nothing here is worth saving, and nothing stays: neither after
// `stop`, nor `stopNow` (for a hook that cannot wait), nor when this process is killed (watchdog.ts).

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type DemoClient, openDemoClient } from '../redis/demo-client.ts';
import type { FoundServer } from './find-server.ts';
import { shardCount, slotsOfShard } from './slots.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

const host = '127.0.0.1';
const nodeCount = 2 * shardCount;
const readyMilliseconds = 15_000;

const settings: Readonly<Record<string, string | number>> = {
	bind: host,
	logfile: 'server.log',
	loglevel: 'warning',
	save: '""',
	appendonly: 'no',
	'cluster-enabled': 'yes',
	'cluster-node-timeout': 2500,
	// The limit is set by traffic.ts, when it is known what the same data takes in this version.
	'maxmemory-policy': 'allkeys-lru',
	// A replica would otherwise wait 5 s for others to join its full sync.
	'repl-diskless-sync': 'yes',
	'repl-diskless-sync-delay': 0,
};

export type DemoNode = {
	readonly port: number;
	/** `127.0.0.1:port` */
	readonly address: string;
	readonly isRunning: boolean;
	readonly start: () => void;
	/** SIGKILL: a crash. */
	readonly kill: () => Promise<void>;
	readonly connect: () => Promise<DemoClient>;
};

export type DemoCluster = {
	/** Primaries first, each with its replica three places on; as they were at the start. */
	readonly nodes: readonly DemoNode[];
	/** Port of the primary that serves each shard, asked of a node that runs; undefined where there is none. */
	readonly primaryPorts: () => Promise<readonly (number | undefined)[]>;
	readonly stop: () => Promise<void>;
	readonly stopNow: () => void;
};

/** Starts it and waits until all slots are served and every replica is in step. */
export async function startDemoCluster(server: FoundServer): Promise<DemoCluster> {
	for (let attempt = 1; ; attempt++) {
		const cluster = prepare(server, await freePorts());
		try {
			for (const node of cluster.nodes) node.start();
			await join(cluster.nodes);
			return cluster;
		} catch (thrown) {
			const words = cluster.lastWords();
			await cluster.stop();
			// Between our look at a port and the server's bind another process may have taken it.
			if (/already in use|[Ff]ailed listening/.test(words) && attempt < 5) continue;
			throw new Error(`the demo's servers did not start: ${words || (thrown as Error).message}`, {
				cause: thrown,
			});
		}
	}
}

type Prepared = DemoCluster & { readonly lastWords: () => string };

function prepare(server: FoundServer, ports: readonly number[]): Prepared {
	const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-demo-'));
	const watchdog = startWatchdog(folder);
	const nodes = ports.map(port => nodeAt(server, folder, port, watchdog));
	let stopped: Promise<void> | undefined;
	const stop = async () => {
		await Promise.all(nodes.map(node => node.kill()));
		remove(folder);
		await watchdog.release();
	};
	return {
		nodes,
		primaryPorts: () => primaryPorts(nodes),
		lastWords: () => nodes.map(node => node.lastWords()).find(text => text !== '') ?? '',
		stop() {
			stopped ??= stop();
			return stopped;
		},
		stopNow() {
			for (const node of nodes) node.signal();
			remove(folder);
			void watchdog.release();
		},
	};
}

/** A process that is being killed may still write: what cannot be removed now, the watchdog removes. */
function remove(folder: string): void {
	try {
		rmSync(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 20 });
	} catch {}
}

function nodeAt(server: FoundServer, folder: string, port: number, watchdog: Watchdog) {
	const dir = path.join(folder, String(port));
	const lines = Object.entries({ ...settings, port, dir }).map(([name, value]) => `${name} ${value}`);
	mkdirSync(dir);
	writeFileSync(path.join(dir, 'server.conf'), `${lines.join('\n')}\n`);
	let child: ChildProcess | undefined;
	let exited: Promise<void> = Promise.resolve();
	let failure = '';
	const isRunning = () => child?.pid !== undefined && child.exitCode === null && child.signalCode === null;

	const signal = () => {
		if (!isRunning()) return;
		try {
			process.kill(-child!.pid!, 'SIGKILL');
		} catch {
			child!.kill('SIGKILL');
		}
	};

	return {
		port,
		address: `${host}:${port}`,
		get isRunning() {
			return isRunning();
		},
		start() {
			if (isRunning()) return;
			// In a session of its own: a ^C in the terminal ends redis-top, and by that, in order, its servers.
			const started = spawn(server.path, ['server.conf'], { cwd: dir, stdio: 'ignore', detached: true });
			child = started;
			exited = new Promise(resolve => {
				started.once('exit', () => resolve());
				started.once('error', error => {
					failure = error.message;
					resolve();
				});
			});
			if (started.pid !== undefined) watchdog.watch(started);
			started.unref();
		},
		signal,
		async kill() {
			signal();
			if (isRunning()) child!.ref();
			await exited;
		},
		connect() {
			if (!child) throw new Error(`the demo's server on port ${port} is not running`);
			return openDemoClient({ child, port });
		},
		/** Why it ended, if it did. */
		lastWords() {
			if (isRunning() || !child) return '';
			return failure || lastLine(path.join(dir, 'server.log')) || 'a server ended without a word';
		},
	};
}

function lastLine(logfile: string): string {
	try {
		const lines = readFileSync(logfile, 'latin1').trimEnd().split('\n');
		// A port that is taken is said before the last line, which only says that it gives up.
		return lines.find(line => /already in use/.test(line)) ?? lines.at(-1)!;
	} catch {
		return '';
	}
}

// ---------------------------------------------------------------------------------------------------------
// Ports

/**
 * Six in a row, free now with their cluster bus ports. Not the well-known 7000 and so on: the nodes of somebody's own
 * cluster would take ours for one of theirs that is down just now. All below the kernel's ports for outgoing calls.
 */
async function freePorts(): Promise<readonly number[]> {
	for (let attempt = 0; attempt < 200; attempt++) {
		const first = 11_001 + 10 * Math.floor(Math.random() * 990);
		const ports = Array.from({ length: nodeCount }, (_, index) => first + index);
		const areFree = await Promise.all(ports.flatMap(port => [isFree(port), isFree(port + 10_000)]));
		if (areFree.every(Boolean)) return ports;
	}
	throw new Error('no six free ports in a row on 127.0.0.1');
}

function isFree(port: number): Promise<boolean> {
	return new Promise(resolve => {
		const probe = createServer();
		probe.once('error', () => resolve(false));
		probe.listen(port, host, () => probe.close(() => resolve(true)));
	});
}

// ---------------------------------------------------------------------------------------------------------
// From six servers to a cluster

async function join(nodes: readonly DemoNode[]): Promise<void> {
	const deadline = performance.now() + readyMilliseconds;
	const clients = await Promise.all(nodes.map(node => firstClient(node, deadline)));
	try {
		const ids = await Promise.all(clients.map(async client => String(await client.call('CLUSTER', 'MYID'))));
		await Promise.all(clients.map((client, index) => client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)));
		await Promise.all(
			clients
				.slice(0, shardCount)
				.map((client, shard) => client.call('CLUSTER', 'ADDSLOTS', ...slotsOfShard(shard))),
		);
		// Each meets each: at once known to all, where gossip alone would take seconds.
		for (const [index, client] of clients.entries()) {
			for (const other of nodes.slice(index + 1)) await client.call('CLUSTER', 'MEET', host, other.port);
		}
		await until(deadline, 'the nodes know each other', () => allOf(clients, client => knowsAll(client)));
		await Promise.all(
			clients.slice(shardCount).map((client, shard) => client.call('CLUSTER', 'REPLICATE', ids[shard]!)),
		);
		await until(deadline, 'the cluster is ok', () => allOf(clients, client => isWell(client, ids)));
	} finally {
		for (const client of clients) client.close();
	}
}

async function firstClient(node: DemoNode, deadline: number): Promise<DemoClient> {
	for (;;) {
		try {
			return await node.connect();
		} catch (thrown) {
			if (!node.isRunning || performance.now() > deadline) throw thrown;
			await pause(20);
		}
	}
}

async function until(deadline: number, what: string, isTrue: () => Promise<boolean>): Promise<void> {
	while (!(await isTrue())) {
		if (performance.now() > deadline) throw new Error(`waited too long until ${what}`);
		await pause(50);
	}
}

async function allOf(clients: readonly DemoClient[], isTrue: (client: DemoClient) => Promise<boolean>) {
	return (await Promise.all(clients.map(isTrue))).every(Boolean);
}

/** The words of every line of CLUSTER NODES whose node is connected and not in handshake. */
async function peers(client: DemoClient): Promise<readonly (readonly string[])[]> {
	const lines = String(await client.call('CLUSTER', 'NODES'))
		.trimEnd()
		.split('\n');
	return lines
		.map(line => line.split(' '))
		.filter(([, , flags, , , , , link]) => link === 'connected' && !/handshake|noaddr|fail/.test(flags!));
}

async function knowsAll(client: DemoClient): Promise<boolean> {
	return (await peers(client)).length === nodeCount;
}

async function isWell(client: DemoClient, ids: readonly string[]): Promise<boolean> {
	if (!/cluster_state:ok/.test(String(await client.call('CLUSTER', 'INFO')))) return false;
	if (/master_link_status:down/.test(String(await client.call('INFO', 'replication')))) return false;
	const known = await peers(client);
	return ids.every((id, index) =>
		known.some(words => words[0] === id && words[3] === (index < shardCount ? '-' : ids[index - shardCount])),
	);
}

/** By CLUSTER NODES of the first node that answers: the owner of each shard's first slot that nobody calls failed. */
async function primaryPorts(nodes: readonly DemoNode[]): Promise<readonly (number | undefined)[]> {
	for (const node of nodes.filter(each => each.isRunning)) {
		const client = await node.connect().catch(() => undefined);
		const owners = client && (await peers(client).catch(() => undefined));
		client?.close();
		if (owners) return Array.from({ length: shardCount }, (_, shard) => ownerOf(shard, owners, nodes));
	}
	return Array.from({ length: shardCount }, () => undefined);
}

function ownerOf(
	shard: number,
	known: readonly (readonly string[])[],
	nodes: readonly DemoNode[],
): number | undefined {
	const first = String(slotsOfShard(shard)[0]);
	const owner = known.find(words => words[8]?.split('-')[0] === first);
	const port = Number(/:(\d+)@/.exec(owner?.[1] ?? '')?.[1]);
	return nodes.find(node => node.port === port && node.isRunning)?.port;
}
