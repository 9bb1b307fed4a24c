// The ladder of one node: which of the ways to its hot keys it has, what each shows, costs and cannot see, and where
// one cannot run why not and what would change that. Made from answers of the server, never from its version alone:
// services rename, deny and lack commands as they please. Each rung is a file in rungs/ and a line here. It asks
// nobody: that is redis/hot-keys.

import type { Address } from '../types.ts';
import { hotkeys } from './rungs/hotkeys.ts';
import { lfu } from './rungs/lfu.ts';
import { monitor } from './rungs/monitor.ts';
import { slotStats } from './rungs/slot-stats.ts';

/** From the best rung to the last resort. */
const kinds = [hotkeys, slotStats, lfu, monitor] as const;

type Kind = (typeof kinds)[number];
export type HotKeysMethod = Kind['method'];
/** What one rung can do on one node, and what it would cost there. */
export type Rung = ReturnType<Kind['rungOf']>;
export type RungWhy = NonNullable<Rung['why']>;

/** What one node answered. Undefined: not asked, since it cannot be or need not be. */
export type LadderFacts = Together<Kind['rungOf']>;
/** What every one of the functions takes, at once. */
type Together<Of> = [Of] extends [(facts: infer Facts) => unknown] ? Facts : never;

/** As it is called on the screen: the command that is sent. */
export const methodName = (method: HotKeysMethod): string => kinds.find(kind => kind.method === method)!.name;

/** False where it tells of slots alone: it stands beside whatever finds keys. */
export const tellsKeys = (method: HotKeysMethod): boolean =>
	kinds.some(kind => kind.method === method && !('tells' in kind));

/** How a node is doing while it is watched, told by whoever polls it. */
export type HotPressure = {
	readonly opsPerSecond?: number;
	/** Of the main thread, 100 is one core. */
	readonly cpuPercent?: number;
	readonly pingMilliseconds?: number;
	/** Why it does not answer whoever polls it. */
	readonly down?: string;
	/** mem_clients_normal: a reader that falls behind grows it. */
	readonly clientsBytes?: number;
	/** Of the node's primaries' mean, for what to do about a key. */
	readonly meanOpsPerSecond?: number;
	/** Primaries that share the keys with this node: those of a cluster, else 1. */
	readonly primaries?: number;
};

/** The ladder of one node: every rung, and the one that is used. */
export type Ladder = {
	readonly node: Address;
	readonly rungs: readonly Rung[];
	readonly used?: HotKeysMethod;
	/** How busy it is now, by which a MONITOR window is dear or not; undefined until polled. */
	readonly load?: Pick<HotPressure, 'opsPerSecond' | 'cpuPercent'>;
	/** Over 70 % of a core: a MONITOR window wants a second key press. */
	readonly isBusy?: boolean;
	/** Nobody but us uses it: counters of the minutes before tell more than any window. */
	readonly isIdle?: boolean;
};

/** Over this much of a core a MONITOR window wants a second word, and under that it is hardly noticed. */
const busyPercent = 70;
const calmPercent = 30;

export function ladderOf(facts: LadderFacts, pressure?: HotPressure): Ladder {
	const now = { ...facts, opsPerSecond: pressure?.opsPerSecond ?? facts.opsPerSecond };
	const rungs = kinds.map((kind): Rung => kind.rungOf(now));
	return withPressure({ node: facts.node, rungs, used: usedOf(rungs) }, pressure);
}

/** The ladder with how busy the node is now. */
export function withPressure(ladder: Ladder, pressure: HotPressure | undefined): Ladder {
	if (!pressure) return ladder;
	const { opsPerSecond, cpuPercent } = pressure;
	return { ...ladder, load: { opsPerSecond, cpuPercent }, isBusy: (cpuPercent ?? 0) > busyPercent };
}

/** A MONITOR window is no burden to it as it is now. */
export const hardlyNotices = ({ load }: Pick<Ladder, 'load'>): boolean =>
	load?.cpuPercent !== undefined && load.cpuPercent < calmPercent;

/** It costs nothing to ask for, or is at work: it is read without asking first. */
export const isFree = ({ state }: Rung): boolean => state === 'ready' || state === 'running';

/** What is read without asking first: the best that is there, else the best that may be asked for. */
function usedOf(rungs: readonly Rung[]): HotKeysMethod | undefined {
	const free = rungs.filter(isFree);
	const best = free.find(({ method }) => tellsKeys(method)) ?? free[0];
	return best?.method ?? askedRung({ rungs });
}

/** The rung that asking starts on this node: the best that wants to be asked for; undefined where none does. */
export const askedRung = ({ rungs }: Pick<Ladder, 'rungs'>): HotKeysMethod | undefined =>
	rungs.find(({ state }) => state === 'asks')?.method;

/** Of a node that does not answer. */
export function silentLadder(node: Address, text: string): Ladder {
	const { rungs } = ladderOf({ node, isCluster: true, isReplica: false, lfuPace: 1 });
	const silent = { state: 'unavailable', why: { kind: 'silent', text }, enable: undefined } as const;
	return { node, rungs: rungs.map(rung => ({ ...rung, ...silent })) };
}
