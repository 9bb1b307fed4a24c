// The whole of a recording at a glance: from when to when it is, and what happened in it. Read from its key frames when
// it is opened, for what is played knows only what has been played.

import type { Severity } from '../core/types.ts';

export type OverviewMark = {
	/** Time of day. */
	readonly at: number;
	readonly kind: 'event' | 'finding' | 'marker';
	readonly severity?: Severity;
};

export type Overview = {
	/** Times of day. */
	readonly from: number;
	readonly to: number;
	/** Oldest first. */
	readonly marks: readonly OverviewMark[];
};
