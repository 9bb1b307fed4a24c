// What a diagnosis of a node's memory is: the nouns that every step, every sentence and every change of the high-memory
// runbook shares. How it is made: cause.ts and cause-kinds.ts; what is said of it: cause-words.ts.

import type { EvictionVerdict } from '../core/findings/eviction.ts';
import type { MemoryKind } from '../core/node/memory-kinds.ts';
import type { Client } from '../core/parse/parse-client-list.ts';
import type { Info } from '../core/types.ts';
import type { MemoryLimit, OutsideUsed } from './memory-limit.ts';
import type { ReplicaBehind } from './replicas-behind.ts';
import type { ExpiredKeys, UnreadKeys } from './scan-effect.ts';
import type { HitRates, Trend } from './trend.ts';

export type Cause =
	/** Output buffers, or client buffers of which nobody can say what they are. */
	| 'clients'
	| 'query-buffers'
	| 'transactions'
	| 'connections'
	| 'subscriptions'
	| 'tracking'
	| 'blocking'
	| 'backlog'
	/** What replicas have not read beyond the backlog, or what a replica keeps while it loads. */
	| 'replication'
	| 'scripts'
	| 'functions'
	| 'aof-buffer'
	| 'cluster-links'
	| 'slot-migration'
	| 'expired'
	| 'lazyfree'
	/** Entries of streams that were delivered and never acknowledged. */
	| 'pending-entries'
	/** The server counts it as data, and no key holds it. */
	| 'unexplained'
	| 'key-tables'
	| 'data'
	| 'swap'
	| 'fragmentation'
	| 'retained'
	| 'copy-on-write'
	| 'interpreters'
	| 'none';

export type Diagnosis = {
	readonly cause: Cause;
	/** What the cause holds; undefined for data, and where it is no amount. */
	readonly causeBytes?: number;
	/** `causeBytes` is reckoned from counts. */
	readonly isEstimated?: boolean;
	/** Everything in used memory beside keys, the largest first. */
	readonly kinds: readonly MemoryKind[];
	readonly expired?: ExpiredKeys;
	/** What nobody has looked at: that it is live data is not said then. */
	readonly unread?: UnreadKeys;
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
	/** Undefined where INFO names no replica. */
	readonly replicas?: readonly ReplicaBehind[];
	/** Applications that hold most, the largest first. */
	readonly holders: readonly Client[];
	/** The policy evicts keys whatever their TTL: a full cache is normal. */
	readonly isCache: boolean;
	/** Keys go or writes fail, or soon would. */
	readonly isTight: boolean;
};
