// What the report of an incident is made of, gathered while its recording is played: what was read at each refresh, which
// findings stood when, events, markers, comparisons at markers, what redis-top itself cost. Only what was measured.

import { followRaised, type Raised } from '../core/findings/raised.ts';
import type { Marker } from '../core/markers.ts';
import type { FleetEvent } from '../core/types.ts';
import { type Compared, compareFleet } from '../state/compared.ts';
import type { FleetTrack, State } from '../state/state.ts';
import type { ChartPoint } from './svg-chart.ts';

export const chartNames = [
	'opsPerSecond',
	'hitRate',
	'usedMemoryBytes',
	'connectedClients',
	'evictedPerSecond',
	'errorsPerSecond',
] as const;
export type ChartName = (typeof chartNames)[number];

export type FleetIncident = {
	readonly charts: Record<ChartName, ChartPoint[]>;
	readonly events: FleetEvent[];
	raised: readonly Raised[];
	readonly compared: Compared[];
	readonly costs: { commands: number; microseconds: number; bytes: number; readings: number };
	newest?: FleetEvent;
};

export type Incident = {
	readonly fleets: Map<number, FleetIncident>;
	from?: number;
};

export const newIncident = (): Incident => ({ fleets: new Map() });

/** Markers that a report compares at. */
const mostCompared = 5;
const mostEvents = 5000;

const newFleetIncident = (): FleetIncident => ({
	charts: Object.fromEntries(chartNames.map(name => [name, [] as ChartPoint[]])) as FleetIncident['charts'],
	events: [],
	raised: [],
	compared: [],
	costs: { commands: 0, microseconds: 0, bytes: 0, readings: 0 },
});

/** Adds what one refresh of a fleet told. */
export function gather(incident: Incident, state: State, id: number, windows: Windows, isOver = false): void {
	const fleet = state.fleets.find(each => each.id === id);
	if (!fleet) return;
	incident.from ??= state.at;
	const known = incident.fleets.get(id) ?? newFleetIncident();
	incident.fleets.set(id, known);
	if (!isOver) addReadings(known, fleet);
	addEvents(known, fleet.events);
	addComparisons(known, state, fleet, windows, isOver);
}

function addReadings(known: FleetIncident, { now, isDiscovered }: FleetTrack): void {
	const { at, totals, cost } = now.fleet;
	for (const name of chartNames) known.charts[name].push({ at, value: totals[name] });
	if (isDiscovered) known.raised = followRaised(known.raised, now.findings, at);
	if (cost.commandsPerSecond === undefined) return;
	known.costs.commands += cost.commandsPerSecond;
	known.costs.microseconds += cost.serverMicrosecondsPerSecond ?? 0;
	known.costs.bytes += cost.bytesPerSecond ?? 0;
	known.costs.readings++;
}

function addEvents(known: FleetIncident, events: readonly FleetEvent[]): void {
	const end = known.newest === undefined ? events.length : events.indexOf(known.newest);
	const fresh = events.slice(0, end < 0 ? events.length : end);
	if (events[0]) known.newest = events[0];
	if (known.events.length < mostEvents) known.events.push(...[...fresh].reverse());
}

export type Windows = { readonly windowSeconds: number; readonly settlingSeconds: number };

/** At each marker and failover, when its windows have passed; at the end those whose have not. */
function addComparisons(
	known: FleetIncident,
	state: State,
	fleet: FleetTrack,
	{ windowSeconds, settlingSeconds }: Windows,
	isOver: boolean,
): void {
	const isDone = (marker: Marker) => known.compared.some(one => one.marker.at === marker.at);
	for (const marker of momentsOf(state, fleet)) {
		const until = marker.at + 1000 * (windowSeconds + settlingSeconds);
		if (isDone(marker) || known.compared.length >= mostCompared || (state.at < until && !isOver)) continue;
		const nodes = [...(fleet.tapes ?? new Map<string, never>()).keys()];
		if (nodes.length > 0)
			known.compared.push(compareFleet(state, { fleet, nodes, marker, windowSeconds, settlingSeconds }));
	}
}

/** What somebody set a marker for is not compared once more at the failover that it was set for. */
const sameMilliseconds = 60_000;

function momentsOf({ markers = [] }: State, { failovers }: FleetTrack): readonly Marker[] {
	const set = markers.filter(({ kind }) => kind === 'set');
	const others = failovers
		.filter(({ isSuspicion, startedAt }) => {
			const isMarked = set.some(({ at }) => Math.abs(at - startedAt) < sameMilliseconds);
			return !isSuspicion && !isMarked;
		})
		.map(({ startedAt, oldPrimary }): Marker => {
			return { at: startedAt, text: `failover of ${oldPrimary}`, kind: 'event', node: undefined };
		});
	return [...set, ...others].sort((a, b) => a.at - b.at);
}
