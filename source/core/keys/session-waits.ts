// What a key took in each piece of a HOTKEYS session, and what of it was no work. A short command that the machine held
// up for some milliseconds is told as thousands of them. Its piece is then far from the others, and the server's process
// did not run for it: so much is known from the time that the process ran in that piece. Under some milliseconds, or
// where that time is not told, nobody can tell a wait from a slow command: then only how often it happened says so.

/** One reading: sums since the session began. */
export type Reading = {
	/** What the shares are of. */
	readonly of: number;
	readonly values: ReadonlyMap<string, number>;
	/** Microseconds that the server's process ran. */
	readonly ran?: number;
	/** Since it began: one reading comes later than another. */
	readonly seconds?: number;
};

/** Of one key, or of all that are not listed: a figure for each piece. */
export type Pieces = readonly number[];

/** What of each piece is over the usual, where it is far from the others. */
export type Waits = {
	/** The process did not run for it. */
	readonly known: Pieces;
	/** Nobody can tell. */
	readonly open: Pieces;
	/** The process ran for it; undefined where it is not told how long it ran. */
	readonly worked: Pieces | undefined;
};

/** Fewer pieces than this tell nothing of how a share varies. */
export const fewestPieces = 4;
/** So often at most something happens to a key by chance, where nothing more is known. */
export const mostOnce = 2;

/** Sums as steps: what came with each reading. */
export const stepsOf = (sums: Pieces): Pieces =>
	sums.map((value, index) => Math.max(0, value - (sums[index - 1] ?? 0)));

/**
 * What it took in each piece. Where it was not listed, what it usually takes, and not more than the last of the list had:
 * the rest came with the piece that brought it back.
 */
export function piecesOf(key: string, readings: readonly Reading[]): Pieces {
	const told = readings.map(({ values }) => values.get(key));
	const pace = paceOf(told);
	let before = 0;
	return told.map((value, at) => {
		const next = value ?? told.slice(at).find(each => each !== undefined)!;
		const now = value ?? Math.max(before, Math.min(before + pace, leastOf(readings[at]!), next));
		const piece = Math.max(0, now - before);
		before = Math.max(before, now);
		return piece;
	});
}

/** Of the pieces at whose both ends it is listed. */
function paceOf(told: readonly (number | undefined)[]): number {
	const steps = told.flatMap((value, at) => {
		const before = at === 0 ? 0 : told[at - 1];
		return value === undefined || before === undefined ? [] : [value - before];
	});
	return steps.length < fewestPieces ? 0 : total(without(steps, farOf(steps))) / steps.length;
}

const leastOf = ({ values }: Reading) => (values.size === 0 ? 0 : Math.min(...values.values()));

/** What of pieces was a wait, by the time that the process ran; `ratio`: they are that part of what was counted. */
export function waitsOf(readings: readonly Reading[]): (pieces: Pieces, ratio?: number) => Waits {
	const ran = readings.every(each => each.ran !== undefined) ? stepsOf(readings.map(each => each.ran!)) : [];
	if (ran.length < fewestPieces)
		return pieces => ({ known: noneOf(pieces), open: farOf(pieces), worked: undefined });
	const overs = oversOf(ran, readings);
	// As much as it runs in one piece of ten anyway is no sign: after a wait it has more to do.
	const often = quantileOf(overs, 0.9);
	const workIn = (far: number, at: number): number | undefined => {
		const more = overs[at]!;
		if (far < leastJudged) return undefined;
		if (more > Math.max(leastJudged, often)) return Math.min(far, more);
		return more < leastJudged || ran[at]! < far / 2 ? 0 : undefined;
	};
	return (pieces, ratio = 1) => {
		const far = farOf(pieces);
		const work = far.map((piece, at) => workIn(piece * ratio, at)).map(each => each && each / ratio);
		return {
			known: far.map((piece, at) => (work[at] === undefined ? 0 : piece - work[at])),
			open: far.map((piece, at) => (work[at] === undefined ? piece : 0)),
			worked: work.map(each => each ?? 0),
		};
	};
}

/** How much more than usual it ran in each piece, of pieces of different length. */
function oversOf(ran: Pieces, readings: readonly Reading[]): Pieces {
	const steps = stepsOf(readings.map(({ seconds }) => seconds ?? 0));
	const lengths = steps.every(step => step > 0) ? steps : ran.map(() => 1);
	const { middle } = usualOf(ran.map((each, at) => each / lengths[at]!));
	return ran.map((each, at) => each - middle * lengths[at]!);
}

/** Microseconds: how long the process ran is told in whole milliseconds, of user and of system, at both ends. */
const leastJudged = 4000;

const noneOf = (pieces: Pieces): Pieces => pieces.map(() => 0);

/** The middle, and how far a tenth is below it: what was held up is above, and may be in more than half of the pieces. */
export function usualOf(pieces: Pieces) {
	const [tenth, quarter, half] = [0.1, 0.25, 0.5].map(part => quantileOf(pieces, part));
	const spread = quarter! - tenth!;
	return { middle: Math.min(half!, quarter! + 1.1 * spread), spread };
}

const quantileOf = (pieces: Pieces, part: number) =>
	[...pieces].sort((a, b) => a - b)[Math.floor(pieces.length * part)]!;

/** What is over the usual in the pieces that are far from the others. */
export function farOf(pieces: Pieces): Pieces {
	if (pieces.length < fewestPieces) return noneOf(pieces);
	const { middle, spread } = usualOf(pieces);
	const most = middle + farTimes * spread + farFrom;
	return pieces.map(piece => (piece > most ? piece - middle : 0));
}

export const countOf = (far: Pieces) => far.filter(piece => piece > 0).length;

/** Five deviations, of pieces that vary by chance alone. */
const farTimes = 8;
/** Microseconds or bytes: what a few commands take. */
const farFrom = 50;

export const total = (pieces: Pieces) => pieces.reduce((sum, piece) => sum + piece, 0);

/** What is left of each piece. */
export const without = (pieces: Pieces, ...waits: readonly Pieces[]): Pieces =>
	pieces.map((piece, at) => Math.max(0, piece - total(waits.map(each => each[at]!))));
