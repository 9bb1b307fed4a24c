// The hot slots of one node by CLUSTER SLOT-STATS: what each slot took since the reading before, never since the start.
// The list of the costliest since the start is cheap (ORDERBY), but a slot that turned hot today stands in it only when
// it has overtaken years; so now and then all slots are read, in pieces that hold nobody up, and those found hot are
// read with the cheap list in between. A slot is no key: which of its keys, the LFU counters tell where there are any.

import { performance } from 'node:perf_hooks';
import type { Answer } from '../../core/keys/rungs/rung.ts';
import { parseInfo } from '../../core/parse/parse-info.ts';
import {
	commandMicroseconds,
	countsOf,
	type HotSlot,
	hottestSlots,
	noisyMicroseconds,
	parseSlotStats,
	perSecond,
	type SlotChange,
	type SlotCounts,
	type SlotReading,
} from '../../core/parse/parse-slot-stats.ts';
import { asText, isArray, isError } from '../../core/reply.ts';
import { slotsInCluster } from '../../core/slots.ts';
import type { Reply } from '../../core/types.ts';
import { timeNow } from '../clock.ts';
import { call } from '../commands.ts';
import { isLost, type Lost } from '../lean-connection.ts';
import type { NodeLink } from './node-link.ts';
import type { ReadByItself } from './reader.ts';

/** The hot slots now; none at the first reading, which has nothing to compare with. */
export type SlotsRead =
	| {
			readonly slots: readonly HotSlot[];
			readonly seconds: number;
			/** Commands took so little time that the shares are of chance. */
			readonly isNoisy?: boolean;
	  }
	| { readonly error: string }
	| Lost;

/** Slots in a list, and as many of the hottest are followed closely. */
const slotsListed = 20;
/** Whatever is switched on, keys are counted: what else is in the answer is what there is. */
const slotCounts = () => call('clusterSlotStats', 'ORDERBY', 'KEY-COUNT', 'LIMIT', '1', 'DESC');
/** The costliest since the start. */
const costliestSlots = () =>
	call('clusterSlotStats', 'ORDERBY', 'CPU-USEC', 'LIMIT', String(slotsListed), 'DESC');
const keysAsked = 1000;
/** A piece of all slots: about 0.2 ms and 100 kB. */
const piece = 1024;
const wholeEveryMilliseconds = 60_000;

/**
 * A slot with this share, and with at least a thousandth of a core or some bytes, is looked into, each once in so long;
 * one that has just turned hot sooner, for the counters of its keys have only begun to rise.
 */
const hotShare = 0.05;
const hotMicroseconds = 1000;
const hotBytes = 100_000;
const slotsLookedInto = 3;
const lookAgainMilliseconds = { first: 5000, longest: 60_000 };

type Kept = { readonly reading: SlotReading; readonly at: number };

/** A hot slot's only key. */
type OnlyKey = { readonly slot: number; readonly key: string; readonly db: number };
/** When it may be looked into again, on our clock, and how long that waits. */
type LookedInto = { readonly againAt: number; readonly wait: number; readonly only?: OnlyKey };

/** In a slot, of one database. */
type NamesOf = { readonly db: number; readonly keys: readonly string[] };

export class SlotStats {
	private readonly kept = new Map<number, Kept>();
	private watched: readonly number[] = [];
	private readings = 0;
	private wholeAt = 0;
	private readonly lookedInto = new Map<number, LookedInto>();
	private lastAt: number | undefined;
	private lastTime: { readonly microseconds: number; readonly at: number } | undefined;

	/** Time was counted at the last reading; else slots have no order but by all of them. */
	private isTimed = true;

	constructor(private readonly link: NodeLink) {}

	/** What comes next has nothing to be compared with: after a rest it would be told of the rest. */
	startAnew(): void {
		this.kept.clear();
		this.watched = [];
		this.readings = 0;
		this.lastAt = undefined;
		this.lastTime = undefined;
	}

	/** One reading, against the one before. */
	async read(): Promise<SlotsRead> {
		const isDue = performance.now() - this.wholeAt >= wholeEveryMilliseconds;
		const isWhole = this.readings < 2 || isDue || !this.isTimed;
		const found = isWhole ? await this.readAll() : await this.readWatched();
		if (!Array.isArray(found)) return found;
		if (isWhole) {
			this.wholeAt = performance.now();
			// Those that are not there any more have moved to another node.
			const there = new Set(found.map(({ reading }) => reading.slot));
			for (const slot of this.kept.keys()) if (!there.has(slot)) this.kept.delete(slot);
			this.isTimed = found.length === 0 || countsOf(found.map(({ reading }) => reading))!.time;
		}
		this.readings++;
		return this.compare(found, await this.readTime());
	}

	/**
	 * The names in the hottest slots of each database, given to `look` for their counters; those are told that are alone
	 * in theirs. Each slot once in a while, and without a hit.
	 */
	async lookInto(
		slots: readonly HotSlot[],
		databases: readonly number[],
		look: (db: number, keys: readonly string[]) => Promise<void>,
	): Promise<readonly OnlyKey[]> {
		const only: OnlyKey[] = [];
		for (const { slot, keys } of slots.filter(isHot).slice(0, slotsLookedInto)) {
			const known = this.lookedInto.get(slot);
			const now = performance.now();
			const isOld = !known || now >= known.againAt;
			const names = isOld ? await this.keysOf(slot, databases) : undefined;
			if (isOld) {
				const { first, longest } = lookAgainMilliseconds;
				const isNew = !known || now > known.againAt + longest;
				const wait = isNew ? first : Math.min(longest, 2 * known.wait);
				this.lookedInto.set(slot, { wait, againAt: now + wait, only: onlyOne(slot, names) });
			}
			for (const of of names ?? []) if (of.keys.length > 0) await look(of.db, of.keys);
			const found = this.lookedInto.get(slot)?.only;
			if (keys === 1 && found !== undefined) only.push(found);
		}
		return only;
	}

