// Lists of slots as people read them: `5461-10922`, `0-99, 200 and 14 ranges more`.

import { slotsIn } from '../slots.ts';
import type { SlotRange } from '../types.ts';
import { counted } from './quantity.ts';

/** `slots 5461-10922`, `slot 7`, `5462 slots (0-99, 200-299 and 14 ranges more)`. */
export function slotsText(ranges: readonly SlotRange[], most = 3): string {
	const count = slotsIn(ranges);
	if (ranges.length > most) return `${count} slots (${rangesText(ranges, most)})`;
	return `${count === 1 ? 'slot' : 'slots'} ${rangesText(ranges, most)}`;
}

/** `0-99, 200, 300-399 and 14 ranges more`. */
export function rangesText(ranges: readonly SlotRange[], most = 3): string {
	const shown = ranges
		.slice(0, most)
		.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
	const more = ranges.length - shown.length;
	return more > 0 ? `${shown.join(', ')} and ${counted(more, 'range')} more` : shown.join(', ');
}

/** Single slots in ascending order → ranges. */
export function rangesOf(slots: Iterable<number>): SlotRange[] {
	const ranges: [number, number][] = [];
	for (const slot of [...slots].sort((a, b) => a - b)) {
		const last = ranges.at(-1);
		if (last && slot <= last[1] + 1) last[1] = Math.max(last[1], slot);
		else ranges.push([slot, slot]);
	}
	return ranges;
}
