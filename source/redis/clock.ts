// The program's clock. It counts the time that has really passed since the start, beginning at the time of day of that
// moment: so it never goes back, and does not jump when somebody sets the machine's clock (ntp, an operator, a guest that
// was moved). What was asleep counts as time passed. Intervals, holds, charts and prompts go by it; the time of day is
// its reading with `wallOffset`, and is told at the edges alone. Nothing else asks Date.now().

import { uptime } from 'node:os';
import { performance } from 'node:perf_hooks';

/** How often it is looked whether this machine was asleep: reading its uptime is a small file. */
const lookMilliseconds = 200;
/** Uptimes are told in hundredths of a second, read at a moment of their own. */
const leastSleepMilliseconds = 1000;
/** Less than this is no step: the two are read one after the other. */
const leastStepMilliseconds = 1000;

export type Sources = {
	/** Time of day, milliseconds. */
	readonly wall: () => number;
	/** Milliseconds that the machine was awake. */
	readonly awake: () => number;
	/** Seconds since the machine was started, asleep or not. */
	readonly uptime: () => number;
};

export type Clock = {
	/** Milliseconds since the epoch as they were at the start, and what has passed since. */
	readonly now: () => number;
	/** Of a reading of performance.now(), or of this moment: the same with what was slept. */
	readonly passed: (awake?: number) => number;
	/** What the time of day has been set forward since the start, milliseconds; negative where it was set back. */
	readonly wallOffset: () => number;
};

export function createClock({ wall, awake, uptime: seconds }: Sources): Clock {
	const start = wall() - awake();
	const ahead = () => seconds() * 1000 - awake();
	let asleep = 0;
	let known = ahead();
	let lookedAt = awake();
	const look = () => {
		if (awake() - lookedAt < lookMilliseconds) return;
		lookedAt = awake();
		const is = ahead();
		if (is - known < leastSleepMilliseconds) return;
		asleep += is - known;
		known = is;
	};
	const passed = (at = awake()) => {
		look();
		return at + asleep;
	};
	const now = () => Math.round(start + passed());
	return {
		now,
		passed,
		wallOffset() {
			const offset = wall() - now();
			return Math.abs(offset) < leastStepMilliseconds ? 0 : offset;
		},
	};
}

const clock = createClock({ wall: Date.now, awake: () => performance.now(), uptime });

/** The time that has passed, on the clock of the start: see above. */
export const timeNow = clock.now;
export const { passed, wallOffset } = clock;
/** The time of day, for what other programs read. */
export const wallNow = (): number => clock.now() + clock.wallOffset();
