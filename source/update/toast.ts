// What a key or a message has to say, for a moment, on the message line.

import { fit, printableText } from '../core/text/printable.ts';
import type { State, Step } from '../state/state.ts';

const toastMilliseconds = 3000;

/** Stays longer where there is more to read. */
export const say = (state: State, text: string, milliseconds = toastMilliseconds): State => ({
	...state,
	toast: { text, until: state.at + milliseconds },
});

/** Puts a text on the clipboard, and says so; `told` is what it is called. */
export const copied = (state: State, text: string, told: string = text): Step => [
	{ ...state, toast: { ...say(state, `copied ${told}`).toast!, isCopy: true } },
	[{ type: 'copy', text }],
];

/** Less of what was copied says nothing. */
const leastCopied = 10;

/**
 * Says also where what was copied went, which is what nobody knows: what was copied is cut before that. It has more to
 * read, so it stays longer.
 */
export function copiedTo(state: State, where: string): State {
	const what = state.toast?.isCopy ? printableText(state.toast.text) : 'copied';
	const room = Math.max(leastCopied, state.size.columns - where.length - 1);
	return say(state, `${fit(what, room, state.isAscii)} ${where}`, 2 * toastMilliseconds);
}
