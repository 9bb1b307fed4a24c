// Each change of the memory runbook on real servers against each event that can happen while its question is open: a setting
// or the policy changed by another client, roles swapped, another server at the address, the reason gone, a restart, the
// node gone. All of it with a delay of ten minutes, so that nothing but what is read for the question can tell. Each time
// nothing is sent, by the servers' own counting, and the reason is on the screen.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { timeNow } from '../../source/redis/clock.ts';
import { settingIn } from '../../source/runbooks/grounds.ts';
import type { Change } from '../../source/runbooks/runbook.ts';
import { runbookInput } from '../../source/state/runbook-input.ts';
import { changeNow } from '../../source/state/runbook-runs.ts';
import type { ChangePrompt, State } from '../../source/state/state.ts';
import * as fillMemory from '../servers/fill-memory.ts';
import { type Server, testServers } from '../servers/servers.ts';
import { type RunningServer, type ServerConfig, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

const begun: (() => Promise<unknown>)[] = [];
after(async () => {
	for (const end of begun.reverse()) await end();
});

const megabyte = 1024 * 1024;

// ---------------------------------------------------------------------------------------------------------
// What is offered where

type Filled = {
	/** Where the change would be sent. */
	readonly node: RunningServer;
	/** What it is offered for is over; undefined where that cannot be. */
	readonly over?: () => Promise<unknown>;
	/** What is watched, where it is not the node itself. */
	readonly primary?: RunningServer;
	/** The way to the node by which the others know it. */
	readonly proxy?: CuttingProxy;
	/** As it was when it was filled. */
	readonly reset?: () => Promise<unknown>;
};

type Case = {
	readonly name: string;
	/** The steps of the runbook and what they offer. */
	readonly changes: readonly (readonly [step: number, id: string])[];
	readonly fill: (server: Server) => Promise<Filled>;
	/** Why it is not sent when its reason is gone. */
	readonly why?: RegExp;
	/** What is offered only when it has lasted needs another reading; ten minutes where nothing is said. */
	readonly delaySeconds?: number;
	/** A change that is really made before this one is asked about. */
	readonly madeBefore?: readonly [step: number, id: string];
};

const [fragmentation, relief, durable] = [1, 4, 5];

async function start(server: Server, config: Record<string, string | number>): Promise<RunningServer> {
	const debug: ServerConfig = server.version.startsWith('6.') ? {} : { 'enable-debug-command': 'local' };
	const node = await startServer(server, { config: { save: '', ...debug, ...config } });
	begun.push(() => node.stop());
	return node;
}

async function fullOfData(server: Server): Promise<Filled> {
	const node = await start(server, { maxmemory: '20mb', 'maxmemory-policy': 'noeviction' });
	const set = () => node.call('SET', `k:${Math.random()}`, 'x'.repeat(50_000), 'EX', '5000');
	const isRefused = () =>
		set().then(
			() => false,
			() => true,
		);
	await until(isRefused, { what: 'it is full', every: 0 });
	return { node, over: () => node.call('FLUSHALL') };
}

/** Full of data, with a replica that would be too small after a failover. */
async function smallReplica(server: Server): Promise<Filled> {
	const { node: primary, over } = await fullOfData(server);
	const proxy = await startCuttingProxy([1]);
	begun.push(() => proxy.stop());
	const node = await start(server, {
		...{ maxmemory: '18mb', 'maxmemory-policy': 'noeviction' },
		...{ replicaof: `127.0.0.1 ${primary.port}`, 'replica-announce-port': proxy.port },
	});
	proxy.lead(node.port);
	await untilLinked(node);
	return { node, over, primary, proxy };
}

const untilLinked = (node: RunningServer) =>
	until(async () => (await node.info('replication')).master_link_status === 'up', { what: 'it is linked' });

/** Full of data, where the limit can be raised and set back. */
async function raisable(server: Server): Promise<Filled> {
	const { node } = await fullOfData(server);
	return { node, reset: () => node.call('CONFIG', 'SET', 'maxmemory', '20mb') };
}

async function eatenByClient(server: Server): Promise<Filled> {
	const node = await start(server, { maxmemory: '60mb', 'maxmemory-policy': 'allkeys-lru' });
	// Memory that is full is what the offer rests on.
	for (let key = 0; key < 300; key++) await node.call('SET', `data:${key}`, 'd'.repeat(100_000));
	const deaf = connect(node.port, node.host);
	deaf.on('error', () => {});
	deaf.pause();
	deaf.write('MONITOR\r\n');
	const held = async () => Number((await node.info('memory')).mem_clients_normal);
	const noise = () => node.call('SET', 'noise', 'n'.repeat(200_000));
	await until(async () => noise().then(async () => (await held()) > 30 * megabyte), {
		what: 'its buffer is large',
		every: 0,
	});
	begun.push(async () => deaf.destroy());
	const isFree = async () => (await held()) < 5 * megabyte;
	return {
		node,
		over: async () => {
			deaf.destroy();
			await until(isFree, { what: 'its buffer is free' });
		},
	};
}

/** Two requests of 80 MB that are not whole yet. */
async function largeRequests(server: Server): Promise<Filled> {
	const node = await start(server, { maxmemory: '180mb', 'maxmemory-policy': 'noeviction' });
	const release = await fillMemory.fillQueryBuffers(node, 2, 80_000_000);
	const held = async () => Number((await node.info('memory')).mem_clients_normal);
	await until(async () => (await held()) > 140 * megabyte, { what: 'it holds them' });
	begun.push(async () => release());
	return {
		node,
		over: async () => {
			release();
			await until(async () => (await held()) < 5 * megabyte, { what: 'they are gone' });
		},
	};
}

async function trackedKeys(server: Server): Promise<Filled> {
	const node = await start(server, { maxmemory: '60mb' });
	const release = await fillMemory.fillTrackingTable(node, 300_000);
	begun.push(async () => release());
	const tracked = async () => Number((await node.info('stats')).tracking_total_keys);
	return {
		node,
		over: async () => {
			release();
			// Nothing but writes and the limit takes them out.
			await node.call('FLUSHALL');
			await until(async () => (await tracked()) === 0, { what: 'nothing is tracked' });
		},
	};
}

async function manyScripts(server: Server): Promise<Filled> {
	const node = await start(server, { maxmemory: '30mb' });
	await fillMemory.fillByScriptLoad(node, 25_000);
	return { node, over: () => node.call('SCRIPT', 'FLUSH') };
}

/** Most of a keyspace deleted: in every page a few keys. */
async function holes(server: Server): Promise<Filled> {
	const node = await start(server, { maxmemory: '1gb' });
	await node.call('DEBUG', 'POPULATE', '250000', 'k', '700');
	const thin = "for i=0,249999 do if i%8~=0 then redis.call('DEL','k:'..i) end end return 1";
	await node.call('EVAL', thin, '0');
	const empty = async () => Number((await node.info('memory')).allocator_active) < 20 * megabyte;
	return {
		node,
		over: async () => {
			await node.call('FLUSHALL');
			await until(empty, { what: 'the pages are empty' });
		},
	};
}

/** Pages that an allocator keeps which never gives any back by itself. */
async function retainedPages(server: Server): Promise<Filled> {
	const node = await start(server, { maxmemory: '1gb', 'jemalloc-bg-thread': 'no' });
	for (const arena of ['arenas', 'arena.0'])
		for (const kind of ['dirty', 'muzzy'])
			await node.call('DEBUG', 'MALLCTL', `${arena}.${kind}_decay_ms`, '-1');
	await node.call('DEBUG', 'POPULATE', '250000', 'k', '700');
	await node.call('EVAL', "for i=0,249999 do redis.call('DEL','k:'..i) end return 1", '0');
	const kept = async () => {
		const { allocator_resident: resident, allocator_active: active } = await node.info('memory');
		return Number(resident) - Number(active);
	};
	await until(async () => (await kept()) > 100 * megabyte, { what: 'it keeps pages' });
	const over = async () => {
		await node.call('MEMORY', 'PURGE');
		// The server counts its pages ten times a second.
		await until(async () => (await kept()) < 50 * megabyte, { what: 'it tells that they are gone' });
	};
	return { node, over };
}

const cases: readonly Case[] = [
	{
		name: 'full of data',
		changes: [
			[relief, 'raise-maxmemory'],
			[relief, 'policy-volatile-ttl'],
			[relief, 'policy-allkeys-lru'],
		],
		fill: fullOfData,
		why: /nothing presses: memory is below its limit|^deleted objects that are being freed/,
	},
	{
		name: 'eaten by a client',
		changes: [
			[relief, 'client-kill-1'],
			[durable, 'output-buffer-limit'],
		],
		fill: eatenByClient,
		why: /^(client 127\.0\.0\.1:\d+ is gone|what it was offered for is over)$|no client holds much now/,
	},
	{
		name: 'large requests',
		changes: [
			[relief, 'maxmemory-clients'],
			[durable, 'query-buffer-limit'],
		],
		fill: largeRequests,
		why: /^what it was offered for is over$/,
	},
	{
		name: 'tracked keys',
		changes: [[relief, 'tracking-table-max-keys']],
		fill: trackedKeys,
		why: /^what it was offered for is over$/,
	},
	{
		name: 'scripts',
		changes: [[relief, 'script-flush']],
		fill: manyScripts,
		why: /^what it was offered for is over$/,
	},
	{
		name: 'retained pages',
		changes: [[fragmentation, 'memory-purge']],
		delaySeconds: 31,
		fill: retainedPages,
		why: /retains few pages/,
	},
	{
		name: 'a replica that is too small',
		changes: [[relief, 'raise-maxmemory-replica']],
		fill: smallReplica,
		why: /nothing presses: memory is below its limit|^what it was offered for is over$|^deleted objects/,
	},
	{
		name: 'settings that a restart would lose',
		changes: [[durable, 'config-rewrite']],
		madeBefore: [relief, 'raise-maxmemory'],
		fill: raisable,
	},
	{
		name: 'holes in pages',
		changes: [[fragmentation, 'activedefrag']],
		fill: holes,
		why: /^what it was offered for is over$/,
	},
];

// ---------------------------------------------------------------------------------------------------------
// What happens

type Scene = Filled & { readonly proxy: CuttingProxy; readonly other: RunningServer };

type Event = {
	readonly name: string;
	readonly happens: (scene: Scene, change: Change) => Promise<unknown>;
	readonly why: (change: Change, of: Case, scene: Scene) => RegExp;
	/** Puts it back for the next one; without it nothing can. */
	readonly ends?: (scene: Scene, change: Change) => Promise<unknown>;
	readonly isRestart?: true;
	/** Whether it can matter to this change. */
	readonly isFor?: (change: Change) => boolean;
	/** Whether it can happen there. */
	readonly isIn?: (of: Case) => boolean;
};

const settingOf = async (node: RunningServer, name: string): Promise<string> =>
	((await node.call('CONFIG', 'GET', name)) as string[])[1]!;

/** Values of the settings that runbooks set, which harm nothing here. */
const otherValues: Readonly<Record<string, string>> = {
	'maxmemory-clients': '900000000',
	'client-query-buffer-limit': '900000000',
	'client-output-buffer-limit': 'normal 900000000 800000000 600',
	'tracking-table-max-keys': '900000',
};
const nameIn = (change: Change) => settingIn(change)?.name ?? '';

const changed = (
	name: string,
	setting: (change: Change) => string,
	value: (now: string, change: Change) => string,
	isFor?: Event['isFor'],
): Event => {
	const before = new Map<RunningServer, string>();
	return {
		...{ name, isFor },
		async happens({ node }, change) {
			const now = await settingOf(node, setting(change));
			before.set(node, now);
			await node.call('CONFIG', 'SET', setting(change), value(now, change));
		},
		why: change => new RegExp(`^${setting(change)} is .+ now, not `),
		ends: ({ node }, change) => node.call('CONFIG', 'SET', setting(change), before.get(node)!),
	};
};

const events: readonly Event[] = [
	changed(
		'another client changes the limit',
		() => 'maxmemory',
		now => String(Number(now) + megabyte),
	),
	changed(
		'another client changes the policy',
		() => 'maxmemory-policy',
		() => 'volatile-random',
	),
	changed(
		'another client changes its setting',
		nameIn,
		(_, change) => otherValues[nameIn(change)]!,
		change => Object.hasOwn(otherValues, nameIn(change)),
	),
	{
		name: 'roles are swapped',
		happens: ({ node, primary }) =>
			primary ? node.call('REPLICAOF', 'NO', 'ONE') : node.call('REPLICAOF', '127.0.0.1', '1'),
		why: (_, __, { primary }) =>
			primary ? /^it is a primary now, not a replica$/ : /^it is a replica now, not a primary$/,
		async ends({ node, primary }) {
			if (!primary) return node.call('REPLICAOF', 'NO', 'ONE');
			await node.call('REPLICAOF', primary.host, primary.port);
			// 6.0 syncs in full, and holds nothing meanwhile.
			return untilLinked(node);
		},
	},
	{
		name: 'another server answers at the address',
		happens: async ({ proxy, other }) => proxy.lead(other.port),
		why: () => /^another server answers at this address now$/,
		ends: async ({ proxy, node }) => proxy.lead(node.port),
	},
	{
		name: 'nobody answers at the address',
		happens: async ({ proxy }) => proxy.lead(1),
		why: () => /refused|closed|no answer|ended/,
		ends: async ({ proxy, node }) => proxy.lead(node.port),
	},
	{
		name: 'what it is offered for is over',
		happens: async ({ over }) => over?.(),
		why: (_, of) => of.why!,
		isIn: ({ why }) => why !== undefined,
	},
	{
		name: 'the server is restarted',
		isRestart: true,
		happens: async ({ node }) => {
			await node.kill();
			await node.restart();
		},
		why: () => /^it was restarted meanwhile$/,
	},
];

// ---------------------------------------------------------------------------------------------------------
// The question

const promptIn = (state: State): ChangePrompt | undefined =>
	state.prompt?.kind === 'change' ? state.prompt : undefined;

const changing =
	/^cmdstat_(client\|kill|config\|(set|rewrite)|memory\|purge|script\|flush|replicaof|slaveof|failover)$/;

/** How often commands that change a server were called there, as it counts them; before 7.0 it counts no subcommands. */
async function changesOn(servers: readonly RunningServer[]): Promise<readonly string[]> {
	const told: string[] = [];
	for (const server of servers.filter(({ isRunning }) => isRunning))
		for (const [name, stat] of Object.entries(await server.info('commandstats')))
			if (changing.test(name)) told.push(`${server.address} ${name} ${/calls=\d+/.exec(stat)}`);
	return told;
}

function watch({ primary, proxy }: Scene, delaySeconds = 600): WatchedFleet {
	const state = { isChangesAllowed: true, delaySeconds, isDiscoveryOn: primary !== undefined };
	const watched = watchFleet(primary ?? { address: `127.0.0.1:${proxy.port}` }, { state });
	begun.push(() => watched.stop());
	return watched;
}

/** The question about this change of this step is open, was read, and takes keys. */
async function ask(watched: WatchedFleet, step: number, id: string): Promise<ChangePrompt> {
	const { state, press } = watched;
	const isUp = () => watched.fleet().now.fleet.nodes[0]?.health === 'up';
	// One that was too busy to answer is asked once more, and not in ten minutes.
	const isUpByNow = () => {
		if (!isUp()) press('ctrl-l');
		return isUp();
	};
	await until(isUpByNow, { what: 'it is watched', every: 500 });
	const begin = () => press('1', '6', ...Array.from({ length: step }, () => 'right'));
	begin();
	const isIt = () => {
		const now = changeNow(state())?.id;
		return now === id || now?.startsWith(`${id} `) === true;
	};
	const isSelected = () => {
		// Begun while the way still led to another server: that is said, and it begins again.
		if (runbookInput(state(), state().runbook!)?.changed) begin();
		// One that is offered later may stand above.
		for (let at = 0; at < 9; at++) press('up');
		for (let at = 0; at < 9 && !isIt(); at++) press('down');
		return isIt() && changeNow(state())?.isOffered === true;
	};
	await until(isSelected, {
		timeout: 60_000,
		what: () => `${id} is offered: ${JSON.stringify(changeNow(state()))}\n${watched.screen()}`,
	});
	press('x');
	return opened(watched);
}

async function opened({ state }: WatchedFleet): Promise<ChangePrompt> {
	const open = promptIn(state());
	assert.ok(open, state().toast?.text);
	await until(() => /, up$/.test(promptIn(state())?.live?.text ?? ''), {
		what: () => `it was read for the question: ${promptIn(state())?.closed}`,
		// Pages must have stayed for 30 s, which begin again where a reading was late.
		timeout: 45_000,
	});
	await until(() => timeNow() > open.from, { what: 'keys are taken' });
	return open;
}

/** The address and Enter send nothing, and why not is on the screen. */
async function assertNotSent(
	watched: WatchedFleet,
	{ change }: ChangePrompt,
	why: RegExp,
	servers: readonly RunningServer[],
): Promise<void> {
	const before = await changesOn(servers);
	const made = (watched.state().changes ?? []).length;
	// It may have been seen by itself: then the next key only takes the words away.
	if (!promptIn(watched.state())?.closed) watched.press(...change.node, 'enter');
	const closed = await until(() => promptIn(watched.state())?.closed, {
		what: () => `it closes: ${watched.state().toast?.text} ${watched.state().changes?.[0]?.reply}`,
	});
	assert.match(closed, why);
	assert.match(watched.screen(), /Not sent/);
	assert.ok(watched.screen().replace(/\s+/g, ' ').includes(closed.slice(0, 40)), watched.screen());
	assert.deepEqual(await changesOn(servers), before);
	assert.equal((watched.state().changes ?? []).length, made);
}

type Watched = { readonly change: readonly [step: number, id: string]; readonly watched: WatchedFleet };

async function sceneOf(each: Case, server: Server, other: RunningServer): Promise<Scene> {
	const filled = await each.fill(server);
	const proxy = filled.proxy ?? (await startCuttingProxy([filled.node.port]));
	begun.push(() => proxy.stop());
	return { ...filled, proxy, other };
}

/** The address and Enter: it is sent. */
async function make(watched: WatchedFleet, change: Watched['change']): Promise<void> {
	const question = await ask(watched, ...change);
	watched.press(...question.change.node, 'enter');
	const reply = () => watched.state().changes?.[0]?.reply;
	assert.equal(await until(reply, { what: () => `it is sent: ${promptIn(watched.state())?.closed}` }), 'OK');
	const { node, command } = question.change;
	const isRead = () =>
		watched.fleet().tracks.get(node)?.lastGood?.info?.maxmemoryBytes === Number(command[3]);
	await until(isRead, { what: 'what it did is read' });
}

async function happen(each: Case, event: Event, scene: Scene, watches: readonly Watched[]): Promise<void> {
	const open: { readonly question: ChangePrompt; readonly watched: WatchedFleet }[] = [];
	for (const { watched, change } of watches) {
		if (each.madeBefore) await make(watched, each.madeBefore);
		const question = await ask(watched, ...change);
		if (event.isFor?.(question.change) !== false) open.push({ question, watched });
	}
	const [first] = open;
	if (!first) return void (await scene.reset?.());
	await event.happens(scene, first.question.change);
	for (const { watched, question } of open) {
		const why = event.why(question.change, each, scene);
		const servers = [scene.node, scene.other, ...(scene.primary ? [scene.primary] : [])];
		await assertNotSent(watched, question, why, servers);
		await watched.stop();
	}
	await event.ends?.(scene, first.question.change);
	if (event.ends) await scene.reset?.();
}

for (const server of await testServers('both'))
	describe(server.id, { concurrency: 2 }, () => {
		let other: RunningServer;
		before(async () => {
			other = await startServer(server, { config: { save: '' } });
			begun.push(() => other.stop());
		});

		for (const each of cases)
			test(`${each.name}: ${each.changes.map(([, id]) => id).join(', ')}`, {
				skip:
					each.name === 'large requests' &&
					server.version.startsWith('6.') &&
					'no maxmemory-clients before 7.0',
			}, async () => {
				// One for all that can be put back, and one that is restarted.
				const scenes = [await sceneOf(each, server, other), await sceneOf(each, server, other)];
				// For longer than what is shown is old, or it may be the same one restarted.
				await until(async () => Number((await other.info('server')).uptime_in_seconds) >= 12, {
					what: 'the other has been up for a while',
				});
				// Watched before anything happens, so that all of them know how it was.
				const possible = events.filter(event => event.isIn?.(each) !== false);
				const asked = possible.map(event => {
					const scene = scenes[event.isRestart ? 1 : 0]!;
					const watches = each.changes.map(change => ({
						change,
						watched: watch(scene, each.delaySeconds),
					}));
					return { event, scene, watches };
				});
				for (const { watched } of asked.flatMap(({ watches }) => watches))
					await until(() => watched.fleet().now.fleet.nodes[0]?.health === 'up', {
						what: () => `it is watched: ${JSON.stringify(watched.fleet().now.fleet.nodes[0]?.error)}`,
						timeout: 180_000,
					});
				// What cannot be put back happens to all that are open.
				for (const { event, scene, watches } of asked)
					for (const together of event.ends ? watches.map(one => [one]) : [watches])
						try {
							await happen(each, event, scene, together);
						} catch (error) {
							throw new Error(
								`${together.map(one => one.change[1])}: ${event.name}: ${(error as Error).message}`,
								{ cause: error },
							);
						}
			});
	});
