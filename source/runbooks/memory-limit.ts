// What stops a node, and what its process holds outside used_memory: the two measures that every step judges by. The
// parts of used_memory itself are core's.

import { countedBytes, fragmentedBytesOf, retainedBytesOf } from '../core/node/memory.ts';
import type { Info } from '../core/types.ts';
import type { NodeExtra } from './runbook.ts';

export type OutsideUsed = {
	/** active - allocated: holes in pages. */
	readonly fragmentedBytes?: number;
	/** resident - active: pages that the allocator keeps and can give back. */
	readonly retainedBytes?: number;
	/** rss - resident: binary, stacks, modules; negative where part is swapped out or rss is sampled late. */
	readonly overheadBytes?: number;
	readonly isSwapped: boolean;
};

export function outsideUsed(info: Info, swapped: { warn: number; usedBytes: number }): OutsideUsed {
	const { usedMemoryBytes: used, rssBytes: rss, residentBytes: resident } = info;
	return {
		fragmentedBytes: fragmentedBytesOf(info),
		retainedBytes: retainedBytesOf(info),
		overheadBytes: rss === undefined || resident === undefined ? undefined : rss - resident,
		isSwapped:
			used !== undefined && rss !== undefined && used > swapped.usedBytes && rss < swapped.warn * used,
	};
}

export type MemoryLimit = {
	readonly bytes: number;
	readonly kind: 'maxmemory' | 'told' | 'host';
	/** What is held against it: what eviction counts, or the resident set where the kernel is the limit. */
	readonly heldBytes: number;
	readonly share: number;
};

/** What stops this node: maxmemory, else what the operator told of its container, else the host's memory. */
export function memoryLimitOf(info: Info, extra: NodeExtra): MemoryLimit | undefined {
	if (info.usedMemoryBytes === undefined) return undefined;
	if (info.maxmemoryBytes) return limitOf(info.maxmemoryBytes, 'maxmemory', countedBytes(info));
	if (info.maxmemoryBytes === undefined) return undefined;
	const held = info.rssBytes ?? info.usedMemoryBytes;
	if (extra.memoryLimitBytes) return limitOf(extra.memoryLimitBytes, 'told', held);
	return info.systemMemoryBytes ? limitOf(info.systemMemoryBytes, 'host', held) : undefined;
}

const limitOf = (bytes: number, kind: MemoryLimit['kind'], heldBytes: number): MemoryLimit => ({
	bytes,
	kind,
	heldBytes,
	share: heldBytes / bytes,
});
