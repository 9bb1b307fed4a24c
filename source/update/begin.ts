// A recording that is played from its middle on: the fleets as whoever recorded it knew them at that moment, so that
// nothing which was known before is told as new. With the memory of a fleet what is found from here on is what was
// found then; where there is none (very many nodes, another redis-top) its newest readings stand for it.

import { resumeHolds } from '../core/findings/findings.ts';
import { newTrack } from '../core/fleet/track.ts';
import type { Address, Finding, Fleet, NodeTrack, Sample, Series } from '../core/types.ts';
import { joinedSeries, type KeyFleet, type KeyNode, type Slice } from '../state/key-frame.ts';
import type { FleetTrack, Message, State } from '../state/state.ts';
import { takeAsked, withoutAsked } from './asked.ts';
import { newFleetTrack, rateSeries, updateRound } from './round.ts';

type Begin = Extract<Message, { type: 'begin' }>;

export function beginAt(state: State, { at, frame, samples }: Begin): State {
	const { clockOffset, delaySeconds } = frame;
	let next: State = {
		...withoutAsked(state),
		...{
			at,
			clockOffset,
			delaySeconds,
			past: [],
			paused: undefined,
			heldOrder: undefined,
		},
		...{ toast: undefined, markers: frame.markers, isFast: false },
		fleets: frame.fleets.map(fleet => rememberedFleet(fleet, at) ?? knownFleet(fleet, at)),
	};
	for (const { id, memory, findings } of frame.fleets) {
		if (memory) continue;
		const own = samples
			.filter(({ fleet }) => fleet === id)
			.flatMap(({ sample }) => inTime(withoutOld(sample), findings));
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
	const begun: State = {
		...{ ...next, fleets, past: [{ at, fleets: fleets.map(({ now }) => now) }] },
		cursor: cursorIn(fleets, next.cursor),
		isDiscovering: fleets.some(({ isDiscovered }) => !isDiscovered),
		isFast: fleets.some(({ fastSince }) => fastSince !== undefined),
	};
	return frame.asked ? takeAsked(begun, frame.asked) : begun;
}

/**
 * A frame has the last reply to each command, whenever it came: a list of clients may be of an hour before. So of what is
 * dated by its reading only INFO stays, which each reading has; a Sentinel's messages have their own times.
 */
function withoutOld({ info, others = [], ...sample }: Sample): Sample {
	const messages = others.filter(([command]) => command.startsWith('event '));
	return {
		...sample,
		info: info && { ...info, commands: undefined },
		...(messages.length > 0 && { others: messages }),
	};
}

/**
 * The last INFO of a node that gives no answer is of before it was missed. Dated by the frame, what it counts until it is
 * back would have come in moments, and an hour of silence would be none.
 */
function inTime(sample: Sample, findings: readonly Finding[]): readonly Sample[] {
	const missed = findings.find(({ id, node }) => id === 'unreachable' && node === sample.node);
	if (!sample.error || !sample.info || !missed) return [sample];
	const at = Math.min(sample.at, missed.since);
	const then = { at, clock: sample.clock - (sample.at - at) };
	return [
		{ ...sample, ...then, error: undefined },
		{ ...sample, ...then, info: undefined, infoText: undefined },
	];
}

/** Where it was, while there is such a node. */
function cursorIn(fleets: readonly FleetTrack[], cursor: Address | undefined): Address | undefined {
	const all = fleets.flatMap(({ now }) => now.fleet.nodes.map(({ address }) => address));
	return cursor !== undefined && all.includes(cursor) ? cursor : all[0];
}

/** As it was, with the charts of the frame. */
function rememberedFleet(known: KeyFleet, at: number): FleetTrack | undefined {
	const { id, name, seeds, bounds, nodes, series, events, findings, memory } = known;
	if (!memory) return undefined;
	const { fleet, ...remembered } = memory;
	const charts = new Map(nodes.map(({ address, series }) => [address, series]));
	const tracks = new Map(
		[...memory.tracks].map(([address, track]) => [address, withCharts(track, charts.get(address) ?? {})]),
	);
	const histories = {
		opsHistory: withClosed(memory.opsHistory, series.opsHistory),
		hitsHistory: withClosed(memory.hitsHistory, series.hitsHistory),
		lookupsHistory: withClosed(memory.lookupsHistory, series.lookupsHistory),
	};
	const drawn: Fleet = {
		...fleet,
		nodes: fleet.nodes.map(node => ({ ...node, ops: tracks.get(node.address)?.ops ?? node.ops })),
		opsHistory: histories.opsHistory,
		hitRateHistory: rateSeries(histories),
	};
	const { failovers, migrations } = memory;
	return {
		...newFleetTrack(id, name, seeds, at, bounds),
		...{ ...remembered, ...histories, tracks, events },
		now: { fleet: drawn, findings, events, failovers, migrations },
	};
}

const withCharts = (track: NodeTrack, series: KeyNode['series']): NodeTrack => ({
	...track,
	ops: withClosed(track.ops, series.ops),
	hits: withClosed(track.hits, series.hits),
	lookups: withClosed(track.lookups, series.lookups),
	counted: withClosed(track.counted, series.counted),
	evicted: withClosed(track.evicted, series.evicted),
});

const withClosed = (open: Series, slice: Slice | undefined): Series => ({
	...open,
	closed: joinedSeries([slice]).closed,
});

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
	if (!known || known.memory) return fleet;
	const { events, findings } = known;
	return {
		...fleet,
		events,
		holds: resumeHolds(fleet.holds, findings, limits),
		now: { ...fleet.now, events, findings },
	};
}
