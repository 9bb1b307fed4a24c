// Names of keys and patterns as they are printed. Anybody may have written them: as text where they are harmless UTF-8,
// else quoted as redis-cli quotes them, so that they can be pasted back. Numbers that are not measured become null.

import { printable } from '../core/text/printable.ts';

/** In a table longer names are cut, with how much is missing. */
const longestShown = 300;

/** For a table: a name of no letters is shown as the quotes that redis-cli takes for it. */
export const shownName = (name: string): string => printable(name, longestShown) || '""';

/** For JSON: the whole name, however long; `quoted` where it is not as it was written. */
export function named(field: 'key' | 'pattern', name: string) {
	const text = printable(name, Number.POSITIVE_INFINITY);
	const isQuoted = text !== name && /^[\x20-\x7e]*$/.test(text);
	return { [field]: text, ...(isQuoted && { quoted: true }) };
}

/** For JSON: at most six decimals. */
export const number = (value: number | undefined) =>
	value === undefined || !Number.isFinite(value) ? null : Math.round(value * 1e6) / 1e6;
