// A cluster of 200 and of 1,000 scripted nodes on a screen at 1 Hz: CPU, memory, bytes to the terminal, and how many of its
// refreshes came when they were due. Beside six nodes that are scripted too. Three minutes; the scripted servers want a core.

import { setTimeout as pause } from 'node:timers/promises';
import { quantile } from '../scale/measure.ts';
import { startScripted } from '../scale/scripted.ts';
import { cpuMilliseconds, rssBytes } from '../terminal/processes.ts';
import { openRedisTop, type Terminal } from '../terminal/terminal.ts';
import { type Part, type Row, times } from './table.ts';

const counts = [6, 200, 1000];
const warmSeconds = 20;
const seconds = 40;
/** A refresh that comes so much later than a second after the one before was not kept. */
const lateMilliseconds = 250;

export const manyPart: Part = {
	name: 'many',
	title: 'many scripted nodes on a screen of 140x40 at 1 Hz, beside six of them',
	async run() {
		const rows: Row[] = [];
		let six: Cost | undefined;
		for (const nodes of counts) {
			const cost = await costOf(nodes);
			six ??= cost;
			rows.push(
				[
					`${nodes} nodes, CPU`,
					`${cost.cpu.toFixed(1)} %`,
					`${six.cpu.toFixed(1)} %`,
					times(cost.cpu, six.cpu),
				],
				[
					`${nodes} nodes, memory (RSS)`,
					`${megabytes(cost.rss)} MB`,
					`${megabytes(six.rss)} MB`,
					times(cost.rss, six.rss),
				],
				[
					`${nodes} nodes, to the terminal`,
					`${cost.bytes.toFixed(0)} B/s`,
					`${six.bytes.toFixed(0)} B/s`,
					'',
				],
				[
					`${nodes} nodes, refreshes in time`,
					`${cost.kept} of ${cost.frames}, longest ${cost.longest} ms`,
					'',
					'',
				],
			);
		}
		return rows;
	},
};

type Cost = {
	readonly cpu: number;
	readonly rss: number;
	readonly bytes: number;
	readonly frames: number;
	readonly kept: number;
	readonly longest: number;
};

const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);

async function costOf(nodes: number): Promise<Cost> {
	const scripted = await startScripted({ kind: 'cluster', nodes });
	const terminal = openRedisTop(['-p', String(scripted.ports[0])], { size: [140, 40] });
	try {
		await terminal.shows(/^ops \d/m, { timeout: 60_000 });
		await pause(warmSeconds * 1000);
		const [from, cpu, first] = [performance.now(), cpuMilliseconds(terminal.pid), terminal.received.length];
		await pause(seconds * 1000);
		const took = performance.now() - from;
		const pieces = terminal.received.slice(first);
		return {
			cpu: ((cpuMilliseconds(terminal.pid) - cpu) / took) * 100,
			rss: rssBytes(terminal.pid),
			bytes: (pieces.reduce((sum, { bytes }) => sum + bytes.length, 0) / took) * 1000,
			...pace(pieces),
		};
	} finally {
		await terminal.stop();
		await scripted.stop();
	}
}

/** A frame may come in pieces, and a key frame of what was found between two refreshes near one: half a second apart they are two. */
function pace(pieces: Terminal['received']): Pick<Cost, 'frames' | 'kept' | 'longest'> {
	const frames: number[] = [];
	for (const { at } of pieces) if (at - (frames.at(-1) ?? 0) > 500) frames.push(at);
	const gaps = frames.slice(1).map((at, index) => at - frames[index]!);
	return {
		frames: gaps.length,
		kept: gaps.filter(gap => gap <= 1000 + lateMilliseconds).length,
		longest: quantile(gaps, 1),
	};
}
