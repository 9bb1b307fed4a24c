// Failovers of a cluster, told from what changes between two rounds: our own connection, the links and flags of every
// node, cluster_state, roles, epochs and owners of slots. A failover is over in a second, so no state is waited for:
// whatever is seen first is told, with the time of the sample that showed it. A calm round costs a look at the nodes
// that anybody doubts, and there are none. Sentinels have a file of their own.

import { doubtedIn, myselfIn } from '../cluster/agreement.ts';
import { byAddress } from '../cluster/peer-digest.ts';
import type { Moment } from '../findings/events-cluster.ts';
import { viewsNow } from '../findings/findings-fleet.ts';
import { hasPlace } from '../parse/parse-address.ts';
import { slotsIn } from '../slots.ts';
import { isSilent } from '../text/node-trouble.ts';
import { count, counted } from '../text/quantity.ts';
import { slotsText } from '../text/slot-words.ts';
import type { Address, NodeTrack, RedisNode, SlotRange, View } from '../types.ts';
import { doubtTellers, isDoubted, isRefusedEverywhere, type Look, type Teller } from './failover-doubt.ts';
import { tellReturn } from './failover-end.ts';
import {
	calmed,
	calmSinceOf,
	foldFamily,
	keepHeirOffset,
	keepOffset,
	openFailover,
	promote,
	type RoundMoment,
	silenceOf,
	since,
} from './failover-fold.ts';
import { draw, type Failover, type FailoverKind, has, stepOf, tell } from './failover-record.ts';
import { firstOf, look, owns, sharedSlots, toldAt } from './failover-sight.ts';

export function foldCluster(
	failovers: readonly Failover[],
	before: Moment,
	now: RoundMoment,
): readonly Failover[] {
	const views = viewsNow(now.tracks, now.at);
	return foldFamily(
		failovers,
		{
			follow: failover => followRound(failover, before, now, views),
			begin: () => subjects(before, now, views).map(row => open(row, before, now)),
			serious: ['pfail', 'fail', 'slots-uncovered', 'state-fail', 'promoted'],
			served: 'slots-covered',
		},
		now,
	);
}

// ---------------------------------------------------------------------------------------------------------
// Beginning

/** Primaries with slots that somebody doubts, that do not answer us, or whose slots another took over. */
function subjects(before: Moment, now: Moment, views: readonly View[]): RedisNode[] {
	const doubts = new Set<string>();
	for (const view of views)
		for (const peer of doubtedIn(view.peers)) if (peer.role === 'primary') doubts.add(peer.id);
	const doubted = (row: RedisNode): boolean => {
		const id = doubts.size > 0 ? (idOf(now.tracks.get(row.address)) ?? idAmong(now, row.address)) : undefined;
		if (id === undefined || !doubts.has(id)) return false;
		const sight = look(id, row.address, views, now);
		// Without an address it is not pinged, so nobody elects another until it is called failed (Valkey from 8.1 on).
		return hasPlace(row.address) ? isDoubted(sight) : sight.fail.length > 0;
	};
	const isAway = (row: RedisNode) =>
		hasPlace(row.address) && views.length > 0 && silenceOf(row.address, now) !== undefined;
	const found = new Map<Address, RedisNode>();
	for (const row of now.fleet.nodes) {
		if (row.slots.length === 0 || row.isGone) continue;
		// When nobody answers, it is we who are cut off.
		if (doubted(row) || isAway(row)) found.set(row.address, row);
	}
	for (const row of replaced(before, now)) found.set(row.address, row);
	return [...found.values()].slice(0, 32);
}

/**
 * Primaries of the round before whose slots are now with a node of their shard that had none. Its role is no sign: a
 * round takes some milliseconds, and one in the middle of which it was promoted shows the role a round before the slots,
 * or after them.
 */
function replaced(before: Moment, now: Moment): RedisNode[] {
	const known = new Map(before.fleet.nodes.map(row => [row.address, row]));
	return now.fleet.nodes.flatMap(row => {
		const was = known.get(row.address);
		if (was?.shard === undefined || was.slots.length > 0 || row.slots.length === 0) return [];
		const slot = row.slots[0]![0];
		const old = before.fleet.nodes.find(each => each.shard === was.shard && owns(each.slots, slot));
		// A primary that was emptied stands with its old shard, too, and may get slots back one by one.
		const hasTaken = old && sharedSlots(row.slots, old.slots) * 2 > slotsIn(old.slots);
		return hasTaken ? [old] : [];
	});
}

