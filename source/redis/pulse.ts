// A beat that tells two things: when it is time for a light call, and how late we ourselves were. A process that was
// stopped, starved of CPU or held up by a terminal finds its own beat late by as much, and so long a wait for an answer
// is ours and not the server's.

import { performance } from 'node:perf_hooks';

/** So late a timer is on any machine. */
const usualLateMilliseconds = 20;

export type Lateness = {
	/** The beat is due at this clock. */
	readonly due: (clock: number) => void;
	/** How late our beats were up to now, added up, milliseconds; of one that is overdue, too. */
	readonly until: (now: number) => number;
	/** The beat that was due has come. */
	readonly came: (now: number) => void;
};

export function lateness(): Lateness {
	let dueAt = Number.POSITIVE_INFINITY;
	let sum = 0;
	const overdue = (now: number) => Math.max(0, now - dueAt - usualLateMilliseconds);
	return {
		due(clock) {
			dueAt = clock;
		},
		until: now => sum + overdue(now),
		came(now) {
			sum += overdue(now);
		},
	};
}

export type Pulse = {
	/** See `Lateness`. */
	readonly lateUntil: (now: number) => number;
	readonly stop: () => void;
};

/** Calls `onBeat` every so many milliseconds until it is stopped; it keeps no process alive. */
export function startPulse(everyMilliseconds: number, onBeat: () => void): Pulse {
	const late = lateness();
	let timer: NodeJS.Timeout;
	const schedule = () => {
		late.due(performance.now() + everyMilliseconds);
		timer = setTimeout(beat, everyMilliseconds).unref();
	};
	const beat = () => {
		late.came(performance.now());
		schedule();
		onBeat();
	};
	schedule();
	return { lateUntil: late.until, stop: () => clearTimeout(timer) };
}
