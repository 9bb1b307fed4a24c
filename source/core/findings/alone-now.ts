// A primary that nobody follows and that was not alone a while ago, told by one reading of it. A server keeps its backlog
// for an hour after its last replica left (repl-backlog-ttl), and its own former history with it; a tool that took a copy
// leaves a backlog as well, but sends no REPLCONF ACK every second. Clusters and Sentinels tell of their own.

import { infoDetailsOf } from '../fleet/sample.ts';
import { hasPrimary } from '../node/replication-state.ts';
import type { FleetRule } from './findings-rule.ts';
import { twoPrimaries, wasPromoted } from './two-primaries.ts';

/** Of a replica that was there for a minute. */
const fewestAcks = 60;

export const aloneNow: FleetRule = view => {
	if (view.fleet.mode !== 'standalone') return [];
	const alone = view.fleet.nodes.flatMap(({ address, role, error, isGone, connectedReplicas }) => {
		const track = view.tracks.get(address);
		const info = track?.lastGood?.info;
		if (role !== 'primary' || error || isGone || connectedReplicas !== 0 || !info) return [];
		if (info.isClusterEnabled || hasPrimary(info)) return [];
		const acks = track.commands?.stats.replconf?.calls ?? 0;
		const memory = view.memoryOf(address);
		if (info.previousReplicationId !== undefined && wasPromoted({ info, memory }))
			return [{ node: address, text: promotedText }];
		const hadReplica = acks >= fewestAcks && infoDetailsOf(track.lastGood!).isBacklogActive === true;
		return hadReplica ? [{ node: address, text: leftText }] : [];
	});
	// Nearly nobody is: then nobody is compared with all others.
	if (alone.length === 0) return [];
	const told = new Set(twoPrimaries(view).map(({ node }) => node));
	return alone
		.filter(({ node }) => !told.has(node))
		.map(seen => ({ ...seen, severity: 'warn', value: 0, limits: { warn: 1 } }));
};

const promotedText =
	'nobody follows it, and it was a replica until it was promoted: does its former primary still take writes?';
const leftText = 'no replica follows it now, and one did until a while ago (repl-backlog-ttl)';
