// Where a node's memory goes, in parts that add up to used_memory to the byte, and what the process holds beyond it.
// The server accounts for its overhead (MEMORY STATS, or less finely INFO memory) and calls the rest dataset. Parts and
// whole are of one reply: the used_memory of another, be it of the same pipeline, has moved by then (an INFO alone makes
// 24 KB of buffers). The server looks at its clients' memory about once a second, and Redis 8 counts its interpreters
// twice, so its parts can exceed the whole: then it tells a negative dataset (or 1.8e19 in INFO). Here the dataset is 0
// and `overcounted` says by how much, as the one part that may be negative. From 7.0 on the backlog and the replicas
// share one buffer; the server already tells them apart without counting twice.

import { asText, isArray } from '../reply.ts';
import { sumOfKnown } from '../sums.ts';
import type { Info, Reply } from '../types.ts';

/** MEMORY STATS. Bytes; negative where the server's own sums are. */
export type MemoryStats = {
	/** used_memory at that moment. */
	readonly totalBytes: number;
	readonly startupBytes?: number;
	readonly datasetBytes?: number;
	readonly clientsBytes?: number;
	readonly backlogBytes?: number;
	/** Of replicas, beyond the backlog: output buffers, and what full syncs hold. */
	readonly replicasBytes?: number;
	/** Links of the cluster bus, and slots on their way (Valkey 9). */
	readonly clusterBytes?: number;
	readonly aofBytes?: number;
	/** Cached scripts and functions; from Redis 8 on their interpreters. */
	readonly scriptsBytes?: number;
	readonly tables: readonly TableBytes[];
};

/** The hash tables of one database: of its keys, and of those that expire. */
export type TableBytes = { readonly db: number; readonly keysBytes: number; readonly expiresBytes: number };

export type MemoryPartId =
	| 'dataset'
	| 'key-tables'
	| 'clients'
	| 'replica-buffers'
	| 'backlog'
	| 'aof-buffer'
	| 'scripts'
	| 'cluster'
	| 'startup'
	| 'other'
	/** Only where the server's parts exceed the whole; below nothing. */
	| 'overcounted';

export type MemoryPart = {
	readonly id: MemoryPartId;
	readonly bytes: number;
	/** Of used_memory, 0..1; below 0 for what is overcounted. */
	readonly share: number;
};

export type MemoryParts = {
	/** used_memory at the moment of `source`. */
	readonly usedBytes: number;
	readonly source: 'memory stats' | 'info';
	/** They add up to usedBytes exactly. Without MEMORY STATS the key tables are in `other`. */
	readonly parts: readonly MemoryPart[];
	/** By how much the server's parts exceed the whole; 0 when all is well. */
	readonly overcountedBytes: number;
	/** Of the INFO that was given. */
	readonly outside: MemoryOutside;
};

/**
 * From used_memory to the resident set, each step in bytes; the four add up to rss - used_memory. The server looks at
 * them ten times a second at most, so right after a jump a step may be negative. rss below used is swap, or that.
 */
export type MemoryOutside = {
	readonly rssBytes?: number;
	/** allocated - used: rounding of the allocator, and what others allocate through it (Lua before Redis 8, modules). */
	readonly unaccountedBytes?: number;
	/** active - allocated: holes in pages. */
	readonly fragmentedBytes?: number;
	/** resident - active: pages the allocator can give back. */
	readonly retainedBytes?: number;
	/** rss - resident: program, stacks, libraries. */
	readonly processBytes?: number;
};

/** The reply of MEMORY STATS; undefined for an error reply and for one without its total. */
export function parseMemoryStats(reply: Reply | undefined): MemoryStats | undefined {
	const { numbers, tables } = readPairs(reply);
	const totalBytes = numbers.get('total.allocated');
	if (totalBytes === undefined || totalBytes < 0) return undefined;
	const sum = (...names: string[]) => sumOfKnown(names, name => numbers.get(name));
	const overhead = numbers.get('overhead.total');
	return {
		totalBytes,
		startupBytes: numbers.get('startup.allocated'),
		datasetBytes:
			numbers.get('dataset.bytes') ?? (overhead === undefined ? undefined : totalBytes - overhead),
		clientsBytes: numbers.get('clients.normal'),
		backlogBytes: numbers.get('replication.backlog'),
		replicasBytes: sum('clients.slaves', 'replica.fullsync.buffer', 'replicas.repl.buffer'),
		clusterBytes: sum('cluster.links', 'cluster.slot_import', 'cluster.slot_export'),
		aofBytes: numbers.get('aof.buffer'),
		scriptsBytes: sum('lua.caches', 'functions.caches', 'script.VMs'),
		tables,
	};
}

