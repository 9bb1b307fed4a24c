// What fills the memory of a node: one diagnosis that every step of the runbook reads, so that they never contradict
// each other. It tells pressure (is anything hurt?) from cause (what is it?), for high fragmentation hurts no key and
// buffers that nobody reads evict good data. The eviction verdict is core's own, as the finding says it.

import { judgeEviction } from '../core/findings/eviction.ts';
import { isWaste } from '../core/node/memory.ts';
import { memoryKinds } from '../core/node/memory-kinds.ts';
import type { Info } from '../core/types.ts';
import { causeAmong } from './cause-kinds.ts';
import { holdersOf } from './clients.ts';
import type { Diagnosis } from './diagnosis.ts';
import { type MemoryLimit, memoryLimitOf, outsideUsed } from './memory-limit.ts';
import { extraOf, infoOf, limitsOf, timeOf, trackOf } from './reading.ts';
import { replicasBehind } from './replicas-behind.ts';
import type { RunbookInput } from './runbook.ts';
import { expiredInScan, unreadKeys } from './scan-effect.ts';
import { hitRatesOf, type Trend, trendOf } from './trend.ts';

/** A limit met within this time is worth acting on before it is. */
export const soonSeconds = 86_400;

export type { Cause, Diagnosis } from './diagnosis.ts';

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
	const { details, memoryStats: stats, clients } = input;
	const seen = {
		info,
		limit,
		kinds: memoryKinds({ info, details, stats, clients }),
		expired: expiredInScan(input),
		unread: unreadKeys(input),
		eviction: track
			? judgeEviction(track, limits, at)
			: { verdict: 'none' as const, reason: '', facts: [], evictedPerSecond: 0 },
		refusedPerSecond: track?.rates?.oomErrors,
		trend,
		secondsToLimit: secondsToLimit(limit, trend),
		hitRates,
		isHitRateFalling: fall >= limits.evicting.warn,
		outside: outsideUsed(info, { warn: limits.swapped.warn, usedBytes: limits.swapped.extra.usedBytes }),
		replicas: track && replicasBehind(track),
		holders: holdersOf(input.clients ?? []),
		isCache: info.maxmemoryPolicy?.startsWith('allkeys-') ?? false,
	};
	const isTight =
		seen.eviction.verdict !== 'none' ||
		(seen.refusedPerSecond ?? 0) > 0 ||
		(limit?.share ?? 0) >= limits['memory-high'].warn;
	return { ...seen, isTight, ...causeAmong(input, { ...seen, isTight }) };
}

function secondsToLimit(limit: MemoryLimit | undefined, trend: Trend | undefined): number | undefined {
	if (!limit || !trend || trend.perSecond <= 0) return undefined;
	return Math.max(0, limit.bytes - limit.heldBytes) / trend.perSecond;
}

/** The bytes where they are a waste worth looking at, else 0. */
export const wastes = (info: Info, bytes = 0): number => (isWaste(info, bytes) ? bytes : 0);
