// Example States for the screen of hot keys: nothing sampled yet, a window at work, and what each way finds, in the
// words that the ladder has (core/keys/hot-ladder.ts), so that a frame shows what a server would make it show.

import type { HotKey, HotKeysResult, HotKeysStatus, HotNode } from '../../source/core/keys/hot-keys.ts';
import { type Ladder, type LadderFacts, ladderOf } from '../../source/core/keys/hot-ladder.ts';
import { adviseOn, type HotMitigation } from '../../source/core/keys/key-advice.ts';
import type { KeyLook } from '../../source/core/keys/key-look.ts';
import { slotOf } from '../../source/core/keys/key-slot.ts';
import type { HotKeysState, HotKeysTrack, KeyScope } from '../../source/state/key-screens.ts';
import type { State } from '../../source/state/state.ts';
import { hotTargetsOf } from '../../source/view/screens/hot-keys/rows.ts';
import { calm, now, standalone } from './build-state.ts';

const node = '10.0.1.12:6379';
const replica = '10.0.1.22:6379';
export const shardTwo: KeyScope = { fleet: 1, primary: node };
export const wholeFleet: KeyScope = { fleet: 1 };

// ---------------------------------------------------------------------------------------------------------
// Ladders

const facts = (over: Partial<LadderFacts>): LadderFacts => ({
	node,
	server: 'redis',
	version: '7.2.5',
	isCluster: true,
	isReplica: false,
	maxmemoryPolicy: 'allkeys-lru',
	keys: 41_200_000,
	hotkeys: { error: "ERR unknown command 'HOTKEYS', with args beginning with: 'GET' " },
	slotStats: { error: "ERR unknown subcommand 'SLOT-STATS'. Try CLUSTER HELP." },
	lfu: undefined,
	monitor: { got: true },
	lfuPace: 20_000,
	...over,
});

export const ladder = (over: Partial<LadderFacts> = {}, cpuPercent = 36, opsPerSecond = 13_900): Ladder =>
	ladderOf(facts(over), { opsPerSecond, cpuPercent });

export const denied = (over: Partial<LadderFacts> = {}): Ladder =>
	ladder({
		hotkeys: { error: "NOPERM User app has no permissions to run the 'hotkeys|get' command" },
		slotStats: { error: "NOPERM User app has no permissions to run the 'cluster|slot-stats' command" },
		monitor: { error: "NOPERM User app has no permissions to run the 'monitor' command" },
		...over,
	});

// ---------------------------------------------------------------------------------------------------------
// Results

type Seen = {
	readonly key: string;
	readonly hits: number;
	readonly type: string;
	readonly ttl: number | null;
	readonly bytes: number;
	readonly command: string;
	readonly readShare?: number;
	readonly clients?: number;
};

const commands = 18_204;
const seconds = 1.25;

const seen: readonly Seen[] = [
	{ key: 'promo:banner:home', hits: 6412, type: 'string', ttl: 41, bytes: 1229, command: 'get' },
	{ key: 'cart:{8841}:items', hits: 2310, type: 'hash', ttl: null, bytes: 50_436_505, command: 'hgetall' },
	{ key: 'flags:ui', hits: 1204, type: 'string', ttl: 300, bytes: 310, command: 'get' },
	{ key: 'sess:{77121}:profile', hits: 611, type: 'hash', ttl: 1740, bytes: 2048, command: 'hgetall' },
	{
		key: 'cart:{1211}:items',
		hits: 480,
		type: 'hash',
		ttl: null,
		bytes: 6_606_028,
		command: 'hset',
		readShare: 0.1,
	},
	{
		key: 'rate:ip:203.0.113.10',
		hits: 402,
		type: 'string',
		ttl: 9,
		bytes: 90,
		command: 'incr',
		readShare: 0,
	},
	{ key: 'sess:{10443}:profile', hits: 377, type: 'hash', ttl: 720, bytes: 2150, command: 'hgetall' },
	{ key: 'inv:sku:55211', hits: 311, type: 'string', ttl: 60, bytes: 410, command: 'get' },
	{ key: 'feed:{eu}:top', hits: 290, type: 'zset', ttl: 240, bytes: 317_440, command: 'zrevrange' },
	{ key: 'inv:sku:10934', hits: 204, type: 'string', ttl: 60, bytes: 410, command: 'get' },
];

