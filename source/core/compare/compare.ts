// Before against after: two windows with a time to settle between them, every figure of the table in both, and which of
// them are other than they varied anyway. What belongs to one change is one line with the rest beside it; a total that is
// as before without the commands that changed is no change of its own.

import { compareLimits } from '../thresholds.ts';
import type { Address } from '../types.ts';
import { commandLoad, type Load } from './command-load.ts';
import { type ComparedFigure, comparedFigures, isGreeting } from './compared-figures.ts';
import type { ComparedLine, Verdict } from './compared-line.ts';
import { compareHotSamples, type HotComparison, type HotSample } from './hot-samples.ts';
import type { Tapes } from './read-tape.ts';
import { type Blocks, type Judgement, judgeChange } from './robust.ts';
import {
	blockSecondsFor,
	less,
	namesOf,
	quotient,
	type ScopeBlocks,
	scopeBlocks,
	type TimeSpan,
	tapesOf,
} from './scope-blocks.ts';
import type { ColumnKind, Tape } from './tape.ts';

export type Split = {
	/** The marker, ms. */
	readonly at: number;
	readonly windowSeconds: number;
	readonly settlingSeconds: number;
	/** The after window ends here at the latest: now, or the next marker. */
	readonly until: number;
};

/** One thing that changed: its strongest figure, and others that say the same. */
export type Change = { readonly line: ComparedLine; readonly besides: readonly ComparedLine[] };

export type SeenName = { readonly kind: 'command' | 'client-name' | 'client-host'; readonly name: string };

export type UnreadKind = 'latency' | 'clients';

export type SettingDifference = {
	readonly name: string;
	readonly from: string;
	readonly to: string;
	readonly nodes: readonly Address[];
};

export type Comparison = {
	readonly split: Split;
	readonly before: TimeSpan;
	readonly after: TimeSpan;
	readonly blockSeconds: number;
	/** Most changed first. */
	readonly changes: readonly Change[];
	readonly asBefore: readonly ComparedLine[];
	readonly tooFew: readonly ComparedLine[];
	/** That had readings enough in both times. */
	readonly judged: number;
	readonly came: readonly SeenName[];
	readonly gone: readonly SeenName[];
	readonly settings: readonly SettingDifference[];
	/** What only a node that is looked at closely is asked for, and none of these was. */
	readonly unread: readonly UnreadKind[];
	/** Undefined where no samples lie in both times. */
	readonly hot?: HotComparison;
};

export function windowsOf({ at, windowSeconds, settlingSeconds, until }: Split): {
	readonly before: TimeSpan;
	readonly after: TimeSpan;
} {
	const from = at + settlingSeconds * 1000;
	return {
		before: { from: at - windowSeconds * 1000, to: at },
		after: { from, to: Math.max(from, Math.min(until, from + windowSeconds * 1000)) },
	};
}

export function compareTimes(
	tapes: Tapes,
	nodes: readonly Address[],
	split: Split,
	samples: readonly HotSample[] = [],
): Comparison {
	const chosen = tapesOf(tapes, nodes);
	const whole = windowsOf(split);
	// Nothing is kept from before the first block; where there is none at all the window is empty.
	const from = Math.min(split.at, Math.max(whole.before.from, firstAt(chosen)));
	const before = { ...whole.before, from };
	const seconds = Math.min(secondsOf(before), secondsOf(whole.after));
	const blockSeconds = blockSecondsFor(chosen, seconds);
	const times: Times = {
		was: scopeBlocks(chosen, alignedTo(before, blockSeconds), blockSeconds),
		is: scopeBlocks(chosen, whole.after, blockSeconds),
		gap: Math.round(split.settlingSeconds / blockSeconds),
		figures: 1,
	};
	const figures = comparedFigures(kind => namesOf(chosen, kind));
	const rows = figures.map(figure => ({ figure, was: figure.read(times.was), is: figure.read(times.is) }));
	const enough = rows.filter(({ was, is }) => isEnough(was) && isEnough(is));
	const load = commandLoad(times, namesOf(chosen, 'calls'));
	const judging = { ...times, figures: Math.max(1, enough.length), load };
	const lines = rows
		.filter(row => isWorthALine(row))
		.map(row => lineOf(row.figure, row.was, row.is, judging));
	const changed = withoutExplained(
		lines.filter(({ verdict }) => isChange(verdict)),
		judging,
	);
	const hot = compareHotSamples(samples, nodes, whole.before, whole.after);
	const moved = (hot?.lines ?? []).filter(({ verdict }) => isChange(verdict));
	return {
		...{ split, before, after: whole.after, blockSeconds },
		changes: changesOf([...changed, ...moved]),
		asBefore: lines.filter(({ verdict }) => verdict === 'as-before'),
		tooFew: lines.filter(({ verdict }) => verdict === 'too-few'),
		judged: lines.filter(({ verdict }) => verdict !== 'too-few').length,
		...comings(chosen, times),
		settings: settingDifferences(tapes, nodes, split.at, whole.after.to),
		unread: unreadIn(chosen),
		...(hot && { hot }),
	};
}

