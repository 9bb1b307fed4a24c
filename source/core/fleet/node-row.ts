// One node as it is drawn: its track reduced to its place and its figures (figures.ts). A node that is down shows no figure
// at all, a stale one its last (dim), so that an old number is never taken for a new one.

import { myselfIn } from '../cluster/agreement.ts';
import { type FigureId, fillFigures, unmeasured } from '../figures.ts';
import { isLeftOut, notFromHere } from '../text/node-trouble.ts';
import type { Health, Info, NodeTrack, RedisNode } from '../types.ts';
import { serverAhead } from './server-clock.ts';
import { stallsWithin } from './stalls.ts';
import { hitRateOfTrack, newTrack, pingOfTrack, stallsKeptMilliseconds } from './track.ts';
import { untoldOf } from './untold.ts';

/** Delays without a sample after which a row is stale. */
export const delaysUntilStale = 3;

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

/** The row of a node; fleet.ts fills in its place (shard, slots, primary, lag). */
export function rowOf(
	track: NodeTrack,
	before: RedisNode | undefined,
	at: number,
	delaySeconds: number,
	isUnread = false,
): RedisNode {
	const health = track.gone ? 'down' : healthOf(track, at, delaySeconds);
	const info = health === 'down' ? undefined : track.lastGood?.info;
	const isNow = info !== undefined && health === 'up' && !isUnread;
	const source = {
		info,
		rates: isNow ? track.rates : undefined,
		hitRate: isNow ? hitRateOfTrack(track, at) : undefined,
		pingMilliseconds: isNow ? pingOfTrack(track) : undefined,
		stalls: info && isAsked(track) ? stallsWithin(track, at, stallsKeptMilliseconds / 1000) : undefined,
		maxClients: configuredClients(track),
		epoch: track.cluster?.myEpoch,
	};
	return fillFigures({ ...blank, ...placeOf(track, before, at, health, isUnread) }, source);
}

/** By us: what a Prometheus tells of a node has not been waited for. */
export const isAsked = ({ latest, stalls, silentSince, pings }: NodeTrack): boolean =>
	pings.length > 0 || stalls !== undefined || silentSince !== undefined || (latest?.own.commands ?? 0) > 0;

/** Who it is and how it is. */
function placeOf(
	track: NodeTrack,
	before: RedisNode | undefined,
	at: number,
	health: Health,
	isUnread: boolean,
): Omit<RedisNode, FigureId> {
	const told = track.lastGood?.info;
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
		aheadMilliseconds: serverAhead(track.lastGood) || undefined,
		group: track.group,
		nodeId: nodeIdOf(track),
		ip: track.announced?.ip === track.address ? undefined : track.announced?.ip,
		shard: undefined,
		slots: [],
		shardSlots: undefined,
		primary: undefined,
		replicates: undefined,
		changedAt: track.changedAt,
		ops: track.ops,
		refused: track.refused,
	};
}

function untoldFigures(info: Info | undefined): readonly string[] | undefined {
	const untold = info ? untoldOf(info) : [];
	return untold.length > 0 ? untold : undefined;
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
	const isViewNewer = (track.viewAt ?? 0) > (track.lastGood?.at ?? 0);
	const myself = isViewNewer ? track.cluster?.peers?.find(peer => peer.isMyself) : undefined;
	return myself?.role ?? track.lastGood?.info?.role;
}

/** What the setting is, for servers before 7.0, whose INFO does not tell it. */
function configuredClients({ config }: NodeTrack): number | undefined {
	const configured = Number(config?.maxclients || Number.NaN);
	return Number.isFinite(configured) ? configured : undefined;
}

/** Every name a row has: rows that begin as its copy have one shape, and are made ten times as fast as those that grow. */
const blank: RedisNode = {
	...placeOf(newTrack('', 'data', 'seed', 0), undefined, 0, 'up', false),
	...unmeasured,
};
