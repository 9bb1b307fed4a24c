// What a scan's figures cannot say, as facts: what happened to it, and what of the keys was not learnt. A reader decides
// by kind; the words are scan-note-words.ts.

import type { Address } from '../types.ts';

export type ScanNote =
	/** So many keys were counted on a node before it was lost; `why` in words as they came. */
	| {
			readonly kind: 'went-on';
			readonly node: Address;
			readonly keys: number;
			readonly why: string;
			readonly at: Address;
	  }
	/** A database lost a large part of its keys while it was scanned; keys before and after. */
	| {
			readonly kind: 'emptied';
			readonly node: Address;
			readonly db: number;
			readonly before: number;
			readonly after: number;
	  }
	| { readonly kind: 'slots-moved'; readonly slots: number }
	/** A stream (a byte string) whose pending entries outweigh its entries. */
	| {
			readonly kind: 'unacknowledged';
			readonly key: string;
			readonly pending: number;
			readonly groups: number;
			readonly entries: number;
	  }
	/** A stream (a byte string) that the server says has so many bytes, which cannot be. */
	| { readonly kind: 'overcounted'; readonly key: string; readonly bytes: number }
	/** CLIENT NO-TOUCH cannot be used. */
	| { readonly kind: 'items-not-read' }
	/** Names that SCAN returned again; keys gone before they were sized; keys that moved and were not met again. */
	| { readonly kind: 'repeated' | 'gone' | 'astray'; readonly keys: number }
	/** A sentence of a recording or a kept scan of before. */
	| { readonly kind: 'told'; readonly text: string };
