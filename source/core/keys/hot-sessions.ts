// HOTKEYS sessions of Redis, node by node, as one result: keys by the time that their commands took, each with the
// bytes beside it, how sure both shares are, and what is in none of the listed keys. Whose session it is and
// what it covers come with the nodes, so that a session of somebody else is never taken for one that was asked for.

import type { HotkeysSession } from '../parse/parse-hotkeys.ts';
import { sum } from '../sums.ts';
import type { HotNote } from './hot-facts.ts';
import { hottestFirst } from './hot-join.ts';
import type { HotKey, HotKeysResult, HotNode, HotTarget } from './hot-keys.ts';
import { slotOf } from './key-slot.ts';
import type { SessionOwner } from './rungs/rung.ts';
import {
	bytesKind,
	fewestPieces,
	type Reading,
	type SessionShare,
	sharesOf,
	timeKind,
} from './session-shares.ts';

export type SessionSeen = {
	readonly target: HotTarget;
	/** When its window began, epoch ms. */
	readonly at: number;
	readonly seconds: number;
	readonly endedBy: HotNode['endedBy'];
	readonly why?: HotNode['why'];
	/** The last reading of it. */
	readonly session: HotkeysSession;
	/** The readings before, oldest first. */
	readonly earlier?: readonly HotkeysSession[];
	/** Ours unless told. */
	readonly whose?: SessionOwner;
};

/** Shares are of the time that commands with a key took on all the nodes together. */
export function resultOfSessions(seen: readonly SessionSeen[], top: number): HotKeysResult {
	const weights = weightsOf(seen, ({ timeOf }) => timeOf);
	const byteWeights = weightsOf(seen, ({ bytesOf }) => bytesOf);
	const measured = seen.flatMap((one, index) => keysOfSession(one, weights[index]!, byteWeights[index]!));
	// Of one reading nothing is known of how its figures came about.
	const isTold = !seen.every(isRead) || canTimeTell(measured);
	const keys = (isTold ? measured.map(withoutWait) : measured.map(withoutChance)).filter(hasShare);
	const listed = hottestFirst(keys).slice(0, Math.max(0, top));
	const inListed = sum(listed, ({ share }) => share ?? 0);
	const isTimed = isTold && seen.some(({ session }) => (session.timeOf ?? 0) > 0);
	return {
		method: 'hotkeys',
		at: Math.min(...seen.map(({ at }) => at)),
		seconds: Math.max(0, ...seen.map(({ seconds }) => seconds)),
		...{ commands: 0, shareOf: 'time', keys: listed },
		...(isTimed && { others: { share: Math.max(0, 1 - inListed) } }),
		...{ patterns: [], byCommand: [], byClient: [], slots: [] },
		nodes: seen.map((one, index) => nodeOf(one, weights[index]!)),
		notes: notesOf(seen, listed, isTold, measured.filter(({ isHeldUp }) => isHeldUp).length),
		cost: { commands: 0, inputBytes: 0, outputBytes: 0, hitsAdded: 0 },
	};
}

/**
 * Where most of the keys that the servers list by time got there by single calls that the machine held up, those that
 * really take the most may not be listed at all. At 89,000 short commands a second on a full machine they were not: of
 * the true ten some were missing in each of three windows, and all were there by bytes.
 */
function canTimeTell(keys: readonly HotKey[]): boolean {
	const timed = keys.filter(({ share }) => share !== undefined);
	const byChance = timed.filter(({ isUnsure, isHeldUp }) => isUnsure || isHeldUp).length;
	const isOther = keys.some(({ netShare }) => netShare !== undefined);
	return !isOther || byChance * 2 <= timed.length;
}

/** Often enough to tell what was chance. */
const isRead = ({ earlier = [] }: SessionSeen) => earlier.length + 1 >= fewestPieces;

/** A share of chance is none: the key stands where its bytes put it. */
function withoutChance(key: HotKey): HotKey {
	const { share, low, high, isUnsure, ...rest } = withoutWait(key);
	const isSure = isUnsure !== true && share !== undefined;
	return isSure ? { ...rest, share, low, high } : rest;
}

/** Nor is that of a key that did not run. */
function withoutWait(key: HotKey): HotKey {
	const { share, low, high, cpuMicroseconds, ...rest } = key;
	return key.isHeldUp ? rest : key;
}

/** In the list by time alone, by a wait alone. */
const hasShare = ({ isHeldUp, netShare }: HotKey) => !(isHeldUp && netShare === undefined);

/** What each node is of the time, or of the bytes, of all of them. */
function weightsOf(
	seen: readonly SessionSeen[],
	of: (session: HotkeysSession) => number | undefined,
): readonly number[] {
	const rates = seen.map(
		({ session }) => ((of(session) ?? 0) * session.scale) / Math.max(0.001, session.seconds),
	);
	const all = sum(rates, rate => rate);
	return rates.map(rate => (all > 0 ? rate / all : 1 / Math.max(1, seen.length)));
}

