// Two primaries that were one: a replica that was promoted by hand (REPLICAOF NO ONE) while its primary stayed one. Each
// tells the history it writes (master_replid) and the one it had before its promotion (master_replid2), so one reading
// of both is enough, however long ago it was. A server forgets the second one an hour after its last replica left
// (repl-backlog-ttl). Sentinels and clusters say of their own who is a primary too many: stale-primary.

import { hasPrimary } from '../node/replication-state.ts';
import { bytes } from '../text/quantity.ts';
import type { Address, Info } from '../types.ts';
import type { NodeMemory } from './findings-memory.ts';
import { type FleetRule, type FleetView, measure, type Observation } from './findings-rule.ts';

type Primary = {
	readonly address: Address;
	readonly info: Info;
	readonly memory?: NodeMemory;
	/** It is watched as another fleet: somebody meant the two to be apart. */
	readonly isElsewhere: boolean;
};

export const twoPrimaries: FleetRule = view => {
	if (view.fleet.mode !== 'standalone') return [];
	const own = primariesIn(view.tracks, view.memoryOf, false);
	// Nearly nobody was ever promoted: then nobody else is looked at.
	if (!own.some(wasPromoted)) return [];
	const elsewhere = (view.elsewhere?.() ?? []).flatMap(({ tracks, memories }) =>
		primariesIn(tracks, node => memories.get(node), true),
	);
	return own.flatMap(promoted => {
		const others = [...own, ...elsewhere].filter(other => isOfItsHistory(promoted, other));
		return others.length === 0 ? [] : [{ ...split(view, promoted, others), node: promoted.address }];
	});
};

function primariesIn(
	tracks: FleetView['tracks'],
	memoryOf: FleetView['memoryOf'],
	isElsewhere: boolean,
): readonly Primary[] {
	return [...tracks.values()].flatMap(({ address, kind, error, gone, lastGood }) => {
		const info = lastGood?.info;
		const isPrimary = kind === 'data' && !error && !gone && info?.role === 'primary';
		return isPrimary && !info.isClusterEnabled && !hasPrimary(info)
			? [{ address, info, memory: memoryOf(address), isElsewhere }]
			: [];
	});
}

/**
 * It was a replica since it started. From 7.0 on a primary also takes a second history from its file: of a server that
 * was restored from a copy of another's. It has received nothing from a primary.
 */
export const wasPromoted = ({ info, memory }: Pick<Primary, 'info' | 'memory'>): boolean =>
	memory?.followed !== undefined ||
	(info.previousReplicationId !== undefined &&
		(memory?.hasReceived === true || info.replicationInputBytes !== 0));

/** One that was started again without its primary forgets its history: then what was seen of it before tells. */
const historyOf = ({ info, memory }: Primary) => memory?.followed ?? info.previousReplicationId;

/** The one it followed, also when that was restarted since (7.0), or another replica of it: of two, one is told. */
function isOfItsHistory(promoted: Primary, other: Primary): boolean {
	const history = historyOf(promoted);
	if (isOneServer(promoted.info, other.info) || !wasPromoted(promoted)) return false;
	if (other.info.replicationId === history) return true;
	if (historyOf(other) !== history) return false;
	return !wasPromoted(other) || isLater(promoted, other);
}

/** Under two addresses. Two servers never write the same history. */
const isOneServer = (one: Info, other: Info) =>
	one.replicationId === other.replicationId || (one.runId !== undefined && one.runId === other.runId);

/** In the stream of their common history; of two at the same place by name. */
function isLater(one: Primary, other: Primary): boolean {
	const [a, b] = [one.info.secondReplicationOffset ?? 0, other.info.secondReplicationOffset ?? 0];
	return a === b ? one.address > other.address : a > b;
}

function split(view: FleetView, promoted: Primary, others: readonly Primary[]): Observation {
	const [first] = others;
	const followed = first!.info.replicationId === historyOf(promoted);
	const isSister = !followed && wasPromoted(first!);
	const was = isSister ? `beside ${first!.address} a replica` : `a replica of ${first!.address}`;
	const isWritten = areWritten(view, [promoted, ...others]);
	const many = others.length === 1 ? 'two' : String(others.length + 1);
	const what = isWritten ? `${many} primaries take writes` : `${many} primaries of one data set`;
	const until = promoted.memory?.followed === undefined ? 'promoted' : 'restarted';
	const text = `${what}: ${was} until it was ${until}${sinceThen(promoted, first!, followed)}`;
	const seen = measure(view.limits, 'two-primaries', others.length + 1, () => ({ text }));
	return {
		text,
		...seen,
		// Who was started again without its primary may have been meant to be a server of its own.
		severity:
			seen?.severity && (isWritten && until === 'promoted' && !areMeant(promoted, others) ? 'crit' : 'warn'),
	};
}

/** Clients of more than one have changed something within the last minute, since there are so many. */
function areWritten({ limits, at }: FleetView, primaries: readonly Primary[]): boolean {
	const last = Math.max(...primaries.map(({ memory }) => memory?.primary?.since ?? at));
	const from = Math.max(last, at - limits['two-primaries'].extra.writesSeconds * 1000);
	return primaries.filter(({ memory }) => (memory?.primary?.wroteAt ?? 0) > from).length > 1;
}

/** A copy that was made by replication and goes its own way: of those that nobody saw apart before. */
function areMeant(promoted: Primary, others: readonly Primary[]): boolean {
	const all = [promoted, ...others];
	if (all.some(({ memory }) => memory?.primary?.isPromoted)) return false;
	return others.every(
		other => other.isElsewhere || [promoted, other].every(({ info }) => (info.connectedReplicas ?? 0) > 0),
	);
}

/** What each has written since they were one, in bytes of their streams. */
function sinceThen({ info }: Primary, other: Primary, followed: boolean): string {
	const at = info.secondReplicationOffset;
	const [here, there] = [info.replicationOffset, other.info.replicationOffset];
	if (!followed || at === undefined || here === undefined || there === undefined) return '';
	const written = (offset: number) => bytes(Math.max(0, offset + 1 - at));
	return `; ${written(here)} written here since, ${written(there)} there`;
}
