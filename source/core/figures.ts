// The one table of a node's figures: what each is, its unit, and where it comes from. The row of a node, --json, the
// columns of the screen and of -b, the help and the tables of the README are made from it, so a new figure is one line
// here, and one in view/columns.ts where it is to be a column. A figure's name is its name in JSON: it carries the unit.
// How it is written is the view's; the fleet's sums over nodes are in fleet/fleet.ts.

import type { Info } from './info.ts';
import { keysIn } from './node/keyspace.ts';
import { fragmentedBytesOf, memoryShareOf, retainedBytesOf } from './node/memory.ts';

/** Per second over the last interval, redis-top's own use taken out. A field is missing where its counter is. */
export type Rates = {
	/** Length of the interval, seconds. */
	readonly seconds: number;
	readonly ops?: number;
	readonly evicted?: number;
	readonly expired?: number;
	/** Fields of hashes. */
	readonly expiredFields?: number;
	readonly inputBytes?: number;
	readonly outputBytes?: number;
	readonly rejected?: number;
	readonly connections?: number;
	readonly errors?: number;
	readonly oomErrors?: number;
	/** Written into the replication stream, bytes a second. */
	readonly replicationBytes?: number;
	readonly fullSyncs?: number;
	readonly delayedFsyncs?: number;
	/** Clients that the server closed: evicted, or over the limit of a buffer. */
	readonly droppedClients?: number;
	/** 100 is one core. */
	readonly cpuPercent?: number;
	/** Of which it is: of the thread that runs the commands where the server tells it, else of all its threads. */
	readonly cpuOf?: CpuOf;
};

export type CpuOf = 'main-thread' | 'process';

/** What is known of a node when its figures are taken. */
export type FigureSource = {
	/** Its newest; of a node that is down none, so that no old number is taken for a new one. */
	readonly info?: Info;
	/** Only of now. */
	readonly rates?: Rates;
	readonly hitRate?: number;
	readonly pingMilliseconds?: number;
	/** Within the last minute, also one that still lasts. */
	readonly stalls?: { readonly count: number; readonly seconds: number };
	/** As CONFIG GET tells it, where INFO does not. */
	readonly maxClients?: number;
	readonly epoch?: number;
};

export type FigureUnit =
	| 'count'
	| 'per second'
	| 'bytes'
	| 'bytes per second'
	| 'seconds'
	| 'milliseconds'
	| 'microseconds'
	| 'moment'
	| 'share'
	| 'ratio'
	| 'percent'
	| 'word'
	| 'flag';

type Value = number | string | boolean | undefined;

export type Figure = {
	readonly unit: FigureUnit;
	readonly about: string;
	readonly from: (source: FigureSource) => Value;
	/** It is on the screen and not in JSON. */
	readonly isOnScreenOnly?: boolean;
};

/** Known when the nodes have their places: fleet.ts fills it in. */
const fromItsPrimary = (): number | undefined => undefined;

