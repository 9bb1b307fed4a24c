// Sends the shop's commands at a steady pace, each straight to its shard, from inside this process: a portion every
// 100 ms and connection, so that 3,000 commands a second cost little. It never waits for an answer before the next
// portion, and leaves one out where a node does not answer. When a primary dies it asks who serves the shard now,
// as a client library does: on an error, not all the time. What is sent is shop.ts's, how much scenario.ts's.

import { isArray, isError } from '../core/reply.ts';
import type { Reply } from '../core/types.ts';
import type { DemoClient, Words } from '../redis/demo-client.ts';
import type { DemoCluster } from './cluster.ts';
import {
	fullShard,
	page,
	pageKey,
	read,
	refill,
	type Shard,
	slowRead,
	stock,
	stockShop,
	warm,
	withoutTtl,
	write,
} from './shop.ts';

const paceMilliseconds = 100;
const slowReadMilliseconds = 20_000;
const followMilliseconds = 300;
const mostUnanswered = 1000;
const writeShare = 0.18;
/** Of the new version, for each shard. */
const leakedMilliseconds = 2500;
const mostLeaked = 200;
/** Sessions a second that are brought back after the memory was full. */
const warmPerSecond = 500;
const megabyte = 1024 * 1024;
/** From the calm to the limit: what the export writes in eight seconds. */
const roomMegabytes = 20;
/** The hot key makes its shard the busiest. */
const shares = [0.42, 0.31, 0.27];

export type Mix = {
	/** Of all shards together. */
	readonly opsPerSecond: number;
	/** Pages of the export, 8 kB each, into one shard. */
	readonly pagesPerSecond: number;
	/** The new one asks for each product twice, gives its sessions no TTL, and opens connections that nobody closes. */
	readonly version?: 'new';
};

export type Traffic = {
	readonly setMix: (mix: Mix) => void;
	/** Removes the pages that were written, and brings back by and by what they pushed out. */
	readonly tidy: () => void;
	readonly stop: () => void;
};

type Lane = {
	readonly shard: Shard;
	readonly index: number;
	web?: DemoClient;
	worker?: DemoClient;
	port?: number;
	isFollowing: boolean;
	/** Not before: a node may answer MOVED for a part of its slots for as long as it likes. */
	followAt: number;
	/** Fractions of commands that are due. */
	owed: Record<'reads' | 'writes' | 'pages' | 'warmed', number>;
	refills: Words[];
	slowReadAt: number;
	/** Connections that the new version has forgotten. */
	readonly leaked: DemoClient[];
	leakAt: number;
	/** The next session to bring back; undefined when nothing is to be brought back. */
	warmNext?: number;
};

/** Fills the servers, then starts. */
export async function startTraffic(cluster: DemoCluster, firstMix: Mix): Promise<Traffic> {
	const startedAt = performance.now();
	const lanes = stockShop().map((shard, index): Lane => newLane(shard, index, startedAt));
	let mix = firstMix;
	let pages = 0;
	let isStopped = false;

	async function open(lane: Lane, port: number): Promise<void> {
		const node = cluster.nodes.find(each => each.port === port)!;
		lane.port = port;
		lane.web = await openAs(node, 'shop-web');
		lane.worker = await openAs(node, 'shop-worker');
		if (isStopped) closeLane(lane);
	}

	/** Goes to the shard's primary of now; tries until there is one. */
	async function follow(lane: Lane): Promise<void> {
		if (lane.isFollowing || isStopped) return;
		lane.isFollowing = true;
		for (;;) {
			const port = (await cluster.primaryPorts())[lane.index];
			const isSame = port === lane.port && lane.web?.isOpen && lane.worker?.isOpen;
			if (isStopped || isSame) break;
			closeLane(lane);
			if (port !== undefined && (await open(lane, port).then(isDone, isNot))) break;
			await new Promise(resolve => setTimeout(resolve, followMilliseconds));
		}
		lane.followAt = performance.now() + 1000;
		lane.isFollowing = false;
	}

	function onReply(lane: Lane, reply: Reply, words: Words): void {
		if (isError(reply)) {
			if (/^(MOVED|READONLY|MASTERDOWN)/.test(reply.error) && performance.now() > lane.followAt)
				void follow(lane);
			return;
		}
		const isMissing = reply === null || (isArray(reply) && reply.length === 0);
		const again = isMissing ? refill(words, lane.shard) : undefined;
		if (again && lane.refills.length < 200) lane.refills.push(again);
	}

	function sendPortion(lane: Lane, seconds: number, now: number): void {
		if (!lane.web?.isOpen || !lane.worker?.isOpen) void follow(lane);
		const { shard, index, owed } = lane;
		const perSecond = mix.opsPerSecond * shares[index]! * wobble(now / 1000 + 5 * index);
		owed.reads += perSecond * (1 - writeShare) * seconds;
		owed.writes += perSecond * writeShare * seconds;
		owed.pages += index === fullShard ? mix.pagesPerSecond * seconds : 0;
		owed.warmed += lane.warmNext === undefined ? 0 : warmPerSecond * seconds;
		const isNew = mix.version === 'new';
		const asked = takeDue(owed, 'reads', () => read(shard));
		const reads = isNew ? asked.flatMap(words => (words[0] === 'HGETALL' ? [words, words] : [words])) : asked;
		if (isNew) leak(lane, now);
		const written = takeDue(owed, 'writes', () => write(shard));
		const writes = [
			...(isNew ? written.map(words => withoutTtl(words)) : written),
			...takeDue(owed, 'pages', () => page(pageKey(pages++))),
			...takeDue(owed, 'warmed', () => warm(shard, lane.warmNext!++)),
		];
		if (lane.warmNext !== undefined && lane.warmNext >= shard.sessions.length) lane.warmNext = undefined;
		if (now >= lane.slowReadAt) {
			lane.slowReadAt = now + slowReadMilliseconds;
			const slow = slowRead(shard);
			if (slow) writes.push(slow);
		}
		const listen = (reply: Reply, words: Words) => onReply(lane, reply, words);
		sendTo(lane.web, [...reads, ...lane.refills.splice(0)], listen);
		sendTo(lane.worker, writes, listen);
	}

	function leak(lane: Lane, now: number): void {
		if (now < lane.leakAt || lane.leaked.length >= mostLeaked) return;
		lane.leakAt = now + leakedMilliseconds;
		const node = cluster.nodes.find(each => each.port === lane.port);
		if (!node) return;
		const keep = (client: DemoClient) => {
			if (isStopped) client.close();
			else lane.leaked.push(client);
		};
		openAs(node, 'shop-web').then(keep, isNot);
	}

	await fill(cluster, lanes, open);
	let lastAt = performance.now();
	const timer = setInterval(() => {
		const now = performance.now();
		// After a suspension what was missed is not made up for.
		const seconds = Math.min(0.25, (now - lastAt) / 1000);
		lastAt = now;
		for (const lane of lanes) sendPortion(lane, seconds, now);
	}, paceMilliseconds);

	return {
		setMix(next) {
			mix = next;
			// The process of the new version is gone, and all that it held.
			if (next.version !== 'new') for (const lane of lanes) closeLeaked(lane);
		},
		tidy() {
			const keys = Array.from({ length: pages }, (_, n) => pageKey(n));
			pages = 0;
			// The pages of one export lie in one slot, so one command may name them all.
			const unlinks: Words[] = [];
			for (let first = 0; first < keys.length; first += 20)
				unlinks.push(['UNLINK', ...keys.slice(first, first + 20)]);
			const lane = lanes[fullShard]!;
			lane.worker?.send(unlinks);
			lane.warmNext = 0;
		},
		stop() {
			isStopped = true;
			clearInterval(timer);
			for (const lane of lanes) {
				closeLane(lane);
				closeLeaked(lane);
			}
		},
	};
}

