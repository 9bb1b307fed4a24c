// What fills the memory of a node: one diagnosis that every step of the runbook reads, so that they never contradict
// each other. It tells pressure (is anything hurt?) from cause (what is it?), for high fragmentation hurts no key and
// buffers that nobody reads evict good data. The eviction verdict is core's own, as the finding says it.

import { type EvictionVerdict, judgeEviction } from '../core/findings/eviction.ts';
import { isWaste } from '../core/node/memory.ts';
import type { Client } from '../core/parse/parse-client-list.ts';
import type { Info } from '../core/types.ts';
import { holdersOf } from './clients.ts';
import {
	type MemoryLimit,
	memoryLimitOf,
	type OutsideUsed,
	outsideUsed,
	replicationBytes,
} from './memory-limit.ts';
import { extraOf, infoOf, limitsOf, timeOf, trackOf } from './reading.ts';
import type { RunbookInput } from './runbook.ts';
import { type HitRates, hitRatesOf, type Trend, trendOf } from './trend.ts';

/** A limit met within this time is worth acting on before it is. */
export const soonSeconds = 86_400;

export type Cause = 'clients' | 'replication' | 'data' | 'swap' | 'fragmentation' | 'retained' | 'none';

export type Diagnosis = {
	readonly cause: Cause;
	readonly info: Info;
	/** Undefined where neither maxmemory nor the host's memory is told. */
	readonly limit?: MemoryLimit;
	readonly eviction: EvictionVerdict;
	/** Writes refused a second; undefined where the server does not count errors (before 6.2). */
	readonly refusedPerSecond?: number;
	readonly trend?: Trend;
	/** Until what is held meets the limit at the present growth. */
	readonly secondsToLimit?: number;
	readonly hitRates: HitRates;
	/** The hit rate is lower than it was, by the limit of `evicting`. */
	readonly isHitRateFalling: boolean;
	readonly outside: OutsideUsed;
	/** Applications that hold most, the largest first. */
	readonly holders: readonly Client[];
	/** The policy evicts keys whatever their TTL: a full cache is normal. */
	readonly isCache: boolean;
	/** Keys go or writes fail, or soon would. */
	readonly isTight: boolean;
};

/** Undefined without an INFO memory of the node. */
export function diagnose(input: RunbookInput): Diagnosis | undefined {
	const info = infoOf(input);
	if (info.usedMemoryBytes === undefined) return undefined;
	const track = trackOf(input);
	const limits = limitsOf(input);
	const at = timeOf(input);
	const limit = memoryLimitOf(info, extraOf(input));
	const hitRates = hitRatesOf(track, at);
	const fall = (hitRates.before ?? 0) - (hitRates.now ?? Number.POSITIVE_INFINITY);
	const trend = trendOf(input.usedHistory, at, limit?.bytes);
	const seen = {
		info,
		limit,
		eviction: track
			? judgeEviction(track, limits, at)
			: { verdict: 'none' as const, reason: '', facts: [], evictedPerSecond: 0 },
		refusedPerSecond: track?.rates?.oomErrors,
		trend,
		secondsToLimit: secondsToLimit(limit, trend),
		hitRates,
		isHitRateFalling: fall >= limits.evicting.warn,
		outside: outsideUsed(info, { warn: limits.swapped.warn, usedBytes: limits.swapped.extra.usedBytes }),
		holders: holdersOf(input.clients ?? []),
		isCache: info.maxmemoryPolicy?.startsWith('allkeys-') ?? false,
	};
	const isTight =
		seen.eviction.verdict !== 'none' ||
		(seen.refusedPerSecond ?? 0) > 0 ||
		(limit?.share ?? 0) >= limits['memory-high'].warn;
	return { ...seen, isTight, cause: causeOf(input, { ...seen, isTight }) };
}

function secondsToLimit(limit: MemoryLimit | undefined, trend: Trend | undefined): number | undefined {
	if (!limit || !trend || trend.perSecond <= 0) return undefined;
	return Math.max(0, limit.bytes - limit.heldBytes) / trend.perSecond;
}

function causeOf(input: RunbookInput, seen: Omit<Diagnosis, 'cause'>): Cause {
	const { info, outside } = seen;
	if (isLarge(input, seen, info.clientsNormalBytes)) return 'clients';
	if (isLarge(input, seen, replicationBytes(info))) return 'replication';
	if (seen.isTight) return 'data';
	if (outside.isSwapped) return 'swap';
	const fragmented = wastes(info, outside.fragmentedBytes);
	const retained = wastes(info, outside.retainedBytes);
	if (fragmented || retained) return fragmented >= retained ? 'fragmentation' : 'retained';
	return 'none';
}

/** Buffers of this share of the limit push data out; without a limit they must be large and much of what is used. */
function isLarge(input: RunbookInput, { info, limit }: Omit<Diagnosis, 'cause'>, bytes = 0): boolean {
	const { evicting, 'output-buffers': buffers } = limitsOf(input);
	if (limit?.kind === 'maxmemory') return bytes >= limit.bytes * evicting.extra.buffersShare;
	return bytes >= buffers.extra.bytes && bytes >= (info.usedMemoryBytes ?? 0) * buffers.warn;
}

/** The bytes where they are a waste worth looking at, else 0. */
export const wastes = (info: Info, bytes = 0): number => (isWaste(info, bytes) ? bytes : 0);
