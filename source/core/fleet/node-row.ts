// One node as it is drawn: its track reduced to the figures of the columns. A node that is down shows no figure
// at all, a stale one its last (dim), so that an old number is never taken for a new one.

import { myselfIn } from '../cluster/agreement.ts';
import { keysIn } from '../node/keyspace.ts';
import { fragmentedBytesOf, memoryShareOf, retainedBytesOf } from '../node/memory.ts';
import { isLeftOut, notFromHere } from '../text/node-trouble.ts';
import type { Health, Info, NodeTrack, RedisNode } from '../types.ts';
import { stallsWithin } from './stalls.ts';
import { hitRateOfTrack, pingOfTrack, stallsKeptMilliseconds } from './track.ts';
import { untoldOf } from './untold.ts';

/** Delays without a sample after which a row is stale. */
const delaysUntilStale = 3;

/** Of a far node each reading takes a trip, and the next one is asked for when it is there. */
const tripsUntilStale = 2;

/** Errors after which a node is still there but silent or refusing: its last figures stay, dim. */
const silent = new Set(['timeout', 'busy', 'paused', 'masterdown', 'protocol']);

export function healthOf(track: NodeTrack, at: number, delaySeconds: number): Health {
	const { error, lastGood } = track;
	// It answers, and that is all that can be known.
	if (error?.reason === 'unknown-info') return lastGood ? 'stale' : 'up';
	if (error?.reason === 'loading' || (!error && lastGood?.info?.isLoading)) return 'loading';
	if (error && (!silent.has(error.reason) || !lastGood)) return 'down';
	if (error) return 'stale';
	if (!lastGood) return track.latest ? 'down' : 'stale';
	const far = (lastGood.tripMilliseconds ?? 0) * tripsUntilStale;
	return at - lastGood.at > delaysUntilStale * delaySeconds * 1000 + far ? 'stale' : 'up';
}

/**
 * The row of a node; fleet.ts fills in its place (shard, slots, primary, lag). It is one literal that names every
 * figure, known or not: rows of one shape, made a thousand times as fast as by spreading parts into one another.
 */
export function rowOf(
	track: NodeTrack,
	before: RedisNode | undefined,
	at: number,
	delaySeconds: number,
	isUnread = false,
): RedisNode {
	const health = track.gone ? 'down' : healthOf(track, at, delaySeconds);
	const told = track.lastGood?.info;
	const info = health === 'down' ? undefined : told;
	const isNow = info !== undefined && health === 'up' && !isUnread;
	const rates = isNow ? track.rates : undefined;
	const stalls = info && stallsWithin(track, at, stallsKeptMilliseconds / 1000);
	return {
		address: track.address,
		role: roleOf(track),
		health,
		since: before && before.health === health ? before.since : at,
		ageSeconds: track.lastGood && (at - track.lastGood.at) / 1000,
		error: track.gone ? { reason: 'gone', text: track.gone.text } : errorOf(track),
		isSeenWell: (track.isSeenWell && !track.gone) || undefined,
		isSeenIll: (track.isSeenIll && !track.gone) || undefined,
		isUnread: (isUnread && health === 'up') || undefined,
		isGone: track.gone !== undefined,
		server: told?.server,
		unknownServer: told?.unknownServer,
		service: told?.service,
		version: told?.version,
		untold: untoldFigures(told),
		isActiveReplica: told?.isActiveReplica || undefined,
		group: track.group,
		nodeId: nodeIdOf(track),
		ip: track.announced?.ip === track.address ? undefined : track.announced?.ip,
		shard: undefined,
		slots: [],
		shardSlots: undefined,
		primary: undefined,
		replicates: undefined,
		uptimeSeconds: info?.uptimeSeconds,
		epoch: track.cluster?.myEpoch,
		opsPerSecond: rates?.ops,
		hitRate: isNow ? hitRateOfTrack(track, at) : undefined,
		evictedPerSecond: rates?.evicted,
		expiredPerSecond: rates?.expired,
		expiredFieldsPerSecond: rates?.expiredFields,
		inputBytesPerSecond: rates?.inputBytes,
		outputBytesPerSecond: rates?.outputBytes,
		rejectedPerSecond: rates?.rejected,
		connectionsPerSecond: rates?.connections,
		errorsPerSecond: rates?.errors,
		usedMemoryBytes: info?.usedMemoryBytes,
		rssBytes: info?.rssBytes,
		peakBytes: info?.peakBytes,
		datasetBytes: info?.datasetBytes,
		maxmemoryBytes: info?.maxmemoryBytes,
		maxmemoryPolicy: info?.maxmemoryPolicy,
		memoryShare: info && memoryShareOf(info),
		fragmentationRatio: info?.fragmentationRatio,
		fragmentedBytes: info && fragmentedBytesOf(info),
		retainedBytes: info && retainedBytesOf(info),
		connectedClients: info?.connectedClients,
		maxClients: info && maxClientsOf(track),
		blockedClients: info?.blockedClients,
		pubsubClients: info?.pubsubClients,
		clientsBytes: info?.clientsNormalBytes,
		keys: info && keysIn(info.databases, 'keys'),
		keysWithTtl: info && keysIn(info.databases, 'expires'),
		cpuPercent: rates?.cpuPercent,
		cpuOf: rates?.cpuOf,
		pingMilliseconds: isNow ? pingOfTrack(track) : undefined,
		stalls: stalls?.count,
		stalledSeconds: stalls?.seconds,
		replicationLagBytes: undefined,
		replicationLagMostBytes: undefined,
		replicationLagSeconds: undefined,
		isLinkUp: info?.isLinkUp,
		linkDownSeconds: info?.linkDownSeconds,
		isSyncing: info?.isSyncing,
		connectedReplicas: info?.connectedReplicas,
		backlogBytes: info?.backlogBytes,
		replicationOffset: info?.role === 'replica' ? info.replicaOffset : info?.replicationOffset,
		isSaving: info?.isSaving,
		lastSaveAt: info?.lastSaveAt,
		lastSaveStatus: info?.lastSaveStatus,
		changesSinceSave: info?.changesSinceSave,
		isAofEnabled: info?.isAofEnabled,
		aofStatus: info && aofStatusOf(info),
		forkMicroseconds: info?.lastForkMicroseconds,
		cowBytes: info && (info.currentCowBytes || info.lastSaveCowBytes),
		changedAt: track.changedAt,
		ops: track.ops,
		refused: track.refused,
	};
}