type Times = {
	readonly was: ScopeBlocks;
	readonly is: ScopeBlocks;
	readonly gap: number;
	readonly figures: number;
	readonly load?: Load;
};

const secondsOf = ({ from, to }: TimeSpan) => Math.max(0, (to - from) / 1000);

/** Whole blocks that end at the marker. */
const alignedTo = ({ from, to }: TimeSpan, seconds: number): TimeSpan => ({
	from: to - Math.floor((to - from) / (seconds * 1000)) * seconds * 1000,
	to,
});

const closeKinds = [
	{ kind: 'p99', what: 'latency' },
	{ kind: 'client-name', what: 'clients' },
] as const satisfies readonly { kind: ColumnKind; what: UnreadKind }[];

const unreadIn = (tapes: readonly Tape[]): readonly UnreadKind[] =>
	closeKinds.flatMap(({ kind, what }) => {
		const isRead = tapes.some(({ columns }) => [...columns.values()].some(column => column.kind === kind));
		return isRead ? [] : [what];
	});

const firstAt = (tapes: readonly Tape[]) =>
	Math.min(...tapes.map(({ blocks }) => blocks[0]?.at ?? Number.POSITIVE_INFINITY), Number.MAX_SAFE_INTEGER);

// ---------------------------------------------------------------------------------------------------------
// Judging

const readIn = (row: Blocks) => row.filter(value => value !== undefined) as number[];
const isEnough = (row: Blocks) => readIn(row).length >= compareLimits.fewestReadings;

/** What neither time has is no figure, and a command that takes next to nothing is none that anybody looks for. */
function isWorthALine({ figure, was, is }: { figure: ComparedFigure; was: Blocks; is: Blocks }): boolean {
	const values = [...readIn(was), ...readIn(is)];
	if (values.length === 0) return false;
	return (
		figure.leastSeen === undefined || Math.max(middleOf(was) ?? 0, middleOf(is) ?? 0) >= figure.leastSeen
	);
}

function middleOf(row: Blocks): number | undefined {
	const values = readIn(row).sort((a, b) => a - b);
	return values[values.length >> 1];
}

function lineOf(figure: ComparedFigure, was: Blocks, is: Blocks, times: Times): ComparedLine {
	const judged = judge(figure, was, is, times);
	const readings = { readingsBefore: readIn(was).length, readingsAfter: readIn(is).length };
	if (!judged) return { figure, before: middleOf(was), after: middleOf(is), ...readings, verdict: 'too-few' };
	const { before, after } = judged;
	const isOutside = judged.isOutside && isSeconded(figure, judged, times);
	const beside = isOutside ? undefined : variedBeside(figure, was, is, judged, times);
	const verdict = isOutside || beside !== undefined ? directionOf(figure, after - before) : 'as-before';
	const severity = verdict === 'worse' ? (figure.severity ?? 'warn') : undefined;
	return { figure, before, after, varied: beside ?? judged.varied, ...readings, verdict, severity };
}

/**
 * Calls of one command swing with all the others, a share moves with what it is a share of: in a short time that is all
 * that they seem to do. Seen without it they may have changed all the same, and what they varied by is told; they must
 * have moved the same way themselves. Undefined: they have not.
 */
function variedBeside(
	figure: ComparedFigure,
	was: Blocks,
	is: Blocks,
	{ before, after }: Judgement,
	times: Times,
): number | undefined {
	if (Math.abs(after - before) < floorOf(figure.floor, before)) return undefined;
	const judged = judgeSteadier(figure, was, is, times);
	if (!judged?.isOutside) return undefined;
	const moved = judged.after - judged.before;
	if (Math.sign(moved) !== Math.sign(after - before)) return undefined;
	return judged.varied * ((after - before) / moved);
}

function judgeSteadier(figure: ComparedFigure, was: Blocks, is: Blocks, times: Times): Judgement | undefined {
	const { steadier, isOfLoad } = figure;
	const { load } = times;
	if (isOfLoad && load) return judge(figure, quotient(was, load.was), quotient(is, load.is), times);
	return steadier && judge(steadier, steadier.read(times.was), steadier.read(times.is), times);
}

const floorOf = ({ share, least }: ComparedFigure['floor'], before: number) =>
	Math.max(least, share * Math.abs(before));

const judge = (
	{ floor, isBursty }: Pick<ComparedFigure, 'floor' | 'isBursty'>,
	was: Blocks,
	is: Blocks,
	{ gap, figures }: Times,
): Judgement | undefined =>
	judgeChange(was, is, {
		...{ gap, figures, isBursty },
		floor: before => floorOf(floor, before),
	});

