// The words for what could not be learnt of a key that was opened. The facts are core/keys/key-look.ts.

import type { KeyNote } from '../../../core/keys/key-look.ts';
import { bytes } from '../../../core/text/quantity.ts';

/** A short sentence, without its full stop; of a server's words unsafe bytes are left in. */
export function lookWords(note: KeyNote): string {
	switch (note.kind) {
		case 'moved':
			return `its slot is served by ${note.node} now`;
		case 'slot-on-its-way':
			return 'its slot is on its way to another node';
		case 'lost':
		case 'error':
			return note.text;
		case 'not-allowed':
			return `not allowed for this user: ${note.refusals.map(({ word }) => word).join(' ')}`;
		case 'touched':
			return 'reading it set its idle time to 0: CLIENT NO-TOUCH cannot be used here';
		case 'no-elements':
			return `elements of a ${note.type} are not read`;
		case 'large-elements':
			return `elements are not read: they have about ${bytes(note.bytes)} each`;
		case 'elements-not-kept':
			return 'a few of its elements were read: a recording holds no values';
	}
}
