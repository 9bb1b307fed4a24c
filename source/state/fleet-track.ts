// One fleet through time: what is remembered of it, and what is drawn now.

import type { ClusterTrack } from '../core/cluster/cluster-track.ts';
import type { HotSample } from '../core/compare/hot-samples.ts';
import type { Tapes } from '../core/compare/read-tape.ts';
import type { Holds } from '../core/findings/findings.ts';
import type { Bounds } from '../core/fleet/allow.ts';
import type { Names } from '../core/fleet/names.ts';
import type { FleetSnapshot } from '../core/fleet/snapshot.ts';
import type { CloseLook } from '../core/node/close-look.ts';
import type { ToldFleet } from '../core/prometheus/told.ts';
import type { Address, FleetEvent, NodeTrack, Pending, Series } from '../core/types.ts';
import type { Earlier } from './earlier.ts';

export type FleetTrack = ClusterTrack & {
	/** Stays the same while other fleets come and go: messages and effects name the fleet by it. */
	readonly id: number;
	/** Name on the screen and in JSON: the seed as typed, or the fleet's name in the settings. */
	readonly name: string;
	readonly seeds: readonly Address[];
	/** Whom discovery may dial; undefined lets it dial all. */
	readonly bounds?: Bounds;
	/** It was said whom a password goes to in the clear. */
	readonly isClearTold?: boolean;
	readonly tracks: ReadonlyMap<Address, NodeTrack>;
	/** Other names of nodes that are known: what is told under them belongs to the row they point to. */
	readonly aliases: ReadonlyMap<Address, Address>;
	/** By what the views of a cluster speak of rows. */
	readonly names?: Names;
	/** Since when it is polled four times a second because a failover is under way. */
	readonly fastSince?: number;
	/** Primaries that are gone while a replica holds their keys. */
	readonly awaited?: readonly Address[];
	/** What is remembered of each node beside its track. */
	readonly close: ReadonlyMap<Address, CloseLook>;
	/** Of each node what two times are compared by. */
	readonly tapes?: Tapes;
	/** Samples of hot keys, oldest first, to hold two times against each other. */
	readonly hotSamples?: readonly HotSample[];
	readonly holds: Holds;
	/** What the last judged round had not decided. */
	readonly pending: readonly Pending[];
	/** Nodes not read anew since the refresh before. */
	readonly unread?: ReadonlySet<Address>;
	/** Clock of the reading of each node that was judged last: only a new one counts for the holds. */
	readonly judgedAt?: ReadonlyMap<Address, number>;
	/** Newest first, at most `eventsKept`. */
	readonly events: readonly FleetEvent[];
	readonly opsHistory: Series;
	readonly hitsHistory: Series;
	readonly lookupsHistory: Series;
	readonly now: FleetSnapshot;
	/** What a Prometheus has of the time before; undefined where none is named. */
	readonly earlier?: Earlier;
	/** Its nodes are known by a Prometheus, and polled are those alone that somebody opened. */
	readonly source?: FleetSource;
	/** False until every node told of has answered or failed once. */
	readonly isDiscovered: boolean;
	/** Rounds at the delay since discovery was done: a rate needs two. */
	readonly rounds: number;
};

export type FleetSource = {
	/** Between two readings, seconds. */
	readonly paceSeconds: number;
	/** Polled by ourselves. */
	readonly live: ReadonlySet<Address>;
	/** What redis-tops as services say of it. */
	readonly told?: ToldFleet;
};
