// What happened between two rounds, as lines for the event log: transitions, never states. A failover is over in a
// second, so it is read from what differs (role, epoch, owner, link) and not from catching the moment. What is there
// at the first reading is no event, and nothing is told twice. Findings that come and go are told by `judge`, not here.

import { serverTitle } from '../fleet/untold.ts';
import { hasPlace } from '../parse/parse-address.ts';
import { troubleText } from '../text/node-trouble.ts';
import type { Address, Fleet, FleetEvent, NodeTrack, RedisNode } from '../types.ts';
import { findClusterEvents } from './events-cluster.ts';
import { findNodeEvents, findSentinelNodeEvents } from './events-node.ts';
import { findSentinelEvents } from './events-sentinel.ts';

type Tracks = ReadonlyMap<Address, NodeTrack>;

/** `connected to 6 of 6 nodes, seed 10.0.1.11:6379`: told once, when discovery is done. */
export function connectedEvent(fleet: Fleet, seed: Address, at: number): FleetEvent {
	const nodes = fleet.nodes.filter(node => !node.isGone);
	const answering = nodes.filter(node => answers(node)).length;
	const sentinels = fleet.sentinel?.sentinels ?? [];
	const watching = sentinels.filter(sentinel => answers(sentinel)).length;
	const more = sentinels.length > 0 ? ` and ${watching} of ${sentinels.length} Sentinels` : '';
	return {
		at,
		kind: 'connected',
		text: `connected to ${answering} of ${nodes.length} nodes${otherServers(nodes)}${more}, seed ${seed}`,
	};
}

/** ` (Redict 7.3.6)`: of whatever is not Redis or Valkey. */
function otherServers(nodes: readonly RedisNode[]): string {
	const names = nodes.flatMap(node =>
		node.server === 'redis' || node.server === 'valkey' || !(node.server ?? node.unknownServer)
			? []
			: `${serverTitle(node)}${node.version === undefined ? '' : ` ${node.version}`}`,
	);
	return names.length === 0 ? '' : ` (${[...new Set(names)].join(', ')})`;
}

const answers = ({ error }: Pick<RedisNode, 'error'>) =>
	error === undefined || error.reason === 'loading' || error.reason === 'unknown-info';

/**
 * Compares two moments of a fleet. `before` is undefined until discovery is done: then nothing is an event yet.
 */
export function findEvents(
	before: Fleet | undefined,
	now: Fleet,
	tracksBefore: Tracks,
	tracksNow: Tracks,
	at: number,
): FleetEvent[] {
	if (!before) return [];
	const then = { fleet: before, tracks: tracksBefore, at: before.at };
	const moment = { fleet: now, tracks: tracksNow, at };
	return [
		...findMembers(before, now, at),
		...(now.mode === 'cluster' ? findClusterEvents(then, moment) : []),
		...(now.mode === 'sentinel' ? findSentinelEvents(then, moment) : []),
		...findChanges(then, moment),
		...findSentinelNodeEvents(before, now, tracksBefore, at),
	];
}

type Moment = { readonly fleet: Fleet; readonly tracks: Tracks; readonly at: number };

function findMembers(before: Fleet, now: Fleet, at: number): FleetEvent[] {
	const missing = (from: Fleet, others: Fleet) => {
		const known = new Set(others.nodes.map(node => node.address));
		return from.nodes.filter(node => !node.isGone && !known.has(node.address));
	};
	const event = (kind: 'node-added' | 'node-gone', text: string) => (node: RedisNode) => ({
		at,
		kind,
		node: node.address,
		shard: node.shard,
		text,
	});
	const isLost = ({ address }: RedisNode) => now.mode !== 'standalone' && !hasPlace(address);
	const added = missing(now, before);
	return [
		...added.filter(node => !isLost(node)).map(event('node-added', 'joined the fleet')),
		...added.filter(isLost).map(lostItsAddress(at)),
		...missing(before, now).map(event('node-gone', 'left the fleet')),
	];
}

/** A member that the others know no address of: it did not join, it is missed. */
const lostItsAddress =
	(at: number) =>
	(node: RedisNode): FleetEvent => ({
		...{ at, kind: 'unreachable', node: node.address, shard: node.shard, severity: 'crit' },
		text: node.error === undefined ? 'no usable address' : troubleText(node.error, at),
	});

function findChanges(then: Moment, { fleet, tracks, at }: Moment): FleetEvent[] {
	const known = new Map(then.fleet.nodes.map(node => [node.address, node]));
	return fleet.nodes.flatMap(now => {
		const before = known.get(now.address);
		const trackBefore = then.tracks.get(now.address);
		if (!before || !trackBefore?.latest) return [];
		return findNodeEvents({ before, now, trackBefore, track: tracks.get(now.address), at });
	});
}
