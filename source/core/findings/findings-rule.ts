// What a rule of the findings is: a function that looks at one node, or at the fleet, and says what it saw with the
// severity it would have now. Whether that is shown is not its business: `judge` waits until it has held. A rule that
// sees nothing wrong still says how things are (`calm`), so that the event at the end can tell the number.

import type { Migration } from '../cluster/migration-record.ts';
import { type FindingId, type Limits, limitOf, thresholds } from '../thresholds.ts';
import type { Address, FindingUnit, Fleet, Info, NodeTrack, RedisNode, Severity } from '../types.ts';
import type { DeniedSeen } from './denied-logins.ts';
import type { NodeMemory } from './findings-memory.ts';
import type { ClientsSeen } from './key-loss.ts';

export type Observation = {
	/** Undefined when the limit is not crossed. */
	readonly severity?: Severity;
	readonly value?: number;
	/** The limits in force where they are not those of the table; none where no number decided. */
	readonly limits?: { readonly [S in Severity]?: number };
	/** Of value and limits, where it is not the table's. */
	readonly unit?: FindingUnit;
	/** Not decided yet: more readings, or more time, may cross the limit without any change. */
	readonly isPending?: boolean;
	/** What may come of that; critical unless it is said. */
	readonly atWorst?: Severity;
	/** For the finding: `memory 93% of maxmemory`. */
	readonly text: string;
	/** For the event when it appears or gets worse, when it is not `text`. */
	readonly told?: (severity: Severity) => string;
	/** For the event when it is over: `71% of maxmemory`. */
	readonly calm?: string;
	/** All of that event, where `ID over: CALM` would say that what goes on is over. */
	readonly over?: string;
	/** Makes text, calm and over of the value, which then are not there. */
	readonly words?: (value: number) => Words;
};

/** One that crosses its limit: it has its words. */
export type Said = Omit<Observation, 'words'>;

/** What is known of the nodes of another fleet. */
export type Elsewhere = {
	readonly tracks: ReadonlyMap<Address, NodeTrack>;
	readonly memories: ReadonlyMap<Address, NodeMemory>;
};

/** Everything a rule may look at; `since` is when its own finding first crossed, undefined while it is not there. */
export type NodeView = {
	readonly node: RedisNode;
	readonly track: NodeTrack;
	readonly memory: NodeMemory;
	readonly fleet: Fleet;
	readonly tracks: ReadonlyMap<Address, NodeTrack>;
	readonly limits: Limits;
	readonly at: number;
	readonly since: (id: FindingId, node?: Address) => number | undefined;
	/** Slots on their way between primaries. */
	readonly migrations: readonly Migration[];
	readonly memoryOf: (node: Address) => NodeMemory | undefined;
	/** CLIENT LIST as it was last read of a node. */
	readonly clientsOf?: (node: Address) => ClientsSeen;
	/** ACL LOG as it was last read of a node. */
	readonly deniedOf?: (node: Address) => DeniedSeen;
	/** The nodes of the other fleets that are watched. */
	readonly elsewhere?: () => readonly Elsewhere[];
};
export type FleetView = Omit<NodeView, 'node' | 'track' | 'memory'>;

/** What was seen of one of several kinds on a node. */
export type KindObservation = Observation & { readonly kind: string };
/** One observation a kind; `as it was` where the reading tells nothing new of any. */
export type KindRule = (view: NodeView) => readonly KindObservation[] | 'as it was';

export type NodeRule = (view: NodeView) => Observation | undefined;
/** A fleet-wide rule; with a node where it is about one. */
export type FleetRule = (view: FleetView) => readonly (Observation & { readonly node?: Address })[];

/** The newest that is known; empty where it never answered. */
export const infoOf = (view: Pick<NodeView, 'track'>): Info => view.track.lastGood?.info ?? {};

/** The severity of a value by the table; undefined when it crosses nothing. */
export function severityOf(limits: Limits, id: FindingId, value: number): Severity | undefined {
	const { warn, crit } = limitOf(limits, id);
	if (isOver(id, value, crit)) return 'crit';
	return isOver(id, value, warn) ? 'warn' : undefined;
}

const worseBelow: ReadonlySet<string> = new Set(
	thresholds.filter(({ worse }) => worse === 'below').map(({ id }) => id),
);

function isOver(id: FindingId, value: number, limit: number | undefined): boolean {
	if (limit === undefined) return false;
	return worseBelow.has(id) ? value < limit : value >= limit;
}

type Words = Pick<Observation, 'text' | 'told' | 'calm' | 'over'>;

/** A value that is there against its limit; undefined stays undefined: not measured is no finding. */
export function measure(
	limits: Limits,
	id: FindingId,
	value: number | undefined,
	words: (value: number) => Words,
): Observation | undefined {
	if (value === undefined || !Number.isFinite(value)) return undefined;
	const severity = severityOf(limits, id, value);
	return severity === undefined ? calmly(value, words) : { severity, value, ...words(value) };
}

/** Nearly all that is measured crosses nothing, and nobody reads its words but where something is over: made then. */
const calmly = (value: number, words: (value: number) => Words): Observation => ({ value, text: '', words });

/** What is said of an observation that crosses nothing. */
export const wordsOf = (observation: Observation): Words =>
	observation.words && observation.value !== undefined ? observation.words(observation.value) : observation;

/** Seconds since a finding first crossed: how long it has lasted, 0 when it begins now. */
export const lasted = (view: FleetView, id: FindingId) => (view.at - (view.since(id) ?? view.at)) / 1000;
