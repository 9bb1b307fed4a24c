// How the copy that a replica holds is kept when its primary came back without the data: the command that does it in
// this topology, and how long there is. Tried on real servers: plain replication, REPLICAOF NO ONE at the replica;
// under Sentinel that is undone after 10 s, so a Sentinel must make the replica the primary; in a cluster a forced
// failover, which needs no word of the primary. It sends nothing.

import { isMeasured } from '../text/node-trouble.ts';
import type { Address, Fleet, NodeTrack } from '../types.ts';
import type { Comeback } from './came-back.ts';

export type Keep =
	| { readonly isPossible: true; readonly node: Address; readonly command: readonly string[] }
	| { readonly isPossible: false; readonly why: string };

/** A Sentinel lets no other letters into a name. */
const safeName = /^[A-Za-z0-9._-]{1,200}$/;

export function howToKeep(
	{ holder, isHeld, isHolderLoading }: Comeback,
	primary: Address,
	fleet: Fleet,
	tracks: ReadonlyMap<Address, NodeTrack>,
): Keep {
	const node = fleet.nodes.find(({ address }) => address === holder);
	if (!isHeld) return { isPossible: false, why: `${holder} does not hold them any more` };
	if (node?.role === 'primary')
		return { isPossible: false, why: `${holder} is a primary now and keeps them` };
	if (isHolderLoading) return { isPossible: false, why: `${holder} is loading and takes no command yet` };
	if (!node || !isMeasured(node)) return { isPossible: false, why: `${holder} does not answer now` };
	switch (fleet.mode) {
		case 'standalone':
			return { isPossible: true, node: holder, command: ['REPLICAOF', 'NO', 'ONE'] };
		case 'cluster':
			return { isPossible: true, node: holder, command: ['CLUSTER', 'FAILOVER', failoverWord(fleet)] };
		case 'sentinel':
			return sentinelKeep(holder, primary, fleet, tracks);
	}
}

/** FORCE asks the other primaries for their votes; where most of them are gone only TAKEOVER is left. */
function failoverWord({ agreement }: Fleet): 'FORCE' | 'TAKEOVER' {
	if (!agreement || agreement.primaries === 0) return 'FORCE';
	return agreement.primariesReachable > agreement.primaries / 2 ? 'FORCE' : 'TAKEOVER';
}

function sentinelKeep(
	holder: Address,
	primary: Address,
	fleet: Fleet,
	tracks: ReadonlyMap<Address, NodeTrack>,
): Keep {
	const master = fleet.sentinel?.masters.find(each => each.primary === primary);
	const answering = (fleet.sentinel?.sentinels ?? []).filter(
		({ error, health }) => !error && health !== 'down',
	);
	const sentinel = answering.find(({ node }) => tracks.get(node)?.lastGood?.info?.isInTilt !== true);
	if (!master || !safeName.test(master.name))
		return { isPossible: false, why: 'no Sentinel that answers names this primary' };
	if (!sentinel)
		return {
			isPossible: false,
			why: answering.length > 0 ? 'all Sentinels are in TILT and fail nothing over' : 'no Sentinel answers',
		};
	if (master.flags.includes('failover_in_progress'))
		return { isPossible: false, why: 'the Sentinels are failing over already' };
	if (tracks.get(holder)?.lastGood?.info?.replicaPriority === 0)
		return { isPossible: false, why: `${holder} has replica-priority 0: no Sentinel promotes it` };
	return { isPossible: true, node: sentinel.node, command: ['SENTINEL', 'FAILOVER', master.name] };
}

/**
 * At least about how many seconds until the replica has loaded what its primary has; undefined where the primary's settings are
 * not known. From 7.0 on a primary gathers its replicas for repl-diskless-sync-delay before it sends anything.
 */
export function secondsToKeep(
	{ at: since, waitsSince, isAboutToLoad, isHolderLoading }: Comeback,
	track: NodeTrack,
	at: number,
): number | undefined {
	if (!isAboutToLoad || isHolderLoading) return undefined;
	const config = track.config ?? {};
	if (config['repl-diskless-sync'] === undefined) return undefined;
	const delay =
		config['repl-diskless-sync'] === 'yes' ? Number(config['repl-diskless-sync-delay'] ?? Number.NaN) : 0;
	if (!Number.isFinite(delay)) return undefined;
	// A replica asks for a sync within a second of its primary's return.
	const from = waitsSince ?? since;
	return Math.max(0, delay - (at - from) / 1000);
}