/** What must have changed with it has, the same way. */
function isSeconded(figure: ComparedFigure, { before, after }: Judgement, times: Times): boolean {
	return (figure.with ?? []).every(read => {
		const options = { gap: times.gap, figures: times.figures, floor: () => 0 };
		const other = judgeChange(read(times.was), read(times.is), options);
		return other?.isOutside === true && Math.sign(other.after - other.before) === Math.sign(after - before);
	});
}

function directionOf({ worse }: ComparedFigure, difference: number): Verdict {
	if (worse === undefined) return 'other';
	return difference > 0 === (worse === 'more') ? 'worse' : 'better';
}

const isChange = (verdict: Verdict) => verdict === 'worse' || verdict === 'better' || verdict === 'other';

// ---------------------------------------------------------------------------------------------------------
// One line a change

/** A total that is as before without what the changed commands took of it goes with the first of them. */
function withoutExplained(changed: readonly ComparedLine[], times: Times): readonly ComparedLine[] {
	const first = changed.find(({ figure }) => figure.command !== undefined)?.figure;
	const commands = [...new Set(changed.flatMap(({ figure }) => figure.command ?? []))];
	if (!first) return changed;
	return changed.map(line => {
		const { ofCommand, read } = line.figure;
		if (!ofCommand) return line;
		const rest = (blocks: ScopeBlocks) =>
			commands.reduce<Blocks>((row, command) => less(row, ofCommand(blocks, command)), read(blocks));
		const judged = judge(line.figure, rest(times.was), rest(times.is), times);
		if (judged === undefined || judged.isOutside) return line;
		return { ...line, figure: { ...line.figure, family: first.family } };
	});
}

function changesOf(changed: readonly ComparedLine[]): readonly Change[] {
	const families = new Map<string, ComparedLine[]>();
	for (const line of changed)
		families.set(line.figure.family, [...(families.get(line.figure.family) ?? []), line]);
	return [...families.values()]
		.map(lines => {
			const [line, ...besides] = lines.sort((a, b) => weightOf(b) - weightOf(a));
			return { line: line!, besides };
		})
		.sort((a, b) => weightOf(b.line) - weightOf(a.line));
}

/** What got worse goes before what is only other; then by how many times what it varied. */
const weightOf = ({ before = 0, after = 0, varied = 0, verdict, severity }: ComparedLine): number => {
	const times = Math.min(1e6, Math.abs(after - before) / (varied || Number.MIN_VALUE));
	const rank = severity === 'crit' ? 3 : verdict === 'worse' ? 2 : verdict === 'better' ? 1 : 0;
	return rank * 1e7 + times;
};

// ---------------------------------------------------------------------------------------------------------
// What came, went, differs

const kinds = [
	{ kind: 'command', column: 'calls', of: 'primaries' },
	{ kind: 'client-name', column: 'client-name', of: 'all' },
	{ kind: 'client-host', column: 'client-host', of: 'all' },
] as const satisfies readonly { kind: SeenName['kind']; column: ColumnKind; of: 'primaries' | 'all' }[];

function comings(tapes: readonly Tape[], { was, is }: Times): Pick<Comparison, 'came' | 'gone'> {
	const seen = kinds.flatMap(({ kind, column, of }) =>
		namesOf(tapes, column)
			.filter(name => kind !== 'command' || !isGreeting(name))
			.map(name => ({
				...{ kind, name },
				...{ was: readIn(was.sum(column, name, of)), is: readIn(is.sum(column, name, of)) },
			})),
	);
	const isThere = (values: readonly number[]) =>
		values.filter(value => value > 0).length >= compareLimits.fewestSeen;
	const isAway = (values: readonly number[]) =>
		values.length >= compareLimits.fewestReadings && values.every(value => value === 0);
	const names = (list: typeof seen): readonly SeenName[] => list.map(({ kind, name }) => ({ kind, name }));
	return {
		came: names(seen.filter(each => isAway(each.was) && isThere(each.is))),
		gone: names(seen.filter(each => isThere(each.was) && isAway(each.is))),
	};
}

/** Settings that changed after the marker and are still other at the end. */
function settingDifferences(
	tapes: Tapes,
	nodes: readonly Address[],
	after: number,
	until: number,
): readonly SettingDifference[] {
	const found = new Map<string, SettingDifference>();
	for (const node of nodes) {
		const changes = (tapes.get(node)?.settings ?? []).filter(({ at }) => at > after && at <= until);
		for (const name of new Set(changes.map(change => change.name))) {
			const own = changes.filter(change => change.name === name);
			const [from, to] = [own[0]!.from, own.at(-1)!.to];
			if (from === to) continue;
			const key = JSON.stringify([name, from, to]);
			const known = found.get(key);
			found.set(key, { name, from, to, nodes: [...(known?.nodes ?? []), node] });
		}
	}
	return [...found.values()];
}
