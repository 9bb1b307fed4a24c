// A key frame of what is known now: see state/key-frame.ts.

import { bucketSeconds } from '../core/fleet/history.ts';
import type { NodeTrack, Series } from '../core/types.ts';
import {
	fleetSeries,
	type KeyFleet,
	type KeyFrame,
	type KeyNode,
	nodeSeries,
	type Slice,
} from '../state/key-frame.ts';
import type { FleetTrack, State } from '../state/state.ts';
import { mostNodesRemembered, mostPeersRemembered, type PackedMemory, packMemory } from './memory/memory.ts';

/** All that a fleet keeps: what is told from here on stands in front of the same. */
export const eventsTold = 500;
export const markersTold = 100;

/** `since` is when the frame before was made, or undefined. */
export function keyFrameOf(
	state: State,
	readings: KeyFrame['readings'],
	since: number | undefined,
): KeyFrame<PackedMemory> {
	const seconds = since === undefined ? 120 : (state.at - since) / 1000;
	const buckets = Math.min(720, Math.ceil(seconds / bucketSeconds) + 1);
	return {
		at: state.at,
		...(state.clockOffset !== undefined && { clockOffset: state.clockOffset }),
		delaySeconds: state.delaySeconds,
		fleets: state.fleets.map((fleet, index) => {
			const nodes = state.fleets.slice(0, index + 1).reduce((sum, { tracks }) => sum + tracks.size, 0);
			return keyFleetOf(fleet, readings, buckets, nodes <= mostNodesRemembered);
		}),
		markers: (state.markers ?? []).slice(-markersTold),
		readings,
	};
}

function keyFleetOf(
	fleet: FleetTrack,
	readings: KeyFrame['readings'],
	buckets: number,
	isRemembered: boolean,
): KeyFleet<PackedMemory> {
	const { id, name, seeds, bounds, tracks, events, now } = fleet;
	return {
		...{ id, name, seeds, ...(bounds && { bounds }) },
		nodes: [...tracks.values()].map(track => keyNodeOf(track, buckets)),
		events: events.slice(0, eventsTold),
		findings: now.findings,
		...(isRemembered && memoryOf(fleet, readings)),
		series: slices(fleetSeries, fleet, buckets),
	};
}

function memoryOf(fleet: FleetTrack, readings: KeyFrame['readings']): { readonly memory?: PackedMemory } {
	const peers = [...fleet.tracks.values()].reduce(
		(sum, { cluster }) => sum + (cluster?.peers?.length ?? 0),
		0,
	);
	if (fleet.source || peers > mostPeersRemembered) return {};
	const own = readings.flatMap(({ fleet: id, reading }) => (id === fleet.id ? [reading] : []));
	try {
		return { memory: packMemory({ ...fleet, fleet: fleet.now.fleet }, own) };
	} catch {
		// What its type does not allow for would end the watching here: a frame without it can be begun at as well.
		return {};
	}
}

function keyNodeOf(track: NodeTrack, buckets: number): KeyNode {
	const { address, kind, origin, group, steps, firstSeenAt, gone } = track;
	return {
		...{ address, kind, origin, firstSeenAt },
		...(group !== undefined && { group }),
		...(steps !== undefined && { steps }),
		...(gone && { gone }),
		series: slices(nodeSeries, track, buckets),
	};
}

function slices<Name extends string>(
	names: readonly Name[],
	of: Readonly<Record<Name, Series>>,
	buckets: number,
): Partial<Record<Name, Slice>> {
	const found: Partial<Record<Name, Slice>> = {};
	for (const name of names) {
		const slice = sliceOf(of[name], buckets);
		if (slice.values.some(value => value !== null)) found[name] = slice;
	}
	return found;
}

/** Exact: findings are judged by them, too. */
function sliceOf({ openedAt, closed }: Series, buckets: number): Slice {
	const values = [...closed.subarray(Math.max(0, closed.length - buckets))];
	const from = openedAt - values.length * bucketSeconds * 1000;
	return { from, values: values.map(value => (Number.isFinite(value) ? value : null)) };
}
