// What the rungs without MONITOR found, node by node, as results of the one kind that is shown, each with its notes on
// what its figures cannot say. What was asked for and what goes on by itself come together here (hot-join.ts). Pure.

import type { HotkeysWindow } from '../parse/parse-hotkeys.ts';
import type { HotSlot } from '../parse/parse-slot-stats.ts';
import { sum } from '../sums.ts';
import type { HotNote } from './hot-facts.ts';
import { hottestFirst, joinResults } from './hot-join.ts';
import type { HotKey, HotKeysCost, HotKeysResult, HotNode, HotTarget } from './hot-keys.ts';
import type { HotKeysMethod, Ladder } from './hot-ladder.ts';
import { resultOfSessions, type SessionSeen } from './hot-sessions.ts';
import { slotOf } from './key-slot.ts';
import { type LfuSettings, readCounter, sharesIntegers } from './lfu.ts';
import { shareInterval } from './shares.ts';

type Seen = {
	readonly target: HotTarget;
	/** When its window began, epoch ms. */
	readonly at: number;
	readonly seconds: number;
	readonly endedBy: HotNode['endedBy'];
};

export type WindowSeen = Seen & {
	readonly window: HotkeysWindow;
	/** Of the accesses so much was looked at; 0.01 unless it was changed. */
	readonly sampledShare?: number;
	readonly opsPerSecond?: number;
};
export type LfuSeen = Seen & {
	readonly keys: readonly { readonly key: string; readonly db: number; readonly counter: number }[];
	readonly settings: LfuSettings;
	/** Keys read so far, and of how many. */
	readonly walked: number;
	readonly of?: number;
	readonly isWhole: boolean;
	/** As the node says it now, where it did. */
	readonly maxmemoryPolicy?: string;
	readonly maxmemoryBytes?: number;
};
export type SlotsSeen = Seen & {
	readonly slots: readonly HotSlot[];
	/** Commands took so little time that the shares are of chance. */
	readonly isNoisy?: boolean;
	/** Of hot slots that hold one key alone. */
	readonly onlyKeys: readonly { readonly slot: number; readonly key: string; readonly db?: number }[];
};

/** What was found on one node by what goes on by itself. */
export type NodeSeen = {
	readonly session?: SessionSeen;
	readonly window?: WindowSeen;
	readonly lfu?: LfuSeen;
	readonly slots?: SlotsSeen;
	/** Of rungs whose figures are none of these. */
	readonly results?: readonly HotKeysResult[];
	/** It does not answer now: why. */
	readonly lost?: { readonly target: HotTarget; readonly text: string };
};

/** All of it as one result, with what was asked for; undefined where nothing was found yet. */
export function resultOfSeen(
	seen: readonly NodeSeen[],
	top: number,
	asked?: HotKeysResult,
): HotKeysResult | undefined {
	const some = <T>(
		list: readonly (T | undefined)[],
		make: (found: readonly T[], top: number) => HotKeysResult,
	) => {
		const found = list.filter(each => each !== undefined);
		return found.length > 0 ? [make(found, top)] : [];
	};
	const results = [
		...(asked ? [asked] : []),
		...some(
			seen.map(({ session }) => session),
			resultOfSessions,
		),
		...some(
			seen.map(({ window }) => window),
			resultOfWindows,
		),
		...some(
			seen.map(({ lfu }) => lfu),
			resultOfLfu,
		),
		...some(
			seen.map(({ slots }) => slots),
			resultOfSlots,
		),
		...seen.flatMap(({ results: own = [] }) => own),
	];
	const joined = joinResults(results, top);
	return joined && withLost(joined, seen);
}

/** With the nodes that are gone said: what was found there before is as old as it says. */
function withLost(result: HotKeysResult, seen: readonly NodeSeen[]): HotKeysResult {
	const lost = new Map(seen.flatMap(one => (one.lost ? [[one.lost.target.address, one.lost.text]] : [])));
	if (lost.size === 0) return result;
	const known = new Set(result.nodes.map(({ node }) => node));
	const missing = [...lost].filter(([node]) => !known.has(node));
	return {
		...result,
		nodes: [
			...result.nodes.map(node => {
				const text = lost.get(node.node);
				return text === undefined ? node : { ...node, ...lostBy(text) };
			}),
			...missing.map(([node, text]) => ({
				...{ node, method: result.method, seconds: 0, commands: 0, bytes: 0 },
				...lostBy(text),
			})),
		],
		notes: [
			...result.notes,
			...[...lost].map(([node, text]): HotNote => ({ kind: 'node-silent', node, text })),
		],
	};
}

const lostBy = (text: string): Pick<HotNode, 'endedBy' | 'why'> => ({
	endedBy: 'lost',
	why: { kind: 'error', text },
});

const noCost: HotKeysCost = { commands: 0, inputBytes: 0, outputBytes: 0, hitsAdded: 0 };

const empty = (method: HotKeysMethod, seen: readonly Seen[]) => ({
	method,
	at: Math.min(...seen.map(({ at }) => at)),
	seconds: Math.max(0, ...seen.map(({ seconds }) => seconds)),
	commands: 0,
	patterns: [],
	byCommand: [],
	byClient: [],
	slots: [],
	nodes: seen.map(one => nodeOf(method, one)),
	cost: noCost,
});

