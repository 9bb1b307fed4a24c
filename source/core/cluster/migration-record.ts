// A migration as it is drawn, and the count of keys that its progress is made from. How one is found is in open-slots
// (markers) and parse-migrations (atomic ones), how it goes on in migrations.

import type { Address, SlotRange } from '../types.ts';

export type MigrationKind = 'classic' | 'left-open' | 'atomic';

export type Migration = {
	/** Stays the same through the rounds. */
	readonly id: string;
	readonly kind: MigrationKind;
	readonly sourceId: string;
	readonly targetId: string;
	/** The beginning of the node id where no address is known. */
	readonly source: Address;
	readonly target: Address;
	/** On their way now: of a classic migration the open ones, mostly one at a time. */
	readonly slots: readonly SlotRange[];
	/** In words. */
	readonly state: string;
	/** First seen by us; of an atomic one as the server tells, by its clock. */
	readonly startedAt: number;
	/** Last seen under way, or a slot changed hands. */
	readonly seenAt: number;
	readonly endedAt?: number;
	/** When it last came further: a slot done, another slot open, fewer keys left. */
	readonly progressAt?: number;
	/** The keys left when they were last counted. */
	readonly keysCounted?: number;
	readonly hasFailed: boolean;
	/** Slots that went from the source to the target since it was first seen. */
	readonly slotsDone: number;
	/** When how many of them did, in the last seconds. */
	readonly flips: readonly { readonly at: number; readonly slots: number }[];
	readonly slotsPerSecond?: number;
	/** Known of atomic migrations only: a reshard tells nobody how many it will move. */
	readonly slotsPlanned?: number;
	/** In the open slots, at the source. */
	readonly keysLeft?: number;
	readonly keysPerSecond?: number;
	/** Until the open slots are empty, seconds. */
	readonly secondsLeft?: number;
	/** Of an atomic one: not yet sent, bytes. */
	readonly bytesLeft?: number;
	/** Of an atomic one on Redis: tries after the first. */
	readonly retries?: number;
	/** The task that it left at its source, which keeps its slots from being moved until that is cancelled. */
	readonly leftTask?: string;
	/** The only end that has a marker, where the other one should have one, too. */
	readonly openAt?: 'source' | 'target';
};

/** CLUSTER COUNTKEYSINSLOT, asked of the source. */
export type SlotCount = {
	readonly slot: number;
	readonly node: Address;
	readonly keys: number;
	readonly at: number;
};

/** As one round shows it, without what only time tells. */
export type Seen = Omit<Migration, 'startedAt' | 'seenAt' | 'slotsDone' | 'flips'> & {
	readonly startedAt?: number;
};
