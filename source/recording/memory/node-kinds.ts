// A node as it is remembered (NodeTrack) and drawn (RedisNode). What its charts show stands in the slices of the key
// frame; here is the bucket of theirs that is still open.

import { type FigureId, type Figures, figures, type Rates } from '../../core/figures.ts';
import { emptySeries } from '../../core/fleet/history.ts';
import { knownServers } from '../../core/known-servers.ts';
import { slotsInCluster } from '../../core/slots.ts';
import type {
	Announced,
	ClusterView,
	Interval,
	NodeTrack,
	OffsetReading,
	Peer,
	RedisNode,
	SentinelMaster,
	SentinelPeer,
	SentinelView,
	Series,
	SlotRange,
	SlowlogEntry,
	SlowlogMark,
} from '../../core/types.ts';
import {
	bytes,
	dictionary,
	flag,
	type Kind,
	left,
	list,
	maybe,
	number,
	oneOf,
	pair,
	record,
	shared,
	text,
	time,
	upTo,
	yes,
} from './kinds.ts';
import { commandStats, nodeError, ownUse, refusals, sample, stall } from './sample-kinds.ts';

const slot = upTo(slotsInCluster - 1);
const slotRange: Kind<SlotRange> = pair(slot, slot);
export const slotRanges = shared(list(slotRange));
export const role = oneOf('primary', 'replica');
export const health = oneOf('up', 'loading', 'stale', 'down');
export const serverName = oneOf(...knownServers.map(({ name }) => name));

export const openBucket = record<Series>({
	bucketSeconds: left(emptySeries.bucketSeconds),
	openedAt: time,
	closed: left(emptySeries.closed),
	openSum: number,
	openCount: number,
});

export const peer = shared(
	record<Peer>({
		id: text,
		address: maybe(text),
		ip: maybe(text),
		port: maybe(number),
		hostname: maybe(bytes),
		flags: list(bytes),
		role: maybe(role),
		isMyself: flag,
		isPfail: flag,
		isFail: flag,
		isHandshake: flag,
		primaryId: maybe(text),
		epoch: number,
		isLinkUp: flag,
		slots: slotRanges,
		migrating: list(record<Peer['migrating'][number]>({ slot: number, to: text })),
		importing: list(record<Peer['importing'][number]>({ slot: number, from: text })),
	}),
);
export const peers = shared(list(peer));

const clusterView = shared(
	record<ClusterView>({
		state: maybe(oneOf('ok', 'fail')),
		epoch: maybe(number),
		myEpoch: maybe(number),
		slotsAssigned: maybe(number),
		slotsOk: maybe(number),
		slotsPfail: maybe(number),
		slotsFail: maybe(number),
		knownNodes: maybe(number),
		size: maybe(number),
		peers: maybe(peers),
		unanswered: maybe(list(text)),
	}),
);

const sentinelPeers = maybe(
	list(
		record<SentinelPeer>({
			address: text,
			runId: maybe(text),
			flags: list(text),
			okPingMilliseconds: maybe(number),
			downMilliseconds: maybe(number),
		}),
	),
);

const sentinelView = record<SentinelView>({
	masters: list(
		record<SentinelMaster>({
			name: text,
			address: text,
			runId: maybe(text),
			flags: list(text),
			okPingMilliseconds: maybe(number),
			downMilliseconds: maybe(number),
			quorum: maybe(number),
			replicaCount: maybe(number),
			otherSentinels: maybe(number),
			configEpoch: maybe(number),
			failoverState: maybe(text),
			downAfterMilliseconds: maybe(number),
			failoverTimeoutMilliseconds: maybe(number),
			replicas: sentinelPeers,
			sentinels: sentinelPeers,
			isQuorumReachable: maybe(flag),
			quorumText: maybe(text),
		}),
	),
	isPartial: maybe(flag),
});

export const rates = shared(
	record<Rates>({
		seconds: number,
		ops: maybe(number),
		evicted: maybe(number),
		expired: maybe(number),
		expiredFields: maybe(number),
		inputBytes: maybe(number),
		outputBytes: maybe(number),
		rejected: maybe(number),
		connections: maybe(number),
		errors: maybe(number),
		oomErrors: maybe(number),
		replicationBytes: maybe(number),
		fullSyncs: maybe(number),
		delayedFsyncs: maybe(number),
		droppedClients: maybe(number),
		cpuPercent: maybe(number),
		cpuOf: maybe(oneOf('main-thread', 'process')),
	}),
);

