// Sends the actions of known-shares.ts at random and at a steady pace, from a process of its own: a test that counts
// must not slow what it counts. The same seed draws the same sequence. Without `perSecond` it goes as fast as it can,
// one write of many commands after the other. Run as a program it is that process.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { slotOf } from '../../source/core/keys/key-slot.ts';
import type { RunningServer } from '../servers/start.ts';
import { watch } from '../servers/watchdog.ts';
import { actions } from './known-shares.ts';

type Plan = {
	/** In a cluster each has an equal part of the slots, in this order. */
	readonly ports: readonly number[];
	readonly perSecond: number;
	readonly seed: number;
};

export type Traffic = {
	/** Ends it; throws if a server answered with an error. */
	stop(): Promise<void>;
};

/** Runs when it resolves. */
export async function startTraffic(
	nodes: readonly RunningServer[],
	{ perSecond, seed }: { readonly perSecond: number; readonly seed: number },
): Promise<Traffic> {
	const plan: Plan = { ports: nodes.map(({ port }) => port), perSecond, seed };
	const child = spawn(
		process.execPath,
		['--import', 'tsx', fileURLToPath(import.meta.url), JSON.stringify(plan)],
		{ stdio: ['pipe', 'pipe', 'inherit'] },
	);
	watch(child);
	await firstLine(child);
	return {
		async stop() {
			const said = firstLine(child);
			child.stdin!.end();
			const errors = await said;
			child.kill('SIGKILL');
			if (errors !== '0 errors') throw new Error(`the traffic had ${errors}`);
		},
	};
}

async function firstLine(child: ChildProcess): Promise<string> {
	const [chunk] = await Promise.race([
		once(child.stdout!, 'data'),
		once(child, 'exit').then(() => ['it ended']),
	]);
	return String(chunk).trim();
}

// ---------------------------------------------------------------------------------------------------------
// The process

const paceMilliseconds = 4;
const connectionsEach = 4;

/** mulberry32. */
function randomFrom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const encoded = (words: readonly string[]) =>
	`*${words.length}\r\n${words.map(word => `$${word.length}\r\n${word}\r\n`).join('')}`;

async function run({ ports, perSecond, seed }: Plan): Promise<void> {
	const random = randomFrom(seed);
	let errors = 0;
	const sockets: Socket[][] = await Promise.all(
		ports.map(port =>
			Promise.all(
				Array.from({ length: connectionsEach }, async () => {
					const socket = connect(port, '127.0.0.1');
					await once(socket, 'connect');
					socket.setNoDelay(true);
					socket.on('data', chunk => {
						// No value of ours has a line that begins so.
						if (chunk.includes('\r\n-') || chunk[0] === 45) errors++;
					});
					socket.on('error', () => process.exit(1));
					return socket;
				}),
			),
		),
	);
	const cumulative: number[] = [];
	let total = 0;
	for (const { probability } of actions) {
		total += probability;
		cumulative.push(total);
	}
	const texts = actions.map(({ commands }) => commands.map(encoded).join(''));
	const nodes = actions.map(({ slotKey }) => {
		const slot = slotOf(slotKey);
		const node = ports.findIndex((_, index) => slot < Math.round((16_384 * (index + 1)) / ports.length));
		return node;
	});
	const draw = () => {
		const wanted = random() * total;
		let [low, high] = [0, cumulative.length - 1];
		while (low < high) {
			const middle = (low + high) >> 1;
			if (cumulative[middle]! <= wanted) low = middle + 1;
			else high = middle;
		}
		return low;
	};
	let sent = 0;
	const began = performance.now();
	const timer = setInterval(() => {
		const due = Math.min(sent + perSecond / 10, ((performance.now() - began) / 1000) * perSecond);
		const out = ports.map(() => Array.from({ length: connectionsEach }, () => ''));
		for (; sent < due; sent++) {
			const index = draw();
			const connection = Math.floor(random() * connectionsEach);
			out[nodes[index]!]![connection] += texts[index]!;
		}
		for (const [node, parts] of out.entries())
			for (const [connection, text] of parts.entries())
				if (text !== '') sockets[node]![connection]!.write(text, 'latin1');
	}, paceMilliseconds);
	process.stdin.on('end', () => {
		clearInterval(timer);
		console.log(`${errors} errors`);
	});
	process.stdin.resume();
	console.log('ready');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(JSON.parse(process.argv[2]!));
