// What the screen of the cluster remembers.

import type { StepKind } from '../core/failover/failover-record.ts';

/** What its lower part shows. */
export type ClusterPart =
	| 'failover'
	| 'views'
	| 'migrations'
	| 'slots'
	| 'sentinels'
	| 'log'
	| 'replication'
	| 'shards';

export type ClusterState = {
	readonly fleet: number;
	/** As chosen with Tab; undefined is what there is most to see of. */
	readonly part?: ClusterPart;
	/** First line drawn of what scrolls; undefined follows what is told last. */
	readonly top?: number;
	/** The failover that is looked at; undefined is the newest. */
	readonly failover?: string;
	/** The event of it that is read in full. */
	readonly event?: StepKind;
};
