// Every state in which a server answers with an error, badly, or not at all, on real servers where one can be brought
// there and on a scripted one where not: what is shown of it, that a healthy server beside it keeps its cadence, and
// the way back when it is over. STATES_TABLE=1 prints what was shown as a Markdown table.

import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { measured } from '../lane.ts';
import { type Behaviour, bulk, error, type Scripted, startScripted } from '../scale/scripted.ts';
import { startCluster, startPair } from '../servers/fleets.ts';
import { countsErrors, leaveOut } from '../servers/having.ts';
import { type Server, testServers } from '../servers/servers.ts';
import { aclUser, loadsSlowly, type RunningServer, slowLoading, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { nodeOf, type Printed, type Run, runJson } from './redis-top.ts';

const shown: string[] = [];
after(() => {
	if (process.env.STATES_TABLE) console.log(`| state | what was shown |\n|---|---|\n${shown.join('\n')}`);
});

/** Half a second: the tests are of states, not of speed, and several run at once. */
const delay = ['-d', '0.5'];

let healthy: Scripted;
before(async () => {
	healthy = await startScripted({ kind: 'standalone', nodes: 1 });
});
after(() => healthy.stop());

type Watched = {
	/** The next object of this node's fleet for which the condition holds. */
	readonly when: (what: string, condition: (node: Printed, object: Printed) => unknown) => Promise<Printed>;
	/** Refreshes of the healthy server since the last call, with their longest gap in ms. */
	readonly beside: () => Promise<{ refreshes: number; longest: number }>;
	readonly run: Run;
	readonly stop: () => Promise<void>;
};

/** Watches one node and, as a fleet of its own, the healthy server. */
function watch(address: string, args: readonly string[] = [], env: Record<string, string> = {}): Watched {
	return viewOf(runJson([...delay, ...args, address, healthy.addresses[0]!], env), address);
}

/** One node of a run, which may watch others too. */
function viewOf(run: Run, address: string): Watched {
	let from = 0;
	let seen = 0;
	const ofFleet = (name: string) => run.objects.filter(object => object.fleet.name === name);
	return {
		run,
		async when(what, condition) {
			const found = await run.when(
				`${address}: ${what}`,
				object => object.fleet.name === address && condition(nodeOf(object, address), object),
				{ from, timeout: 30_000 },
			);
			from = run.objects.indexOf(found);
			return { ...found, row: nodeOf(found, address) };
		},
		async beside() {
			const isMore = () => ofFleet(healthy.addresses[0]!).length >= seen + 4;
			await until(isMore, { what: 'four more refreshes of the healthy server' });
			const objects = ofFleet(healthy.addresses[0]!);
			const gaps = objects.slice(Math.max(1, seen)).map((object, index) => {
				const before = objects[Math.max(1, seen) + index - 1]!;
				return object.seenAt - before.seenAt;
			});
			seen = objects.length;
			return { refreshes: gaps.length, longest: Math.max(0, ...gaps) };
		},
		stop: () => run.stop(),
	};
}

/** A healthy server beside a sick one is never held up: two delays are a loaded machine, three a hold-up. */
async function keptCadence(watched: Watched, what: string): Promise<void> {
	const { refreshes, longest } = await watched.beside();
	assert.ok(refreshes >= 2, `${what}: ${refreshes} refreshes of the healthy server`);
	measured(() => assert.ok(longest < 1500, `${what}: the healthy server waited ${longest} ms`));
}

function note(state: string, where: string, object: Printed): void {
	const findings = object.findings.map(
		(finding: Printed) => `${finding.severity} ${finding.id}: ${finding.text}`,
	);
	const text = object.row.error
		? `\`${object.row.error.reason}\`: ${object.row.error.text}`
		: 'no error, figures go on';
	shown.push(
		`| ${state} (${where}) | ${object.row.health}; ${text}; ${findings.join('; ') || 'no finding'} |`,
	);
}

const hasFinding = (object: Printed, id: string) =>
	object.findings.some((finding: Printed) => finding.id === id);
const isUp = (node: Printed) => node?.health === 'up';

async function rejected(node: RunningServer): Promise<number> {
	return Number((await node.info('stats')).rejected_connections);
}

/** Undefined where the server counts no errors. */
async function errorStat(node: RunningServer, prefix: string): Promise<number | undefined> {
	if (!countsErrors(node.server)) return undefined;
	const line = (await node.info('errorstats'))[`errorstat_${prefix}`];
	return Number(/count=(\d+)/.exec(line ?? '')?.[1] ?? 0);
}

const states: Readonly<Record<string, (server: Server) => Promise<void>>> = {
	async 'LOADING: its progress, no reconnecting, and up again'(server) {
		const node = await startServer(server, { config: slowLoading(1000) });
		const watched = watch(node.address);
		try {
			await watched.when('up', isUp);
			const values = Array.from({ length: 5000 }, (_, index) => [`k:${index}`, 'v'.repeat(50)]).flat();
			await node.call('MSET', ...values);
			await node.restart({ awaitsReady: false });
			const loading = await watched.when('loading', row => row.health === 'loading');
			await watched.when('found', (_, object) => hasFinding(object, 'loading'));
			note('LOADING', server.id, {
				...loading,
				...(await watched.when('still', row => row.health === 'loading')),
			});
			await watched.when('up again', isUp);
			await keptCadence(watched, 'loading');
		} finally {
			await watched.stop();
			await node.stop();
		}
	},

	async 'BUSY with a script: old figures, said as such, and up after SCRIPT KILL'(server) {
		const node = await startServer(server, { config: { 'lua-time-limit': 100 } });
		const watched = watch(node.address);
		try {
			await watched.when('up', isUp);
			await watched.beside();
			const script = node.connect({ commandTimeout: undefined });
			script.eval('while true do end', 0).catch(() => {});
			const busy = await watched.when('busy', row => row.error?.reason === 'busy');
			assert.equal(busy.row.health, 'stale');
			assert.ok(busy.row.usedMemoryBytes > 0, 'the last figures stay');
			assert.equal(busy.row.opsPerSecond, null, 'no rate is made up');
			const found = await watched.when('found', (_, object) => hasFinding(object, 'blocked-by-script'));
			note('BUSY', server.id, found);
			await keptCadence(watched, 'busy');
			await until(() => node.call('SCRIPT', 'KILL'), { what: 'SCRIPT KILL' });
			await watched.when('up again', row => isUp(row) && row.error === null);
		} finally {
			await watched.stop();
			await node.stop();
		}
	},

	async 'MASTERDOWN: a replica that serves nothing is still read, and its link is judged'(server) {
		const pair = await startPair(server, { config: { 'replica-serve-stale-data': 'no' } });
		const watched = watch(pair.replica.address, ['--no-discover']);
		try {
			await watched.when('up', isUp);
			await pair.primary.kill();
			const found = await watched.when('found', (_, object) => hasFinding(object, 'replication-link'));
			assert.equal(found.row.health, 'up', 'INFO is answered');
			assert.equal(found.row.error, null);
			const text = await pair.replica.call('GET', 'x').catch(thrown => String(thrown));
			assert.match(String(text), /MASTERDOWN/);
			note('MASTERDOWN', server.id, found);
			await keptCadence(watched, 'masterdown');
			await pair.primary.restart();
			await watched.when('over', (_, object) => !hasFinding(object, 'replication-link'));
		} finally {
			await watched.stop();
			await pair.stop();
		}
	},

	async 'CLUSTERDOWN: every node is read, the lost slots are counted'(server) {
		const cluster = await startCluster(server, { primaries: 3, replicasEach: 0, nodeTimeout: 1000 });
		const [first, , third] = cluster.nodes as [RunningServer, RunningServer, RunningServer];
		const watched = watch(first.address);
		try {
			await watched.when('ok', (_, object) => object.fleet.clusterState === 'ok');
			await third.kill();
			const found = await watched.when(
				'fail',
				(_, object) => object.fleet.clusterState === 'fail' && hasFinding(object, 'slots-uncovered'),
			);
			assert.equal(found.row.health, 'up');
			assert.ok(found.fleet.slotsCovered < 16_384);
			note('CLUSTERDOWN', server.id, found);
			await keptCadence(watched, 'clusterdown');
			await third.restart();
			await watched.when(
				'ok again',
				(_, object) => object.fleet.clusterState === 'ok' && !hasFinding(object, 'slots-uncovered'),
			);
		} finally {
			await watched.stop();
			await cluster.stop();
		}
	},

	async 'MISCONF: read on, and said that it cannot save'(server) {
		const node = await startServer(server, { config: { save: '3600 1' } });
		const blocker = path.join(node.dir, 'dump.rdb');
		const watched = watch(node.address);
		try {
			await watched.when('up', isUp);
			// A folder by the name of the file: also root cannot write a dump over it.
			mkdirSync(blocker);
			await node.call('SET', 'a', 'b');
			await node.call('BGSAVE');
			const found = await watched.when('found', (_, object) => hasFinding(object, 'save-failing'));
			await assert.rejects(node.call('SET', 'a', 'c'), /MISCONF/);
			assert.equal(found.row.health, 'up');
			note('MISCONF', server.id, found);
			rmdirSync(blocker);
			await until(() => node.call('BGSAVE'), { what: 'BGSAVE' });
			await watched.when('over', (_, object) => !hasFinding(object, 'save-failing'));
			await keptCadence(watched, 'misconf');
		} finally {
			await watched.stop();
			await node.stop();
		}
	},

	async 'WRONGPASS is tried once, NOAUTH once in a while'(server) {
		const node = await startServer(server);
		await aclUser(node, 'shut', 'secret', ['+@all']);
		const locked = await startServer(server, { config: { requirepass: 'secret' } });
		const wrong = watch(node.address, ['--user', 'shut'], { REDISCLI_AUTH: 'nope' });
		const missing = watch(locked.address, [], { REDISCLI_AUTH: '' });
		try {
			const refused = await wrong.when('refused', row => row.error?.reason === 'wrong-password');
			note('WRONGPASS', server.id, refused);
			const needs = await missing.when('needs', row => row.error?.reason === 'needs-password');
			note('NOAUTH', server.id, needs);
			const from = missing.run.objects.length;
			await missing.when('ten refreshes', () => missing.run.objects.length > from + 20);
			const lines = (await node.call('ACL', 'LOG')) as readonly (readonly unknown[])[];
			assert.deepEqual(
				lines.map(([, count, , reason]) => [count, reason]),
				[[1, 'auth']],
				'one line of the ACL log, of one try',
			);
			const refusals = await errorStat(locked, 'NOAUTH');
			const isFew = refusals === undefined || (refusals >= 1 && refusals <= 4);
			assert.ok(isFew, `the greeting of one visit, not each call of each refresh: ${refusals}`);
			await keptCadence(missing, 'needs a password');
		} finally {
			await wrong.stop();
			await missing.stop();
			await node.stop();
			await locked.stop();
		}
	},

	async 'max clients: no storm of connections; who was there before stays'(server) {
		const node = await startServer(server, { config: { maxclients: 12 } });
		const early = watch(node.address);
		let late: Watched | undefined;
		try {
			await early.when('up', isUp);
			await node.info('stats');
			const others = Array.from({ length: 12 }, () => node.connect());
			await until(async () => (await rejected(node)) > 0, { what: 'the server is full' });
			const before = await rejected(node);
			late = watch(node.address);
			const refused = await late.when('refused', row => row.error?.reason === 'max-clients');
			note('max clients', server.id, refused);
			const from = late.run.objects.length;
			await late.when('ten refreshes', () => late!.run.objects.length > from + 20);
			const added = (await rejected(node)) - before;
			assert.ok(added >= 1 && added <= 2, `rejected ${added} more`);
			const found = await early.when('found', (_, object) => hasFinding(object, 'clients-high'));
			assert.equal(found.row.health, 'up', 'its connection stays');
			note('max clients, seen by a connection from before', server.id, found);
			await keptCadence(late, 'max clients');
			for (const other of others) other.disconnect();
			await early.when('over', (_, object) => !hasFinding(object, 'clients-high'));
		} finally {
			await early.stop();
			await late?.stop();
			await node.stop();
		}
	},

	async 'renamed commands: the rest is shown, each is asked once'(server) {
		const config = [
			['rename-command', 'CONFIG', ''],
			['rename-command', 'SLOWLOG', ''],
			['rename-command', 'CLIENT', ''],
		];
		const node = await startServer(server, { config });
		const watched = watch(node.address);
		try {
			const up = await watched.when('up', row => isUp(row) && row.refused.length >= 2);
			assert.deepEqual([...up.row.refused].sort(), ['+config|get', '+slowlog|get']);
			assert.ok(up.row.usedMemoryBytes > 0);
			note(`renamed commands, refused: ${up.row.refused.join(' ')}`, server.id, up);
			const errors = await errorStat(node, 'ERR');
			const from = watched.run.objects.length;
			await watched.when('six seconds of refreshes', () => watched.run.objects.length > from + 24);
			assert.equal(await errorStat(node, 'ERR'), errors, 'not asked again');
		} finally {
			await watched.stop();
			await node.stop();
		}
	},

	async 'OOM under noeviction: writes that are refused are a finding'(server) {
		const node = await startServer(server, {
			config: { maxmemory: '8mb', 'maxmemory-policy': 'noeviction' },
		});
		const watched = watch(node.address);
		let isWriting = true;
		try {
			await watched.when('up', isUp);
			const write = async () => {
				for (let index = 0; isWriting; index++)
					await node.call('SET', `k:${index}`, 'v'.repeat(100_000)).catch(() => {});
			};
			const writing = write();
			// Where no errors are counted, memory tells it. It is under its limit by less than a value takes on its way in.
			const id = countsErrors(server) ? 'oom-errors' : 'memory-high';
			const found = await watched.when('found', (_, object) => hasFinding(object, id));
			assert.equal(found.findings.find((one: Printed) => one.id === id).severity, 'crit');
			note('OOM', server.id, found);
			isWriting = false;
			await writing;
			await node.call('FLUSHALL');
			await watched.when(
				'over',
				(_, object) => !hasFinding(object, id) && !hasFinding(object, 'memory-high'),
			);
			await keptCadence(watched, 'oom');
		} finally {
			isWriting = false;
			await watched.stop();
			await node.stop();
		}
	},

	async 'half-open: a frozen process is stale with its last figures, then up'(server) {
		const node = await startServer(server);
		const watched = watch(node.address);
		try {
			await watched.when('up', isUp);
			await watched.beside();
			node.freeze();
			const stale = await watched.when('stale', row => row.health === 'stale');
			assert.equal(stale.row.opsPerSecond, null);
			const silent = await watched.when('no answer', row => row.error?.reason === 'timeout');
			assert.match(silent.row.error.text, /no answer for 5s/);
			note(
				'frozen (SIGSTOP)',
				server.id,
				await watched.when('found', (_, o) => hasFinding(o, 'unreachable')),
			);
			await keptCadence(watched, 'frozen');
			node.thaw();
			await watched.when('up again', row => isUp(row) && row.error === null);
		} finally {
			await watched.stop();
			await node.stop();
		}
	},
};

for (const server of await testServers('valkey')) {
	if (!countsErrors(server))
		leaveOut(
			server,
			'how often it asks in vain: without a password, and for commands that are renamed',
			'errors are not counted before 6.2',
		);
	describe(`states of ${server.name} ${server.version}`, { concurrency: 5 }, () => {
		for (const [name, run] of Object.entries(states)) {
			const skip =
				name.startsWith('LOADING') && !loadsSlowly(server) && 'it cannot be made to load slowly before 6.2';
			test(name, { skip }, () => run(server));
		}
	});
}

/** Errors whose texts differ between versions, and peers that are no servers at all. */
const odd: readonly {
	readonly state: string;
	readonly behaviour: Behaviour;
	readonly reason: string;
	readonly health: 'down' | 'stale' | 'loading';
	readonly text: RegExp;
	/** Connections that may be made to it in the first refreshes. */
	readonly mostConnections?: number;
}[] = [
	{
		state: 'accepts and never answers',
		behaviour: { mode: 'freeze' },
		reason: 'timeout',
		health: 'down',
		text: /no answer/,
	},
	{
		state: 'talks something else',
		behaviour: { replies: { '': 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n' } },
		reason: 'protocol',
		health: 'down',
		text: /not Redis protocol/,
	},
	{
		state: 'sends a reply of an absurd length',
		behaviour: { replies: { '': '$99999999999999999999\r\nx\r\n' } },
		reason: 'protocol',
		health: 'down',
		text: /is longer than/,
	},
	{
		state: 'sends a reply that is nested without end',
		behaviour: { replies: { '': '*1\r\n'.repeat(100_000) } },
		reason: 'protocol',
		health: 'down',
		text: /is nested more than 8 deep/,
	},
	{
		state: 'sends a line without end',
		behaviour: { replies: { '': `+${'x'.repeat(2_000_000)}` } },
		reason: 'protocol',
		health: 'down',
		text: /has a line without end/,
	},
	{
		state: 'closes at once',
		behaviour: { mode: 'close' },
		reason: 'closed',
		health: 'down',
		text: /closed by the server/,
	},
	{
		state: 'protected mode',
		behaviour: {
			mode: 'close',
			greeting:
				'-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user.\r\n',
		},
		reason: 'refused',
		health: 'down',
		text: /protected mode/,
	},
	{
		state: 'max clients (text of a cluster node)',
		behaviour: {
			mode: 'close',
			greeting: '-ERR max number of clients + cluster connections reached\r\n',
		},
		reason: 'max-clients',
		health: 'down',
		text: /max number of clients/,
		mostConnections: 1,
	},
	{
		state: 'INFO is a number',
		behaviour: { replies: { info: ':42\r\n' } },
		reason: 'protocol',
		health: 'down',
		text: /not a text/,
	},
	{
		state: 'NOPERM for INFO',
		behaviour: {
			replies: { info: error("NOPERM User low has no permissions to run the 'info' command") },
		},
		reason: 'no-permission',
		health: 'down',
		text: /\+info/,
	},
	{
		state: 'NOAUTH (6.0)',
		behaviour: { replies: { info: error('NOAUTH Authentication required.') } },
		reason: 'needs-password',
		health: 'down',
		text: /REDISCLI_AUTH/,
	},
	{
		state: 'BUSY (7.0 text)',
		behaviour: {
			replies: {
				'': error('BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.'),
			},
		},
		reason: 'busy',
		health: 'down',
		text: /FUNCTION KILL/,
	},
	{
		state: 'LOADING refused to INFO',
		behaviour: { replies: { info: error('LOADING Redis is loading the dataset in memory') } },
		reason: 'loading',
		health: 'loading',
		text: /loading/,
	},
];

/** As 6.0, 7.0 and 7.2 word it, the last also for Valkey. */
const noperms: Readonly<Record<string, (command: string) => string>> = {
	'6.0': command => `NOPERM this user has no permissions to run the '${command}' command or its subcommand`,
	'7.0': command => `NOPERM this user has no permissions to run the '${command}|get' command`,
	'7.2': command => `NOPERM User low has no permissions to run the '${command}|get' command`,
};

describe('peers that are scripted', { concurrency: true }, () => {
	const versions = Object.entries(noperms);
	const behaviours: readonly Behaviour[] = [
		...odd.map(each => each.behaviour),
		...versions.map(([, text]) => ({
			replies: { 'slowlog get': error(text('slowlog')), 'config get': error(text('config')) },
		})),
		{ replies: { 'config get': bulk('what?') }, info: 'used_memory:lots\r\n' },
	];
	let peers: Scripted;
	let run: Run;
	before(async () => {
		peers = await startScripted({ kind: 'standalone', nodes: behaviours.length });
		await Promise.all(behaviours.map((behaviour, index) => peers.tell([index], behaviour)));
		// One program for all: each is a fleet of its own, and none may hold up another.
		run = runJson([...delay, ...peers.addresses, healthy.addresses[0]!]);
	});
	after(async () => {
		await run.stop();
		await peers.stop();
	});

	odd.forEach((each, index) => {
		test(each.state, async () => {
			const watched = viewOf(run, peers.addresses[index]!);
			const bad = await watched.when('its reason', row => row.error?.reason === each.reason);
			assert.equal(bad.row.health, each.health);
			assert.match(bad.row.error.text, each.text);
			note(each.state, 'scripted', bad);
			await watched.when('its finding', (_, object) => object.findings.length > 0);
			await keptCadence(watched, each.state);
			const { connected } = await peers.tell([index], {});
			// Tries are spaced 1, 2, 4, 5 s: far fewer than refreshes.
			assert.ok(connected[index]! <= (each.mostConnections ?? 5), `${connected[index]} connections`);
			// These are tried again after 30 s, for each try leaves a trace on the server.
			if (each.mostConnections || each.reason === 'needs-password' || each.reason === 'no-permission') return;
			await watched.when('up, when it is over', row => isUp(row) && row.error === null);
		});
	});

	versions.forEach(([version], offset) => {
		test(`NOPERM as ${version} says it costs its own part only`, async () => {
			const watched = viewOf(run, peers.addresses[odd.length + offset]!);
			const up = await watched.when('up', row => isUp(row) && row.refused.length >= 2);
			assert.deepEqual([...up.row.refused].sort(), ['+config|get', '+slowlog|get']);
			assert.equal(up.row.error, null);
			note(`NOPERM (${version}), refused: ${up.row.refused.join(' ')}`, 'scripted', up);
		});
	});

	test('a reply that is not what INFO promises costs its field', async () => {
		const up = await viewOf(run, peers.addresses.at(-1)!).when('up', isUp);
		assert.equal(up.row.usedMemoryBytes, null);
		assert.ok(up.row.rssBytes > 0, 'the rest stays');
	});
});
