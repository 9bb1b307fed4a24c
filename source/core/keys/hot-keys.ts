// The nouns of the search for hot keys, from the choice of the nodes to the result, and what can be said of them
// without a socket. There are four ways to find them, each blind in another place: the ladder. How each works is in
// redis/hot-keys; output and the screen read these types. A share always says of what: commands, time or accesses.

import type { Address, OwnUse, ServerName } from '../types.ts';

/** From the best rung to the last resort, each with the command that is sent for it. */
const methods = {
	hotkeys: 'HOTKEYS',
	'slot-stats': 'SLOT-STATS',
	lfu: 'OBJECT FREQ',
	monitor: 'MONITOR',
} as const;
export type HotKeysMethod = keyof typeof methods;

/** As it is called on the screen: the command that is sent. */
export const methodName = (method: HotKeysMethod): string => methods[method];

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

/** How a node is doing while it is watched, told by whoever polls it. */
export type HotPressure = {
	readonly opsPerSecond?: number;
	/** Of the main thread, 100 is one core. */
	readonly cpuPercent?: number;
	readonly pingMilliseconds?: number;
	/** Why it does not answer whoever polls it. */
	readonly down?: string;
	/** mem_clients_normal: a reader that falls behind grows it. */
	readonly clientsBytes?: number;
	/** Of the node's primaries' mean, for what to do about a key. */
	readonly meanOpsPerSecond?: number;
	/** Primaries that share the keys with this node: those of a cluster, else 1. */
	readonly primaries?: number;
};

/**
 * What one rung can do on one node. `ready`: costs next to nothing, or runs already, and refreshes by itself. `asks`:
 * it must be asked for. `running`: it is at work now. `unavailable`: `why` says it, `enable` is what would change that.
 */
export type Rung = {
	readonly method: HotKeysMethod;
	readonly state: 'ready' | 'asks' | 'running' | 'unavailable';
	/** `the policy is noeviction, and LFU counters are kept under an -lfu policy only`. */
	readonly why?: string;
	/** A command or an ACL word that the operator may use: `CONFIG SET cluster-slot-stats-enabled yes`, `+monitor`. Never sent. */
	readonly enable?: string;
	/** What it shows: `commands of 2 s`, `accesses of the last minutes`. */
	readonly window: string;
	/** What it costs the server: `20-35% of the peak throughput while it runs`. */
	readonly cost: string;
	/** What it cannot see. */
	readonly blindSpot: string;
	/** Until it has been through all keys of this node; undefined where it is no walk, or a short one. */
	readonly walkSeconds?: number;
};

/** The ladder of one node: every rung, and the one that is used. */
export type Ladder = {
	readonly node: Address;
	readonly rungs: readonly Rung[];
	readonly used?: HotKeysMethod;
	/** Commands a second now and what a MONITOR window is expected to lose, in words; undefined until polled. */
	readonly monitorLoss?: string;
	/** Over 70 % of a core: a MONITOR window wants a second key press. */
	readonly isBusy?: boolean;
	/** Nobody but us uses it: counters of the minutes before tell more than any window. */
	readonly isIdle?: boolean;
};

export type HotMitigation = {
	readonly id: 'cache' | 'replica' | 'split';
	readonly helps: boolean;
	readonly remainingPerSecond?: number;
	/** One line, without the key's name. */
	readonly text: string;
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
	/** LFU: the counter, and what it means: `~12k accesses lately`. */
	readonly counter?: number;
	readonly counterText?: string;
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
export type HotSlot = {
	readonly slot: number;
	readonly node: Address;
	/**
	 * Of the time of all the node's commands over the window, 0 to 1; of all its time where that is not known, and of the
	 * bytes of all its slots where no time is counted.
	 */
	readonly share: number;
	readonly shareOf?: 'bytes';
	readonly cpuMicrosecondsPerSecond?: number;
	readonly inputBytesPerSecond?: number;
	readonly outputBytesPerSecond?: number;
	readonly keys?: number;
	/** Of its keys and values; where the server was started to count it. */
	readonly memoryBytes?: number;
};

/** Whose a HOTKEYS session is. `left`: of a redis-top that was killed. `sibling`: of another one that is at work. */
export type SessionOwner = 'ours' | 'left' | 'sibling' | 'somebody';

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
	readonly onlySlots?: readonly (readonly [first: number, last: number])[];
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
	/** A whole short sentence where it is not one of the plain ends. */
	readonly text?: string;
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
	/** What the figures cannot say, a sentence each. */
	readonly notes: readonly string[];
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
