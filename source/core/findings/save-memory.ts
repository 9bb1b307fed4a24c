// What the judge remembers of the child process that saves or rewrites: INFO tells how far it is now, and only two readings
// tell whether it gets on. It draws no conclusion: findings-save.ts does.

import { infoDetailsOf } from '../fleet/sample.ts';
import type { Info, Sample } from '../types.ts';

/** The child that saves or rewrites now, as it was watched. */
export type ChildMemory = {
	readonly file: 'rdb' | 'aof';
	/** It began then, by the server's own seconds. */
	readonly begunAt: number;
	/** Written so far, of how many; undefined where the server does not count them. */
	readonly keys?: number;
	readonly allKeys?: number;
	/** First seen, and last seen to get on. */
	readonly seenAt: number;
	readonly movedAt: number;
	/** The last report of the child is so old. */
	readonly reportSeconds?: number;
	/** The last one of its kind took so long. */
	readonly lastSeconds?: number;
};

/** A child is the same while its beginning, from whole seconds, stays where it was. */
const sameBeginMilliseconds = 3000;

/** After one more reading of INFO; undefined while nothing is written. */
export function childAfter(
	known: ChildMemory | undefined,
	reading: Sample | undefined,
	at: number,
): ChildMemory | undefined {
	const info = reading?.info;
	if (!reading || !info || (!info.isSaving && !info.isAofRewriting)) return undefined;
	const details = infoDetailsOf(reading);
	const file = info.isSaving ? ('rdb' as const) : ('aof' as const);
	const seconds = info.isSaving ? details.savingSeconds : details.aofRewriteSeconds;
	const begunAt = at - (seconds ?? 0) * 1000;
	const isSame =
		known?.file === file &&
		(seconds === undefined || Math.abs(begunAt - known.begunAt) < sameBeginMilliseconds);
	const hasMoved = !isSame || details.savedKeys !== known.keys;
	return {
		file,
		begunAt: isSame ? known.begunAt : begunAt,
		keys: details.savedKeys,
		allKeys: details.keysToSave,
		seenAt: isSame ? known.seenAt : at,
		movedAt: hasMoved ? at : known.movedAt,
		reportSeconds: details.cowAgeSeconds,
		lastSeconds: info.isSaving ? info.lastSaveSeconds : details.lastAofRewriteSeconds,
	};
}

/** Since when a rewrite waits for its turn. */
export const scheduledSince = (
	known: number | undefined,
	{ isAofRewriteScheduled: isWaiting, isAofRewriting }: Info,
	at: number,
): number | undefined => (isWaiting && !isAofRewriting ? (known ?? at) : undefined);
