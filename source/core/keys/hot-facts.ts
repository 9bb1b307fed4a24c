// What a result of hot keys cannot say, and why a look at a node ended, as facts: the words are
// view/screens/hot-keys/note-words.ts. A `text` here is the one of a server or of a connection, as it came.

import type { Address, Refusal } from '../types.ts';
import type { HotKeysMethod, RungWhy } from './hot-ladder.ts';

/** First and last of each, both included. */
export type SlotRanges = readonly (readonly [first: number, last: number])[];

/** Why a look at a node ended, where that is none of the plain ends. */
export type EndWhy =
	| { readonly kind: 'behind'; readonly milliseconds: number }
	/** Its lines came late, and it did not answer. */
	| { readonly kind: 'wrote-late' }
	| { readonly kind: 'slow-answer'; readonly milliseconds: number; readonly usualMilliseconds: number }
	| { readonly kind: 'clients-grew'; readonly bytes: number }
	/** As arranged with it, by its own clock. */
	| { readonly kind: 'by-server'; readonly milliseconds: number }
	| { readonly kind: 'no-answer' }
	| { readonly kind: 'refused'; readonly refusal?: Refusal; readonly text: string }
	| { readonly kind: 'not-begun' }
	/** The session was reset by somebody else. */
	| { readonly kind: 'reset' }
	| { readonly kind: 'error'; readonly text: string };

/** Why one rung cannot run. */
export type NoWay = { readonly method: HotKeysMethod; readonly why: RungWhy };

/** What the figures of a result cannot say. */
export type HotNote =
	/** The nodes have different rungs: shares of one kind are of the nodes of that kind. */
	| { readonly kind: 'mixed-methods' }
	| { readonly kind: 'node-silent'; readonly node: Address; readonly text: string }
	/** No rung of it can run, each for its reason. */
	| { readonly kind: 'no-way'; readonly node: Address; readonly whys: readonly NoWay[] }
	/** No key was used in the window: what is told are counters of the minutes before. */
	| { readonly kind: 'counters-of-before'; readonly seconds: number }
	// MONITOR
	/** A window that did not open. */
	| { readonly kind: 'not-in-figures'; readonly node: Address; readonly why?: EndWhy }
	| { readonly kind: 'several-keys' }
	| { readonly kind: 'script-commands' }
	| { readonly kind: 'cut-commands'; readonly commands: number }
	| { readonly kind: 'estimated-keys' }
	/** Valkey 8.1.0 and 8.1.1 do not escape quotes. */
	| { readonly kind: 'bare-quotes' }
	| { readonly kind: 'unread-lines'; readonly lines: number }
	/** The server could not be told to end the window by itself. */
	| { readonly kind: 'no-server-end' }
	// HOTKEYS of Valkey
	| { readonly kind: 'sampled-accesses' }
	// HOTKEYS of Redis
	/** That of most keys is a few calls that were held up, or too little. */
	| { readonly kind: 'time-untold' }
	/** The machine held the server up in commands of so many keys: left out. */
	| { readonly kind: 'held-up'; readonly keys: number }
	/** Of all listed keys, with the time that commands took, or of those with a mark. */
	| { readonly kind: 'time-unsure'; readonly isAll: boolean; readonly commandsMilliseconds: number }
	/** So much of the server's processor time went into commands, 0 to 1. */
	| { readonly kind: 'short-commands'; readonly commandShare: number }
	/** `node` where there are several. */
	| { readonly kind: 'only-slots'; readonly node?: Address; readonly slots: SlotRanges }
	| { readonly kind: 'shares-of-time' }
	| { readonly kind: 'one-command-of'; readonly sampleRatio: number }
	// OBJECT FREQ
	| { readonly kind: 'walk-open'; readonly node: Address; readonly keys: number; readonly of?: number }
	| { readonly kind: 'counters-rank' }
	| { readonly kind: 'counters-at-end' }
	| { readonly kind: 'shared-integers' }
	// SLOT-STATS
	| { readonly kind: 'noisy-slots' }
	| { readonly kind: 'slots-by-bytes' }
	| { readonly kind: 'slots-not-keys' }
	// What is asked of the keys that were found
	| { readonly kind: 'not-described'; readonly node: Address; readonly text: string }
	| { readonly kind: 'not-read'; readonly what: DescribedBy; readonly refusal: Refusal }
	/** `key` is a byte string. */
	| { readonly kind: 'several-databases'; readonly key: string; readonly db: number };

/** What a listed key is asked for. */
export type DescribedBy = 'type' | 'ttl' | 'encoding' | 'size';

/** Each once, in their order. */
export const distinctNotes = (notes: readonly HotNote[]): readonly HotNote[] => [
	...new Map(notes.map(note => [JSON.stringify(note), note])).values(),
];
