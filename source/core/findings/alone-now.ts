// A primary that nobody follows and that was not alone a while ago, told by one reading of it. A server keeps its backlog
// for an hour after its last replica left (repl-backlog-ttl), and its own former history with it. To end so is normal for
// a migration or a replica that was given up, so it is said for minutes only, as far as we watched, and never where the
// backlog proves nothing. Clusters and Sentinels tell of their own.

import { infoDetailsOf } from '../fleet/sample.ts';
import { hasPrimary } from '../node/replication-state.ts';
import type { NodeTrack } from '../types.ts';
import { type FleetRule, measure } from './findings-rule.ts';
import { twoPrimaries, wasPromoted } from './two-primaries.ts';

export const aloneNow: FleetRule = view => {
	if (view.fleet.mode !== 'standalone') return [];
	const { saidSeconds, acks } = view.limits['no-replica'].extra;
	const alone = view.fleet.nodes.flatMap(({ address, role, error, isGone, connectedReplicas }) => {
		const track = view.tracks.get(address);
		const info = track?.lastGood?.info;
		if (role !== 'primary' || error || isGone || connectedReplicas !== 0 || !info) return [];
		if (info.isClusterEnabled || hasPrimary(info) || !isBacklogOfReplica(track)) return [];
		const memory = view.memoryOf(address);
		const hadReplica =
			callsOf(track, 'replconf') >= acks && infoDetailsOf(track.lastGood!).isBacklogActive === true;
		const isPromoted = info.previousReplicationId !== undefined && wasPromoted({ info, memory });
		if (!hadReplica && !isPromoted) return [];
		const isOld = view.at - (memory?.aloneSince ?? view.at) > saidSeconds * 1000;
		return [{ node: address, isOld, text: hadReplica ? leftText : promotedText }];
	});
	// Nearly nobody is: then nobody is compared with all others.
	if (alone.length === 0) return [];
	const told = new Set(twoPrimaries(view).map(({ node }) => node));
	return alone
		.filter(({ node }) => !told.has(node))
		.map(({ isOld, ...seen }) =>
			isOld
				? { ...seen, over: 'no-replica: still alone, taken as meant' }
				: { ...seen, ...measure(view.limits, 'no-replica', 0, () => ({ text: seen.text })) },
		);
};

const callsOf = ({ commands }: NodeTrack, name: string) => commands?.stats[name]?.calls ?? 0;

/**
 * A copy that is taken (redis-cli --rdb, --replica: SYNC, where replicas use PSYNC) makes a backlog or keeps it from
 * ending, each hour anew; and 0 keeps it for ever. Then it tells nothing of when a replica was there.
 */
const isBacklogOfReplica = (track: NodeTrack) =>
	callsOf(track, 'sync') === 0 && track.config?.['repl-backlog-ttl'] !== '0';

const promotedText =
	'nobody follows it, and it was a replica until it was promoted: does its former primary still take writes?';
const leftText = 'no replica follows it now, and one did until a while ago (repl-backlog-ttl)';
