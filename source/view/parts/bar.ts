// Bars of the key screens: how far a scan is, and how much of the whole a line of a list has. Without colour and
// without borders; a bar never takes more than its width. The memory bar of the fleet's table is in chart.ts.

import { bar } from '../chart.ts';
import { glyphsFor, plain, type Span } from '../theme.ts';

/** `██████░░░░`: how far something is, 0 to 1. */
export const progressBar = (share: number, width: number, isAscii: boolean): string =>
	bar(finite(share), Math.max(0, width), glyphsFor(isAscii));

/** `██████    `: a share of the whole, or of the largest where `share` is that. Some is never drawn as more than it is. */
export function shareBar(share: number, width: number, isAscii: boolean): string {
	const room = Math.max(0, width);
	const full = Math.min(room, Math.max(0, Math.round(finite(share) * room)));
	return glyphsFor(isAscii).bar.repeat(full) + ' '.repeat(room - full);
}

export const barSpan = (share: number, width: number, isAscii: boolean): Span =>
	plain(shareBar(share, width, isAscii));

const finite = (share: number) => (Number.isFinite(share) ? share : 0);
