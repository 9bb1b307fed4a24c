// What a scan for big keys costs and how fast it is, beside redis-cli on the same keys in the same run, for only ratios
// travel from one machine to another: 1,000,000 mixed keys on loopback, 20,000 keys through a proxy that delays each
// way, three primaries at once against one, and memory while 100,000 patterns pass by. Prints and judges nothing.
// `node --import tsx test/big-keys/measure.ts [loopback|delay|cluster|memory]...`

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { type BigKeysOptions, scanFleet } from '../../source/redis/big-keys/scan-fleet.ts';
import { startCluster } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { startDelay } from './delay.ts';
import { fillMixed, fillMore } from './fill.ts';
import { plainDial, targetOf } from './scan.ts';

const run = promisify(execFile);
const [server] = await testServers();
const wanted = process.argv.slice(2);
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

const say = (what: string, { wall, cpu }: { wall: number; cpu: number }, more = '') =>
	console.log(`${what.padEnd(34)} ${wall.toFixed(2)} s, server CPU ${cpu.toFixed(2)} s ${more}`);

if (isWanted('loopback')) {
	const node = await startServer(server!);
	try {
		await fillMixed(node, 1_000_000);
		for (let round = 0; round < 3; round++) {
			const own = process.cpuUsage();
			const ours = await timed(node.pid, () => scanFleet([targetOf(node)], options).result);
			const used = process.cpuUsage(own);
			say(
				'1M keys, rate 0',
				ours,
				`own CPU ${((used.user + used.system) / 1e6).toFixed(2)} s, ${ours.value.scanned} keys, hits ${ours.value.hitsAdded}`,
			);
		}
		const theirs = await timed(node.pid, () => cli(node, node.port, '--memkeys'));
		say('1M keys, redis-cli --memkeys', theirs);
	} finally {
		await node.stop();
	}
}

if (isWanted('delay')) {
	const node = await startServer(server!);
	const delay = await startDelay(node.port, 5);
	try {
		await fillMixed(node, 20_000);
		const target = { ...targetOf(node), address: `127.0.0.1:${delay.port}` };
		const ours = await timed(node.pid, () => scanFleet([target], options).result);
		say('20,000 keys, 5 ms each way', ours);
		const paced = await timed(node.pid, () => scanFleet([target], { ...options, rate: 20_000 }).result);
		say('  at the default pace', paced);
		const theirs = await timed(node.pid, () => cli(node, delay.port, '--bigkeys'));
		say('  redis-cli --bigkeys', theirs, `${(theirs.wall / ours.wall).toFixed(0)} times ours`);
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
