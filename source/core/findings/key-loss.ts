// A sudden loss of keys that neither expiry nor eviction explains: FLUSHALL, FLUSHDB, a mass DEL or UNLINK, SWAPDB, a
// script that deletes, a start without the data. Read from the difference of two readings, of all databases together
// or of one. Slots that move to another primary take their keys with them: those are not lost. Who did it is told by
// the counters of the commands around it and by CLIENT LIST, where it still shows the client.

import { isSameProcess } from '../fleet/same-run.ts';
import { serverAhead } from '../fleet/server-clock.ts';
import { entryOf } from '../parse/counters.ts';
import type { Client } from '../parse/parse-client-list.ts';
import { printable } from '../text/printable.ts';
import { count } from '../text/quantity.ts';
import type { Address, CommandStat, NodeTrack } from '../types.ts';
import type { KeysView } from './came-back.ts';
import { type Keys, keysOf, lastingKeys, startedWithin } from './data-keys.ts';

type Stats = NonNullable<NodeTrack['commands']>;

/** One reading, as far as a loss is told from it. */
export type KeysReading = {
	readonly at: number;
	readonly runId?: string;
	readonly uptimeSeconds?: number;
	readonly keys: Keys;
	readonly expired: number;
	readonly evicted: number;
	/** Fields of hashes that expired: a hash goes with its last one, and is no expired key. */
	readonly expiredFields: number;
	/** Of all primaries together, where there are several. */
	readonly fleetKeys?: number;
	/** The counters of commands that were known then. */
	readonly commands?: Stats;
	/** Who followed it: one of them that takes over has its keys. */
	readonly replicas?: readonly Address[];
};

export type KeyLoss = {
	readonly at: number;
	readonly before: number;
	readonly after: number;
	readonly seconds: number;
	/** The only database that lost them. */
	readonly db?: number;
	readonly isRestart: boolean;
	readonly clock: number;
	readonly commandsBefore?: Stats;
	/** `FLUSHALL`, in words; undefined until the counters are read, or where they tell nothing. */
	readonly by?: string;
	readonly isTold: boolean;
};

export function keysReadingOf(view: KeysView): KeysReading | undefined {
	const { track, at, tracks } = view;
	const info = track.lastGood?.info;
	const keys = keysOf(info);
	if (!keys || info?.role !== 'primary') return undefined;
	return {
		...{ at, runId: info.runId, uptimeSeconds: info.uptimeSeconds, keys },
		...{ expired: info.expiredKeys ?? 0, evicted: info.evictedKeys ?? 0 },
		...{ expiredFields: info.expiredFields ?? 0, commands: track.commands },
		...(info.isClusterEnabled && { fleetKeys: keysOfPrimaries(tracks) }),
		...(info.replicas?.length && { replicas: info.replicas.map(({ address: replica }) => replica) }),
	};
}

/** Added up once a round, and not once for each node of it. */
const sums = new WeakMap<KeysView['tracks'], number>();

function keysOfPrimaries(tracks: KeysView['tracks']): number {
	const known = sums.get(tracks);
	if (known !== undefined) return known;
	let sum = 0;
	for (const { lastGood } of tracks.values())
		if (lastGood?.info?.role === 'primary') sum += keysOf(lastGood.info)?.all ?? 0;
	sums.set(tracks, sum);
	return sum;
}

/** The two readings before are compared with this one, and more of them where they are close together. */
export function keptReadings(
	before: readonly KeysReading[],
	next: KeysReading,
	windowSeconds: number,
): readonly KeysReading[] {
	const young = before.filter(({ at }) => next.at - at <= windowSeconds * 1000);
	return [...(young.length > 2 ? young : before.slice(-2)), next];
}

/** Undefined where nothing is lost. `now` is the newest reading of `readings`. */
export function findLoss(readings: readonly KeysReading[], view: KeysView): KeyLoss | undefined {
	const now = readings.at(-1);
	if (!now) return undefined;
	for (const before of readings.slice(0, -1).reverse()) {
		const loss = lossBetween(before, now, view);
		if (loss) return loss;
	}
	return undefined;
}

function lossBetween(before: KeysReading, now: KeysReading, view: KeysView): KeyLoss | undefined {
	const seconds = (now.at - before.at) / 1000;
	const isRestart = !isSameProcess(before, now, seconds);
	const found = isRestart ? restartLoss(before, now, view, seconds) : runningLoss(before, now, view);
	return (
		found && {
			...found,
			...{ at: now.at, seconds, isRestart, isTold: false },
			clock: view.track.lastGood?.clock ?? 0,
			commandsBefore: isRestart ? undefined : before.commands,
		}
	);
}

