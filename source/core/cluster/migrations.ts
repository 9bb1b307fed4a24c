// Slots on their way from one primary to another: which, how, and how far. Classic migrations (SETSLOT MIGRATING and
// IMPORTING, then MIGRATE) leave markers in the CLUSTER NODES of the two nodes concerned alone; where one end has a
// marker and the other none, a reshard was broken off. Atomic migrations (Valkey 9, Redis 8.4) leave no marker: there
// the nodes are asked. Keys left are counted by the caller; here they become a speed and a time.

import { sharedSlots } from '../failover/failover-sight.ts';
import type { AtomicMigration } from '../parse/parse-migrations.ts';
import { slotsIn } from '../slots.ts';
import type { Address, View } from '../types.ts';
import { myselfIn } from './agreement.ts';
import type { Migration, Seen, SlotCount } from './migration-record.ts';
import { keepHalves, movingId, openSlots, pairsOf } from './open-slots.ts';

export type Migrations = {
	/** Those that go on, then those that ended, newest first. */
	readonly list: readonly Migration[];
	/** Counts of the last seconds. */
	readonly counts: readonly SlotCount[];
	/** Since when a slot has a marker at one end only. */
	readonly halves: ReadonlyMap<string, number>;
};

export const noMigrations: Migrations = { list: [], counts: [], halves: new Map() };

const runningKept = 200;
const endedKept = 20;
const countsKept = 400;
/** The window of the speed. */
const countsMilliseconds = 10_000;
/** Between two slots of a reshard there is a moment without any marker. */
const pauseMilliseconds = 5000;

export type MigrationRound = {
	readonly at: number;
	readonly views: readonly View[];
	/** The views of the round before: slots that changed hands are counted between the two. */
	readonly viewsBefore: readonly View[];
	/** What all nodes told of atomic migrations; undefined when they were not asked this time. */
	readonly atomic?: readonly AtomicMigration[];
	readonly counts?: readonly SlotCount[];
};

/** The migrations after one more round; the same value while there is none. */
export function foldMigrations(before: Migrations, round: MigrationRound): Migrations {
	const open = openSlots(round.views);
	const running = before.list.filter(each => each.endedAt === undefined);
	const isLeft = before.list.some(({ leftTask }) => leftTask !== undefined);
	const hasJobs = round.atomic?.some(
		job => isLeft || !job.isOver || !before.list.some(each => each.id === jobId(job)),
	);
	if (open.length === 0 && running.length === 0 && !hasJobs && before.halves.size === 0) return before;
	const counts = keepCounts(before.counts, round);
	const halves = keepHalves(before.halves, open, round.at);
	const names = namesIn(round.views);
	const seen = [...pairsOf(open, halves, round.at, names), ...jobsOf(round.atomic ?? [], names)];
	const known = new Map(before.list.map(each => [each.id, each]));
	const advanced = seen.map(each =>
		advance(
			known.get(each.id) ?? (each.kind === 'left-open' ? known.get(movingId(each)) : undefined),
			each,
			counts,
			round,
		),
	);
	// What is left open was on its way before: that one goes on as this one.
	const isSeen = new Set(
		seen.flatMap(each => [each.id, ...(each.kind === 'left-open' ? [movingId(each)] : [])]),
	);
	const others = before.list
		.filter(each => each.endedAt !== undefined || !isSeen.has(each.id))
		.filter(each => !seen.some(now => now.id === each.id))
		.map(each => (each.endedAt === undefined ? pauseOrEnd(each, round) : each));
	return { list: ordered([...advanced, ...others]), counts, halves };
}

const ordered = (all: readonly Migration[]): Migration[] => [
	...all.filter(each => each.endedAt === undefined).slice(0, runningKept),
	...all
		.filter(each => each.endedAt !== undefined)
		.sort((a, b) => b.endedAt! - a.endedAt!)
		.slice(0, endedKept),
];

// ---------------------------------------------------------------------------------------------------------
// What is seen in this round

/** As the nodes are called here where they answer, else as their peers name them. */
function namesIn(views: readonly View[]): (id: string) => Address {
	const known = new Map<string, Address>();
	const find = (id: string): Address => {
		for (const { node, peers } of views) if (myselfIn(peers)?.id === id) return node;
		for (const { peers } of views) {
			const address = peers.find(peer => peer.id === id)?.address;
			if (address) return address;
		}
		return id.slice(0, 8);
	};
	return id => {
		const name = known.get(id) ?? find(id);
		known.set(id, name);
		return name;
	};
}

