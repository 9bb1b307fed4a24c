// A recording that is played from its middle on: the fleets as whoever recorded it knew them at that moment, so that
// nothing which was known before is told as new.

import { resumeHolds } from '../core/findings/findings.ts';
import { newTrack } from '../core/fleet/track.ts';
import type { NodeTrack } from '../core/types.ts';
import { joinedSeries, type KeyFleet, type KeyNode } from '../state/key-frame.ts';
import type { FleetTrack, Message, State } from '../state/state.ts';
import { newFleetTrack, updateRound } from './round.ts';

type Begin = Extract<Message, { type: 'begin' }>;

export function beginAt(state: State, { at, frame, samples }: Begin): State {
	const { clockOffset, delaySeconds } = frame;
	let next: State = {
		...state,
		...{
			at,
			clockOffset,
			delaySeconds,
			past: [],
			paused: undefined,
			cursor: undefined,
			heldOrder: undefined,
		},
		...{ toast: undefined, markers: frame.markers, isFast: false },
		fleets: frame.fleets.map(fleet => knownFleet(fleet, at)),
	};
	for (const { id } of frame.fleets) {
		const own = samples.filter(({ fleet }) => fleet === id).map(({ sample }) => sample);
		const round = { type: 'round', at, fleet: id, samples: own, isExtra: false, isSettled: true } as const;
		[next] = updateRound(next, { ...round, clockOffset });
	}
	const fleets = next.fleets.map(fleet =>
		goesOn(
			fleet,
			frame.fleets.find(({ id }) => id === fleet.id),
			next,
		),
	);
	return { ...next, fleets, past: [{ at, fleets: fleets.map(({ now }) => now) }] };
}

function knownFleet({ id, name, seeds, bounds, nodes, series }: KeyFleet, at: number): FleetTrack {
	const tracks = new Map(nodes.map(node => [node.address, knownNode(node)] as const));
	return {
		...newFleetTrack(id, name, seeds, at, bounds),
		tracks,
		opsHistory: joinedSeries([series.opsHistory]),
		hitsHistory: joinedSeries([series.hitsHistory]),
		lookupsHistory: joinedSeries([series.lookupsHistory]),
	};
}

function knownNode({ address, kind, origin, firstSeenAt, group, steps, gone, series }: KeyNode): NodeTrack {
	return {
		...newTrack(address, kind, origin, firstSeenAt, group, steps),
		...(gone && { gone }),
		ops: joinedSeries([series.ops]),
		hits: joinedSeries([series.hits]),
		lookups: joinedSeries([series.lookups]),
		counted: joinedSeries([series.counted]),
		evicted: joinedSeries([series.evicted]),
	};
}

/** What was told before stands in place of what the first reading told. */
function goesOn(fleet: FleetTrack, known: KeyFleet | undefined, { limits }: State): FleetTrack {
	if (!known) return fleet;
	const { events, findings } = known;
	return {
		...fleet,
		events,
		holds: resumeHolds(fleet.holds, findings, limits),
		now: { ...fleet.now, events, findings },
	};
}