const advice = (key: Seen, hitsPerSecond: number): readonly HotMitigation[] =>
	adviseOn({
		key: key.key,
		hitsPerSecond,
		readShare: key.readShare ?? 0.99,
		clients: key.clients ?? 212,
		ttlSeconds: key.ttl ?? undefined,
		topWrite: key.command,
		nodeOpsPerSecond: commands / seconds,
		meanOpsPerSecond: commands / seconds,
		primaries: 3,
		replicas: [{ address: replica, isUp: true, opsPerSecond: 295, lagSeconds: 0 }],
	});

export function hotKeyOf(key: Seen, over: Partial<HotKey> = {}): HotKey {
	const share = key.hits / commands;
	const margin = 1.96 * Math.sqrt((share * (1 - share)) / commands);
	return {
		key: key.key,
		node,
		method: 'monitor',
		slot: slotOf(key.key),
		share,
		low: Math.max(0, share - margin),
		high: share + margin,
		hits: key.hits,
		error: 0,
		hitsPerSecond: key.hits / seconds,
		readShare: key.readShare ?? 0.99,
		type: key.type,
		ttlSeconds: key.ttl,
		bytes: key.bytes,
		topCommand: key.command,
		topCommandShare: 0.998,
		clients: key.clients ?? 212,
		replicas: [replica],
		mitigations: advice(key, key.hits / seconds),
		...over,
	};
}

const nodeSeen = (over: Partial<HotNode> = {}): HotNode => ({
	node,
	method: 'monitor',
	seconds,
	commands,
	bytes: 1_310_000,
	endedBy: 'time',
	opsBefore: 13_900,
	opsDuring: 13_400,
	...over,
});

const pattern = (name: string, hits: number, keys: number) => ({
	pattern: name,
	share: hits / commands,
	hits,
	keys,
});

/** What the mock-up shows. */
export const monitored = (over: Partial<HotKeysResult> = {}): HotKeysResult => ({
	method: 'monitor',
	at: now - 3000,
	seconds,
	commands,
	shareOf: 'commands',
	keys: seen.map(key => hotKeyOf(key)),
	others: { hits: 5603, share: 5603 / commands, keys: 3911 },
	patterns: [
		pattern('promo:banner:*', 6530, 4),
		pattern('cart:{*}:items', 3823, 611),
		pattern('sess:{*}:profile', 3422, 1904),
		pattern('flags:*', 1292, 9),
		pattern('inv:sku:*', 1165, 702),
		pattern('rate:ip:*', 402, 190),
	],
	byCommand: [
		{ command: 'get', share: 0.61, hits: 11_104 },
		{ command: 'hgetall', share: 0.223, hits: 4059 },
		{ command: 'hset', share: 0.094, hits: 1711 },
		{ command: 'incr', share: 0.031, hits: 564 },
	],
	byClient: [
		{ client: '10.0.3.41', share: 0.52, hits: 9466 },
		{ client: '10.0.3.42', share: 0.448, hits: 8155 },
		{ client: '10.0.9.7', share: 0.032, hits: 583 },
	],
	slots: [],
	nodes: [nodeSeen()],
	notes: [],
	cost: { commands: 3, inputBytes: 120, outputBytes: 1_310_000, hitsAdded: 30 },
	...over,
});

