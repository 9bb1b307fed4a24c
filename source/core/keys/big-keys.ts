// The nouns of a scan for big keys, from the choice of the nodes to the result, and what can be said of them without
// a socket: which node of each shard is asked. The scan itself is redis/big-keys; output and screens read these types.
// What is an estimate says so: `estimated` is false only where every key was asked.

import type { Keysizes } from '../parse/keysizes.ts';
import type { Address, Fleet, OwnUse, RedisNode } from '../types.ts';
import type { ScanNote } from './scan-notes.ts';
import type { Spread } from './size-spread.ts';

/** One node to scan, as the fleet knows it. */
export type ScanTarget = {
	readonly address: Address;
	/** The primary whose keys these are: itself, or the one it replicates. */
	readonly primary: Address;
	readonly isReplica: boolean;
	/** A cluster holds each name once: what moves from node to node is counted once. */
	readonly isCluster: boolean;
	/** As the last INFO said; only for the progress until the scan has asked itself. */
	readonly keys?: number;
	/** Other nodes with the same keys, the best first: where the scan goes on when this one is lost. */
	readonly standIns?: readonly Address[];
};

/** How a node is doing while it is scanned, told by whoever watches it. */
export type Pressure = {
	readonly pingMilliseconds?: number;
	/** Of a BGSAVE, an AOF rewrite, a full sync or a slot migration. */
	readonly isForking?: boolean;
	/** Of the main thread. */
	readonly cpuPercent?: number;
};

/** Not all keys: those that match a glob, those of one database. */
export type ScanLimits = { readonly pattern?: string; readonly db?: number };

/** How far a shard was read: where the next scan goes on. A cursor means something to the process that gave it alone. */
export type ScanPoint = {
	readonly primary: Address;
	readonly node: Address;
	/** Undefined where it was never reached: then it begins there. */
	readonly runId?: string;
	readonly db: number;
	readonly cursor: string;
	readonly isDone: boolean;
};

export type NodeScanState = 'waiting' | 'scanning' | 'paused' | 'held' | 'done' | 'partial';

export type NodeProgress = {
	readonly node: Address;
	readonly primary: Address;
	readonly isReplica: boolean;
	readonly state: NodeScanState;
	/** Why it waits, goes slower or ended early; a whole short sentence. */
	readonly reason?: string;
	readonly scanned: number;
	/** DBSIZE, over all databases, when the scan of this node began. */
	readonly of?: number;
	/** With a pattern: keys that SCAN has passed, matching or not. */
	readonly walked?: number;
	readonly db: number;
	/** COUNT of the next SCAN. */
	readonly batch: number;
	/** Keys a second it may take now; 0 = no ceiling. */
	readonly pace: number;
	readonly pingMilliseconds?: number;
	readonly slowsAboveMilliseconds?: number;
	/** What the scan did on this node so far, to be taken out of what is shown of it. */
	readonly own: OwnUse;
};

export type ScanCost = {
	readonly commands: number;
	readonly inputBytes: number;
	readonly outputBytes: number;
	/** By the servers' own commandstats (time per call × our calls); undefined where that may not be asked. */
	readonly serverMicroseconds?: number;
};

/** What a node knows of its sizes without a scan, when it was opened; INFO keysizes, Redis from 8.0 on. */
export type NodeKeysizes = { readonly node: Address; readonly keysizes: readonly Keysizes[] };

export type BigKeysProgress = {
	readonly state: 'scanning' | 'paused' | 'details' | 'done';
	readonly nodes: readonly NodeProgress[];
	readonly scanned: number;
	/** Sum over the nodes that could be asked. */
	readonly of?: number;
	/** As of a node. */
	readonly walked?: number;
	/** Over the last seconds. */
	readonly keysPerSecond?: number;
	readonly secondsLeft?: number;
	readonly seconds: number;
	readonly hitsAdded: number;
	readonly cost: ScanCost;
	/** Of the nodes that tell; undefined where none does. */
	readonly keysizes?: readonly NodeKeysizes[];
};

export type BigKey = {
	/** A byte string: `printable` before it is shown. */
	readonly key: string;
	/** The node it was read from. */
	readonly node: Address;
	readonly db: number;
	readonly slot?: number;
	readonly bytes: number;
	/** As MEMORY USAGE has it by itself, by five elements: what `redis-cli --keystats` prints. */
	readonly walkedBytes?: number;
	/** By some of its elements. Left out where it is not known how it was sized: results of before. */
	readonly sizeEstimated?: boolean;
	/** The size lies within this share of `bytes` either way, in 95 of 100; undefined: nothing can be said. */
	readonly sizeMargin?: number;
	readonly type?: string;
	readonly encoding?: string;
	/** 1 of a string. Undefined where it could not be asked without touching the key's LRU clock. */
	readonly items?: number;
	/** null: it has none; undefined: not known. */
	readonly ttlSeconds?: number | null;
	/** Of a hash without a TTL: all of its fields have one, so that it leaves with the last, or some. */
	readonly fieldsExpire?: 'all' | 'some';
	/** Until the last of them goes; of many fields some were drawn, and it is not before that. */
	readonly fieldsTtlSeconds?: number;
	/** Of a stream with consumer groups: delivered and not acknowledged, over all groups. */
	readonly pendingEntries?: number;
	readonly groups?: number;
	/** What the server says of its size, where that cannot be: more than it uses in all. */
	readonly serverBytes?: number;
};

