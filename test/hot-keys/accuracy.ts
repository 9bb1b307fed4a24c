// How right HOTKEYS sessions are, on a real server that has them: many runs of `--hotkeys` against a load whose shares are
// known. What must show: the true top ten are in the list of twenty, the truth lies in the intervals that are told, and a
// slow key that is seldom used leads. Minutes to hours, so no lane runs it:
//
//   node --import tsx test/hot-keys/accuracy.ts [RUNS [RATE ...] [3+3]]     100 runs at 1,000 and 20,000 commands a second
//
// A session takes 10 s, most of it waiting: several servers are asked side by side where their loads leave room. All of
// the load are GETs of values of one size over names by Zipf, in an order of chance, so that a key's share of commands,
// of bytes and, in the long run, of time are the same. A load that could not be sent is no run.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from '../built.ts';
import { runOnce } from '../live/redis-top.ts';
import { startCluster } from '../servers/fleets.ts';
import { getServers, type Server } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { watch } from '../servers/watchdog.ts';

const here = fileURLToPath(import.meta.url);
const names = Array.from({ length: 1000 }, (_, rank) => `zipf:${String(rank).padStart(4, '0')}`);
const weights = names.map((_, rank) => 1 / (rank + 1));
const whole = weights.reduce((sum, weight) => sum + weight, 0);

/** An order of chance, the same in every process: so the load costs nothing while it is sent, and its shares are counted. */
const order = drawn(400_000);
const counts = new Map<string, number>();
for (const rank of order) counts.set(names[rank]!, (counts.get(names[rank]!) ?? 0) + 1);
const truthOf = (key: string) => (counts.get(key) ?? 0) / order.length;

function drawn(count: number): Uint16Array {
	const ends: number[] = [];
	for (const weight of weights) ends.push((ends.at(-1) ?? 0) + weight / whole);
	let state = 12_345;
	return Uint16Array.from({ length: count }, () => {
		// The generator of Lehmer.
		state = (state * 48_271) % 2_147_483_647;
		const wanted = state / 2_147_483_647;
		let [low, high] = [0, ends.length - 1];
		while (low < high) {
			const middle = (low + high) >> 1;
			if (ends[middle]! <= wanted) low = middle + 1;
			else high = middle;
		}
		return low;
	});
}
const topTen = names.slice(0, 10);

type Plan = {
	/** Of the servers, and which of them has each name. */
	readonly ports: readonly number[];
	readonly owners: readonly number[];
	readonly perSecond: number;
	readonly slowSeconds?: number;
};

// ---------------------------------------------------------------------------------------------------------
// The load, a process of its own

const slowKey = 'slow list';
const encoded = (words: readonly string[]) =>
	`*${words.length}\r\n${words.map(word => `$${word.length}\r\n${word}\r\n`).join('')}`;

/** For each server all that the order sends to it, encoded; `between` two commands of the endless order. */
function poolOf(owners: readonly number[], servers: number) {
	const texts = names.map(name => encoded(['GET', name]));
	return Array.from({ length: servers }, (_, server) => {
		const ends = new Uint32Array(order.length + 1);
		const parts: string[] = [];
		for (const [at, rank] of order.entries()) {
			const isHere = owners[rank] === server;
			if (isHere) parts.push(texts[rank]!);
			ends[at + 1] = ends[at]! + (isHere ? texts[rank]!.length : 0);
		}
		const bytes = Buffer.from(parts.join(''), 'latin1');
		return {
			*between(from: number, to: number): Generator<Buffer> {
				for (let at = from; at < to; ) {
					const first = at % order.length;
					const last = Math.min(order.length, first + to - at);
					if (ends[last]! > ends[first]!) yield bytes.subarray(ends[first]!, ends[last]!);
					at += last - first;
				}
			},
		};
	});
}

