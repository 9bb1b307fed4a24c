// What a node's `cluster_state` means, in an operator's words. `fail` alone says nothing: slots without an owner, slots
// whose primary died, a node that sees no majority and one that has just started all say it; and `ok` may hide a
// failover that is due. After clusterUpdateState of the server. One node's word: comparing several is for view-groups.

import { slotsInCluster } from '../slots.ts';
import { counted } from '../text/quantity.ts';
import type { ClusterView, Peer, Severity } from '../types.ts';

export type Diagnosis = {
	readonly kind:
		| 'ok'
		| 'failover-pending'
		| 'slots-hidden'
		| 'unassigned'
		| 'slots-lost'
		| 'no-majority'
		| 'starting'
		| 'unknown';
	readonly severity?: Severity;
	/** A short sentence, without the name of the node. */
	readonly text: string;
};

/** `peers` may be missing where CLUSTER NODES is refused: then counts of primaries are left out. */
export function diagnoseState(view: ClusterView, peers: readonly Peer[] = view.peers ?? []): Diagnosis {
	if (view.state === undefined) return { kind: 'unknown', text: 'cluster_state not told' };
	return view.state === 'ok' ? diagnoseOk(view, peers) : diagnoseFail(view, peers);
}

function diagnoseOk(view: ClusterView, peers: readonly Peer[]): Diagnosis {
	const { slotsOk, slotsPfail, slotsFail } = view;
	if (slotsPfail) {
		const silent = peers.filter(peer => peer.isPfail && peer.slots.length > 0).map(nameOf);
		const who = silent.length === 1 ? ` ${silent[0]}` : silent.length > 1 ? `s ${listed(silent)}` : '';
		const text = `ok, but primary${who} unreachable (${slots(slotsPfail)}): failover pending`;
		return { kind: 'failover-pending', severity: 'warn', text };
	}
	// Without full coverage a cluster says ok whatever is missing.
	const missing = slotsOk === undefined ? (slotsFail ?? 0) : slotsInCluster - slotsOk;
	if (missing > 0) {
		const text = `ok, but ${slots(missing)} served by nobody (full coverage not required)`;
		return { kind: 'slots-hidden', severity: 'crit', text };
	}
	return { kind: 'ok', text: 'ok' };
}

function diagnoseFail(view: ClusterView, peers: readonly Peer[]): Diagnosis {
	const unassigned = slotsInCluster - (view.slotsAssigned ?? slotsInCluster);
	if (unassigned > 0)
		return { kind: 'unassigned', severity: 'crit', text: `fail: ${slots(unassigned)} unassigned` };
	if (view.slotsFail) {
		const text = `fail: ${slots(view.slotsFail)} down: primary failed${replicaText(view.slotsFail, peers)}`;
		return { kind: 'slots-lost', severity: 'crit', text };
	}
	if (view.slotsPfail) {
		const owners = peers.filter(peer => peer.slots.length > 0);
		const seen = owners.filter(peer => !peer.isPfail && !peer.isFail).length;
		const size = view.size ?? owners.length;
		// After a partition a primary waits before it serves again, though it sees enough of the others.
		if (size > 0 && seen > size / 2) {
			const text = `fail: rejoining, sees a majority again (${seen} of ${size} primaries), wait up to 5s`;
			return { kind: 'starting', severity: 'warn', text };
		}
		const text = `fail: cannot see a majority${peers.length > 0 ? `, sees ${seen} of ${size} primaries` : ''}`;
		return { kind: 'no-majority', severity: 'crit', text };
	}
	return { kind: 'starting', severity: 'warn', text: 'fail: starting or rejoining, wait up to 5s' };
}

/** Whether anybody could take over, as far as this view tells: with a healthy replica a failover may be under way. */
function replicaText(failed: number, peers: readonly Peer[]): string {
	const owners = peers.filter(peer => peer.isFail && peer.slots.length > 0);
	if (failed === 0 || owners.length === 0) return '';
	const followed = new Set(peers.filter(({ isFail }) => !isFail).map(({ primaryId }) => primaryId));
	const isLeft = owners.some(({ id }) => !followed.has(id));
	return isLeft ? ', no replica left' : '';
}

const slots = (count: number) => counted(count, 'slot');

const nameOf = (peer: Peer) => peer.address ?? peer.id.slice(0, 8);

const listed = (names: readonly string[]) =>
	names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