function keysOfSession(one: SessionSeen, weight: number, byteWeight: number): readonly HotKey[] {
	const { session, target } = one;
	const readings = [...(one.earlier ?? []), session];
	// Of selected slots the server tells what was looked at.
	const ratio = session.onlySlots ? 1 : session.scale;
	const time = sharesOf(timeReadings(readings), timeKind, ratio);
	const bytes = sharesOf(readingsOf(readings, byBytes), bytesKind);
	const micros = byTime(session).values;
	const sizes = byBytes(session).values;
	const isVarying = readings.length > 1;
	return [...new Set([...micros.keys(), ...sizes.keys()])].map((key): HotKey => {
		const [byCpu, byNet] = [time.get(key), bytes.get(key)];
		return {
			...{ key, node: target.address, method: 'hotkeys', db: undefined },
			...(target.isCluster && { slot: slotOf(key) }),
			...timeFigures(byCpu, weight, isVarying),
			...netFigures(byNet, byteWeight, isVarying),
			cpuMicroseconds: whole(micros.get(key), session.scale),
			netBytes: whole(sizes.get(key), session.scale),
			...{ replicas: target.replicas, mitigations: [] },
		};
	});
}

function timeFigures(found: SessionShare | undefined, weight: number, isVarying: boolean): Partial<HotKey> {
	if (!found) return {};
	return {
		share: found.share * weight,
		...(isVarying && { low: found.low * weight, high: found.high * weight }),
		...(found.isUnsure && { isUnsure: true }),
		...(found.isHeldUp && { isHeldUp: true }),
	};
}

function netFigures(found: SessionShare | undefined, weight: number, isVarying: boolean): Partial<HotKey> {
	if (!found) return {};
	return {
		netShare: found.share * weight,
		...(isVarying && { netLow: found.low * weight, netHigh: found.high * weight }),
	};
}

type Figures = { readonly of: number | undefined; readonly values: ReadonlyMap<string, number> };

const byTime = ({ timeOf, byCpu = [] }: HotkeysSession): Figures => ({
	of: timeOf,
	values: new Map(byCpu.map(({ key, microseconds }) => [key, microseconds])),
});
const byBytes = ({ bytesOf, byNet = [] }: HotkeysSession): Figures => ({
	of: bytesOf,
	values: new Map(byNet.map(({ key, bytes }) => [key, bytes])),
});

const readingsOf = (
	sessions: readonly HotkeysSession[],
	figures: (session: HotkeysSession) => Figures,
): Reading[] => sessions.map(figures).map(({ of = 0, values }) => ({ of, values }));

const timeReadings = (sessions: readonly HotkeysSession[]): Reading[] =>
	readingsOf(sessions, byTime).map((reading, at) => {
		const { ranMicroseconds: ran, seconds } = sessions[at]!;
		return { ...reading, ran, seconds };
	});

const whole = (value: number | undefined, scale: number) =>
	value === undefined ? undefined : Math.round(value * scale);

function nodeOf(
	{ target, seconds, endedBy, why, session, whose = 'ours' }: SessionSeen,
	weight: number,
): HotNode {
	const { isActive, startedAt, sampleRatio, onlySlots } = session;
	return {
		...{ node: target.address, method: 'hotkeys', seconds, commands: 0, bytes: 0, endedBy },
		...(why && { why }),
		session: {
			...{ whose, isActive, startedAt, seconds: session.seconds, sampleRatio },
			...(onlySlots && { onlySlots }),
		},
		weight,
	};
}

// ---------------------------------------------------------------------------------------------------------
// What they cannot say

function notesOf(
	seen: readonly SessionSeen[],
	keys: readonly HotKey[],
	isTold: boolean,
	heldUp: number,
): readonly HotNote[] {
	const sampled = seen.find(({ session }) => session.sampleRatio > 1)?.session;
	const timed = keys.filter(({ share }) => share !== undefined);
	return [
		...(isTold ? [] : [{ kind: 'time-untold' } as const]),
		...(heldUp > 0 ? [{ kind: 'held-up', keys: heldUp } as const] : []),
		...(timed.some(({ isUnsure }) => isUnsure) ? [unsureNote(seen, timed)] : []),
		...(timed.length > 0 ? shortNote(seen) : []),
		...seen.flatMap(one => slotsNote(one, seen.length > 1)),
		...(keys.length > 0 ? [{ kind: 'shares-of-time' } as const] : []),
		...(sampled ? [{ kind: 'one-command-of', sampleRatio: sampled.sampleRatio } as const] : []),
	];
}

/** Where most of what the server does is not timed, a share of what is timed is one of little. */
function shortNote(seen: readonly SessionSeen[]): readonly HotNote[] {
	const took = sum(seen, ({ session }) => session.allMicroseconds ?? 0);
	const ran = sum(seen, ({ session }) => session.ranMicroseconds ?? 0);
	if (!(ran > 0) || took / ran > shortestPart) return [];
	return [{ kind: 'short-commands', commandShare: took / ran }];
}

const shortestPart = 1 / 2;

/** Never a word of one key where it is true of all. */
const unsureNote = (seen: readonly SessionSeen[], timed: readonly HotKey[]): HotNote => ({
	kind: 'time-unsure',
	isAll: timed.every(({ isUnsure }) => isUnsure),
	commandsMilliseconds: sum(seen, ({ session }) => session.allMicroseconds ?? 0) / 1000,
});

function slotsNote({ target, session }: SessionSeen, isNamed: boolean): readonly HotNote[] {
	const { onlySlots } = session;
	if (!onlySlots) return [];
	return [{ kind: 'only-slots', ...(isNamed && { node: target.address }), slots: onlySlots }];
}
