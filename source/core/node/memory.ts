// The memory figures that INFO does not give, or gives under a misleading name: the share of maxmemory that
// eviction really looks at, and where the resident set goes. Formulas after the servers' sources; see each one.

import type { Info } from '../info.ts';

/** (used - not counted for evict) / maxmemory: replica buffers and the AOF buffer do not make a server evict. */
export function memoryShareOf(info: Info): number | undefined {
	if (info.usedMemoryBytes === undefined || !info.maxmemoryBytes) return undefined;
	return countedBytes(info) / info.maxmemoryBytes;
}

/** What eviction compares with maxmemory. */
export const countedBytes = (info: Info) =>
	Math.max(0, (info.usedMemoryBytes ?? 0) - (info.notCountedForEvictBytes ?? 0));

/** active - allocated: holes inside pages. Computed, for the server's own ratio means another thing from 7.4 on. */
export const fragmentedBytesOf = (info: Info) => difference(info.activeBytes, info.allocatedBytes);

/** resident - active: pages the allocator keeps and can give back. */
export const retainedBytesOf = (info: Info) => difference(info.residentBytes, info.activeBytes);

/** Where holes or retained pages begin to matter: earlier than the finding (256 MB), yet not on a server so small that a ratio means nothing. */
const wasteLimits = { bytes: 64 * 1024 * 1024, shareOfUsed: 0.25 } as const;

/** So many bytes beside the data are a waste worth looking at. */
export const isWaste = (info: Info, bytes: number): boolean =>
	bytes >= wasteLimits.bytes && bytes >= (info.usedMemoryBytes ?? 0) * wasteLimits.shareOfUsed;

const difference = (more: number | undefined, fewer: number | undefined) =>
	more === undefined || fewer === undefined ? undefined : Math.max(0, more - fewer);
