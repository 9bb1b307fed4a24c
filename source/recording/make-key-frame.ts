// A key frame of what is known now: see state/key-frame.ts.

import { bucketSeconds } from '../core/fleet/history.ts';
import { manyNodes } from '../core/thresholds.ts';
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
import { isFewPeers, mostNodesRemembered, type PackedMemory, packMemory } from './memory/memory.ts';

/** All that a fleet keeps: what is told from here on stands in front of the same. */
export const eventsTold = 500;
export const markersTold = 100;

/** Whoever reads may take one frame a minute for its charts. */
const leastChartSeconds = 120;
/** Half a minute of many nodes is seconds of work, and where all that is judged by is remembered it brings nothing new. */
const shortSeconds = 2;

/** `since` is when the frame before was made, or undefined. */
export function keyFrameOf(
	state: State,
	readings: KeyFrame['readings'],
	since: number | undefined,
): KeyFrame<PackedMemory> {
	const seconds = Math.max(leastChartSeconds, since === undefined ? 0 : (state.at - since) / 1000);
	const buckets = Math.min(720, Math.ceil(seconds / bucketSeconds) + 1);
	const fleets = state.fleets.map((fleet, index) =>
		keyFleetOf(fleet, readings, buckets, nodesOf(state.fleets.slice(0, index + 1)) <= mostNodesRemembered),
	);
	const isShort = nodesOf(state.fleets) > manyNodes && fleets.every(({ memory }) => memory);
	return {
		at: state.at,
		...(state.clockOffset !== undefined && { clockOffset: state.clockOffset }),
		// Where these stand is how they are found: see places.ts.
		...(isShort && { runUpSeconds: shortSeconds }),
		delaySeconds: state.delaySeconds,
		fleets,
		markers: (state.markers ?? []).slice(-markersTold),
		readings,
	};
}

const nodesOf = (fleets: readonly FleetTrack[]): number =>
	fleets.reduce((sum, { tracks }) => sum + tracks.size, 0);

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
	if (fleet.source || !isFewPeers(fleet.tracks)) return {};
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
