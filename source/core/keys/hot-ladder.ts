// The ladder of one node in words: which of the four ways to its hot keys it has, what each shows, costs and cannot
// see, and where one cannot run why not and what would change that. Made from answers of the server, never from its
// version alone: services rename, deny and lack commands as they please. It asks nobody: that is redis/hot-keys.

import { classifyError, refusalOf } from '../parse/parse-error.ts';
import type { SlotCounts } from '../parse/parse-slot-stats.ts';
import { bytes, count, percent, thousands } from '../text/quantity.ts';
import type { Address, Refusal, ServerName } from '../types.ts';
import type { HotKeysMethod, HotPressure, Ladder, Rung, SessionOwner } from './hot-keys.ts';

/** What came of a harmless question; `command` where it is not the rung's own. */
export type Answer<T> =
	| { readonly got: T }
	| { readonly error: string; readonly command?: string }
	| undefined;

/** HOTKEYS GET of Redis or of Valkey, as far as it decides what can be done. */
export type HotkeysFact =
	| { readonly kind: 'session'; readonly state: 'none' | 'active' | 'over'; readonly whose: SessionOwner }
	/** `isOn`: hotkey-top-k is above 0; undefined where CONFIG GET is refused and nothing is listed. */
	| { readonly kind: 'window'; readonly isOn?: boolean };

/** What one node answered. Undefined: not asked, since it cannot be or need not be. */
export type LadderFacts = {
	readonly node: Address;
	readonly server?: ServerName;
	readonly version?: string;
	readonly isCluster: boolean;
	readonly isReplica: boolean;
	readonly maxmemoryPolicy?: string;
	readonly keys?: number;
	/** As INFO tells it, where nobody polls it. */
	readonly opsPerSecond?: number;
	readonly hotkeys: Answer<HotkeysFact>;
	/** INFO says that a HOTKEYS session is at work, also to who may not read it. */
	readonly isTracked?: boolean;
	/** What it counts of each slot, beside its keys. */
	readonly slotStats: Answer<SlotCounts>;
	/** SCAN and OBJECT FREQ of one key. */
	readonly lfu: Answer<true>;
	/** ACL DRYRUN of MONITOR; undefined where that cannot be asked. */
	readonly monitor: Answer<true>;
	/** Keys a second of the walk over LFU counters. */
	readonly lfuPace: number;
};

/** Seconds and commands a MONITOR window has at most. */
export const monitorSeconds = 2;
export const monitorCommands = 20_000;
/** A HOTKEYS session that is asked for. */
export const sessionSeconds = 10;
/** What the server keeps for it until it is reset: 352 kB on 8.6.3, with 20 keys of each metric. */
export const sessionBytes = 352_000;
/** Server time for each command that is looked at: 0.3 us were measured on 8.6.3. */
const sessionMicroseconds = 0.3;
/** So much of a core a session may take, for its ten seconds: 200,000 commands a second are all looked at. */
const sessionCorePart = 0.06;
/** Of a node whose commands a second nobody knows. */
const cautiousRatio = 10;
/** Over this much of a core a MONITOR window wants a second word, and under that it is hardly noticed. */
const busyPercent = 70;
const calmPercent = 30;

export function ladderOf(facts: LadderFacts, pressure?: HotPressure): Ladder {
	const ratio = ratioFor(pressure?.opsPerSecond ?? facts.opsPerSecond);
	const rungs = [hotkeysRung(facts, ratio), slotStatsRung(facts), lfuRung(facts), monitorRung(facts)];
	return withPressure({ node: facts.node, rungs, used: usedOf(rungs) }, pressure);
}

/**
 * One command of how many a session is to look at. All of them wherever that is cheap: a slow command that comes every
 * two seconds is in one list of two at a ratio of ten.
 */
export function ratioFor(opsPerSecond: number | undefined): number {
	if (opsPerSecond === undefined) return cautiousRatio;
	return Math.max(1, Math.ceil((opsPerSecond * sessionMicroseconds) / (sessionCorePart * 1e6)));
}

/** The ladder with what a MONITOR window would do to the node as it is now. */
export function withPressure(ladder: Ladder, pressure: HotPressure | undefined): Ladder {
	if (!pressure) return ladder;
	return { ...ladder, monitorLoss: lossOf(pressure), isBusy: (pressure.cpuPercent ?? 0) > busyPercent };
}

/** What is read without asking first: the best that is there, else the best that may be asked for. */
function usedOf(rungs: readonly Rung[]): HotKeysMethod | undefined {
	const isFree = ({ state }: Rung) => state === 'ready' || state === 'running';
	const free = rungs.filter(isFree);
	// A slot is no key: it stands beside whatever finds keys.
	const best = free.find(({ method }) => method !== 'slot-stats') ?? free[0];
	return (best ?? rungs.find(({ state }) => state === 'asks'))?.method;
}

/** The rung that asking starts on this node: HOTKEYS where it takes one, else MONITOR; undefined where neither is there. */
export function askedRung(ladder: Ladder): 'hotkeys' | 'monitor' | undefined {
	const asks = (method: HotKeysMethod) =>
		ladder.rungs.some(rung => rung.method === method && rung.state === 'asks');
	return asks('hotkeys') ? 'hotkeys' : asks('monitor') ? 'monitor' : undefined;
}

