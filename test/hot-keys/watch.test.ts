// A watch over nodes that cannot be had here: HOTKEYS of Redis 8.6 with somebody else's session and with ours, Valkey's
// windows, SLOT-STATS of Redis 8.2; refusals in the middle, nodes that die, and what is left behind at the end.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, test } from 'node:test';
import type { HotKeysStatus, HotTarget } from '../../source/core/keys/hot-keys.ts';
import type { Ladder } from '../../source/core/keys/hot-ladder.ts';
import { type HotKeysOptions, type HotKeysWatch, watchHotKeys } from '../../source/redis/hot-keys/watch.ts';
import { endText, noteTexts } from '../../source/view/screens/hot-keys/note-words.ts';
import { whyText } from '../../source/view/screens/hot-keys/rung-words.ts';
import { plainDial } from '../big-keys/scan.ts';
import { until } from '../servers/until.ts';
import {
	type Answer,
	array,
	bulk,
	error,
	type InfoFields,
	integer,
	nil,
	ok,
	type ScriptedNode,
	startNode as startScripted,
} from './scripted-node.ts';

const redis86: InfoFields = { redis_version: '8.6.0', cluster_enabled: 0, maxmemory_policy: 'noeviction' };
const valkey: InfoFields = {
	...redis86,
	server_name: 'valkey',
	valkey_version: '9.2.0',
	redis_version: '7.2.4',
};

const target = (address: string, isCluster = false): HotTarget => ({
	address,
	isReplica: false,
	isCluster,
	replicas: ['r:1'],
});

// Where a session of ours is known by: not in the home of who runs the tests.
const home = mkdtempSync(path.join(tmpdir(), 'redis-top-hotkeys-'));
process.env.XDG_STATE_HOME = home;
after(() => rmSync(home, { recursive: true }));
const kept = path.join(home, 'redis-top', 'hotkeys');
mkdirSync(kept, { recursive: true });
const keptFiles = () => readdirSync(kept).length;

const started: ScriptedNode[] = [];
afterEach(() => Promise.all(started.splice(0).map(node => node.close())));

async function startNode(info: InfoFields, answer: Answer): Promise<ScriptedNode> {
	const node = await startScripted(info, answer);
	started.push(node);
	return node;
}

type Watched = {
	readonly watch: HotKeysWatch;
	readonly told: { readonly at: number; readonly status: HotKeysStatus }[];
};

async function watched(
	targets: readonly HotTarget[],
	act: (watched: Watched) => Promise<void>,
	options: Partial<HotKeysOptions> = {},
): Promise<void> {
	const told: { at: number; status: HotKeysStatus }[] = [];
	const watch = watchHotKeys(targets, {
		...{ dial: plainDial, top: 20, turnMilliseconds: 300, ...options },
		onStatus: status => told.push({ at: performance.now(), status }),
	});
	try {
		await act({ watch, told });
	} finally {
		await watch.close();
	}
}

const ladderOf = (watch: HotKeysWatch, node: ScriptedNode): Ladder | undefined =>
	watch.status().ladders.find(ladder => ladder.node === node.address);
const hotkeysState = (watch: HotKeysWatch, node: ScriptedNode) =>
	ladderOf(watch, node)?.rungs.find(({ method }) => method === 'hotkeys')?.state;

// ---------------------------------------------------------------------------------------------------------
// Redis 8.6

type Session = { isActive: boolean; startedAt: number };

