// A beat that tells two things: when it is time for a light call, and since when we ourselves have not looked. A process
// that was stopped, starved of CPU or held up by a terminal finds its own beat late, and an answer that it reads then may
// have been there since the beat was due: so long a wait is ours and not the server's. What we were late for before,
// while the answer was not there yet, was the server's all the same. While an answer is due the beat is a quick one.

import { performance } from 'node:perf_hooks';

/** So late a timer is on any machine. */
const usualLateMilliseconds = 2;
/** While somebody waits: a ping is told to so much. */
const closeMilliseconds = 20;

/** For how long before `now` it was not looked whether there is an answer to what left at `from`, milliseconds. */
export type Unread = (from: number, now: number) => number;

export type Looks = {
	/** The next beat is due at this clock. */
	readonly due: (clock: number) => void;
	/** The beat that was due has come; true where it was late. Sockets are read behind it. */
	readonly came: (now: number) => boolean;
	/** They were read. */
	readonly looked: () => void;
	readonly unread: Unread;
};

export function watchLooks(): Looks {
	let dueAt = Number.POSITIVE_INFINITY;
	let late: { readonly dueAt: number; readonly cameAt: number } | undefined;
	const isLate = (now: number) => now - dueAt > usualLateMilliseconds;
	return {
		due(clock) {
			dueAt = clock;
		},
		came(now) {
			late = isLate(now) ? { dueAt, cameAt: now } : undefined;
			return late !== undefined;
		},
		looked() {
			late = undefined;
		},
		unread(from, now) {
			if (late && from < late.cameAt) return now - Math.max(from, late.dueAt);
			return isLate(now) ? Math.max(0, now - Math.max(from, dueAt)) : 0;
		},
	};
}

export type Pulse = {
	readonly unread: Unread;
	/** A call left: from now on it is looked more often, for as long as somebody waits. */
	readonly quicken: () => void;
	readonly stop: () => void;
};

/** Calls `onBeat` every so many milliseconds until it is stopped; it keeps no process alive. */
export function startPulse(everyMilliseconds: number, onBeat: () => void, isWaiting: () => boolean): Pulse {
	const looks = watchLooks();
	let timer: NodeJS.Timeout;
	let beatAt = performance.now() + everyMilliseconds;
	let nextAt = 0;
	const schedule = (from: number, isClose: boolean) => {
		nextAt = isClose ? Math.min(beatAt, from + closeMilliseconds) : beatAt;
		looks.due(nextAt);
		timer = setTimeout(wake, nextAt - from).unref();
	};
	const wake = () => {
		const now = performance.now();
		if (looks.came(now)) setImmediate(looks.looked);
		const isBeat = now >= beatAt - 1;
		if (isBeat) beatAt = now + everyMilliseconds;
		schedule(now, isWaiting());
		if (isBeat) onBeat();
	};
	schedule(performance.now(), false);
	return {
		unread: looks.unread,
		quicken() {
			const now = performance.now();
			if (nextAt <= now + closeMilliseconds) return;
			clearTimeout(timer);
			schedule(now, true);
		},
		stop: () => clearTimeout(timer),
	};
}
