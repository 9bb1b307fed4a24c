// How long a node let us wait, over all calls since the last reading and not only the last of them: a freeze between two
// polls is in none of the replies. Answers come in the order of the calls, so silence begins with the oldest call that
// is not answered, or with the last answer where that is later. What we were late ourselves is taken out. Times are
// our monotonic clock in milliseconds and come in, so that nothing here waits.

export type Stalled = { readonly endedAt: number; readonly milliseconds: number };

/** No answer for so long is a stall. */
export const stallMilliseconds = 1000;
/** The server stood still for some time before we asked: half of the time between two calls, and no more than this. */
const mostBeforeMilliseconds = 100;
/** Shorter waits are the way and the work; what came before them is nothing. */
const surelySilentMilliseconds = 500;

type Mark = { readonly clock: number; readonly late: number };

export type Silence = {
	/** A call left; it counts from now on. */
	readonly sent: (now: number) => void;
	/** The oldest call is answered. */
	readonly answered: (now: number) => void;
	/** The connection is given up. `isSilent`: because nothing came; then the silence goes on with the next one. */
	readonly dropped: (now: number, isSilent: boolean) => void;
	/** How long the node has been silent, 0 where no answer is due. */
	readonly lastsFor: (now: number) => number;
	/** What happened since the last take. */
	readonly take: () => { readonly longestMilliseconds?: number; readonly stalls: readonly Stalled[] };
};

/** `lateUntil` is how late we were ourselves up to then, added up. */
export function watchSilence(lateUntil: (now: number) => number): Silence {
	let waiting: Mark[] = [];
	/** The oldest call of a connection that was given up unanswered. */
	let carried: Mark | undefined;
	let lastAnswer: Mark | undefined;
	let longest: number | undefined;
	let stalls: Stalled[] = [];

	const mark = (now: number): Mark => ({ clock: now, late: lateUntil(now) });
	const oldest = () => carried ?? waiting[0];
	const waited = (from: Mark, now: number) => Math.max(0, now - from.clock - (lateUntil(now) - from.late));
	const begun = (): Mark | undefined => {
		const call = oldest();
		return call && lastAnswer && lastAnswer.clock > call.clock ? lastAnswer : call;
	};
	/** With the part before the call, of which nothing is known but its ends. */
	const lengthFrom = (from: Mark, now: number): number => {
		const wait = waited(from, now);
		if (wait < surelySilentMilliseconds || !lastAnswer) return wait;
		return wait + Math.min(mostBeforeMilliseconds, (from.clock - lastAnswer.clock) / 2);
	};
	const note = (now: number) => {
		const from = begun();
		if (!from) return;
		longest = Math.max(longest ?? 0, waited(from, now));
		const milliseconds = lengthFrom(from, now);
		if (milliseconds >= stallMilliseconds) stalls.push({ endedAt: now, milliseconds });
	};

	return {
		sent(now) {
			waiting.push(mark(now));
		},
		answered(now) {
			note(now);
			carried = undefined;
			waiting.shift();
			lastAnswer = mark(now);
		},
		dropped(now, isSilent) {
			if (isSilent) carried = oldest();
			else {
				note(now);
				carried = undefined;
			}
			waiting = [];
		},
		lastsFor(now) {
			const from = begun();
			return from ? lengthFrom(from, now) : 0;
		},
		take() {
			const taken = { longestMilliseconds: longest, stalls };
			longest = undefined;
			stalls = [];
			return taken;
		},
	};
}