/** HOTKEYS as Redis 8.6 has it: one session a node, GET of none is nil, RESET of an active one is refused. */
function hotkeys(server: { session?: Session; isFlat?: boolean; deny?: string }): Answer {
	const fields = ({ isActive, startedAt }: Session) =>
		array(
			...[bulk('tracking-active'), integer(isActive ? 1 : 0), bulk('sample-ratio'), integer(10)],
			...[bulk('all-commands-all-slots-us'), integer(100_000)],
			...[bulk('net-bytes-all-commands-all-slots'), integer(900_000)],
			...[bulk('collection-start-time-unix-ms'), integer(startedAt)],
			...[bulk('collection-duration-ms'), integer(2000)],
			...[bulk('by-cpu-time-us'), array(bulk('promo'), integer(4000), bulk('cart'), integer(1000))],
			...[bulk('by-net-bytes'), array(bulk('promo'), integer(30_000))],
		);
	return (_, command) => {
		const { session } = server;
		if (!command.startsWith('hotkeys')) return undefined;
		if (server.deny && command.startsWith(server.deny))
			return error(`NOPERM User x has no permissions to run the '${server.deny.replace(' ', '|')}' command`);
		if (command.startsWith('hotkeys start')) {
			if (session?.isActive) return error('ERR hotkey tracking session already in progress');
			server.session = { isActive: true, startedAt: Date.now() };
			return ok;
		}
		if (command === 'hotkeys get')
			return session ? (server.isFlat ? fields(session) : array(fields(session))) : nil;
		if (command === 'hotkeys stop') {
			if (!session?.isActive) return nil;
			session.isActive = false;
			return ok;
		}
		if (session?.isActive) return error('ERR hotkey tracking session in progress, stop tracking first');
		server.session = undefined;
		return ok;
	};
}

for (const isFlat of [false, true])
	test(`Redis 8.6, ${isFlat ? 'flat' : 'wrapped'}: a session is asked for, and gone afterwards`, async () => {
		const server = { isFlat, session: undefined as Session | undefined };
		const node = await startNode(redis86, hotkeys(server));
		await watched([target(node.address)], async ({ watch }) => {
			await until(() => hotkeysState(watch, node) === 'asks', { what: 'the rung asks' });
			assert.equal(node.askedFor('hotkeys start').length, 0, 'nothing is begun by itself');
			watch.sample();
			await until(() => hotkeysState(watch, node) === 'running' && server.session, { what: 'it runs' });
			assert.deepEqual(node.askedFor('hotkeys start'), [
				'hotkeys start metrics 2 cpu net count 20 duration 10 sample 10',
			]);
			assert.equal(watch.status().sampling?.mostSeconds, 10);
			watch.sample();
			const { result } = await until(() => watch.status().result && watch.status(), { what: 'a result' });
			assert.equal(result!.method, 'hotkeys');
			assert.equal(result!.shareOf, 'time');
			const [promo, cart] = result!.keys;
			// 4000 of a tenth are 40,000 of 100,000.
			assert.deepEqual(
				[promo!.key, promo!.share, promo!.cpuMicroseconds, promo!.netBytes],
				['promo', 0.4, 40_000, 300_000],
			);
			assert.deepEqual([cart!.key, cart!.share, cart!.netBytes], ['cart', 0.1, undefined]);
			assert.deepEqual(promo!.replicas, ['r:1']);
			assert.equal(result!.nodes[0]!.endedBy, 'stopped');
			assert.equal(server.session, undefined, 'it was reset');
			assert.equal(hotkeysState(watch, node), 'asks');
		});
	});

test('a session of somebody else is read, never stopped and never reset', async () => {
	const server = { session: { isActive: true, startedAt: 5 } as Session | undefined };
	const node = await startNode(redis86, hotkeys(server));
	await watched([target(node.address)], async ({ watch }) => {
		const result = await until(() => watch.status().result, { what: 'it is read' });
		assert.equal(result.keys[0]!.key, 'promo');
		assert.equal(result.nodes[0]!.endedBy, 'going-on');
		watch.stop();
	});
	assert.deepEqual(server.session, { isActive: true, startedAt: 5 });
	for (const command of ['start', 'stop', 'reset']) assert.deepEqual(node.askedFor(`hotkeys ${command}`), []);
});