const interval = record<Interval>({
	at: time,
	seconds: number,
	hits: number,
	misses: number,
	evicted: number,
	expired: number,
});

const slowlogEntry = record<SlowlogEntry>({
	id: number,
	at: time,
	microseconds: number,
	args: list(bytes),
	client: maybe(bytes),
	clientName: maybe(bytes),
});

export const nodeTrack = record<NodeTrack>({
	address: text,
	origin: oneOf('seed', 'cluster', 'replication', 'sentinel'),
	kind: oneOf('data', 'sentinel'),
	group: maybe(text),
	steps: maybe(number),
	firstSeenAt: time,
	announced: maybe(record<Announced>({ reachedAs: maybe(text), ip: maybe(text), hostname: maybe(text) })),
	reached: maybe(text),
	latest: maybe(sample),
	lastGood: maybe(sample),
	ratedFrom: maybe(sample),
	cluster: maybe(clusterView),
	toldPeers: maybe(peers),
	formerId: maybe(text),
	clusterAt: maybe(time),
	viewAt: maybe(time),
	saidWithView: maybe(clusterView),
	isViewOutdated: maybe(yes),
	sentinel: maybe(sentinelView),
	config: maybe(dictionary(bytes)),
	seldom: maybe(record<NonNullable<NodeTrack['seldom']>>({ aclUsers: maybe(number) })),
	commands: maybe(
		shared(record<NonNullable<NodeTrack['commands']>>({ at: number, stats: commandStats, own: ownUse })),
	),
	refused: refusals,
	error: maybe(nodeError),
	failingSince: maybe(time),
	isSeenWell: maybe(flag),
	isSeenIll: maybe(flag),
	rates: maybe(rates),
	intervals: list(interval),
	ops: openBucket,
	hits: openBucket,
	lookups: openBucket,
	counted: openBucket,
	evicted: openBucket,
	retainedSince: maybe(time),
	pings: list(number),
	offsets: list(record<OffsetReading>({ askedAt: number, at: number, offset: number, history: maybe(text) })),
	longestPing: maybe(
		record<NonNullable<NodeTrack['longestPing']>>({ refresh: number, milliseconds: number }),
	),
	stalls: maybe(list(stall)),
	silentSince: maybe(time),
	heldSince: maybe(time),
	lastHeld: maybe(record<NonNullable<NodeTrack['lastHeld']>>({ from: time, to: time })),
	slowlogLastId: maybe(number),
	slowlog: list(slowlogEntry),
	slowlogMarks: list(record<SlowlogMark>({ id: number, at: time, clientName: maybe(bytes), own: number })),
	changedAt: maybe(time),
	costMicrosecondsPerSecond: maybe(number),
	costCommandsPerSecond: maybe(number),
	costBytesPerSecond: maybe(number),
	droppedAt: maybe(time),
	unnamedSince: maybe(time),
	gone: maybe(record<NonNullable<NodeTrack['gone']>>({ at: time, text })),
});

const kindsOfFigures = Object.fromEntries(
	(Object.keys(figures) as FigureId[]).map(id => {
		const { unit } = figures[id];
		return [
			id,
			maybe<unknown>(
				unit === 'word'
					? (text as Kind<unknown>)
					: unit === 'flag'
						? (flag as Kind<unknown>)
						: (number as Kind<unknown>),
			),
		];
	}),
) as { readonly [Id in FigureId]: Kind<Figures[Id]> };

export const redisNode = record<RedisNode>({
	...kindsOfFigures,
	address: text,
	role: maybe(role),
	health,
	since: time,
	ageSeconds: maybe(number),
	error: maybe(nodeError),
	isSeenWell: maybe(flag),
	isSeenIll: maybe(flag),
	isUnread: maybe(flag),
	isGone: flag,
	server: maybe(serverName),
	unknownServer: maybe(text),
	service: maybe(text),
	version: maybe(text),
	untold: maybe(list(text)),
	isActiveReplica: maybe(flag),
	aheadMilliseconds: maybe(number),
	group: maybe(text),
	nodeId: maybe(text),
	ip: maybe(text),
	shard: maybe(number),
	slots: slotRanges,
	shardSlots: maybe(slotRanges),
	primary: maybe(text),
	replicates: maybe(text),
	changedAt: maybe(time),
	ops: left(emptySeries),
	refused: refusals,
});
