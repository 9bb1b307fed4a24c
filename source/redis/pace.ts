// How fast we can go. A fleet of 1,000 nodes may be more work a round than the delay has room for: then
// rounds would come late and at odd times, and the monitor would take a whole core of the host it runs on. And where all
// nodes are far, behind a bastion on the other side of the world, no answer is there when a round closes: half of them
// would show nothing new. So the delay is lengthened to one that is kept, and said on line 1. It measures nothing itself
// and sends nothing.

export type Pace = {
	/** As asked for by the user. */
	readonly askedSeconds: number;
	/** As kept: never shorter than asked. */
	readonly seconds: number;
	/** Rounds in a row that were too much work for it, and that were less than it has room for. */
	readonly tooMuch: number;
	readonly roomy: number;
};

/** More of a round than this is too much; a longer delay is chosen so that a round takes less than `aim` of it. */
const most = 0.9;
const aim = 0.8;
/** A trip differs by as much as this from the best of a minute. */
const tripRoom = 1.1;
/** One slow round is a coincidence (a start, a full collection), and going back is done with more patience. */
const roundsUntilLonger = 2;
const roundsUntilShorter = 5;

export const paceOf = (askedSeconds: number): Pace => ({
	askedSeconds,
	seconds: askedSeconds,
	tooMuch: 0,
	roomy: 0,
});

/** The pace after one more round that took `workSeconds` of our own time, where the nearest node is `tripSeconds` away. */
export function nextPace(pace: Pace, workSeconds: number, tripSeconds = 0): Pace {
	const answered = tripSeconds * tripRoom;
	const fitting = Math.max(pace.askedSeconds, wholeSteps(Math.max(workSeconds, answered) / aim));
	const isTooMuch = workSeconds > most * pace.seconds || isFar(tripSeconds, pace.seconds);
	const tooMuch = isTooMuch ? pace.tooMuch + 1 : 0;
	const roomy = fitting < pace.seconds ? pace.roomy + 1 : 0;
	const isOther = tooMuch >= roundsUntilLonger || roomy >= roundsUntilShorter;
	return isOther ? { ...paceOf(pace.askedSeconds), seconds: fitting } : { ...pace, tooMuch, roomy };
}

/** An answer that takes `tripSeconds` may not be there when a round of that delay closes. */
export const isFar = (tripSeconds: number, delaySeconds: number): boolean =>
	tripSeconds * tripRoom > aim * delaySeconds;

/** The next refresh, moved to where it is asked for when that is half a delay away at most; milliseconds of one clock. */
export const movedTo = (asked: number, planned: number, delaySeconds: number): number =>
	Math.abs(asked - planned) <= delaySeconds * 500 ? asked : planned;

/** Up to the next half second, and above two to the next whole one: a delay that can be read, and that stays. */
const wholeSteps = (seconds: number) => (seconds > 2 ? Math.ceil(seconds) : Math.ceil(seconds * 2) / 2);

/**
 * How long a round waits for its answers, of a delay and of what the slowest node usually takes, all in milliseconds. A
 * node that fell silent delays it by less than a fifth of the delay, the first time too; and the next round comes in time.
 */
export const roundMilliseconds = (delay: number, usual: number): number =>
	Math.min(aim * delay, usual + 0.15 * delay);
