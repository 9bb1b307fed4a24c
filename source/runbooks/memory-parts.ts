// Where the memory of a node goes: the parts that add up to used_memory, and what the process holds outside of it.
// After getMemoryOverheadData of the servers: dataset is used less all overhead, so the parts are disjoint. Lua's own
// machines are allocated outside used_memory and are no part of it.

import { countedBytes, fragmentedBytesOf, retainedBytesOf } from '../core/memory.ts';
import type { Info } from '../core/types.ts';
import type { NodeExtra } from './runbook.ts';

export type MemoryPart = { readonly name: string; readonly bytes: number; readonly source: string };

/** The parts of used_memory, in the order they are shown; what no field names is `other`. Empty without used_memory. */
export function partsOfUsed(info: Info, extra: NodeExtra): readonly MemoryPart[] {
	const used = info.usedMemoryBytes;
	if (used === undefined) return [];
	const known = [
		['data', info.datasetBytes, 'INFO memory'],
		['key tables', extra.keyTablesBytes, 'MEMORY STATS'],
		['client buffers', info.clientsNormalBytes, 'INFO memory'],
		['replication', replicationBytes(info), 'INFO memory'],
		['aof buffer', info.aofBufferBytes, 'INFO memory'],
		['cluster links', info.clusterLinksBytes, 'INFO memory'],
		['server itself', info.startupBytes, 'INFO memory'],
	] as const;
	const parts = known.flatMap(([name, bytes, source]) => (bytes ? [{ name, bytes, source }] : []));
	const rest = used - parts.reduce((sum, part) => sum + part.bytes, 0);
	const others = extra.keyTablesBytes === undefined ? 'key tables and other' : 'other';
	return rest > 0 ? [...parts, { name: others, bytes: rest, source: 'INFO memory' }] : parts;
}

/** Backlog and what is buffered for replicas beyond it; the second is not counted for eviction. */
export function replicationBytes(info: Info): number | undefined {
	const { backlogMemoryBytes: backlog, clientsReplicasBytes: replicas } = info;
	if (backlog === undefined && replicas === undefined) return info.replicationBuffersBytes;
	return (backlog ?? 0) + (replicas ?? 0);
}

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
