// Incidents of the field, each as it is made on a real server: what must be found, and, where memory is the matter, what
// the runbook names first. incidents.live.ts watches them. What is made in other live files, because it goes on after
// it was found (lost data that is saved, a pause that ends), is there.

import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import type { Redis } from 'ioredis';
import * as fill from '../servers/fill-memory.ts';
import { startCluster, startPair, startSentinels } from '../servers/fleets.ts';
import { countsErrors } from '../servers/having.ts';
import type { Server } from '../servers/servers.ts';
import { canSlowDown, startOnSlowDisk } from '../servers/slow-disk.ts';
import { aclUser, type RunningServer, type ServerOptions, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { delaySync, fill as fillKeys, keyCount, keysOf, withTime } from './rescue.ts';

const isNotTold = (server: Server) => !countsErrors(server) && 'errors are not counted before 6.2';

/** What a case starts is ended by the test, the last first. */
export type Begun = (() => Promise<unknown> | unknown)[];

export type Made = {
	readonly seed: RunningServer;
	/** Done while it is watched. */
	readonly begin?: () => Promise<unknown> | unknown;
};

export type Incident = {
	readonly name: string;
	/** Ids that must be there, each with its kind and severity: `commands-refused MISCONF crit`. */
	readonly finds: readonly string[];
	readonly says: RegExp;
	/** What else a server can say of it that counts no errors (before 6.2); where nothing, it cannot be told there. */
	readonly uncounted?: { readonly finds: readonly string[]; readonly says: RegExp };
	/** It is over before a check could begin: what one says then. */
	readonly isPast?: RegExp;
	/** In the first lines of the runbook. */
	readonly memory?: RegExp;
	readonly isScanned?: boolean;
	/** Findings that come and go with the moment. */
	readonly besides?: readonly string[];
	/** Not made on this server, with the reason. */
	readonly isNotMade?: (server: Server) => string | false;
	readonly make: (server: Server, begun: Begun) => Promise<Made>;
};

/** Does it again and again until the test is over; what is refused is what is wanted. */
function again(begun: Begun, act: () => Promise<unknown>, every = 40): void {
	let isOver = false;
	const loop = (async () => {
		while (!isOver) {
			await act().catch(() => {});
			await new Promise(resolve => setTimeout(resolve, every));
		}
	})();
	begun.push(() => {
		isOver = true;
		return loop;
	});
}

async function started(
	server: Server,
	begun: Begun,
	config: Readonly<Record<string, string | number>> = {},
	options: ServerOptions = {},
): Promise<RunningServer> {
	const running = await startServer(server, { ...options, config });
	begun.push(() => running.stop());
	return running;
}

async function pairOf(server: Server, begun: Begun, config: Readonly<Record<string, string | number>> = {}) {
	const pair = await startPair(server, { config });
	begun.push(() => pair.stop());
	return pair;
}

/** Writes and reads, as an application does. */
function load(begun: Begun, client: Redis): void {
	let count = 0;
	again(begun, async () => {
		const commands = client.pipeline();
		for (let each = 0; each < 10; each++, count++)
			commands.set(`s:${count % 1000}`, 'x'.repeat(100)).get(`s:${(count * 7) % 1000}`);
		await commands.exec();
	});
}

const untilUsed = (node: RunningServer, share: number, more: (round: number) => Promise<unknown>) => {
	let round = 0;
	return until(
		async () => {
			const { used_memory: used, maxmemory } = await node.info('memory');
			if (Number(used) >= Number(maxmemory) * share) return true;
			await more(round++);
			return false;
		},
		{ what: 'it is filled', every: 1, timeout: 60_000 },
	);
};

export const incidents: readonly Incident[] = [
	{
		name: 'script cache',
		finds: ['memory-high crit'],
		says: /memory 9\d% of /,
		memory: /The cause is the script cache.*SCRIPT FLUSH( ASYNC)? frees them/s,
		async make(server, begun) {
			const node = await started(server, begun, { maxmemory: '40mb', 'maxmemory-policy': 'noeviction' });
			const keepsEval = server.name === 'redis' && server.version.startsWith('7.');
			const one = keepsEval ? fill.fillByEval : fill.fillByScriptLoad;
			const begin = () => untilUsed(node, 0.92, round => one(node, 2000, round * 2000));
			return { seed: node, begin };
		},
	},
	{
		name: 'pending entries of a stream',
		finds: ['memory-high crit'],
		says: /memory 9\d% of /,
		memory:
			/The cause is entries of streams that were delivered and never acknowledged, about .*events:orders/,
		isScanned: true,
		async make(server, begun) {
			const node = await started(server, begun, { maxmemory: '12mb', 'maxmemory-policy': 'noeviction' });
			await node.call('XGROUP', 'CREATE', 'events:orders', 'billing', '$', 'MKSTREAM');
			return { seed: node, begin: () => untilUsed(node, 0.92, () => fill.fillPending(node, 10_000)) };
		},
	},
	{
		name: 'stalls between two readings',
		finds: ['stalled crit'],
		says: /^(\d stalls in|no answer for)/m,
		// One that ends within a refresh is a long ping of it.
		besides: ['ping-high'],
		async make(server, begun) {
			const node = await started(server, begun);
			let isOver = false;
			const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds));
			begun.push(() => {
				isOver = true;
			});
			const begin = () => {
				void (async () => {
					while (!isOver) {
						node.freeze();
						await pause(2500);
						if (node.isRunning) node.thaw();
						await pause(1500);
					}
				})();
			};
			return { seed: node, begin };
		},
	},
	{
		name: 'a disk that is slow to sync',
		finds: ['fsync-slow crit', 'stalled crit'],
		says: /AOF fsync delayed .* the disk is slow/,
		// Its stalls are pings too, in some readings of a few and not in others.
		besides: ['ping-high'],
		isNotMade: () => !canSlowDown && 'no C compiler for a slow disk',
		async make(server, begun) {
			const node = await startOnSlowDisk(server, { milliseconds: 4000, holdsWrites: true });
			begun.push(() => node.stop());
			return { seed: node, begin: () => load(begun, node.connect({ commandTimeout: undefined })) };
		},
	},
	{
		name: 'a link that never came up, wrong masterauth',
		finds: ['replication-link crit'],
		says: /never came up: \S+ asks for a password \(masterauth\)/,
		async make(server, begun) {
			const primary = await started(server, begun, { requirepass: 'right' });
			const seed = await started(server, begun, {
				replicaof: `${primary.host} ${primary.port}`,
				masterauth: 'wrong',
			});
			return { seed };
		},
	},
	{
		name: 'a link that never came up, wrong masteruser',
		finds: ['replication-link crit'],
		says: /never came up: \S+ refuses its password \(masterauth, masteruser\)/,
		// It tries once a second, which is the limit.
		besides: ['auth-failing'],
		uncounted: { finds: ['replication-link crit'], says: /link to its primary never came up/ },
		async make(server, begun) {
			const primary = await started(server, begun);
			const seed = await started(server, begun, {
				replicaof: `${primary.host} ${primary.port}`,
				...{ masterauth: 'wrong', masteruser: 'nobody' },
			});
			return { seed };
		},
	},
	{
		name: 'refused: NOREPLICAS',
		finds: ['commands-refused NOREPLICAS crit'],
		says: /NOREPLICAS/,
		async make(server, begun) {
			const node = await started(server, begun, { 'min-replicas-to-write': 1 });
			return { seed: node, begin: () => load(begun, node.connect()) };
		},
	},
	{
		name: 'refused: NOPERM',
		finds: ['commands-refused NOPERM crit'],
		says: /NOPERM \d+\/s/,
		isNotMade: isNotTold,
		async make(server, begun) {
			const node = await started(server, begun);
			await aclUser(node, 'app', 'pw', ['~*', '+@read', '+ping', '+auth']);
			return { seed: node, begin: () => load(begun, node.connect({ username: 'app', password: 'pw' })) };
		},
	},
	{
		name: 'refused: READONLY at a replica',
		finds: ['commands-refused READONLY crit'],
		says: /READONLY \d+\/s/,
		isNotMade: isNotTold,
		async make(server, begun) {
			const { replica } = await pairOf(server, begun);
			return { seed: replica, begin: () => load(begun, replica.connect()) };
		},
	},
	{
		name: 'refused: WRONGPASS',
		finds: ['auth-failing WRONGPASS warn'],
		says: /WRONGPASS \d+\/s/,
		isNotMade: isNotTold,
		async make(server, begun) {
			const node = await started(server, begun);
			await aclUser(node, 'app', 'pw', ['~*', '+@read', '+ping', '+auth']);
			const client = node.connect();
			return { seed: node, begin: () => again(begun, () => client.call('AUTH', 'app', 'nope')) };
		},
	},
	{
		name: 'clients that do not log in: NOAUTH',
		finds: ['auth-failing NOAUTH warn'],
		says: /clients not logged in: NOAUTH \d+\/s/,
		isNotMade: isNotTold,
		async make(server, begun) {
			const node = await started(server, begun, { requirepass: 'secret' });
			const client = node.connect({ password: undefined });
			return { seed: node, begin: () => again(begun, () => client.get('a')) };
		},
	},
	{
		name: 'a disk that takes no snapshot stops all writes: MISCONF',
		finds: ['commands-refused MISCONF crit', 'save-failing crit'],
		says: /writes refused, it cannot save to disk: MISCONF \d+\/s, \d+% of commands/,
		uncounted: { finds: ['save-failing crit'], says: /last rdb save failed/ },
		async make(server, begun) {
			const node = await started(server, begun, { save: '3600 1', 'stop-writes-on-bgsave-error': 'yes' });
			// A folder in the way of the file: it holds for root as well, whom no permission stops.
			mkdirSync(`${node.dir}/dump.rdb`);
			await node.call('BGSAVE');
			const status = async () => (await node.info('persistence')).rdb_last_bgsave_status === 'err';
			await until(status, { what: 'the snapshot has failed' });
			const client = node.connect();
			return { seed: node, begin: () => again(begun, () => client.set('a', '1')) };
		},
	},
	{
		name: 'a cluster that lost a shard: CLUSTERDOWN',
		finds: ['commands-refused CLUSTERDOWN crit', 'slots-uncovered crit', 'failover-impossible crit'],
		says: /refused, the cluster is down: CLUSTERDOWN \d+\/s/,
		uncounted: { finds: ['slots-uncovered crit', 'failover-impossible crit'], says: /no answer/ },
		async make(server, begun) {
			const cluster = await startCluster(server, { replicasEach: 0 });
			begun.push(() => cluster.stop());
			const client = cluster.primaries[0]!.connect();
			const begin = async () => {
				await cluster.primaries[2]!.kill();
				again(begun, () => client.get('a'));
			};
			return { seed: cluster.primaries[0]!, begin };
		},
	},
	{
		name: 'query buffers',
		finds: ['memory-high crit', 'output-buffers crit'],
		says: /query buffers/,
		memory: /The cause is query buffers.*maxmemory-clients/s,
		async make(server, begun) {
			const node = await started(server, begun, { maxmemory: '60mb' });
			return { seed: node, begin: () => fill.fillQueryBuffers(node, 28, 2_000_000) };
		},
	},
	{
		name: 'expired keys that nobody reclaimed',
		finds: ['memory-high crit'],
		says: /memory 9\d% of /,
		memory: /The cause is keys that have expired and were not reclaimed/,
		isScanned: true,
		async make(server, begun) {
			const config = { maxmemory: '0', 'maxmemory-policy': 'noeviction', 'enable-debug-command': 'local' };
			const node = await started(server, begun, config);
			const begin = async () => {
				await fill.fillWithExpired(node, 100_000, 200);
				const { used_memory: used } = await node.info('memory');
				await node.call('CONFIG', 'SET', 'maxmemory', Math.round(Number(used) / 0.94));
			};
			return { seed: node, begin };
		},
	},
	{
		name: 'CLIENT PAUSE WRITE',
		finds: ['paused crit'],
		says: /writes paused/,
		isNotMade: server => !countsErrors(server) && 'no PAUSE WRITE before 6.2',
		async make(server, begun) {
			const node = await started(server, begun);
			const client = node.connect({ commandTimeout: undefined });
			const begin = async () => {
				await node.call('CLIENT', 'PAUSE', '120000', 'WRITE');
				client.set('a', '1').catch(() => {});
			};
			return { seed: node, begin };
		},
	},
	{
		name: 'a slot open at one side',
		finds: ['slot-open warn'],
		says: /slot 9000 open at the target only: a reshard was broken off/,
		async make(server, begun) {
			const cluster = await startCluster(server, { replicasEach: 0 });
			begun.push(() => cluster.stop());
			const [node] = cluster.primaries;
			const begin = () => node!.call('CLUSTER', 'SETSLOT', '9000', 'IMPORTING', cluster.ids[1]!);
			return { seed: node!, begin };
		},
	},
	{
		name: 'a replica that evicts by itself',
		finds: ['replica-evicts warn'],
		says: /replica evicts by itself at its own maxmemory/,
		// What the buffers of those who look take is over so small a limit for a moment.
		besides: ['over-limit'],
		async make(server, begun) {
			const config = { 'replica-ignore-maxmemory': 'no', 'maxmemory-policy': 'allkeys-random' };
			const { primary, replica } = await pairOf(server, begun, config);
			await fillKeys(primary);
			await until(async () => (await keysOf(replica)) === keyCount, { what: 'the replica has the keys' });
			const begin = async () => {
				const used = Number((await replica.info('memory')).used_memory);
				await replica.call('CONFIG', 'SET', 'maxmemory', String(used - 150_000));
			};
			return { seed: primary, begin };
		},
	},
	...(['FLUSHALL', 'FLUSHDB', 'UNLINK'] as const).map(
		(word): Incident => ({
			name: `keys lost by ${word}`,
			finds: ['keys-lost crit'],
			says: new RegExp(`^5\\.0k keys to \\S+ in \\S+s by ${word}`, 'm'),
			isPast: /^OK /,
			async make(server, begun) {
				const node = await started(server, begun);
				await fillKeys(node);
				const client = node.connect();
				const keys = Array.from({ length: keyCount - 100 }, (_, index) => `{k}${index}`);
				return { seed: node, begin: () => client.call(word, ...(word === 'UNLINK' ? keys : [])) };
			},
		}),
	),
	{
		name: 'two replicas of each other',
		finds: ['replication-link crit'],
		says: /^no primary, writes are refused: it replicates \S+, which replicates it$/m,
		async make(server, begun) {
			const { primary, replica } = await pairOf(server, begun);
			return { seed: primary, begin: () => primary.call('REPLICAOF', replica.host, replica.port) };
		},
	},
	{
		name: 'one primary under two names of the Sentinels',
		finds: ['views-differ warn'],
		says: /^one primary under 2 names, mymaster and other: each is failed over by itself$/m,
		// The new name has no quorum until its Sentinels have met.
		besides: ['quorum-lost'],
		async make(server, begun) {
			const fleet = await startSentinels(server);
			begun.push(() => fleet.stop());
			const { host, port } = fleet.primary;
			const begin = () =>
				Promise.all(fleet.sentinels.map(each => each.call('SENTINEL', 'MONITOR', 'other', host, port, 2)));
			return { seed: fleet.sentinels[0]!, begin };
		},
	},
	{
		name: 'no room for clients, and none for us',
		finds: ['unreachable crit'],
		says: /^refuses us: max number of clients reached/m,
		async make(server, begun) {
			const node = await started(server, begun, { maxclients: 20 });
			const sockets = Array.from({ length: 40 }, () => connect(node.port, node.host).on('error', () => {}));
			begun.push(() => sockets.forEach(socket => void socket.destroy()));
			const isFull = () =>
				Promise.resolve(sockets.filter(({ readyState }) => readyState !== 'open').length >= 20);
			await until(isFull, { what: 'half of them were turned away' });
			return { seed: node };
		},
	},
	{
		name: 'a primary with keys is made the replica of an empty server',
		finds: ['keys-lost crit'],
		says: /^(about to lose 5\.0k keys, it follows \S+, which has 0: REPLICAOF NO ONE here keeps them|5\.0k keys to 0 in \S+s by becoming a replica of \S+)$/m,
		isPast: /^OK /,
		async make(server, begun) {
			const node = await started(server, begun);
			const empty = await started(server, begun);
			await fillKeys(node);
			return { seed: node, begin: () => node.call('REPLICAOF', empty.host, empty.port) };
		},
	},
	{
		name: 'a primary comes back empty',
		finds: ['came-back-empty crit'],
		says: /REPLICAOF NO ONE/,
		// Its link is up again within seconds.
		besides: ['replication-link'],
		async make(server, begun) {
			const { primary, replica } = await pairOf(server, begun, withTime);
			await delaySync(primary, 60);
			await fillKeys(primary);
			await until(async () => (await keysOf(replica)) === keyCount, { what: 'the replica has the keys' });
			const begin = async () => {
				await primary.kill();
				await primary.restart();
			};
			return { seed: primary, begin };
		},
	},
];
