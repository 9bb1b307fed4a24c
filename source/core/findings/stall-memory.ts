// What the judge must remember of a node that stands still from one reading to the next: how often its writes waited for
// the disk, and whether its own event loop was at work during the last stall. It draws no conclusion: the rules do.

import type { Limits } from '../thresholds.ts';
import type { Info, NodeTrack } from '../types.ts';

export type StallMemory = {
	/** Of the last minute: how often a write waited for the disk. */
	readonly delayedFsyncs?: readonly { readonly at: number; readonly count: number }[];
	/** At the last stall: which part of it the server's event loop was at work. */
	readonly busy?: { readonly at: number; readonly share: number };
	readonly last?: { readonly fsyncs?: number; readonly loopMicroseconds?: number };
};

/** After one more INFO of the same process. */
export function rememberStalls(
	before: StallMemory | undefined,
	{ lastGood }: NodeTrack,
	info: Info,
	limits: Limits,
	at: number,
): StallMemory {
	const { last = {}, delayedFsyncs = [], busy }: StallMemory = before ?? {};
	const rise = (now: number | undefined, from: number | undefined) =>
		now === undefined || from === undefined || now < from ? undefined : now - from;
	const delayed = rise(info.aofDelayedFsync, last.fsyncs) ?? 0;
	const kept = delayedFsyncs.filter(each => at - each.at < limits['fsync-slow'].extra.shownSeconds * 1000);
	const loop = rise(info.eventloopDurationMicroseconds, last.loopMicroseconds);
	const longest = (lastGood?.stalls ?? []).reduce((most, { seconds }) => Math.max(most, seconds), 0);
	return {
		delayedFsyncs: delayed > 0 ? [...kept, { at, count: delayed }] : kept,
		busy: longest > 0 ? (loop === undefined ? undefined : { at, share: loop / 1e6 / longest }) : busy,
		last: { fsyncs: info.aofDelayedFsync, loopMicroseconds: info.eventloopDurationMicroseconds },
	};
}