/** In the order of JSON. */
export const figures = {
	uptimeSeconds: {
		unit: 'seconds',
		about: 'since the server started',
		from: ({ info }) => info?.uptimeSeconds,
	},
	epoch: {
		unit: 'count',
		about: 'cluster epoch of the shard',
		from: ({ epoch }) => epoch,
		isOnScreenOnly: true,
	},
	opsPerSecond: {
		unit: 'per second',
		about: 'commands per second, without our own',
		from: ({ rates }) => rates?.ops,
	},
	/** 0..1, undefined under 20 lookups. */
	hitRate: { unit: 'share', about: 'hits of all lookups, last 10 s', from: ({ hitRate }) => hitRate },
	evictedPerSecond: {
		unit: 'per second',
		about: 'keys dropped for maxmemory per second',
		from: ({ rates }) => rates?.evicted,
	},
	expiredPerSecond: {
		unit: 'per second',
		about: 'keys expired by ttl per second',
		from: ({ rates }) => rates?.expired,
	},
	expiredFieldsPerSecond: {
		unit: 'per second',
		about: 'fields of hashes expired per second (Redis 7.4, Valkey 9)',
		from: ({ rates }) => rates?.expiredFields,
	},
	inputBytesPerSecond: {
		unit: 'bytes per second',
		about: 'bytes received per second',
		from: ({ rates }) => rates?.inputBytes,
	},
	outputBytesPerSecond: {
		unit: 'bytes per second',
		about: 'bytes sent per second',
		from: ({ rates }) => rates?.outputBytes,
	},
	usedMemoryBytes: {
		unit: 'bytes',
		about: 'memory the data and buffers take',
		from: ({ info }) => info?.usedMemoryBytes,
	},
	rssBytes: { unit: 'bytes', about: 'resident memory of the process', from: ({ info }) => info?.rssBytes },
	peakBytes: {
		unit: 'bytes',
		about: 'the most memory it has used',
		from: ({ info }) => info?.peakBytes,
		isOnScreenOnly: true,
	},
	datasetBytes: {
		unit: 'bytes',
		about: 'memory of the data alone',
		from: ({ info }) => info?.datasetBytes,
		isOnScreenOnly: true,
	},
	/** 0 is no limit. */
	maxmemoryBytes: { unit: 'bytes', about: 'maxmemory', from: ({ info }) => info?.maxmemoryBytes },
	maxmemoryPolicy: {
		unit: 'word',
		about: 'what maxmemory drops',
		from: ({ info }) => info?.maxmemoryPolicy,
	},
	/** (used - not counted for evict) / maxmemory, 0..1 and more; undefined without a limit. */
	memoryShare: {
		unit: 'share',
		about: 'memory of maxmemory; - without a limit',
		from: ({ info }) => info && memoryShareOf(info),
		isOnScreenOnly: true,
	},
	fragmentationRatio: {
		unit: 'ratio',
		about: 'resident memory / used memory',
		from: ({ info }) => info?.fragmentationRatio,
	},
	/** active - allocated, computed (never the server's own ratio: it means other things in other versions). */
	fragmentedBytes: {
		unit: 'bytes',
		about: 'bytes lost between allocations',
		from: ({ info }) => info && fragmentedBytesOf(info),
		isOnScreenOnly: true,
	},
	/** resident - active: pages the allocator has not given back. */
	retainedBytes: {
		unit: 'bytes',
		about: 'pages the allocator keeps',
		from: ({ info }) => info && retainedBytesOf(info),
		isOnScreenOnly: true,
	},
	connectedClients: {
		unit: 'count',
		about: 'clients connected',
		from: ({ info }) => info?.connectedClients,
	},
	/** INFO tells the effective limit from 7.0 on. No server lets in none: 0 is how one without a limit fills the field. */
	maxClients: {
		unit: 'count',
		about: 'maxclients',
		from: ({ info, maxClients }) => info && (info.maxClients || maxClients || undefined),
	},
	blockedClients: {
		unit: 'count',
		about: 'clients in a blocking call',
		from: ({ info }) => info?.blockedClients,
	},
	rejectedPerSecond: {
		unit: 'per second',
		about: 'connections refused at maxclients',
		from: ({ rates }) => rates?.rejected,
	},
	connectionsPerSecond: {
		unit: 'per second',
		about: 'new connections per second',
		from: ({ rates }) => rates?.connections,
		isOnScreenOnly: true,
	},
	errorsPerSecond: {
		unit: 'per second',
		about: 'error replies per second',
		from: ({ rates }) => rates?.errors,
		isOnScreenOnly: true,
	},
	pubsubClients: {
		unit: 'count',
		about: 'clients in pub/sub',
		from: ({ info }) => info?.pubsubClients,
		isOnScreenOnly: true,
	},
	clientsBytes: {
		unit: 'bytes',
		about: 'memory of client buffers',
		from: ({ info }) => info?.clientsNormalBytes,
		isOnScreenOnly: true,
	},
	keys: {
		unit: 'count',
		about: 'keys in all databases',
		from: ({ info }) => info && keysIn(info.databases, 'keys'),
	},
	keysWithTtl: {
		unit: 'count',
		about: 'of them those with a TTL',
		from: ({ info }) => info && keysIn(info.databases, 'expires'),
	},
	cpuPercent: {
		unit: 'percent',
		about: 'main thread, 100 is one core; 1.4c is cores of all threads',
		from: ({ rates }) => rates?.cpuPercent,
	},
	cpuOf: {
		unit: 'word',
		about: 'whose CPU that is: main-thread, or process with all its threads',
		from: ({ rates }) => rates?.cpuOf,
	},
	pingMilliseconds: {
		unit: 'milliseconds',
		about: 'longest round trip from here, ms',
		from: ({ pingMilliseconds }) => pingMilliseconds,
	},
	stallsLastMinute: {
		unit: 'count',
		about: 'waits of a second or more in the last minute',
		from: ({ stalls }) => stalls?.count,
	},
	stalledSecondsLastMinute: {
		unit: 'seconds',
		about: 'how long they were together',
		from: ({ stalls }) => stalls?.seconds,
	},
	/** Certainly so many. */
	replicationLagBytes: { unit: 'bytes', about: 'bytes behind its primary', from: fromItsPrimary },
	/** And possibly so many: more where readings of the two take long or lie apart. */
	replicationLagMostBytes: {
		unit: 'bytes',
		about: 'at most so many: more where the two readings lie apart',
		from: fromItsPrimary,
	},
	replicationLagSeconds: {
		unit: 'seconds',
		about: 'behind its primary, at its write speed',
		from: fromItsPrimary,
	},
	isLinkUp: {
		unit: 'flag',
		about: 'link to its primary',
		from: ({ info }) => info?.isLinkUp,
		isOnScreenOnly: true,
	},
	linkDownSeconds: {
		unit: 'seconds',
		about: 'since that link was lost',
		from: ({ info }) => info?.linkDownSeconds,
		isOnScreenOnly: true,
	},
	isSyncing: {
		unit: 'flag',
		about: 'a full sync from its primary is under way',
		from: ({ info }) => info?.isSyncing,
		isOnScreenOnly: true,
	},
	connectedReplicas: {
		unit: 'count',
		about: 'replicas attached',
		from: ({ info }) => info?.connectedReplicas,
		isOnScreenOnly: true,
	},
	backlogBytes: {
		unit: 'bytes',
		about: 'replication backlog',
		from: ({ info }) => info?.backlogBytes,
		isOnScreenOnly: true,
	},
	replicationOffset: {
		unit: 'count',
		about: 'bytes of the replication stream',
		from: ({ info }) => (info?.role === 'replica' ? info.replicaOffset : info?.replicationOffset),
		isOnScreenOnly: true,
	},
	isSaving: {
		unit: 'flag',
		about: 'an rdb save is under way',
		from: ({ info }) => info?.isSaving,
		isOnScreenOnly: true,
	},
	lastSaveAt: {
		unit: 'moment',
		about: 'since the last rdb save',
		from: ({ info }) => info?.lastSaveAt,
		isOnScreenOnly: true,
	},
	lastSaveStatus: {
		unit: 'word',
		about: 'how that save ended',
		from: ({ info }) => info?.lastSaveStatus,
		isOnScreenOnly: true,
	},
	changesSinceSave: {
		unit: 'count',
		about: 'changes since that save',
		from: ({ info }) => info?.changesSinceSave,
		isOnScreenOnly: true,
	},
	isAofEnabled: {
		unit: 'flag',
		about: 'there is an append-only file',
		from: ({ info }) => info?.isAofEnabled,
		isOnScreenOnly: true,
	},
	aofStatus: {
		unit: 'word',
		about: 'append-only file: off, ok or err',
		from: ({ info }) => info && aofStatusOf(info),
		isOnScreenOnly: true,
	},
	forkMicroseconds: {
		unit: 'microseconds',
		about: 'how long the last fork took',
		from: ({ info }) => info?.lastForkMicroseconds,
		isOnScreenOnly: true,
	},
	cowBytes: {
		unit: 'bytes',
		about: 'memory copied by the last save',
		from: ({ info }) => info && (info.currentCowBytes || info.lastSaveCowBytes),
		isOnScreenOnly: true,
	},
} as const satisfies Readonly<Record<string, Figure>>;

export type FigureId = keyof typeof figures;

/** Every figure as a field of a row; undefined is not measured. The comments are those of the table. */
export type Figures = { readonly [Id in FigureId]?: ReturnType<(typeof figures)[Id]['from']> };

const readers = Object.entries(figures) as readonly (readonly [FigureId, Figure])[];

/** Those that --json prints, in its order. */
export const printedFigures: readonly FigureId[] = readers.flatMap(([id, figure]) =>
	figure.isOnScreenOnly ? [] : [id],
);

export const unmeasured: Figures = Object.fromEntries(readers.map(([id]) => [id, undefined]));

/** Writes the figures of `source` into a row of the caller's own, which has all their names already. */
export function fillFigures<Row extends Figures>(row: Row, source: FigureSource): Row {
	const fields = row as Record<string, unknown>;
	for (const [id, { from }] of readers) fields[id] = from(source);
	return row;
}

function aofStatusOf(info: Info): string | undefined {
	if (!info.isAofEnabled) return undefined;
	const isBroken = info.lastAofWriteStatus === 'err' || info.lastAofRewriteStatus === 'err';
	return isBroken ? 'err' : info.lastAofWriteStatus;
}
