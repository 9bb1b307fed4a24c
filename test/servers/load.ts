// A load that knows what it did: GETs that hit or miss as asked and SETs, at a steady pace, each counted when it is
// answered. So a test can hold a rate on the screen against what was really applied. In a cluster every primary named
// gets an equal share, by keys whose hash tag lies in its slots; a share follows its slots after the first MOVED (those
// that were under way are counted as errors), and is still counted under the target that it began with.
// The work is done in a thread (load-worker.ts). Exact against INFO: `pause()` first, which waits for all answers.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { countNames, historyRows, type LoadPlan } from './load-worker.ts';
import type { RunningServer } from './start.ts';

// Node 20 starts a thread without the TypeScript loader of the main thread, so the thread registers it itself.
const workerProgram = `import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(tsx => {
	tsx.register();
	return import(${JSON.stringify(new URL('load-worker.ts', import.meta.url).href)});
})`;

export type LoadOptions = {
	/** Of all targets together. */
	readonly opsPerSecond: number;
	/** Of the GETs, how many find their key: 0 to 1. */
	readonly hitShare?: number;
	/** Of the commands, how many are SETs. */
	readonly setShare?: number;
	/** Of the GETs that hit, how many ask for one and the same key, `load:{tag}:hot:0`. */
	readonly hotShare?: number;
	/** Names to each target and kind. */
	readonly keys?: number;
	readonly valueBytes?: number;
	/** True: waits for `resume()`, so that a test can read the counters before the first command. */
	readonly isPaused?: boolean;
};

/** Answered commands. `commands` is hits + misses + sets + errors, so what the server counts as processed. */
export type LoadCounts = {
	readonly commands: number;
	readonly hits: number;
	readonly misses: number;
	readonly sets: number;
	/** Answered with an error. */
	readonly errors: number;
	/** Sent, but the connection ended before the answer: applied or not, nobody knows. */
	readonly lost: number;
	/** Not sent, since the target did not answer or was away. */
	readonly skipped: number;
};

export type Load = {
	/** Hash tag of each target's keys, in the order of the targets. */
	readonly tags: readonly string[];
	/** Since the start; of one target if named. Its keys are written before and not counted. */
	counts(target?: RunningServer): LoadCounts;
	/** Between two times of Date.now(), to 5 ms; not further back than ten minutes. */
	between(from: number, to: number, target?: RunningServer): LoadCounts;
	/** Sends no more and waits until all is answered (at most 2 s): now `counts()` is what the servers counted. */
	pause(): Promise<LoadCounts>;
	resume(): Promise<void>;
	stop(): Promise<LoadCounts>;
};

/** Writes the keys, then starts. */
export async function startLoad(
	targets: readonly RunningServer[],
	{
		opsPerSecond,
		hitShare = 0.9,
		setShare = 0.1,
		hotShare = 0,
		keys = 1000,
		valueBytes = 32,
		isPaused = false,
	}: LoadOptions,
): Promise<Load> {
	const tags = await Promise.all(targets.map(findTag));
	const width = targets.length * countNames.length;
	const plan: LoadPlan = {
		targets: targets.map(({ host, port, password }, index) => ({ host, port, password, tag: tags[index]! })),
		...{ opsPerSecond, hitShare, setShare, hotShare, keys, valueBytes },
		totals: new SharedArrayBuffer(width * 8),
		history: new SharedArrayBuffer(historyRows * (1 + width) * 8),
		progress: new SharedArrayBuffer(4),
	};
	const totals = new Float64Array(plan.totals);
	const history = new Float64Array(plan.history);
	const progress = new Int32Array(plan.progress);
	const worker = new Worker(workerProgram, { eval: true, workerData: plan });
	let hasStopped = false;

	async function heard(): Promise<void> {
		// Holds the process only while something is awaited: a load that was forgotten does not.
		worker.ref();
		const [message] = await once(worker, 'message');
		worker.unref();
		if (String(message).startsWith('failed')) {
			await worker.terminate();
			throw new Error(`the load ${message}`);
		}
	}

	async function order(what: 'pause' | 'resume' | 'stop'): Promise<void> {
		if (hasStopped) return;
		hasStopped = what === 'stop';
		worker.postMessage(what);
		await heard();
	}

	function sum(values: Float64Array, target: RunningServer | undefined): LoadCounts {
		const of = (name: (typeof countNames)[number]) =>
			targets.reduce((total, one, index) => {
				const value = values[index * countNames.length + countNames.indexOf(name)]!;
				return target === undefined || target === one ? total + value : total;
			}, 0);
		const [hits, misses, sets, errors] = [of('hits'), of('misses'), of('sets'), of('errors')];
		const commands = hits + misses + sets + errors;
		return { commands, hits, misses, sets, errors, lost: of('lost'), skipped: of('skipped') };
	}

	/** The totals as they were then: of the last row that is not later. */
	function totalsAt(at: number): Float64Array {
		const newest = Atomics.load(progress, 0) - 1;
		const row = (index: number) => (index % historyRows) * (1 + width);
		let found = newest;
		while (found > Math.max(0, newest - historyRows + 2) && history[row(found)]! > at) found--;
		return history.slice(row(found) + 1, row(found) + 1 + width);
	}

	const load: Load = {
		tags,
		counts: target => sum(totals, target),
		between(from, to, target) {
			const before = totalsAt(from);
			return sum(
				totalsAt(to).map((value, index) => value - before[index]!),
				target,
			);
		},
		async pause() {
			await order('pause');
			return load.counts();
		},
		resume: () => order('resume'),
		async stop() {
			await order('stop');
			return load.counts();
		},
	};
	await heard();
	if (!isPaused) await load.resume();
	return load;
}

/** A hash tag that lies in the node's slots; any will do outside a cluster. */
async function findTag(target: RunningServer): Promise<string> {
	if ((await target.info('cluster')).cluster_enabled !== '1') return 'load';
	const nodes = String(await target.call('CLUSTER', 'NODES')).split('\n');
	const ranges =
		nodes
			.find(line => line.includes('myself'))
			?.split(' ')
			.slice(8) ?? [];
	const isOwn = (slot: number) =>
		ranges.some(range => {
			const [first, last = first] = range.split('-').map(Number);
			return slot >= first! && slot <= last!;
		});
	if (ranges.length === 0) throw new Error(`${target.address} owns no slot: the load goes to primaries`);
	for (let n = 0; ; n++) {
		if (isOwn(Number(await target.call('CLUSTER', 'KEYSLOT', `load${n}`)))) return `load${n}`;
	}
}
