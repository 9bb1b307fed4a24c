// The screen of one node on real servers, its numbers held against what the server itself says: memory in parts that add
// up, shares and percentiles of calls that are known because they were made here, a slow command as it comes and goes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLatencyHistogram, percentilesOf } from '../../source/core/node/latency-histogram.ts';
import { bytes } from '../../source/core/text/quantity.ts';
import type { Reply, SlowlogEntry } from '../../source/core/types.ts';
import { nodeFacts, slowInWindow } from '../../source/view/screens/node/facts.ts';
import { measured } from '../lane.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

const facts = (watched: WatchedFleet) => nodeFacts(watched.state())!;
/** Without its codes. */
const text = (watched: WatchedFleet) => watched.screen().replace(/\x1b\[[0-9;]*m/g, '');
const callsOf = (watched: WatchedFleet, name: string) =>
	facts(watched).commands?.commands.find(use => use.name === name);

const sets = 600;
const gets = 300;

async function mix(node: RunningServer): Promise<void> {
	const client = node.connect();
	const pipeline = client.pipeline();
	for (let n = 0; n < sets; n++) pipeline.set(`key:${n}`, 'x'.repeat(1000), 'EX', n % 2 === 0 ? 1000 : 2000);
	for (let n = 0; n < gets; n++) pipeline.get(`key:${n}`);
	for (let n = 0; n < 5; n++) pipeline.sort('key:0').hget('key:0', 'x');
	await pipeline.exec();
	client.disconnect();
}

const microsecondsOf = (stats: Readonly<Record<string, string>>, name: string) =>
	Number(/usec=(\d+)/.exec(stats[`cmdstat_${name}`] ?? '')?.[1]);

async function percentilesAreTheServers(watched: WatchedFleet, node: RunningServer): Promise<void> {
	await until(() => facts(watched).latency?.commands.find(each => each.name === 'set')?.calls === sets, {
		what: 'the histogram has them',
	});
	const histograms = parseLatencyHistogram((await node.call('LATENCY', 'HISTOGRAM', 'set', 'get')) as Reply)!;
	for (const command of ['set', 'get']) {
		const { p50, p99, p999 } = facts(watched).latency!.commands.find(each => each.name === command)!;
		const own = percentilesOf(histograms.get(command)!)!;
		assert.deepEqual({ p50, p99, p999 }, { p50: own.p50, p99: own.p99, p999: own.p999 });
	}
}

const partsOfText = /^ {2}([a-z][a-z -]*?) {2,}(\S+)/gm;
/** What the parts of the screen say beside redis-cli, of figures that do not move while nobody writes. */
async function theSame(watched: WatchedFleet, node: RunningServer): Promise<void> {
	const screens: string[] = [];
	for (let section = 1; section < 8; section++) {
		watched.press('tab');
		screens.push(text(watched));
	}
	watched.press('tab');
	const lines = new Map(
		screens.flatMap(each => Array.from(each.matchAll(partsOfText), ([, k, v]) => [k!, v!])),
	);
	const told = await node.info();
	const whole = (key: string) => Number(told[key]);
	assert.equal(lines.get('connected'), String(whole('connected_clients')));
	assert.equal(lines.get('blocked'), String(whole('blocked_clients')));
	assert.equal(lines.get('changes since'), String(whole('rdb_changes_since_last_save')));
	assert.equal(lines.get('maxmemory'), bytes(whole('maxmemory')));
	assert.equal(lines.get('peak'), bytes(whole('used_memory_peak')));
	assert.equal(lines.get('host'), bytes(whole('total_system_memory')));
	if (told.total_error_replies !== undefined)
		assert.equal(lines.get('error replies'), String(whole('total_error_replies')));
}

for (const server of await testServers('valkey')) {
	const name = `${server.name} ${server.version}`;
	// No LATENCY HISTOGRAM, and a container of commands is counted under its own name.
	const isOld = server.version.startsWith('6.');

	test(`${name}: a node's screen says what the server says`, async () => {
		const node = await startServer(server, {
			config: { maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru', 'slowlog-log-slower-than': 20_000 },
		});
		const watched = watchFleet(node);
		try {
			await until(() => watched.fleet().rounds > 1, { what: 'it is watched' });
			watched.press('2');
			const hasHistogram = () => isOld || facts(watched).close.latency.length > 0;
			await until(() => hasHistogram() && facts(watched).close.memory && facts(watched).commands, {
				what: 'the node is looked at closely',
			});
			await mix(node);
			await until(() => callsOf(watched, 'set')?.calls === sets && callsOf(watched, 'get')?.calls === gets, {
				what: 'the calls are in the window',
			});
			const stats = await node.info('commandstats');
			const [set, get] = [callsOf(watched, 'set')!, callsOf(watched, 'get')!];
			const ratio = microsecondsOf(stats, 'set') / microsecondsOf(stats, 'get');
			assert.ok(
				Math.abs(set.share! / get.share! / ratio - 1) < 0.01,
				`${set.share} : ${get.share}, ${ratio}`,
			);
			// Failed calls are counted from 6.2 on.
			assert.equal(callsOf(watched, 'hget')?.failed, isOld ? undefined : 5);
			const sum = facts(watched).commands!.commands.reduce((all, use) => all + (use.share ?? 0), 0);
			assert.ok(Math.abs(sum - 1) < 1e-9, `all shares are ${sum}`);
			assert.ok(!callsOf(watched, 'memory|stats'), 'our own calls are no load');

			if (isOld) assert.match(text(watched), /percentiles need 7\.0/);
			else await percentilesAreTheServers(watched, node);

			const { memory } = facts(watched);
			assert.equal(memory!.source, 'memory stats');
			assert.equal(
				memory!.parts.reduce((all, { bytes }) => all + bytes, 0),
				memory!.usedBytes,
			);
			assert.ok(memory!.parts.every(({ id, bytes }) => id === 'overcounted' || bytes >= 0));
			const memoryStats = (await node.call('MEMORY', 'STATS')) as readonly Reply[];
			const statOf = (key: string) => Number(memoryStats[memoryStats.indexOf(key) + 1]);
			const partOf = (id: string) => memory!.parts.find(part => part.id === id)?.bytes;
			assert.equal(partOf('startup'), statOf('startup.allocated'));
			assert.ok(Math.abs(memory!.usedBytes / statOf('total.allocated') - 1) < 0.1);
			const told = await node.info();
			assert.ok(Math.abs(memory!.usedBytes / Number(told.used_memory) - 1) < 0.1);
			const { info } = facts(watched);
			assert.equal(info!.databases![0]!.keys, sets);
			// The test's own connection is in the next reading, and in the next list.
			const connected = Number(told.connected_clients);
			await until(() => facts(watched).info!.connectedClients === connected, { what: 'all are counted' });
			await until(() => facts(watched).close.clients?.list.length === connected, { what: 'all are listed' });
			await theSame(watched, node);
			assert.match(text(watched), /db0 600 /);
			assert.match(text(watched), /maxmemory.* 100M/);
			assert.match(text(watched), /allkeys-lru/);
		} finally {
			await watched.stop();
			await node.stop();
		}
	});

	test(`${name}: a slow command is in the slow log view within a refresh, and leaves the window`, async () => {
		const node = await startServer(server, { config: { 'slowlog-log-slower-than': 10_000 } });
		const watched = watchFleet(node);
		try {
			await until(() => watched.fleet().rounds > 1, { what: 'it is watched' });
			watched.press('2');
			await until(() => facts(watched).close.memory, { what: 'the node is looked at closely' });
			const { rounds } = watched.fleet();
			await node.call('EVAL', 'local n = 0 for i = 1, 20000000 do n = n + i end return n', 0);
			const asked = watched.fleet().rounds;
			// On a slow machine other commands may be slow too.
			const isIt = ({ args }: SlowlogEntry) => args[0]!.toUpperCase() === 'EVAL';
			const entry = await until(() => slowInWindow(facts(watched)).find(isIt), { what: 'it is told' });
			assert.ok(asked >= rounds);
			measured(() => assert.ok(watched.fleet().rounds - asked <= 2, 'within a refresh'));
			assert.match(entry.client ?? '', /^127\.0\.0\.1:\d+$/);
			assert.match(text(watched), /EVAL local n = 0/);
			const state = watched.state();
			const later = nodeFacts({ ...state, at: state.at + 310_000 })!;
			assert.equal(slowInWindow(later).length, 0, 'after five minutes it is out of the window');
		} finally {
			await watched.stop();
			await node.stop();
		}
	});

	test(`${name}: CLIENT LIST of many is asked by hand alone`, async () => {
		const node = await startServer(server);
		const clients = Array.from({ length: 1005 }, () => node.connect());
		const watched = watchFleet(node);
		// Of CLIENT other words are asked as well, and 6.0 does not tell them apart: there the screen says it.
		const lists = async () =>
			isOld
				? Number(facts(watched).close.clients !== undefined)
				: Number(
						/calls=(\d+)/.exec((await node.info('commandstats'))['cmdstat_client|list'] ?? '')?.[1] ?? 0,
					);
		try {
			await Promise.all(clients.map(client => client.ping()));
			await until(() => watched.fleet().rounds > 1, { what: 'it is watched' });
			watched.press('2');
			await until(() => facts(watched).close.memory, { what: 'the node is looked at closely' });
			assert.equal(await lists(), 0);
			assert.match(text(watched), /s asks CLIENT LIST once/);
			watched.press('s');
			await until(() => facts(watched).close.clients, { what: 'the list is there' });
			assert.equal(await lists(), 1);
			assert.ok(facts(watched).close.clients!.list.length > 1005);
		} finally {
			for (const client of clients) client.disconnect();
			await watched.stop();
			await node.stop();
		}
	});
}