function open(row: RedisNode, before: Moment, now: Moment): Failover {
	const was = before.fleet.nodes.find(each => each.address === row.address && each.slots.length > 0) ?? row;
	return openFailover(
		row.address,
		{
			shard: was.shard ?? row.shard,
			primaryId: idOf(now.tracks.get(row.address)) ?? idAmong(now, row.address),
			slots: was.slots,
			oldEpoch: was.epoch,
		},
		before,
		now,
	);
}

const idOf = (track: NodeTrack | undefined) => track?.cluster?.peers && myselfIn(track.cluster.peers)?.id;

function idAmong(now: Moment, address: Address): string | undefined {
	for (const track of now.tracks.values()) {
		const peer = track.cluster?.peers && byAddress(track.cluster.peers).get(address)?.[0];
		if (peer) return peer.id;
	}
	return undefined;
}

// ---------------------------------------------------------------------------------------------------------
// Going on

function followRound(failover: Failover, before: Moment, now: RoundMoment, views: readonly View[]): Failover {
	const sight = look(failover.primaryId, failover.oldPrimary, views, now);
	const seen: Look = { sight, views, before, now };
	const told = tellers.reduce((so, teller) => teller(so, seen), failover);
	const judged = { ...told, kind: kindOf(told, now) };
	// How it was promoted is known only when the old primary has told whether it was restarted.
	const step = stepOf(judged, 'promoted');
	return step ? tell(judged, 'promoted', { ...step, text: promotionText(judged) }) : judged;
}

const tellPromotion: Teller = (failover, { views, before, now }) => {
	if (failover.newPrimary !== undefined) return failover;
	const heir = heirOf(failover, views, now);
	if (!heir) return failover;
	const { node, at, epoch } = heir;
	const begun = failover.steps.length === 0 ? since(failover, at) : failover;
	const promoted = { ...promote(begun, node, before, now), newEpoch: epoch };
	return tell(promoted, 'promoted', { at, node, text: promotionText(promoted) });
};

const promotionText = (failover: Failover): string => {
	const { oldEpoch, newEpoch } = failover;
	const epochs = newEpoch === undefined || oldEpoch === undefined ? '' : `, epoch ${oldEpoch} to ${newEpoch}`;
	return isCrash(failover)
		? `elected${epochs}`
		: `promoted by hand (CLUSTER FAILOVER: no link was lost)${epochs}`;
};

type Heir = { readonly node: Address; readonly at: number; readonly epoch?: number };

/** By its own word first: it had to be elected for that. Else whom most nodes give the slots to. */
function heirOf(failover: Failover, views: readonly View[], now: Moment): Heir | undefined {
	const { slots, oldPrimary, oldEpoch = 0 } = failover;
	// Slots that are migrated one by one are no failover.
	const hasTaken = (ranges: readonly SlotRange[]) => sharedSlots(ranges, slots) * 2 > slotsIn(slots);
	const mates = new Set(failover.before.nodes.map(each => each.node));
	for (const view of views) {
		if (view.node === oldPrimary || !mates.has(view.node)) continue;
		const myself = view.peers.find(peer => peer.isMyself);
		if (myself?.role === 'primary' && myself.epoch >= oldEpoch && hasTaken(myself.slots))
			return { node: view.node, at: toldAt(view, now), epoch: myself.epoch };
	}
	// The row of a node that has lost its address is new, and has taken nothing over.
	const row = now.fleet.nodes.find(
		each => each.address !== oldPrimary && hasPlace(each.address) && hasTaken(each.slots),
	);
	return row && { node: row.address, at: firstOf(views, now)?.at ?? now.at, epoch: row.epoch };
}

