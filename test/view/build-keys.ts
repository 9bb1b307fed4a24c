// Example States of the screen of big keys, on the calm fleet of build-state.ts: before a scan, at work, done, ended
// early, a key opened, names that nobody should have to look at. Built by hand, so that a frame changes only when the
// screen does.

import type {
	BigKey,
	BigKeysProgress,
	BigKeysResult,
	NodeProgress,
	PatternGroup,
	TypeGroup,
} from '../../source/core/keys/big-keys.ts';
import type { KeyLook } from '../../source/core/keys/key-look.ts';
import { slotOf } from '../../source/core/keys/key-slot.ts';
import type { BigKeysState, BigKeysTrack, KeyScope } from '../../source/state/key-screens.ts';
import type { State } from '../../source/state/state.ts';
import { calm, now, standalone } from './build-state.ts';

const kilobyte = 1024;
const megabyte = 1024 ** 2;
const gigabyte = 1024 ** 3;
const minutes = 60_000;
const days = 86_400;

const primary = '10.0.1.12:6379';
const replica = '10.0.1.22:6379';
/** The second shard of the calm fleet. */
export const shardTwo: KeyScope = { fleet: 1, primary };

export const keyOf = (
	key: string,
	type: string,
	bytes: number,
	items: number,
	ttlSeconds: number | null = null,
	encoding = 'hashtable',
): BigKey => ({ key, node: replica, db: 0, slot: slotOf(key), bytes, type, encoding, items, ttlSeconds });

/** Sized by some of its elements. */
function about(sizeMargin?: number): Partial<BigKey> {
	return { sizeEstimated: true, sizeMargin };
}

const listed: readonly BigKey[] = [
	{ ...keyOf('cart:{8841}:items', 'hash', 48.1 * megabyte, 412_004), ...about(0.064) },
	keyOf('queue:mail:dead', 'list', 31.7 * megabyte, 180_220, null, 'quicklist'),
	{ ...keyOf('feed:{eu}:all', 'zset', 22 * megabyte, 240_117, null, 'skiplist'), ...about() },
	keyOf('cart:{test}:items', 'hash', 19.4 * megabyte, 160_882),
	keyOf('seen:{2026-08}:ids', 'set', 12.2 * megabyte, 301_554, 6 * days),
	keyOf('report:export:7714', 'string', 8.9 * megabyte, 1, null, 'raw'),
	keyOf('cart:{1211}:items', 'hash', 6.3 * megabyte, 51_090),
	keyOf('cart:{99}:items', 'hash', 4.4 * megabyte, 33_870),
	keyOf('queue:{img}:retry', 'list', 3.9 * megabyte, 22_014, 3700, 'quicklist'),
	keyOf('cart:{310}:items', 'hash', 3.1 * megabyte, 25_400),
	keyOf('report:export:7710', 'string', 2.8 * megabyte, 1, null, 'raw'),
	keyOf('feed:{pl}:all', 'zset', 1.9 * megabyte, 17_002, 2 * days, 'skiplist'),
	...Array.from({ length: 88 }, (_, index) =>
		keyOf(`cart:{${2000 + index}}:items`, 'hash', (900 - index * 9) * kilobyte, 9000 - index * 70),
	),
];

const typeOf = (type: string, share: number): TypeGroup => ({
	type,
	keys: Math.round(share * 14.9e6),
	bytes: share * 3.9 * gigabyte,
	keysWithoutTtl: 1000,
	estimated: false,
});

const patternOf = (
	pattern: string,
	keys: number,
	share: number,
	withoutTtl: number,
	over: Partial<PatternGroup> = {},
): PatternGroup => ({
	pattern,
	keys,
	bytes: share * 3.9 * gigabyte,
	keysWithoutTtl: Math.round(keys * withoutTtl),
	bytesWithoutTtl: share * 3.9 * gigabyte * withoutTtl,
	estimated: false,
	...over,
});

