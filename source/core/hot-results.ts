// What the rungs without MONITOR found, node by node, as results of the one kind that is shown; and results of several
// kinds beside each other, where nodes of a fleet have different rungs. Shares of time, of accesses and ranks are not
// put into one scale: a key says by its method what its figures are, and those without a share stand behind.

import type {
	HotKey,
	HotKeysCost,
	HotKeysMethod,
	HotKeysResult,
	HotNode,
	HotSlot,
	HotTarget,
	Ladder,
} from './hot-keys.ts';
import { slotOf } from './key-slot.ts';
import { type LfuSettings, readCounter, sharedIntegerNote } from './lfu.ts';
import type { HotkeysSession, HotkeysWindow } from './parse-hotkeys.ts';
import { shareInterval } from './shares.ts';
import type { OwnUse } from './types.ts';

type Seen = {
	readonly target: HotTarget;
	/** When its window began, epoch ms. */
	readonly at: number;
	readonly seconds: number;
	readonly endedBy: HotNode['endedBy'];
	readonly text?: string;
};

export type SessionSeen = Seen & { readonly session: HotkeysSession };
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
	/** Of hot slots that hold one key alone. */
	readonly onlyKeys: readonly { readonly slot: number; readonly key: string }[];
};

/** What was found on one node by what goes on by itself. */
export type NodeSeen = {
	readonly session?: SessionSeen;
	readonly window?: WindowSeen;
	readonly lfu?: LfuSeen;
	readonly slots?: SlotsSeen;
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
				return text === undefined ? node : { ...node, endedBy: 'lost' as const, text };
			}),
			...missing.map(([node, text]) => ({
				...{ node, method: result.method, seconds: 0, commands: 0, bytes: 0 },
				...{ endedBy: 'lost' as const, text },
			})),
		],
		notes: [...result.notes, ...[...lost].map(([node, text]) => `${node} does not answer: ${text}`)],
	};
}

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

const nodeOf = (method: HotKeysMethod, { target, seconds, endedBy, text }: Seen): HotNode => ({
	...{ node: target.address, method, seconds, commands: 0, bytes: 0, endedBy },
	...(text !== undefined && { text }),
});

const keyOf = (method: HotKeysMethod, target: HotTarget, key: string, db?: number): HotKey => ({
	...{ key, node: target.address, method, db },
	...(target.isCluster && { slot: slotOf(key) }),
	...{ replicas: target.replicas, mitigations: [] },
});

/** HOTKEYS of Redis: shares of the time of all commands on the nodes together. */
export function resultOfSessions(seen: readonly SessionSeen[], top: number): HotKeysResult {
	const rateOf = (one: SessionSeen, value: number) => value / Math.max(0.001, one.session.seconds);
	const all = sum(seen, one => rateOf(one, one.session.allMicroseconds ?? 0));
	const keys = seen.flatMap(one => {
		const { byCpu = [], byNet = [] } = one.session;
		const bytes = new Map(byNet.map(each => [each.key, each.bytes]));
		const times = new Map(byCpu.map(each => [each.key, each.microseconds]));
		return [...new Set([...times.keys(), ...bytes.keys()])].map((key): HotKey => {
			const cpu = times.get(key);
			const share = cpu === undefined || all <= 0 ? undefined : Math.min(1, rateOf(one, cpu) / all);
			return {
				...keyOf('hotkeys', one.target, key),
				share,
				cpuMicroseconds: cpu === undefined ? undefined : Math.round(cpu),
				netBytes: bytes.has(key) ? Math.round(bytes.get(key)!) : undefined,
			};
		});
	});
	const sampled = seen.find(({ session }) => session.sampleRatio > 1);
	return {
		...empty('hotkeys', seen),
		shareOf: 'time',
		keys: hottestFirst(keys).slice(0, top),
		notes: [
			'shares are of the time that commands took, not of their number; a command with several keys is split evenly',
			...(sampled
				? [`one command of ${sampled.session.sampleRatio} was looked at: figures of keys are estimates`]
				: []),
		],
	};
}

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
		notes: [
			'accesses a second by the server’s own sample, over its commands a second: a command with several keys is several',
		],
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
				counterText: readCounter(counter, one.settings).text,
			}),
		),
	);
	const listed = hottestFirst(keys).slice(0, top);
	const notes = ['LFU counters are a rank by the logarithm of accesses over minutes, not a rate'];
	for (const one of seen) {
		if (!one.isWhole)
			notes.push(`${one.target.address}: ${partOf(one)} read so far, keys behind them are not known yet`);
	}
	if (listed.some(({ counter }) => counter === 255))
		notes.push('a counter of 255 is at its end: such keys cannot be put in order');
	const shared = seen.map(one => sharedIntegerNote({ ...one.target, ...knownOf(one) })).find(Boolean);
	return {
		...empty('lfu', seen),
		shareOf: 'accesses',
		keys: listed,
		notes: shared ? [...notes, shared] : notes,
	};
}

const knownOf = ({ maxmemoryPolicy, maxmemoryBytes }: LfuSeen) => ({
	...(maxmemoryPolicy !== undefined && { maxmemoryPolicy }),
	...(maxmemoryBytes !== undefined && { maxmemoryBytes }),
});

const whole = (value: number) => Math.round(value).toLocaleString('en-US');

const partOf = ({ walked, of }: LfuSeen) =>
	of === undefined ? `${whole(walked)} keys` : `${whole(Math.min(walked, of))} of ${whole(of)} keys`;

