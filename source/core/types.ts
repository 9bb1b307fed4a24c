// Every noun of redis-top, in the order the data travels: a Reading comes from a socket, becomes a Sample,
// is kept in a NodeTrack, is drawn as a RedisNode of a Fleet, and is judged in Findings and told in FleetEvents.
// Units stand in the names. `undefined` is "not measured" everywhere: `view/format` turns it into "-" and
// `output/json` into null. Times called `at` are milliseconds since the epoch on our own clock.

import type { CpuOf, Figures, Rates } from './figures.ts';
import type { Seldom } from './fleet/seldom.ts';
import type { CommandStat, Database, Info, ReplicaLine } from './info.ts';
import type { ServerName } from './known-servers.ts';
import type { Address } from './parse/parse-address.ts';
import type { ErrorReply, Reply } from './reply.ts';

// ---------------------------------------------------------------------------------------------------------
// From the socket

export type { Address, ErrorReply, Reply };

export type ErrorReason =
	| 'refused'
	| 'timeout'
	| 'host-not-found'
	| 'unreachable'
	| 'closed'
	| 'tls'
	| 'needs-password'
	| 'wrong-password'
	| 'no-permission'
	| 'max-clients'
	| 'loading'
	| 'busy'
	| 'paused'
	| 'masterdown'
	| 'gone'
	| 'no-address'
	| 'not-allowed'
	| 'protocol'
	| 'unknown-info'
	| 'other';

/** Why a node gave no reading. `text` is a whole short sentence for people; `retryAt` is when it is tried again. */
export type NodeError = {
	readonly reason: ErrorReason;
	readonly text: string;
	readonly retryAt?: number;
	/** The server itself said so before it hung up: a refusal that is no closed port. */
	readonly isTold?: true;
	/** What lies between here and the server said so: a command of --via. */
	readonly isOfWay?: true;
	/** The address itself takes a new connection, and answers no command on it: that is nothing that keeps us alone away. */
	readonly isAccepted?: true;
	/** It answers what needs no login, and not our login. */
	readonly isLogin?: true;
	/** Of a server that is busy: a function runs, and SCRIPT KILL does not end it. */
	readonly isFunction?: true;
};

/**
 * What redis-top itself did on a node, cumulative since it began to watch it, up to and not including the INFO
 * of the reading. Subtracted from the node's counters, and shown as the cost. `calls` is by the name commandstats uses.
 */
export type OwnUse = {
	readonly commands: number;
	readonly hits: number;
	/** Lookups of keys that were gone; not in older recordings. */
	readonly misses?: number;
	readonly inputBytes: number;
	readonly outputBytes: number;
	readonly calls: Readonly<Record<string, number>>;
	/** Errors it answered to us, by code as errorstats has it; not in older recordings. */
	readonly errors?: Readonly<Record<string, number>>;
};

/** One visit to one node: the commands of one pipeline and their replies, or the reason why there are none. */
export type Reading = {
	readonly node: Address;
	readonly at: number;
	/** Our monotonic clock at the reply, milliseconds: what rates divide by where the server tells no time. */
	readonly clock: number;
	/** Round trip of this pipeline's first reply, milliseconds. */
	readonly pingMilliseconds?: number;
	/** Of that the time in which we did nothing but wait: so long the server certainly took. */
	readonly waitedMilliseconds?: number;
	/** How long the INFO of this reading took, where it was asked on another connection than the ping. */
	readonly infoMilliseconds?: number;
	/** Of all calls since the reading before, the longest wait for an answer. */
	readonly longestWaitMilliseconds?: number;
	/** The shortest that an answer took within the last minute: how far the node is; not in older recordings. */
	readonly tripMilliseconds?: number;
	/** Those that ended since the reading before. */
	readonly stalls?: readonly Stall[];
	/** It has not answered for so long and still does not: there is nothing else in this reading. */
	readonly silentMilliseconds?: number;
	/** While it is silent it answers errors at once: it makes its clients wait. */
	readonly isHeld?: boolean;
	/** Command as sent, lower case, e.g. `info`, `cluster nodes`, `sentinel replicas mymaster`. */
	readonly replies: readonly (readonly [command: string, reply: Reply])[];
	/** Commands this user or server refused on this connection: `slowlog get` and why. Learnt once per connection. */
	readonly refused: readonly Refusal[];
	readonly own: OwnUse;
	/** The server let us in without a password. */
	readonly isPasswordless?: boolean;
	/** This connection goes on, and a new login with what we have is refused. */
	readonly isLoginRefused?: boolean;
	/** The other end of the connection as `ip:port`, where a name led there and no --nat. */
	readonly reached?: Address;
	readonly error?: NodeError;
};

