// Several servers that know each other, as an operator has them: a primary with replicas, the same under three
// Sentinels, a cluster. Each is ready when its promise resolves: links up, every view complete, nothing in handshake;
// a test that starts earlier would see the start and not what it came for. Timeouts are short, so failovers are too.
// Ports, folders and the end of the processes are start.ts's; if one server does not start, the others are stopped.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Server } from './servers.ts';
import { type RunningServer, type ServerConfig, type ServerOptions, startServer } from './start.ts';
import { until } from './until.ts';

type PlainConfig = Readonly<Record<string, string | number>>;

/** Where a server runs; on loopback where it is not said. */
type Place = Pick<ServerOptions, 'host' | 'networkNamespace'>;

export type RunningPair = {
	readonly primary: RunningServer;
	readonly replica: RunningServer;
	readonly nodes: readonly RunningServer[];
	stop(): Promise<void>;
};

export type RunningSentinels = {
	/** Of the primary, as the Sentinels call it. */
	readonly name: string;
	readonly primary: RunningServer;
	readonly replicas: readonly RunningServer[];
	readonly sentinels: readonly RunningServer[];
	readonly nodes: readonly RunningServer[];
	stop(): Promise<void>;
};

export type RunningCluster = {
	/** Primaries first. Their roles are those of the start. */
	readonly nodes: readonly RunningServer[];
	readonly primaries: readonly RunningServer[];
	/** The i-th replicates primary i modulo the number of primaries. */
	readonly replicas: readonly RunningServer[];
	/** Node ids, in the order of `nodes`. */
	readonly ids: readonly string[];
	stop(): Promise<void>;
};

/** A primary and its replica, in step. `config` is for both. */
export async function startPair(
	server: Server,
	{ config = {} }: { readonly config?: PlainConfig } = {},
): Promise<RunningPair> {
	const { primary, replicas } = await startReplicated(server, 1, config);
	const nodes = [primary, ...replicas];
	return { primary, replica: replicas[0]!, nodes, stop: () => stopAll(nodes) };
}

/** A primary, two replicas and three Sentinels that all know one another; quorum 2, down after 1.5 s. */
export async function startSentinels(
	server: Server,
	{
		name = 'mymaster',
		replicas: replicaCount = 2,
		sentinels: sentinelCount = 3,
		quorum = 2,
		downAfter = 1500,
		failoverTimeout = 5000,
		config = {},
		place = {},
	}: {
		readonly name?: string;
		readonly replicas?: number;
		readonly sentinels?: number;
		readonly quorum?: number;
		/** Milliseconds. */
		readonly downAfter?: number;
		/** Milliseconds. */
		readonly failoverTimeout?: number;
		/** For the primary and the replicas. */
		readonly config?: PlainConfig;
		readonly place?: Place;
	} = {},
): Promise<RunningSentinels> {
	const { primary, replicas } = await startReplicated(server, replicaCount, config, place);
	const conf: ServerConfig = [
		['sentinel', 'monitor', name, primary.host, String(primary.port), String(quorum)],
		['sentinel', 'down-after-milliseconds', name, String(downAfter)],
		['sentinel', 'failover-timeout', name, String(failoverTimeout)],
		...(primary.password === undefined ? [] : [['sentinel', 'auth-pass', name, primary.password]]),
	];
	const data = [primary, ...replicas];
	return orStop(data, async () => {
		const sentinels = await startAll(sentinelCount, () =>
			startServer(server, { isSentinel: true, config: conf, ...place }),
		);
		const nodes = [...data, ...sentinels];
		await orStop(sentinels, () =>
			Promise.all(
				sentinels.map(sentinel =>
					until(() => knowsAll(sentinel, name, replicaCount, sentinelCount - 1), {
						what: `the Sentinel ${sentinel.address} knows ${replicaCount} replicas and the other Sentinels`,
					}),
				),
			),
		);
		return { name, primary, replicas, sentinels, nodes, stop: () => stopAll(nodes) };
	});
}

/** A cluster with all slots served, evenly cut, each replica linked. `config` is for every node. */
export async function startCluster(
	server: Server,
	{
		primaries: primaryCount = 3,
		replicasEach = 1,
		nodeTimeout = 2000,
		config = {},
		places = [],
	}: {
		readonly primaries?: number;
		readonly replicasEach?: number;
		/** Milliseconds. */
		readonly nodeTimeout?: number;
		readonly config?: PlainConfig;
		/** Where each node runs, primaries first; on loopback where it is not said. */
		readonly places?: readonly Pick<ServerOptions, 'host' | 'port' | 'args' | 'networkNamespace' | 'tls'>[];
	} = {},
): Promise<RunningCluster> {
	const all: PlainConfig = { 'cluster-enabled': 'yes', 'cluster-node-timeout': nodeTimeout, ...config };
	const nodes = await startAll(primaryCount * (1 + replicasEach), index =>
		startServer(server, { config: all, ...places[index] }),
	);
	return orStop(nodes, async () => {
		const primaries = nodes.slice(0, primaryCount);
		const replicas = nodes.slice(primaryCount);
		const ids = await Promise.all(nodes.map(async node => String(await node.call('CLUSTER', 'MYID'))));
		await Promise.all(nodes.map((node, index) => node.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)));
		await Promise.all(
			primaries.map((node, index) => node.call('CLUSTER', 'ADDSLOTS', ...slotsOf(index, primaryCount))),
		);
		// Each meets each: at once known to all, where gossip alone would take seconds.
		for (const [index, node] of nodes.entries()) {
			await Promise.all(
				nodes.slice(index + 1).map(other => node.call('CLUSTER', 'MEET', other.host, other.port)),
			);
		}
		await Promise.all(
			nodes.map(node =>
				until(async () => (await clusterPeers(node)).filter(isKnown).length === nodes.length, {
					what: `the cluster node ${node.address} knows all ${nodes.length} nodes`,
				}),
			),
		);
		await Promise.all(
			replicas.map((node, index) => node.call('CLUSTER', 'REPLICATE', ids[index % primaryCount]!)),
		);
		await Promise.all([
			...nodes.map(node =>
				until(() => isComplete(node, ids, primaryCount), {
					what: `the cluster node ${node.address} says ok and sees every replica under its primary`,
				}),
			),
			...primaries.map(node => areLinked(node, replicasEach)),
			...replicas.map(isLinked),
		]);
		return { nodes, primaries, replicas, ids, stop: () => stopAll(nodes) };
	});
}

