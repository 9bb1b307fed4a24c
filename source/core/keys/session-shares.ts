// How sure a key's share of a HOTKEYS session is. What an interval must hold is the share that a much longer session of
// the same traffic would tell, and where commands are short the share of the commands as well. So a session is read many
// times while it runs: what a key took in each of these pieces, against what all keys took in it, tells how much its
// share varies by itself (a ratio with its jackknife error, Quenouille 1956). What is known to be a wait of the server's
// process is left out (session-waits.ts); where nobody can tell, the interval holds both. Of short commands most of what
// they cost is outside of what is timed, and what the processor has in its caches counts for more than what they do: the
// interval is wider by that. Figures are the server's, on the keys' scale.

import {
	countOf,
	farOf,
	fewestPieces,
	mostOnce,
	type Pieces,
	piecesOf,
	type Reading,
	stepsOf,
	total,
	usualOf,
	type Waits,
	waitsOf,
	without,
} from './session-waits.ts';
import type { ShareInterval } from './shares.ts';

export { fewestPieces, type Reading } from './session-waits.ts';

export type SessionShare = ShareInterval & {
	/** So little was measured that chance may have made it: the truth may be a third of it. */
	readonly isUnsure: boolean;
	/** Of most of what is told of it nobody ran: it is in the list by chance. */
	readonly isHeldUp: boolean;
};

/** `noise`: so much of a figure may be a command that the machine held up; the rest certainly happened. */
export type SessionKind = { readonly noise?: number };

/** Two slices of a scheduler, in microseconds. */
export const timeKind: SessionKind = { noise: 20_000 };
/** Nothing makes a reply longer than it is. */
export const bytesKind: SessionKind = {};

/** Under this part of the share its lower end says that the figure is one of chance. */
const unsurePart = 1 / 3;
/** Slots of the server's sketch: a key that came late begins with what the one before it left. */
const sketchError = 1 / 4096;
/** Of keys with equal commands under a microsecond those that are used most took up to a third less for each. */
const shortError = 0.4;

/** Of the pieces: where more of them were held up, the machine is full, and what was not seen as a wait may be one. */
const fullPart = 0.2;
/** Of what happened in this session: another one would have a little more or less. */
const certainPart = 0.9;

type KeyPieces = Waits & {
	readonly key: string;
	/** Of the last reading. */
	readonly value: number;
	readonly pieces: Pieces;
	/** Of what is open: what may have happened to it by chance. */
	readonly chance: Pieces;
};

/** All of the keys together, piece by piece, and what shares are of. */
type Whole = { readonly all: Pieces; readonly of: number };

/**
 * The keys of the last reading with their shares; by one reading alone nothing is known of how they vary. `ratio`: of so
 * many commands one was looked at, where `of` is of all of them, divided by it.
 */
export function sharesOf(
	readings: readonly Reading[],
	kind: SessionKind,
	ratio = 1,
): ReadonlyMap<string, SessionShare> {
	const last = readings.at(-1);
	if (!last || !(last.of > 0)) return new Map();
	const all = stepsOf(readings.map(({ of }) => of));
	const waits: ReturnType<typeof waitsOf> = kind.noise === undefined ? burstsOf : waitsOf(readings);
	const judged = [...last.values].map(([key, value]) => {
		const pieces = piecesOf(key, readings);
		return { key, value, pieces, ...waits(pieces) };
	});
	const found = isOften(judged) ? judged.map(withDoubt) : judged;
	// What nobody that is listed took; with a ratio that may be a command that was not looked at.
	const rest = without(all, ...found.map(({ pieces }) => pieces));
	const ofRest = kind.noise === undefined ? noWaits(all) : waits(rest, ratio);
	const keys = withChance(found, ofRest, last.of);
	const per = (pieces: Pieces) => pieces.map(piece => piece / ratio);
	const told = { all, of: wholeOf(all, keys, () => []) };
	const known = without(all, ofRest.known, ...keys.map(each => per(each.known)));
	const ran = { all: known, of: wholeOf(known, keys, each => [each.known]) };
	const usual = without(known, ofRest.open, ...keys.map(each => per(each.chance)));
	const calm = { all: usual, of: wholeOf(usual, keys, each => [each.known, each.chance]) };
	const isOpen = total(ofRest.open) > 0;
	const held = all.map((_, at) => ofRest.known[at]! + total(keys.map(each => each.known[at]!)));
	const isFull = countOf(held) > all.length * fullPart;
	// Waits that were not seen as such are still in what all take.
	const loose = isFull ? Math.max(1, total(usual) / Math.max(1, usualOf(all).middle * all.length)) : 1;
	const wide = kind.noise === undefined ? 0 : shortPart(last, total(usual) * ratio);
	return new Map(
		keys.map(
			each => [each.key, shareOf(each, kind, { told, ran, calm, isOpen, isFull, loose, wide })] as const,
		),
	);
}

/** Keys were held up so often that once or twice it was in a piece in which the process ran more than usual anyway. */
const isOften = (found: readonly Waits[]) => total(found.map(({ known }) => countOf(known))) > mostByChance;
/** One piece of ten is such a one (session-waits.ts). */
const mostByChance = 4;

/** Then that the process ran once or twice is no sign that it ran for this key. */
function withDoubt<Each extends Waits>(each: Each): Each {
	const { open, worked } = each;
	if (worked === undefined || countOf(worked) === 0 || countOf(worked) > mostOnce) return each;
	return { ...each, open: open.map((piece, at) => piece + worked[at]!), worked: undefined };
}

