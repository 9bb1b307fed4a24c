// What to do about one hot key, with its own numbers, in order of effort: keep it in the application for a few
// seconds, read it from a replica, split it. Each says what load would remain, or why it does not help here: a cache
// does nothing for writes or where every client asks seldom, replicas take reads only, and parts of a key on one node
// are still that node's work. What is asked is how the key is used; its value is not looked at. Facts: the words are
// view/screens/hot-keys/advice-words.ts.

import type { Address } from '../types.ts';

export type HotKeyUse = {
	readonly key: string;
	/** Of this key on its node. */
	readonly hitsPerSecond: number;
	/** Its commands that only read, 0 to 1. */
	readonly readShare: number;
	/** Different clients seen using it: connections, so at most that many processes. */
	readonly clients?: number;
	readonly ttlSeconds?: number;
	/** It was not there when it was asked. */
	readonly isAbsent?: boolean;
	/** Lower case; what is written most, if it is known. */
	readonly topWrite?: string;
	/** Commands a second of its node and of a primary on average, and how many primaries there are. */
	readonly nodeOpsPerSecond?: number;
	readonly meanOpsPerSecond?: number;
	readonly primaries: number;
	readonly replicas: readonly {
		readonly address: Address;
		readonly isUp: boolean;
		readonly opsPerSecond?: number;
		readonly lagSeconds?: number;
	}[];
};

/** One thing that could be done about a key, or why it would not help. */
export type HotMitigation = CacheAdvice | ReplicaAdvice | SplitAdvice;

type Helps = {
	readonly helps: true;
	/** Commands a second that would remain on the node, or on the busiest; undefined where nobody knows. */
	readonly remainingPerSecond?: number;
};
type HelpsNot = { readonly helps: false; readonly remainingPerSecond?: undefined };
/** Of its commands that much writes, 0 to 1. */
type IsWritten = { readonly why: 'written'; readonly writeShare: number };

export type CacheAdvice = { readonly id: 'cache' } & (
	| (Helps & {
			/** A copy is kept for so many seconds at most. */
			readonly keepSeconds: number;
			/** What is kept is that there is no such key: its reads miss. */
			readonly isOfAbsence: boolean;
			/** What its reads become, by how long a copy is kept; undefined where the clients are not known. */
			readonly reads?: {
				readonly perSecond: number;
				readonly clients: number;
				/** With copies of a second, and of `keepSeconds`. */
				readonly leftPerSecond: readonly [shortest: number, longest: number];
			};
	  })
	| (HelpsNot & IsWritten)
	/** Each client asks so seldom that a copy is old before it is used again. */
	| (HelpsNot & {
			readonly why: 'few-reads';
			readonly clients: number;
			readonly readsPerSecondEach: number;
	  })
);
export type ReplicaAdvice = { readonly id: 'replica' } & (
	| (Helps & {
			readonly address: Address;
			/** Further replicas that would do as well. */
			readonly others: number;
			readonly lagSeconds?: number;
			readonly readsPerSecond: number;
	  })
	| (HelpsNot & IsWritten)
	| (HelpsNot & { readonly why: 'none' })
	| (HelpsNot & { readonly why: 'down'; readonly replicas: number })
	| (HelpsNot & { readonly why: 'behind'; readonly lagSeconds: number })
);
export type SplitAdvice = { readonly id: 'split' } & (
	| (Helps & {
			readonly parts: number;
			readonly perSecondEach: number;
			/** All are written and one is read, one is written and all are read, or the part is told by the field. */
			readonly how: 'read-one' | 'write-one' | 'by-field';
	  })
	| (HelpsNot & { readonly why: 'absent' | 'one-node' | 'even-already' })
);

/** Seconds that a copy is kept: what people accept as fresh. */
const shortCache = 1;
const longCache = 5;
/** Takes less than this share off: not worth the work. */
const worthwhile = 0.2;
/** More writes than reads: what helps reads hardly helps. */
const mostlyWrites = 0.5;
/** A part that is this much of what a primary does on average stands out no more. */
const quietShare = 0.025;
const mostParts = 64;
/** A replica further behind gives answers that people notice. */
const longestLag = 5;

/** Under this share of its node's commands a key is no reason to do anything. */
export const quietKey = 0.02;

/** Three pieces of advice, those that help first, in order of effort; none for a key that hardly takes anything. */
export function adviseOn(use: HotKeyUse): HotMitigation[] {
	const { nodeOpsPerSecond } = use;
	if (nodeOpsPerSecond !== undefined && use.hitsPerSecond < nodeOpsPerSecond * quietKey) return [];
	const all: readonly HotMitigation[] = [adviseCache(use), adviseReplica(use), adviseSplit(use)];
	return [...all.filter(each => each.helps), ...all.filter(each => !each.helps)];
}

