// What was found, put together: the same whether a scan has come to its end or is still at work. Counts are taken as
// they are, shares come from the sample (estimates.ts), and what the figures cannot say stands in `partial` and
// `notes`. No socket and no clock.

import type {
	BigKey,
	BigKeysResult,
	DatabaseGroup,
	PatternGroup,
	ScanLimits,
	ScanTarget,
	TypeGroup,
} from '../../core/keys/big-keys.ts';
import { patternFinder } from '../../core/keys/pattern-finder.ts';
import type { ScanNote } from '../../core/keys/scan-notes.ts';
import { sum } from '../../core/sums.ts';
import { counted, thousands } from '../../core/text/quantity.ts';
import type { CountedDatabase, Counts } from './counts.ts';
import { patternShares, typeShares } from './estimates.ts';
import { byItems, type ListedKey, streamNotes } from './listed-keys.ts';
import type { NodeScan } from './scan-node.ts';
import { addingUp, isMeasured, type ListedSize, type SizeSum, sizeSum } from './size-sums.ts';
import { type Strata, stratumOf } from './strata.ts';
import type { TtlSample } from './ttl-sample.ts';

export type Findings = {
	readonly targets: readonly ScanTarget[];
	readonly scans: readonly NodeScan[];
	readonly counts: Counts;
	readonly strata: Strata;
	readonly sample: TtlSample;
	readonly top: number;
	readonly isExact: boolean;
	readonly only?: ScanLimits;
	/** An earlier scan's figures are added to these. */
	readonly isResumed: boolean;
	/** Names that SCAN returned again. */
	readonly repeated: () => number;
	/** Keys that moved between SCAN and MEMORY USAGE and were not met again. */
	readonly astray: () => number;
	/** What changed on the servers meanwhile. */
	readonly changes: () => readonly ScanNote[];
};

/** Of very many sampled keys so many say nearly the same. */
const quickSample = 10_000;

/**
 * By patterns: with the keys that were asked one by one, the most work of a result. Largest first. `quickly`: bounded
 * work, while the scan is still at work.
 */
export function patternGroups(
	findings: Findings,
	described: readonly ListedKey[],
	how: 'quickly' | 'whole',
): PatternGroup[] {
	const rows = sizedPatterns(findings, described, findings.counts.patterns(how));
	const { asked } = findings.sample;
	const every = how === 'quickly' ? Math.ceil(asked.length / quickSample) : 1;
	const sampled = every > 1 ? asked.filter((_, index) => index % every === 0) : asked;
	const groups = findings.isExact
		? rows.map(({ withoutTtl, hits, walked, ...row }) => ({
				...row,
				keysWithoutTtl: withoutTtl,
				// What lies in keys without a TTL was counted as the walk sized them.
				bytesWithoutTtl: walked > 0 ? Math.round((hits * row.bytes) / walked) : hits,
				estimated: false,
			}))
		: sampledPatterns(sampled, rows, described);
	return groups.sort((a, b) => b.bytes - a.bytes);
}

type SizedPattern = SizeSum & {
	readonly pattern: string;
	readonly keys: number;
	readonly withoutTtl: number;
	readonly hits: number;
	/** Bytes as the walk sized them. */
	readonly walked: number;
};

function sizedPatterns(
	findings: Findings,
	described: readonly ListedKey[],
	rows: ReturnType<Counts['patterns']>,
): SizedPattern[] {
	const find = patternFinder(rows.map(({ pattern }) => pattern));
	const listed = grouped(described, ({ key }) => find(key));
	const sampled = grouped(othersOf(findings, described), ({ key }) => find(key));
	const sized = rows.map(({ pattern, keys, bytes, withoutTtl, hits }) => ({
		...{ pattern, keys, withoutTtl, hits, walked: bytes },
		...sizeSum(keys, bytes, listed.get(pattern) ?? [], sampled.get(pattern) ?? []),
	}));
	return addingUp(
		sized,
		shareOfTotal(
			findings,
			described,
			sum(rows, ({ bytes }) => bytes),
		),
	);
}

/** Sampled keys that were not measured again. */
function othersOf({ sample }: Findings, described: readonly ListedKey[]): TtlSample['resized'] {
	const names = new Set(described.filter(isMeasured).map(({ key }) => key));
	return sample.resized.filter(({ key }) => !names.has(key));
}

