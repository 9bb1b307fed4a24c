// A key's name so that it can be pasted into redis-cli as one word: as it is where that is safe, else quoted as
// redis-cli itself quotes. `printable` is for the eye and leaves blanks and quotes alone; a shell-like line does not.

import { printable } from './printable.ts';

/** A terminal takes no more from OSC 52. */
const longest = 64 * 1024;

/** Undefined for a name that is too long for any clipboard. */
export function pasteText(name: string): string | undefined {
	if (name.length > longest) return undefined;
	const text = printable(name, Number.POSITIVE_INFINITY);
	const isQuoted = text !== name && text.startsWith('"') && /^[\x20-\x7e]*$/.test(text);
	const pasted =
		isQuoted || (text !== '' && !/[\s"']/.test(text))
			? text
			: `"${text.replace(/["\\]/g, char => `\\${char}`)}"`;
	return pasted.length > longest ? undefined : pasted;
}