/** Counters: a rank, no share. */
export function byCounters(): HotKeysResult {
	const accesses = [310_000, 92_000, 12_000];
	const keys = seen.map((key, index): HotKey => {
		const counted = hotKeyOf(key, {
			...{ method: 'lfu', counter: Math.max(5, 255 - index * 28) },
			...{ share: undefined, low: undefined, high: undefined, hits: undefined, error: undefined },
			...{ hitsPerSecond: undefined, readShare: undefined, topCommand: undefined, clients: undefined },
			mitigations: [],
		});
		const kind = 'accesses';
		return { ...counted, counterMeans: { kind, accesses: accesses[index] ?? 1100, isMore: index === 0 } };
	});
	return {
		...monitored(),
		...{ method: 'lfu', seconds: 212, commands: 0, shareOf: 'accesses', keys, others: undefined },
		...{ patterns: [], byCommand: [], byClient: [] },
		nodes: [nodeSeen({ method: 'lfu', seconds: 212, commands: 0, bytes: 0, endedBy: 'going-on' })],
		notes: [{ kind: 'shared-integers' }],
	};
}

/** Time, by the server's own count in a session of somebody else, and the slots beside it. */
export function byServer(): HotKeysResult {
	const keys = seen.map((key, index) =>
		hotKeyOf(key, {
			...{ method: 'hotkeys', hits: undefined, error: undefined, clients: undefined, topCommand: undefined },
			...{ hitsPerSecond: undefined, readShare: undefined },
			...{ cpuMicroseconds: key.hits * 310, netBytes: key.hits * 900, mitigations: [] },
			netShare: (key.hits / commands) * 0.6,
			// Held up once, so that nothing is known of it.
			...(index === seen.length - 1 && { isUnsure: true as const, low: 0 }),
		}),
	);
	return {
		...monitored(),
		...{ method: 'hotkeys', seconds: 10, commands: 0, shareOf: 'time', keys, others: { share: 0.183 } },
		...{ patterns: [], byCommand: [], byClient: [] },
		slots: seen.map((key, index) => ({
			...{ slot: slotOf(key.key), node, share: key.hits / commands, keys: 2500 + index },
			cpuMicrosecondsPerSecond: key.hits * 30,
			inputBytesPerSecond: key.hits * 210,
			outputBytesPerSecond: key.hits * 3100,
		})),
		nodes: [
			{
				...nodeSeen({ method: 'hotkeys', seconds: 10, commands: 0, bytes: 0, endedBy: 'going-on' }),
				session: { whose: 'somebody', isActive: true, seconds: 10, sampleRatio: 4 },
			},
		],
	};
}

// ---------------------------------------------------------------------------------------------------------
// States

export const statusOf = (over: Partial<HotKeysStatus> = {}): HotKeysStatus => ({
	ladders: [ladder()],
	own: new Map(),
	...over,
});

/** The screen as it is with one watch of a scope. */
export function hotState(
	base: State,
	scope: KeyScope,
	status: HotKeysStatus | undefined,
	over: Partial<HotKeysState> = {},
): State {
	const targets = hotTargetsOf(base, scope);
	const watch: HotKeysTrack = {
		id: 1,
		scope,
		nodes: targets.map(({ address }) => address),
		status,
		result: status?.result,
	};
	return {
		...base,
		screen: 'hot-keys',
		lastId: 1,
		hotKeys: { scope, view: 'keys', top: 0, watches: [watch], ...over },
	};
}

type Over = Partial<State>;

export const threeLadders = [
	ladder({ node: '10.0.1.11:6379' }, 35, 14_200),
	ladder(),
	ladder({ node: '10.0.1.13:6379' }, 84, 14_000),
];

export const hotBefore = (over: Over = {}) =>
	hotState(calm(over), wholeFleet, statusOf({ ladders: threeLadders }));

export const hotSampled = (over: Over = {}) =>
	hotState(calm(over), shardTwo, statusOf({ result: monitored() }));

export const hotSampling = (over: Over = {}) =>
	hotState(
		calm(over),
		shardTwo,
		statusOf({
			result: monitored({ at: now - 95_000 }),
			sampling: { since: now - 1200, commands: 8204, bytes: 1_150_000, mostSeconds: 2, mostCommands: 20_000 },
		}),
	);