test('somebody was faster, and somebody reset ours: theirs stays', async () => {
	const server = { session: undefined as Session | undefined };
	const node = await startNode(redis86, hotkeys(server));
	await watched([target(node.address)], async ({ watch }) => {
		await until(() => hotkeysState(watch, node) === 'asks', { what: 'the rung asks' });
		server.session = { isActive: true, startedAt: 1 };
		watch.sample();
		await until(() => node.askedFor('hotkeys start').length === 1, { what: 'START is refused' });
		await until(() => hotkeysState(watch, node) === 'running' && !watch.status().sampling, {
			what: 'theirs is seen',
		});
		assert.deepEqual(server.session, { isActive: true, startedAt: 1 });

		server.session = undefined;
		await until(() => hotkeysState(watch, node) === 'asks', { what: 'it is over', timeout: 20_000 });
		watch.sample();
		await until(() => server.session !== undefined, { what: 'ours runs' });
		await until(() => node.asked.at(-1) === 'hotkeys get', { what: 'its begin is known' });
		server.session = { isActive: true, startedAt: 2 };
		watch.sample();
		await until(() => !watch.status().sampling, { what: 'ours has ended' });
		assert.deepEqual(server.session, { isActive: true, startedAt: 2 });
		assert.deepEqual([...node.askedFor('hotkeys stop'), ...node.askedFor('hotkeys reset')], []);
	});
});

test('closed in the middle of ours: it is stopped and reset', async () => {
	const server = { session: undefined as Session | undefined };
	const node = await startNode(redis86, hotkeys(server));
	await watched([target(node.address)], async ({ watch }) => {
		await until(() => hotkeysState(watch, node) === 'asks', { what: 'the rung asks' });
		watch.sample();
		await until(() => server.session, { what: 'ours runs' });
	});
	assert.equal(server.session, undefined);
	assert.deepEqual([node.askedFor('hotkeys stop').length, node.askedFor('hotkeys reset').length], [1, 1]);
	await until(() => node.connections() === 0, { what: 'no connection is left' });
});

/** A file as a redis-top leaves it that began the session at this time. */
function leave(startedAt: number, pid: number, until = Date.now() + 10_000): void {
	const name = `${'a'.repeat(40)}-${startedAt}.json`;
	writeFileSync(path.join(kept, name), JSON.stringify({ pid, host: hostname(), until }));
}
/** No process has it: the kernel gives out smaller ones. */
const nobody = 2 ** 30;

test('a session that a killed redis-top left is read for free, and reset when it is over', async () => {
	const server = { session: { isActive: true, startedAt: 77 } as Session | undefined };
	leave(77, nobody);
	const node = await startNode(redis86, hotkeys(server));
	await watched([target(node.address)], async ({ watch }) => {
		const result = await until(() => watch.status().result, { what: 'it is read' });
		assert.deepEqual(
			[result.nodes[0]!.session!.whose, result.nodes[0]!.endedBy, result.keys[0]!.key],
			['left', 'going-on', 'promo'],
		);
		assert.deepEqual(node.askedFor('hotkeys reset'), [], 'not while it is at work');
		server.session = { isActive: false, startedAt: 77 };
		await until(() => server.session === undefined, { what: 'it is reset', timeout: 20_000 });
		await until(() => hotkeysState(watch, node) === 'asks', { what: 'another one may be asked for' });
		assert.equal(keptFiles(), 0);
	});
	assert.deepEqual(node.askedFor('hotkeys stop'), []);
});

test('one of another redis-top that is at work is let alone, and one whose file is old is not', async () => {
	for (const [pid, end, isReset] of [
		[process.pid, Date.now() + 5000, false],
		// It would have reset it by now, whoever has its number today.
		[process.pid, Date.now() - 3_600_000, true],
		[nobody, Date.now() + 5000, true],
	] as const) {
		const server = { session: { isActive: false, startedAt: 78 } as Session | undefined };
		leave(78, pid, end);
		const node = await startNode(redis86, hotkeys(server));
		await watched([target(node.address)], async ({ watch }) => {
			const wanted = isReset ? 'asks' : 'unavailable';
			await until(() => hotkeysState(watch, node) === wanted, { what: wanted });
			assert.equal(server.session === undefined, isReset);
		});
		assert.equal(keptFiles(), isReset ? 0 : 1);
		rmSync(kept, { recursive: true });
		mkdirSync(kept);
	}
});