function totalOf(findings: Findings, described: readonly ListedKey[]): SizeSum {
	const keys = sum(findings.scans, ({ scanned }) => scanned);
	return sizeSum(keys, findings.counts.bytes(), described, othersOf(findings, described));
}

/** What parts are to add up to that the walk has sized so. */
function shareOfTotal(findings: Findings, described: readonly ListedKey[], walked: number): number {
	const all = findings.counts.bytes();
	return all === 0 ? 0 : Math.round((totalOf(findings, described).bytes * walked) / all);
}

function grouped<T>(list: readonly T[], name: (one: T) => string | undefined): ReadonlyMap<string, T[]> {
	const groups = new Map<string, T[]>();
	for (const one of list) {
		const group = name(one);
		if (group === undefined) continue;
		const known = groups.get(group);
		if (known) known.push(one);
		else groups.set(group, [one]);
	}
	return groups;
}

function sampledPatterns(
	sampled: TtlSample['asked'],
	rows: readonly SizedPattern[],
	described: readonly ListedKey[],
): PatternGroup[] {
	const find = patternFinder(rows.map(({ pattern }) => pattern));
	return patternShares(
		rows,
		sampled.map(one => ({ ...one, pattern: find(one.key) })),
		described.map(key => ({ ...key, pattern: find(key.key) })),
	);
}

/** All but when, how long, what it cost and what servers told by themselves. */
export function resultOf(
	findings: Findings,
	described: readonly ListedKey[],
	patterns: readonly PatternGroup[],
): Omit<BigKeysResult, 'at' | 'seconds' | 'cost' | 'keysizes'> {
	const { scans, sample, top, isExact } = findings;
	const total = totalOf(findings, described);
	const scanned = sum(scans, scan => scan.scanned);
	const isOver = scans.every(({ ended }) => ended !== undefined);
	const isWhole = scans.every(({ ended }) => ended?.state === 'done');
	const { sizes, names } = findings.counts.spreads(findings.isResumed || (isOver && !isWhole));
	const walked = scans.some(scan => scan.walked !== undefined)
		? sum(scans, scan => scan.walked ?? 0)
		: undefined;
	const isKnown = scans.some(({ of }) => of !== undefined);
	const partial = scans.flatMap(scan => {
		const reason = whyPartial(scan);
		return reason === undefined ? [] : [{ node: scan.line.address, reason, scanned: scan.scanned }];
	});
	return {
		scanned,
		isExact,
		of: isKnown ? sum(scans, ({ of }) => of ?? 0) : undefined,
		...(walked !== undefined && { walked }),
		...(findings.only && { only: findings.only }),
		...(isOver && !isWhole && { rest: scans.map(({ point }) => point) }),
		complete: partial.length === 0 && isWhole,
		partial,
		notes: notesOf(findings, described),
		totalBytes: total.bytes,
		sizeEstimated: total.sizeEstimated,
		sizeMargin: total.sizeMargin,
		keys: described.slice(0, top).map(shown),
		keysByItems: byItems(described, top).map(shown),
		...(isExact && areMeasured(findings) && { itemsOfAll: true }),
		types: addingUp(
			isExact ? exactTypes(findings, described) : sampledTypes(findings, described),
			total.bytes,
		).sort((a, b) => b.bytes - a.bytes),
		patterns,
		databases: databasesOf(findings, described, total),
		sampled: isExact ? scanned : sample.asked.length,
		hitsAdded: sum(scans, scan => scan.hits),
		...(sizes && { sizeSpread: sizes }),
		...(names && { nameSpread: names }),
	};
}

const shown = ({ place, ...key }: ListedKey): BigKey => key;

/** Of every collection it is known how long it is. */
const areMeasured = ({ counts }: Findings): boolean =>
	[...counts.types].every(([type, { keys, measured }]) => type === 'string' || keys === measured);

/** Undefined where all of it was read, or is still being read. */
function whyPartial({ ended, forbidden }: NodeScan): string | undefined {
	if (ended?.state === 'partial') return ended.reason ?? 'ended early';
	if (forbidden === 0) return undefined;
	const keys = counted(forbidden, 'key', thousands);
	return `${keys} may not be sized by this user (its key patterns)`;
}

