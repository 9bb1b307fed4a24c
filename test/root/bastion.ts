// `npm run test:root`: servers that only a bastion reaches, for real: a 3+3 cluster and a Sentinel trio in a network
// namespace of their own, an sshd in a second one, redis-top in a third, by --ssh and by --via. All that it does it does
// through them; a failover is seen no later than by a redis-top that reaches the servers itself; the bastion killed,
// frozen and back; nothing is left after kill -9. Needs root, `ip` and `sshd`, so it is no part of `npm test`.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { buildIfStale } from '../built.ts';
import { type Bastion, startBastion } from '../live/bastion.ts';
import { type Printed, type Run, runJson, runOnce } from '../live/redis-top.ts';
import {
	type RunningCluster,
	type RunningSentinels,
	startCluster,
	startSentinels,
} from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { programWords } from '../terminal/built.ts';
import { openTerminal } from '../terminal/terminal.ts';
import { type Behind, makeBehind } from './behind.ts';

if (process.getuid?.() !== 0) throw new Error('npm run test:root needs root: it makes network namespaces');

const ways = [
	['--ssh', ['--ssh', 'bastion']],
	['--via', ['--via', 'ssh -W %h:%p bastion']],
] as const;

const isUp = (node: Printed) => node.health === 'up';
const areUp = (count: number) => (object: Printed) => object.nodes.filter(isUp).length === count;
const hasEvent = (kind: string) => (object: Printed) =>
	object.events.some((event: Printed) => event.kind === kind);

let networks: Behind;
let bastion: Bastion;
before(async () => {
	buildIfStale();
	networks = await makeBehind();
	bastion = await startBastion(networks.bastion);
});
after(async () => {
	bastion?.stop();
	await networks?.remove();
});

const operatorRuns = (...args: readonly string[]) => runOnce(args, bastion.env, networks.operator);
const operatorWatches = (...args: readonly string[]) => runJson(args, bastion.env, [], networks.operator);
const isNothingLeft = () =>
	until(() => bastion.processes().length === 0, { what: 'no ssh of it is left', timeout: 30_000 });

/** GETs of all keys on each, of which it serves its own, until it is told to stop. */
function readKeysOf(nodes: readonly RunningServer[], keys: readonly string[]) {
	const clients = nodes.map(node => node.connect());
	const timer = setInterval(() => {
		for (const client of clients)
			for (let count = 0; count < 20; count++) void client.get(keys[count % keys.length]!).catch(() => {});
	}, 50);
	return () => {
		clearInterval(timer);
		for (const client of clients) client.disconnect();
	};
}

/** One key of each primary's slots. */
async function fill(cluster: RunningCluster): Promise<readonly string[]> {
	const keys: string[] = [];
	for (const node of cluster.primaries)
		for (let at = 0; keys.length <= cluster.primaries.indexOf(node); at++)
			if (await node.call('SET', `key:${at}`, 'x'.repeat(1000)).catch(() => undefined))
				keys.push(`key:${at}`);
	return keys;
}

/** Watched by both, the one that is told of reaches the servers itself. Milliseconds that the event came later by the other. */
async function laterBy(through: Run, direct: Run, kind: string): Promise<number> {
	const seen = await Promise.all(
		[through, direct].map(run => run.when(kind, hasEvent(kind), { timeout: 60_000 })),
	);
	return seen[0]!.seenAt - seen[1]!.seenAt;
}

