// Errors by prefix (OOM, MOVED, WRONGTYPE) that a node answered within a window: INFO errorstats (6.2 and later) at its
// end less at its beginning. After a restart or a CONFIG RESETSTAT the readings start anew, so that no window spans one.
// Every prefix counts, also those that are answers rather than faults: which of them is bad is for the findings.
// What redis-top itself was answered is taken out.

import { isSameRun } from '../fleet/same-run.ts';
import { entryOf, type Named, risesBetween } from '../parse/counters.ts';
import type { Sample } from '../types.ts';
import { keepReading, spanOf } from './window-readings.ts';

export type ErrorReading = {
	readonly at: number;
	readonly runId?: string;
	readonly errors: Named<number | undefined>;
	/** Of redis-top, since it began to watch. */
	readonly own?: Named<number>;
};

export type ErrorWindow = {
	/** The length that was measured, seconds. */
	readonly seconds: number;
	readonly total: number;
	/** Most first. `prefix` is printable. */
	readonly prefixes: readonly {
		readonly prefix: string;
		readonly count: number;
		readonly perSecond: number;
	}[];
};

/** The reading in a sample; undefined before 6.2, and where INFO was not had. */
export function errorReadingOf({ clock, info, own }: Sample): ErrorReading | undefined {
	return info?.errors && { at: clock, runId: info.runId, errors: info.errors, own: own.errors };
}

/** Adds a reading; one that cannot follow the last (restart, RESETSTAT) is the first of a new row. */
export function addErrorReading(kept: readonly ErrorReading[], next: ErrorReading): readonly ErrorReading[] {
	const last = kept.at(-1);
	return last && errorsBetween(last, next) ? keepReading(kept, next) : [next];
}

/** What was answered in the last `seconds`, as near as there are readings; undefined until there are two. */
export function errorWindow(kept: readonly ErrorReading[], seconds: number): ErrorWindow | undefined {
	const span = spanOf(kept, seconds);
	return span && errorsBetween(span.from, span.to);
}

/** The errors between two readings; undefined where the counters started anew between them. */
export function errorsBetween(before: ErrorReading, now: ErrorReading): ErrorWindow | undefined {
	const seconds = (now.at - before.at) / 1000;
	if (!isSameRun(before.runId, now.runId) || !(seconds > 0)) return undefined;
	const rises = risesBetween(before.errors, now.errors);
	if (!rises) return undefined;
	const prefixes = [...rises]
		.map(([prefix, count]): [string, number] => [prefix, count - ownBetween(before, now, prefix)])
		.filter(([, count]) => count > 0)
		.map(([prefix, count]) => ({ prefix, count, perSecond: count / seconds }))
		.sort((a, b) => b.count - a.count || (a.prefix < b.prefix ? -1 : 1));
	return { seconds, total: prefixes.reduce((sum, { count }) => sum + count, 0), prefixes };
}

const ownBetween = (before: ErrorReading, now: ErrorReading, prefix: string) =>
	(entryOf(now.own ?? {}, prefix) ?? 0) - (entryOf(before.own ?? {}, prefix) ?? 0);