/**
 * What its file says of shards is consistent. For some seconds after the start of a cluster it need not be, and a server
 * of 7.2 and later that is killed then refuses its own file ("corrupted cluster config").
 */
export function mayBeKilled(node: RunningServer): boolean {
	const lines = readFileSync(path.join(node.dir, 'nodes.conf'), 'latin1').split('\n');
	const shards = new Map(lines.map(line => [line.slice(0, 40), /shard-id=(\w+)/.exec(line)?.[1]]));
	return lines.every(line => {
		const primary = / (?:myself,)?slave ([0-9a-f]{40}) /.exec(line)?.[1];
		return primary === undefined || shards.get(primary) === shards.get(line.slice(0, 40));
	});
}

async function startReplicated(server: Server, count: number, config: PlainConfig, place: Place = {}) {
	const primary = await startServer(server, { config, ...place });
	return orStop([primary], async () => {
		const follow: PlainConfig = { replicaof: `${primary.host} ${primary.port}`, ...withMasterAuth(config) };
		const replicas = await startAll(count, () =>
			startServer(server, { config: { ...config, ...follow }, ...place }),
		);
		await orStop(replicas, () => Promise.all([areLinked(primary, count), ...replicas.map(isLinked)]));
		return { primary, replicas };
	});
}

function withMasterAuth({ requirepass }: PlainConfig): PlainConfig {
	return requirepass === undefined ? {} : { masterauth: requirepass };
}

function areLinked(primary: RunningServer, count: number): Promise<unknown> {
	return until(
		async () => {
			const lines = Object.entries(await primary.info('replication'));
			return (
				lines.filter(([name, text]) => /^slave\d/.test(name) && /state=online/.test(text)).length === count
			);
		},
		{ what: `${primary.address} has ${count} replicas online` },
	);
}

function isLinked(replica: RunningServer): Promise<unknown> {
	return until(async () => (await replica.info('replication')).master_link_status === 'up', {
		what: `${replica.address} is linked to its primary`,
	});
}

/** Complete and sure: a failover asked for now finds a replica to elect. */
async function knowsAll(sentinel: RunningServer, name: string, replicas: number, sentinels: number) {
	const ask = async (what: string) => (await sentinel.call('SENTINEL', what, name)) as string[][];
	const isWell = (flags: string, linkStatus?: string) => (state: string[]) =>
		fieldOf(state, 'flags') === flags && fieldOf(state, 'master-link-status') === linkStatus;
	if (fieldOf((await sentinel.call('SENTINEL', 'MASTER', name)) as string[], 'flags') !== 'master')
		return false;
	if ((await ask('REPLICAS')).filter(isWell('slave', 'ok')).length !== replicas) return false;
	return (await ask('SENTINELS')).filter(isWell('sentinel')).length === sentinels;
}

/** Of a reply that is a list of names and values. */
function fieldOf(state: readonly string[], name: string): string | undefined {
	const index = state.indexOf(name);
	return index < 0 ? undefined : state[index + 1];
}

/** The words of every line of CLUSTER NODES. */
async function clusterPeers(node: RunningServer): Promise<readonly (readonly string[])[]> {
	const text = String(await node.call('CLUSTER', 'NODES'));
	return text
		.trimEnd()
		.split('\n')
		.map(line => line.split(' '));
}

function isKnown([, , flags, , , , , link]: readonly string[]): boolean {
	return link === 'connected' && !/handshake|noaddr|fail/.test(flags!);
}

async function isComplete(node: RunningServer, ids: readonly string[], primaries: number): Promise<boolean> {
	if (!/cluster_state:ok/.test(String(await node.call('CLUSTER', 'INFO')))) return false;
	const peers = (await clusterPeers(node)).filter(isKnown);
	return ids.every((id, index) => {
		const primary = index < primaries ? '-' : ids[(index - primaries) % primaries];
		return peers.some(words => words[0] === id && words[3] === primary);
	});
}

function slotsOf(index: number, count: number): number[] {
	const first = Math.round((16_384 * index) / count);
	const end = Math.round((16_384 * (index + 1)) / count);
	return Array.from({ length: end - first }, (_, offset) => first + offset);
}

/** Starts so many at once. If one fails, the others are stopped and its error is thrown. */
async function startAll(
	count: number,
	start: (index: number) => Promise<RunningServer>,
): Promise<RunningServer[]> {
	const results = await Promise.allSettled(Array.from({ length: count }, (_, index) => start(index)));
	const started = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
	const failed = results.find(result => result.status === 'rejected');
	if (failed === undefined) return started;
	await stopAll(started);
	throw failed.reason;
}

async function orStop<T>(started: readonly RunningServer[], continuation: () => Promise<T>): Promise<T> {
	try {
		return await continuation();
	} catch (error) {
		await stopAll(started);
		throw error;
	}
}

async function stopAll(servers: readonly RunningServer[]): Promise<void> {
	await Promise.all(servers.map(server => server.stop()));
}
