// The keyboard of the live screen: bytes in, keys and pasted text out, with the short wait by which the parts of a
// split escape sequence find together. Raw mode and bracketed paste are put on and taken back here.

import { createKeyDecoder, type Typed } from './key-decoder.ts';

/** Calls after so many milliseconds; gives what calls it off. */
export type After = (milliseconds: number, act: () => void) => () => void;

/**
 * What waits in the terminal is read before the time is held to be over: after a moment in which we were kept from our
 * work, the timer fires first.
 */
const afterReading: After = (milliseconds, act) => {
	let isOff = false;
	const timer = setTimeout(() => setImmediate(() => isOff || act()), milliseconds);
	return () => {
		isOff = true;
		clearTimeout(timer);
	};
};

/** Takes bytes as they come and tells what they mean, in order. */
export function readKeys(
	onTyped: (typed: Typed) => void,
	after: After = afterReading,
): (bytes: Uint8Array) => void {
	const decoder = createKeyDecoder();
	let callOff = () => {};
	const wait = () => {
		const patience = decoder.patience();
		if (patience !== undefined) callOff = after(patience, () => tell(decoder.expire()));
	};
	const tell = (typed: readonly Typed[]) => {
		wait();
		for (const each of typed) onTyped(each);
	};
	return bytes => {
		callOff();
		callOff = () => {};
		tell(decoder.push(bytes));
	};
}

export type Keyboard = {
	/** Takes the keyboard, again where it was lent out. */
	readonly open: () => void;
	/** Gives it back as it was. */
	readonly close: () => void;
};

type Input = Pick<NodeJS.ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>;

export function createKeyboard(stdin: Input, onTyped: (typed: Typed) => void): Keyboard {
	const read = readKeys(onTyped);
	const setRaw = (isRaw: boolean) => {
		if (stdin.isTTY) stdin.setRawMode(isRaw);
	};
	return {
		open() {
			setRaw(true);
			stdin.on('data', read);
			stdin.resume();
		},
		close() {
			stdin.off('data', read);
			stdin.pause();
			setRaw(false);
		},
	};
}