function untoldFigures(info: Info | undefined): readonly string[] | undefined {
	const untold = info ? untoldOf(info) : [];
	return untold.length > 0 ? untold : undefined;
}

function aofStatusOf(info: Info): string | undefined {
	if (!info.isAofEnabled) return undefined;
	const isBroken = info.lastAofWriteStatus === 'err' || info.lastAofRewriteStatus === 'err';
	return isBroken ? 'err' : info.lastAofWriteStatus;
}

const outOfReach = new Set([
	'refused',
	'unreachable',
	'host-not-found',
	'timeout',
	'protocol',
	'closed',
	'tls',
]);

/** A node that others announce and that was never reached is often merely not reachable under that name from here. */
function errorOf(track: NodeTrack): NodeTrack['error'] {
	const { error, lastGood, origin, isSeenWell } = track;
	if (!error) return undefined;
	if (isLeftOut(error)) return error;
	if (error.isAccepted) return error;
	const text = isSeenWell ? `${notFromHere}: ${error.text}` : error.text;
	const isAnnounced = (!lastGood || isSeenWell) && origin !== 'seed' && outOfReach.has(error.reason);
	return { ...error, text: isAnnounced ? `${text} at the announced address (--nat FROM=TO maps it)` : text };
}

const nodeIdOf = ({ toldPeers, cluster }: NodeTrack) =>
	cluster && toldPeers ? myselfIn(toldPeers)?.id : undefined;

/** Its own word, the newest: in a failover its view of the cluster is asked more often than its INFO. */
function roleOf(track: NodeTrack): RedisNode['role'] {
	const isViewNewer = (track.clusterAt ?? 0) > (track.lastGood?.at ?? 0);
	const myself = isViewNewer ? track.cluster?.peers?.find(peer => peer.isMyself) : undefined;
	return myself?.role ?? track.lastGood?.info?.role;
}

/** INFO tells the effective limit from 7.0 on, CONFIG GET before. */
function maxClientsOf(track: NodeTrack): number | undefined {
	const configured = Number(track.config?.maxclients || Number.NaN);
	// No server lets in none: 0 is how one that has no such limit fills the field.
	return (
		track.lastGood?.info?.maxClients || (Number.isFinite(configured) ? configured : undefined) || undefined
	);
}