export const found = (over: Partial<BigKeysResult> = {}): BigKeysResult => ({
	at: now,
	scanned: 14.9e6,
	of: 41.2e6,
	complete: false,
	partial: [],
	notes: [],
	seconds: 618,
	totalBytes: 3.9 * gigabyte,
	keys: listed,
	keysByItems: [...listed].sort((a, b) => b.items! - a.items!),
	types: [
		typeOf('hash', 0.61),
		typeOf('string', 0.24),
		typeOf('list', 0.07),
		typeOf('zset', 0.05),
		typeOf('set', 0.02),
		typeOf('stream', 0.01),
	],
	patterns: [
		patternOf('cart:{*}:items', 2.1e6, 0.46, 0.97),
		patternOf('sess:{*}:profile', 9.6e6, 0.24, 0),
		patternOf('inv:sku:*', 1.4e6, 0.07, 0),
		patternOf('report:export:*', 26, 0.05, 1),
		patternOf('queue:*', 5, 0.04, 0.8),
		patternOf('feed:*:all', 41, 0.03, 0.9),
		patternOf('seen:*:ids', 12, 0.02, 0.4),
		patternOf('rate:ip:*', 1.1e6, 0.02, 0),
		...Array.from({ length: 30 }, (_, index) =>
			patternOf(`job:${'x'.repeat(index + 1)}:*`, 900 - index, 0.07 / 30, 0.5),
		),
	],
	databases: [{ node: replica, db: 0, keys: 14.9e6, bytes: 3.9 * gigabyte, estimated: true }],
	sampled: 149_000,
	hitsAdded: 151_300,
	cost: {
		commands: 14_960_000,
		inputBytes: 700 * megabyte,
		outputBytes: 600 * megabyte,
		serverMicroseconds: 41e6,
	},
	...over,
});

const nodeProgress = (over: Partial<NodeProgress> = {}): NodeProgress => ({
	node: replica,
	primary,
	isReplica: true,
	state: 'scanning',
	scanned: 14.9e6,
	of: 41.2e6,
	db: 0,
	batch: 500,
	pace: 24_000,
	pingMilliseconds: 0.4,
	slowsAboveMilliseconds: 5,
	own: { commands: 0, hits: 0, inputBytes: 0, outputBytes: 0, calls: {} },
	...over,
});

export const progressOf = (over: Partial<BigKeysProgress> = {}): BigKeysProgress => ({
	state: 'scanning',
	nodes: [nodeProgress()],
	scanned: 14.9e6,
	of: 41.2e6,
	keysPerSecond: 24_100,
	secondsLeft: 1092,
	seconds: 620,
	hitsAdded: 151_300,
	cost: { commands: 0, inputBytes: 0, outputBytes: 0 },
	...over,
});

export const trackOf = (over: Partial<BigKeysTrack> = {}): BigKeysTrack => ({
	id: 1,
	scope: shardTwo,
	startedAt: now - 7 * minutes,
	isExact: true,
	progress: progressOf(),
	found: found(),
	isOver: false,
	...over,
});

/** The screen with one scan, or with none. */
export const withBigKeys = (
	state: State,
	scans: readonly BigKeysTrack[],
	over: Partial<BigKeysState> = {},
): State => ({
	...state,
	screen: 'big-keys',
	lastId: 1,
	bigKeys: { scope: shardTwo, view: 'bytes', top: 0, scans, ...over },
});

type Over = Partial<State>;

export const before = (over: Over) => withBigKeys(calm(over), [], { scope: { fleet: 1 } });

export const scanning = (over: Over) => withBigKeys(calm(over), [trackOf()]);

/** Three nodes, one of them held; type and TTL from a sample. */
export const heldBack = (over: Over): State => {
	const nodes = [21, 22, 23].map((host, index) =>
		nodeProgress({
			node: `10.0.1.${host}:6379`,
			primary: `10.0.1.${host - 10}:6379`,
			of: 39e6,
			scanned: 12e6,
			...(index === 1 && {
				state: 'held',
				reason: 'busy with a script: SCRIPT KILL ends one that has written nothing',
			}),
			...(index === 2 && { reason: 'slower: its CPU is at 84%' }),
		}),
	);
	const patterns = found().patterns.map((group, index) => ({
		...group,
		estimated: true,
		margin: 0.004 + index * 0.006,
	}));
	const types = found().types.map(group => ({ ...group, estimated: true }));
	const scope = { fleet: 1 };
	const track = trackOf({
		scope,
		isExact: false,
		progress: progressOf({ nodes, scanned: 36e6, of: 118.4e6 }),
		found: found({ patterns, types, scanned: 36e6, of: 118.4e6 }),
	});
	return withBigKeys(calm(over), [track], { scope });
};

const complete = (over: Partial<BigKeysResult> = {}) =>
	found({ scanned: 41.2e6, complete: true, seconds: 1713, hitsAdded: 412_300, sampled: 412_000, ...over });

export const done = (over: Over): State =>
	withBigKeys(calm(over), [
		trackOf({
			isOver: true,
			isExact: false,
			progress: progressOf({ state: 'done', nodes: [nodeProgress({ state: 'done', scanned: 41.2e6 })] }),
			found: complete({
				notes: [
					{ kind: 'repeated', keys: 31 },
					{ kind: 'gone', keys: 1204 },
				],
				patterns: found().patterns.map(group => ({ ...group, estimated: true, margin: 0.012 })),
				types: found().types.map(group => ({ ...group, estimated: true })),
			}),
		}),
	]);