for (const server of await testServers('both'))
	describe(`${server.name} ${server.version} behind a bastion`, () => {
		let cluster: RunningCluster;
		let trio: RunningSentinels;
		let keys: readonly string[];
		before(async () => {
			const { servers } = networks;
			cluster = await startCluster(server, { places: Array.from({ length: 6 }, () => servers) });
			trio = await startSentinels(server, { place: servers });
			keys = await fill(cluster);
		});
		after(async () => {
			await cluster?.stop();
			await trio?.stop();
		});

		const primariesNow = async () => {
			const roles = await Promise.all(cluster.nodes.map(node => node.info('replication')));
			return cluster.nodes.filter((_, index) => roles[index]!.role === 'master');
		};

		test('without it nobody is reached', async () => {
			const { code, stdout } = await operatorRuns('--check', cluster.primaries[0]!.address);
			assert.equal(code, 3, stdout);
			assert.match(stdout, /unreachable|no route/i);
		});

		for (const [name, way] of ways) {
			test(`${name}: the screen, big keys, hot keys, the runbook`, async () => {
				const seed = cluster.primaries[1]!.address;
				const [program, ...words] = [...networks.operator, ...programWords, ...way, seed];
				const terminal = openTerminal(program!, words, { size: [120, 40], env: bastion.env });
				try {
					await terminal.shows(() => cluster.nodes.every(node => terminal.text().includes(node.address)));
					await terminal.shows(/slots 16384\/16384 ok/);
					terminal.type('3');
					await terminal.shows(/FAILOVER POSSIBLE/);
					// Not those that see to its end.
					process.kill(terminal.pid, 'SIGKILL');
					await isNothingLeft();
				} finally {
					await terminal.stop();
				}
				const stopReading = readKeysOf(await primariesNow(), keys);
				try {
					const big = await operatorRuns(...way, '--bigkeys', '--json', seed);
					assert.equal(big.code, 0, big.stderr);
					const found = JSON.parse(big.stdout);
					assert.deepEqual([found.scanned, found.complete], [keys.length, true]);
					const hot = await operatorRuns(...way, '--hotkeys', '--json', seed);
					assert.equal(hot.code, 0, hot.stderr);
					const names = JSON.parse(hot.stdout).keys.map((key: Printed) => key.key);
					assert.deepEqual([...names].sort(), [...keys].sort());
				} finally {
					stopReading();
				}
				const { stdout, stderr } = await operatorRuns(...way, '--runbook', 'high-memory', seed);
				assert.match(stdout, /`0 of 3`, from `INFO memory`/, stderr);
				assert.match(stdout, /from `SCAN, MEMORY USAGE`/);
				await isNothingLeft();
				assert.deepEqual(bastion.logins(), []);
			});

			test(`${name}: a failover of the cluster, as soon as without it`, async context => {
				const [lost] = await primariesNow();
				const seed = cluster.nodes.find(node => node !== lost)!.address;
				const [through, direct] = [operatorWatches(...way, seed), runJson([seed])];
				try {
					for (const run of [through, direct]) await run.when('six', areUp(6), { timeout: 60_000 });
					await lost!.kill();
					for (const kind of ['unreachable', 'promoted'])
						context.diagnostic(`${kind}: ${await laterBy(through, direct, kind)} ms after the other`);
					await lost!.restart();
					await through.when('six again', areUp(6), { from: through.objects.length, timeout: 60_000 });
				} finally {
					await through.stop();
					await direct.stop();
				}
				await isNothingLeft();
			});

			test(`${name}: what the Sentinels say, and their failover`, async context => {
				const [seed] = trio.sentinels;
				const [through, direct] = [operatorWatches(...way, seed!.address), runJson([seed!.address])];
				try {
					for (const run of [through, direct]) await run.when('three', areUp(3), { timeout: 60_000 });
					const { masters, sentinels } = through.objects.at(-1).sentinel;
					assert.deepEqual(
						[masters[0].quorumReachable, sentinels.filter(isUp).length],
						[true, trio.sentinels.length],
					);
					const primary = trio.nodes.find(node => node.address === masters[0].primary)!;
					await primary.kill();
					for (const kind of ['unreachable', 'sdown', 'switch', 'promoted'])
						context.diagnostic(`${kind}: ${await laterBy(through, direct, kind)} ms after the other`);
					await primary.restart();
					await through.when('three again', areUp(3), { from: through.objects.length, timeout: 60_000 });
				} finally {
					await through.stop();
					await direct.stop();
				}
				await isNothingLeft();
			});

			test(`${name}: the bastion killed, frozen and back, and nothing left after kill -9`, async () => {
				const run = operatorWatches(...way, '-d', '0.5', cluster.primaries[0]!.address);
				const again = (what: string, condition: (object: Printed) => unknown) =>
					run.when(what, condition, { from: run.objects.length, timeout: 90_000 });
				try {
					await again('six nodes', areUp(6));
					bastion.kill();
					await again('every row has its reason', object =>
						object.nodes.every((node: Printed) => !isUp(node) && node.error?.text),
					);
					await bastion.restart();
					await again('six when it is back', areUp(6));
					bastion.freeze();
					await again('no row is up of one that stands still', areUp(0));
					bastion.thaw();
					await again('six when it goes on', areUp(6));
				} finally {
					run.child.kill('SIGKILL');
					await run.exited;
					if (!bastion.isRunning()) await bastion.restart();
					bastion.thaw();
				}
				await isNothingLeft();
				assert.deepEqual(bastion.logins(), []);
			});
		}

		test('a login that is denied and a host key that changed are said in one line, and no screen opens', async () => {
			for (const [host, words] of [
				['stranger', /^redis-top: --ssh stranger: .*Permission denied \(publickey\)\.$/m],
				['changed', /^redis-top: --ssh changed: Host key verification failed\.$/m],
			] as const) {
				const [program, ...args] = [...networks.operator, ...programWords, '--ssh', host];
				const terminal = openTerminal(program!, [...args, cluster.primaries[0]!.address], {
					size: [120, 10],
					env: bastion.env,
				});
				assert.equal((await terminal.exit).code, 2);
				await terminal.shows(words);
				assert.deepEqual(terminal.lines().filter(line => line !== '').length, 1, terminal.text());
				assert.ok(!terminal.isAlternateScreen());
				await terminal.stop();
				const via = await operatorRuns(
					...['--via', `ssh -W %h:%p ${host}`, '-b', '-n', '1', cluster.primaries[0]!.address],
				);
				assert.equal(via.code, 2, via.stdout);
				assert.match(via.stdout + via.stderr, /Permission denied|Host key verification failed/);
			}
			assert.deepEqual(bastion.logins(), []);
		});
	});
