// What to do about one hot key, with its own numbers, in order of effort: keep it in the application for a few
// seconds, read it from a replica, split it. Each says what load would remain, or why it does not help here: a cache
// does nothing for writes or where every client asks seldom, replicas take reads only, and parts of a key on one node
// are still that node's work. What is asked is how the key is used; its value is not looked at.

import { count, counted, duration, percent } from '../text/quantity.ts';
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

export type Mitigation = {
	readonly id: 'cache' | 'replica' | 'split';
	/** False: the text says why not. */
	readonly helps: boolean;
	/** Commands a second that would remain on the node (on the busiest, if it is split); undefined where it does not help. */
	readonly remainingPerSecond?: number;
	/** One line, without the key's name. */
	readonly text: string;
};

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
export function adviseOn(use: HotKeyUse): Mitigation[] {
	const { nodeOpsPerSecond } = use;
	if (nodeOpsPerSecond !== undefined && use.hitsPerSecond < nodeOpsPerSecond * quietKey) return [];
	const all = [adviseCache(use), adviseReplica(use), adviseSplit(use)];
	return [...all.filter(each => each.helps), ...all.filter(each => !each.helps)];
}

function adviseCache(use: HotKeyUse): Mitigation {
	const reads = use.hitsPerSecond * use.readShare;
	const writes = use.hitsPerSecond - reads;
	const no = (why: string): Mitigation => ({
		id: 'cache',
		helps: false,
		text: `a cache in the application ${why}`,
	});
	if (use.readShare < mostlyWrites)
		return no(`helps little: ${percent(1 - use.readShare)} of its commands write`);
	const longest = Math.min(longCache, Math.max(shortCache, use.ttlSeconds ?? longCache));
	const clients = use.clients;
	if (clients === undefined)
		return {
			id: 'cache',
			helps: true,
			text: `${cacheWords(use)} in the application for ${spanOf(longest)}: each process then reads it once in that time`,
		};
	const left = (seconds: number) => Math.min(reads, clients / seconds);
	if (left(longest) > reads * (1 - worthwhile))
		return no(
			`helps little: ${clients === 1 ? 'its one client' : `each of ${count(clients)} clients`} reads it ${rate(reads / Math.max(1, clients))} only`,
		);
	const becomes =
		longest > shortCache
			? `${few(left(shortCache))}/s (1s) to ${few(left(longest))}/s (${duration(longest)})`
			: `${few(left(shortCache))}/s`;
	return {
		id: 'cache',
		helps: true,
		remainingPerSecond: writes + left(longest),
		text: `${cacheWords(use)} in the application for ${spanOf(longest)}: ${count(reads)} reads/s of ${counted(clients, 'client', count)} become ${becomes}`,
	};
}

/** Reads of a key that is not there miss each time, and a cache of what was found keeps nothing. */
const cacheWords = (use: HotKeyUse) => (isMissed(use) ? 'cache that it is absent' : 'cache it');

/** Nobody writes it either: it did not just come to its end. */
const onlyReads = 0.999;
const isMissed = ({ isAbsent, readShare }: Pick<HotKeyUse, 'isAbsent' | 'readShare'>) =>
	isAbsent === true && readShare >= onlyReads;

/** Of a key that was not there when it was asked. */
export const absentWords = ({ readShare }: { readonly readShare?: number }): string =>
	isMissed({ isAbsent: true, readShare: readShare ?? 0 })
		? 'not there: its reads miss'
		: 'not there when asked';

const spanOf = (longest: number) => (longest > shortCache ? `1-${duration(longest)}` : '1s');

function adviseReplica(use: HotKeyUse): Mitigation {
	const reads = use.hitsPerSecond * use.readShare;
	const no = (why: string): Mitigation => ({
		id: 'replica',
		helps: false,
		text: `replicas do not help: ${why}`,
	});
	if (use.readShare < mostlyWrites) return no(`${percent(1 - use.readShare)} of its commands write`);
	if (use.replicas.length === 0) return no('the node has none');
	const up = use.replicas.filter(replica => replica.isUp);
	if (up.length === 0) return no(use.replicas.length > 1 ? 'none of them is up' : 'it is not up');
	const fresh = up.filter(replica => (replica.lagSeconds ?? 0) <= longestLag);
	if (fresh.length === 0)
		return no(`${duration(Math.min(...up.map(replica => replica.lagSeconds ?? 0)))} behind at best`);
	const idlest = [...fresh].sort((a, b) => (a.opsPerSecond ?? 0) - (b.opsPerSecond ?? 0));
	const first = idlest[0]!;
	const others = idlest.length > 1 ? ` or ${idlest.length - 1} more` : '';
	const lag = first.lagSeconds === undefined ? '' : `, ${duration(first.lagSeconds)} behind`;
	return {
		id: 'replica',
		helps: true,
		remainingPerSecond: use.hitsPerSecond - reads,
		text: `read it from the replica ${first.address}${others} (READONLY${lag}): up to ${count(reads)}/s less here`,
	};
}

function adviseSplit(use: HotKeyUse): Mitigation {
	const no = (why: string): Mitigation => ({ id: 'split', helps: false, text: `splitting it ${why}` });
	if (isMissed(use)) return no('does not help: it is not there');
	if (use.primaries < 2) return no('does not help: all parts would be on this one node');
	const parts = partsFor(use);
	if (parts === undefined) return no('is not needed: it is less than an even part already');
	const each = use.hitsPerSecond / parts;
	// Parts fall on nodes by chance; the fullest of P holds about its even share and one part more.
	const remaining = Math.min(use.hitsPerSecond, use.hitsPerSecond / use.primaries + each);
	return {
		id: 'split',
		helps: true,
		remainingPerSecond: remaining,
		text: `split it in ${parts} (:0 to :${parts - 1}), ${count(each)}/s each: ${howToSplit(use)}`,
	};
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

function howToSplit(use: HotKeyUse): string {
	if (use.readShare >= mostlyWrites) return 'write all, read one at random';
	const isCounter = use.topWrite !== undefined && /^(incr|decr|pfadd)/.test(use.topWrite);
	return isCounter
		? 'write one at random, read all and add up'
		: 'choose the part by a hash of the field or member';
}

/** Of one client in five seconds a fifth is left, and not `<1`. */
const few = (perSecond: number) =>
	perSecond < 1 ? String(Number(perSecond.toPrecision(1))) : count(perSecond);

function rate(perSecond: number): string {
	return perSecond >= 1
		? `${count(perSecond)} times a second`
		: `once in ${duration(1 / Math.max(perSecond, 1e-9))}`;
}
