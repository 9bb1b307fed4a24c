// What the screen of a runbook remembers, and the changes that were made from it. Which node and which step is here;
// what the step says is made anew from what is known now (runbook-runs.ts), so nothing of it is kept.

import type { Address, Sample } from '../core/types.ts';
import type { Change } from '../runbooks/runbook.ts';

export const runbookIds = ['high-memory', 'config-audit'] as const;
/** The last one is opened by what it is about, and has no name on the command line. */
export type RunbookId = (typeof runbookIds)[number] | 'lost-data';

export type RunbookState = {
	readonly fleet: number;
	readonly address: Address;
	readonly runbook: RunbookId;
	readonly startedAt: number;
	/** The newest reading of the node then; undefined where it had not answered yet. */
	readonly began?: Sample;
	/** Index of the step on the screen. */
	readonly step: number;
	/** First line drawn of what scrolls. */
	readonly top: number;
	/** What is selected of the step: a change, or a line of the audit. Undefined is the first. */
	readonly entry?: string;
};

/** By what is typed for it: `memory` is the memory runbook, too. */
export const runbookNamed = (name: string | undefined): (typeof runbookIds)[number] | undefined =>
	name === 'memory' ? 'high-memory' : runbookIds.find(id => id === name);

/** A change that was sent: waited for, answered, and measured for a minute. */
export type ChangeTrack = {
	readonly id: number;
	readonly fleet: number;
	readonly change: Change;
	readonly sentAt: number;
	/** The newest reading of the node then; undefined of a recording. */
	readonly began?: Sample;
	/** The others that it rests on, as they were then. */
	readonly beside?: readonly (readonly [Address, Sample | undefined])[];
	/** How memory stood when it was sent. */
	readonly before: string;
	/** The server's reply as text; undefined until it came. */
	readonly reply?: string;
	/** It was sent, and the server did it. */
	readonly isDone?: boolean;
	/** How memory stood a minute later. */
	readonly after?: string;
};

/** As a recording keeps it: without the reading of its node, which is in there anyway. */
export const recordedChange = ({ began, beside, ...told }: ChangeTrack): ChangeTrack => told;

/** What a change did is told after this long. */
export const measuredMilliseconds = 60_000;
