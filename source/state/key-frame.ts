// Where a replay can begin: every minute a recording holds what its reader has to know, as if it had watched from the
// start: the nodes, the newest replies of each, what was found and told, and of the charts what is new since the frame
// before. A reader that plays on reads past it.

import { bucketSeconds, emptySeries } from '../core/fleet/history.ts';
import type { Marker } from '../core/markers.ts';
import type {
	Address,
	Finding,
	FleetEvent,
	NodeKind,
	NodeTrack,
	Origin,
	Reading,
	Series,
} from '../core/types.ts';
import type { FleetTrack, State } from './state.ts';

export const nodeSeries = ['ops', 'hits', 'lookups', 'counted', 'evicted'] as const;
export const fleetSeries = ['opsHistory', 'hitsHistory', 'lookupsHistory'] as const;

/** Means of buckets one behind the other; null where nothing was measured. `from` is when the first begins. */
export type Slice = { readonly from: number; readonly values: readonly (number | null)[] };

export type KeyNode = {
	readonly address: Address;
	readonly kind: NodeKind;
	readonly origin: Origin;
	readonly group?: string;
	readonly steps?: number;
	readonly firstSeenAt: number;
	readonly gone?: { readonly at: number; readonly text: string };
	readonly series: Readonly<Partial<Record<(typeof nodeSeries)[number], Slice>>>;
};

export type KeyFleet = Pick<FleetTrack, 'id' | 'name' | 'seeds' | 'bounds'> & {
	readonly nodes: readonly KeyNode[];
	/** Newest first. */
	readonly events: readonly FleetEvent[];
	readonly findings: readonly Finding[];
	readonly series: Readonly<Partial<Record<(typeof fleetSeries)[number], Slice>>>;
};

export type KeyFrame = {
	readonly at: number;
	readonly clockOffset?: number;
	readonly delaySeconds: number;
	readonly fleets: readonly KeyFleet[];
	readonly markers: readonly Marker[];
	/** With all replies that were known of the node. */
	readonly readings: readonly { readonly fleet: number; readonly reading: Reading }[];
};

const eventsTold = 100;
const markersTold = 100;

/** `since` is when the frame before was made, or undefined. */
export function keyFrameOf(
	state: State,
	readings: KeyFrame['readings'],
	since: number | undefined,
): KeyFrame {
	const seconds = since === undefined ? 120 : (state.at - since) / 1000;
	const buckets = Math.min(720, Math.ceil(seconds / bucketSeconds) + 1);
	return {
		at: state.at,
		...(state.clockOffset !== undefined && { clockOffset: state.clockOffset }),
		delaySeconds: state.delaySeconds,
		fleets: state.fleets.map(fleet => keyFleetOf(fleet, buckets)),
		markers: (state.markers ?? []).slice(-markersTold),
		readings,
	};
}

function keyFleetOf(fleet: FleetTrack, buckets: number): KeyFleet {
	const { id, name, seeds, bounds, tracks, events, now } = fleet;
	return {
		...{ id, name, seeds, ...(bounds && { bounds }) },
		nodes: [...tracks.values()].map(track => keyNodeOf(track, buckets)),
		events: events.slice(0, eventsTold),
		findings: now.findings,
		series: slices(fleetSeries, fleet, buckets),
	};
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

function sliceOf({ openedAt, closed }: Series, buckets: number): Slice {
	const values = [...closed.subarray(Math.max(0, closed.length - buckets))];
	const from = openedAt - values.length * bucketSeconds * 1000;
	return { from, values: values.map(value => (Number.isFinite(value) ? short(value) : null)) };
}

/** As exact as a chart can show. */
const short = (value: number) => Number(value.toPrecision(6));

const bucketsKept = 720;

/** The slices of several frames, oldest first, as one series; the newest word counts. */
export function joinedSeries(parts: readonly (Slice | undefined)[]): Series {
	const milliseconds = bucketSeconds * 1000;
	const known = parts.filter(part => part !== undefined && part.values.length > 0) as readonly Slice[];
	const last = known.at(-1);
	if (!last) return emptySeries;
	const openedAt = last.from + last.values.length * milliseconds;
	const first = Math.max(openedAt - bucketsKept * milliseconds, Math.min(...known.map(({ from }) => from)));
	const closed = new Float64Array(Math.max(0, Math.round((openedAt - first) / milliseconds))).fill(
		Number.NaN,
	);
	for (const { from, values } of known)
		for (const [index, value] of values.entries()) {
			const place = Math.round((from - first) / milliseconds) + index;
			if (place >= 0 && place < closed.length) closed[place] = value ?? Number.NaN;
		}
	return { ...emptySeries, openedAt, closed };
}
