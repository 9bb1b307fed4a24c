// What makes a cluster doubt a primary, step by step: our own connection, the links of its peers, pfail and by whom, fail,
// cluster_state, slots that nobody serves, a majority that is gone, a shard without anybody to take over. Each teller
// looks at one thing and adds what is new; the rest of the story, promotion and return, is in failover-cluster.

import { diagnoseState } from '../cluster/state-diagnosis.ts';
import type { Moment } from '../findings/events-cluster.ts';
import { isSilent } from '../text/node-trouble.ts';
import { slotsText } from '../text/slot-words.ts';
import type { Address, NodeTrack, RedisNode, View } from '../types.ts';
import { isBroken, type RoundMoment, silenceText, since } from './failover-fold.ts';
import { draw, drawFrom, type Failover, has, stepOf, tell } from './failover-record.ts';
import { firstOf, isVoter, type Sight, toldAt } from './failover-sight.ts';

/** Less than the shortest node timeout in use: what a node that hangs told before it hung is older. */
const freshMilliseconds = 700;

/** A round as one failover sees it. */
export type Look = {
	readonly sight: Sight;
	readonly views: readonly View[];
	readonly before: Moment;
	readonly now: RoundMoment;
};
export type Teller = (failover: Failover, seen: Look) => Failover;

const tellSilence: Teller = (failover, { sight: { silence } }) => {
	if (!silence || failover.newPrimary !== undefined || has(failover, 'unreachable')) return failover;
	const { at } = silence;
	const told = { at, node: failover.oldPrimary, text: silenceText(silence), severity: 'warn' as const };
	return tell(since(failover, at), 'unreachable', told);
};

const tellLinks: Teller = (failover, { sight, now }) => {
	const first = firstOf(sight.unlinked, now);
	const links = sight.unlinked.length;
	// The links to a frozen node come and go: the most that were lost at a time is what is told.
	if (!first || links <= failover.peaks.links || failover.newPrimary !== undefined) return failover;
	const peaked = since({ ...failover, peaks: { ...failover.peaks, links } }, first.at);
	const text = `link lost, ${links} of ${sight.asked} peers`;
	return tell(peaked, 'link-lost', { at: first.at, node: failover.oldPrimary, text, severity: 'warn' });
};

const tellPfail: Teller = (failover, { sight, now }) => {
	const first = firstOf(sight.pfail, now);
	if (!first || failover.newPrimary !== undefined) return failover;
	const timeout = timeoutText(now);
	const others = sight.pfail.length - 1;
	const text =
		others === 0
			? `first to flag ${failover.oldPrimary} pfail${timeout}`
			: `flags ${failover.oldPrimary} pfail, and so ${others === 1 ? 'does 1' : `do ${others}`} more${timeout}`;
	if (has(failover, 'pfail')) return tellMajority(failover, sight, now);
	const told = { at: first.at, node: first.node, text, severity: 'warn' as const };
	return tellMajority(tell(since(failover, first.at), 'pfail', told), sight, now);
};

function tellMajority(failover: Failover, sight: Sight, now: Moment): Failover {
	const { flagging, primaries, majority } = sight;
	if (flagging.length < majority || primaries === 0 || has(failover, 'pfail-majority', 'fail'))
		return failover;
	// Who flagged it first has been told: the majority is made by the last of those that are needed.
	const times = [...flagging].sort((a, b) => toldAt(a, now) - toldAt(b, now));
	const last = times[majority - 1]!;
	const text = `${flagging.length} of ${primaries} primaries flag it: a majority`;
	return tell(failover, 'pfail-majority', { at: toldAt(last, now), node: last.node, text, severity: 'warn' });
}

function timeoutText({ tracks }: Moment): string {
	const milliseconds = configOf(tracks, 'cluster-node-timeout');
	return Number(milliseconds) > 0 ? ` (node timeout ${Number(milliseconds) / 1000}s)` : '';
}

function configOf(tracks: ReadonlyMap<Address, NodeTrack>, name: string): string | undefined {
	for (const track of tracks.values()) {
		const value = track.config?.[name];
		if (value !== undefined) return value;
	}
	return undefined;
}

