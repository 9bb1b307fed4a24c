// Plays what nodes say, round after round, through the program's own parsers, tracks and fleet, as update-round does,
// and folds the failovers. What a node says is the text of its CLUSTER NODES and CLUSTER INFO, or a Sentinel's masters.

import type { Failovers } from '../../source/core/failover/failover.ts';
import { foldFailovers, noFailovers } from '../../source/core/failover/failover.ts';
import { buildFleet } from '../../source/core/fleet/fleet.ts';
import { emptySeries } from '../../source/core/fleet/history.ts';
import { absorb, newTrack } from '../../source/core/fleet/track.ts';
import type { Address, Fleet, NodeKind, NodeTrack, Sample } from '../../source/core/types.ts';

export type Playing = {
	readonly tracks: ReadonlyMap<Address, NodeTrack>;
	readonly fleet: Fleet;
	readonly failovers: Failovers;
	readonly at: number;
};

export function startPlay(nodes: readonly Address[], sentinels: readonly Address[], at: number): Playing {
	const track = (kind: NodeKind) => (address: Address) =>
		[address, newTrack(address, kind, 'seed', at, kind === 'data' ? 'mymaster' : undefined)] as const;
	const plain = sentinels.length === 0;
	const tracks = new Map([
		...nodes.map(address =>
			plain ? ([address, newTrack(address, 'data', 'seed', at)] as const) : track('data')(address),
		),
		...sentinels.map(track('sentinel')),
	]);
	return { tracks, fleet: fleetOf(tracks, at), failovers: noFailovers, at };
}

function fleetOf(tracks: ReadonlyMap<Address, NodeTrack>, at: number, before?: Fleet): Fleet {
	return buildFleet({
		name: 'test',
		at,
		delaySeconds: 1,
		tracks,
		before,
		opsHistory: emptySeries,
		hitRateHistory: emptySeries,
	});
}

export function playRound(playing: Playing, samples: readonly Sample[], at: number): Playing {
	const tracks = new Map(playing.tracks);
	for (const sample of samples) {
		const track = tracks.get(sample.node);
		if (track) tracks.set(sample.node, absorb(track, sample));
	}
	const fleet = fleetOf(tracks, at, playing.fleet);
	const before = { fleet: playing.fleet, tracks: playing.tracks, at: playing.at };
	return {
		tracks,
		fleet,
		at,
		failovers: foldFailovers(playing.failovers, before, { fleet, tracks, at, samples }),
	};
}