type Wholes = {
	/** As it was told, without what is known to be no work, and without what may be chance. */
	readonly told: Whole;
	readonly ran: Whole;
	readonly calm: Whole;
	/** Of what is not listed something may be chance. */
	readonly isOpen: boolean;
	/** It was held up so often that only what comes again and again can be told. */
	readonly isFull: boolean;
	/** All may have taken so many times less than was counted. */
	readonly loose: number;
	/** What short commands leave open. */
	readonly wide: number;
};

function shareOf(
	each: KeyPieces,
	{ noise }: SessionKind,
	{ told, ran, calm, isOpen, isFull, loose, wide }: Wholes,
): SessionShare {
	const { value } = each;
	const worked = each.worked && total(each.worked);
	const asRan = without(each.pieces, each.known);
	const asUsual = without(asRan, each.chance);
	const byRan = value - total(each.known);
	const share = byRan / ran.of;
	const usual = (byRan - total(each.chance)) / calm.of;
	const happened = worked ?? (noise === undefined ? 0 : Math.max(0, value - noise));
	const certain = (happened / told.of) * certainPart;
	const usualEnds = intervalOf(asUsual, calm.all);
	const isHeldUp = total(each.known) > 0 && usual < (value / told.of) * unsurePart;
	const lowest = Math.max(certain, usualEnds.even - sketchError, 0);
	const isAgain = countOf(each.worked ?? []) > mostOnce && (worked ?? 0) > byRan / 2;
	const isUnsure = !isHeldUp && (lowest < share * unsurePart || (isFull && !isAgain));
	const best = worked === undefined || isUnsure ? share : usual;
	const isBoth = isOpen || worked === undefined || total(each.chance) > 0;
	const ends = isBoth ? [intervalOf(asRan, ran.all), usualEnds] : [usualEnds];
	const low = Math.max(certain, Math.min(...ends.map(end => end.low)) * (1 - wide) - sketchError, 0);
	const high = (Math.max(best, ...ends.map(end => end.high)) * loose) / (1 - wide);
	return { share: best, low: Math.min(best, low), high: Math.min(1, high), isUnsure, isHeldUp };
}

/** Of a sample the keys may come out larger than all that was counted. */
function wholeOf(
	all: Pieces,
	keys: readonly KeyPieces[],
	less: (key: KeyPieces) => readonly Pieces[],
): number {
	const values = keys.map(key => key.value - total(less(key).map(total)));
	return Math.max(total(all), total(values), Number.MIN_VALUE);
}

/** What may have happened by chance: a few times, or as often as to others, by how much a key takes. */
function withChance(
	found: readonly Omit<KeyPieces, 'chance'>[],
	rest: Waits,
	of: number,
): readonly KeyPieces[] {
	const times = ({ known, open }: Waits) => countOf(known) + countOf(open);
	const few = found.map(times).filter(count => count <= mostOnce);
	const all = times(rest) + total(few);
	const whole = Math.max(1, of - total(rest.known) - total(rest.open));
	return found.map(each => {
		const usual = Math.max(0, each.value - total(each.known) - total(each.open));
		const expected = (all * usual) / whole;
		const isChance = countOf(each.open) <= mostOnce + expected + 2 * Math.sqrt(expected);
		return { ...each, chance: isChance ? each.open : each.open.map(() => 0) };
	});
}

/** Of bytes: what came once or twice only is no habit. */
const burstsOf = (pieces: Pieces): Waits => ({ ...noWaits(pieces), open: farOf(pieces) });

function noWaits(pieces: Pieces): Waits {
	const none = pieces.map(() => 0);
	return { known: none, open: none, worked: undefined };
}

/** What commands that are over before the clock ticks leave open: where most of the process's time is not theirs. */
function shortPart({ ran }: Reading, timed: number): number {
	return ran === undefined || !(ran > 0) ? 0 : shortError * (1 - Math.min(1, timed / ran));
}

/** `even`: the lower end of a key that was not chosen. */
type Ends = { readonly low: number; readonly even: number; readonly high: number };

/** Of a ratio of two sums, by leaving out one piece after the other. */
function intervalOf(pieces: Pieces, all: Pieces): Ends {
	const used = all.flatMap((piece, index) => (piece > 0 ? [{ of: piece, part: pieces[index]! }] : []));
	const count = used.length;
	const [part, of] = [total(used.map(each => each.part)), total(used.map(each => each.of))];
	if (count < fewestPieces) return { low: 0, even: 0, high: 1 };
	const left = used.map(each => (part - each.part) / (of - each.of));
	const mean = total(left) / count;
	const byPieces = Math.sqrt(((count - 1) / count) * total(left.map(each => (each - mean) ** 2)));
	// A microsecond is the least that is told: a key of few of them varies at least so much.
	const byCount = Math.sqrt(Math.max(part, 1)) / of;
	const error = studentOf(count - 1) * Math.hypot(byPieces, byCount);
	return { low: part / of - error * luckyTimes, even: part / of - error, high: part / of + error };
}

/** A key is listed because it came out high: of those at the end of the list the truth is rather below. */
const luckyTimes = 1.25;

/** Student's t at 95%, two-sided, within 2% from 3 degrees of freedom on. */
const studentOf = (freedom: number) => 1.96 + 2.4 / freedom + 3 / freedom ** 2 + 4.2 / freedom ** 3;