function adviseCache(use: HotKeyUse): CacheAdvice {
	const reads = use.hitsPerSecond * use.readShare;
	const writes = use.hitsPerSecond - reads;
	if (use.readShare < mostlyWrites) return { id: 'cache', helps: false, ...written(use) };
	const keepSeconds = Math.min(longCache, Math.max(shortCache, use.ttlSeconds ?? longCache));
	const { clients } = use;
	const isOfAbsence = isMissed(use);
	if (clients === undefined) return { id: 'cache', helps: true, keepSeconds, isOfAbsence };
	const left = (seconds: number) => Math.min(reads, clients / seconds);
	if (left(keepSeconds) > reads * (1 - worthwhile)) {
		const readsPerSecondEach = reads / Math.max(1, clients);
		return { id: 'cache', helps: false, why: 'few-reads', clients, readsPerSecondEach };
	}
	return {
		...{ id: 'cache', helps: true, keepSeconds, isOfAbsence },
		remainingPerSecond: writes + left(keepSeconds),
		reads: { perSecond: reads, clients, leftPerSecond: [left(shortCache), left(keepSeconds)] },
	};
}

const written = ({ readShare }: HotKeyUse): IsWritten => ({ why: 'written', writeShare: 1 - readShare });

/** Nobody writes it either: it did not just come to its end. */
const onlyReads = 0.999;
/** Reads of a key that is not there miss each time, and a cache of what was found keeps nothing. */
export const isMissed = ({ isAbsent, readShare }: Pick<HotKeyUse, 'isAbsent' | 'readShare'>): boolean =>
	isAbsent === true && readShare >= onlyReads;

function adviseReplica(use: HotKeyUse): ReplicaAdvice {
	const reads = use.hitsPerSecond * use.readShare;
	const no = { id: 'replica', helps: false } as const;
	if (use.readShare < mostlyWrites) return { ...no, ...written(use) };
	if (use.replicas.length === 0) return { ...no, why: 'none' };
	const up = use.replicas.filter(replica => replica.isUp);
	if (up.length === 0) return { ...no, why: 'down', replicas: use.replicas.length };
	const fresh = up.filter(replica => (replica.lagSeconds ?? 0) <= longestLag);
	if (fresh.length === 0)
		return { ...no, why: 'behind', lagSeconds: Math.min(...up.map(replica => replica.lagSeconds ?? 0)) };
	const [first, ...others] = [...fresh].sort((a, b) => (a.opsPerSecond ?? 0) - (b.opsPerSecond ?? 0));
	const { address, lagSeconds } = first!;
	return {
		...{ id: 'replica', helps: true, remainingPerSecond: use.hitsPerSecond - reads },
		...{ address, others: others.length, lagSeconds, readsPerSecond: reads },
	};
}

function adviseSplit(use: HotKeyUse): SplitAdvice {
	const no = { id: 'split', helps: false } as const;
	if (isMissed(use)) return { ...no, why: 'absent' };
	if (use.primaries < 2) return { ...no, why: 'one-node' };
	const parts = partsFor(use);
	if (parts === undefined) return { ...no, why: 'even-already' };
	const perSecondEach = use.hitsPerSecond / parts;
	// Parts fall on nodes by chance; the fullest of P holds about its even share and one part more.
	const remainingPerSecond = Math.min(use.hitsPerSecond, use.hitsPerSecond / use.primaries + perSecondEach);
	return { id: 'split', helps: true, remainingPerSecond, parts, perSecondEach, how: howToSplit(use) };
}

/** The power of two that leaves no part over a fortieth of a mean primary's work; undefined where it is not over now. */
export function partsFor(
	use: Pick<HotKeyUse, 'hitsPerSecond' | 'meanOpsPerSecond' | 'nodeOpsPerSecond'>,
): number | undefined {
	const mean = use.meanOpsPerSecond ?? use.nodeOpsPerSecond;
	if (!mean || use.hitsPerSecond <= mean * quietShare) return undefined;
	const least = use.hitsPerSecond / (mean * quietShare);
	return Math.min(mostParts, 2 ** Math.ceil(Math.log2(least)));
}

function howToSplit(use: HotKeyUse): 'read-one' | 'write-one' | 'by-field' {
	if (use.readShare >= mostlyWrites) return 'read-one';
	const isCounter = use.topWrite !== undefined && /^(incr|decr|pfadd)/.test(use.topWrite);
	return isCounter ? 'write-one' : 'by-field';
}