const jobId = (job: AtomicMigration) => `atomic ${job.name}`;

type Ends = { readonly source?: AtomicMigration; readonly target?: AtomicMigration };

/**
 * Both ends tell of a job. Where targets try again (Redis) the target's word is what counts; elsewhere it has ended when
 * either says so. The source knows what is left to send.
 */
function jobsOf(told: readonly AtomicMigration[], names: (id: string) => Address): Seen[] {
	const ends = new Map<string, Ends>();
	for (const job of told) ends.set(job.name, { ...ends.get(job.name), [job.side]: job });
	const jobs = [...ends.values()].map(each => {
		const job = deciding(each);
		return {
			...job,
			text: textOf(job, each),
			leftTask: leftAtSource(each),
			bytesLeft: job.isOver ? undefined : bytesLeftOf(each),
		};
	});
	return jobs.map(job => ({
		id: jobId(job),
		kind: 'atomic',
		sourceId: job.source,
		targetId: job.target,
		source: names(job.source),
		target: names(job.target),
		slots: job.slots,
		state: job.text,
		startedAt: job.startedAt,
		endedAt: job.isOver ? (job.endedAt ?? job.startedAt ?? 0) : undefined,
		hasFailed: job.hasFailed,
		...(job.retries !== undefined && { retries: job.retries }),
		...(job.leftTask !== undefined && { leftTask: job.leftTask }),
		bytesLeft: job.bytesLeft,
		slotsPlanned: slotsIn(job.slots),
	}));
}

function deciding({ source, target }: Ends): AtomicMigration {
	if (!source || !target) return (source ?? target)!;
	if (target.retries !== undefined) return target;
	if (source.isOver === target.isOver) return source;
	return source.isOver ? source : target;
}

/** What the target calls a closed connection was a hand at the source, which does not end it. */
const textOf = (job: AtomicMigration, { source }: Ends): string =>
	job.side === 'target' && !job.isOver && source?.isOver && source.hasFailed
		? `${source.text}, the target tries again`
		: job.text;

const bytesLeftOf = ({ source, target }: Ends) => source?.bytesLeft ?? target?.bytesLeft;

/** The source waits for a target that will not come again: its task stays, and with it no slot of it can be moved by hand. */
const leftAtSource = ({ source, target }: Ends): string | undefined =>
	source && target?.isOver && !source.isOver && source.state === 'failed' ? source.name : undefined;

// ---------------------------------------------------------------------------------------------------------
// Progress

function advance(
	known: Migration | undefined,
	seen: Seen,
	counts: readonly SlotCount[],
	round: MigrationRound,
): Migration {
	const before = known?.endedAt === undefined ? known : undefined;
	const hasSucceeded = seen.endedAt !== undefined && !seen.hasFailed;
	// Some have changed hands before the first marker was caught.
	const done = flipped(seen, round);
	const slotsDone = (before?.slotsDone ?? 0) + done;
	const startedAt = seen.startedAt ?? before?.startedAt ?? round.at;
	const flips = keepFlips(before?.flips ?? [], done, round.at);
	const progress = seen.kind === 'atomic' ? {} : progressOf(seen, counts, flips);
	return {
		...seen,
		startedAt,
		seenAt: round.at,
		...courseOf(before, seen, progress.keysLeft, done, round.at),
		flips,
		slotsPerSecond: seen.kind === 'classic' ? flipSpeed(flips, startedAt, round.at) : undefined,
		slotsDone: seen.kind !== 'atomic' ? slotsDone : hasSucceeded ? (seen.slotsPlanned ?? 0) : 0,
		...progress,
	};
}

/** When it last came further. Keys are counted seldom where nobody looks: the last count stands until the next. */
function courseOf(
	before: Migration | undefined,
	{ slots }: Seen,
	keysLeft: number | undefined,
	done: number,
	at: number,
): Pick<Migration, 'progressAt' | 'keysCounted'> {
	const counted = before?.keysCounted;
	const isFewer = keysLeft !== undefined && counted !== undefined && keysLeft < counted;
	const isOther = before === undefined || done > 0 || JSON.stringify(before.slots) !== JSON.stringify(slots);
	return {
		progressAt: isOther || isFewer ? at : (before.progressAt ?? at),
		keysCounted: keysLeft ?? (isOther ? undefined : counted),
	};
}

