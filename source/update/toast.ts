// What a key or a message has to say, for a moment, on the message line.

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

/** Says also where what was copied went; it has more to read, so it stays longer. */
export const copiedTo = (state: State, where: string): State =>
	say(state, `${state.toast?.isCopy ? state.toast.text : 'copied'} ${where}`, 2 * toastMilliseconds);