/** So long a node answered nobody; `at` is when that ended. */
export type Stall = { readonly at: number; readonly seconds: number };

/** The visits of one moment, as the poller hands them on and a recording keeps them. */
export type Round = {
	readonly at: number;
	readonly readings: readonly Reading[];
	/** Between two rounds at the delay: a node just found, a lost connection, the fast phase of a failover. */
	readonly isExtra: boolean;
	/** Everybody known has answered or failed at least once. */
	readonly isSettled: boolean;
	/** What this machine's clock was set forward since the start, milliseconds: times of day are `at` and this. */
	readonly clockOffset?: number;
	/** The delay that is kept: longer than asked where a round is more work for us than that has room for. */
	readonly delaySeconds?: number;
};

/** A command that cannot be used on a node. `word` is what the ACL lacks: `+slowlog|get`. */
export type Refusal = {
	readonly command: string;
	readonly why: 'no-permission' | 'unknown-command';
	readonly word: string;
};

// ---------------------------------------------------------------------------------------------------------
// Parsed

export type { CommandStat, Database, Info, ReplicaLine, Seldom, ServerName };

export type SlotRange = readonly [first: number, last: number];

/** One line of CLUSTER NODES, as one node sees it. */
export type Peer = {
	readonly id: string;
	/**
	 * In a reply `ip:port`; undefined when the node that was asked does not know it (noaddr, or itself before any MEET).
	 * In a track the name of its row: see names.ts.
	 */
	readonly address?: Address;
	/** In a track: `ip:port` as told. */
	readonly ip?: Address;
	/** Its port even where the ip is not known yet. */
	readonly port?: number;
	readonly hostname?: string;
	readonly flags: readonly string[];
	readonly role?: 'primary' | 'replica';
	readonly isMyself: boolean;
	/** `fail?`: the opinion of the node asked alone. */
	readonly isPfail: boolean;
	/** `fail`: agreed by a majority of primaries. */
	readonly isFail: boolean;
	readonly isHandshake: boolean;
	readonly primaryId?: string;
	readonly epoch: number;
	readonly isLinkUp: boolean;
	readonly slots: readonly SlotRange[];
	readonly migrating: readonly { readonly slot: number; readonly to: string }[];
	readonly importing: readonly { readonly slot: number; readonly from: string }[];
};

/** CLUSTER INFO and CLUSTER NODES of one node: its own opinion of the cluster, never the truth. */
export type ClusterView = {
	readonly state?: 'ok' | 'fail';
	readonly epoch?: number;
	readonly myEpoch?: number;
	readonly slotsAssigned?: number;
	readonly slotsOk?: number;
	readonly slotsPfail?: number;
	readonly slotsFail?: number;
	readonly knownNodes?: number;
	/** Primaries that serve slots, the dead ones included: what a majority is counted over. */
	readonly size?: number;
	/** undefined when CLUSTER NODES was not asked or refused this time. */
	readonly peers?: readonly Peer[];
	/** Ids of peers that owe it the answer to a ping for too long; undefined where there is none. */
	readonly unanswered?: readonly string[];
};

/** One master as one Sentinel sees it. */
export type SentinelMaster = {
	readonly name: string;
	readonly address: Address;
	readonly runId?: string;
	readonly flags: readonly string[];
	readonly okPingMilliseconds?: number;
	/** For how long it has called it down by itself. */
	readonly downMilliseconds?: number;
	readonly quorum?: number;
	readonly replicaCount?: number;
	readonly otherSentinels?: number;
	readonly configEpoch?: number;
	readonly failoverState?: string;
	readonly downAfterMilliseconds?: number;
	readonly failoverTimeoutMilliseconds?: number;
	/** From SENTINEL REPLICAS / SENTINELS / CKQUORUM, undefined until asked. */
	readonly replicas?: readonly SentinelPeer[];
	readonly sentinels?: readonly SentinelPeer[];
	readonly isQuorumReachable?: boolean;
	/** CKQUORUM's own words. */
	readonly quorumText?: string;
};
export type SentinelPeer = {
	readonly address: Address;
	readonly runId?: string;
	readonly flags: readonly string[];
	/** Since its last good answer to the Sentinel's PING, where none is awaited. */
	readonly okPingMilliseconds?: number;
	/** For how long the Sentinel has called it down by itself. */
	readonly downMilliseconds?: number;
};
/** `isPartial`: SENTINEL MASTERS was not asked this time, its masters have no address: only `mergeSentinel` reads such a view. */
export type SentinelView = { readonly masters: readonly SentinelMaster[]; readonly isPartial?: boolean };