const nodeOf = (method: HotKeysMethod, { target, seconds, endedBy }: Seen): HotNode => ({
	...{ node: target.address, method, seconds, commands: 0, bytes: 0, endedBy },
});

const keyOf = (method: HotKeysMethod, target: HotTarget, key: string, db?: number): HotKey => ({
	...{ key, node: target.address, method, db },
	...(target.isCluster && { slot: slotOf(key) }),
	...{ replicas: target.replicas, mitigations: [] },
});

/** HOTKEYS of Valkey: accesses a second, over the commands a second of the nodes where those are known. */
export function resultOfWindows(seen: readonly WindowSeen[], top: number): HotKeysResult {
	const isKnown = seen.every(({ opsPerSecond }) => opsPerSecond !== undefined && opsPerSecond > 0);
	const all = sum(seen, ({ opsPerSecond }) => opsPerSecond ?? 0);
	const keys = seen.flatMap(one =>
		one.window.keys.map((each): HotKey => {
			const hot = { ...keyOf('hotkeys', one.target, each.key, each.db), hitsPerSecond: each.perSecond };
			if (!isKnown) return hot;
			const samples = one.seconds * (one.sampledShare ?? usualSampledShare);
			const { low, high } = shareInterval({ count: each.perSecond * samples, total: all * samples });
			const share = Math.min(1, each.perSecond / all);
			return { ...hot, share, low: Math.min(low, share), high: Math.max(high, share) };
		}),
	);
	return {
		...empty('hotkeys', seen),
		shareOf: 'accesses',
		keys: hottestFirst(keys).slice(0, top),
		notes: [{ kind: 'sampled-accesses' }],
	};
}

const usualSampledShare = 0.01;

/** LFU counters: a rank, no shares. */
export function resultOfLfu(seen: readonly LfuSeen[], top: number): HotKeysResult {
	const keys = seen.flatMap(one =>
		one.keys.map(
			({ key, db, counter }): HotKey => ({
				...keyOf('lfu', one.target, key, db),
				counter,
				counterMeans: readCounter(counter, one.settings),
			}),
		),
	);
	const listed = hottestFirst(keys).slice(0, top);
	const isAtEnd = listed.some(({ counter }) => counter === 255);
	const isShared = seen.some(one => sharesIntegers({ ...one.target, ...knownOf(one) }));
	const notes: readonly HotNote[] = [
		// Until the walk is at its end the hottest keys may be those that were not read: that is said first.
		...seen
			.filter(({ isWhole }) => !isWhole)
			.map(
				({ target, walked, of }) => ({ kind: 'walk-open', node: target.address, keys: walked, of }) as const,
			),
		{ kind: 'counters-rank' },
		...(isAtEnd ? [{ kind: 'counters-at-end' } as const] : []),
		...(isShared ? [{ kind: 'shared-integers' } as const] : []),
	];
	return {
		...empty('lfu', seen),
		nodes: seen.map(one => ({
			...nodeOf('lfu', one),
			...(!one.isWhole && { walk: { keys: one.walked, of: one.of } }),
		})),
		shareOf: 'accesses',
		keys: listed,
		notes,
	};
}

const knownOf = ({ maxmemoryPolicy, maxmemoryBytes }: LfuSeen) => ({
	...(maxmemoryPolicy !== undefined && { maxmemoryPolicy }),
	...(maxmemoryBytes !== undefined && { maxmemoryBytes }),
});

/** SLOT-STATS: slots; and keys only where a hot slot holds one alone, whose share is at most the slot's. */
export function resultOfSlots(seen: readonly SlotsSeen[], top: number): HotKeysResult {
	const keys = seen.flatMap(one =>
		one.onlyKeys.flatMap(({ slot, key, db }): HotKey[] => {
			const share = one.slots.find(each => each.slot === slot)?.share;
			return share === undefined
				? []
				: [{ ...keyOf('slot-stats', one.target, key, db), share, low: 0, high: share }];
		}),
	);
	return {
		...empty('slot-stats', seen),
		shareOf: 'time',
		keys: hottestFirst(keys).slice(0, top),
		slots: seen.flatMap(({ slots }) => slots).sort((a, b) => b.share - a.share),
		notes: [
			...(seen.some(({ isNoisy }) => isNoisy) ? [{ kind: 'noisy-slots' } as const] : []),
			...(seen.some(({ slots }) => slots.some(({ shareOf }) => shareOf === 'bytes'))
				? [{ kind: 'slots-by-bytes' } as const]
				: []),
			{ kind: 'slots-not-keys' },
		],
	};
}

/** What it is when no node had a way: no keys, and why. */
export function noResult(ladders: readonly Ladder[], at: number): HotKeysResult {
	const notes = ladders.map(
		({ node, rungs }): HotNote => ({
			kind: 'no-way',
			node,
			whys: rungs.flatMap(({ method, why }) => (why ? [{ method, why }] : [])),
		}),
	);
	return { ...empty('monitor', []), at, shareOf: 'commands', keys: [], notes };
}
