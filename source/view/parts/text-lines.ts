// Sentences on lines of a width: broken between words. For the parts of a screen that speak
// instead of counting. What comes from a server has been through `printable` before.

import { blank, type Line, plain, textWidth } from '../theme.ts';

/** At least one line; a word longer than the width stands alone and is cut by the frame. */
export function wrapped(text: string, width: number): readonly string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(' ')) {
		const longer = line === '' ? word : `${line} ${word}`;
		if (textWidth(longer) <= width || line === '') line = longer;
		else {
			lines.push(line);
			line = word;
		}
	}
	lines.push(line);
	return lines;
}

/** Indented by two, what is broken off by four. */
export const textLines = (text: string, width: number): readonly Line[] =>
	wrapped(text, width - 4).map((line, index) => [plain((index > 0 ? '    ' : '  ') + line)]);

/** Blocks with an empty line between each two. */
export const blocks = (all: readonly (readonly Line[])[]): readonly Line[] =>
	all.filter(lines => lines.length > 0).flatMap((lines, index) => (index === 0 ? lines : [blank, ...lines]));

/** As many sentences as fit on each line, in at most `height` lines; what does not fit is left out as a whole. */
export function packed(sentences: readonly string[], width: number, height: number): readonly string[] {
	const lines: string[] = [];
	for (const sentence of sentences) {
		const last = lines.at(-1);
		const together = last === undefined ? sentence : `${last} ${sentence}`;
		if (last !== undefined && textWidth(together) <= width) lines[lines.length - 1] = together;
		else {
			const own = wrapped(sentence, width);
			if (lines.length + own.length > height) continue;
			lines.push(...own);
		}
	}
	return lines;
}