const tellFail: Teller = (failover, { sight, now }) => {
	const first = firstOf(sight.fail, now);
	if (!first || failover.newPrimary !== undefined) return failover;
	const text = 'majority agrees: fail';
	return tell(since(failover, first.at), 'fail', { at: first.at, text, severity: 'crit' });
};

const tellState: Teller = (failover, { sight, views, before, now }) => {
	const failing = sight.failing.length;
	// Another shard's trouble, while of this primary a mere link is missing.
	if (failing > 0 && !isDoubted(sight) && !has(failover, 'state-fail')) return failover;
	const level = failing === 0 ? undefined : failing * 2 >= sight.asked ? 'fail' : 'some';
	// A view that was not told anew in this round has nothing to say of when it changed.
	const fresh = views.filter(view => toldAt(view, now) > before.at);
	const at = firstOf(failing > 0 ? sight.failing : fresh, now)?.at ?? now.at;
	const drawn = draw(failover, 'state', level, at);
	if (failing === 0) return tellStateOk(drawn, at);
	const told = tellMinority(drawn, views, sight, now);
	// While some nodes have not heard yet the words grow with them; what was everywhere stays so.
	if (failing <= told.peaks.state) return told;
	const peaked = { ...told, peaks: { ...told.peaks, state: failing } };
	return tell(peaked, 'state-fail', { at, text: stateText(sight, now), severity: 'crit' });
};

export const isDoubted = (sight: Sight) =>
	sight.silence !== undefined || sight.unlinked.length + sight.pfail.length + sight.fail.length > 0;

function stateText(sight: Sight, now: Moment): string {
	const failing = sight.failing.length;
	const where = failing === sight.asked ? 'on every node' : `on ${failing} of ${sight.asked} nodes`;
	const coverage = configOf(now.tracks, 'cluster-require-full-coverage');
	const isMinority = sight.failing.some(
		view => diagnoseState(view.cluster, view.peers).kind === 'no-majority',
	);
	if (isMinority) return `cluster_state fail ${where}, writes refused: no majority`;
	if (coverage === 'yes')
		return `cluster_state fail ${where}, writes refused everywhere (full coverage required)`;
	return `cluster_state fail ${where}, writes refused`;
}

function tellStateOk(failover: Failover, at: number): Failover {
	if (!has(failover, 'state-fail')) return failover;
	const told = tell(failover, 'state-ok', { at, text: 'cluster_state ok' });
	return has(told, 'majority-lost') ? tell(told, 'majority-back', { at, text: 'a majority is back' }) : told;
}

/** Enough primaries to elect one say, just now, that all is well: who sees no majority is on the small side of a split. */
function isMajorityWell(views: readonly View[], { majority }: Sight, now: Moment): boolean {
	const well = views.filter(
		view => view.cluster.state === 'ok' && isVoter(view) && now.at - toldAt(view, now) < freshMilliseconds,
	);
	return well.length >= majority;
}

function tellMinority(failover: Failover, views: readonly View[], sight: Sight, now: Moment): Failover {
	const blind = sight.failing.filter(view => diagnoseState(view.cluster, view.peers).kind === 'no-majority');
	const first = firstOf(blind, now);
	if (
		!first ||
		isMajorityWell(views, sight, now) ||
		failover.newPrimary !== undefined ||
		sight.fail.length > 0
	)
		return failover;
	const { text } = diagnoseState(blind[0]!.cluster, blind[0]!.peers);
	const seen = /sees .*/.exec(text)?.[0];
	return tell(failover, 'majority-lost', {
		at: first.at,
		text: `majority lost${seen ? `: a node ${seen}` : ''}; no failover is possible`,
		severity: 'crit',
	});
}

