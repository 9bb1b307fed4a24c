// A fleet as it is drawn, and what is told and found of it.

import { emptySeries } from '../../core/fleet/history.ts';
import type {
	Agreement,
	Cost,
	Fleet,
	Pending,
	SentinelFleet,
	Shard,
	Totals,
	Unwatched,
} from '../../core/types.ts';
import { flag, left, list, maybe, number, oneOf, record, setOf, text, time, yes } from './kinds.ts';
import { health, redisNode, slotRanges } from './node-kinds.ts';
import { nodeError } from './sample-kinds.ts';

export const severity = oneOf('warn', 'crit');

const shard = record<Shard>({
	number,
	name: maybe(text),
	primary: maybe(text),
	replicas: list(text),
	slots: slotRanges,
});

const totals = record<Totals>({
	opsPerSecond: maybe(number),
	hitRate: maybe(number),
	lookupsPerSecond: maybe(number),
	evictedPerSecond: maybe(number),
	expiredPerSecond: maybe(number),
	usedMemoryBytes: maybe(number),
	maxmemoryBytes: maybe(number),
	memoryShare: maybe(number),
	rssBytes: maybe(number),
	fragmentationRatio: maybe(number),
	connectedClients: maybe(number),
	blockedClients: maybe(number),
	keys: maybe(number),
	keysWithTtl: maybe(number),
	inputBytesPerSecond: maybe(number),
	outputBytesPerSecond: maybe(number),
	errorsPerSecond: maybe(number),
	slowlogIn15m: maybe(number),
	isSlowlogLeast: maybe(flag),
});

const agreement = record<Agreement>({
	state: maybe(oneOf('ok', 'fail')),
	slotsCovered: number,
	epoch: maybe(number),
	viewsAgreeing: number,
	viewsAsked: number,
	minority: list(text),
	doubleOwners: list(record<Agreement['doubleOwners'][number]>({ slot: number, nodes: list(text) })),
	staleOwners: list(record<Agreement['staleOwners'][number]>({ node: text, owner: text })),
	disputes: list(record<Agreement['disputes'][number]>({ node: text, slots: setOf(number), since: time })),
	claims: list(record<Agreement['claims'][number]>({ slot: number, nodes: list(text), since: time })),
	oldestViewAt: maybe(time),
	primaries: number,
	primariesReachable: number,
	lostPrimaries: list(text),
	isUnsettled: flag,
	busGaps: list(
		record<Agreement['busGaps'][number]>({
			node: text,
			count: number,
			others: list(text),
			isOwn: flag,
			since: time,
		}),
	),
});

const sentinelFleet = record<SentinelFleet>({
	masters: list(
		record<SentinelFleet['masters'][number]>({
			name: text,
			primary: text,
			quorum: maybe(number),
			isQuorumReachable: maybe(flag),
			quorumText: maybe(text),
			flags: list(text),
		}),
	),
	sentinels: list(
		record<SentinelFleet['sentinels'][number]>({
			node: text,
			health,
			error: maybe(nodeError),
			isSeenWell: maybe(flag),
			isSeenIll: maybe(flag),
		}),
	),
});

export const fleet = record<Fleet>({
	name: text,
	at: time,
	mode: oneOf('standalone', 'sentinel', 'cluster'),
	nodes: list(redisNode),
	shards: list(shard),
	totals,
	agreement: maybe(agreement),
	said: maybe(
		record<NonNullable<Fleet['said']>>({ state: maybe(oneOf('ok', 'fail')), epoch: maybe(number) }),
	),
	sentinel: maybe(sentinelFleet),
	unwatched: maybe(record<Unwatched>({ nodes: number, most: number, isTooFar: flag })),
	cost: record<Cost>({
		commandsPerSecond: maybe(number),
		serverMicrosecondsPerSecond: maybe(number),
		bytesPerSecond: maybe(number),
	}),
	opsHistory: left(emptySeries),
	hitRateHistory: left(emptySeries),
});

export const pending = record<Pending>({
	id: text,
	node: maybe(text),
	readingsLeft: number,
	isCritical: maybe(yes),
});
