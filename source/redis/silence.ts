// How long a node let us wait, over all calls since the last reading and not only the last of them: a freeze between two
// polls is in none of the replies. Answers come in the order of the calls, so silence begins when the oldest call that
// is not answered should have been, or with the last answer where that is later. A far node's answer is due a trip after
// the call: the best trip of the last minute, so that what is slow all the time and what stands still now are told
// apart. What we left unread ourselves is taken out. Times are our monotonic clock in milliseconds and come in, so that
// nothing here waits.

import type { Unread } from './pulse.ts';

export type Stalled = { readonly endedAt: number; readonly milliseconds: number };

/** No answer for so long beyond the usual trip is a stall. */
export const stallMilliseconds = 1000;
/** The server stood still for some time before we asked: half of the time between two calls, and no more than this. */
const mostBeforeMilliseconds = 100;
/** Shorter waits are the way and the work; what came before them is nothing. */
const surelySilentMilliseconds = 500;
/** A way that became longer is the usual one after so long: until then each answer is as late as it looks. */
const tripMilliseconds = 60_000;
/** The first trips may all be of a server that stood still: so long after the first, a better one judges the waits again. */
const learningMilliseconds = 10_000;

/** Since the call and since the answer before it, without what we left unread. */
type Wait = { readonly sinceCall: number; readonly sinceAnswer: number };

export type Silence = {
	/** A call left; it counts from now on. */
	readonly sent: (now: number) => void;
	/** The oldest call is answered. */
	readonly answered: (now: number) => void;
	/** The connection is given up. `isSilent`: because nothing came; then the silence goes on with the next one. */
	readonly dropped: (now: number, isSilent: boolean) => void;
	/** The connection is given up, and that nothing came is no silence of the node. */
	readonly excused: () => void;
	/** A call is not answered yet. */
	readonly isDue: () => boolean;
	/** How long the node has been silent, 0 where no answer is due. */
	readonly lastsFor: (now: number) => number;
	/** The best trip of the last minute; undefined before the first answer. */
	readonly trip: () => number | undefined;
	/** What happened since the last take. */
	readonly take: () => { readonly longestMilliseconds?: number; readonly stalls: readonly Stalled[] };
};

export function watchSilence(unread: Unread): Silence {
	let waiting: number[] = [];
	/** The oldest call of a connection that was given up unanswered. */
	let carried: number | undefined;
	let lastAnswer: number | undefined;
	let longest: number | undefined;
	let stalls: Stalled[] = [];
	const best = bestTrip();
	let learnsUntil: number | undefined;
	let untold: { readonly endedAt: number; readonly wait: Wait }[] = [];

	const since = (from: number, now: number) => Math.max(0, now - from - unread(from, now));
	const waited = (now: number): Wait | undefined => {
		const call = carried ?? waiting[0];
		const sinceAnswer = lastAnswer === undefined ? Number.POSITIVE_INFINITY : since(lastAnswer, now);
		return call === undefined ? undefined : { sinceCall: since(call, now), sinceAnswer };
	};
	const note = (now: number) => {
		const wait = waited(now);
		if (!wait) return;
		longest = Math.max(longest ?? 0, wait.sinceCall);
		if (wait.sinceCall >= surelySilentMilliseconds) untold.push({ endedAt: now, wait });
	};
	const judge = (now: number) => {
		untold = untold.filter(({ endedAt, wait }) => {
			const milliseconds = lengthOf(wait, best.milliseconds() ?? 0);
			if (milliseconds >= stallMilliseconds) stalls.push({ endedAt, milliseconds });
			return milliseconds < stallMilliseconds && now < (learnsUntil ?? now + 1);
		});
	};

	return {
		sent(now) {
			waiting.push(now);
		},
		answered(now) {
			note(now);
			carried = undefined;
			const call = waiting.shift();
			lastAnswer = now;
			learnsUntil ??= now + learningMilliseconds;
			// With what we left unread: longer than the trip it may be, shorter never.
			if (call !== undefined) best.add(now, now - call);
			judge(now);
		},
		dropped(now, isSilent) {
			if (isSilent) carried ??= waiting[0];
			else {
				note(now);
				judge(now);
				carried = undefined;
			}
			waiting = [];
		},
		excused() {
			waiting = [];
			carried = undefined;
		},
		isDue: () => waiting.length > 0,
		lastsFor(now) {
			const wait = waited(now);
			return wait ? lengthOf(wait, best.milliseconds() ?? 0) : 0;
		},
		trip: best.milliseconds,
		take() {
			const taken = { longestMilliseconds: longest, stalls };
			longest = undefined;
			stalls = [];
			return taken;
		},
	};
}

/** With the part before the call arrived there, of which nothing is known but its ends. */
function lengthOf({ sinceCall, sinceAnswer }: Wait, trip: number): number {
	const overdue = Math.max(0, Math.min(sinceCall - trip, sinceAnswer));
	if (overdue < surelySilentMilliseconds || sinceAnswer === Number.POSITIVE_INFINITY) return overdue;
	return overdue + Math.min(mostBeforeMilliseconds, (sinceAnswer - overdue) / 2);
}

/** The least of the trips that ended within the last minute, or the last one. */
function bestTrip(): {
	add: (now: number, milliseconds: number) => void;
	milliseconds: () => number | undefined;
} {
	// Oldest first and each longer than the one before it: what is neither is not the least of any time to come.
	let trips: { readonly endedAt: number; readonly milliseconds: number }[] = [];
	return {
		add(now, milliseconds) {
			const isLater = (trip: { readonly endedAt: number }) => now - trip.endedAt < tripMilliseconds;
			trips = [
				...trips.filter(trip => isLater(trip) && trip.milliseconds < milliseconds),
				{ endedAt: now, milliseconds },
			];
		},
		milliseconds: () => trips[0]?.milliseconds,
	};
}