export type SlowlogEntry = {
	readonly id: number;
	readonly at: number;
	readonly microseconds: number;
	/** Byte strings; `printable` before they are shown. */
	readonly args: readonly string[];
	readonly client?: string;
	readonly clientName?: string;
};

/** `own`: how many entries up to this one were redis-top's, of all that were read. */
export type SlowlogMark = Pick<SlowlogEntry, 'id' | 'at' | 'clientName'> & { readonly own: number };

/** A Reading, parsed. What was not asked this time is undefined. */
export type Sample = {
	readonly node: Address;
	readonly at: number;
	readonly clock: number;
	readonly pingMilliseconds?: number;
	readonly waitedMilliseconds?: number;
	readonly infoMilliseconds?: number;
	readonly longestWaitMilliseconds?: number;
	readonly tripMilliseconds?: number;
	readonly stalls?: readonly Stall[];
	readonly silentMilliseconds?: number;
	readonly isHeld?: boolean;
	readonly info?: Info;
	readonly cluster?: ClusterView;
	readonly sentinel?: SentinelView;
	readonly slowlog?: readonly SlowlogEntry[];
	/** Names and values of CONFIG GET. */
	readonly config?: Readonly<Record<string, string>>;
	readonly seldom?: Seldom;
	/** INFO as it came, for what is read of one node at a time: detailsOf in sample.ts. */
	readonly infoText?: string;
	/** Replies that a fleet's refresh makes nothing of: see close-look.ts, migrations.ts, sentinel-messages.ts. */
	readonly others?: Reading['replies'];
	readonly refused: readonly Refusal[];
	readonly own: OwnUse;
	readonly isPasswordless?: boolean;
	readonly isLoginRefused?: boolean;
	readonly reached?: Address;
	readonly error?: NodeError;
};

// ---------------------------------------------------------------------------------------------------------
// Kept through time

export type { CpuOf, Rates };

/** What happened between two readings: the raw material of the windows of 10 s and 60 s. */
export type Interval = {
	readonly at: number;
	readonly seconds: number;
	readonly hits: number;
	readonly misses: number;
	readonly evicted: number;
	readonly expired: number;
};

/** How far a primary had written, at some moment from `askedAt` to `at` (our monotonic clock, ms). See offsets.ts. */
export type OffsetReading = {
	readonly askedAt: number;
	readonly at: number;
	readonly offset: number;
	/** Its replication id: offsets of two histories have nothing to do with each other. */
	readonly history?: string;
};

/** A series in buckets of equal length, oldest first; NaN is a bucket without a value. See history.ts. */
export type Series = {
	readonly bucketSeconds: number;
	/** Start of the newest bucket, ms. */
	readonly openedAt: number;
	readonly closed: Float64Array;
	readonly openSum: number;
	readonly openCount: number;
};

export type NodeKind = 'data' | 'sentinel';

/** How we know of a node: named by the user, or told by another. */
export type Origin = 'seed' | 'cluster' | 'replication' | 'sentinel';

/** The names of one node beside its row's. */
export type Announced = {
	/** By this it was reached first. */
	readonly reachedAs?: Address;
	readonly ip?: Address;
	readonly hostname?: string;
};

