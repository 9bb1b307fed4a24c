// Which of all that holds memory is the cause: one, so that no sentence says two and no remedy is for another. What is
// no key comes before data where it is large, for it pushes the data out; what lies outside used memory comes last, for
// it evicts nothing. Data is the cause only where nothing else is.

import type { BigKey } from '../core/keys/big-keys.ts';
import { isOutweighed } from '../core/keys/stream-groups.ts';
import { keysIn } from '../core/node/keyspace.ts';
import { isWaste } from '../core/node/memory.ts';
import { dataBytesOf, type MemoryKind, type MemoryKindId } from '../core/node/memory-kinds.ts';
import { memoryPartsOf } from '../core/node/memory-parts.ts';
import type { Info } from '../core/types.ts';
import type { Cause, Diagnosis } from './diagnosis.ts';
import { runbookLimits } from './limits.ts';
import { limitsOf, timeOf } from './reading.ts';
import type { RunbookInput } from './runbook.ts';
import { bytesHere, scanHere } from './scan-here.ts';

type Seen = Omit<Diagnosis, 'cause' | 'causeBytes' | 'isEstimated'>;
type Found = Pick<Diagnosis, 'cause' | 'causeBytes' | 'isEstimated'>;

/** The one cause, with what it holds. */
export function causeAmong(input: RunbookInput, seen: Seen): Found {
	return (
		buffersCause(input, seen) ??
		keysCause(input, seen) ??
		(seen.isTight ? dataCause(input, seen) : outsideCause(seen))
	);
}

/** Of this share of the limit it pushes data out; without a limit it must be large and much of what is used. */
function isLarge(input: RunbookInput, { info, limit }: Seen, bytes: number): boolean {
	// No limit, however absurd, makes much of nothing.
	if (!(bytes > 0)) return false;
	const { evicting, 'output-buffers': buffers } = limitsOf(input);
	if (limit?.kind === 'maxmemory') return bytes >= limit.bytes * evicting.extra.buffersShare;
	return bytes >= buffers.extra.bytes && bytes >= (info.usedMemoryBytes ?? 0) * buffers.warn;
}

// ---------------------------------------------------------------------------------------------------------
// No key holds it

const causeOfKind: { readonly [Id in MemoryKindId]: Cause } = {
	'output-buffers': 'clients',
	'client-buffers': 'clients',
	'query-buffers': 'query-buffers',
	transactions: 'transactions',
	connections: 'connections',
	subscriptions: 'subscriptions',
	tracking: 'tracking',
	blocking: 'blocking',
	backlog: 'backlog',
	'replica-buffers': 'replication',
	'sync-buffer': 'replication',
	scripts: 'scripts',
	functions: 'functions',
	'aof-buffer': 'aof-buffer',
	'cluster-links': 'cluster-links',
	'migration-output': 'slot-migration',
	'migration-input': 'slot-migration',
};

/** Kinds that are large only together are judged together, and the largest of them is the one that is named. */
const families: readonly (readonly MemoryKindId[])[] = [
	['output-buffers', 'client-buffers', 'query-buffers', 'transactions', 'connections', 'subscriptions'],
	['tracking'],
	['blocking'],
	['backlog', 'replica-buffers', 'sync-buffer'],
	['scripts', 'functions'],
	['aof-buffer'],
	['cluster-links'],
	['migration-output', 'migration-input'],
];

const sumOf = (kinds: readonly MemoryKind[]) => kinds.reduce((sum, { bytes }) => sum + bytes, 0);

function buffersCause(input: RunbookInput, seen: Seen): Found | undefined {
	const large = families
		.map(ids => seen.kinds.filter(({ id }) => ids.includes(id)))
		.filter(kinds => isLarge(input, seen, sumOf(kinds)))
		.sort((a, b) => sumOf(b) - sumOf(a));
	const [family] = large;
	if (!family) return undefined;
	const cause = causeOfKind[family[0]!.id];
	const alike = family.filter(({ id }) => causeOfKind[id] === cause);
	return {
		cause,
		causeBytes: sumOf(alike),
		...(alike.some(({ isEstimated }) => isEstimated) && { isEstimated: true }),
	};
}

// ---------------------------------------------------------------------------------------------------------
// The server counts it as data, and no key that can be read holds it

function keysCause(input: RunbookInput, seen: Seen): Found | undefined {
	const expired = seen.expired?.bytes ?? staleBytes(input, seen.info);
	// Where nothing presses, what expires is told in the step about TTLs.
	if (isLarge(input, seen, expired) || (seen.expired?.isReclaimed && isWaste(seen.info, expired)))
		return { cause: 'expired', causeBytes: expired, isEstimated: true };
	const pending = sumOfKeys(unacknowledgedIn(input));
	if (isLarge(input, seen, pending))
		return { cause: 'pending-entries', causeBytes: pending, isEstimated: true };
	const astray = notInKeys(input, seen);
	const isFreeing = (seen.info.lazyfreePendingObjects ?? 0) > 0;
	if (astray !== undefined && isLarge(input, seen, astray))
		return { cause: isFreeing ? 'lazyfree' : 'unexplained', causeBytes: astray };
	const deleted = scannedBytes(input) === undefined ? deletedBytes(seen.info) : 0;
	return isLarge(input, seen, deleted)
		? { cause: 'lazyfree', causeBytes: deleted, isEstimated: true }
		: undefined;
}