/** The new primary says that it serves, from then on; told as soon as most nodes send clients to it. */
const tellCovered: Teller = (failover, { views, now }) => {
	const { newPrimary, slots } = failover;
	if (newPrimary === undefined || has(failover, 'slots-covered')) return failover;
	const row = now.fleet.nodes.find(each => each.address === newPrimary);
	const view = views.find(each => each.node === newPrimary);
	const isServing = view ? view.cluster.state !== 'fail' : row !== undefined && !isSilent(row);
	if (!isServing) return failover;
	const at = failover.servingSince ?? (view ? toldAt(view, now) : now.at);
	const serving = { ...failover, servingSince: at };
	const served = row ? sharedSlots(row.slots, slots) : 0;
	if (served === 0) return serving;
	const all = slotsIn(slots);
	const some = served === all ? '' : `${served} of ${all} slots of `;
	const told = { at, node: newPrimary, text: `${some}${slotsText(slots)} served again` };
	const covered = tell(serving, 'slots-covered', told);
	return draw(covered, 'writes', undefined, stepOf(covered, 'slots-covered')!.at);
};

/** It answers and serves as before, and nobody doubts it any more. */
const tellRestored: Teller = (failover, { sight, now }) => {
	if (failover.newPrimary !== undefined) return failover;
	const row = now.fleet.nodes.find(each => each.address === failover.oldPrimary);
	const myself = sight.own?.peers.find(peer => peer.isMyself);
	const isServer = row?.isSeenWell || (myself?.role === 'primary' && myself.slots.length > 0);
	const isBack = !sight.silence && row !== undefined && !isSilent(row) && isServer;
	const isCalm = isBack && sight.unlinked.length + sight.pfail.length + sight.fail.length === 0;
	const isServing =
		isBack && !sight.isLost && sight.own?.cluster.state !== 'fail' && !isRefusedEverywhere(failover, sight);
	const at = sight.own ? Math.max(toldAt(sight.own, now), failover.startedAt) : now.at;
	const drawn = isServing ? draw(failover, 'writes', undefined, at) : failover;
	const calm = calmed(drawn, isCalm && isServing && sight.failing.length === 0, at);
	const back = calmSinceOf(calm, now);
	if (back === undefined) return calm;
	const runId = now.tracks.get(failover.oldPrimary)?.lastGood?.info?.runId;
	const who = row?.isSeenWell ? 'is well for its peers' : 'answers again';
	const isKnown = !row?.isSeenWell && runId !== undefined && failover.oldRunId !== undefined;
	const how = !isKnown
		? ''
		: runId === failover.oldRunId
			? ', not restarted'
			: `, restarted${keysText(failover, row)}`;
	const text = `${who} and is still primary${how}: no failover`;
	const told = tell(calm, 'restored', { at: back, node: failover.oldPrimary, text });
	if (!has(told, 'slots-uncovered')) return told;
	return tell(told, 'slots-covered', { at: back, text: `${slotsText(failover.slots)} served again` });
};

/** A process that starts anew has what it finds on its disk. */
function keysText(failover: Failover, row: RedisNode | undefined): string {
	const was = failover.before.nodes.find(each => each.node === failover.oldPrimary)?.keys;
	if (was === undefined || row?.keys === undefined) return '';
	return ` with ${counted(row.keys, 'key', count)}, had ${count(was)}`;
}

const tellers: readonly Teller[] = [
	...doubtTellers,
	tellPromotion,
	tellCovered,
	tellRestored,
	(failover, { now }) => keepHeirOffset(keepOffset(failover, now), now),
	(failover, { now }) => tellReturn(failover, now),
];

// ---------------------------------------------------------------------------------------------------------
// What it was

const isCrash = (failover: Failover) =>
	has(failover, 'unreachable', 'pfail', 'fail') || failover.hasRestarted === true;

function kindOf(failover: Failover, now: Moment): FailoverKind {
	if (failover.newPrimary !== undefined) {
		if (isCrash(failover)) return 'crash';
		// A node that was replaced by hand is often stopped right after: that makes no crash of it.
		if (failover.kind === 'manual') return 'manual';
		const old = now.fleet.nodes.find(row => row.address === failover.oldPrimary);
		return !old || isSilent(old) ? 'crash' : 'manual';
	}
	if (has(failover, 'restored')) return 'back';
	return has(failover, 'no-candidate') ? 'lost' : 'under-way';
}
