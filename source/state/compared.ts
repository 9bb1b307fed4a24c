// What parts time, what is held against what, and what comes of it: looked up in a State.

import { type Comparison, compareTimes, type Split } from '../core/compare/compare.ts';
import type { Tapes } from '../core/compare/read-tape.ts';
import type { Marker } from '../core/markers.ts';
import type { Address } from '../core/types.ts';
import { type CompareState, compareWindows, settlingTimes } from './compare-screen.ts';
import { shownAt } from './shown.ts';
import type { FleetTrack, State } from './state.ts';

/** What parts time, oldest first: markers, and the moment under the cursor while time stands. */
export function partings(state: State): readonly Marker[] {
	const markers = state.markers ?? [];
	if (state.paused === undefined) return markers;
	const here: Marker = { at: shownAt(state), text: 'this moment', kind: 'set', node: undefined };
	return [...markers, here].sort((a, b) => a.at - b.at);
}

/** The one that was chosen; else where time stands, the newest that somebody set, the newest of all. */
export function partingOf(state: State, { marker }: CompareState): Marker | undefined {
	const all = partings(state);
	return (
		all.find(({ at }) => at === marker) ??
		(state.paused && all.find(({ at }) => at === state.paused!.at)) ??
		all.findLast(({ kind }) => kind === 'set') ??
		all.at(-1)
	);
}

export const fleetCompared = (state: State): FleetTrack | undefined =>
	state.fleets.find(({ id }) => id === state.compare?.fleet);

/** Of a node of which no shard is known it is the node. */
function nodesCompared(fleet: FleetTrack, { scope, address }: CompareState): readonly Address[] {
	if (scope === 'fleet' || address === undefined) return [...(fleet.tapes ?? new Map()).keys()];
	const { nodes } = fleet.now.fleet;
	const shard = nodes.find(node => node.address === address)?.shard;
	if (scope === 'node' || shard === undefined) return [address];
	return nodes.filter(node => node.shard === shard).map(node => node.address);
}

/** The after window ends at the next marker that somebody set: what comes then is another change. */
function splitAt(state: State, { at }: Marker, windowSeconds: number, settlingSeconds: number): Split {
	const next = (state.markers ?? []).find(
		marker => marker.kind === 'set' && marker.at > at + settlingSeconds * 1000,
	);
	return { at, windowSeconds, settlingSeconds, until: Math.min(state.at, next?.at ?? state.at) };
}

export type Compared = {
	readonly fleet: FleetTrack;
	readonly marker: Marker;
	readonly nodes: readonly Address[];
	readonly comparison: Comparison;
};

/** Undefined while there is nothing that parts time. */
export function comparedNow(state: State): Compared | undefined {
	const { compare } = state;
	const fleet = fleetCompared(state);
	const marker = compare && partingOf(state, compare);
	if (!compare || !fleet || !marker) return undefined;
	const nodes = nodesCompared(fleet, compare);
	const windowSeconds = compareWindows[compare.window]!.seconds;
	const settlingSeconds = settlingTimes[compare.settling]!.seconds;
	return compareFleet(state, { fleet, nodes, marker, windowSeconds, settlingSeconds });
}

export type CompareQuestion = {
	readonly fleet: FleetTrack;
	readonly nodes: readonly Address[];
	readonly marker: Marker;
	readonly windowSeconds: number;
	readonly settlingSeconds: number;
};

export function compareFleet(state: State, question: CompareQuestion): Compared {
	const { fleet, nodes, marker, windowSeconds, settlingSeconds } = question;
	const split = splitAt(state, marker, windowSeconds, settlingSeconds);
	return { fleet, marker, nodes, comparison: onceFor(fleet, nodes, split) };
}

/** A frame asks for it several times. */
const made = new WeakMap<Tapes, { readonly key: string; readonly comparison: Comparison }>();

function onceFor(
	{ tapes = none, hotSamples = [] }: FleetTrack,
	nodes: readonly Address[],
	split: Split,
): Comparison {
	const key = JSON.stringify([nodes, split, hotSamples.length, hotSamples.at(-1)?.to]);
	const known = made.get(tapes);
	if (known?.key === key) return known.comparison;
	const comparison = compareTimes(tapes, nodes, split, hotSamples);
	made.set(tapes, { key, comparison });
	return comparison;
}

const none: Tapes = new Map();
