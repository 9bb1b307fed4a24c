// What was found, put together: the same whether a scan has come to its end or is still at work. Counts are taken as
// they are, shares come from the sample (estimates.ts), and what the figures cannot say stands in `partial` and
// `notes`. No socket and no clock.

import type {
	BigKey,
	BigKeysResult,
	DatabaseGroup,
	PatternGroup,
	ScanTarget,
	TypeGroup,
} from '../../core/big-keys.ts';
import { patternFinder } from '../../core/pattern-finder.ts';
import type { Counts } from './counts.ts';
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
	const partial = scans.flatMap(({ ended, line, scanned }) =>
		ended?.state === 'partial'
			? [{ node: line.address, reason: ended.reason ?? 'ended early', scanned }]
			: [],
	);
	return {
		scanned,
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
	const withoutTtl = typesWithoutTtl(strata);
	const groups = typeShares(
		strata.all
			.map((stratum, index) => ({ stratum, known: known.get(index) ?? [] }))
			.filter(({ stratum }) => stratum.keys > 0),
		type => {
			const keys = withoutTtl.get(type);
			return keys === undefined ? undefined : Math.round(keys);
		},
	);
	return groups.map(group =>
		group.keysWithoutTtl === undefined
			? group
			: { ...group, keysWithoutTtl: Math.min(group.keys, group.keysWithoutTtl) },
	);
}

/** A stratum's share without TTL is its types' too, in proportion to the types it was seen to hold. */
function typesWithoutTtl(strata: Strata): Map<string, number> {
	const without = new Map<string, number>();
	for (const stratum of strata.all) {
		const typed = sum([...stratum.types.values()], ({ keys }) => keys);
		if (typed === 0 || stratum.asked === 0) continue;
		const share = stratum.withoutTtl / stratum.asked;
		for (const [type, { keys }] of stratum.types)
			without.set(type, (without.get(type) ?? 0) + (stratum.keys * share * keys) / typed);
	}
	return without;
}

function databasesOf({ counts, targets }: Findings): DatabaseGroup[] {
	return counts.databases().map(({ node, db, keys, bytes, start }) => ({
		node: targets[node]!.address,
		db,
		keys,
		bytes,
		// The server counts its keys with a TTL itself; as of the begin of the scan.
		keysWithoutTtl: start && Math.min(keys, start.keys - start.expires),
		estimated: true,
	}));
}

function notesOf(findings: Findings, described: readonly BigKey[]): string[] {
	const { scans } = findings;
	const all = [...scans.flatMap(({ notes }) => notes), ...findings.changes()];
	const isUnread = described.some(
		({ type, items }) => type !== undefined && type !== 'string' && items === undefined,
	);
	if (isUnread && scans.some(({ line }) => !line.leavesClocksAlone))
		all.push('items are not read where the server has no CLIENT NO-TOUCH: HLEN would set the clock of a key');
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
