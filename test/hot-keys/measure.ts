// What a MONITOR window can take and what it costs, as figures of the machine it runs on. First the lines a second that
// the reader and the tally get through (a server writes 20,000 to 400,000), then windows under the full load of the
// server's own benchmark: how each ended, what the server lost while it was open. Prints and judges nothing.
// `node --import tsx test/hot-keys/measure.ts [lines|load]...`

import { spawn } from 'node:child_process';
import { argsNeeded } from '../../source/core/keys/command-keys.ts';
import { createHitReader } from '../../source/core/keys/monitor-hits.ts';
import { createTally } from '../../source/core/keys/monitor-tally.ts';
import { ownLines } from '../../source/core/parse/own-lines.ts';
import { createMonitorParser } from '../../source/core/parse/parse-monitor.ts';
import { openMonitorWindow } from '../../source/redis/hot-keys/monitor-window.ts';
import { plainDial } from '../big-keys/scan.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { watch } from '../servers/watchdog.ts';
import { zipfNames } from './known-shares.ts';
import { hotTarget } from './windows.ts';

const wanted = process.argv.slice(2);
const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);

/** As a server writes them, Zipf over 2000 names from 50 clients. */
function someLines(count: number, rest: string): Buffer {
	const lines: string[] = [];
	let state = 1;
	for (let index = 0; index < count; index++) {
		state = (Math.imul(state, 1103515245) + 12345) >>> 0;
		const rank = Math.floor(zipfNames.length ** (state / 2 ** 32)) - 1;
		lines.push(
			`+1795453576.${100000 + (index % 800_000)} [0 127.0.0.1:${42_000 + (index % 50)}] "${rest.replace('KEY', `user:${rank}:profile`)}"\r\n`,
		);
	}
	return Buffer.from(lines.join(''), 'latin1');
}

function linesPerSecond(bytes: Buffer, count: number): number {
	const chunk = 64 * 1024;
	let best = 0;
	for (let round = 0; round < 5; round++) {
		const parser = createMonitorParser({ argsWanted: command => argsNeeded(command) });
		const isOwn = ownLines({ clients: () => ['127.0.0.1:1'], known: '127.0.0.1:1' });
		const hits = createHitReader();
		const tally = createTally(count);
		const at = performance.now();
		for (let start = 0; start < bytes.length; start += chunk)
			parser.push(bytes.subarray(start, start + chunk), line => {
				if (!isOwn(line)) hits.read(line, tally.add);
			});
		const seconds = (performance.now() - at) / 1000;
		const last = performance.now();
		tally.counts();
		best = Math.max(best, count / seconds);
		if (round === 4) console.log(`   summing up: ${(performance.now() - last).toFixed(0)} ms`);
	}
	return best;
}

if (isWanted('lines')) {
	const count = 200_000;
	for (const [what, rest] of [
		['GET', 'GET" "KEY'],
		['SET, 100 bytes', `SET" "KEY" "${'v'.repeat(100)}`],
		['SET, 2 kB', `SET" "KEY" "${'v'.repeat(2048)}`],
		['MGET of 10', `MGET" "${Array.from({ length: 10 }, () => 'KEY').join('" "')}`],
		['HSET with escapes', `hset" "KEY" "field" "${'\\x01\\xff'.repeat(25)}`],
	] as const) {
		const bytes = someLines(count, rest);
		const rate = linesPerSecond(bytes, count);
		const megabytes = (rate * bytes.length) / count / 1e6;
		console.log(`${what.padEnd(20)} ${Math.round(rate / 1000)}k lines/s, ${megabytes.toFixed(0)} MB/s`);
	}
}

if (isWanted('load'))
	for (const server of await testServers('both'))
		for (const pipeline of [1, 16])
			for (const command of ['get', 'set']) {
				const node = await startServer(server);
				const words = ['-p', node.port, '-t', command, '-d', 100, '-P', pipeline, '-c', 50, '-r', 100_000];
				const load = spawn(server.benchmark, [...words.map(String), '-n', '1000000000', '-q'], {
					stdio: 'ignore',
				});
				watch(load);
				await new Promise(resolve => setTimeout(resolve, 1500));
				for (let round = 0; round < 3; round++) {
					const { node: how } = await openMonitorWindow(hotTarget(node), { dial: plainDial }).result;
					const [before, during] = [how.opsBefore ?? 0, how.opsDuring ?? 0];
					console.log(
						`${server.name} ${server.version} ${command} -P ${pipeline}: ${how.commands} commands, ${(how.bytes / 1e6).toFixed(1)} MB in ${how.seconds.toFixed(2)} s, ${Math.round(before / 1000)}k ops/s before, ${Math.round(during / 1000)}k during (-${Math.round((1 - during / before) * 100)}%), ended by ${how.endedBy}`,
					);
				}
				load.kill('SIGKILL');
				await node.stop();
			}
