// What a key or a message has to say, for a moment, on the message line.

import type { State } from '../state/state.ts';

export const toastMilliseconds = 3000;

/** Stays longer where there is more to read. */
export const say = (state: State, text: string, milliseconds = toastMilliseconds): State => ({
	...state,
	toast: { text, until: state.at + milliseconds },
});