function readPairs(reply: Reply | undefined): { numbers: Map<string, number>; tables: TableBytes[] } {
	const numbers = new Map<string, number>();
	const tables: TableBytes[] = [];
	if (!isArray(reply)) return { numbers, tables };
	for (let index = 0; index + 1 < reply.length; index += 2) {
		const name = asText(reply[index]);
		const value = reply[index + 1]!;
		const db = name === undefined ? undefined : /^db\.(\d{1,9})$/.exec(name)?.[1];
		if (db !== undefined && isArray(value)) tables.push(tableOf(Number(db), value));
		else if (name !== undefined && typeof value === 'number' && Number.isSafeInteger(value))
			numbers.set(name, value);
	}
	return { numbers, tables };
}

// 7.0 in a cluster has a third table, from slots to keys; what later versions add is taken for the keys' too.
function tableOf(db: number, value: readonly Reply[]): TableBytes {
	const { numbers } = readPairs(value);
	const expiresBytes = numbers.get('overhead.hashtable.expires') ?? 0;
	return {
		db,
		keysBytes: (sumOfKnown([...numbers.values()], bytes => bytes) ?? 0) - expiresBytes,
		expiresBytes,
	};
}

/**
 * The parts of used_memory: of `stats` where there are some, else those INFO memory tells. Undefined where not even
 * used_memory is known.
 */
export function memoryPartsOf(info: Info, stats?: MemoryStats): MemoryParts | undefined {
	const usedBytes = stats?.totalBytes ?? info.usedMemoryBytes;
	if (usedBytes === undefined) return undefined;
	const told = (stats ? fromStats(stats) : fromInfo(info)).filter(isTold);
	const dataset = told.find(([id]) => id === 'dataset')?.[1] ?? 0;
	// What a client held a second ago may be more than is used now: no part is larger than the whole.
	const known = told.map(([id, bytes]): [MemoryPartId, number] => [
		id,
		Math.min(usedBytes, Math.max(0, bytes)),
	]);
	const left = known.reduce((sum, [, bytes]) => sum - bytes, usedBytes);
	const overcountedBytes = Math.max(0, -left, Math.min(-dataset, usedBytes - left));
	const rest = left + overcountedBytes;
	const twice: [MemoryPartId, number][] = overcountedBytes > 0 ? [['overcounted', -overcountedBytes]] : [];
	return {
		usedBytes,
		source: stats ? 'memory stats' : 'info',
		parts: [...known, ['other', rest] as const, ...twice].map(([id, bytes]) => ({
			id,
			bytes,
			share: usedBytes > 0 ? bytes / usedBytes : 0,
		})),
		overcountedBytes,
		outside: outsideOf(info),
	};
}

type Told = readonly [id: MemoryPartId, bytes: number | undefined];

const isTold = (told: Told): told is readonly [MemoryPartId, number] => told[1] !== undefined;

function fromStats(stats: MemoryStats): readonly Told[] {
	const { tables } = stats;
	return [
		['dataset', stats.datasetBytes],
		['key-tables', tables.reduce((sum, { keysBytes, expiresBytes }) => sum + keysBytes + expiresBytes, 0)],
		['clients', stats.clientsBytes],
		['replica-buffers', stats.replicasBytes],
		['backlog', stats.backlogBytes],
		['aof-buffer', stats.aofBytes],
		['scripts', stats.scriptsBytes],
		['cluster', stats.clusterBytes],
		['startup', stats.startupBytes],
	];
}

// A negative dataset stands in INFO as 2^64 less something, which no number here can be: so it is computed.
function fromInfo(info: Info): readonly Told[] {
	const { usedMemoryBytes: used, overheadBytes: overhead } = info;
	const computed = used === undefined || overhead === undefined ? undefined : used - overhead;
	return [
		['dataset', computed ?? info.datasetBytes],
		['clients', info.clientsNormalBytes],
		['replica-buffers', info.clientsReplicasBytes],
		['backlog', info.backlogMemoryBytes],
		['aof-buffer', info.aofBufferBytes],
		['scripts', info.scriptTextsBytes],
		['cluster', info.clusterLinksBytes],
		['startup', info.startupBytes],
	];
}

function outsideOf(info: Info): MemoryOutside {
	const { usedMemoryBytes: usedBytes, rssBytes, allocatedBytes, activeBytes, residentBytes } = info;
	return {
		rssBytes,
		unaccountedBytes: less(allocatedBytes, usedBytes),
		fragmentedBytes: less(activeBytes, allocatedBytes),
		retainedBytes: less(residentBytes, activeBytes),
		processBytes: less(rssBytes, residentBytes),
	};
}

const less = (more: number | undefined, fewer: number | undefined) =>
	more === undefined || fewer === undefined ? undefined : more - fewer;
