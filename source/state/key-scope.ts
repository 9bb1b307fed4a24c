// What a key screen looks at: a whole fleet, or one shard of it. A shard is known by the primary it had when it was
// chosen; after a failover it is still the same shard. Which nodes are asked for it is core's (scanTargets).

import { primaryNow } from '../core/fleet/serving.ts';
import { type ScanTarget, scanTargets } from '../core/keys/big-keys.ts';
import { type BigKeysTrack, isSameScope, type KeyScope } from './key-screens.ts';
import type { FleetTrack, State } from './state.ts';

export const fleetOf = (state: State, scope: KeyScope): FleetTrack | undefined =>
	state.fleets.find(({ id }) => id === scope.fleet);

/** The nodes a scan of the scope would read. */
export function targetsOf(state: State, scope: KeyScope): readonly ScanTarget[] {
	const fleet = fleetOf(state, scope)?.now.fleet;
	if (fleet === undefined) return [];
	const targets = scanTargets(fleet);
	if (scope.primary === undefined) return targets;
	const primary = primaryNow(fleet, scope.primary);
	return targets.filter(target => target.primary === primary);
}

/** All there are, in order: each fleet whole, then its shards where it has several. */
export function scopesOf(state: State): readonly KeyScope[] {
	return state.fleets.flatMap(({ id, now }) => {
		const primaries = scanTargets(now.fleet).map(({ primary }) => primary);
		const shards = primaries.length > 1 ? primaries.map(primary => ({ fleet: id, primary })) : [];
		return [{ fleet: id }, ...shards];
	});
}

/** The one before or after; undefined where there is no other. Behind the last comes the first. */
export function scopeBeside(state: State, scope: KeyScope, step: 1 | -1): KeyScope | undefined {
	const scopes = scopesOf(state);
	if (scopes.length < 2) return undefined;
	const at = scopes.findIndex(one => isSameScope(one, currentScope(state, scope)));
	return scopes[(Math.max(at, 0) + step + scopes.length) % scopes.length];
}

/** A shard is the same one after a failover. */
export function currentScope(state: State, scope: KeyScope): KeyScope {
	const fleet = fleetOf(state, scope)?.now.fleet;
	if (fleet === undefined || scope.primary === undefined) return scope;
	return { fleet: scope.fleet, primary: primaryNow(fleet, scope.primary) };
}

/** The same fleet, and one of them is the whole of it or both are one shard. */
export const isOverlapping = (a: KeyScope, b: KeyScope): boolean =>
	a.fleet === b.fleet && (a.primary === undefined || b.primary === undefined || a.primary === b.primary);

/** `shard 2` of a cluster, else the primary's address; undefined for a whole fleet. Unsafe bytes are left in. */
export function shardName(state: State, scope: KeyScope): string | undefined {
	const fleet = fleetOf(state, scope)?.now.fleet;
	if (scope.primary === undefined || fleet === undefined) return undefined;
	const primary = primaryNow(fleet, scope.primary);
	const shard = fleet.nodes.find(node => node.address === primary)?.shard;
	return fleet.mode === 'cluster' && shard !== undefined ? `shard ${shard}` : primary;
}

/** The nodes as they are when a scan begins: what it changes itself is told by it. */
export function nodesBefore(state: State, scope: KeyScope): BigKeysTrack['before'] {
	const tracks = [...(fleetOf(state, scope)?.tracks ?? [])];
	return new Map(
		tracks.flatMap(([address, { lastGood, rates }]) =>
			lastGood?.info ? [[address, { info: lastGood.info, expiredPerSecond: rates?.expired }]] : [],
		),
	);
}
