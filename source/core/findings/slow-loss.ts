// A loss that two readings do not show: most keys deleted over seconds, or most of the memory with a few of them, as a
// huge key that is unlinked. Compared with the readings of the last minute, of a primary. It is an event and no finding,
// for a job that cleans up may be meant to; and it says what was seen and nobody who did it: in a minute the commands'
// counters grow by much else.

import { myselfIn } from '../cluster/peer-digest.ts';
import { dataBytesOf } from '../node/memory-kinds.ts';
import { bytes, count, counted, duration } from '../text/quantity.ts';
import type { NodeTrack } from '../types.ts';
import type { KeysView } from './came-back.ts';
import type { Keys } from './data-keys.ts';
import { goneBetween, hasMoved, type KeysReading } from './key-loss.ts';

export type SlowReading = Pick<KeysReading, 'at' | 'expired' | 'evicted' | 'expiredFields' | 'fleetKeys'> & {
	readonly keys: Pick<Keys, 'all' | 'withFieldTtl'>;
	readonly usedBytes?: number;
	readonly dataBytes?: number;
	/** Of a node of a cluster: how many slots it has, with those that are on the move. */
	readonly slots?: string;
	/** What was deleted or expired before is not all freed: memory that falls from here on may be of that. */
	readonly isFreeing: boolean;
};

export type SlowLoss = {
	/** Of the last minute, one in five seconds. */
	readonly readings: readonly SlowReading[];
	/** When a loss was told last. */
	readonly toldAt?: number;
	/** In the round that found one. */
	readonly said?: { readonly kind: 'keys-lost' | 'finding'; readonly text: string };
};

/** Twelve in the minute. */
const readingsKept = 12;
/** What fills and is emptied again and again is told once, and no more for as long as a finding of lost keys is shown. */
const quietMilliseconds = 600_000;

/** `isNew`: of another process than the readings before, or of keys whose loss is told already. */
export function followSlowLoss(
	{ readings, toldAt }: SlowLoss = { readings: [] },
	reading: KeysReading,
	view: KeysView,
	{ isNew, isTold }: { readonly isNew: boolean; readonly isTold: boolean },
): SlowLoss {
	const now = slowReadingOf(reading, view);
	if (!now || isNew || isTold) return { readings: now ? [now] : [], toldAt: isTold ? view.at : toldAt };
	const milliseconds = view.limits['keys-lost'].extra.slowSeconds * 1000;
	const young = readings.filter(({ at }) => now.at - at <= milliseconds);
	const isQuiet = toldAt !== undefined && now.at - toldAt < quietMilliseconds;
	const said = isQuiet ? undefined : (keysGone(young, now, view) ?? memoryGone(young, now, view));
	if (said) return { readings: [now], toldAt: now.at, said };
	const last = young.at(-1);
	const isNext = !last || now.at - last.at >= milliseconds / readingsKept;
	return { readings: isNext ? [...young, now] : young, toldAt };
}

/** Undefined where the server does not tell what expired and was evicted. */
function slowReadingOf(
	{ at, keys: { all, withFieldTtl }, ...rest }: KeysReading,
	{ track }: KeysView,
): SlowReading | undefined {
	const { expiredKeys, evictedKeys, usedMemoryBytes, datasetBytes, lazyfreePendingObjects } =
		track.lastGood?.info ?? {};
	if (expiredKeys === undefined || evictedKeys === undefined) return undefined;
	return {
		...{ at, keys: { all, withFieldTtl }, usedBytes: usedMemoryBytes },
		...{ expired: rest.expired, evicted: rest.evicted, expiredFields: rest.expiredFields },
		...(rest.fleetKeys !== undefined && { fleetKeys: rest.fleetKeys }),
		...(datasetBytes !== undefined && { dataBytes: dataBytesOf({ datasetBytes, usedMemoryBytes }) }),
		...(rest.fleetKeys !== undefined && { slots: slotsOf(track) }),
		isFreeing: lazyfreePendingObjects !== 0,
	};
}

