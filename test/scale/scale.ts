// `npm run scale`: the built program against a scripted cluster of 200 and of 1,000 nodes, as JSON, as a service for
// Prometheus and with a screen (140x40). Prints the gaps between refreshes, its own CPU and its memory. Minutes long, and its figures are of this
// machine: a script for the notes, no test. REDIS_TOP_PROGRAM names another build; arguments are node counts.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawn as spawnOnTerminal } from '@lydell/node-pty';
import { cpuSeconds, quantile, residentMegabytes } from './measure.ts';
import { startScripted } from './scripted.ts';

const program = process.env.REDIS_TOP_PROGRAM ?? fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const seconds = Number(process.env.SCALE_SECONDS ?? 60);
const env = { ...process.env, XDG_CONFIG_HOME: '/nonexistent', LANG: 'C.UTF-8', TERM: 'xterm-256color' };

type Use = { pid: number; cpu: number; at: number };
const usedBy = (pid: number): Use => ({ pid, cpu: cpuSeconds(pid), at: Date.now() });

function tellUse(what: string, from: Use): void {
	const share = ((cpuSeconds(from.pid) - from.cpu) / ((Date.now() - from.at) / 1000)) * 100;
	const memory = residentMegabytes(from.pid);
	console.log(`  ${what}: CPU ${share.toFixed(1)}% of a core, RSS ${memory.now} MB (peak ${memory.peak})`);
}

async function measureJson(seed: number, serverPid: number): Promise<void> {
	const startedAt = Date.now();
	const args = [...(process.env.SCALE_NODE_OPTIONS ?? '').split(' ').filter(Boolean), program];
	const child = spawn(process.execPath, [...args, '--json', '-p', String(seed)], {
		env,
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const seen: { at: number; up: number; nodes: number; delay: number; cost: number; views: string }[] = [];
	let isOver = false;
	createInterface({ input: child.stdout }).on('line', line => {
		// The signal may cut its last line.
		if (isOver) return;
		const object = JSON.parse(line);
		seen.push({
			at: Date.now(),
			up: object.nodes.filter((node: { health: string }) => node.health === 'up').length,
			nodes: object.nodes.length,
			delay: object.delaySeconds,
			cost: object.cost.bytesPerSecond,
			views: `${object.fleet.viewsAgreeing}/${object.fleet.viewsAsked}`,
		});
	});
	while (seen.length === 0 && Date.now() - startedAt < 60_000) await pause(50);
	const first = seen[0]?.at ?? 0;
	await pause(10_000);
	const [own, servers, from] = [usedBy(child.pid!), usedBy(serverPid), seen.length];
	await pause(seconds * 1000);
	const gaps = seen.slice(from).map((object, index) => object.at - seen[from + index - 1]!.at);
	const last = seen.at(-1)!;
	console.log(
		`  json: first object after ${first - startedAt} ms; ${gaps.length} objects in ${seconds} s, gap p50 ${quantile(gaps, 0.5)} ` +
			`p95 ${quantile(gaps, 0.95)} max ${Math.max(...gaps)} ms; delay ${last.delay} s; up ${Math.min(
				...seen.slice(from).map(object => object.up),
			)} to ${last.up} of ${last.nodes}; views ${last.views}; ${(last.cost / 1e6).toFixed(1)} MB/s`,
	);
	tellUse('redis-top --json', own);
	tellUse('(scripted servers)', servers);
	isOver = true;
	child.kill('SIGTERM');
	await new Promise(resolve => child.once('close', resolve));
}

async function measureScreen(seed: number): Promise<void> {
	const terminal = spawnOnTerminal(process.execPath, [program, '-p', String(seed)], {
		cols: 140,
		rows: 40,
		env: env as Record<string, string>,
	});
	let written = 0;
	let firstLine = '';
	terminal.onData(chunk => {
		written += Buffer.byteLength(chunk);
		firstLine = /every [^\x1b]*/.exec(chunk)?.[0]?.trim() ?? firstLine;
	});
	await pause(15_000);
	const [own, bytes] = [usedBy(terminal.pid), written];
	await pause(seconds * 1000);
	tellUse('redis-top on a screen of 140x40', own);
	console.log(
		`  ${Math.round((written - bytes) / seconds)} bytes a second to the terminal; line 1: ${firstLine}`,
	);
	const exited = new Promise<void>(resolve => terminal.onExit(() => resolve()));
	terminal.write('q');
	await exited;
}

/** As a service that is scraped every five seconds. */
async function measureService(seed: number): Promise<void> {
	const delay = process.env.SCALE_DELAY ?? '1';
	const child = spawn(process.execPath, [program, '--metrics', '0', '-d', delay, '-p', String(seed)], {
		env,
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	let said = '';
	child.stderr.on('data', chunk => {
		said += chunk;
	});
	let page = '';
	const startedAt = Date.now();
	while (!page.includes('redis_top_ops_total') && Date.now() - startedAt < 60_000) {
		await pause(200);
		const url = /http:\S+/.exec(said)?.[0];
		if (url) page = await (await fetch(url)).text();
	}
	const url = /http:\S+/.exec(said)![0];
	await pause(10_000);
	const own = usedBy(child.pid!);
	const took: number[] = [];
	while (Date.now() - own.at < seconds * 1000) {
		const from = performance.now();
		page = await (await fetch(url)).text();
		took.push(performance.now() - from);
		await pause(5000);
	}
	tellUse(`redis-top --metrics -d ${delay}, scraped every 5 s`, own);
	const series = page.split('\n').filter(line => line !== '' && !line.startsWith('#')).length;
	console.log(
		`  page ${(page.length / 1e6).toFixed(2)} MB, ${series} series, delay kept ${/\nredis_top_delay_seconds (\S+)/.exec(page)?.[1]} s, ` +
			`scrape p50 ${quantile(took, 0.5).toFixed(0)} max ${Math.max(...took).toFixed(0)} ms`,
	);
	child.kill('SIGTERM');
	await new Promise(resolve => child.once('close', resolve));
}

const counts = process.argv.slice(2).map(Number);
for (const nodes of counts.length > 0 ? counts : [200, 1000]) {
	console.log(`${nodes} nodes`);
	const scripted = await startScripted({ kind: 'cluster', nodes });
	try {
		if (process.env.SCALE_NO_JSON === undefined) await measureJson(scripted.ports[0]!, scripted.pid);
		await measureService(scripted.ports[0]!);
		if (process.env.SCALE_NO_SCREEN === undefined) await measureScreen(scripted.ports[0]!);
	} finally {
		await scripted.stop();
	}
}
