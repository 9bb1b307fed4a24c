// What a scan for big keys costs and how fast it is, beside redis-cli on the same keys in the same run, for only ratios
// travel from one machine to another: 1,000,000 mixed keys on loopback, 20,000 keys through a proxy that delays each
// way, three primaries at once against one, and memory while 100,000 patterns pass by. Prints and judges nothing.
// Beside redis-cli stands the whole program, start and discovery included.
// `npm run bench -- scan`, or `node --import tsx test/bench/scan.ts [loopback|delay|cluster|memory|ping]...`

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { type BigKeysOptions, scanFleet } from '../../source/redis/big-keys/scan-fleet.ts';
import { startDelay } from '../big-keys/delay.ts';
import { fillMixed, fillMore } from '../big-keys/fill.ts';
import { plainDial, targetOf } from '../big-keys/scan.ts';
import { startCluster } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { buildProgram, program } from '../terminal/built.ts';

const run = promisify(execFile);
const [server] = await testServers();
await buildProgram();
const wanted = process.argv.slice(2).filter(name => name !== 'scan');
const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);

const options: BigKeysOptions = { dial: plainDial, rate: 0, top: 100, isExact: false };

/** CPU of a process since it began, seconds. */
function cpuSeconds(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
	return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function timed<T>(
	pid: number,
	act: () => Promise<T>,
): Promise<{ wall: number; cpu: number; value: T }> {
	const [cpu, at] = [cpuSeconds(pid), performance.now()];
	const value = await act();
	return { wall: (performance.now() - at) / 1000, cpu: cpuSeconds(pid) - cpu, value };
}

const cli = (node: RunningServer, port: number, flag: string) =>
	run(node.server.cli, ['-p', String(port), flag], { maxBuffer: 1e9 });

/** The program as an operator runs it; a proxy's port is no other node, so nothing else is looked for. */
const redisTop = (port: number, ...args: string[]) =>
	run(process.execPath, [program, '--bigkeys', '--json', '--no-discover', '-p', String(port), ...args], {
		maxBuffer: 1e9,
	});

const ratio = (theirs: { wall: number }, ours: { wall: number }) =>
	`${(theirs.wall / ours.wall).toFixed(1)} times ours`;

const say = (what: string, { wall, cpu }: { wall: number; cpu: number }, more = '') =>
	console.log(`${what.padEnd(34)} ${wall.toFixed(2)} s, server CPU ${cpu.toFixed(2)} s ${more}`);

if (isWanted('loopback')) {
	const node = await startServer(server!);
	try {
		await fillMixed(node, 1_000_000);
		for (let round = 0; round < 3; round++) {
			const ours = await timed(node.pid, () => redisTop(node.port, '--rate', '0'));
			const { scanned, hitsAdded } = JSON.parse(ours.value.stdout);
			say('1M keys, --bigkeys --rate 0', ours, `${scanned} keys, hits ${hitsAdded}`);
			const theirs = await timed(node.pid, () => cli(node, node.port, '--memkeys'));
			say('  redis-cli --memkeys', theirs, ratio(theirs, ours));
		}
	} finally {
		await node.stop();
	}
}

if (isWanted('delay')) {
	const node = await startServer(server!);
	const delay = await startDelay(node.port, 5);
	try {
		await fillMixed(node, 20_000);
		const ours = await timed(node.pid, () => redisTop(delay.port, '--rate', '0'));
		say('20,000 keys, 5 ms each way', ours);
		const paced = await timed(node.pid, () => redisTop(delay.port));
		say('  at the default pace', paced);
		const theirs = await timed(node.pid, () => cli(node, delay.port, '--bigkeys'));
		say('  redis-cli --bigkeys', theirs, ratio(theirs, ours));
	} finally {
		delay.close();
		await node.stop();
	}
}

if (isWanted('cluster')) {
	const cluster = await startCluster(server!, { primaries: 3, replicasEach: 0 });
	try {
		for (const node of cluster.primaries) await fillMixed(node, 200_000, 'own');
		const targets = cluster.primaries.map(node => ({ ...targetOf(node), isCluster: true }));
		for (const rate of [0, 20_000]) {
			const one = await timed(
				cluster.primaries[0]!.pid,
				() => scanFleet([targets[0]!], { ...options, rate }).result,
			);
			say(`one primary, rate ${rate}`, one, `${one.value.scanned} keys`);
			const three = await timed(
				cluster.primaries[0]!.pid,
				() => scanFleet(targets, { ...options, rate }).result,
			);
			const ratio = three.value.scanned / three.wall / (one.value.scanned / one.wall);
			say(
				`three primaries, rate ${rate}`,
				three,
				`${three.value.scanned} keys, ${ratio.toFixed(2)} times one`,
			);
		}
	} finally {
		await cluster.stop();
	}
}

if (isWanted('memory')) {
	const node = await startServer(server!);
	try {
		await fillMore(node, 1_000_000, 100_000);
		const scan = scanFleet([targetOf(node)], options);
		let next = 0;
		for await (const { scanned } of scan) {
			if (scanned < next) continue;
			next += 100_000;
			const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
			console.log(
				`${scanned} keys: rss ${(rss / 1e6).toFixed(0)} MB, heap ${(heapUsed / 1e6).toFixed(0)} MB, buffers ${(arrayBuffers / 1e6).toFixed(0)} MB`,
			);
		}
		const { patterns } = await scan.result;
		console.log(`${patterns.length} patterns listed`);
	} finally {
		await node.stop();
	}
}

if (isWanted('ping')) {
	const node = await startServer(server!);
	try {
		await fillMixed(node, 300_000);
		const slowest = async (until: Promise<unknown>) => {
			let isOver = false;
			void until.finally(() => {
				isOver = true;
			});
			const took: number[] = [];
			while (!isOver) {
				const at = performance.now();
				await node.call('PING');
				took.push(performance.now() - at);
				await new Promise(resolve => setTimeout(resolve, 2));
			}
			return took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)]!;
		};
		const idle = await slowest(new Promise(resolve => setTimeout(resolve, 8000)));
		const scanning = await slowest(redisTop(node.port));
		console.log(
			`p99 of PING: idle ${idle.toFixed(2)} ms, while scanned at 20k keys/s ${scanning.toFixed(2)} ms`,
		);
	} finally {
		await node.stop();
	}
}
