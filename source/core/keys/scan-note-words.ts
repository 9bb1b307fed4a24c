// The notes of a scan in words: screen, runbook, page and JSON all say them so. A sentence without its capital and its
// stop; what servers said in it is not yet printable.

import { printable } from '../text/printable.ts';
import { bytes, counted, thousands } from '../text/quantity.ts';
import type { ScanNote } from './scan-notes.ts';

const longestName = 60;
const nameOf = (key: string) => printable(key, longestName);

export function scanNoteWords(note: ScanNote): string {
	switch (note.kind) {
		case 'went-on':
			return `${note.node} was lost after ${thousands(note.keys)} keys (${note.why}): read from the beginning at ${note.at}, each key counted once`;
		case 'emptied':
			return `db${note.db} of ${note.node} held ${thousands(note.before)} keys when it was opened and ${thousands(note.after)} at the end: what is listed may be gone`;
		case 'slots-moved':
			return `${counted(note.slots, 'slot', thousands)} moved to another node meanwhile: keys in them may be missing`;
		case 'unacknowledged':
			return `stream ${nameOf(note.key)}: ${thousands(note.pending)} pending entries of ${counted(note.groups, 'group')} outweigh its ${thousands(note.entries)} entries (XACK is missing)`;
		case 'overcounted':
			return `stream ${nameOf(note.key)}: the server's estimate is ${bytes(note.bytes)}, more than it can have: pending entries are counted too high`;
		case 'items-not-read':
			return 'items are not read where CLIENT NO-TOUCH cannot be used: HLEN would set the clock of a key';
		case 'repeated':
			return `${thousands(note.keys)} names were returned more than once and counted once`;
		case 'gone':
			return `${thousands(note.keys)} keys were gone before they were sized`;
		case 'astray':
			return `${thousands(note.keys)} keys moved to another node before they were sized and were not met there`;
		case 'told':
			return note.text;
	}
}

/** Of a sentence: notes were kept so in recordings and in files of --cursor. */
export function scanNoteOf(text: string): ScanNote {
	const itemsNotRead: ScanNote = { kind: 'items-not-read' };
	return text === scanNoteWords(itemsNotRead) ? itemsNotRead : { kind: 'told', text };
}