/** Everything remembered of one node. Heavy: only the newest is kept; what is drawn is in RedisNode. */
export type NodeTrack = {
	readonly address: Address;
	readonly origin: Origin;
	readonly kind: NodeKind;
	/** The Sentinel's name for its master, where a Sentinel told of it. */
	readonly group?: string;
	/** From the seeds to it, each named by the one before; undefined of seeds. */
	readonly steps?: number;
	readonly firstSeenAt: number;
	/** What else it is called: what it was dialled by before its announced name was known, and what its peers announce. */
	readonly announced?: Announced;
	/** Where its connection ended, `ip:port`, when it was last open and a name led there. */
	readonly reached?: Address;
	/** Newest visit, good or not. */
	readonly latest?: Sample;
	/** Newest sample with INFO. */
	readonly lastGood?: Sample;
	/** The sample that the rates end at, and the next ones begin: lastGood, but for one right behind another. */
	readonly ratedFrom?: Sample;
	/** Newest of what is not asked every time. */
	readonly cluster?: ClusterView;
	/** The peers as the reply had them; those of `cluster` carry the names of rows. */
	readonly toldPeers?: readonly Peer[];
	/** The id that it had in the cluster before this one. */
	readonly formerId?: string;
	readonly clusterAt?: number;
	/** When its peers were told, and what its CLUSTER INFO told with them. */
	readonly viewAt?: number;
	readonly saidWithView?: ClusterView;
	/** Its CLUSTER INFO has told something else since: its peers are not what it believes now. */
	readonly isViewOutdated?: true;
	readonly sentinel?: SentinelView;
	readonly config?: Readonly<Record<string, string>>;
	readonly seldom?: Seldom;
	readonly commands?: {
		readonly at: number;
		readonly stats: Readonly<Record<string, CommandStat>>;
		readonly own: OwnUse;
	};
	readonly refused: readonly Refusal[];
	readonly error?: NodeError;
	/** Since when every visit has failed. */
	readonly failingSince?: number;
	/** We get no answer from it, and all others say that it is well: see reach.ts. */
	readonly isSeenWell?: boolean;
	/** The operator lets us not ask it, and the others do not hear from it. */
	readonly isSeenIll?: boolean;
	readonly rates?: Rates;
	/** The last 60 s. */
	readonly intervals: readonly Interval[];
	readonly ops: Series;
	readonly hits: Series;
	readonly lookups: Series;
	/** Bytes that eviction looks at: used memory without what is not counted. */
	readonly counted: Series;
	/** Keys a second. */
	readonly evicted: Series;
	/** Since when the allocator has held pages it could give back without a break, as memory.ts sees it. */
	readonly retainedSince?: number;
	/** The longest round trips of the last readings, newest last, for the median. */
	readonly pings: readonly number[];
	/** Of the last seconds, oldest first; empty without replicas. */
	readonly offsets: readonly OffsetReading[];
	/** The longest of them since the refresh before: readings between two refreshes count too. */
	readonly longestPing?: { readonly refresh: number; readonly milliseconds: number };
	/** Of the last minute, oldest first. */
	readonly stalls?: readonly Stall[];
	/** Since when it has answered nobody, while that lasts. */
	readonly silentSince?: number;
	/** Since when it makes all its clients wait, while that lasts. */
	readonly heldSince?: number;
	/** The last time that it did and does no more. */
	readonly lastHeld?: { readonly from: number; readonly to: number };
	readonly slowlogLastId?: number;
	readonly slowlog: readonly SlowlogEntry[];
	/** Which entry was in the slow log at which time, oldest first. See slowlog.ts. */
	readonly slowlogMarks: readonly SlowlogMark[];
	/** Role, epoch or primary last changed. */
	readonly changedAt?: number;
	/** Server microseconds a second that our own commands cost, from commandstats. */
	readonly costMicrosecondsPerSecond?: number;
	readonly costCommandsPerSecond?: number;
	readonly costBytesPerSecond?: number;
	/** When a view that had it had it no more; not where another one has got it since. */
	readonly droppedAt?: number;
	/** Since when nobody names it; a moment of that is a failover, not a farewell. */
	readonly unnamedSince?: number;
	/** It was dropped, and nobody has named it for some seconds. */
	readonly gone?: { readonly at: number; readonly text: string };
};

// ---------------------------------------------------------------------------------------------------------
// Drawn

export type Health = 'up' | 'loading' | 'stale' | 'down';

/** One node as it is drawn and printed, with its figures. Light: snapshots of it are kept to step back in time. */
export type RedisNode = Figures & {
	readonly address: Address;
	readonly role?: 'primary' | 'replica';
	readonly health: Health;
	/** Since when the health is what it is; with `stale` and `down` the age that is shown. */
	readonly since: number;
	/** Age of the last good sample, seconds. */
	readonly ageSeconds?: number;
	readonly error?: NodeError;
	/** With an error: its peers say that it is well, so it is only we who do not reach it. */
	readonly isSeenWell?: boolean;
	/** With an error that is our own wish: its peers do not hear from it. */
	readonly isSeenIll?: boolean;
	/** Not read anew since the refresh before: no rate of it is of now. */
	readonly isUnread?: boolean;
	readonly isGone: boolean;
	readonly server?: ServerName;
	/** What a server that is not known calls itself. */
	readonly unknownServer?: string;
	readonly service?: string;
	readonly version?: string;
	/** What its INFO does not tell, though others do; see untold.ts. */
	readonly untold?: readonly string[];
	/** A primary that replicates others too (KeyDB). */
	readonly isActiveReplica?: boolean;
	/** How much its clock is before ours, where the two differ. */
	readonly aheadMilliseconds?: number;
	readonly group?: string;
	/** In a cluster. */
	readonly nodeId?: string;
	/** `ip:port`, where the row has a host name. */
	readonly ip?: Address;
	/** Number of its shard, from 1, in slot order. */
	readonly shard?: number;
	/** Those it serves itself. */
	readonly slots: readonly SlotRange[];
	/** Of a replica: those of its shard. */
	readonly shardSlots?: readonly SlotRange[];
	/** Of a replica: the row of its primary. */
	readonly primary?: Address;
	/** Of a replica: its primary by its own word, whether that is watched or not. */
	readonly replicates?: Address;
	readonly changedAt?: number;
	readonly ops: Series;
	readonly refused: readonly Refusal[];
};

