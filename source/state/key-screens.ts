// What the two key screens (4 hot keys, 5 big keys) remember, and the words they have for what they look at. A scope
// is a whole fleet or one shard of it; a scan and a watch belong to a scope and stay when the screen is left.

import type { BigKey, BigKeysProgress, BigKeysResult, ScanLimits } from '../core/keys/big-keys.ts';
import type { HotKeysResult, HotKeysStatus } from '../core/keys/hot-keys.ts';
import type { KeyLook } from '../core/keys/key-look.ts';
import type { Address, Info } from '../core/types.ts';

export type KeyScope = { readonly fleet: number; readonly primary?: Address };

export const isSameScope = (a: KeyScope, b: KeyScope): boolean =>
	a.fleet === b.fleet && a.primary === b.primary;

/** A name for the next scan, watch or look, never given twice: what comes late from one that is over finds nobody. */
export const nextId = (state: { readonly lastId?: number }): number => (state.lastId ?? 0) + 1;

/** A second press of a key is wanted between these two times. */
export type Confirm<Key extends string> = {
	readonly key: Key;
	readonly from: number;
	readonly until: number;
};

export const bigKeysViews = ['bytes', 'items', 'patterns', 'databases'] as const;
export type BigKeysView = (typeof bigKeysViews)[number];

/** One scan: at work, or what it found. */
export type BigKeysTrack = {
	/** Messages and effects name the scan by it. */
	readonly id: number;
	readonly scope: KeyScope;
	readonly startedAt: number;
	readonly isExact: boolean;
	/** Left out where it reads all keys. */
	readonly only?: ScanLimits;
	readonly progress?: BigKeysProgress;
	/** While it runs what it has so far; at the end the whole. */
	readonly found?: BigKeysResult;
	/** What the scan of this scope before it found: what grew between the two. */
	readonly earlier?: BigKeysResult;
	/** The nodes as they were when it began: what the scan itself changed is told by it. */
	readonly before?: ReadonlyMap<Address, { readonly info: Info; readonly expiredPerSecond?: number }>;
	readonly isOver: boolean;
	/** When it was over. */
	readonly endedAt?: number;
};

/** A key that was opened, and what it was found to be. */
export type OpenKey = {
	readonly id: number;
	readonly key: Pick<BigKey, 'key' | 'node' | 'db'>;
	/** Undefined until it has been asked. */
	readonly look?: KeyLook;
};

export type BigKeysState = {
	readonly scope: KeyScope;
	readonly view: BigKeysView;
	/** Identity of the row under the cursor: see `bigKeysRows` in view/screens/big-keys/rows.ts. Undefined is the first one. */
	readonly cursor?: string;
	/** First row drawn. */
	readonly top: number;
	/** The newest of each scope, newest first. */
	readonly scans: readonly BigKeysTrack[];
	readonly open?: OpenKey;
	/**
	 * A second press is wanted: of `t`, for it costs hits, and of `s` where it would throw away what has only just been
	 * found, or took long.
	 */
	readonly confirm?: Confirm<'exact' | 'scan'>;
};

/** `bytes`: the keys by theirs, where they were measured. `ways`: how it was and could be sampled, node by node. */
export const hotKeysViews = ['keys', 'bytes', 'patterns', 'commands', 'clients', 'slots', 'ways'] as const;
export type HotKeysView = (typeof hotKeysViews)[number];

export type HotKeysTrack = {
	readonly id: number;
	readonly scope: KeyScope;
	/** The nodes it was begun with: when another serves, it is begun anew. */
	readonly nodes: readonly Address[];
	/** Undefined until the ladder was asked. */
	readonly status?: HotKeysStatus;
	/** The newest result, kept when a later look finds nothing. */
	readonly result?: HotKeysResult;
	/** A window is open, or was a moment ago: until then it is not begun anew, whoever serves. */
	readonly keepUntil?: number;
};

export type HotKeysState = {
	readonly scope: KeyScope;
	readonly view: HotKeysView;
	/** Identity of the row under the cursor: see `hotRows` in view/screens/hot-keys/rows.ts. */
	readonly cursor?: string;
	/** First row drawn. */
	readonly top: number;
	/** One of each scope. */
	readonly watches: readonly HotKeysTrack[];
	readonly open?: OpenKey;
	/** `s` or `a` on a node that is busy wants a second press. */
	readonly confirm?: Confirm<'sample' | 'repeat'>;
	/** The order of the rows held for a moment after the cursor moved. */
	readonly held?: { readonly until: number; readonly order: readonly string[] };
};