const tellFlags: Teller = (failover, { sight, now }) => {
	const flag = sight.fail.length > 0 ? 'fail' : sight.pfail.length > 0 ? 'pfail' : undefined;
	const flagAt = firstOf(sight.fail.length > 0 ? sight.fail : sight.pfail, now)?.at ?? now.at;
	const isLost = sight.silence !== undefined || sight.unlinked.length * 2 > sight.asked;
	const link = isLost ? 'lost' : sight.unlinked.length > 0 ? 'some' : undefined;
	const linkAt = Math.min(firstOf(sight.unlinked, now)?.at ?? now.at, sight.silence?.at ?? now.at);
	return draw(draw(failover, 'failFlag', flag, flagAt), 'link', link, linkAt);
};

/** Nobody serves its slots: told when it is certain, reckoned from when it was lost. */
const tellUncovered: Teller = (failover, { sight, now }) => {
	const isRefused = isAlone(sight) || isRefusedEverywhere(failover, sight);
	if ((!sight.isLost && !isRefused) || failover.newPrimary !== undefined) return failover;
	const at = lostAt(failover, sight, now);
	const text = `${slotsText(failover.slots)} ${sight.isLost ? 'unserved' : 'refused: no majority'}`;
	const told = { at, node: failover.oldPrimary, text, severity: 'crit' as const };
	return tell(drawFrom(failover, 'writes', 'refused', at), 'slots-uncovered', told);
};

/** On the small side of a split it refuses by itself, after a node timeout. */
const isAlone = ({ own }: Sight) =>
	own !== undefined && diagnoseState(own.cluster, own.peers).kind === 'no-majority';

/** Without a majority every node refuses, whoever can be reached. */
export const isRefusedEverywhere = (failover: Failover, sight: Sight) =>
	has(failover, 'majority-lost') && sight.failing.length * 2 >= sight.asked;

/** The moment our connection or most links broke; of a silent one its last answer; where we still reach it, `fail`. */
function lostAt(failover: Failover, sight: Sight, now: Moment): number {
	const { silence } = sight;
	const unreachable = stepOf(failover, 'unreachable');
	const unlinked = stepOf(failover, 'link-lost');
	if (!silence || !unreachable)
		return stepOf(failover, 'fail')?.at ?? firstOf(sight.failing, now)?.at ?? now.at;
	if (!isBroken(silence)) return silence.lastAnswerAt ?? unreachable.at;
	const isSame = unlinked !== undefined && unreachable.at - unlinked.at < 2000;
	return isSame ? Math.min(unreachable.at, unlinked.at) : unreachable.at;
}

/** A replica of the shard that can be promoted is one that answers and has been in sync once. */
const tellCandidates: Teller = (failover, { sight, views, now }) => {
	if (failover.newPrimary !== undefined || !sight.isLost || has(failover, 'no-candidate')) return failover;
	const replicas = replicasOf(failover, views);
	const rows = new Map(now.fleet.nodes.map(row => [row.address, row]));
	if (replicas.some(node => isUsable(rows.get(node)))) return failover;
	if (sight.fail.length === 0 && replicas.length > 0 && !has(failover, 'pfail')) return failover;
	const why = replicas.length === 0 ? 'it has no replica' : `${replicas.join(', ')} cannot take over`;
	const text = `no candidate: ${why}; ${slotsText(failover.slots)} stay unserved until a node comes back`;
	return tell(failover, 'no-candidate', { at: now.at, node: failover.oldPrimary, text, severity: 'crit' });
};

/** Those it had, and those that any node names: of a shard that was down when we came the first are not known. */
function replicasOf({ before, oldPrimary, primaryId }: Failover, views: readonly View[]): Address[] {
	const replicas = new Set(before.nodes.map(each => each.node));
	for (const { peers } of views)
		for (const peer of peers)
			if (peer.primaryId === primaryId && primaryId !== undefined && peer.address) replicas.add(peer.address);
	replicas.delete(oldPrimary);
	return [...replicas];
}

const isUsable = (row: RedisNode | undefined) =>
	row !== undefined && !row.isGone && !isSilent(row) && row.isSyncing !== true;

/** In the order in which they are told where a round shows several. */
export const doubtTellers: readonly Teller[] = [
	tellSilence,
	tellLinks,
	tellPfail,
	tellFail,
	tellFlags,
	tellState,
	tellUncovered,
	tellCandidates,
];