test('while ours runs nothing of ours reads a key: the walk over counters rests', async () => {
	const names = Array.from({ length: 3000 }, (_, index) => `key:${index}`);
	const server = { session: undefined as Session | undefined };
	const session = hotkeys(server);
	const lfu = { ...redis86, maxmemory_policy: 'allkeys-lfu', db0: 'keys=3000,expires=0,avg_ttl=0' };
	let readInside = 0;
	const node = await startNode(lfu, (words, command) => {
		if (/^(object|type|pttl|memory)/.test(command) && server.session?.isActive) readInside++;
		if (command.startsWith('object freq')) return integer(9);
		if (command.startsWith('scan')) {
			const from = Number(words[1]);
			const next = from + 100 >= names.length ? 0 : from + 100;
			return array(bulk(String(next)), array(...names.slice(from, from + 100).map(bulk)));
		}
		return session(words, command);
	});
	await watched([target(node.address)], async ({ watch }) => {
		await until(() => (watch.status().result?.keys.length ?? 0) > 0, { what: 'the walk has begun' });
		watch.sample();
		await until(() => server.session, { what: 'ours runs' });
		const walked = node.askedFor('object freq').length;
		await until(() => node.askedFor('hotkeys get').length > 5, {
			what: 'it was read some times',
			timeout: 20_000,
		});
		assert.equal(node.askedFor('object freq').length, walked);
		watch.sample();
		await until(() => !watch.status().sampling, { what: 'ours has ended' });
		assert.equal(readInside, 0);
		await until(() => node.askedFor('object freq').length > walked, {
			what: 'the walk goes on',
			timeout: 20_000,
		});
	});
});

test('START is not allowed though GET is: the word, and MONITOR is offered and not begun', async () => {
	const node = await startNode(redis86, hotkeys({ deny: 'hotkeys start' }));
	await watched([target(node.address)], async ({ watch }) => {
		await until(() => hotkeysState(watch, node) === 'asks', { what: 'the rung asks' });
		watch.sample();
		const ladder = await until(() => hotkeysState(watch, node) === 'unavailable' && ladderOf(watch, node), {
			what: 'it is refused',
		});
		const rung = ladder.rungs.find(({ method }) => method === 'hotkeys')!;
		assert.equal(rung.enable, '+hotkeys|start');
		assert.equal(ladder.used, 'monitor');
		assert.deepEqual(node.askedFor('monitor'), []);
	});
});

test('MONITOR is refused: no result, and the way says why and by which word', async () => {
	const noWords = (_: readonly string[], command: string) =>
		command === 'monitor'
			? error("NOPERM User app has no permissions to run the 'monitor' command")
			: undefined;
	const node = await startNode(redis86, noWords);
	await watched([target(node.address)], async ({ watch, told }) => {
		await until(() => ladderOf(watch, node)?.used === 'monitor', { what: 'it may be asked for' });
		watch.sample();
		const rung = await until(
			() => ladderOf(watch, node)?.rungs.find(({ method, why }) => method === 'monitor' && why !== undefined),
			{ what: 'it is refused' },
		);
		assert.deepEqual(
			[rung.state, whyText(rung), rung.enable],
			['unavailable', 'this user may not use MONITOR', '+monitor'],
		);
		await until(() => watch.status().sampling === undefined, { what: 'it is over' });
		assert.equal(watch.status().result, undefined);
		assert.ok(told.every(({ status }) => status.result === undefined));
	});
});

// ---------------------------------------------------------------------------------------------------------
// Valkey, SLOT-STATS

