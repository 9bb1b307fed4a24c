// What the screen of a runbook remembers.

import type { Address } from '../core/types.ts';

export type RunbookState = {
	readonly fleet: number;
	readonly address: Address;
	/** First line drawn of what scrolls. */
	readonly top: number;
};