const newLane = (shard: Shard, index: number, now: number): Lane => ({
	shard,
	index,
	isFollowing: false,
	followAt: 0,
	owed: { reads: 0, writes: 0, pages: 0, warmed: 0 },
	refills: [],
	leaked: [],
	leakAt: 0,
	// Not all at the same time.
	slowReadAt: now + (slowReadMilliseconds * (index + 1)) / 4,
});

async function fill(
	cluster: DemoCluster,
	lanes: readonly Lane[],
	open: (lane: Lane, port: number) => Promise<void>,
): Promise<void> {
	await Promise.all(
		lanes.map(async lane => {
			await open(lane, cluster.nodes[lane.index]!.port);
			for (const portion of stock(lane.shard)) {
				lane.worker!.send(portion);
				// One portion on the way at a time: the whole stock at once would sit in a buffer.
				await lane.worker!.call('PING');
			}
			lane.worker!.send([['SLOWLOG', 'RESET']]);
		}),
	);
	await setLimits(cluster, lanes);
}

/** The limit of every node, with room for what the story writes: Redis 8 needs 12 MB more than 7 for the same data. */
async function setLimits(cluster: DemoCluster, lanes: readonly Lane[]): Promise<void> {
	const memory = await Promise.all(lanes.map(lane => lane.worker!.call('INFO', 'memory')));
	const used = memory.map(text => Number(/^used_memory:(\d+)/m.exec(String(text))?.[1]));
	const limit = Math.round(Math.max(...used) / megabyte / 2 + roomMegabytes / 2) * 2 * megabyte;
	await Promise.all(
		cluster.nodes.map(async node => {
			const client = await node.connect();
			await client.call('CONFIG', 'SET', 'maxmemory', limit);
			// Into its file too: it holds when the node comes back.
			await client.call('CONFIG', 'REWRITE');
			client.close();
		}),
	);
}

async function openAs(node: DemoCluster['nodes'][number], name: string): Promise<DemoClient> {
	const client = await node.connect();
	client.send([['CLIENT', 'SETNAME', name]]);
	return client;
}

function closeLane(lane: Lane): void {
	const { web, worker } = lane;
	lane.web = undefined;
	lane.worker = undefined;
	web?.close();
	worker?.close();
}

function closeLeaked({ leaked }: Lane): void {
	for (const client of leaked.splice(0)) client.close();
}

function sendTo(
	client: DemoClient | undefined,
	commands: readonly Words[],
	onReply: (reply: Reply, words: Words) => void,
): void {
	if (client && client.unanswered < mostUnanswered) client.send(commands, onReply);
}

function takeDue(owed: Lane['owed'], kind: keyof Lane['owed'], make: () => Words | undefined): Words[] {
	const due = Math.floor(owed[kind]);
	owed[kind] -= due;
	return Array.from({ length: due }, make).filter(words => words !== undefined);
}

/** Around 1: the slow swell and the jitter that every real load has. */
const wobble = (seconds: number): number =>
	1 + 0.07 * Math.sin(seconds / 6) + 0.03 * Math.sin(seconds * 1.7) + 0.05 * (Math.random() - 0.5);

const isDone = () => true;
const isNot = () => false;
