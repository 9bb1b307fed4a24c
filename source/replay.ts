// Plays a recording into the same loop that live readings go into: paused, stepped, faster, on to the next event.
// Time is the recording's own; a reading's moment is what `update` gets as `at`. With a screen it waits between
// rounds as the session did; without one it goes as fast as it can.

import { sampleOf } from './core/fleet/sample.ts';
import { momentOf } from './core/text/moment.ts';
import { atOf } from './recording/playable.ts';
import type { RecordedLine } from './recording/recorded.ts';
import type { Replayable } from './recording/replayable.ts';
import type { KeyFrame } from './state/key-frame.ts';
import { shownAt } from './state/shown.ts';
import type { Message, SeekTo, State } from './state/state.ts';

export type Player = {
	readonly start: () => void;
	readonly stop: () => void;
	/** Plays on, or holds. */
	readonly setPaused: (isPaused: boolean) => void;
	readonly setSpeed: (speed: number) => void;
	/** Plays one round, or on until something happened, without waiting. */
	readonly advance: (until: 'round' | 'event') => Promise<void>;
	/** Goes to a moment as it is typed, or to one like this before or behind what is shown. */
	readonly seek: (to: SeekTo) => Promise<void>;
};

export type PlayerOptions = {
	readonly playable: Replayable;
	/** Where it begins and ends, times of day; undefined is the recording's own. */
	readonly from?: number;
	readonly to?: number;
	/** False: no waiting between rounds. */
	readonly isPaced: boolean;
	readonly dispatch: (message: Message) => void;
	/** The same without telling anybody: what is played to get to a moment. */
	readonly prepare: (message: Message) => void;
	readonly state: () => State;
	/** The recording is over; the text says so, and whether it was cut off. */
	readonly onEnd: (text: string) => void;
};

/** A gap in the recording (a suspended laptop) is not waited out. */
const longestWaitMilliseconds = 10_000;
const seenMilliseconds = 1000;
const leftOutWords = 'recorded by a newer redis-top: what this one does not know is left out';
/** Without a screen it is said at the end. */
const endWords = (leftOut: number): string =>
	leftOut === 0 ? 'the recording ends here' : `the recording ends here; ${leftOutWords}`;
/** Rounds played between two looks at the clock and the keyboard while nothing is waited for. */
const burst = 50;