/** Of a node that does not answer. */
export function silentLadder(node: Address, why: string): Ladder {
	const facts: LadderFacts = {
		...{ node, isCluster: true, isReplica: false, lfuPace: 1 },
		...{ hotkeys: undefined, slotStats: undefined, lfu: undefined, monitor: undefined },
	};
	const { rungs } = ladderOf(facts);
	return { node, rungs: rungs.map(rung => ({ ...rung, state: 'unavailable', why, enable: undefined })) };
}

function lossOf({ opsPerSecond, cpuPercent }: HotPressure): string {
	const now = [
		...(opsPerSecond === undefined ? [] : [`${count(opsPerSecond)} ops/s now`]),
		...(cpuPercent === undefined ? [] : [`CPU ${Math.round(cpuPercent)}%`]),
	].join(', ');
	const expected =
		cpuPercent !== undefined && cpuPercent < calmPercent
			? 'MONITOR will hardly be noticed'
			: 'MONITOR takes 20-35% of its peak throughput while it runs, 50-70% with pipelined writes';
	return now === '' ? expected : `${now}: ${expected}`;
}

// ---------------------------------------------------------------------------------------------------------
// Rungs

/** Why a rung cannot run, from an error line of the server. */
export function refusedBecause(command: string, error: string): Pick<Rung, 'state' | 'why' | 'enable'> {
	const refusal = refusalOf(command, error);
	if (!refusal) return { state: 'unavailable', why: classifyError(error).text, enable: undefined };
	return { state: 'unavailable', ...whyRefused(refusal) };
}

function whyRefused({ command, why, word }: Refusal): Pick<Rung, 'why' | 'enable'> {
	return why === 'unknown-command'
		? { why: `this server has no ${command.toUpperCase()}`, enable: undefined }
		: { why: `this user may not use ${command.toUpperCase()}`, enable: word };
}

const serverOf = ({ server, version }: LadderFacts) =>
	server === undefined ? 'this server' : `${server}${version === undefined ? '' : ` ${version}`}`;

function hotkeysRung(facts: LadderFacts, ratio: number): Rung {
	const { hotkeys } = facts;
	const isWindow = hotkeys && 'got' in hotkeys ? hotkeys.got.kind === 'window' : facts.server === 'valkey';
	const rung: Omit<Rung, 'state'> = isWindow
		? {
				method: 'hotkeys',
				window: 'accesses of its last window, usually 1 s',
				cost: 'next to nothing: the server samples its accesses anyway',
				blindSpot: 'only its top keys, by a sample; reads and writes are not told apart',
			}
		: {
				method: 'hotkeys',
				window: `time and bytes of ${sessionSeconds} s, ${commandsWord(ratio)}`,
				cost: `${sessionMicroseconds}us a command for ${sessionSeconds}s, and ${bytes(sessionBytes)} until it is reset at its end`,
				blindSpot: 'time and bytes, no counts; keys of scripts stand for what the script does',
			};
	if (!hotkeys) return { ...rung, state: 'unavailable', why: 'not known' };
	if ('error' in hotkeys) {
		const refusal = refusalOf(hotkeys.command ?? 'hotkeys get', hotkeys.error);
		if (/disabled/i.test(hotkeys.error)) return { ...rung, ...hotkeysOff };
		if (refusal?.why === 'unknown-command')
			return {
				...rung,
				state: 'unavailable',
				why: `HOTKEYS came with Redis 8.6 and after Valkey 9.1; this is ${serverOf(facts)}`,
			};
		const refused = refusedBecause(hotkeys.command ?? 'hotkeys get', hotkeys.error);
		const tracked = facts.isTracked ? '; INFO says that a session is at work now' : '';
		return { ...rung, ...refused, why: `${refused.why}${tracked}` };
	}
	const { got } = hotkeys;
	if (got.kind === 'window') return got.isOn ? { ...rung, state: 'ready' } : { ...rung, ...hotkeysOff };
	if (got.state === 'none') return { ...rung, state: 'asks' };
	if (got.whose === 'ours') return { ...rung, state: 'running' };
	if (got.state === 'active')
		return {
			...{ ...rung, state: 'running', window: `time and bytes of ${sessionWord(got.whose)}` },
			cost: 'nothing more: it runs anyway',
		};
	if (got.whose === 'left')
		return {
			...{ ...rung, state: 'ready', window: `time and bytes of ${sessionWord('left')}` },
			cost: 'nothing more: it is read once and reset',
		};
	return {
		...rung,
		state: 'unavailable',
		why: `${sessionWord(got.whose)} is over and keeps its result: another one would discard it`,
		enable: 'HOTKEYS RESET',
	};
}

/** `every command`, `one command of 4`. */
export const commandsWord = (ratio: number): string =>
	ratio === 1 ? 'every command' : `one command of ${count(ratio)}`;

