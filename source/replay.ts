// Plays a recording into the same loop that live readings go into: paused, stepped, faster, on to the next event.
// Time is the recording's own; a reading's moment is what `update` gets as `at`. With a screen it waits between
// rounds as the session did; without one it goes as fast as it can.

import { sampleOf } from './core/fleet/sample.ts';
import { atOf, type Playable } from './recording/playable.ts';
import type { RecordedLine } from './recording/recorded.ts';
import type { KeyFrame } from './state/key-frame.ts';
import type { Message, State } from './state/state.ts';

export type Player = {
	readonly start: () => void;
	readonly stop: () => void;
	/** Plays on, or holds. */
	readonly setPaused: (isPaused: boolean) => void;
	readonly setSpeed: (speed: number) => void;
	/** Plays one round, or on until something happened, without waiting. */
	readonly advance: (until: 'round' | 'event') => Promise<void>;
};

export type PlayerOptions = {
	readonly playable: Playable;
	/** False: no waiting between rounds. */
	readonly isPaced: boolean;
	readonly dispatch: (message: Message) => void;
	readonly state: () => State;
	/** The recording is over; the text says so, and whether it was cut off. */
	readonly onEnd: (text: string) => void;
};

/** A gap in the recording (a suspended laptop) is not waited out. */
const longestWaitMilliseconds = 10_000;
/** Rounds played between two looks at the clock and the keyboard while nothing is waited for. */
const burst = 50;

export function createPlayer({ playable, isPaced, dispatch, state, onEnd }: PlayerOptions): Player {
	let isStopped = false;
	let isPaused = false;
	let isOver = false;
	let speed = 1;
	let timer: NodeJS.Timeout | undefined;
	let lookedAhead: RecordedLine | undefined;
	let lastAt: number | undefined;
	let reading: Promise<unknown> = Promise.resolve();

	/** One reader at a time: the pace and the keyboard both ask for lines. */
	const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
		const turn = reading.then(act);
		reading = turn.catch(() => {});
		return turn;
	};

	const peek = async () => {
		lookedAhead ??= await playable.next();
		if (lookedAhead === undefined && !isOver) {
			isOver = true;
			onEnd(playable.wrong() ?? playable.cut() ?? 'the recording ends here');
		}
		return lookedAhead;
	};

	/** Plays up to and with the next round at the delay (or between two); false at the end. */
	const playOne = async (): Promise<boolean> => {
		const line = await peek();
		if (line === undefined || isStopped) return false;
		lookedAhead = undefined;
		if ('delaySeconds' in line) {
			dispatch({ type: 'delay-was', at: line.at, seconds: line.delaySeconds });
			return playOne();
		}
		if ('marker' in line) {
			dispatch({ type: 'marker', marker: line.marker });
			return playOne();
		}
		if ('key' in line) {
			if (lastAt === undefined) begin(line.key);
			return playOne();
		}
		if ('head' in line) {
			const { at, delaySeconds, fleets } = line.head;
			// Between two sessions nothing is known: no pace to keep, and no rate over it.
			lastAt = undefined;
			dispatch({ type: 'segment', at, delaySeconds, fleets });
			return playOne();
		}
		const { at, fleet, isExtra, isSettled, readings, change, clockOffset } = line.round;
		lastAt = at;
		if (change) {
			const { id, reply = 'no reply', isDone = false } = change;
			dispatch({ type: 'changed', at, id, reply, isDone, recorded: change });
			return true;
		}
		const samples = readings.map(sampleOf);
		dispatch({ type: 'round', at, fleet, isExtra, isSettled, samples, clockOffset });
		return true;
	};

	/** What a session before knew: it is played from here on. */
	const begin = (frame: KeyFrame) => {
		lastAt = frame.at;
		const samples = frame.readings.map(({ fleet, reading }) => ({ fleet, sample: sampleOf(reading) }));
		dispatch({ type: 'begin', at: frame.at, frame, samples });
	};

	const waitBefore = (line: RecordedLine | undefined): number => {
		if (!isPaced || line === undefined || lastAt === undefined) return 0;
		return Math.min(longestWaitMilliseconds, Math.max(0, atOf(line) - lastAt)) / speed;
	};

	const schedule = async () => {
		clearTimeout(timer);
		if (isStopped || isPaused) return;
		const line = await inTurn(peek);
		if (line === undefined || isStopped || isPaused) return;
		clearTimeout(timer);
		timer = setTimeout(run, waitBefore(line));
	};

	const run = async () => {
		for (let played = 0; played < (isPaced ? 1 : burst); played++) {
			if (isStopped || isPaused || !(await inTurn(playOne))) break;
		}
		void schedule();
	};

	const countEvents = () => state().fleets.reduce((sum, fleet) => sum + fleet.events.length, 0);
	const newestEvents = () => state().fleets.map(fleet => fleet.events[0]);

	return {
		start: () => void schedule(),
		stop() {
			isStopped = true;
			clearTimeout(timer);
			playable.close();
		},
		setPaused(paused) {
			isPaused = paused;
			void schedule();
		},
		setSpeed(next) {
			speed = next;
			void schedule();
		},
		async advance(until) {
			clearTimeout(timer);
			const before = newestEvents();
			const isNews = () =>
				countEvents() > 0 && newestEvents().some((event, index) => event !== before[index]);
			do if (!(await inTurn(playOne))) break;
			while (until === 'event' && !isNews() && !isStopped);
			void schedule();
		},
	};
}