test('HOTKEYS of Valkey: accesses a second over the commands, with what the sample leaves open', async () => {
	const entry = (key: string, qps: number) =>
		array(bulk('key'), bulk(key), bulk('db'), integer(2), bulk('qps'), integer(qps));
	const settings: Readonly<Record<string, string>> = {
		'hotkey-top-k': '16',
		'hotkey-sampling-percentage': '10',
		'hotkey-window-seconds': '4',
	};
	const node = await startNode(valkey, (words, command) => {
		if (command === 'hotkeys get') return array(entry('hot key', 3000), entry('warm', 10));
		if (command.startsWith('config get'))
			return array(...(settings[words[2]!] ? [bulk(words[2]!), bulk(settings[words[2]!]!)] : []));
		return undefined;
	});
	await watched(
		[target(node.address)],
		async ({ watch }) => {
			const result = await until(() => watch.status().result, { what: 'the window' });
			assert.equal(result.shareOf, 'accesses');
			assert.equal(result.seconds, 4);
			const [hot, warm] = result.keys;
			assert.deepEqual([hot!.key, hot!.db, hot!.hitsPerSecond, hot!.share], ['hot key', 2, 3000, 0.3]);
			assert.ok(
				hot!.low! < 0.3 && hot!.low! > 0.28 && hot!.high! > 0.3 && hot!.high! < 0.32,
				`${hot!.low} ${hot!.high}`,
			);
			assert.ok(warm!.high! > 2 * warm!.share!, 'four samples say little');
			assert.equal(ladderOf(watch, node)?.used, 'hotkeys');
		},
		{ pressure: () => ({ opsPerSecond: 10_000 }) },
	);
	assert.deepEqual(node.askedFor('monitor'), []);
});

test('SLOT-STATS of Redis 8.2: the slot of now and not of the year, and its only key', async () => {
	const started = performance.now();
	const reading = (slot: number) => {
		const seconds = (performance.now() - started) / 1000;
		const cpu = slot === 100 ? 9_000_000_000 + seconds * 10 : slot === 200 ? 1000 + seconds * 300_000 : 50;
		return array(
			integer(slot),
			array(
				...[bulk('key-count'), integer(slot === 200 ? 1 : 40), bulk('cpu-usec'), integer(Math.round(cpu))],
				...[
					bulk('memory-bytes'),
					integer(1000),
					bulk('network-bytes-in'),
					integer(7),
					bulk('network-bytes-out'),
					integer(9),
				],
			),
		);
	};
	const node = await startNode(
		{ ...redis86, redis_version: '8.2.1', cluster_enabled: 1 },
		(words, command) => {
			if (command.startsWith('cluster slot-stats orderby')) return array(reading(100));
			if (command.startsWith('cluster slot-stats slotsrange')) {
				const [first, last] = words.slice(3).map(Number);
				return array(...[100, 200, 300].filter(slot => slot >= first! && slot <= last!).map(reading));
			}
			if (command === 'cluster getkeysinslot 200 1000') return array(bulk('promo:banner'));
			return undefined;
		},
	);
	await watched(
		[target(node.address, true)],
		async ({ watch }) => {
			const result = await until(() => watch.status().result, { what: 'two readings', timeout: 20_000 });
			assert.equal(result.method, 'slot-stats');
			assert.equal(result.slots[0]!.slot, 200);
			assert.ok(Math.abs(result.slots[0]!.share - 0.3) < 0.1, `${result.slots[0]!.share}`);
			assert.ok(result.slots.find(({ slot }) => slot === 100)!.share < 0.001);
			const [key] = result.keys;
			assert.deepEqual(
				[key!.key, key!.slot !== undefined, key!.low, key!.high],
				['promo:banner', true, 0, key!.share],
			);
		},
		{ turnMilliseconds: 1000 },
	);
	assert.deepEqual(node.askedFor('object freq'), [], 'no counters are asked for under noeviction');
	const pieces = node
		.askedFor('cluster slot-stats slotsrange')
		.map(each => each.split(' ').slice(3).map(Number));
	const whole = pieces.filter(([first, last]) => first !== last);
	const readTwice = whole.slice(0, 2 * whole.findIndex(([, last]) => last === 16_383) + 2);
	assert.deepEqual(
		readTwice.flatMap(([first = 0, last = 0]) =>
			Array.from({ length: last - first + 1 }, (_, at) => first + at),
		),
		[...Array(2)].flatMap(() => Array.from({ length: 16_384 }, (_, slot) => slot)),
		'every slot is read, and once',
	);
});

// ---------------------------------------------------------------------------------------------------------
// Nodes that die, calm

