// How sure a key's share of a HOTKEYS session is. The server tells sums, not how they came about, and a short command
// that the machine held up for some milliseconds is told as thousands of them. So a session is read several times while
// it runs: what a key took in each of these pieces, against what all keys took in it, tells how much its share varies
// by itself (a ratio with its jackknife error, Quenouille 1956), once as it was and once without what happened to a key
// once or twice only: the interval holds both, and the second tells whether the figure is one of chance. Figures are the
// server's, on the keys' scale.

import type { ShareInterval } from './shares.ts';

/** One reading: sums since the session began. */
export type Reading = {
	/** What the shares are of. */
	readonly of: number;
	readonly values: ReadonlyMap<string, number>;
};

export type SessionShare = ShareInterval & {
	/** So little was measured that chance may have made it: the truth may be a third of it. */
	readonly isUnsure: boolean;
};

/** `noise`: so much of a figure may be a command that the machine held up; the rest certainly happened. */
export type SessionKind = { readonly noise?: number };

/** Two slices of a scheduler, in microseconds. */
export const timeKind: SessionKind = { noise: 20_000 };
/** Nothing makes a reply longer than it is. */
export const bytesKind: SessionKind = {};

/** Fewer pieces than this tell nothing of how a share varies. */
export const fewestPieces = 4;
/** Under this part of the share its lower end says that the figure is one of chance. */
const unsurePart = 1 / 3;
/** Slots of the server's sketch: a key that came late begins with what the one before it left. */
const sketchError = 1 / 4096;

/**
 * The keys of the last reading with their shares; by one reading alone nothing is known of how they vary. `ratio`: of so
 * many commands one was looked at, where `of` is of all of them, divided by it.
 */
export function sharesOf(
	readings: readonly Reading[],
	{ noise }: SessionKind,
	ratio = 1,
): ReadonlyMap<string, SessionShare> {
	const last = readings.at(-1);
	if (!last || !(last.of > 0)) return new Map();
	const all = readings.map((reading, index) => reading.of - (readings[index - 1]?.of ?? 0));
	const keys = [...last.values].map(([key, value]) => ({ key, value, pieces: piecesOf(key, readings) }));
	const once = keys.map(({ pieces }) => onceIn(pieces));
	// Of a sample the keys may come out larger than all that was counted.
	const whole = Math.max(
		last.of,
		sum(keys, ({ value }) => value),
	);
	// What nobody that is listed took; with a ratio that may be a command that was not looked at.
	const rest = all.map((piece, index) => Math.max(0, piece - sum(keys, each => each.pieces[index]!)));
	const heldUp = onceIn(rest, readings.length / 3);
	const calm = all.map((piece, index) =>
		Math.max(0, piece - sum(once, each => each[index]!) / ratio - heldUp[index]!),
	);
	return new Map(
		keys.map(({ key, value, pieces }, at) => {
			const share = value / whole;
			const certain = noise === undefined ? 0 : Math.max(0, value - noise) / whole;
			const usual = pieces.map((piece, index) => piece - once[at]![index]!);
			const [asItWas, without] = [intervalOf(pieces, all), intervalOf(usual, calm)];
			const lowOf = (...ends: readonly Ends[]) =>
				Math.min(share, Math.max(certain, Math.min(...ends.map(({ low }) => low)) - sketchError, 0));
			const bounds = {
				low: lowOf(asItWas, without),
				high: Math.min(1, Math.max(share, asItWas.high, without.high)),
			};
			return [key, { share, ...bounds, isUnsure: lowOf(without) < share * unsurePart }] as const;
		}),
	);
}

/** What it took in each piece; where it was not listed yet, at most what the last of the list had. */
function piecesOf(key: string, readings: readonly Reading[]): readonly number[] {
	const last = readings.at(-1)!;
	const value = last.values.get(key)!;
	let before = 0;
	return readings.map(reading => {
		const told = reading.values.get(key);
		const least = told === undefined ? Math.min(...reading.values.values(), Number.POSITIVE_INFINITY) : 0;
		const missing = Math.min(Number.isFinite(least) ? least : 0, (value * reading.of) / last.of);
		const now = Math.max(before, told ?? missing);
		const piece = now - before;
		before = now;
		return piece;
	});
}

/** A piece that is far from the others, in one or two of them: a command that was held up, or a single burst. */
function onceIn(pieces: readonly number[], most = mostOnce): readonly number[] {
	const none = pieces.map(() => 0);
	if (pieces.length < fewestPieces) return none;
	const sorted = [...pieces].sort((a, b) => a - b);
	const [middle, upper] = [0.5, 0.75].map(part => sorted[Math.floor(sorted.length * part)]!);
	const far = pieces.map(piece => (piece > farTimes * upper! + farFrom ? piece - middle! : 0));
	return far.filter(piece => piece > 0).length <= most ? far : none;
}

const farTimes = 5;
/** Microseconds or bytes: what a few commands take. */
const farFrom = 50;
const mostOnce = 2;

type Ends = { readonly low: number; readonly high: number };

/** Of a ratio of two sums, by leaving out one piece after the other. */
function intervalOf(pieces: readonly number[], all: readonly number[]): Ends {
	const used = all.flatMap((piece, index) => (piece > 0 ? [{ of: piece, part: pieces[index]! }] : []));
	const count = used.length;
	const [part, of] = [sum(used, each => each.part), sum(used, each => each.of)];
	if (count < fewestPieces) return { low: 0, high: 1 };
	const left = used.map(each => (part - each.part) / (of - each.of));
	const mean = sum(left, each => each) / count;
	const byPieces = Math.sqrt(((count - 1) / count) * sum(left, each => (each - mean) ** 2));
	// A microsecond is the least that is told: a key of few of them varies at least so much.
	const byCount = Math.sqrt(Math.max(part, 1)) / of;
	const error = studentOf(count - 1) * Math.hypot(byPieces, byCount);
	return { low: part / of - error, high: part / of + error };
}

/** Student's t at 95%, two-sided, within 2% from 3 degrees of freedom on. */
const studentOf = (freedom: number) => 1.96 + 2.4 / freedom + 3 / freedom ** 2 + 4.2 / freedom ** 3;

function sum<T>(list: readonly T[], value: (entry: T) => number): number {
	return list.reduce((total, entry) => total + value(entry), 0);
}
