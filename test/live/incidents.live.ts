// Incidents of the field, made on real servers: what the screen says once each has held, and that `--check`, as text and
// as JSON, then says the same with the same limits. What other live files make (stalls, lost data, causes of memory, a
// link that never came up, an open slot) is not made again.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Finding } from '../../source/core/types.ts';
import { plainDial } from '../big-keys/scan.ts';
import { buildIfStale } from '../built.ts';
import { startCluster, startPair } from '../servers/fleets.ts';
import { type Server, testServers } from '../servers/servers.ts';
import { aclUser, type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { runOnce } from './redis-top.ts';
import { fill, keyCount, keysOf, withTime } from './rescue.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

before(buildIfStale);
const begun: (() => Promise<unknown> | unknown)[] = [];
after(async () => {
	for (const stop of begun.reverse()) await stop();
});

/** Does it again and again until the test is over; what is refused is what is wanted. */
function again(act: () => Promise<unknown>, every = 40): void {
	let isOver = false;
	const loop = (async () => {
		while (!isOver) {
			await act().catch(() => {});
			await new Promise(resolve => setTimeout(resolve, every));
		}
	})();
	begun.push(() => {
		isOver = true;
		return loop;
	});
}

async function started(server: Server, config: Record<string, string | number> = {}): Promise<RunningServer> {
	const running = await startServer(server, { config });
	begun.push(() => running.stop());
	return running;
}

type Incident = {
	readonly name: string;
	/** Ids that must be there, each with its severity and kind: `commands-refused MISCONF crit`. */
	readonly finds: readonly string[];
	readonly says: RegExp;
	readonly make: (server: Server) => Promise<RunningServer>;
};

const incidents: readonly Incident[] = [
	{
		name: 'a disk that takes no snapshot stops all writes',
		finds: ['commands-refused MISCONF crit', 'save-failing crit'],
		says: /writes refused, it cannot save to disk: MISCONF \d+\/s, \d+% of commands/,
		async make(server) {
			const node = await started(server, { save: '3600 1', 'stop-writes-on-bgsave-error': 'yes' });
			// A folder in the way of the file: it holds for root as well, whom no permission stops.
			mkdirSync(`${node.dir}/dump.rdb`);
			await node.call('BGSAVE');
			const status = async () => (await node.info('persistence')).rdb_last_bgsave_status === 'err';
			await until(status, { what: 'the snapshot has failed' });
			const client = node.connect();
			again(() => client.set('a', '1'));
			return node;
		},
	},
	{
		name: 'clients that do not log in',
		finds: ['auth-failing NOAUTH warn'],
		says: /clients not logged in: NOAUTH \d+\/s/,
		async make(server) {
			const node = await started(server, { requirepass: 'secret' });
			const client = node.connect({ password: undefined });
			again(() => client.get('a'));
			return node;
		},
	},
	{
		name: 'a cluster that lost a shard',
		finds: ['commands-refused CLUSTERDOWN crit', 'slots-uncovered crit', 'failover-impossible crit'],
		says: /refused, the cluster is down: CLUSTERDOWN \d+\/s/,
		async make(server) {
			const cluster = await startCluster(server, { replicasEach: 0 });
			begun.push(() => cluster.stop());
			await cluster.primaries[2]!.kill();
			const client = cluster.primaries[0]!.connect();
			again(() => client.get('a'));
			return cluster.primaries[0]!;
		},
	},
	{
		name: 'writes that wait for a pause of two minutes',
		finds: ['paused crit'],
		says: /writes paused/,
		async make(server) {
			const node = await started(server);
			await node.call('CLIENT', 'PAUSE', '120000', 'WRITE');
			node
				.connect({ commandTimeout: undefined })
				.set('a', '1')
				.catch(() => {});
			return node;
		},
	},
];

/** What a script compares: rates differ from one second to the next, what they are held against does not. */
const identity = ({ id, kind, severity, node, limit }: Finding) =>
	[id, kind, severity, node, limit].filter(word => word !== undefined && word !== null).join(' ');
const words = ({ id, kind, severity }: Finding) => [id, kind, severity].filter(Boolean).join(' ');

const watch = (seed: RunningServer): WatchedFleet => {
	const credentials = { password: seed.password };
	const dials = new Map([[0, { ...plainDial, credentials }]]);
	const watched = watchFleet(seed, { engine: { dials } });
	begun.push(() => watched.stop());
	return watched;
};

const found = (watched: WatchedFleet, id: string) => () =>
	watched.fleet().now.findings.find(finding => finding.id === id);

for (const server of await testServers('both'))
	describe(`${server.name} ${server.version}`, { concurrency: 2 }, () => {
		for (const { name, finds, says, make } of incidents)
			test(`${name}: the screen and --check say the same`, async () => {
				const seed = await make(server);
				const watched = watch(seed);
				const now = () => watched.fleet().now.findings;
				await until(() => finds.every(one => now().map(words).includes(one)), {
					what: `${finds.join(', ')} are found, not ${JSON.stringify(now())}`,
				});
				assert.match(
					now()
						.map(({ text }) => text)
						.join('\n'),
					says,
				);
				const env: Record<string, string> = seed.password ? { REDISCLI_AUTH: seed.password } : {};
				const args = ['--check', '-p', String(seed.port), '-d', '0.5'];
				const [text, json] = [await runOnce(args, env), await runOnce([...args, '--json'], env)];
				const seen = now();
				const told: Finding[] = JSON.parse(json.stdout).findings;
				assert.deepEqual(told.map(identity).sort(), seen.map(identity).sort());
				for (const { id, kind, severity } of seen) {
					const line = severity === 'crit' ? `CRITICAL ${id}` : `WARNING ${id}`;
					assert.match(text.stdout, new RegExp(`^${line}.*${kind ?? ''}`, 'm'));
				}
				const code = seen.some(({ severity }) => severity === 'crit') ? 2 : 1;
				assert.deepEqual([text.code, json.code], [code, code]);
			});

		// 6.0 stops reading while it pauses: there is nothing to tell it by from a server that stands still.
		const isTold = !server.version.startsWith('6.0');
		test('CLIENT PAUSE ALL: said as such while it lasts and after it, and no fault of our way to it', {
			skip: !isTold,
		}, async () => {
			const pair = await startPair(server);
			begun.push(() => pair.stop());
			const watched = watch(pair.primary);
			await until(() => watched.fleet().rounds >= 2, { what: 'it is watched' });
			await pair.primary.call('CLIENT', 'PAUSE', '12000', 'ALL');
			const first = await until(found(watched, 'paused'), { what: 'the pause is found' });
			assert.match(
				first.text,
				/^all commands wait for \d+\.?\d*s, as under CLIENT PAUSE: only errors are answered$/,
			);
			// After the deadline of a call, when its replica has heard from it since: neither down nor out of reach.
			await until(() => found(watched, 'paused')()?.severity === 'crit', { what: 'it is critical' });
			assert.deepEqual(
				watched.fleet().now.findings.filter(({ id }) => id === 'not-reached' || id === 'unreachable'),
				[],
			);
			const stalled = () =>
				/all commands waited, as under CLIENT PAUSE$/.test(found(watched, 'stalled')()?.text ?? '');
			await until(stalled, { what: 'it is over, and told why it stood still' });
			assert.equal(found(watched, 'paused')(), undefined);
			// A check that meets nothing but the pause says that, and not that nobody is there.
			await pair.primary.call('CLIENT', 'PAUSE', '30000', 'ALL');
			const { stdout, code } = await runOnce(['--check', '-p', String(pair.primary.port), '--no-discover']);
			assert.match(stdout, /^CRITICAL paused \S+: all commands wait for \S+, as under CLIENT PAUSE/);
			assert.equal(code, 2);
		});

		test('a primary back empty while its replica still loads its own file: said, and that it takes no command yet', async () => {
			const slow = { 'key-load-delay': '1000', 'loading-process-events-interval-bytes': '1024' };
			const pair = await startPair(server, { config: { ...withTime, ...slow } });
			begun.push(() => pair.stop());
			const { primary, replica } = pair;
			await fill(primary);
			await until(async () => (await keysOf(replica)) === keyCount, { what: 'the replica has the keys' });
			await replica.call('SAVE');
			const watched = watch(primary);
			const isKnown = () => watched.fleet().now.fleet.nodes.every(({ keys }) => keys === keyCount);
			await until(isKnown, { what: 'both are watched with their keys' });
			await Promise.all([primary.kill(), replica.kill()]);
			await replica.restart({ awaitsReady: false });
			await primary.restart();
			const lost = await until(found(watched, 'came-back-empty'), { what: 'it came back empty' });
			assert.deepEqual([lost.severity, lost.node], ['crit', primary.address]);
			const isTold = () =>
				found(watched, 'came-back-empty')()?.text.endsWith(
					`${replica.address} is loading and takes no command yet`,
				);
			await until(isTold, { what: 'it is said that the replica loads' });
			const isOffered = () =>
				/: REPLICAOF NO ONE on \S+ saves 5\.0k$/.test(found(watched, 'came-back-empty')()?.text ?? '');
			await until(isOffered, { what: 'it has loaded, and the command is offered', every: 5 });
			assert.equal(await keysOf(replica), keyCount);
		});

		test('one login that is denied to a user who is logged in', async () => {
			const node = await started(server);
			await aclUser(node, 'app', 'old', ['+@all', '~*']);
			const client = node.connect({ username: 'app', password: 'old' });
			await client.ping();
			const watched = watch(node);
			await until(() => watched.fleet().rounds >= 2, { what: 'it is watched' });
			const late = node.connect();
			await late.call('AUTH', 'stranger', 'x').catch(() => {});
			late.disconnect();
			await aclUser(node, 'app', 'new', ['+@all', '~*']);
			const other = node.connect();
			await other.call('AUTH', 'app', 'old').catch(() => {});
			const { text, severity } = await until(found(watched, 'auth-failing'), { what: 'it is found' });
			assert.equal(severity, 'warn');
			assert.match(text, /^login denied: user app, logged in elsewhere from 127\.0\.0\.1:\d+; WRONGPASS$/);
		});
	});
