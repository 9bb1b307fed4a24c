// What was found, put together: the same whether a scan has come to its end or is still at work. Counts are taken as
// they are, shares come from the sample (estimates.ts), and what the figures cannot say stands in `partial` and
// `notes`. No socket and no clock.

import {
	type BigKey,
	type BigKeysResult,
	type DatabaseGroup,
	itemsNotRead,
	type PatternGroup,
	type ScanTarget,
	type TypeGroup,
} from '../../core/keys/big-keys.ts';
import { patternFinder } from '../../core/keys/pattern-finder.ts';
import type { CountedDatabase, Counts } from './counts.ts';
import { patternShares, typeShares } from './estimates.ts';
import { byItems } from './listed-keys.ts';
import type { NodeScan } from './scan-node.ts';
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
	/** Names that SCAN returned again. */
	readonly repeated: () => number;
	/** Keys that moved between SCAN and MEMORY USAGE and were not met again. */
	readonly astray: () => number;
	/** What changed on the servers meanwhile. */
	readonly changes: () => readonly string[];
};

/** Of very many sampled keys so many say nearly the same. */
const quickSample = 10_000;

/**
 * By patterns: with the keys that were asked one by one, the most work of a result. Largest first. `quickly`: bounded
 * work, while the scan is still at work.
 */
export function patternGroups(
	findings: Findings,
	described: readonly BigKey[],
	how: 'quickly' | 'whole',
): PatternGroup[] {
	const rows = findings.counts.patterns(how);
	const { asked } = findings.sample;
	const every = how === 'quickly' ? Math.ceil(asked.length / quickSample) : 1;
	const sampled = every > 1 ? asked.filter((_, index) => index % every === 0) : asked;
	const groups = findings.isExact
		? rows.map(({ pattern, keys, bytes, withoutTtl, hits }) => ({
				...{ pattern, keys, bytes, keysWithoutTtl: withoutTtl, bytesWithoutTtl: hits },
				estimated: false,
			}))
		: sampledPatterns(sampled, rows, described);
	return groups.sort((a, b) => b.bytes - a.bytes);
}

function sampledPatterns(
	sampled: TtlSample['asked'],
	rows: ReturnType<Counts['patterns']>,
	described: readonly BigKey[],
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
	described: readonly BigKey[],
	patterns: readonly PatternGroup[],
): Omit<BigKeysResult, 'at' | 'seconds' | 'cost' | 'keysizes'> {
	const { scans, counts, sample, top, isExact } = findings;
	const scanned = sum(scans, scan => scan.scanned);
	const isKnown = scans.some(({ of }) => of !== undefined);
	const partial = scans.flatMap(scan => {
		const reason = whyPartial(scan);
		return reason === undefined ? [] : [{ node: scan.line.address, reason, scanned: scan.scanned }];
	});
	return {
		scanned,
		isExact,
		of: isKnown ? sum(scans, ({ of }) => of ?? 0) : undefined,
		complete: partial.length === 0 && scans.every(({ ended }) => ended?.state === 'done'),
		partial,
		notes: notesOf(findings, described),
		totalBytes: counts.bytes(),
		keys: described.slice(0, top),
		keysByItems: byItems(described, top),
		types: (isExact ? exactTypes(findings) : sampledTypes(findings, described)).sort(
			(a, b) => b.bytes - a.bytes,
		),
		patterns,
		databases: databasesOf(findings),
		sampled: isExact ? scanned : sample.asked.length,
		hitsAdded: sum(scans, scan => scan.hits),
	};
}

/** Undefined where all of it was read, or is still being read. */
function whyPartial({ ended, forbidden }: NodeScan): string | undefined {
	if (ended?.state === 'partial') return ended.reason ?? 'ended early';
	if (forbidden === 0) return undefined;
	const keys = forbidden === 1 ? '1 key' : `${forbidden.toLocaleString('en-US')} keys`;
	return `${keys} may not be sized by this user (its key patterns)`;
}

function exactTypes({ counts }: Findings): TypeGroup[] {
	return [...counts.types].map(([type, { keys, bytes, withoutTtl }]) => ({
		...{ type, keys, bytes, keysWithoutTtl: withoutTtl },
		estimated: false,
	}));
}

function sampledTypes({ strata }: Findings, described: readonly BigKey[]): TypeGroup[] {
	const known = new Map<number, BigKey[]>();
	for (const key of described) {
		const index = stratumOf(key.key);
		known.set(index, [...(known.get(index) ?? []), key]);
	}
	return typeShares(
		strata.all
			.map((stratum, index) => ({ stratum, known: known.get(index) ?? [] }))
			.filter(({ stratum }) => stratum.keys > 0),
	);
}

function databasesOf({ counts, targets, isExact }: Findings): DatabaseGroup[] {
	return counts.databases().map(({ node, db, keys, bytes, withoutTtl, start }) => ({
		node: targets[node]!.address,
		db,
		keys,
		bytes,
		keysWithoutTtl: isExact ? withoutTtl : byServer(keys, start),
		estimated: !isExact,
	}));
}

/** The server counts its keys with a TTL itself: the share of all at the begin of the scan, for those that were read. */
function byServer(keys: number, start: CountedDatabase['start']): number | undefined {
	if (start === undefined || start.keys === 0) return undefined;
	return Math.round((keys * (start.keys - start.expires)) / start.keys);
}

function notesOf(findings: Findings, described: readonly BigKey[]): string[] {
	const { scans } = findings;
	const all = [...scans.flatMap(({ notes }) => notes), ...findings.changes()];
	const isUnread = described.some(
		({ type, items }) => type !== undefined && type !== 'string' && items === undefined,
	);
	if (isUnread && scans.some(({ line }) => !line.leavesClocksAlone))
		all.push(`${itemsNotRead} where the server has no CLIENT NO-TOUCH: HLEN would set the clock of a key`);
	const say = (count: number, what: string) => {
		if (count > 0) all.push(`${count.toLocaleString('en-US')} ${what}`);
	};
	say(findings.repeated(), 'names were returned more than once and counted once');
	say(
		sum(scans, ({ gone }) => gone),
		'keys were gone before they were sized',
	);
	say(findings.astray(), 'keys moved to another node before they were sized and were not met there');
	return all;
}

function sum<T>(list: readonly T[], value: (one: T) => number): number {
	let total = 0;
	for (const one of list) total += value(one);
	return total;
}
