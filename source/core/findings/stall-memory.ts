// What the judge must remember of a node that stands still from one reading to the next: how often its writes waited for
// the disk, and whether its own event loop was at work during the last stall. It draws no conclusion: the rules do.

import type { Limits } from '../thresholds.ts';
import type { Info, NodeTrack } from '../types.ts';

export type StallMemory = {
	/** Of the last minute: how often a write waited for the disk. */
	readonly delayedFsyncs?: readonly { readonly at: number; readonly count: number }[];
	/** At the last stall: which part of it the server's event loop was at work. */
	readonly busy?: { readonly at: number; readonly share: number };
	readonly last?: StallReading;
};

type StallReading = {
	readonly at: number;
	readonly fsyncs?: number;
	readonly loopMicroseconds?: number;
	/** Share of the time that its event loop was at work in the last interval without a stall. */
	readonly usualLoop?: number;
};

/** After one more INFO of the same process. */
export function rememberStalls(
	before: StallMemory | undefined,
	track: NodeTrack,
	info: Info,
	limits: Limits,
	at: number,
): StallMemory {
	const { last, delayedFsyncs = [], busy }: StallMemory = before ?? {};
	const delayed = riseOf(info.aofDelayedFsync, last?.fsyncs) ?? 0;
	const kept = delayedFsyncs.filter(each => at - each.at < limits['fsync-slow'].extra.shownSeconds * 1000);
	const loop = riseOf(info.eventloopDurationMicroseconds, last?.loopMicroseconds);
	// Of all since the last reading that is remembered: one that ended between two refreshes is not of the newest.
	const stalled = (track.stalls ?? [])
		.filter(stall => stall.at > (last?.at ?? at))
		.reduce((sum, { seconds }) => sum + seconds, 0);
	const seconds = (at - (last?.at ?? at)) / 1000;
	const usual = last?.usualLoop ?? 0;
	// The rest of the interval its loop was as busy as usual.
	const worked = loop === undefined ? undefined : loop / 1e6 - usual * Math.max(0, seconds - stalled);
	return {
		delayedFsyncs: delayed > 0 ? [...kept, { at, count: delayed }] : kept,
		busy:
			stalled === 0
				? busy
				: worked === undefined
					? undefined
					: { at, share: Math.min(1, Math.max(0, worked / stalled)) },
		last: {
			at,
			fsyncs: info.aofDelayedFsync,
			loopMicroseconds: info.eventloopDurationMicroseconds,
			usualLoop: stalled > 0 || loop === undefined || seconds <= 0 ? last?.usualLoop : loop / 1e6 / seconds,
		},
	};
}

const riseOf = (now: number | undefined, from: number | undefined) =>
	now === undefined || from === undefined || now < from ? undefined : now - from;