function exactTypes({ counts, targets }: Findings, described: readonly ListedKey[]): TypeGroup[] {
	type Standing = Parameters<typeof recordOf>[1];
	const told = (one: Standing) => recordOf(targets, one);
	return [...counts.types].map(([type, counted]) => {
		const { keys, bytes, withoutTtl, length, measured, largest, longest } = counted;
		const listed = described.filter(key => key.type === type);
		return {
			...{ type, keys, keysWithoutTtl: withoutTtl },
			...sizeOfType(type, keys, bytes, listed, []),
			estimated: false,
			walkedBytes: bytes,
			...(measured === keys && { length }),
			...(longest && { longest: told(longest) }),
			...(largest && { largest: told(largest) }),
		};
	});
}

const recordOf = (
	targets: readonly ScanTarget[],
	{ key, node, db, value }: { key: string; node: number; db: number; value: number },
) => ({ key, node: targets[node]!.address, db, value });

/** Strings are measured whole. */
const sizeOfType = (
	type: string,
	keys: number,
	walked: number,
	listed: readonly ListedSize[],
	sampled: TtlSample['resized'],
): SizeSum =>
	type === 'string'
		? { bytes: Math.round(walked), sizeEstimated: false, sizeMargin: 0 }
		: sizeSum(keys, walked, listed, sampled);

function sampledTypes(findings: Findings, described: readonly ListedKey[]): TypeGroup[] {
	const { strata } = findings;
	const sampled = grouped(othersOf(findings, described), ({ type }) => type);
	const known = new Map<number, ListedKey[]>();
	for (const key of described) {
		const index = stratumOf(key.key);
		known.set(index, [...(known.get(index) ?? []), key]);
	}
	return typeShares(
		strata.all
			.map((stratum, index) => ({ stratum, known: known.get(index) ?? [] }))
			.filter(({ stratum }) => stratum.keys > 0),
		(type, keys, walked, listed) => sizeOfType(type, keys, walked, listed, sampled.get(type) ?? []),
	);
}

function databasesOf(
	{ counts, targets, isExact, sample }: Findings,
	described: readonly ListedKey[],
	total: SizeSum,
): DatabaseGroup[] {
	const listed = grouped(described, ({ place }) => `${place.node}/${place.db}`);
	const groups = counts.databases().map(({ node, db, keys, bytes, withoutTtl, start }) => {
		const added = sum(listed.get(`${node}/${db}`) ?? [], key => key.bytes - key.walkedBytes);
		return {
			...{ node: targets[node]!.address, db, keys, bytes: bytes + added },
			sizeEstimated: total.sizeEstimated,
			sizeMargin: total.sizeMargin,
			keysWithoutTtl: isExact ? withoutTtl : byServer(keys, start, sample.hashes),
			estimated: !isExact,
		};
	});
	return addingUp(groups, total.bytes);
}

/**
 * The server counts its keys with a TTL itself: the share of all at the begin of the scan, for those that were read. Of
 * its hashes with fields that expire as many leave by themselves as the sample says.
 */
function byServer(
	keys: number,
	start: CountedDatabase['start'],
	{ asked, fading }: TtlSample['hashes'],
): number | undefined {
	if (start === undefined || start.keys === 0) return undefined;
	const leaving = asked === 0 ? 0 : (start.withFieldTtl * fading) / asked;
	return Math.round((keys * Math.max(0, start.keys - start.expires - leaving)) / start.keys);
}

const mostStreamNotes = 4;

function notesOf(findings: Findings, described: readonly ListedKey[]): ScanNote[] {
	const { scans } = findings;
	const all: ScanNote[] = [
		...scans.flatMap(({ notes }) => notes),
		...findings.changes(),
		...streamNotes(described.slice(0, findings.top)).slice(0, mostStreamNotes),
	];
	const isUnread = described.some(
		({ type, items }) => type !== undefined && type !== 'string' && items === undefined,
	);
	if (isUnread && scans.some(({ line }) => !line.leavesClocksAlone)) all.push({ kind: 'items-not-read' });
	const gone = sum(scans, scan => scan.gone);
	const uncounted: readonly (ScanNote & { readonly keys: number })[] = [
		{ kind: 'repeated', keys: findings.repeated() },
		{ kind: 'gone', keys: gone },
		{ kind: 'astray', keys: findings.astray() },
	];
	return [...all, ...uncounted.filter(({ keys }) => keys > 0)];
}
