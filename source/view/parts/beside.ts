// Parts of a page side by side.

import { blank, crop, type Line, lineWidth, plain } from '../theme.ts';

/** Parts next to each other, each in an equal share of the width. */
export function beside(
	parts: readonly (readonly Line[])[],
	width: number,
	isAscii: boolean,
): readonly Line[] {
	const share = Math.floor(width / parts.length);
	const height = Math.max(...parts.map(part => part.length));
	return Array.from({ length: height }, (_, index) =>
		parts.flatMap(part => cellIn(part[index] ?? blank, share, isAscii)),
	);
}

function cellIn(line: Line, width: number, isAscii: boolean): Line {
	const fitted = crop(line, width - 1, isAscii);
	return [...fitted, plain(' '.repeat(width - lineWidth(fitted)))];
}