type Found = Pick<KeyLoss, 'before' | 'after' | 'db'>;

/** Nothing of the counters of before is left: only what cannot have expired meanwhile counts. */
function restartLoss(
	before: KeysReading,
	now: KeysReading,
	view: KeysView,
	seconds: number,
): Found | undefined {
	const { ttlSeconds } = view.limits['came-back-empty'].extra;
	if (!startedWithin(view.track.lastGood?.info, seconds)) return undefined;
	const lasting = lastingKeys(before.keys, seconds, ttlSeconds);
	return isLost(lasting, lasting - now.keys.all, view)
		? { before: before.keys.all, after: now.keys.all }
		: undefined;
}

function runningLoss(before: KeysReading, now: KeysReading, view: KeysView): Found | undefined {
	const gone = goneBetween(before, now);
	if (gone === undefined) return undefined;
	const all = { before: before.keys.all, after: now.keys.all };
	if (isLost(all.before, all.before - all.after - gone, view))
		return hasMoved(before, now, all.before - all.after) ? undefined : all;
	for (const [db, keys] of before.keys.byDatabase) {
		const after = now.keys.byDatabase.get(db) ?? 0;
		if (isLost(keys, keys - after - gone, view)) return { before: keys, after, db };
	}
	return undefined;
}

type Gone = Pick<KeysReading, 'expired' | 'evicted' | 'expiredFields'> & {
	readonly keys: Pick<Keys, 'withFieldTtl'>;
};

/** Keys that went by themselves; undefined where a counter fell, so that how many is not known. */
export function goneBetween(before: Gone, now: Gone): number | undefined {
	if (now.expired < before.expired || now.evicted < before.evicted) return undefined;
	if (now.expiredFields < before.expiredFields) return undefined;
	return now.expired - before.expired + (now.evicted - before.evicted) + emptied(before, now);
}

/** Hashes whose last field expired: no more than there were, and than fields that expired. */
function emptied(before: Gone, now: Gone): number {
	const fields = now.expiredFields - before.expiredFields;
	const { withFieldTtl } = before.keys;
	return withFieldTtl === undefined
		? fields
		: Math.min(fields, Math.max(0, withFieldTtl - (now.keys.withFieldTtl ?? 0)));
}

const isLost = (before: number, lost: number, { limits }: KeysView) =>
	lost >= limits['keys-lost'].extra.keys && lost >= before * limits['keys-lost'].crit;

/** The other primaries of the cluster have most of them now. */
export const hasMoved = (
	before: Pick<KeysReading, 'fleetKeys'>,
	now: Pick<KeysReading, 'fleetKeys'>,
	lost: number,
) =>
	before.fleetKeys !== undefined &&
	now.fleetKeys !== undefined &&
	before.fleetKeys - now.fleetKeys < lost / 2;

// ---------------------------------------------------------------------------------------------------------
// A primary that was told to follow another

/** It follows one that was no replica of it, nor is what its Sentinels promoted: what that one has replaces its keys. */
export function followsStranger(
	{ replicas = [] }: KeysReading,
	{ node, fleet, track: { lastGood } }: Pick<KeysView, 'node' | 'fleet' | 'track'>,
): Address | undefined {
	const given = lastGood?.info?.primary;
	const above = node.primary ?? given;
	const isNamed = fleet.sentinel?.masters.some(({ primary }) => primary === above) === true;
	const isKnown = replicas.some(replica => replica === above || replica === given);
	return isNamed || isKnown ? undefined : above;
}

/**
 * What it would lose by that, where it is much. A primary of a cluster that gave its last slots away follows who took
 * them by itself, and that one has only a part of its keys where several took some.
 */
export function lossByFollowing(before: KeysReading, after: number, view: KeysView): number | undefined {
	const { ttlSeconds } = view.limits['came-back-empty'].extra;
	const lasting = lastingKeys(before.keys, (view.at - before.at) / 1000, ttlSeconds);
	const lost = lasting - after;
	const fleetKeys = keysOfPrimaries(view.tracks);
	return isLost(lasting, lost, view) && !hasMoved(before, { fleetKeys }, lost) ? lost : undefined;
}

