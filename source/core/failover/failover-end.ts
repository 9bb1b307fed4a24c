// The end of a failover, in clusters and under Sentinels alike: the old primary comes back, as a replica or still
// calling itself primary, and its copy is made equal again, by a partial or a full resync. Which of the two it was is
// read from the counters of the new primary, and only told where they leave no doubt.

import type { Moment } from '../findings/events-cluster.ts';
import { bytes, duration } from '../text/quantity.ts';
import type { Info, NodeTrack, Peer } from '../types.ts';
import { draw, type Failover, has, levelOf, offsetAs, stepOf, tell } from './failover-record.ts';

/** How long a replaced primary may go on as one: the Sentinels need 10 to 11 s for it, a cluster milliseconds. */
const staleMilliseconds = 12_000;

/** The failover with what the round tells of the old primary after it has been replaced. */
export function tellReturn(failover: Failover, now: Moment): Failover {
	const { newPrimary, oldPrimary } = failover;
	const track = now.tracks.get(oldPrimary);
	if (newPrimary === undefined || !track) return failover;
	const role = track.error ? undefined : roleNow(track, failover.startedAt);
	const isGoneAgain = track.error !== undefined && levelOf(failover, 'writes') === 'stale';
	const drawn = isGoneAgain ? draw(failover, 'writes', undefined, track.latest?.at ?? now.at) : failover;
	const restarted = withRestart(drawn, track);
	if (role === 'primary') return tellStale(restarted, track, now);
	if (role !== 'replica') return keepResyncs(restarted, now);
	return tellResync(tellReplica(restarted, track), track, now);
}

/** Its own word, the newest; undefined when it has said nothing since the failover began. */
function roleNow(track: NodeTrack, since: number): 'primary' | 'replica' | undefined {
	const myself = myselfOf(track);
	const viewAt = viewAtOf(track);
	const infoAt = track.lastGood?.at ?? 0;
	if (Math.max(viewAt, infoAt) < since) return undefined;
	return viewAt >= infoAt ? myself?.role : (track.lastGood?.info?.role ?? myself?.role);
}

const myselfOf = (track: NodeTrack): Peer | undefined => track.cluster?.peers?.find(peer => peer.isMyself);

/** When it said what it is. */
const toldAt = (track: NodeTrack) => Math.max(viewAtOf(track), track.lastGood?.at ?? 0);

const viewAtOf = (track: NodeTrack) => (myselfOf(track) ? (track.viewAt ?? 0) : 0);

function withRestart(failover: Failover, track: NodeTrack): Failover {
	const runId = track.lastGood?.info?.runId;
	if (failover.oldRunId === undefined || runId === undefined || failover.hasRestarted !== undefined)
		return failover;
	if (runId !== failover.oldRunId) return { ...failover, hasRestarted: true };
	const isNewer = (track.lastGood?.at ?? 0) > (stepOf(failover, 'promoted')?.at ?? Number.POSITIVE_INFINITY);
	return isNewer ? { ...failover, hasRestarted: false } : failover;
}

function tellStale(failover: Failover, track: NodeTrack, now: Moment): Failover {
	const at = toldAt(track);
	// Read before it could know: in the same round it was still primary by right.
	if (at <= (stepOf(failover, 'promoted')?.at ?? now.at)) return failover;
	const isRefusing = track.cluster?.state === 'fail';
	const drawn = draw(failover, 'writes', isRefusing ? undefined : 'stale', at);
	const told = now.at - (stepOf(drawn, 'stale')?.at ?? at);
	const severity = told >= staleMilliseconds ? 'crit' : 'warn';
	const text = `${staleText(failover, told)}${isRefusing ? ', but refuses writes' : lostText(failover, track)}`;
	return tell(drawn, 'stale', { at, node: failover.oldPrimary, text, severity });
}

function staleText(failover: Failover, milliseconds: number): string {
	if (milliseconds >= staleMilliseconds)
		return `still calls itself primary after ${duration(milliseconds / 1000)}`;
	const expected = failover.group === undefined ? '' : ' (expected up to 12s)';
	return `still calls itself primary${expected}`;
}

/** What it took from clients since it was replaced is thrown away when it becomes a replica. */
function lostText(failover: Failover, track: NodeTrack): string {
	const told = offsetAs('primary', track);
	const isKnown = failover.hasRestarted !== true && told !== undefined && failover.heirOffset !== undefined;
	const wrote = isKnown ? told.offset - failover.heirOffset.offset : 0;
	return `: what is written to it is lost${wrote > 0 ? `, ${bytes(wrote)} so far` : ''}`;
}

function tellReplica(failover: Failover, track: NodeTrack): Failover {
	const at = toldAt(track);
	const drawn = has(failover, 'stale') ? draw(failover, 'writes', undefined, at) : failover;
	const text = `${drawn.kind === 'manual' ? 'now' : 'back as'} replica of ${failover.newPrimary}${howItWas(drawn)}`;
	return tell(drawn, 'returned', { at, node: failover.oldPrimary, text });
}

function howItWas(failover: Failover): string {
	if (failover.hasRestarted === true) return ', restarted';
	const wasAway = has(failover, 'unreachable', 'fail', 'odown');
	return failover.hasRestarted === false && wasAway ? ', not restarted: it was frozen or cut off' : '';
}

/**
 * Counters of the new primary up to the last reading before the old one is back: its other replicas resync with it, too.
 * Where there are none, every resync since the promotion is the old primary's.
 */
function keepResyncs(failover: Failover, now: Moment): Failover {
	const info = now.tracks.get(failover.newPrimary!)?.lastGood?.info;
	const isAlone = failover.before.nodes.length === 2;
	if (isAlone || has(failover, 'returned') || !isReadAfter(failover, now)) return failover;
	const resyncs = countsOf(info);
	return resyncs.full === failover.resyncs?.full && resyncs.partial === failover.resyncs.partial
		? failover
		: { ...failover, resyncs };
}

const isReadAfter = (failover: Failover, now: Moment) =>
	(now.tracks.get(failover.newPrimary!)?.lastGood?.at ?? 0) > (stepOf(failover, 'promoted')?.at ?? 0);

const countsOf = (info: Info | undefined) => ({
	full: info?.syncFull ?? 0,
	partial: info?.syncPartialOk ?? 0,
});

function tellResync(failover: Failover, track: NodeTrack, now: Moment): Failover {
	const returned = stepOf(failover, 'returned');
	const info = track.lastGood?.info;
	const at = track.lastGood?.at ?? 0;
	const isInSync = info?.role === 'replica' && info.isLinkUp === true && info.isSyncing !== true;
	if (!returned || !isInSync || at < failover.startedAt || has(failover, 'resynced')) return failover;
	const heir = now.tracks.get(failover.newPrimary!)?.lastGood;
	// A counter of before the link came up proves nothing.
	if (heir && heir.at < at - 500) return failover;
	const row = now.fleet.nodes.find(each => each.address === failover.oldPrimary);
	const lag = row?.replicationLagBytes === undefined ? '' : `, ${bytes(row.replicationLagBytes)} behind`;
	const text = `${resyncText(failover, heir?.info)}${lag}`;
	return tell(failover, 'resynced', { at, node: failover.oldPrimary, text });
}

function resyncText(failover: Failover, info: Info | undefined): string {
	const was = failover.resyncs ?? { full: 0, partial: 0 };
	const is = countsOf(info);
	const full = is.full - was.full;
	const partial = is.partial - was.partial;
	if (full > 0 && partial === 0) return 'in sync again by a full resync';
	if (partial > 0 && full === 0) return 'in sync again by a partial resync';
	return 'in sync again';
}