/** A pause between two slots, or the end. Of a silent source or target nothing is known: it has not ended. */
function pauseOrEnd(known: Migration, round: MigrationRound): Migration {
	if (known.kind === 'atomic' && round.atomic === undefined) return known;
	const asked = new Set(round.views.map(view => myselfIn(view.peers)?.id));
	if (!asked.has(known.sourceId) && !asked.has(known.targetId)) return known;
	const done = flipped(known, round);
	const seenAt = done > 0 ? round.at : known.seenAt;
	const { keysLeft, keysPerSecond, secondsLeft, slotsPerSecond, openAt, ...rest } = known;
	const flips = keepFlips(known.flips, done, round.at);
	const next = { ...rest, slotsDone: known.slotsDone + done, flips, seenAt, slots: [] };
	const isOver = known.kind !== 'classic' || round.at - seenAt >= pauseMilliseconds;
	// Its id is free for the next migration between the two.
	return isOver
		? { ...next, id: `${known.id} ${seenAt}`, state: 'ended', endedAt: seenAt }
		: {
				...next,
				state: 'between two slots',
				keysPerSecond,
				slotsPerSecond: flipSpeed(flips, known.startedAt, round.at),
			};
}

const keepFlips = (before: Migration['flips'], slots: number, at: number): Migration['flips'] =>
	[...before, ...(slots > 0 ? [{ at, slots }] : [])].filter(each => at - each.at < countsMilliseconds);

/** Of the window, or since it began. */
function flipSpeed(flips: Migration['flips'], startedAt: number, at: number): number | undefined {
	const seconds = Math.min(countsMilliseconds, at - startedAt) / 1000;
	// The slots of the first round changed hands before it: at what speed is not known.
	const done = flips.filter(each => each.at > startedAt).reduce((sum, { slots }) => sum + slots, 0);
	return done > 0 && seconds >= 1 ? done / seconds : undefined;
}

/** Slots that the target has now and the source had before, by their own words. */
function flipped(
	{ sourceId, targetId }: Pick<Seen, 'sourceId' | 'targetId'>,
	{ views, viewsBefore }: MigrationRound,
): number {
	const slotsOf = (id: string, told: readonly View[]) => {
		for (const { peers } of told) if (myselfIn(peers)?.id === id) return myselfIn(peers)!.slots;
		return undefined;
	};
	const source = slotsOf(sourceId, viewsBefore);
	const target = slotsOf(targetId, views);
	const targetBefore = slotsOf(targetId, viewsBefore);
	if (!source || !target || !targetBefore || target === targetBefore) return 0;
	return Math.max(0, sharedSlots(target, source) - sharedSlots(targetBefore, source));
}

function keepCounts(before: readonly SlotCount[], { at, counts = [] }: MigrationRound): readonly SlotCount[] {
	return [...before, ...counts].filter(each => at - each.at <= countsMilliseconds).slice(-countsKept);
}

/**
 * Keys left in the open slots, and the speed by what went away in the window: from all slots that were finished in it,
 * where each of them was counted, else from the open ones alone. Empty and small slots are gone between two counts.
 */
function progressOf(
	{ kind, source, slots }: Seen,
	counts: readonly SlotCount[],
	flips: Migration['flips'],
): Pick<Migration, 'keysLeft' | 'keysPerSecond' | 'secondsLeft'> {
	const isOpen = (slot: number) => slots.some(([first, end]) => first <= slot && slot <= end);
	const own = counts.filter(each => each.node === source);
	const finished = new Set(own.filter(({ slot }) => !isOpen(slot)).map(({ slot }) => slot)).size;
	const isWhole = flips.reduce((sum, each) => sum + each.slots, 0) <= finished;
	const used = isWhole ? own : own.filter(({ slot }) => isOpen(slot));
	const bySlot = new Map<number, SlotCount[]>();
	for (const each of used) bySlot.set(each.slot, [...(bySlot.get(each.slot) ?? []), each]);
	let left: number | undefined;
	let moved = 0;
	for (const [slot, told] of bySlot) {
		const last = told.at(-1)!;
		moved += Math.max(0, told[0]!.keys - (isOpen(slot) ? last.keys : 0));
		if (isOpen(slot)) left = (left ?? 0) + last.keys;
	}
	const seconds = used.length > 1 ? (used.at(-1)!.at - used[0]!.at) / 1000 : 0;
	// Nobody moves what was left open.
	const speed = seconds > 0 && kind === 'classic' ? moved / seconds : undefined;
	return {
		keysLeft: left,
		keysPerSecond: speed,
		secondsLeft: left === undefined || !speed ? undefined : left / speed,
	};
}