/** A primary with its replicas, in the order they are drawn. */
export type Shard = {
	readonly number: number;
	readonly name?: string;
	readonly primary?: Address;
	readonly replicas: readonly Address[];
	readonly slots: readonly SlotRange[];
};

export type FleetMode = 'standalone' | 'sentinel' | 'cluster';

/** Sums over primaries (clients over all nodes), ratios made from sums. */
export type Totals = {
	readonly opsPerSecond?: number;
	readonly hitRate?: number;
	/** Over the window of hitRate: what weighs the hit rates of several fleets. */
	readonly lookupsPerSecond?: number;
	readonly evictedPerSecond?: number;
	readonly expiredPerSecond?: number;
	readonly usedMemoryBytes?: number;
	readonly maxmemoryBytes?: number;
	/** Of the primaries that have a limit. */
	readonly memoryShare?: number;
	readonly rssBytes?: number;
	readonly fragmentationRatio?: number;
	readonly connectedClients?: number;
	readonly blockedClients?: number;
	readonly keys?: number;
	readonly keysWithTtl?: number;
	readonly inputBytesPerSecond?: number;
	readonly outputBytesPerSecond?: number;
	readonly errorsPerSecond?: number;
	/** New slow log entries in the last 15 minutes; undefined where no node lets us read it. */
	readonly slowlogIn15m?: number;
	/** There may be more: a log was full of newer ones when it was read first. */
	readonly isSlowlogLeast?: boolean;
};

/** What one node said of its cluster in this round. */
export type View = {
	readonly node: Address;
	readonly cluster: ClusterView;
	readonly peers: readonly Peer[];
	/** When it was told; since then its CLUSTER INFO has said nothing else. */
	readonly at?: number;
};

/** A node that gives slots to another owner than most do, and since when the same slots. */
export type Dispute = { readonly node: Address; readonly slots: ReadonlySet<number>; readonly since: number };

/** What the nodes of a cluster believe, compared. */
export type Agreement = {
	readonly state?: 'ok' | 'fail';
	/** Slots with a primary that answers or that nobody calls failed, as the largest group of views has it. */
	readonly slotsCovered: number;
	readonly epoch?: number;
	readonly viewsAgreeing: number;
	readonly viewsAsked: number;
	/** The nodes that have seen another map than the largest group for a second: less is gossip on its way. */
	readonly minority: readonly Address[];
	/** Slots owned by two nodes on their own word for a second, with the two. */
	readonly doubleOwners: readonly { readonly slot: number; readonly nodes: readonly Address[] }[];
	/** Nodes that go on owning slots which most give to another with a higher epoch. */
	readonly staleOwners: readonly { readonly node: Address; readonly owner: Address }[];
	/** Every difference of this moment, lasting or not: what the next round is compared with. */
	readonly disputes: readonly Dispute[];
	readonly claims: readonly {
		readonly slot: number;
		readonly nodes: readonly Address[];
		readonly since: number;
	}[];
	/** When the oldest of the views was told. */
	readonly oldestViewAt?: number;
	/** Primaries that serve slots, and how many of them are reachable as most nodes see it. */
	readonly primaries: number;
	readonly primariesReachable: number;
	/** The others: their slots are served by nobody. */
	readonly lostPrimaries: readonly Address[];
	/** Any lost link or pfail anywhere: CLUSTER NODES is asked every 0.25 s while it lasts. */
	readonly isUnsettled: boolean;
	/** Nodes between which and `count` of the others there is no link on the bus, the first of them named, and since when. */
	readonly busGaps: readonly {
		readonly node: Address;
		readonly count: number;
		readonly others: readonly Address[];
		/** The node itself has none to them; else they have none to it. */
		readonly isOwn: boolean;
		readonly since: number;
	}[];
};