	/** At most 1,000 of each database; undefined where that may not be asked. */
	private async keysOf(slot: number, databases: readonly number[]): Promise<readonly NamesOf[] | undefined> {
		const names: NamesOf[] = [];
		for (const db of databases) {
			const asked = call('clusterGetkeysinslot', String(slot), String(keysAsked));
			const answer = await this.link.sendIn(db, [asked]);
			if (isLost(answer) || !isArray(answer[0])) return undefined;
			names.push({ db, keys: answer[0].flatMap(name => asText(name) ?? []) });
		}
		return names;
	}

	/** Microseconds a second of all commands since the reading before: what the shares are of. */
	private async readTime(): Promise<number | undefined> {
		const answer = await this.link.send([call('infoCommandstats')]);
		const text = isLost(answer) ? undefined : answer[0];
		const microseconds = typeof text === 'string' ? commandMicroseconds(parseInfo(text).commands) : undefined;
		const before = this.lastTime;
		const at = performance.now();
		this.lastTime = microseconds === undefined ? undefined : { microseconds, at };
		return before && perSecond(before.microseconds, microseconds, (at - before.at) / 1000);
	}

	private compare(found: readonly Kept[], all: number | undefined): SlotsRead {
		const changes: SlotChange[] = [];
		for (const { reading, at } of found) {
			const before = this.kept.get(reading.slot);
			if (before) changes.push({ before: before.reading, after: reading, seconds: (at - before.at) / 1000 });
			this.kept.set(reading.slot, { reading, at });
		}
		const slots = hottestSlots(this.link.target.address, changes, slotsListed, all || undefined);
		if (this.readings > 1) this.watched = slots.map(({ slot }) => slot);
		const now = performance.now();
		const seconds = this.lastAt === undefined ? 0 : (now - this.lastAt) / 1000;
		this.lastAt = now;
		const isNoisy = this.isTimed && all !== undefined && all * seconds < noisyMicroseconds;
		return { slots, seconds, ...(isNoisy && { isNoisy }) };
	}

	private async readAll(): Promise<Kept[] | { readonly error: string } | Lost> {
		const found: Kept[] = [];
		for (let first = 0; first < slotsInCluster; first += piece) {
			const answer = await this.link.send([
				call('clusterSlotStats', 'SLOTSRANGE', String(first), String(first + piece - 1)),
			]);
			const taken = take(answer, found);
			if (taken) return taken;
		}
		return found;
	}

	private async readWatched(): Promise<Kept[] | { readonly error: string } | Lost> {
		const single = (slot: number) => call('clusterSlotStats', 'SLOTSRANGE', String(slot), String(slot));
		const answer = await this.link.send([costliestSlots(), ...this.watched.map(single)]);
		const found: Kept[] = [];
		const taken = take(answer, found);
		if (taken) return taken;
		return [...new Map(found.map(kept => [kept.reading.slot, kept])).values()];
	}
}

export const slotStatsReader: ReadByItself<'slot-stats'> = {
	method: 'slot-stats',
	fact: 'slotStats',
	command: 'cluster slot-stats',
	question: ({ isCluster }) => (isCluster ? slotCounts() : undefined),
	answer: reply => ({ slotStats: slotStatsAnswer(reply) }),
	start(link, look) {
		const slotStats = new SlotStats(link);
		return {
			startAnew: () => slotStats.startAnew(),
			async read({ databases }) {
				const found = await slotStats.read();
				if ('lost' in found || 'error' in found) return found;
				const { seconds, slots, isNoisy } = found;
				if (seconds === 0) return undefined;
				const onlyKeys = await slotStats.lookInto(slots, databases?.map(({ db }) => db) ?? [0], look);
				const at = timeNow() - seconds * 1000;
				const how = { target: link.target, at, seconds, endedBy: 'going-on' } as const;
				return { slots: { ...how, slots, onlyKeys, isNoisy } };
			},
		};
	},
};

/** What each slot tells: asked in the order of its keys, which every server has whatever is switched on. */
function slotStatsAnswer(reply: Reply): Answer<SlotCounts> {
	if (isError(reply)) return reply;
	const slots = parseSlotStats(reply);
	if (!slots) return { error: 'the answer to CLUSTER SLOT-STATS is not one' };
	// A node without a slot has nothing to tell, and nothing that could be switched on for it.
	return { got: countsOf(slots) ?? { time: true, bytes: true, memory: false } };
}

function take(answer: readonly Reply[] | Lost, found: Kept[]): { readonly error: string } | Lost | undefined {
	if (isLost(answer)) return answer;
	const at = performance.now();
	for (const reply of answer) {
		if (isError(reply)) return reply;
		for (const reading of parseSlotStats(reply) ?? []) found.push({ reading, at });
	}
	return undefined;
}

const isHot = ({
	share,
	cpuMicrosecondsPerSecond,
	inputBytesPerSecond = 0,
	outputBytesPerSecond = 0,
}: HotSlot) =>
	share >= hotShare &&
	(cpuMicrosecondsPerSecond === undefined
		? inputBytesPerSecond + outputBytesPerSecond >= hotBytes
		: cpuMicrosecondsPerSecond >= hotMicroseconds);

function onlyOne(slot: number, names: readonly NamesOf[] = []): OnlyKey | undefined {
	const all = names.flatMap(({ db, keys }) => keys.map(key => ({ slot, key, db })));
	return all.length === 1 ? all[0] : undefined;
}
