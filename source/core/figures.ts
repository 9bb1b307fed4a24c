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

export type Figure<Of extends Value = Value> = {
	readonly unit: FigureUnit;
	readonly about: string;
	readonly from: (source: FigureSource) => Of;
	readonly isPrinted: boolean;
};

type Printed<Is extends boolean> = { readonly isPrinted: Is };

const figure = <Of extends Value>(
	unit: FigureUnit,
	about: string,
	from: (source: FigureSource) => Of,
): Figure<Of> & Printed<true> => ({ unit, about, from, isPrinted: true });

/** One that is not in JSON. */
const onScreen = <Of extends Value>(...said: Parameters<typeof figure<Of>>): Figure<Of> & Printed<false> => ({
	...figure(...said),
	isPrinted: false,
});

/** Known when the nodes have their places: fleet.ts fills it in. */
const fromItsPrimary = (): number | undefined => undefined;

/** In the order of JSON. */
export const figures = {
	uptimeSeconds: figure('seconds', 'since the server started', ({ info }) => info?.uptimeSeconds),
	epoch: onScreen('count', 'cluster epoch of the shard', ({ epoch }) => epoch),
	opsPerSecond: figure('per second', 'commands per second, without our own', ({ rates }) => rates?.ops),
	/** 0..1, undefined under 20 lookups. */
	hitRate: figure('share', 'hits of all lookups, last 10 s', ({ hitRate }) => hitRate),
	evictedPerSecond: figure(
		'per second',
		'keys dropped for maxmemory per second',
		({ rates }) => rates?.evicted,
	),
	expiredPerSecond: figure('per second', 'keys expired by ttl per second', ({ rates }) => rates?.expired),
	expiredFieldsPerSecond: figure(
		'per second',
		'fields of hashes expired per second (Redis 7.4, Valkey 9)',
		({ rates }) => rates?.expiredFields,
	),
	inputBytesPerSecond: figure(
		'bytes per second',
		'bytes received per second',
		({ rates }) => rates?.inputBytes,
	),
	outputBytesPerSecond: figure(
		'bytes per second',
		'bytes sent per second',
		({ rates }) => rates?.outputBytes,
	),
	usedMemoryBytes: figure('bytes', 'memory the data and buffers take', ({ info }) => info?.usedMemoryBytes),
	rssBytes: figure('bytes', 'resident memory of the process', ({ info }) => info?.rssBytes),
	peakBytes: onScreen('bytes', 'the most memory it has used', ({ info }) => info?.peakBytes),
	datasetBytes: onScreen('bytes', 'memory of the data alone', ({ info }) => info?.datasetBytes),
	/** 0 is no limit. */
	maxmemoryBytes: figure('bytes', 'maxmemory', ({ info }) => info?.maxmemoryBytes),
	maxmemoryPolicy: figure('word', 'what maxmemory drops', ({ info }) => info?.maxmemoryPolicy),
	/** (used - not counted for evict) / maxmemory, 0..1 and more; undefined without a limit. */
	memoryShare: onScreen(
		'share',
		'memory of maxmemory; - without a limit',
		({ info }) => info && memoryShareOf(info),
	),
	fragmentationRatio: figure(
		'ratio',
		'resident memory / used memory',
		({ info }) => info?.fragmentationRatio,
	),
	/** active - allocated, computed (never the server's own ratio: it means other things in other versions). */
	fragmentedBytes: onScreen(
		'bytes',
		'bytes lost between allocations',
		({ info }) => info && fragmentedBytesOf(info),
	),
	/** resident - active: pages the allocator has not given back. */
	retainedBytes: onScreen('bytes', 'pages the allocator keeps', ({ info }) => info && retainedBytesOf(info)),
	connectedClients: figure('count', 'clients connected', ({ info }) => info?.connectedClients),
	/** INFO tells the effective limit from 7.0 on. No server lets in none: 0 is how one without a limit fills the field. */
	maxClients: figure(
		'count',
		'maxclients',
		({ info, maxClients }) => info && (info.maxClients || maxClients || undefined),
	),
	blockedClients: figure('count', 'clients in a blocking call', ({ info }) => info?.blockedClients),
	rejectedPerSecond: figure(
		'per second',
		'connections refused at maxclients',
		({ rates }) => rates?.rejected,
	),
	connectionsPerSecond: onScreen(
		'per second',
		'new connections per second',
		({ rates }) => rates?.connections,
	),
	errorsPerSecond: onScreen('per second', 'error replies per second', ({ rates }) => rates?.errors),
	pubsubClients: onScreen('count', 'clients in pub/sub', ({ info }) => info?.pubsubClients),
	clientsBytes: onScreen('bytes', 'memory of client buffers', ({ info }) => info?.clientsNormalBytes),
	keys: figure('count', 'keys in all databases', ({ info }) => info && keysIn(info.databases, 'keys')),
	keysWithTtl: figure(
		'count',
		'of them those with a TTL',
		({ info }) => info && keysIn(info.databases, 'expires'),
	),
	cpuPercent: figure(
		'percent',
		'main thread, 100 is one core; 1.4c is cores of all threads',
		({ rates }) => rates?.cpuPercent,
	),
	cpuOf: figure(
		'word',
		'whose CPU that is: main-thread, or process with all its threads',
		({ rates }) => rates?.cpuOf,
	),
	pingMilliseconds: figure(
		'milliseconds',
		'longest round trip from here, ms',
		({ pingMilliseconds }) => pingMilliseconds,
	),
	stallsLastMinute: figure(
		'count',
		'waits of a second or more in the last minute',
		({ stalls }) => stalls?.count,
	),
	stalledSecondsLastMinute: figure('seconds', 'how long they were together', ({ stalls }) => stalls?.seconds),
	/** Certainly so many. */
	replicationLagBytes: figure('bytes', 'bytes behind its primary', fromItsPrimary),
	/** And possibly so many: more where readings of the two take long or lie apart. */
	replicationLagMostBytes: figure(
		'bytes',
		'at most so many: more where the two readings lie apart',
		fromItsPrimary,
	),
	replicationLagSeconds: figure('seconds', 'behind its primary, at its write speed', fromItsPrimary),
	isLinkUp: onScreen('flag', 'link to its primary', ({ info }) => info?.isLinkUp),
	linkDownSeconds: onScreen('seconds', 'since that link was lost', ({ info }) => info?.linkDownSeconds),
	isSyncing: onScreen('flag', 'a full sync from its primary is under way', ({ info }) => info?.isSyncing),
	connectedReplicas: onScreen('count', 'replicas attached', ({ info }) => info?.connectedReplicas),
	backlogBytes: onScreen('bytes', 'replication backlog', ({ info }) => info?.backlogBytes),
	replicationOffset: onScreen('count', 'bytes of the replication stream', ({ info }) =>
		info?.role === 'replica' ? info.replicaOffset : info?.replicationOffset,
	),
	isSaving: onScreen('flag', 'an rdb save is under way', ({ info }) => info?.isSaving),
	lastSaveAt: onScreen('moment', 'since the last rdb save', ({ info }) => info?.lastSaveAt),
	lastSaveStatus: onScreen('word', 'how that save ended', ({ info }) => info?.lastSaveStatus),
	changesSinceSave: onScreen('count', 'changes since that save', ({ info }) => info?.changesSinceSave),
	isAofEnabled: onScreen('flag', 'there is an append-only file', ({ info }) => info?.isAofEnabled),
	aofStatus: onScreen('word', 'append-only file: off, ok or err', ({ info }) => info && aofStatusOf(info)),
	forkMicroseconds: onScreen(
		'microseconds',
		'how long the last fork took',
		({ info }) => info?.lastForkMicroseconds,
	),
	cowBytes: onScreen(
		'bytes',
		'memory copied by the last save',
		({ info }) => info && (info.currentCowBytes || info.lastSaveCowBytes),
	),
} as const satisfies Readonly<Record<string, Figure>>;

export type FigureId = keyof typeof figures;
export type PrintedFigureId = {
	[Id in FigureId]: (typeof figures)[Id] extends Printed<true> ? Id : never;
}[FigureId];

/** Every figure as a field of a row; undefined is not measured. The comments are those of the table. */
export type Figures = { readonly [Id in FigureId]?: ReturnType<(typeof figures)[Id]['from']> };

const readers = Object.entries(figures) as readonly (readonly [FigureId, Figure])[];

/** Those that --json prints, in its order. */
export const printedFigures: readonly FigureId[] = readers.flatMap(([id, { isPrinted }]) =>
	isPrinted ? [id] : [],
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