export const hotRepeating = (over: Over = {}) =>
	hotState(
		calm(over),
		shardTwo,
		statusOf({ result: monitored(), repeating: { everySeconds: 10, windowMilliseconds: 250 } }),
	);

export const hotCounters = (over: Over = {}) =>
	hotState(
		calm(over),
		shardTwo,
		statusOf({
			ladders: [ladder({ maxmemoryPolicy: 'allkeys-lfu', lfu: { got: true } })],
			result: byCounters(),
		}),
	);

const serverLadder = ladder({
	version: '8.6.1',
	hotkeys: { got: { kind: 'session', state: 'active', whose: 'somebody' } },
	slotStats: { got: { time: true, bytes: true, memory: false } },
});

export const hotByServer = (over: Over = {}) =>
	hotState(calm(over), shardTwo, statusOf({ ladders: [serverLadder], result: byServer() }));

export const hotSlots = (over: Over = {}) =>
	hotState(calm(over), shardTwo, statusOf({ ladders: [serverLadder], result: byServer() }), {
		view: 'slots',
	});

export const hotDenied = (over: Over = {}) =>
	hotState(
		standalone(over),
		wholeFleet,
		statusOf({
			ladders: [denied({ node: '127.0.0.1:6379', isCluster: false, maxmemoryPolicy: 'noeviction' })],
		}),
	);

/** A window that was cut short on a node of three, with things to say. */
export const hotWays = (over: Over = {}) =>
	hotState(
		calm(over),
		wholeFleet,
		statusOf({
			ladders: threeLadders,
			result: monitored({
				nodes: [
					nodeSeen({ node: '10.0.1.11:6379', commands: 8102 }),
					nodeSeen({ commands: 9004 }),
					nodeSeen({ node: '10.0.1.13:6379', commands: 1098, seconds: 0.3, endedBy: 'client-memory' }),
				],
				notes: [{ kind: 'cut-commands', commands: 12 }],
			}),
		}),
		{ view: 'ways' },
	);

/** Names that repaint the screen, turn it around, take no room, or take all of it. */
export const hostileNames: readonly string[] = [
	'\x1b[2J\x1b[H',
	'a\r\nb\tc',
	'\xe2\x80\xaegpj.exe',
	'\xff\xfe\x00binary',
	'x'.repeat(3000),
	'',
	'with space and "quotes"',
	'\xe6\x95\xb0\xe6\x8d\xae\xe5\xba\x93:\xe6\x95\xb0',
	'!! > KEY',
	'\xc2\x9b31m',
];

export const hotHostile = (over: Over = {}) =>
	hotState(
		calm(over),
		shardTwo,
		statusOf({
			result: monitored({
				keys: seen.map((key, index) => hotKeyOf({ ...key, key: hostileNames[index]! })),
				patterns: hostileNames.slice(0, 5).map((name, index) => pattern(name, 900 - index, 1)),
				byCommand: [{ command: '\x1b[31mget', share: 1, hits: commands }],
				byClient: [{ client: '\x1b]0;x\x07', share: 1, hits: commands }],
				notes: [{ kind: 'node-silent', node, text: '\x1b[2J is what a server said' }],
			}),
		}),
	);

/** The fleet's own screen after a sample, with windows that go on. */
export const fleetWithHotKeys = (over: Over = {}): State => ({
	...hotSampled(over),
	screen: 'fleet',
});

export const fleetRepeating = (over: Over = {}): State => ({ ...hotRepeating(over), screen: 'fleet' });

const looked: KeyLook = {
	at: now - 400,
	node,
	owner: node,
	slot: slotOf('promo:banner:home'),
	type: 'string',
	encoding: 'embstr',
	bytes: 1229,
	isExact: true,
	items: 1,
	idleSeconds: 0,
	ttlSeconds: 41,
	notes: [],
};

/** Enter on the first key. */
export const hotOpened = (over: Over = {}) =>
	hotState(calm(over), shardTwo, statusOf({ result: monitored() }), {
		open: { id: 2, key: { key: 'promo:banner:home', node, db: 0 }, look: looked },
	});