/** SLOT-STATS: slots; and keys only where a hot slot holds one alone, whose share is at most the slot's. */
export function resultOfSlots(seen: readonly SlotsSeen[], top: number): HotKeysResult {
	const keys = seen.flatMap(one =>
		one.onlyKeys.flatMap(({ slot, key }): HotKey[] => {
			const share = one.slots.find(each => each.slot === slot)?.share;
			return share === undefined
				? []
				: [{ ...keyOf('slot-stats', one.target, key), share, low: 0, high: share }];
		}),
	);
	return {
		...empty('slot-stats', seen),
		shareOf: 'time',
		keys: hottestFirst(keys).slice(0, top),
		slots: seen.flatMap(({ slots }) => slots).sort((a, b) => b.share - a.share),
		notes: ['SLOT-STATS tells the slot and not the key: a key is named only where it is alone in a hot slot'],
	};
}

/** Results of different nodes, or of different kinds, as one; undefined of none. Slots of all stand beside the keys. */
export function joinResults(results: readonly HotKeysResult[], top: number): HotKeysResult | undefined {
	const [first] = results;
	if (!first || results.length === 1) return first;
	const byKey = results.filter(({ method }) => method !== 'slot-stats');
	const found = byKey.length > 0 ? byKey : results;
	const leading = [...found].sort((a, b) => b.nodes.length - a.nodes.length)[0]!;
	const isMixed = new Set(found.map(({ method }) => method)).size > 1;
	const detailed = results.find(({ byCommand }) => byCommand.length > 0) ?? leading;
	return {
		...leading,
		at: Math.min(...found.map(({ at }) => at)),
		seconds: Math.max(...found.map(({ seconds }) => seconds)),
		commands: sum(results, ({ commands }) => commands),
		keys: hottestFirst(keysOf(results)).slice(0, top),
		others: detailed.others,
		patterns: detailed.patterns,
		byCommand: detailed.byCommand,
		byClient: detailed.byClient,
		slots: results.flatMap(({ slots }) => slots).sort((a, b) => b.share - a.share),
		nodes: nodesOf(results),
		notes: [
			...(isMixed ? ['the nodes have different ways: shares of one kind are of the nodes of that kind'] : []),
			...new Set(found.flatMap(({ notes }) => notes)),
		],
		cost: results.map(({ cost }) => cost).reduce(addCosts),
	};
}

/** A node once for each way; its slots stand beside what told of its keys. */
function nodesOf(results: readonly HotKeysResult[]): HotNode[] {
	const all = results.flatMap(({ nodes }) => nodes);
	const covered = new Set(all.filter(({ method }) => method !== 'slot-stats').map(({ node }) => node));
	return all.filter(({ node, method }) => method !== 'slot-stats' || !covered.has(node));
}

/** A slot's time and a key's share are no pair: where anything else tells of a node's keys, that is listed. */
function keysOf(results: readonly HotKeysResult[]): HotKey[] {
	const covered = new Set(
		results
			.filter(({ method }) => method !== 'slot-stats')
			.flatMap(({ keys }) => keys.map(({ node }) => node)),
	);
	return results.flatMap(({ method, keys }) =>
		method === 'slot-stats' ? keys.filter(({ node }) => !covered.has(node)) : keys,
	);
}

function hottestFirst(keys: readonly HotKey[]): HotKey[] {
	return [...keys].sort(
		(a, b) =>
			(b.share ?? -1) - (a.share ?? -1) ||
			(b.counter ?? -1) - (a.counter ?? -1) ||
			(b.hitsPerSecond ?? -1) - (a.hitsPerSecond ?? -1) ||
			(b.netBytes ?? -1) - (a.netBytes ?? -1) ||
			(a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
	);
}

/** The result with what else was asked for it. */
export const plusCost = (result: HotKeysResult, own: readonly OwnUse[]): HotKeysResult => ({
	...result,
	cost: addCosts(result.cost, costOf(own)),
});

/** What it is when no node had a way: no keys, and why. */
export function noResult(ladders: readonly Ladder[], at: number): HotKeysResult {
	const lines = ladders.map(({ node, rungs }) => {
		const whys = new Set(rungs.flatMap(({ why }) => why ?? []));
		return `${node}: no way to its hot keys: ${[...whys].join('; ')}`;
	});
	return { ...empty('monitor', []), at, shareOf: 'commands', keys: [], notes: lines };
}

const costOf = (own: readonly OwnUse[]): HotKeysCost => ({
	commands: sum(own, ({ commands }) => commands),
	inputBytes: sum(own, ({ inputBytes }) => inputBytes),
	outputBytes: sum(own, ({ outputBytes }) => outputBytes),
	hitsAdded: sum(own, ({ hits }) => hits),
});

function addCosts(a: HotKeysCost, b: HotKeysCost): HotKeysCost {
	const isTimed = a.serverMicroseconds !== undefined || b.serverMicroseconds !== undefined;
	return {
		commands: a.commands + b.commands,
		inputBytes: a.inputBytes + b.inputBytes,
		outputBytes: a.outputBytes + b.outputBytes,
		hitsAdded: a.hitsAdded + b.hitsAdded,
		...(isTimed && { serverMicroseconds: (a.serverMicroseconds ?? 0) + (b.serverMicroseconds ?? 0) }),
	};
}

function sum<T>(list: readonly T[], value: (entry: T) => number): number {
	return list.reduce((total, entry) => total + value(entry), 0);
}
