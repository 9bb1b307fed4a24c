// One key, looked at closely when it is opened: what it is, what it costs, how long it has not been used. Its
// elements only when they are asked for, and then a few.

import type { Address, Refusal } from '../types.ts';
import type { FieldTtls } from './field-ttls.ts';
import type { IdempotentProducers, StreamGroup } from './stream-groups.ts';

/** What could not be learnt of a key, or what learning it did; the words are view/screens/big-keys/look-words.ts. */
export type KeyNote =
	/** Its slot is served by another node than the one that was asked first. */
	| { readonly kind: 'moved'; readonly node: Address }
	/** It is on its way to another node. */
	| { readonly kind: 'slot-on-its-way' }
	/** The connection, or what the server said, in words as they came. */
	| { readonly kind: 'lost' | 'error'; readonly text: string }
	| { readonly kind: 'not-allowed'; readonly refusals: readonly Refusal[] }
	/** CLIENT NO-TOUCH cannot be used: reading it set its idle time to 0. */
	| { readonly kind: 'touched' }
	/** Elements of such a key are not read. */
	| { readonly kind: 'no-elements'; readonly type: string }
	/** They have so many bytes each. */
	| { readonly kind: 'large-elements'; readonly bytes: number }
	/** A few were read. A recording never holds values. */
	| { readonly kind: 'elements-not-kept' };

export type KeyLook = {
	readonly at: number;
	/** Where it was read, and the primary that owns it. */
	readonly node: Address;
	readonly owner?: Address;
	readonly slot?: number;
	/** False: there is no such key. Left out where there is one, or where it could not be asked. */
	readonly exists?: boolean;
	/** Reading it sets its idle time anew: CLIENT NO-TOUCH cannot be used. */
	readonly isTouched?: boolean;
	readonly type?: string;
	readonly encoding?: string;
	readonly bytes?: number;
	/** True: all of its elements were walked. False: some of them, the first of them as the server keeps them. */
	readonly isExact?: boolean;
	/** How many of its elements were walked where it is not exact. */
	readonly samples?: number;
	/** The size lies within this share of `bytes` either way, in 95 of 100. */
	readonly sizeMargin?: number;
	/** What the server says where it cannot be: more than it uses in all. */
	readonly serverBytes?: number;
	/** Of a stream. */
	readonly groups?: readonly StreamGroup[];
	readonly producers?: IdempotentProducers;
	readonly items?: number;
	readonly idleSeconds?: number;
	/** It was read since: under a policy of `lrm` the server keeps when a key was last written. */
	readonly isIdleSinceWrite?: boolean;
	/** LFU counter, where the policy keeps one. */
	readonly frequency?: number;
	/** null: it has none. */
	readonly ttlSeconds?: number | null;
	/** Of a hash without a TTL, where the server has some whose fields expire. */
	readonly fields?: FieldTtls;
	readonly notes: readonly KeyNote[];
	/** Byte strings, `field` and `value`, or members alone. */
	readonly elements?: readonly string[];
};
