// A moment of a recording as it is typed: 03:12, 2026-11-29T03:12, -90m before its end, +10m from its begin.

import { clock, localDay } from './local-time.ts';

/** Times of day, ms. */
export type Span = { readonly from: number; readonly to: number };

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Undefined for what is no moment. */
export const isMoment = (text: string): boolean =>
	/^[+-]\d+(\.\d+)?[smhd]$/.test(text) ||
	/^\d{1,2}:\d\d(:\d\d(\.\d+)?)?$/.test(text) ||
	/^\d{4}-\d\d-\d\d([T ]\d{1,2}:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(text);

/** A time of day; what lies outside of the recording is a problem, in words. A bare clock is the last such time in it. */
export function momentOf(text: string, { from, to }: Span): number | { readonly problem: string } {
	if (!isMoment(text)) return { problem: 'must be like 03:12, 2026-11-29T03:12 or -90m' };
	const date = dateOf(text, { from, to });
	// What is typed is of minutes or seconds; a recording begins and ends between them.
	if (Number.isFinite(date) && date >= from - units.m && date <= to + units.m)
		return Math.min(Math.max(date, from), to);
	return { problem: `the recording is of ${words(from)} to ${words(to)}` };
}

function dateOf(text: string, { from, to }: Span): number {
	const [, sign, amount, unit] = /^([+-])(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
	if (amount !== undefined) {
		const by = Number(amount) * units[unit as 's'];
		return sign === '-' ? to - by : from + by;
	}
	if (!/^\d{1,2}:/.test(text)) return Date.parse(/\d:/.test(text) ? text.replace(' ', 'T') : `${text}T00:00`);
	const padded = text.padStart(text.indexOf(':') === 1 ? text.length + 1 : text.length, '0');
	// Not 24 hours before: on the day that clocks are set that is another time.
	const days = [to, to - units.d].map(day => Date.parse(`${localDay(day)}T${padded}`));
	return days.find(date => date <= to + units.m && date >= from - units.m) ?? days[0]!;
}

const words = (date: number) => `${localDay(date)} ${clock(date)}`;
