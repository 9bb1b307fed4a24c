// The nouns of the search for hot keys, from the choice of the nodes to the result. There are several ways to find
// them, each blind in another place: hot-ladder.ts. How each works is in redis/hot-keys; output and the screen read
// these types and have the words. A share always says of what: commands, time or accesses.

import type { HotSlot } from '../parse/parse-slot-stats.ts';
import type { Address, OwnUse, ServerName } from '../types.ts';
import type { EndWhy, HotNote, SlotRanges } from './hot-facts.ts';
import type { HotKeysMethod, Ladder } from './hot-ladder.ts';
import type { HotMitigation } from './key-advice.ts';
import type { LfuMeans } from './lfu.ts';
import type { SessionOwner } from './rungs/rung.ts';

/** One node to look at, as the fleet knows it: where the traffic is, so a primary wherever there is one. */
export type HotTarget = {
	readonly address: Address;
	readonly isReplica: boolean;
	readonly isCluster: boolean;
	readonly shard?: number;
	readonly replicas: readonly Address[];
	readonly server?: ServerName;
	readonly version?: string;
	readonly maxmemoryPolicy?: string;
	readonly maxmemoryBytes?: number;
	readonly keys?: number;
};

export type HotKey = {
	/** A byte string: `printable` before it is shown. */
	readonly key: string;
	readonly node: Address;
	readonly method: HotKeysMethod;
	readonly db?: number;
	readonly slot?: number;
	/** 0 to 1, of the node's or of the fleet's commands (result.shareOf says which); undefined for LFU. */
	readonly share?: number;
	readonly low?: number;
	readonly high?: number;
	/** Commands seen, never under the truth; `hits - error` is never over it. */
	readonly hits?: number;
	readonly error?: number;
	readonly hitsPerSecond?: number;
	/** Of the hits those that only read, 0 to 1. */
	readonly readShare?: number;
	/** Its share is one of chance: too little was measured to tell. */
	readonly isUnsure?: true;
	/** Most of the time that is told of it the machine held it up: of that there is no share. */
	readonly isHeldUp?: true;
	/** By HOTKEYS of Redis. */
	readonly cpuMicroseconds?: number;
	readonly netBytes?: number;
	/** Of the bytes of all commands with a key, in and out, 0 to 1. */
	readonly netShare?: number;
	readonly netLow?: number;
	readonly netHigh?: number;
	/** LFU: the counter, and what it means. */
	readonly counter?: number;
	readonly counterMeans?: LfuMeans;
	/** It may be the counter of another key that holds the same number. */
	readonly isCounterShared?: true;
	/** False: it was not there when it was asked; undefined: it could not be asked. */
	readonly exists?: boolean;
	readonly type?: string;
	readonly encoding?: string;
	/** null: it has none; undefined: not known. */
	readonly ttlSeconds?: number | null;
	readonly bytes?: number;
	/** Lower case, with its share of this key's hits. */
	readonly topCommand?: string;
	readonly topCommandShare?: number;
	readonly topWrite?: string;
	/** Different client connections seen using it. */
	readonly clients?: number;
	readonly replicas: readonly Address[];
	readonly mitigations: readonly HotMitigation[];
};

export type HotPattern = {
	readonly pattern: string;
	readonly share: number;
	readonly hits: number;
	/** Different keys of it that were seen. */
	readonly keys: number;
};
export type HotCommand = { readonly command: string; readonly share: number; readonly hits: number };
/** `client` is an address without its port: processes of one host together. */
export type HotClient = { readonly client: string; readonly share: number; readonly hits: number };
/** The HOTKEYS session that figures of a node are from. */
export type HotSession = {
	readonly whose: SessionOwner;
	readonly isActive: boolean;
	/** When it began, epoch ms on the server's clock. */
	readonly startedAt?: number;
	readonly seconds: number;
	/** 10: one command of ten was looked at. */
	readonly sampleRatio: number;
	/** The slots it is limited to; undefined where it is of all. */
	readonly onlySlots?: SlotRanges;
};

/** What was seen on one node, and why it ended. */
export type HotNode = {
	readonly node: Address;
	readonly method: HotKeysMethod;
	readonly seconds: number;
	readonly commands: number;
	readonly bytes: number;
	readonly endedBy:
		| 'time'
		| 'commands'
		| 'bytes'
		| 'client-memory'
		| 'event-loop'
		| 'fell-behind'
		| 'stopped'
		| 'lost'
		| 'refused'
		/** A rung that goes on by itself. */
		| 'going-on';
	/** Where it is not one of the plain ends. */
	readonly why?: EndWhy;
	readonly opsBefore?: number;
	readonly opsDuring?: number;
	/** Of a walk over all keys that is not at its end: how many were read, and of how many. */
	readonly walk?: { readonly keys: number; readonly of?: number };
	readonly session?: HotSession;
	/** Its part of what the shares of the result are of, 0 to 1. */
	readonly weight?: number;
};

export type HotKeysCost = {
	readonly commands: number;
	readonly inputBytes: number;
	readonly outputBytes: number;
	readonly hitsAdded: number;
	readonly serverMicroseconds?: number;
};

export type HotKeysResult = {
	/** Of most of the nodes; each key and node names its own. */
	readonly method: HotKeysMethod;
	/** When the window began. */
	readonly at: number;
	/** Of the longest window. */
	readonly seconds: number;
	readonly commands: number;
	/** What the shares are of. */
	readonly shareOf: 'commands' | 'time' | 'accesses';
	/** Hottest first. */
	readonly keys: readonly HotKey[];
	/** All the others together: hits, and how many different ones were told apart. */
	readonly others?: { readonly hits?: number; readonly share: number; readonly keys?: number };
	readonly patterns: readonly HotPattern[];
	readonly byCommand: readonly HotCommand[];
	readonly byClient: readonly HotClient[];
	readonly slots: readonly HotSlot[];
	readonly nodes: readonly HotNode[];
	/** What the figures cannot say. */
	readonly notes: readonly HotNote[];
	readonly cost: HotKeysCost;
};

/** Everything the screen needs to know of a watch; told anew whenever it changes. */
export type HotKeysStatus = {
	readonly ladders: readonly Ladder[];
	/** A window that was asked for is open now. */
	readonly sampling?: {
		/** What it looks by, of each node. */
		readonly methods?: readonly HotKeysMethod[];
		readonly since: number;
		readonly commands: number;
		readonly bytes: number;
		readonly mostSeconds: number;
		readonly mostCommands: number;
	};
	/** `a`: short MONITOR windows until it is pressed again. */
	readonly repeating?: {
		readonly everySeconds: number;
		readonly windowMilliseconds: number;
		/** By HOTKEYS, whose sessions are as long as any: one behind the other; MONITOR unless told. */
		readonly methods?: readonly HotKeysMethod[];
	};
	readonly result?: HotKeysResult;
	/** What the watch did on each node so far, to be taken out of what is shown of it. */
	readonly own: ReadonlyMap<Address, OwnUse>;
};
