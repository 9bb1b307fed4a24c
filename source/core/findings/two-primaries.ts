// Two primaries that were one: a replica that was promoted by hand (REPLICAOF NO ONE) while its primary stayed one. Each
// tells the history it writes (master_replid) and the one it had before its promotion (master_replid2), so one reading
// of both is enough, however long ago it was. A server forgets the second one an hour after its last replica left
// (repl-backlog-ttl). Sentinels and clusters say of their own who is a primary too many: stale-primary.

import { hasPrimary } from '../node/replication-state.ts';
import { bytes } from '../text/quantity.ts';
import type { Address, Info } from '../types.ts';
import { type FleetRule, type FleetView, measure, type Observation } from './findings-rule.ts';

type Primary = { readonly address: Address; readonly info: Info; readonly wroteAt?: number };

export const twoPrimaries: FleetRule = view => {
	if (view.fleet.mode !== 'standalone') return [];
	const own = primariesIn(view.tracks, view.memoryOf);
	// Nearly nobody was ever promoted: then nobody else is looked at.
	if (!own.some(({ info }) => wasPromoted(info))) return [];
	const elsewhere = (view.elsewhere?.() ?? []).flatMap(({ tracks, memories }) =>
		primariesIn(tracks, node => memories.get(node)),
	);
	return own.flatMap(promoted => {
		const others = [...own, ...elsewhere].filter(other => isOfItsHistory(promoted, other));
		return others.length === 0 ? [] : [{ ...split(view, promoted, others), node: promoted.address }];
	});
};

function primariesIn(tracks: FleetView['tracks'], memoryOf: FleetView['memoryOf']): readonly Primary[] {
	return [...tracks.values()].flatMap(({ address, kind, error, gone, lastGood }) => {
		const info = lastGood?.info;
		const isPrimary = kind === 'data' && !error && !gone && info?.role === 'primary';
		return isPrimary && !info.isClusterEnabled && !hasPrimary(info)
			? [{ address, info, wroteAt: memoryOf(address)?.wroteAt }]
			: [];
	});
}

/**
 * It was a replica since it started. From 7.0 on a primary also takes a second history from its file: of a server that
 * was restored from a copy of another's. It has received nothing from a primary.
 */
const wasPromoted = ({ previousReplicationId, replicationInputBytes }: Info) =>
	previousReplicationId !== undefined && replicationInputBytes !== 0;

/** The one it followed, also when that was restarted since (7.0), or another replica of it: of two, one is told. */
function isOfItsHistory(promoted: Primary, other: Primary): boolean {
	const history = promoted.info.previousReplicationId;
	if (isOneServer(promoted.info, other.info) || !wasPromoted(promoted.info)) return false;
	if (other.info.replicationId === history) return true;
	if (other.info.previousReplicationId !== history) return false;
	return !wasPromoted(other.info) || isLater(promoted, other);
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
	const followed = first!.info.replicationId === promoted.info.previousReplicationId;
	const isSister = !followed && wasPromoted(first!.info);
	const was = isSister ? `beside ${first!.address} a replica` : `a replica of ${first!.address}`;
	const isWritten = [promoted, ...others].filter(each => takesWrites(view, each)).length > 1;
	const many = others.length === 1 ? 'two' : String(others.length + 1);
	const what = isWritten ? `${many} primaries take writes` : `${many} primaries of one data set`;
	const text = `${what}: ${was} until it was promoted${sinceThen(promoted, first!, followed)}`;
	const seen = measure(view.limits, 'two-primaries', others.length + 1, () => ({ text }));
	return { text, ...seen, severity: seen?.severity && (isWritten ? 'crit' : 'warn') };
}

/** Its clients have changed something within the last minute. */
function takesWrites({ limits, at }: FleetView, { wroteAt }: Primary): boolean {
	return wroteAt !== undefined && at - wroteAt < limits['two-primaries'].extra.writesSeconds * 1000;
}

/** What each has written since they were one, in bytes of their streams. */
function sinceThen({ info }: Primary, other: Primary, followed: boolean): string {
	const at = info.secondReplicationOffset;
	const [here, there] = [info.replicationOffset, other.info.replicationOffset];
	if (!followed || at === undefined || here === undefined || there === undefined) return '';
	const written = (offset: number) => bytes(Math.max(0, offset + 1 - at));
	return `; ${written(here)} written here since, ${written(there)} there`;
}
