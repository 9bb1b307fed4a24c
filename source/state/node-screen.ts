// What the screen of one node remembers.

import type { Address } from '../core/types.ts';

export type NodeState = {
	readonly fleet: number;
	readonly address: Address;
	/** First line drawn of what scrolls. */
	readonly top: number;
};
