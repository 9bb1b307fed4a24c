// Where a replay can begin: every two minutes a recording holds what its reader has to know, as if it had watched from the
// start: the nodes, the newest replies of each, what was found and told, and of the charts what is new since the frame
// before. A reader that plays on reads past it.

import type { Bounds } from '../core/fleet/allow.ts';
import { bucketSeconds, emptySeries } from '../core/fleet/history.ts';
import type { Marker } from '../core/markers.ts';
import type {
	Address,
	Finding,
	Fleet,
	FleetEvent,
	NodeKind,
	Origin,
	Reading,
	Series,
} from '../core/types.ts';
import type { Asked } from './asked.ts';
import type { FleetTrack } from './fleet-track.ts';

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

/**
 * All of a fleet that the next reading is judged by. What its charts show, and what is compared and looked at closely,
 * is not: it stands in the slices, or is not known of the time before.
 */
export type FleetMemory = Omit<
	FleetTrack,
	| ('id' | 'name' | 'seeds' | 'bounds' | 'events' | 'now')
	| ('close' | 'tapes' | 'hotSamples' | 'earlier' | 'source')
> & { readonly fleet: Fleet };

export type KeyFleet<Memory = FleetMemory> = {
	readonly id: number;
	readonly name: string;
	readonly seeds: readonly Address[];
	readonly bounds?: Bounds;
	readonly nodes: readonly KeyNode[];
	/** Newest first. */
	readonly events: readonly FleetEvent[];
	readonly findings: readonly Finding[];
	/** Undefined of a fleet of very many nodes, and where another redis-top recorded it. */
	readonly memory?: Memory;
	readonly series: Readonly<Partial<Record<(typeof fleetSeries)[number], Slice>>>;
};

export type KeyFrame<Memory = FleetMemory> = {
	readonly at: number;
	readonly clockOffset?: number;
	/** So much is to be played from it on before a moment is shown; half a minute where it does not say. */
	readonly runUpSeconds?: number;
	readonly delaySeconds: number;
	readonly fleets: readonly KeyFleet<Memory>[];
	readonly markers: readonly Marker[];
	/** What was asked for beside the polling, the newest of it. */
	readonly asked?: Asked;
	/** With all replies that were known of the node. */
	readonly readings: readonly { readonly fleet: number; readonly reading: Reading }[];
};

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

/** Likewise of all series of a node or fleet, as slices again. */
export function joinedSlices<Name extends string>(
	parts: readonly Readonly<Partial<Record<Name, Slice>>>[],
): Readonly<Partial<Record<Name, Slice>>> {
	const names = new Set(parts.flatMap(part => Object.keys(part) as Name[]));
	const joined: Partial<Record<Name, Slice>> = {};
	for (const name of names) {
		const { openedAt, closed } = joinedSeries(parts.map(part => part[name]));
		const values = [...closed].map(value => (Number.isNaN(value) ? null : value));
		joined[name] = { from: openedAt - values.length * bucketSeconds * 1000, values };
	}
	return joined;
}
