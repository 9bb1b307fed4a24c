// What the minutes that are always kept cost redis-top itself, and what --record costs: its CPU and memory beside those of
// one that keeps nothing. All three watch the same six nodes at the same time, so that what else the machine does is the
// same to each. The first minute is left out: a program that starts compiles itself.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startCluster } from '../servers/fleets.ts';
import { startLoad } from '../servers/load.ts';
import { anyServer } from '../servers/servers.ts';
import { cpuMilliseconds, rssBytes } from '../terminal/processes.ts';
import { openRedisTop, type Terminal } from '../terminal/terminal.ts';
import { median, type Part, type Row, times } from './table.ts';

const warmSeconds = 60;
const parts = 12;
const partSeconds = 10;
const size = [140, 40] as const;
const kinds = ['nothing', 'the last minutes', 'both'] as const;
type Kind = (typeof kinds)[number];

export const recordingPart: Part = {
	name: 'recording',
	title: `six nodes at 1 Hz under load, ${warmSeconds + parts * partSeconds} s: keeping the last minutes, and recording too, beside keeping nothing`,
	async run() {
		const cluster = await startCluster(await anyServer());
		const load = await startLoad(cluster.primaries, { opsPerSecond: 1000 });
		const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-bench-'));
		const opened: Terminal[] = [];
		try {
			const port = String(cluster.nodes[0]!.port);
			for (const kind of kinds) opened.push(openRedisTop(['-p', port, ...wordsOf(kind, folder)], { size }));
			for (const terminal of opened) await terminal.shows(/^ops \d/m);
			await pause(warmSeconds * 1000);
			return rowsOf(await measure(opened));
		} finally {
			for (const terminal of opened) await terminal.stop();
			await load.stop();
			await cluster.stop();
			rmSync(folder, { recursive: true, force: true });
		}
	},
};

function wordsOf(kind: Kind, folder: string): readonly string[] {
	if (kind === 'both') return ['--record', path.join(folder, 'session.jsonl.gz')];
	if (kind === 'the last minutes') return [];
	const settings = path.join(folder, 'settings.json');
	writeFileSync(settings, JSON.stringify({ dashcam: { minutes: 0 } }), { mode: 0o600 });
	return ['--config', settings];
}

type Cost = { readonly cpuPercent: number; readonly rss: number };

/** Of each, by the medians of all parts. */
async function measure(terminals: readonly Terminal[]): Promise<readonly Cost[]> {
	const seen = terminals.map(() => [] as Cost[]);
	for (let part = 0; part < parts; part++) {
		const before = terminals.map(({ pid }) => cpuMilliseconds(pid));
		const from = performance.now();
		await pause(partSeconds * 1000);
		const took = performance.now() - from;
		for (const [index, { pid }] of terminals.entries())
			seen[index]!.push({
				cpuPercent: ((cpuMilliseconds(pid) - before[index]!) / took) * 100,
				rss: rssBytes(pid),
			});
	}
	return seen.map(costs => ({
		cpuPercent: median(costs.map(({ cpuPercent }) => cpuPercent)),
		rss: median(costs.map(({ rss }) => rss)),
	}));
}

function rowsOf([none, ...others]: readonly Cost[]): readonly Row[] {
	const percent = (value: number) => `${value.toPrecision(3)} %`;
	const megabytes = (value: number) => `${(value / 2 ** 20).toFixed(1)} MB`;
	const words = ['keeping the last minutes', 'keeping them and --record'];
	return others.flatMap(({ cpuPercent, rss }, index): Row[] => [
		[
			`CPU, ${words[index]}`,
			percent(cpuPercent),
			percent(none!.cpuPercent),
			times(cpuPercent, none!.cpuPercent),
		],
		[`memory (RSS), ${words[index]}`, megabytes(rss), megabytes(none!.rss), times(rss, none!.rss)],
	]);
}
