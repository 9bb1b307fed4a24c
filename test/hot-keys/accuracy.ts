// How right HOTKEYS sessions are, on a real server that has them: many runs of `--hotkeys` against a load whose shares are
// known. What must show: the true top ten are in the list of twenty, the truth lies in the intervals that are told, and a
// slow key that is seldom used leads. Minutes to hours, so no lane runs it:
//
//   node --import tsx test/hot-keys/accuracy.ts [RUNS [RATE ...]]     100 runs at 1,000 and 20,000 commands a second
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
import { getServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { watch } from '../servers/watchdog.ts';

const here = fileURLToPath(import.meta.url);
const names = Array.from({ length: 1000 }, (_, rank) => `zipf:${String(rank).padStart(4, '0')}`);
const weights = names.map((_, rank) => 1 / (rank + 1));
const whole = weights.reduce((sum, weight) => sum + weight, 0);
const truthOf = (key: string) => (weights[names.indexOf(key)] ?? 0) / whole;
const topTen = names.slice(0, 10);

type Plan = { readonly port: number; readonly perSecond: number; readonly slowSeconds?: number };

// ---------------------------------------------------------------------------------------------------------
// The load, a process of its own

const slowKey = 'slow list';
const encoded = (words: readonly string[]) =>
	`*${words.length}\r\n${words.map(word => `$${word.length}\r\n${word}\r\n`).join('')}`;

async function load({ port, perSecond, slowSeconds }: Plan): Promise<void> {
	const open = async () => {
		const socket = connect(port, '127.0.0.1');
		await once(socket, 'connect');
		socket.setNoDelay(true).resume();
		socket.on('error', () => process.exit(1));
		return socket;
	};
	const [fast, slow] = [await open(), await open()];
	const texts = names.map(name => encoded(['GET', name]));
	const ends: number[] = [];
	for (const weight of weights) ends.push((ends.at(-1) ?? 0) + weight / whole);
	const draw = () => {
		const wanted = Math.random();
		let [low, high] = [0, ends.length - 1];
		while (low < high) {
			const middle = (low + high) >> 1;
			if (ends[middle]! <= wanted) low = middle + 1;
			else high = middle;
		}
		return low;
	};
	let [sent, late] = [0, 0];
	const began = performance.now();
	setInterval(() => {
		const due = ((performance.now() - began) / 1000) * perSecond;
		// What a machine that was busy kept back is not sent in one go.
		const now = Math.min(due - sent - late, perSecond / 10);
		late += Math.max(0, due - sent - late - now);
		let out = '';
		for (let count = 0; count < now; count++, sent++) out += texts[draw()];
		if (out !== '') fast.write(out);
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
	readonly commands: number;
	readonly keys: readonly Found[];
	/** Nothing is told of the shares of time. */
	readonly isTimeUntold: boolean;
};

async function askOnce(node: RunningServer, state: string): Promise<Run> {
	const before = await commandsOf(node);
	const { stdout, stderr } = await runOnce(['--hotkeys', '--json', '--top', '20', '-p', String(node.port)], {
		XDG_STATE_HOME: state,
	});
	if (stdout === '') throw new Error(stderr);
	const result = JSON.parse(stdout);
	return {
		commands: (await commandsOf(node)) - before,
		keys: result.keys,
		isTimeUntold: result.keys.every(({ share, unsure }: Found) => share === null || unsure === true),
	};
}

const commandsOf = async (node: RunningServer) =>
	Number(/calls=(\d+)/.exec((await node.info('commandstats')).cmdstat_get ?? '')?.[1] ?? 0);

/** Each on a server of its own, so many side by side. */
async function ask(count: number, atOnce: number, plan: Omit<Plan, 'port'>): Promise<readonly Run[]> {
	const runs: Run[] = [];
	let begun = 0;
	const [server] = await getServers(['redis-experimental']);
	await Promise.all(
		Array.from({ length: atOnce }, async () => {
			const state = mkdtempSync(path.join(tmpdir(), 'redis-top-accuracy-'));
			const node = await startServer(server!);
			try {
				await node.call('MSET', ...names.flatMap(name => [name, 'x'.repeat(100)]));
				for (let part = 0; plan.slowSeconds !== undefined && part < 300; part++)
					await node.call('RPUSH', slowKey, ...Array.from({ length: 1000 }, () => 'item'));
				const child = await startLoadProcess({ ...plan, port: node.port });
				while (begun < count) {
					begun++;
					runs.push(await askOnce(node, state));
				}
				child.stdin!.end();
			} finally {
				await node.stop();
				rmSync(state, { recursive: true });
			}
		}),
	);
	return runs;
}

const of = (part: number, all: number) => `${part} of ${all}`;

/** One line of figures; true where all of them are as they must be. */
function judge(rate: number, runs: readonly Run[]): boolean {
	const asked = runs.filter(run => run.commands > rate * 10 * 0.7);
	const listed = asked.filter(({ keys }) => topTen.every(name => keys.some(({ key }) => key === name)));
	const told = asked.flatMap(({ keys }) => keys.filter(({ share, unsure }) => share !== null && !unsure));
	const bytes = asked.flatMap(({ keys }) => keys.filter(({ netShare }) => netShare !== undefined));
	const inTime = told.filter(each => truthOf(each.key) >= each.low && truthOf(each.key) <= each.high);
	const inBytes = bytes.filter(
		each => truthOf(each.key) >= each.netLow! && truthOf(each.key) <= each.netHigh!,
	);
	const untold = asked.filter(({ isTimeUntold }) => isTimeUntold).length;
	console.log(
		`${rate} commands a second, ${of(asked.length, runs.length)} runs with a load of at least 70% of it, time told in ${of(asked.length - untold, asked.length)}:\n` +
			`  true top ten in the list of twenty   ${of(listed.length, asked.length)}\n` +
			`  truth in the interval of time        ${of(inTime.length, told.length)} keys\n` +
			`  truth in the interval of bytes       ${of(inBytes.length, bytes.length)} keys`,
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
	const count = Number(word ?? 100);
	const rates = rest.length > 0 ? rest.map(Number) : [1000, 20_000];
	let isRight = judgeSlow(await ask(Math.ceil(count / 5), 4, { perSecond: 200, slowSeconds: 2 }));
	for (const rate of rates)
		isRight = judge(rate, await ask(count, rate > 5000 ? 1 : 5, { perSecond: rate })) && isRight;
	process.exitCode = isRight ? 0 : 1;
}