export type SentinelFleet = {
	readonly masters: readonly {
		readonly name: string;
		readonly primary: Address;
		readonly quorum?: number;
		readonly isQuorumReachable?: boolean;
		readonly quorumText?: string;
		readonly flags: readonly string[];
	}[];
	readonly sentinels: readonly {
		readonly node: Address;
		readonly health: Health;
		readonly error?: NodeError;
		readonly isSeenWell?: boolean;
		readonly isSeenIll?: boolean;
	}[];
};

export type Cost = {
	readonly commandsPerSecond?: number;
	readonly serverMicrosecondsPerSecond?: number;
	readonly bytesPerSecond?: number;
};

/** How many more nodes are named than may be watched, or further away from the seeds. */
export type Unwatched = { readonly nodes: number; readonly most: number; readonly isTooFar: boolean };

export type Fleet = {
	readonly name: string;
	readonly at: number;
	readonly mode: FleetMode;
	/** Data nodes in shard order, replicas behind their primary. */
	readonly nodes: readonly RedisNode[];
	readonly shards: readonly Shard[];
	readonly totals: Totals;
	readonly agreement?: Agreement;
	/** Where nobody tells its peers: what all nodes that are of a cluster say of it. */
	readonly said?: { readonly state?: 'ok' | 'fail'; readonly epoch?: number };
	readonly sentinel?: SentinelFleet;
	/** Named by nodes and neither shown nor dialled: see allow.ts. */
	readonly unwatched?: Unwatched;
	readonly cost: Cost;
	/** All primaries together. */
	readonly opsHistory: Series;
	readonly hitRateHistory: Series;
};

// ---------------------------------------------------------------------------------------------------------
// Judged and told

export type Severity = 'warn' | 'crit';

export type FindingUnit = Threshold['unit'];

/** A rule that has not decided yet: so many readings are left, when nothing changes. */
export type Pending = {
	readonly id: string;
	readonly node?: Address;
	readonly readingsLeft: number;
	/** It may come to a critical one. */
	readonly isCritical?: true;
};

export type Finding = {
	readonly id: string;
	readonly severity: Severity;
	readonly node?: Address;
	/** What it was judged by, and the limit in force that this crossed; both in `unit`. */
	readonly value?: number;
	readonly limit?: number;
	readonly unit?: FindingUnit;
	/** When it first crossed, not when its hold was over. */
	readonly since: number;
	/** No reading has it any more, from this one on: it is shown until that has held. */
	readonly absentSince?: number;
	/** Short, for line 4: `memory 93% of maxmemory`; the node is not in it. */
	readonly text: string;
	/** Which of several of one id on one node: the code of the errors. */
	readonly kind?: string;
	readonly runbook?: string;
	/** The column (columns.ts id) whose cell of this node carries the colour. */
	readonly column?: string;
	/** The redis-top that found it, where one in front shows it. */
	readonly by?: string;
};

export type EventKind =
	| 'connected'
	| 'unreachable'
	| 'restarted'
	| 'other-server'
	| 'loading'
	| 'link-lost'
	| 'pfail'
	| 'fail'
	| 'promoted'
	| 'demoted'
	| 'slots-uncovered'
	| 'slots-covered'
	| 'cluster-state'
	| 'view-split'
	| 'view-joined'
	| 'migration-started'
	| 'migration-ended'
	| 'node-added'
	| 'node-gone'
	| 'sdown'
	| 'odown'
	| 'switch'
	| 'failover'
	| 'finding'
	| 'finding-over'
	| 'slowlog'
	| 'saved'
	| 'save-failed'
	| 'marker'
	| 'change'
	| 'config-changed'
	| 'keys-lost';

export type FleetEvent = {
	readonly at: number;
	readonly kind: EventKind;
	readonly node?: Address;
	readonly shard?: number;
	readonly severity?: Severity;
	readonly text: string;
};

export type Threshold = {
	readonly id: string;
	readonly unit: 'share' | 'count' | 'per second' | 'bytes' | 'seconds' | 'milliseconds' | 'percent';
	/** Which side is bad. */
	readonly worse: 'above' | 'below';
	readonly warn?: number;
	readonly crit?: number;
	/** Readings it must hold before it shows, and the same to go away. */
	readonly hold: number;
	/** Further limits of the same rule, by name: `{ lookups: 1000 }`. The settings file may change these too. */
	readonly extra?: Readonly<Record<string, number>>;
	readonly why: string;
};
