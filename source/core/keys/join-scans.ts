// A scan that went on where an earlier one had ended: what both found, as one result. Each key is in one of the two,
// but for the few that SCAN returns again when a table was resized in between. What was counted adds up, what was
// estimated adds up with its margins, and the lists are the largest of both. Pure.

import { sumOfBoth } from '../sums.ts';
import type { BigKey, BigKeysResult, KeyGroup, ScanCost, TypeGroup, TypeRecord } from './big-keys.ts';
import { scanNoteWords } from './scan-note-words.ts';
import type { ScanNote } from './scan-notes.ts';
import { createSpread, type Spread } from './size-spread.ts';

/** `earlier` has its counts with it (`rest`); `top`: keys listed. */
export function joinScans(earlier: BigKeysResult, later: BigKeysResult, top: number): BigKeysResult {
	const walked = add(earlier.walked, later.walked);
	const { itemsOfAll: _, ...rest } = later;
	return {
		...rest,
		at: earlier.at,
		scanned: earlier.scanned + later.scanned,
		...(walked !== undefined && { walked }),
		notes: joinNotes(earlier.notes, later.notes),
		seconds: earlier.seconds + later.seconds,
		totalBytes: earlier.totalBytes + later.totalBytes,
		...sizeOf(whole(earlier), whole(later)),
		keys: joinKeys(earlier.keys, later.keys, ({ bytes }) => bytes, top),
		keysByItems: joinKeys(earlier.keysByItems, later.keysByItems, ({ items = 0 }) => items, top),
		...(earlier.itemsOfAll && later.itemsOfAll && { itemsOfAll: true }),
		types: joinGroups(earlier.types, later.types, ({ type }) => type, joinTypes),
		patterns: joinGroups(earlier.patterns, later.patterns, ({ pattern }) => pattern, joinGroup),
		databases: joinGroups(earlier.databases, later.databases, ({ node, db }) => `${node} ${db}`, joinGroup),
		sampled: earlier.sampled + later.sampled,
		hitsAdded: earlier.hitsAdded + later.hitsAdded,
		cost: joinCosts(earlier.cost, later.cost),
		...spreadsOf(earlier, later),
		keysizes: later.keysizes ?? earlier.keysizes,
	};
}

/** In their order, none twice: of one that a kept scan has as a sentence the newer. */
const joinNotes = (a: readonly ScanNote[], b: readonly ScanNote[]): readonly ScanNote[] => [
	...new Map([...a, ...b].map(note => [scanNoteWords(note), note])).values(),
];

const add = (a: number | undefined, b: number | undefined) =>
	a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);

const whole = ({ totalBytes, sizeEstimated, sizeMargin }: BigKeysResult) => ({
	...{ bytes: totalBytes, sizeEstimated, sizeMargin },
});

type Size = Pick<KeyGroup, 'bytes' | 'sizeEstimated' | 'sizeMargin'>;

function sizeOf(a: Size, b: Size): Pick<Size, 'sizeEstimated' | 'sizeMargin'> {
	const margin = (size: Size) => (size.sizeEstimated ? size.sizeMargin : (size.sizeMargin ?? 0));
	return {
		sizeEstimated: a.sizeEstimated || b.sizeEstimated,
		sizeMargin: marginOf(margin(a), a.bytes, margin(b), b.bytes),
	};
}

/** Of a sum, as a share of it: errors that know nothing of each other. */
function marginOf(
	a: number | undefined,
	ofA: number,
	b: number | undefined,
	ofB: number,
): number | undefined {
	if (a === undefined || b === undefined) return undefined;
	return ofA + ofB === 0 ? 0 : Math.hypot(a * ofA, b * ofB) / (ofA + ofB);
}

function joinKeys(
	a: readonly BigKey[],
	b: readonly BigKey[],
	by: (key: BigKey) => number,
	top: number,
): readonly BigKey[] {
	// Of a key that came twice the newer reading.
	const all = new Map([...a, ...b].map(key => [`${key.node} ${key.db} ${key.key}`, key]));
	return [...all.values()].sort((one, other) => by(other) - by(one)).slice(0, top);
}

function joinGroups<Group extends KeyGroup>(
	a: readonly Group[],
	b: readonly Group[],
	name: (group: Group) => string,
	join: (a: Group, b: Group) => Group,
): readonly Group[] {
	const groups = new Map(a.map(group => [name(group), group]));
	for (const group of b) {
		const known = groups.get(name(group));
		groups.set(name(group), known ? join(known, group) : group);
	}
	return [...groups.values()].sort((one, other) => other.bytes - one.bytes);
}

function joinGroup<Group extends KeyGroup>(a: Group, b: Group): Group {
	const known = (group: KeyGroup) => (group.estimated ? group.margin : (group.margin ?? 0));
	const knownBytes = (group: KeyGroup) => (group.estimated ? group.bytesMargin : (group.bytesMargin ?? 0));
	return {
		...b,
		keys: a.keys + b.keys,
		bytes: a.bytes + b.bytes,
		...sizeOf(a, b),
		keysWithoutTtl: sumOfBoth(a.keysWithoutTtl, b.keysWithoutTtl),
		bytesWithoutTtl: sumOfBoth(a.bytesWithoutTtl, b.bytesWithoutTtl),
		estimated: a.estimated || b.estimated,
		margin: marginOf(known(a), a.keys, known(b), b.keys),
		bytesMargin: marginOf(knownBytes(a), a.bytes, knownBytes(b), b.bytes),
	};
}

const joinTypes = (a: TypeGroup, b: TypeGroup): TypeGroup => ({
	...joinGroup(a, b),
	length: sumOfBoth(a.length, b.length),
	walkedBytes: sumOfBoth(a.walkedBytes, b.walkedBytes),
	longest: larger(a.longest, b.longest),
	largest: larger(a.largest, b.largest),
});

const larger = (a: TypeRecord | undefined, b: TypeRecord | undefined) =>
	(a?.value ?? -1) >= (b?.value ?? -1) ? a : b;

const joinCosts = (a: ScanCost, b: ScanCost): ScanCost => ({
	commands: a.commands + b.commands,
	inputBytes: a.inputBytes + b.inputBytes,
	outputBytes: a.outputBytes + b.outputBytes,
	serverMicroseconds: sumOfBoth(a.serverMicroseconds, b.serverMicroseconds),
});

function spreadsOf(a: BigKeysResult, b: BigKeysResult): Pick<BigKeysResult, 'sizeSpread' | 'nameSpread'> {
	const isOpen = b.rest !== undefined;
	const sizeSpread = joinSpreads(a.sizeSpread, b.sizeSpread, isOpen);
	const nameSpread = joinSpreads(a.nameSpread, b.nameSpread, isOpen);
	return { ...(sizeSpread && { sizeSpread }), ...(nameSpread && { nameSpread }) };
}

/** By their counts; where those of the second are left out (it is still at work, or complete) it is added as it is. */
function joinSpreads(a: Spread | undefined, b: Spread | undefined, isOpen: boolean): Spread | undefined {
	const all = createSpread();
	for (const spread of [a, b]) if (spread) all.include(spread);
	return all.spread(isOpen);
}
