// Readings of counters, kept so that what happened in the last 5, 15 or 60 minutes is the difference of two of them.
// Young readings are kept as they come, old ones ever farther apart (a tenth of their age): about a hundred
// readings make every window up to an hour, each off by a few percent of its length at most, and it says its own length.
// It knows nothing of what was read; whether two readings can be subtracted is for those who do.

/** The longest window, seconds. */
export const longestWindowSeconds = 3600;

/** A reading may be away from its neighbours by this part of its age. */
const spacing = 1 / 10;

/** `at` is a clock in milliseconds that does not jump: Sample.clock. */
export type Timed = { readonly at: number };

/** Adds the newest reading, oldest first, and drops what no window needs. A clock that did not move on starts anew. */
export function keepReading<Reading extends Timed>(
	kept: readonly Reading[],
	next: Reading,
): readonly Reading[] {
	const last = kept.at(-1);
	if (last && !(next.at > last.at)) return [next];
	const thinned: Reading[] = [];
	for (let index = 0; index < kept.length; index++) {
		const reading = kept[index]!;
		const after = kept[index + 1] ?? next;
		if (!isNeeded(thinned.at(-1), reading, after, next.at)) continue;
		thinned.push(reading);
	}
	thinned.push(next);
	return thinned;
}

// The oldest stays while it is the only one that reaches as far back as the longest window.
function isNeeded(before: Timed | undefined, reading: Timed, after: Timed, now: number): boolean {
	if (!before) return now - after.at < longestWindowSeconds * 1000;
	return after.at - before.at > (now - reading.at) * spacing;
}

/** The newest reading and the one nearest to `seconds` before it (the oldest, where none is so old). */
export function spanOf<Reading extends Timed>(
	kept: readonly Reading[],
	seconds: number,
): { readonly from: Reading; readonly to: Reading; readonly seconds: number } | undefined {
	const to = kept.at(-1);
	if (!to || kept.length < 2) return undefined;
	const start = to.at - seconds * 1000;
	let from = kept[0]!;
	for (const reading of kept)
		if (reading !== to && Math.abs(reading.at - start) <= Math.abs(from.at - start)) from = reading;
	return { from, to, seconds: (to.at - from.at) / 1000 };
}
