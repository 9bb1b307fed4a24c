// What the judge must remember of a node's keys from one reading to the next, over a restart too: the last keys that
// were sure, a comeback without them, a sudden loss. Made anew each round, for a replica may lose what it holds while
// its primary says nothing. It is kept inside the memory of the node (findings-memory.ts).

import { isSameProcess } from '../fleet/same-run.ts';
import type { Info } from '../types.ts';
import { type Before, type Comeback, followComeback, type KeysView } from './came-back.ts';
import { keysOf } from './data-keys.ts';
import {
	type ClientsSeen,
	causeOfLoss,
	findLoss,
	followingLoss,
	type KeyLoss,
	type KeysReading,
	keptReadings,
	keysReadingOf,
} from './key-loss.ts';
import { followSlowLoss, type SlowLoss } from './slow-loss.ts';

export type DataMemory = {
	readonly before?: Before;
	readonly comeback?: Comeback;
	readonly readings: readonly KeysReading[];
	readonly loss?: KeyLoss;
	/** Of a primary: what goes too slowly for two readings. */
	readonly slow?: SlowLoss;
	/** Its last reading as a primary, of one that follows another now and is not in step with it yet. */
	readonly asPrimary?: KeysReading;
};

const noData: DataMemory = { readings: [] };

export function rememberData(
	known: DataMemory = noData,
	view: KeysView,
	isFresh: boolean,
	clients: ClientsSeen,
): DataMemory {
	const { track, at, limits } = view;
	const info = track.lastGood?.info;
	const comeback = followComeback(known.comeback, known.before, view, isFresh);
	const isNewComeback = comeback !== undefined && comeback.at !== known.comeback?.at;
	const reading = isFresh ? withReplicas(keysReadingOf(view), known.readings.at(-1)) : undefined;
	const readings = reading
		? keptReadings(known.readings, reading, limits['keys-lost'].extra.windowSeconds)
		: // As a replica it follows; while it loads, what it had before stays what it is compared with.
			isFresh && info?.role === 'replica'
			? []
			: known.readings;
	const asPrimary = asPrimaryOf(known, reading, info, isFresh);
	const isInStep = isFresh && info?.role === 'replica' && info.isLinkUp === true && !info.isSyncing;
	const replaced = isInStep && asPrimary && !comeback ? followingLoss(asPrimary, view) : undefined;
	// A loss that is told once is not told again by the next reading.
	const found = reading && !comeback ? findLoss(readings, view) : replaced;
	const loss = isNewComeback ? undefined : lossNow(found ?? known.loss, view, clients);
	const keys = isFresh ? keysOf(info) : undefined;
	return {
		before: keys ? { runId: info?.runId, uptimeSeconds: info?.uptimeSeconds, keys, at } : known.before,
		comeback,
		readings: found || isNewComeback ? readings.slice(-1) : readings,
		loss,
		slow: slowAfter(known, reading, view, { isFresh, isTold: !!found || isNewComeback }),
		asPrimary: isInStep && keysOf(info) ? undefined : asPrimary,
	};
}

/** While it loads or is silent, what it had before stays what it is compared with; what was said is of one round. */
function slowAfter(
	{ slow, before }: DataMemory,
	reading: KeysReading | undefined,
	view: KeysView,
	{ isFresh, isTold }: { readonly isFresh: boolean; readonly isTold: boolean },
): SlowLoss | undefined {
	if (isFresh && view.track.lastGood?.info?.role !== 'primary') return undefined;
	if (!reading) return slow?.said ? { ...slow, said: undefined } : slow;
	const isNew = before !== undefined && !isSameProcess(before, reading, (view.at - before.at) / 1000);
	return followSlowLoss(slow, reading, view, { isNew, isTold });
}

/** Who followed it last, also where they have left it for one of them by now. */
const withReplicas = (
	reading: KeysReading | undefined,
	before: KeysReading | undefined,
): KeysReading | undefined =>
	reading && !reading.replicas && before?.replicas ? { ...reading, replicas: before.replicas } : reading;

function asPrimaryOf(
	{ asPrimary, readings }: DataMemory,
	reading: KeysReading | undefined,
	info: Info | undefined,
	isFresh: boolean,
): KeysReading | undefined {
	if (reading) return undefined;
	return isFresh && info?.role === 'replica' ? (asPrimary ?? readings.at(-1)) : asPrimary;
}

function lossNow(
	loss: KeyLoss | undefined,
	{ track, at, limits }: KeysView,
	clients: ClientsSeen,
): KeyLoss | undefined {
	if (!loss || at - loss.at > limits['keys-lost'].extra.shownSeconds * 1000) return undefined;
	return loss.by === undefined ? { ...loss, by: causeOfLoss(loss, track, clients) } : loss;
}