/** Keys and bytes of a type, a pattern or a database. Keys of a pattern are counted, bytes are sums of MEMORY USAGE. */
export type KeyGroup = {
	readonly keys: number;
	readonly bytes: number;
	/** Among them are collections that were sized by some of their elements. */
	readonly sizeEstimated?: boolean;
	/** Of `bytes`, as a share of them either way, at 95 of 100; undefined: nothing can be said. */
	readonly sizeMargin?: number;
	readonly keysWithoutTtl?: number;
	/** Left out where a few large keys of the sample decide it and nothing can be said. */
	readonly bytesWithoutTtl?: number;
	readonly estimated: boolean;
	/** Of keysWithoutTtl, as a share of the keys: 0.03 is three points either way, at 95 of 100. */
	readonly margin?: number;
	/** Of bytesWithoutTtl, as a share of the bytes. */
	readonly bytesMargin?: number;
};
/** A key of a type that stands out, by bytes as MEMORY USAGE has them by itself or by its length. */
export type TypeRecord = {
	readonly key: string;
	readonly node: Address;
	readonly db: number;
	readonly value: number;
};

/** Lengths are elements, of strings bytes; known where every key was asked. */
export type TypeGroup = KeyGroup & {
	readonly type: string;
	/** Of all its keys. */
	readonly length?: number;
	readonly longest?: TypeRecord;
	readonly largest?: TypeRecord;
	/** Their bytes as MEMORY USAGE has them by itself. */
	readonly walkedBytes?: number;
};
export type PatternGroup = KeyGroup & { readonly pattern: string };
export type DatabaseGroup = KeyGroup & { readonly node: Address; readonly db: number };

/** One node that was not read to its end, and why. */
export type PartialNode = { readonly node: Address; readonly reason: string; readonly scanned: number };

/** No TTL makes it leave: neither its own nor those of its fields. */
export const staysForever = ({ ttlSeconds, fieldsExpire }: BigKey): boolean =>
	ttlSeconds === null && fieldsExpire !== 'all';

export type BigKeysResult = {
	readonly at: number;
	/** Different keys that were sized. */
	readonly scanned: number;
	/** Type and TTL of every key were asked. */
	readonly isExact?: boolean;
	readonly of?: number;
	/** With a pattern: keys that SCAN has passed, matching or not. */
	readonly walked?: number;
	/** Left out where all keys were to be scanned. */
	readonly only?: ScanLimits;
	/** Where it goes on, one of each shard; left out where it is complete. */
	readonly rest?: readonly ScanPoint[];
	readonly complete: boolean;
	readonly partial: readonly PartialNode[];
	/** What the figures cannot say. */
	readonly notes: readonly ScanNote[];
	readonly seconds: number;
	readonly totalBytes: number;
	/** Of totalBytes, as in KeyGroup. */
	readonly sizeEstimated?: boolean;
	readonly sizeMargin?: number;
	/** Largest first. */
	readonly keys: readonly BigKey[];
	/** Most items first; of all keys with `itemsOfAll`, else among the largest by bytes. */
	readonly keysByItems: readonly BigKey[];
	readonly itemsOfAll?: boolean;
	readonly types: readonly TypeGroup[];
	readonly patterns: readonly PatternGroup[];
	readonly databases: readonly DatabaseGroup[];
	readonly sampled: number;
	readonly hitsAdded: number;
	readonly cost: ScanCost;
	/** How bytes are spread over keys, as MEMORY USAGE has them by itself, and how long names are. */
	readonly sizeSpread?: Spread;
	readonly nameSpread?: Spread;
	/** As in the progress. */
	readonly keysizes?: readonly NodeKeysizes[];
};

/** 0 to 1 of what is to be read; undefined where that is not known. */
export function shareRead({
	of,
	scanned,
	walked = scanned,
}: Pick<BigKeysResult, 'of' | 'scanned' | 'walked'>): number | undefined {
	if (of === undefined) return undefined;
	return of === 0 ? 1 : Math.min(1, walked / of);
}

/** A replica further behind its primary is not asked in its stead. */
const largestLagBytes = 1024 * 1024;

/**
 * The node to ask for each shard: the replica that is up and least behind, for it spares the primary, else the
 * primary. With `primary` no replica is asked.
 */
export function scanTargets(fleet: Fleet, prefer: 'replica' | 'primary' = 'replica'): readonly ScanTarget[] {
	const isCluster = fleet.mode === 'cluster';
	const usable = (node: RedisNode) => !node.isGone && node.health === 'up';
	const primaries = fleet.nodes.filter(
		node => node.role === 'primary' && !node.isGone && (!isCluster || node.slots.length > 0),
	);
	const targets = primaries.flatMap(primary => {
		const replicas = fleet.nodes.filter(
			node => node.role === 'replica' && node.primary === primary.address && usable(node) && isInStep(node),
		);
		const inOrder = [...replicas].sort((a, b) => lagOf(a) - lagOf(b));
		const isReplicaFirst = inOrder.length > 0 && (prefer === 'replica' || !usable(primary));
		// One that is down is the last that is tried.
		const [chosen, ...others] = isReplicaFirst
			? usable(primary)
				? [inOrder[0]!, primary, ...inOrder.slice(1)]
				: [...inOrder, primary]
			: [primary, ...inOrder];
		return [targetOf(chosen!, primary.address, isCluster, others)];
	});
	// A replica that was named alone, its primary not watched.
	return targets.length > 0
		? targets
		: fleet.nodes.filter(usable).map(node => targetOf(node, node.primary ?? node.address, isCluster, []));
}

const lagOf = (node: RedisNode) => node.replicationLagBytes ?? 0;
const isInStep = (node: RedisNode) =>
	node.isLinkUp === true && node.isSyncing !== true && lagOf(node) <= largestLagBytes;

const targetOf = (
	node: RedisNode,
	primary: Address,
	isCluster: boolean,
	others: readonly RedisNode[],
): ScanTarget => ({
	address: node.address,
	primary,
	isReplica: node.role === 'replica',
	isCluster,
	keys: node.keys,
	standIns: others.map(({ address }) => address),
});