export function createPlayer(options: PlayerOptions): Player {
	const { playable, isPaced, state, onEnd } = options;
	/** Nobody is told of what is played to get to a moment. */
	let isPreparing = false;
	const dispatch = (message: Message) => (isPreparing ? options.prepare : options.dispatch)(message);
	let clockOffset = 0;
	const dateOf = (line: RecordedLine) => atOf(line) + clockOffset;
	let isStopped = false;
	let isPaused = false;
	let isOver = false;
	/** Another place was gone to, and no line of it was played yet. */
	let isAnew = false;
	let isLeftOutTold = false;
	let speed = 1;
	let timer: NodeJS.Timeout | undefined;
	let lookedAhead: RecordedLine | undefined;
	let lastAt: number | undefined;
	let reading: Promise<unknown> = Promise.resolve();
	/** Where a jump led, and the round that is shown since: the last one before it. */
	let jumped: { readonly to: number; readonly shown: number } | undefined;

	/** One reader at a time: the pace and the keyboard both ask for lines. */
	const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
		const turn = reading.then(act);
		reading = turn.catch(() => {});
		return turn;
	};

	/** Said once: what is shown is not all that the recording holds. */
	const tellLeftOut = () => {
		if (isLeftOutTold || playable.leftOut() === 0) return;
		isLeftOutTold = true;
		options.dispatch({ type: 'told', at: state().at, text: leftOutWords });
	};

	const peek = async () => {
		lookedAhead ??= await playable.next();
		if (!isPreparing) tellLeftOut();
		const isBeyond =
			lookedAhead !== undefined && options.to !== undefined && dateOf(lookedAhead) > options.to;
		if ((lookedAhead === undefined || isBeyond) && !isOver) {
			isOver = true;
			onEnd(
				isBeyond
					? 'the part that was asked for ends here'
					: (playable.wrong() ?? playable.cut() ?? endWords(playable.leftOut())),
			);
		}
		return isBeyond ? undefined : lookedAhead;
	};

	/**
	 * Plays up to and with the next round at the delay (or between two), or what was asked for beside it; undefined at
	 * the end.
	 */
	const playOne = async (): Promise<'round' | 'beside' | undefined> => {
		const line = await peek();
		if (line === undefined || isStopped) return undefined;
		lookedAhead = undefined;
		if ('delaySeconds' in line) {
			dispatch({ type: 'delay-was', at: line.at, seconds: line.delaySeconds });
			return playOne();
		}
		if ('marker' in line) {
			dispatch({ type: 'marker', marker: line.marker });
			return playOne();
		}
		if ('asked' in line) {
			const { asked } = line;
			lastAt = Math.max(lastAt ?? asked.at, asked.at);
			dispatch({ type: 'asked', at: asked.at, asked });
			return 'beside';
		}
		if ('key' in line) {
			if (lastAt === undefined) begin(line.key);
			return playOne();
		}
		if ('head' in line) {
			const { at, delaySeconds, fleets } = line.head;
			// Between two sessions nothing is known: no pace to keep, and no rate over it.
			lastAt = undefined;
			dispatch({ type: 'segment', at, delaySeconds, fleets, isAnew });
			isAnew = false;
			return playOne();
		}
		const { at, fleet, isExtra, isSettled, readings, change, clockOffset: set } = line.round;
		lastAt = at;
		if (!change) clockOffset = set ?? 0;
		if (change) {
			const { id, reply = 'no reply', isDone = false } = change;
			dispatch({ type: 'changed', at, id, reply, isDone, recorded: change });
			return 'round';
		}
		const samples = readings.map(sampleOf);
		dispatch({ type: 'round', at, fleet, isExtra, isSettled, samples, clockOffset: set });
		return 'round';
	};

	/** What a session before knew: it is played from here on. */
	const begin = (frame: KeyFrame) => {
		lastAt = frame.at;
		clockOffset = frame.clockOffset ?? 0;
		const remembered = new Set(frame.fleets.flatMap(({ id, memory }) => (memory ? [id] : [])));
		const samples = frame.readings
			.filter(({ fleet }) => !remembered.has(fleet))
			.map(({ fleet, reading }) => ({ fleet, sample: sampleOf(reading) }));
		dispatch({ type: 'begin', at: frame.at, frame, samples });
	};

	const waitBefore = (line: RecordedLine | undefined): number => {
		if (!isPaced || line === undefined || lastAt === undefined) return 0;
		return Math.min(longestWaitMilliseconds, Math.max(0, atOf(line) - lastAt)) / speed;
	};

	/** When nothing else is read: what there is in all, for the line that shows the place in it. */
	const tellOverview = async () => {
		const overview = await playable.overview();
		if (overview && !isStopped)
			await inTurn(async () => options.dispatch({ type: 'overview', at: state().at, overview }));
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
		const isWaiting = isPaced && Number.isFinite(speed);
		for (let played = 0; played < (isWaiting ? 1 : burst); played++) {
			if (isStopped || isPaused || !(await inTurn(playOne))) break;
		}
		void schedule();
	};

	const countEvents = () => state().fleets.reduce((sum, fleet) => sum + fleet.events.length, 0);
	const newestEvents = () => state().fleets.map(fleet => fleet.events[0]);

	/** Everything up to a time of day, unseen; then what is there is shown. */
	const playTo = async (date: number): Promise<void> => {
		await playable.seek(date);
		lookedAhead = undefined;
		lastAt = undefined;
		isOver = false;
		isAnew = true;
		isPreparing = true;
		try {
			for (let line = await peek(); line && !isStopped && dateOf(line) <= date; line = await peek())
				if (!(await playOne())) break;
		} finally {
			isPreparing = false;
		}
		options.dispatch({ type: 'replay-at', at: state().at });
	};

	/** A time of day, or why there is none. */
	const dateFor = async (to: SeekTo): Promise<number | { readonly problem: string }> => {
		const here = shownAt(state()) + clockOffset;
		if (to.kind === 'moment') {
			const { from, to: end } = await playable.span();
			const [, sign, rest] = /^([<>])(.+)$/.exec(to.text) ?? [];
			if (sign === undefined) return momentOf(to.text, { from, to: end });
			return momentOf(`${sign === '<' ? '-' : '+'}${rest}`, { from: here, to: here });
		}
		const found = await playable.moments(to.kind);
		if (!found)
			return { problem: 'this recording has no index of what happened: e plays on to the next event' };
		const from = jumped?.shown === here ? jumped.to : here;
		// A moment is seen one second after it has come: what it came with is read then.
		const seen = found.map(date => date + seenMilliseconds);
		const next = to.step > 0 ? seen.find(date => date > from) : seen.findLast(date => date < from);
		// The index ends up to two minutes before a recording that was cut off, or is still written.
		const none = to.step > 0 ? 'after this in its index: e plays on to the next event' : 'before this';
		return next ?? { problem: `no ${to.kind} ${none}` };
	};

	const seek = async (to: SeekTo): Promise<void> => {
		clearTimeout(timer);
		const date = await dateFor(to);
		if (typeof date === 'number') {
			await inTurn(() => playTo(date));
			jumped = { to: date, shown: shownAt(state()) + clockOffset };
		} else options.dispatch({ type: 'told', at: state().at, text: date.problem });
		void schedule();
	};

	return {
		start() {
			const begun =
				options.from === undefined ? schedule() : inTurn(() => playTo(options.from!)).then(schedule);
			// Without it the line is not there; what is wrong with the file playing it will tell.
			if (isPaced) void begun.then(tellOverview).catch(() => {});
		},
		seek,
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
			for (let played = await inTurn(playOne); played; played = await inTurn(playOne)) {
				if (isStopped || (played === 'round' && (until === 'round' || isNews()))) break;
			}
			void schedule();
		},
	};
}
