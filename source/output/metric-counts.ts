// What is counted for Prometheus from the first round on: rates of nodes added up over their intervals, events by kind,
// failovers with their outage. Counters that only grow, and begin at 0 with redis-top: a restart of a server or a RESETSTAT
// is no step in them. Mutable: one is kept as long as the program runs, and is shown each State once.

import { type Failover, levelOf } from '../core/failover/failover-record.ts';
import { type Figure, type FigureId, figures } from '../core/figures.ts';
import { figureMetrics } from '../core/metric-names.ts';
import type { Address, EventKind, FleetEvent, NodeTrack, Rates } from '../core/types.ts';
import type { FleetTrack, State } from '../state/state.ts';
import { eventsSince } from './json.ts';

const kinds: Readonly<Record<EventKind, true>> = {
	...{ connected: true, unreachable: true, restarted: true, 'other-server': true, loading: true },
	...{ 'link-lost': true, pfail: true, fail: true, promoted: true, demoted: true, 'slots-uncovered': true },
	...{ 'slots-covered': true, 'cluster-state': true, 'view-split': true, 'view-joined': true },
	...{
		'migration-started': true,
		'migration-ended': true,
		'node-added': true,
		'node-gone': true,
		sdown: true,
	},
	...{ odown: true, switch: true, failover: true, finding: true, 'finding-over': true, slowlog: true },
	...{ saved: true, 'save-failed': true, marker: true, change: true, 'config-changed': true },
	'keys-lost': true,
};

export const eventKinds = Object.keys(kinds) as readonly EventKind[];

export type FailoverOutcome = Exclude<Failover['kind'], 'under-way'>;
const outcomes: Readonly<Record<FailoverOutcome, true>> = {
	crash: true,
	manual: true,
	lost: true,
	back: true,
};
export const failoverOutcomes = Object.keys(outcomes) as readonly FailoverOutcome[];

export type FleetCounts = {
	readonly events: ReadonlyMap<EventKind, number>;
	readonly failovers: ReadonlyMap<FailoverOutcome, number>;
	readonly outageSeconds: number;
	/** Of the last failover that somebody came out of, or nobody. */
	readonly last?: { readonly at: number; readonly outageSeconds: number };
	/** Of a node, by figure; undefined of what it has not told yet. */
	readonly rises: ReadonlyMap<Address, ReadonlyMap<FigureId, number>>;
};

export type MetricCounts = {
	/** Called after each round with the state it led to. */
	readonly onState: (state: State) => void;
	readonly of: (fleet: number) => FleetCounts | undefined;
};

const counters = [...figureMetrics].flatMap(([id, { type }]) => (type === 'counter' ? id : []));

type NodeRises = { rates?: Rates; readonly rises: Map<FigureId, number> };

type Counting = {
	readonly newEvents: (events: readonly FleetEvent[]) => readonly FleetEvent[];
	readonly events: Map<EventKind, number>;
	readonly failovers: Map<FailoverOutcome, number>;
	/** Outage of each failover that was counted, as it was counted. */
	readonly counted: Map<string, number>;
	readonly nodes: Map<Address, NodeRises>;
	outageSeconds: number;
	last?: { readonly at: number; readonly outageSeconds: number };
};

const begin = (): Counting => ({
	newEvents: eventsSince(),
	events: new Map(eventKinds.map(kind => [kind, 0])),
	failovers: new Map(failoverOutcomes.map(kind => [kind, 0])),
	counted: new Map(),
	nodes: new Map(),
	outageSeconds: 0,
});

export function createMetricCounts(): MetricCounts {
	const fleets = new Map<number, Counting>();
	return {
		onState(state) {
			for (const fleet of state.fleets) {
				const counting = fleets.get(fleet.id) ?? begin();
				fleets.set(fleet.id, counting);
				countEvents(counting, fleet.events);
				for (const failover of fleet.now.failovers ?? []) countFailover(counting, failover);
				forget(counting, fleet);
				for (const track of fleet.tracks.values()) countRates(counting, track);
			}
		},
		of(id) {
			const counting = fleets.get(id);
			if (!counting) return undefined;
			const { events, failovers, outageSeconds, last, nodes } = counting;
			const rises = new Map([...nodes].map(([node, one]) => [node, one.rises] as const));
			return { events, failovers, outageSeconds, last, rises };
		},
	};
}

function countEvents({ newEvents, events }: Counting, now: readonly FleetEvent[]): void {
	for (const { kind } of newEvents(now)) events.set(kind, (events.get(kind) ?? 0) + 1);
}

/** Somebody serves again, or it is given up; before that neither its kind nor its outage is known. */
function isDecided(failover: Failover): boolean {
	if (failover.isSuspicion || failover.kind === 'under-way') return false;
	return failover.isOver || (failover.after !== undefined && levelOf(failover, 'writes') !== 'refused');
}

/** Once each. One that was given up and goes on may yet have a longer outage. */
function countFailover(counting: Counting, failover: Failover): void {
	const known = counting.counted.get(failover.id);
	if (known === undefined && !isDecided(failover)) return;
	const seconds = failover.unservedMilliseconds / 1000;
	const more = Math.max(0, seconds - (known ?? 0));
	if (known !== undefined && more === 0) return;
	counting.counted.set(failover.id, seconds);
	counting.outageSeconds += more;
	if (known === undefined) {
		const kind = failover.kind as FailoverOutcome;
		counting.failovers.set(kind, (counting.failovers.get(kind) ?? 0) + 1);
	}
	const at = failover.after?.at ?? failover.endedAt ?? failover.changedAt;
	if (at >= (counting.last?.at ?? 0)) counting.last = { at, outageSeconds: seconds };
}

/** What is no node any more has no counter; one that comes back begins at 0, as after a restart of redis-top. */
function forget({ nodes, counted }: Counting, fleet: FleetTrack): void {
	for (const address of nodes.keys()) {
		const track = fleet.tracks.get(address);
		if (!track || track.gone) nodes.delete(address);
	}
	const known = new Set((fleet.now.failovers ?? []).map(({ id }) => id));
	for (const id of counted.keys()) if (!known.has(id)) counted.delete(id);
}

/** Each interval once: a track keeps the same rates until there are new ones. */
function countRates({ nodes }: Counting, { address, kind, gone, rates }: NodeTrack): void {
	if (kind !== 'data' || gone || !rates) return;
	const node = nodes.get(address) ?? { rises: new Map<FigureId, number>() };
	nodes.set(address, node);
	if (node.rates === rates) return;
	node.rates = rates;
	for (const id of counters) {
		const value = (figures[id] as Figure).from({ rates });
		if (typeof value !== 'number' || !Number.isFinite(value)) continue;
		// Whole things were counted: the rate was made of them.
		const rise = Math.max(0, Math.round(value * rates.seconds));
		node.rises.set(id, (node.rises.get(id) ?? 0) + rise);
	}
}
