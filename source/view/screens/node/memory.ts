// The part of the node screen about memory and keys: what used_memory is made of, what the process holds beyond it, how
// near the limit is, how many keys there are and what is known of their sizes without a scan.

import { keysIn } from '../../../core/node/keyspace.ts';
import { countedBytes } from '../../../core/node/memory.ts';
import type { MemoryOutside, MemoryPartId } from '../../../core/node/memory-parts.ts';
import { largestInWords } from '../../../core/parse/keysizes.ts';
import { bytes, count, duration, percent } from '../../../core/text/quantity.ts';
import type { Database, Info } from '../../../core/types.ts';
import { shareBar } from '../../chart.ts';
import { none, orDash } from '../../format.ts';
import type { Line } from '../../theme.ts';
import { type NodeFacts, refusedWords } from './facts.ts';
import { by, fact, left, type Page, right, sentences, stacked, table, titled, words } from './lines.ts';
import { sharePercent } from './words.ts';

export const partNames: Readonly<Record<MemoryPartId, string>> = {
	dataset: 'dataset',
	'key-tables': 'key tables',
	clients: 'clients',
	'replica-buffers': 'replica buffers',
	backlog: 'repl backlog',
	'aof-buffer': 'aof buffer',
	scripts: 'scripts',
	cluster: 'cluster links',
	startup: 'at startup',
	other: 'other',
	overcounted: 'counted twice',
};

export function memoryLines(facts: NodeFacts, page: Page): readonly Line[] {
	const { info, memory } = facts;
	if (!info) return [];
	return stacked(
		limitLines(page, info, facts.at),
		memory ? usedLines(page, facts) : [],
		memory ? outsideLines(page, memory.outside, memory.usedBytes) : [],
		keyspaceLines(page, facts),
		keysizesLines(facts),
	);
}

function limitLines(page: Page, info: Info, at: number): readonly Line[] {
	const { maxmemoryBytes: limit, notCountedForEvictBytes: apart } = info;
	return [
		titled('LIMIT'),
		fact(page, 'maxmemory', limit === 0 ? 'none' : told(limit), info.maxmemoryPolicy),
		fact(
			page,
			'counted',
			shareOfLimit(info),
			apart ? `excludes ${bytes(Math.min(apart, info.usedMemoryBytes ?? apart))} of buffers` : undefined,
		),
		fact(page, 'peak', told(info.peakBytes), `used_memory, ${peakWords(info, at)}`),
		fact(page, 'host', told(info.systemMemoryBytes)),
	];
}

/** By the server's clock where it tells one: ours may be minutes off. */
function peakWords({ peakAt, serverTimeMicroseconds: clock }: Info, at: number): string {
	if (peakAt === undefined) return 'since the start';
	return `${duration(Math.max(0, (clock === undefined ? at : clock / 1000) - peakAt) / 1000)} ago`;
}

export const told = (value: number | undefined): string | undefined =>
	value === undefined ? undefined : bytes(value);

function shareOfLimit(info: Info): string | undefined {
	const { usedMemoryBytes: used, maxmemoryBytes: limit } = info;
	if (used === undefined) return undefined;
	const counted = countedBytes(info);
	return limit ? `${bytes(counted)}  ${percent(counted / limit)}` : bytes(counted);
}

/** Of used_memory and of what is beside it; a share of it may be more than 1, and less than 0. */
function partTable(page: Page) {
	const { head, row } = table(page, [
		...[left('', 19), right('BYTES', 8), right('OF USED', 8), left('', by(page, 0, 20, 20))],
	]);
	const part = (name: string, size: number | undefined, share: number | undefined) =>
		row(
			name,
			orDash(size, bytes),
			orDash(share, sharePercent),
			shareBar(Math.max(0, share ?? 0), 20, page.isAscii),
		);
	return { head, part };
}

function usedLines(page: Page, facts: NodeFacts): readonly Line[] {
	const { head, part } = partTable(page);
	const memory = facts.memory!;
	const refused = refusedWords(facts, 'memory stats');
	const source = memory.source === 'memory stats' ? 'by MEMORY STATS' : 'by INFO memory';
	const why = memory.source === 'info' && refused ? `; ${refused}` : '';
	return [
		titled('USED', `${bytes(memory.usedBytes)}, ${source}${why}`),
		head,
		...memory.parts
			.filter(each => each.bytes !== 0 || each.id === 'dataset')
			.map(each => part(partNames[each.id], each.bytes, each.share)),
		...(memory.overcountedBytes > 0
			? sentences(
					`The server's own parts exceed the whole by ${bytes(memory.overcountedBytes)} at this moment: it looks at its clients once a second, and Redis 8 counts its interpreters twice.`,
					page,
				)
			: []),
	];
}

