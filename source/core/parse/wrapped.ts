// A sentence on lines of a width, broken between words.

import { displayWidth } from '../text/printable.ts';

/** At least one line; a word longer than the width stands alone and is cut by whoever draws it. */
export function wrapped(text: string, width: number): readonly string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(' ')) {
		const longer = line === '' ? word : `${line} ${word}`;
		if (displayWidth(longer) <= width || line === '') line = longer;
		else {
			lines.push(line);
			line = word;
		}
	}
	lines.push(line);
	return lines;
}