/** Of keys that are deleted and not freed, at the mean size of all: where no scan tells what those that are left hold. */
function deletedBytes(info: Info): number {
	const pending = info.lazyfreePendingObjects ?? 0;
	const keys = keysIn(info.databases, 'keys');
	return keys === undefined || pending === 0 ? 0 : (dataBytesOf(info) * pending) / (pending + keys);
}

const sumOfKeys = (keys: readonly BigKey[]) => keys.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * Streams that hold more pending entries than entries, by the scan; also where only the server's estimate tells, which
 * nothing else takes over what the server uses.
 */
export const unacknowledgedIn = (input: RunbookInput): readonly BigKey[] =>
	(scanHere(input, input.scan)?.keys ?? []).filter(
		({ type, pendingEntries, items, serverBytes }) =>
			type === 'stream' && (serverBytes !== undefined || isOutweighed(pendingEntries, items)),
	);

/** By the server's own estimate of how many have expired and are still there. */
function staleBytes(input: RunbookInput, info: Info): number {
	const share = input.extras?.get(input.node.address)?.expiredStaleShare ?? 0;
	if (share <= runbookLimits.staleShare) return 0;
	const keys = keysIn(info.databases, 'keys');
	const withTtl = keysIn(info.databases, 'expires');
	return !keys || withTtl === undefined ? 0 : (dataBytesOf(info) * withTtl * share) / keys;
}

/** Counted as data and in no key: of a node without keys, or after a whole scan. Undefined where nobody can say. */
function notInKeys(input: RunbookInput, { info, kinds }: Seen): number | undefined {
	if (!info.databases) return undefined;
	const data = dataBytesOf(info);
	const inKeys = info.databases.every(({ keys }) => keys === 0) ? 0 : scannedBytes(input);
	if (inKeys === undefined) return undefined;
	// What is reckoned from counts lies in there and is known by its name.
	const named = sumOf(kinds.filter(({ isEstimated }) => isEstimated));
	const rest = data - inKeys - named;
	return rest >= data * runbookLimits.unexplainedShare ? rest : undefined;
}

function scannedBytes(input: RunbookInput): number | undefined {
	const { scan } = input;
	if (!scan?.complete || timeOf(input) - scan.at > runbookLimits.scanEffectSeconds * 1000) return undefined;
	return bytesHere(input, scan);
}

// ---------------------------------------------------------------------------------------------------------
// Data, and what lies outside used memory

function dataCause(input: RunbookInput, seen: Seen): Found {
	const tables = tablesOf(input, seen.info);
	const used = seen.info.usedMemoryBytes ?? 0;
	const areTables =
		tables >= runbookLimits.tablesBytes &&
		tables >= used * runbookLimits.tablesShare &&
		isLarge(input, seen, tables);
	return areTables ? { cause: 'key-tables', causeBytes: tables } : { cause: 'data' };
}

/** The tables that find keys and their TTLs, in a cluster of 7.0 also their slots: by MEMORY STATS. */
function tablesOf({ memoryStats }: RunbookInput, info: Info): number {
	if (!memoryStats) return 0;
	const parts = memoryPartsOf(info, memoryStats)?.parts ?? [];
	return parts.find(({ id }) => id === 'key-tables')?.bytes ?? 0;
}

const nothing: Found = { cause: 'none' };

function outsideCause({ info, outside }: Seen): Found {
	if (outside.isSwapped) return { cause: 'swap' };
	const outsiders: readonly Found[] = [
		{ cause: 'fragmentation', causeBytes: outside.fragmentedBytes },
		{ cause: 'retained', causeBytes: outside.retainedBytes },
		{ cause: 'copy-on-write', causeBytes: copyingBytes(info) },
		{ cause: 'interpreters', causeBytes: interpretersOutside(info) },
	];
	const large = outsiders.filter(({ causeBytes = 0 }) => isWaste(info, causeBytes));
	return large.reduce((a, b) => ((b.causeBytes ?? 0) > (a.causeBytes ?? 0) ? b : a), nothing);
}

/** Pages that a child of now has made the server copy. */
const copyingBytes = (info: Info): number =>
	info.isSaving || info.isAofRewriting ? (info.currentCowBytes ?? 0) : 0;

/** Of Lua, where it is no part of used_memory. */
function interpretersOutside({
	scriptsBytes: counted,
	interpretersBytes = 0,
	scriptTextsBytes = 0,
}: Info): number {
	return counted !== undefined && counted < interpretersBytes + scriptTextsBytes ? interpretersBytes : 0;
}