test('a node that dies is said, the others go on, and one that is back is asked anew', async () => {
	const server = { session: { isActive: true, startedAt: 5 } as Session | undefined };
	const [node, other] = await Promise.all([
		startNode(redis86, hotkeys(server)),
		startNode(redis86, hotkeys({ session: { isActive: true, startedAt: 6 } })),
	]);
	await watched([target(node.address), target(other.address)], async ({ watch }) => {
		await until(() => watch.status().result?.nodes.length === 2, { what: 'both are read' });
		node.hangUp(true);
		const lost = await until(
			() => watch.status().result?.nodes.find(each => each.node === node.address && each.endedBy === 'lost'),
			{ what: 'the loss is said', timeout: 20_000 },
		);
		assert.match(endText(lost)!, /refused|closed/);
		assert.match(whyText(ladderOf(watch, node)!.rungs[0]!)!, /refused|closed/);
		assert.equal(hotkeysState(watch, other), 'running');
		const before = other.askedFor('hotkeys get').length;
		await until(() => other.askedFor('hotkeys get').length > before, {
			what: 'the other goes on',
			timeout: 20_000,
		});
	});
});

test('a node that does not answer whoever polls it is not asked for a sample, before its own turn comes', async () => {
	const up = await startNode(redis86, () => undefined);
	const dead = await startNode(redis86, () => undefined);
	let down: string | undefined;
	await watched(
		[target(up.address), target(dead.address)],
		async ({ watch }) => {
			const state = (node: ScriptedNode) =>
				ladderOf(watch, node)?.rungs.find(({ method }) => method === 'monitor')?.state;
			await until(() => state(up) === 'asks' && state(dead) === 'asks', { what: 'both may be asked' });
			down = 'connection refused';
			await until(() => state(dead) === 'unavailable', { what: 'one is known to be down' });
			assert.equal(whyText(ladderOf(watch, dead)!.rungs.at(-1)!), down);
			watch.sample();
			await until(() => up.askedFor('monitor').length > 0, { what: 'the other is sampled' });
			assert.equal(dead.askedFor('monitor').length, 0);
			down = undefined;
			await until(() => state(dead) === 'asks', { what: 'it is back' });
		},
		{ turnMilliseconds: 60_000, pressure: address => (address === dead.address ? { down } : {}) },
	);
});

test('nobody looks: nothing is asked; told at most four times a second', async () => {
	const node = await startNode(
		{ ...redis86, maxmemory_policy: 'allkeys-lfu', db0: 'keys=100000,expires=0,avg_ttl=0' },
		(words, command) => {
			if (command.startsWith('scan')) {
				const names = Array.from({ length: Number(words[3]) }, (_, index) =>
					bulk(`key:${words[1]}:${index}`),
				);
				return array(bulk(String(Number(words[1]) + 1)), array(...names));
			}
			return command.startsWith('object freq') ? integer(words[2]!.length) : undefined;
		},
	);
	await watched([target(node.address)], async ({ watch, told }) => {
		await until(() => node.askedFor('scan').length > 40, { what: 'the walk is under way', timeout: 30_000 });
		const result = watch.status().result!;
		assert.equal(result.method, 'lfu');
		assert.match(noteTexts(result).join(), /of 100,000 keys read so far/);
		// One that was late may be followed by one in time: over all of them they are no more than that.
		const lasted = told.at(-1)!.at - told[0]!.at;
		assert.ok(told.length <= lasted / 250 + 2, `${told.length} in ${lasted} ms`);

		watch.rest();
		await until(
			() =>
				node.asked.length > 0 &&
				new Promise(resolve => {
					const before = node.asked.length;
					setTimeout(() => resolve(node.asked.length === before), 300);
				}),
			{ what: 'it rests' },
		);
		const resting = node.asked.length;
		watch.wake();
		await until(() => node.asked.length > resting + 10, { what: 'it goes on' });
		watch.rest();
		const own = () => watch.status().own.get(node.address)!;
		await until(() => own().commands === node.processed() && own().hits === own().calls['object|freq'], {
			what: 'every command is counted as ours, and each OBJECT FREQ as a hit',
		});
	});
	await until(() => node.connections() === 0, { what: 'no connection is left' });
});