const stepNames = {
	rounding: 'allocator rounding',
	fragmentation: 'fragmentation',
	retained: 'retained pages',
	process: 'process overhead',
	swapped: 'swapped, at least',
} as const;
export type OutsideStepId = keyof typeof stepNames;

/** The steps from used_memory to the resident set, each in bytes. */
export function outsideSteps(
	outside: MemoryOutside,
	used: number,
): readonly { readonly id: OutsideStepId; readonly bytes: number | undefined }[] {
	const { rssBytes: rss } = outside;
	return [
		{ id: 'rounding', bytes: outside.unaccountedBytes },
		{ id: 'fragmentation', bytes: outside.fragmentedBytes },
		{ id: 'retained', bytes: outside.retainedBytes },
		{ id: 'process', bytes: outside.processBytes },
		// What is used and not resident can only be on disk.
		...(rss !== undefined && rss < used ? [{ id: 'swapped' as const, bytes: used - rss }] : []),
	];
}

function outsideLines(page: Page, outside: MemoryOutside, used: number): readonly Line[] {
	const { head, part } = partTable(page);
	return [
		titled('NOT IN used_memory', `rss ${told(outside.rssBytes) ?? '-'}; none of this causes evictions`),
		head,
		...outsideSteps(outside, used).map(({ id, bytes: size }) =>
			part(stepNames[id], size, size === undefined || used === 0 ? undefined : size / used),
		),
	];
}

function keyspaceLines(page: Page, facts: NodeFacts): readonly Line[] {
	const databases = facts.info?.databases;
	if (!databases) return [];
	if (databases.length === 0) return [titled('KEYS', 'none')];
	const { head, row } = table(page, [
		...[left('DB', 6), right('KEYS', 8), right('TTL', 6), right('AVG TTL', 8)],
	]);
	return [
		titled('KEYS', keysWords(keysIn(databases, 'keys'))),
		head,
		...databases.map(({ db, keys, expires, avgTtlMilliseconds: ttl }) =>
			row(
				`db${db}`,
				orDash(keys, count),
				keys && expires !== undefined ? percent(expires / keys) : none,
				expires === 0 || !ttl ? none : duration(ttl / 1000),
			),
		),
		...fieldTtlLines(databases),
		...expiryLines(page, facts),
	];
}

const fieldTtlLines = (databases: readonly Database[]): readonly Line[] =>
	databases
		.filter(({ withFieldTtl }) => withFieldTtl)
		.map(({ db, withFieldTtl = 0 }) =>
			words(
				`db${db}: ${count(withFieldTtl)} ${withFieldTtl === 1 ? 'hash has' : 'hashes have'} fields with a TTL of their own`,
			),
		);

/** Who removes what has expired: the server by itself, or whoever asks for the key (Redis 8.6); and of hashes the fields. */
function expiryLines(page: Page, { info, row }: NodeFacts): readonly Line[] {
	const { expiredKeys, expiredKeysActive: active, expiredFields } = info ?? {};
	const rate = (value: number | undefined) => (value === undefined ? undefined : `${count(value)}/s`);
	const share = expiredKeys && active !== undefined ? percent(Math.min(1, active / expiredKeys)) : undefined;
	return [
		...(share === undefined
			? []
			: [fact(page, 'expired keys', rate(row?.expiredPerSecond), `${share} before anybody asked for them`)]),
		...(expiredFields ? [fact(page, 'expired fields', rate(row?.expiredFieldsPerSecond), 'of hashes')] : []),
	];
}

const keysWords = (keys: number | undefined) => (keys === undefined ? '-' : count(keys));

function keysizesLines({ close }: NodeFacts): readonly Line[] {
	const texts = (close.keysizes ?? []).flatMap(one => {
		const largest = largestInWords(one);
		return largest === undefined ? [] : [`db${one.db} ${largest}`];
	});
	if (texts.length === 0) return [];
	return [
		titled('LARGEST KEYS', 'by INFO keysizes, without a scan; 5 finds their names'),
		...texts.map(text => words(text)),
	];
}
