// What is on the screen at one moment; kept, to step back in time. Everything in it is shared with the moments around it
// as far as it did not change, so a thousand of them are little more than their rows.

import type { Migrations } from '../cluster/migrations.ts';
import type { Failovers } from '../failover/failover.ts';
import type { Finding, Fleet, FleetEvent } from '../types.ts';

export type Snapshot = { readonly at: number; readonly fleets: readonly FleetSnapshot[] };

export type FleetSnapshot = {
	readonly fleet: Fleet;
	readonly findings: readonly Finding[];
	readonly events: readonly FleetEvent[];
	readonly failovers?: Failovers;
	readonly migrations?: Migrations;
};
