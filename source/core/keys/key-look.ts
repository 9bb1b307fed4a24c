// One key, looked at closely when it is opened: what it is, what it costs, how long it has not been used. Its
// elements only when they are asked for, and then a few.

import type { Address } from '../types.ts';

export type KeyLook = {
	readonly at: number;
	/** Where it was read, and the primary that owns it. */
	readonly node: Address;
	readonly owner?: Address;
	readonly slot?: number;
	/** False: there is no such key. Left out where there is one, or where it could not be asked. */
	readonly exists?: boolean;
	/** Reading it sets its idle time anew: the server has no CLIENT NO-TOUCH. */
	readonly isTouched?: boolean;
	readonly type?: string;
	readonly encoding?: string;
	readonly bytes?: number;
	/** True: MEMORY USAGE SAMPLES 0 was affordable. False: by five samples of its elements. */
	readonly isExact?: boolean;
	readonly items?: number;
	readonly idleSeconds?: number;
	/** LFU counter, where the policy keeps one. */
	readonly frequency?: number;
	/** null: it has none. */
	readonly ttlSeconds?: number | null;
	/** `not allowed for this user: +object|idletime`. A whole short sentence each. */
	readonly notes: readonly string[];
	/** Byte strings, `field` and `value`, or members alone. */
	readonly elements?: readonly string[];
};
