// The thread behind load.ts: sends GETs and SETs at a steady pace over plain sockets and counts the answers. A thread,
// because a test that renders frames would otherwise slow the load that it measures; plain sockets with pipelining,
// because the counts must be of these commands and nothing a client library adds. It never waits for an answer before
// the next command, and it skips (and says so) what a target that does not answer has no room for.

import { connect, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

export type LoadTarget = {
	readonly host: string;
	readonly port: number;
	readonly password: string | undefined;
	/** Put in braces into every key, so that in a cluster the keys lie on this target. */
	readonly tag: string;
};

export type LoadPlan = {
	readonly targets: readonly LoadTarget[];
	readonly opsPerSecond: number;
	readonly hitShare: number;
	readonly setShare: number;
	readonly hotShare: number;
	readonly keys: number;
	readonly valueBytes: number;
	readonly totals: SharedArrayBuffer;
	readonly history: SharedArrayBuffer;
	/** [0]: rows of the history written so far. */
	readonly progress: SharedArrayBuffer;
};

/** What `totals` holds for each target, in this order; a row of `history` is a time and then the totals. */
export const countNames = ['hits', 'misses', 'sets', 'errors', 'lost', 'skipped'] as const;

/** Rows the history holds: ten minutes of one each pace. */
export const historyRows = 120_000;

const [HIT, MISS, SET, ERROR, LOST, SKIPPED] = [0, 1, 2, 3, 4, 5] as const;
const paceMilliseconds = 5;
const mostUnanswered = 1000;

type Kind = 'get' | 'set' | 'setup';

/** One target's connection: commands out, answers counted. */
function openTarget(target: LoadTarget, totals: Float64Array, plan: LoadPlan) {
	const name = (kind: string, index: number) => `load:{${target.tag}}:${kind}:${index}`;
	const value = 'x'.repeat(plan.valueBytes);
	const awaited: Kind[] = [];
	let socket: Socket;
	let port = target.port;
	let isLeaving = false;
	let isOpen = false;
	let hasFailed: Error | undefined;
	let rest: Buffer = Buffer.alloc(0);
	let count = 0;

	function count1(which: number): void {
		totals[which] = totals[which]! + 1;
	}

	function take(kind: Kind, first: number, isNull: boolean, line: string): void {
		if (kind === 'setup') {
			if (first === 0x2d) hasFailed = new Error(`${target.host}:${target.port}: ${line.slice(1)}`);
		} else if (first === 0x2d) {
			count1(ERROR);
			if (line.startsWith('-MOVED ')) follow(line);
		} else if (kind === 'set') count1(SET);
		else count1(isNull ? MISS : HIT);
	}

	/** `-MOVED 3999 127.0.0.1:6381`: once what is under way is answered, all goes to the owner, as clients do it. */
	function follow(line: string): void {
		const owner = Number(line.slice(line.lastIndexOf(':') + 1));
		if (!(owner > 0) || owner === port) return;
		port = owner;
		isLeaving = true;
		isOpen = false;
	}

	/** Simple strings, errors and bulk strings: all that these commands answer. */
	function read(chunk: Buffer): void {
		const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
		let at = 0;
		for (;;) {
			const end = bytes.indexOf('\r\n', at);
			if (end < 0) break;
			const line = bytes.toString('latin1', at, end);
			const length = bytes[at] === 0x24 ? Number(line.slice(1)) : -1;
			const next = end + 2 + (length < 0 ? 0 : length + 2);
			if (next > bytes.length) break;
			take(awaited.shift()!, bytes[at]!, length === -1, line);
			at = next;
		}
		rest = bytes.subarray(at);
		if (isLeaving && awaited.length === 0) socket.destroy();
	}

	function open(): void {
		rest = Buffer.alloc(0);
		socket = connect({ host: target.host, port, noDelay: true });
		socket.on('data', read);
		socket.on('error', error => {
			if (!isOpen) hasFailed = error;
		});
		socket.once('connect', () => {
			isOpen = true;
			if (target.password !== undefined) socket.write(request('setup', 'AUTH', target.password));
		});
		socket.once('close', () => {
			isOpen = false;
			isLeaving = false;
			totals[LOST] = totals[LOST]! + awaited.filter(kind => kind !== 'setup').length;
			awaited.length = 0;
			if (state !== 'stopping') setTimeout(open, 50);
		});
	}

	function request(kind: Kind, ...words: readonly string[]): string {
		awaited.push(kind);
		return `*${words.length}\r\n${words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
	}

	/** The n-th command of this target. The shares come out exactly, not by chance. */
	function command(n: number): string {
		if (isTurn(n, plan.setShare)) return request('set', 'SET', name('set', n % plan.keys), value);
		const gets = n - Math.floor((n + 1) * plan.setShare);
		if (!isTurn(gets, plan.hitShare)) return request('get', 'GET', name('miss', n % plan.keys));
		const hits = Math.floor(gets * plan.hitShare);
		const key = isTurn(hits, plan.hotShare) ? name('hot', 0) : name('hit', hits % plan.keys);
		return request('get', 'GET', key);
	}

	open();
	return {
		awaited,
		get hasFailed() {
			return hasFailed;
		},
		get isOpen() {
			return isOpen;
		},
		/** Writes the keys that are to be found; nothing else ever does, so FLUSHALL turns hits into misses. */
		fill() {
			const names = Array.from({ length: plan.keys }, (_, index) => name('hit', index));
			socket.write([name('hot', 0), ...names].map(key => request('setup', 'SET', key, value)).join(''));
		},
		send(commands: number) {
			const room = isOpen ? Math.min(commands, mostUnanswered - awaited.length) : 0;
			let text = '';
			for (let i = 0; i < room; i++) text += command(count++);
			if (room > 0) socket.write(text);
			totals[SKIPPED] = totals[SKIPPED]! + commands - Math.max(0, room);
		},
		close: () => socket.destroy(),
	};
}

/** Spreads a share evenly over whole numbers: true for `share` of all n. */
function isTurn(n: number, share: number): boolean {
	return Math.floor((n + 1) * share) > Math.floor(n * share);
}

let state: 'filling' | 'running' | 'paused' | 'stopping' = 'filling';

if (parentPort !== null) runLoad(workerData as LoadPlan, message => parentPort!.postMessage(message));

function runLoad(plan: LoadPlan, tell: (message: string) => void): void {
	const perTarget = countNames.length;
	const size = perTarget * 8;
	const totals = new Float64Array(plan.totals);
	const history = new Float64Array(plan.history);
	const progress = new Int32Array(plan.progress);
	const targets = plan.targets.map((target, index) =>
		openTarget(target, new Float64Array(plan.totals, index * size, perTarget), plan),
	);
	let runsSince = 0;
	let due = 0;
	let turn = 0;

	function writeRow(now: number): void {
		const row = progress[0]! % historyRows;
		history.set(totals, row * (1 + totals.length) + 1);
		history[row * (1 + totals.length)] = now;
		Atomics.add(progress, 0, 1);
	}

	/** When all is answered, the counts are those of the servers. */
	function isSettled(): boolean {
		return targets.every(target => target.awaited.length === 0);
	}

	function tick(): void {
		const failed = targets.find(target => target.hasFailed)?.hasFailed;
		if (state === 'filling' && failed !== undefined) tell(`failed ${failed.message}`);
		if (state !== 'running') return;
		const now = performance.now();
		const wanted = Math.floor(((now - runsSince) * plan.opsPerSecond) / 1000);
		const commands = wanted - due;
		due = wanted;
		for (const [index, target] of targets.entries()) {
			const place = (index - turn + targets.length) % targets.length;
			target.send(Math.floor(commands / targets.length) + (place < commands % targets.length ? 1 : 0));
		}
		turn = (turn + commands) % targets.length;
		writeRow(Date.now());
	}

	async function whenSettled(limit: number): Promise<void> {
		const deadline = performance.now() + limit;
		while (!isSettled() && performance.now() < deadline) await new Promise(resolve => setTimeout(resolve, 1));
	}

	async function obey(order: string): Promise<void> {
		if (order === 'resume') {
			state = 'running';
			runsSince = performance.now();
			due = 0;
		} else if (state !== 'stopping') {
			state = order === 'stop' ? 'stopping' : 'paused';
			await whenSettled(2000);
			if (order === 'stop') {
				clearInterval(pace);
				for (const target of targets) target.close();
			}
			writeRow(Date.now());
		}
		tell(order);
	}

	async function fill(): Promise<void> {
		while (!targets.every(target => target.isOpen)) await new Promise(resolve => setTimeout(resolve, 1));
		for (const target of targets) target.fill();
		await whenSettled(10_000);
		tick();
		if (!isSettled()) tell('failed: the keys were not written within 10 s');
		state = 'paused';
		writeRow(Date.now());
		tell('ready');
	}

	const pace = setInterval(tick, paceMilliseconds);
	parentPort?.on('message', order => {
		void obey(String(order)).then(() => {
			if (order === 'stop') parentPort?.close();
		});
	});
	void fill();
}