/** Whose it is, as a noun. */
export function sessionWord(whose: SessionOwner): string {
	switch (whose) {
		case 'ours':
			return 'our own session';
		case 'left':
			return 'a session that a redis-top left when it was killed';
		case 'sibling':
			return 'a session of another redis-top';
		case 'somebody':
			return 'a session that somebody else has started';
	}
}

const hotkeysOff: Pick<Rung, 'state' | 'why' | 'enable'> = {
	state: 'unavailable',
	why: 'it is switched off: hotkey-top-k is 0',
	enable: 'CONFIG SET hotkey-top-k 16',
};

function slotStatsRung(facts: LadderFacts): Rung {
	const rung: Omit<Rung, 'state'> = {
		method: 'slot-stats',
		window: 'time and bytes of each slot in 5 s',
		cost: 'about a millisecond every 5 s',
		blindSpot: 'the slot, not which key of it',
	};
	const { slotStats } = facts;
	if (!facts.isCluster) return { ...rung, state: 'unavailable', why: 'there are no slots: not a cluster' };
	if (!slotStats) return { ...rung, state: 'unavailable', why: 'not known' };
	if ('error' in slotStats) {
		if (refusalOf('cluster slot-stats', slotStats.error)?.why === 'unknown-command')
			return {
				...rung,
				state: 'unavailable',
				why: `CLUSTER SLOT-STATS came with Valkey 8.0 and Redis 8.2; this is ${serverOf(facts)}`,
			};
		return { ...rung, ...refusedBecause('cluster slot-stats', slotStats.error) };
	}
	const { time, bytes: net, memory } = slotStats.got;
	if (time) return { ...rung, state: 'ready' };
	const enable = enableSlotStats(facts.server, memory);
	if (net)
		return {
			...{ ...rung, state: 'ready', enable, window: 'bytes of each slot in 5 s' },
			why: 'the server counts bytes by slot, but no time',
		};
	return {
		...{ ...rung, state: 'unavailable', enable },
		why: 'the server counts keys by slot, but neither time nor bytes: cluster-slot-stats-enabled is off',
	};
}

/**
 * What switches it on while the server runs. Redis has a word for each kind and refuses `yes` then, for that would count
 * memory too; where it counts memory since its start, the two words alone would end that for good.
 */
export function enableSlotStats(server: ServerName | undefined, hasMemory = false): string {
	const words = server === 'valkey' || hasMemory ? 'yes' : '"cpu net"';
	return `CONFIG SET cluster-slot-stats-enabled ${words}`;
}

function lfuRung(facts: LadderFacts): Rung {
	const { maxmemoryPolicy: policy, lfuPace, keys } = facts;
	const walkSeconds = keys === undefined || lfuPace === 0 ? undefined : keys / lfuPace;
	const rung: Omit<Rung, 'state'> = {
		method: 'lfu',
		window: 'accesses of the last minutes',
		cost: `${paceText(lfuPace)}, and a keyspace hit each`,
		blindSpot: 'a rank by logarithm, no rate; no keys that are not there, and one made anew starts anew',
		...(walkSeconds !== undefined && walkSeconds >= shortWalkSeconds && { walkSeconds }),
	};
	if (policy === undefined)
		return { ...rung, state: 'unavailable', why: 'its maxmemory-policy is not known' };
	if (!policy.endsWith('-lfu'))
		return {
			...rung,
			state: 'unavailable',
			why: `the policy is ${policy}, and counters are kept under an -lfu policy only`,
			enable: enableLfu(policy),
		};
	if (facts.lfu && 'error' in facts.lfu)
		return { ...rung, ...refusedBecause(facts.lfu.command ?? 'object freq', facts.lfu.error) };
	return {
		...rung,
		state: 'ready',
		...(facts.isReplica && { blindSpot: `${rung.blindSpot}; of a replica only what is read there` }),
	};
}

/** Not worth a word. */
const shortWalkSeconds = 5;
/** Server time of SCAN and OBJECT FREQ per key, upper end of what was measured on 6.0 to 9.1. */
const lfuMicroseconds = 4;

const paceText = (rate: number) =>
	rate === 0
		? 'keys as fast as it answers'
		: `${count(rate)} keys a second (${percent((rate * lfuMicroseconds) / 1e6)} of a core)`;

/** `26 s`, `2 minutes`: of a walk over all keys. */
export const walkText = (seconds: number): string =>
	seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} minutes`;

/** Never for noeviction: there it would begin to evict. */
function enableLfu(policy: string): string | undefined {
	const kind = /^(allkeys|volatile)-/.exec(policy)?.[1];
	return kind && `CONFIG SET maxmemory-policy ${kind}-lfu`;
}

function monitorRung(facts: LadderFacts): Rung {
	const { monitor } = facts;
	const rung: Omit<Rung, 'state'> = {
		method: 'monitor',
		window: `commands of ${monitorSeconds} s, at most ${thousands(monitorCommands)}`,
		cost: '20-35% of the peak throughput while it runs, 50-70% with pipelined writes',
		blindSpot: facts.isReplica
			? 'what happens outside the window; on a replica the reads of its primary'
			: 'what happens outside the window',
	};
	if (monitor && 'error' in monitor) return { ...rung, ...refusedBecause('monitor', monitor.error) };
	return { ...rung, state: 'asks' };
}