async function load({ ports, owners, perSecond, slowSeconds }: Plan): Promise<void> {
	const open = async (port: number) => {
		const socket = connect(port, '127.0.0.1');
		await once(socket, 'connect');
		socket.setNoDelay(true).resume();
		socket.on('error', () => process.exit(1));
		return socket;
	};
	const fast = await Promise.all(ports.map(open));
	const slow = await open(ports[0]!);
	const lines = poolOf(owners, ports.length);
	let [sent, late] = [0, 0];
	const began = performance.now();
	setInterval(() => {
		const due = ((performance.now() - began) / 1000) * perSecond;
		// What a machine that was busy kept back is not sent in one go.
		const now = Math.floor(Math.min(due - sent - late, perSecond / 10));
		late += Math.max(0, Math.floor(due - sent - late - now));
		for (const [index, line] of lines.entries())
			for (const part of line.between(sent, sent + now)) fast[index]!.write(part);
		sent += Math.max(0, now);
	}, 5);
	if (slowSeconds !== undefined)
		setInterval(() => slow.write(encoded(['LRANGE', slowKey, '0', '-1'])), slowSeconds * 1000);
	process.stdin.on('end', () => process.exit(0)).resume();
	console.log('ready');
}

async function startLoadProcess(plan: Plan): Promise<ChildProcess> {
	const child = spawn(process.execPath, ['--import', 'tsx', here, 'load', JSON.stringify(plan)], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	watch(child);
	await once(child.stdout!, 'data');
	return child;
}

// ---------------------------------------------------------------------------------------------------------
// The runs

type Found = {
	readonly key: string;
	readonly share: number | null;
	readonly low: number;
	readonly high: number;
	readonly unsure?: boolean;
	readonly netShare?: number;
	readonly netLow?: number;
	readonly netHigh?: number;
};

type Run = {
	/** That were counted by the servers, over all of the run. */
	readonly perSecond: number;
	readonly keys: readonly Found[];
	/** Nothing is told of the shares of time. */
	readonly isTimeUntold: boolean;
};

async function askOnce(nodes: readonly RunningServer[], state: string): Promise<Run> {
	const began = performance.now();
	const before = await commandsOf(nodes);
	const { stdout, stderr } = await runOnce(
		['--hotkeys', '--json', '--top', '20', '-p', String(nodes[0]!.port)],
		{ XDG_STATE_HOME: state },
	);
	if (stdout === '') throw new Error(stderr);
	const result = JSON.parse(stdout);
	const commands = (await commandsOf(nodes)) - before;
	return {
		perSecond: (commands / (performance.now() - began)) * 1000,
		keys: result.keys,
		isTimeUntold: result.keys.every(({ share, unsure }: Found) => share === null || unsure === true),
	};
}

async function commandsOf(nodes: readonly RunningServer[]): Promise<number> {
	const each = nodes.map(async node =>
		Number(/calls=(\d+)/.exec((await node.info('commandstats')).cmdstat_get ?? '')?.[1] ?? 0),
	);
	return (await Promise.all(each)).reduce((sum, calls) => sum + calls, 0);
}

type Asked = Pick<Plan, 'perSecond' | 'slowSeconds'> & {
	readonly count: number;
	/** Each on servers of its own, so many side by side. */
	readonly atOnce: number;
	readonly isCluster: boolean;
};

async function ask({ count, atOnce, isCluster, ...plan }: Asked): Promise<readonly Run[]> {
	const runs: Run[] = [];
	let begun = 0;
	const [server] = await getServers(['redis-experimental']);
	await Promise.all(
		Array.from({ length: atOnce }, async () => {
			const state = mkdtempSync(path.join(tmpdir(), 'redis-top-accuracy-'));
			const { nodes, stop } = isCluster ? await clusterOf(server!) : await oneOf(server!);
			try {
				const owners = await fillNames(nodes);
				for (let part = 0; plan.slowSeconds !== undefined && part < 300; part++)
					await nodes[0]!.call('RPUSH', slowKey, ...Array.from({ length: 1000 }, () => 'item'));
				const child = await startLoadProcess({ ...plan, owners, ports: nodes.map(({ port }) => port) });
				while (begun < count) {
					begun++;
					runs.push(await askOnce(nodes, state));
				}
				child.stdin!.end();
			} finally {
				await stop();
				rmSync(state, { recursive: true });
			}
		}),
	);
	return runs;
}

async function oneOf(server: Server) {
	const node = await startServer(server);
	return { nodes: [node], stop: node.stop };
}

async function clusterOf(server: Server) {
	const { primaries, stop } = await startCluster(server, { nodeTimeout: 15_000 });
	return { nodes: primaries, stop };
}

/** Writes them; which of the servers took each. */
function fillNames(nodes: readonly RunningServer[]): Promise<readonly number[]> {
	return Promise.all(
		names.map(async name => {
			const taken = nodes.map(node =>
				node.call('SET', name, 'x'.repeat(100)).then(
					() => true,
					() => false,
				),
			);
			return (await Promise.all(taken)).indexOf(true);
		}),
	);
}

const percent = (share: number) => `${(share * 100).toFixed(2)}%`;
const of = (part: number, all: number) => `${part} of ${all}`;

/** One line of figures; true where all of them are as they must be. */
function judge(rate: number, runs: readonly Run[]): boolean {
	const asked = runs.filter(({ perSecond }) => perSecond > rate * 0.7);
	const reached = runs.map(({ perSecond }) => Math.round(perSecond)).sort((a, b) => a - b);
	const listed = asked.filter(({ keys }) => topTen.every(name => keys.some(({ key }) => key === name)));
	const told = asked.flatMap(({ keys }) => keys.filter(({ share, unsure }) => share !== null && !unsure));
	const bytes = asked.flatMap(({ keys }) => keys.filter(({ netShare }) => netShare !== undefined));
	const inTime = told.filter(each => truthOf(each.key) >= each.low && truthOf(each.key) <= each.high);
	const inBytes = bytes.filter(
		each => truthOf(each.key) >= each.netLow! && truthOf(each.key) <= each.netHigh!,
	);
	const untold = asked.filter(({ isTimeUntold }) => isTimeUntold).length;
	const missed = told.filter(each => !inTime.includes(each));
	console.log(
		`${rate} commands a second, ${of(asked.length, runs.length)} runs with a load of at least 70% of it (reached ${reached[0]} to ${reached.at(-1)}), time told in ${of(asked.length - untold, asked.length)}:\n` +
			`  true top ten in the list of twenty   ${of(listed.length, asked.length)}\n` +
			`  truth in the interval of time        ${of(inTime.length, told.length)} keys\n` +
			`  truth in the interval of bytes       ${of(inBytes.length, bytes.length)} keys`,
	);
	for (const { key, share, low, high } of missed)
		console.log(
			`  missed: ${key} is ${percent(truthOf(key))}, told ${percent(share!)}, ${percent(low)} to ${percent(high)}`,
		);
	return (
		asked.length > 0 &&
		listed.length >= asked.length * 0.95 &&
		inTime.length >= told.length * 0.9 &&
		inBytes.length >= bytes.length * 0.9
	);
}

function judgeSlow(runs: readonly Run[]): boolean {
	const first = runs.filter(({ keys }) => keys[0]?.key === slowKey && !keys[0].unsure);
	console.log(
		`200 GETs a second and a LRANGE of 300,000 items every 2 s:\n  the slow key leads                   ${of(first.length, runs.length)}`,
	);
	return first.length === runs.length;
}

const [word, ...rest] = process.argv.slice(2);
if (word === 'load') await load(JSON.parse(rest[0]!));
else {
	buildIfStale();
	const isCluster = rest.includes('3+3');
	const count = Number(word ?? 100);
	const given = rest.filter(each => each !== '3+3').map(Number);
	const rates = given.length > 0 ? given : [1000, 20_000];
	const slow = { perSecond: 200, slowSeconds: 2, isCluster: false };
	let isRight = isCluster || judgeSlow(await ask({ ...slow, count: Math.ceil(count / 5), atOnce: 4 }));
	for (const perSecond of rates) {
		const atOnce = perSecond > 5000 || isCluster ? 1 : 5;
		isRight = judge(perSecond, await ask({ perSecond, count, atOnce, isCluster })) && isRight;
	}
	process.exitCode = isRight ? 0 : 1;
}
