// The part of the node screen about memory and keys: what used_memory is made of, what the process holds beyond it, how
// near the limit is, how many keys there are and what is known of their sizes without a scan.

import { keysIn } from '../../../core/node/keyspace.ts';
import { countedBytes } from '../../../core/node/memory.ts';
import type { MemoryOutside, MemoryPartId } from '../../../core/node/memory-parts.ts';
import { largestInWords } from '../../../core/parse/keysizes.ts';
import { bytes, count, duration, percent } from '../../../core/text/quantity.ts';
import type { Database, Info } from '../../../core/types.ts';
import { type NodeFacts, refusedWords } from './facts.ts';
import { fact, type NodeLine, sentences, stacked, titled } from './lines.ts';

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

export function memoryLines(facts: NodeFacts, columns: number): readonly NodeLine[] {
	const { info, memory } = facts;
	if (!info) return [];
	return stacked(
		limitLines(info, facts.at),
		memory ? [...usedLines(facts, columns)] : [],
		memory ? outsideLines(memory.outside, memory.usedBytes) : [],
		keyspaceLines(facts),
		keysizesLines(facts),
	);
}

function limitLines(info: Info, at: number): readonly NodeLine[] {
	const { maxmemoryBytes: limit, notCountedForEvictBytes: apart } = info;
	return [
		titled('LIMIT'),
		fact('maxmemory', limit === 0 ? 'none' : told(limit), info.maxmemoryPolicy),
		fact(
			'counted',
			shareOfLimit(info),
			apart ? `excludes ${bytes(Math.min(apart, info.usedMemoryBytes ?? apart))} of buffers` : undefined,
		),
		fact('peak', told(info.peakBytes), `used_memory, ${peakWords(info, at)}`),
		fact('host', told(info.systemMemoryBytes)),
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

function usedLines(facts: NodeFacts, columns: number): readonly NodeLine[] {
	const memory = facts.memory!;
	const refused = refusedWords(facts, 'memory stats');
	const source = memory.source === 'memory stats' ? 'by MEMORY STATS' : 'by INFO memory';
	const why = memory.source === 'info' && refused ? `; ${refused}` : '';
	return [
		titled('USED', `${bytes(memory.usedBytes)}, ${source}${why}`),
		{ kind: 'head', table: 'parts' },
		...memory.parts
			.filter(part => part.bytes !== 0 || part.id === 'dataset')
			.map(
				(part): NodeLine => ({
					kind: 'part',
					name: partNames[part.id],
					bytes: part.bytes,
					share: part.share,
				}),
			),
		...(memory.overcountedBytes > 0
			? sentences(
					`The server's own parts exceed the whole by ${bytes(memory.overcountedBytes)} at this moment: it looks at its clients once a second, and Redis 8 counts its interpreters twice.`,
					columns,
				)
			: []),
	];
}

/** The steps from used_memory to the resident set, each in bytes. */
export function outsideSteps(
	outside: MemoryOutside,
	used: number,
): readonly { readonly name: string; readonly bytes: number | undefined }[] {
	const { rssBytes: rss } = outside;
	return [
		{ name: 'allocator rounding', bytes: outside.unaccountedBytes },
		{ name: 'fragmentation', bytes: outside.fragmentedBytes },
		{ name: 'retained pages', bytes: outside.retainedBytes },
		{ name: 'process overhead', bytes: outside.processBytes },
		// What is used and not resident can only be on disk.
		...(rss !== undefined && rss < used ? [{ name: 'swapped, at least', bytes: used - rss }] : []),
	];
}

function outsideLines(outside: MemoryOutside, used: number): readonly NodeLine[] {
	return [
		titled('NOT IN used_memory', `rss ${told(outside.rssBytes) ?? '-'}; none of this causes evictions`),
		{ kind: 'head', table: 'parts' },
		...outsideSteps(outside, used).map(
			(step): NodeLine => ({
				kind: 'part',
				...step,
				share: step.bytes === undefined || used === 0 ? undefined : step.bytes / used,
			}),
		),
	];
}

function keyspaceLines(facts: NodeFacts): readonly NodeLine[] {
	const databases = facts.info?.databases;
	if (!databases) return [];
	if (databases.length === 0) return [titled('KEYS', 'none')];
	return [
		titled('KEYS', keysWords(keysIn(databases, 'keys'))),
		{ kind: 'head', table: 'keyspace' },
		...databases.map((database): NodeLine => ({ kind: 'database', ...database })),
		...fieldTtlLines(databases),
		...expiryLines(facts),
	];
}

const fieldTtlLines = (databases: readonly Database[]): readonly NodeLine[] =>
	databases
		.filter(({ withFieldTtl }) => withFieldTtl)
		.map(({ db, withFieldTtl = 0 }) => ({
			kind: 'words',
			text: `db${db}: ${count(withFieldTtl)} ${withFieldTtl === 1 ? 'hash has' : 'hashes have'} fields with a TTL of their own`,
		}));

/** Who removes what has expired: the server by itself, or whoever asks for the key (Redis 8.6); and of hashes the fields. */
function expiryLines({ info, row }: NodeFacts): readonly NodeLine[] {
	const { expiredKeys, expiredKeysActive: active, expiredFields } = info ?? {};
	const rate = (value: number | undefined) => (value === undefined ? undefined : `${count(value)}/s`);
	const share = expiredKeys && active !== undefined ? percent(Math.min(1, active / expiredKeys)) : undefined;
	return [
		...(share === undefined
			? []
			: [fact('expired keys', rate(row?.expiredPerSecond), `${share} before anybody asked for them`)]),
		...(expiredFields ? [fact('expired fields', rate(row?.expiredFieldsPerSecond), 'of hashes')] : []),
	];
}

const keysWords = (keys: number | undefined) => (keys === undefined ? '-' : count(keys));

function keysizesLines({ close }: NodeFacts): readonly NodeLine[] {
	const words = (close.keysizes ?? []).flatMap(one => {
		const largest = largestInWords(one);
		return largest === undefined ? [] : [`db${one.db} ${largest}`];
	});
	if (words.length === 0) return [];
	return [
		titled('LARGEST KEYS', 'by INFO keysizes, without a scan; 5 finds their names'),
		...words.map((text): NodeLine => ({ kind: 'words', text })),
	];
}