function slotsOf({ cluster }: NodeTrack): string {
	const { slots = [], migrating = [] } = (cluster?.peers && myselfIn(cluster.peers)) ?? {};
	return `${slots.join(' ')} ${migrating.map(({ slot }) => slot).join(' ')}`;
}

type Fall = { readonly before: SlowReading; readonly gone: number; readonly by: number };

/** Nearly the greatest fall, in the shortest time. */
function greatest(falls: readonly Fall[]): Fall | undefined {
	const most = Math.max(...falls.map(({ by }) => by));
	return falls.findLast(({ by }) => by >= most * 0.95);
}

function fallsTo(
	now: SlowReading,
	readings: readonly SlowReading[],
	fallOf: (before: SlowReading, gone: number) => number | undefined,
): readonly Fall[] {
	return readings.flatMap(before => {
		const gone = goneBetween(before, now);
		const by = gone === undefined ? undefined : fallOf(before, gone);
		return gone === undefined || by === undefined ? [] : [{ before, gone, by }];
	});
}

function keysGone(readings: readonly SlowReading[], now: SlowReading, view: KeysView): SlowLoss['said'] {
	const { crit, extra } = view.limits['keys-lost'];
	const fall = greatest(
		fallsTo(now, readings, (before, gone) => {
			const lost = before.keys.all - now.keys.all - gone;
			return lost >= extra.slowKeys && lost >= before.keys.all * crit ? lost : undefined;
		}),
	);
	if (!fall || mayHaveMoved(fall.before, now, view)) return undefined;
	const { before, gone } = fall;
	const how = gone > 0 ? `${count(gone)} of them expired or evicted` : 'neither expired nor evicted';
	const text = `${count(before.keys.all)} keys to ${count(now.keys.all)} in ${time(before, now)}, ${how}`;
	return { kind: 'keys-lost', text };
}

function memoryGone(readings: readonly SlowReading[], now: SlowReading, view: KeysView): SlowLoss['said'] {
	const { crit, extra } = view.limits['keys-lost'];
	const fall = greatest(
		fallsTo(now, readings, (before, gone) => {
			const { dataBytes = 0, usedBytes = 0, isFreeing } = before;
			// One key that expired may have been the large one; so may the fields of one that stays.
			if (isFreeing || gone > 0 || now.expiredFields > before.expiredFields) return undefined;
			const by = Math.min(usedBytes - (now.usedBytes ?? usedBytes), dataBytes - (now.dataBytes ?? dataBytes));
			return by >= extra.fellBytes && by >= dataBytes * crit ? by : undefined;
		}),
	);
	if (!fall || mayHaveMoved(fall.before, now, view)) return undefined;
	const { before } = fall;
	const fewer = Math.max(0, before.keys.all - now.keys.all);
	const keys = fewer === 0 ? 'no key fewer' : `${counted(fewer, 'key', count)} fewer`;
	const text = `used memory fell from ${bytes(before.usedBytes!)} to ${bytes(now.usedBytes!)} in ${time(before, now)}: ${keys}, none expired or evicted`;
	return { kind: 'finding', text };
}

const time = (before: SlowReading, now: SlowReading) =>
	duration(Math.max(1, Math.round((now.at - before.at) / 1000)));

/**
 * To other primaries of the cluster with their slots: those changed, for what expires elsewhere meanwhile hides what
 * arrives there; or they have most of them, or one of them does not say.
 */
function mayHaveMoved(before: SlowReading, now: SlowReading, { tracks }: KeysView): boolean {
	if (now.fleetKeys === undefined) return false;
	if (before.slots !== now.slots) return true;
	const isSilent = [...tracks.values()].some(
		({ error, lastGood }) => error !== undefined && lastGood?.info?.role === 'primary',
	);
	return isSilent || hasMoved(before, now, Math.max(1, before.keys.all - now.keys.all));
}
