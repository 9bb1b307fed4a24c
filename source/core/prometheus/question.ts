// A question about the time before, and what comes of it: what update asks for and whoever talks to Prometheus answers.

import type { Spans } from './span.ts';
import type { Named } from './targets.ts';

export type EarlierQuestion = {
	readonly nodes: readonly Named[];
	/** Of all nodes together, or of the first alone. */
	readonly isFleet: boolean;
	readonly seconds: number;
	/** Where the window ends, milliseconds on our own clock. */
	readonly until: number;
};

/** `note`: what is missing, though there is an answer. */
export type EarlierAnswer = { readonly spans: Spans; readonly note?: string } | { readonly problem: string };