export const partial = (over: Over): State =>
	withBigKeys(calm(over), [
		trackOf({
			isOver: true,
			progress: progressOf({ state: 'done', nodes: [nodeProgress({ state: 'partial', reason: 'stopped' })] }),
			found: found({ partial: [{ node: replica, reason: 'stopped', scanned: 14.9e6 }] }),
		}),
	]);

export const patternsList = (over: Over): State => withBigKeys(calm(over), [trackOf()], { view: 'patterns' });
export const itemsList = (over: Over): State =>
	withBigKeys(calm(over), [trackOf()], { view: 'items', cursor: `${replica} 0 feed:{eu}:all` });

const look = (over: Partial<KeyLook> = {}): KeyLook => ({
	at: now,
	node: primary,
	owner: primary,
	slot: 10_765,
	type: 'hash',
	encoding: 'hashtable',
	bytes: 48.1 * megabyte,
	isExact: false,
	samples: 65_536,
	sizeMargin: 0.064,
	items: 412_004,
	idleSeconds: 3.2 * days,
	ttlSeconds: null,
	notes: [],
	...over,
});

const opened = (over: Over, seen: KeyLook | undefined): State =>
	withBigKeys(calm(over), [trackOf()], {
		open: { id: 7, key: { key: 'cart:{8841}:items', node: replica, db: 0 }, look: seen },
	});

export const openedKey = (over: Over): State => opened(over, look());
export const openedElements = (over: Over): State =>
	opened(
		over,
		look({
			notes: [
				{
					kind: 'not-allowed',
					refusals: [{ command: 'object|freq', why: 'no-permission', word: '+object|freq' }],
				},
			],
			elements: ['sku:1', '{"n":1}', 'sku:2', '\x1b[2Jgone', 'a'.repeat(200), 'b'.repeat(300)],
		}),
	);
/** A stream that is trimmed, with a group that never acknowledges. */
export const openedStream = (over: Over): State =>
	opened(
		over,
		look({
			...{ type: 'stream', encoding: 'stream', items: 1000, samples: undefined },
			...{ bytes: 65.7 * megabyte, serverBytes: 421 * megabyte, sizeMargin: 0.22 },
			groups: [
				{
					...{ name: 'billing', consumers: 160, pending: 800_000, lag: 12 },
					...{ lastDeliveredId: `${now}-0`, oldestPendingAt: now - 2 * 3_600_000, idleSeconds: 3 },
				},
				{ name: 'mail:notifications:eu', consumers: 1, pending: 0, lastDeliveredId: '0-0' },
			],
		}),
	);
export const openedGone = (over: Over): State =>
	opened(over, { at: now, node: primary, exists: false, notes: [] });

/** Names of any bytes, patterns of them, several databases of one server. */
export function hostile(over: Over): State {
	const names = [
		'\x1b[2J\x1b[31mred',
		'line\nline',
		'\u00e2\u0080\u00aegpj.exe',
		'\xff\xfe\x00bytes',
		Buffer.from('корзина:数据:😀', 'utf8').toString('latin1'),
		'',
		`very:${'long:'.repeat(400)}end`,
		'tab\tquote"back\\slash',
	];
	const keys = names.map(
		(name, index): BigKey => ({
			...keyOf(name, 'string', (90 - index * 7) * megabyte, 1, null, 'raw'),
			node: '127.0.0.1:6379',
			db: index % 3,
			slot: undefined,
		}),
	);
	const track = trackOf({
		scope: { fleet: 1 },
		isOver: true,
		progress: progressOf({
			state: 'done',
			nodes: [nodeProgress({ node: '127.0.0.1:6379', isReplica: false, state: 'done' })],
		}),
		found: complete({
			keys,
			keysByItems: keys,
			scanned: 8,
			of: 8,
			totalBytes: 600 * megabyte,
			types: [
				{ ...typeOf('string', 0), bytes: 598 * megabyte },
				{ ...typeOf('evil\x1b]0;', 0), bytes: 2 * megabyte },
			],
			patterns: names.map((name, index) => ({
				pattern: name,
				keys: 1,
				bytes: (90 - index * 7) * megabyte,
				keysWithoutTtl: 1,
				bytesWithoutTtl: (90 - index * 7) * megabyte,
				estimated: false,
			})),
			databases: [0, 1, 2].map(db => ({
				node: '127.0.0.1:6379',
				db,
				keys: 3,
				bytes: 200 * megabyte,
				estimated: true,
			})),
		}),
	});
	return withBigKeys(standalone(over), [track], { scope: { fleet: 1 } });
}