/** It is in step with that one now. */
export function followingLoss(before: KeysReading, view: KeysView): KeyLoss | undefined {
	const now = keysOf(view.track.lastGood?.info);
	const above = followsStranger(before, view);
	if (!now || above === undefined || lossByFollowing(before, now.all, view) === undefined) return undefined;
	return {
		...{ at: view.at, before: before.keys.all, after: now.all, seconds: (view.at - before.at) / 1000 },
		...{ isRestart: false, isTold: false, clock: view.track.lastGood?.clock ?? 0 },
		by: `becoming a replica of ${printable(above)}`,
	};
}

// ---------------------------------------------------------------------------------------------------------
// Who did it

/** What else of a node tells it: CLIENT LIST with the time it was read. */
export type ClientsSeen = { readonly at: number; readonly list: readonly Client[] } | undefined;

const flushing = ['flushall', 'flushdb', 'swapdb'] as const;
const deleting = ['del', 'unlink', 'move', 'migrate', 'debug'] as const;
const scripts = ['eval', 'evalsha', 'fcall'] as const;

/** `FLUSHALL from 10.0.0.9:51234 (batch)`; undefined while the counters of after are not read. */
export function causeOfLoss(loss: KeyLoss, track: NodeTrack, clients: ClientsSeen): string | undefined {
	if (loss.isRestart) return 'a restart';
	const { commands } = track;
	if (!commands || commands.at < loss.clock) return undefined;
	const names = culprits(loss, commands.stats);
	if (names.length === 0) return undefined;
	const words = names.map(({ name, calls }) => (calls > 1 ? `${count(calls)} ${upper(name)}` : upper(name)));
	const by = clientOf(
		loss,
		names.map(({ name }) => name),
		clients,
		track,
	);
	return `${words.join(' and ')}${by === undefined ? '' : ` from ${by}`}`;
}

const upper = (name: string) => printable(name).toUpperCase();

type Culprit = { readonly name: string; readonly calls: number };

/** What was called in the interval: a flush explains all; else what deletes, with the scripts that may have called it. */
function culprits({ commandsBefore }: KeyLoss, now: Stats['stats']): readonly Culprit[] {
	const called = (names: readonly string[]) =>
		names
			.map(name => ({ name, calls: callsBetween(commandsBefore?.stats, now, name) }))
			.filter(({ calls }) => calls > 0);
	const flushes = called(flushing);
	if (flushes.length > 0) return flushes;
	const deletes = called(deleting).sort((a, b) => b.calls - a.calls);
	return [...deletes.slice(0, 1), ...called(scripts).slice(0, 1)];
}

function callsBetween(
	before: Readonly<Record<string, CommandStat>> | undefined,
	now: Readonly<Record<string, CommandStat>>,
	name: string,
): number {
	if (!before) return 0;
	return (entryOf(now, name)?.calls ?? 0) - (entryOf(before, name)?.calls ?? 0);
}

/** The client whose last command it was, where there is one such client; else whom the slow log names. */
function clientOf(
	loss: KeyLoss,
	names: readonly string[],
	clients: ClientsSeen,
	{ slowlog, lastGood }: NodeTrack,
): string | undefined {
	const since = loss.at - loss.seconds * 1000;
	const left = ((clients?.at ?? 0) - since) / 1000 + 1;
	const list = clients && clients.at >= since ? clients.list : [];
	const those = list.filter(
		({ command, idleSeconds = 0 }) =>
			command !== undefined && names.includes(command.split('|')[0]!) && idleSeconds <= left,
	);
	if (those.length === 1) return clientWords(those[0]!);
	if (those.length > 1) return `one of ${those.length} clients`;
	// Whole seconds of its own clock; before 7.0 it does not tell which that is, and an entry may be of any time.
	const from = since + serverAhead(lastGood) - 1000;
	const isOfThen = (time: number) => time >= from && time - from <= loss.seconds * 1000 + 5000;
	const logged = slowlog.find(
		({ at, args, client }) =>
			client !== undefined && isOfThen(at) && names.includes((args[0] ?? '').toLowerCase()),
	);
	return logged && `${printable(logged.client ?? '')}${nameWords(logged.clientName)}`;
}

const clientWords = ({ host, port, name, user }: Client) =>
	`${printable(host)}${port === undefined ? '' : `:${port}`}${nameWords(name ?? (user === 'default' ? undefined : user))}`;

const nameWords = (name: string | undefined) => (name ? ` (${printable(name, 40)})` : '');
