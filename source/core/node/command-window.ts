// What the commands cost the server within a window: INFO commandstats at its end less at its beginning, redis-top's own
// calls taken out. Totals since the start, as redis-cli shows them, say nothing of the last five minutes.
// A server counts the commands that EXEC, EVAL and FCALL run both under their own names and under that of the one that
// ran them. EXEC is nothing else, so it is left out of the sum that shares are taken of. A script may be more than its
// commands: it stays in the sum, and shares are too small by what its commands took. Before 6.2 a command run that way
// is counted from the beginning of the whole, and the sum may exceed the time there was: `isOvercounted`.

import { isSameRun } from '../fleet/same-run.ts';
import { runsScript } from '../keys/command-keys.ts';
import { entryOf } from '../parse/counters.ts';
import type { CommandStat, Sample } from '../types.ts';
import { statRise } from './command-stat.ts';
import { keepReading, spanOf } from './window-readings.ts';

type Stats = Readonly<Record<string, CommandStat>>;

export type CommandReading = {
	readonly at: number;
	readonly runId?: string;
	readonly stats: Stats;
	/** OwnUse.calls. */
	readonly ownCalls: Readonly<Record<string, number>>;
};

/** One command within a window, without what redis-top called. */
export type CommandUse = {
	/** Lower case, `config|get` with its subcommand from 7.0 on; printable. */
	readonly name: string;
	readonly calls: number;
	readonly callsPerSecond: number;
	readonly microseconds: number;
	/** Undefined without a call. */
	readonly microsecondsPerCall?: number;
	/** 0..1 of the time all commands took; undefined when they took none. */
	readonly share?: number;
	/** Ended with an error, and refused before they ran (wrong arity, no permission, OOM); 6.2 and later. */
	readonly failed?: number;
	readonly rejected?: number;
	/** Its time has that of other rows in it: EXEC, and scripts. */
	readonly runsOthers: boolean;
};

export type CommandWindow = {
	/** The length that was measured, seconds. */
	readonly seconds: number;
	/** Largest share first. */
	readonly commands: readonly CommandUse[];
	/** Time in commands a second, 0..1 of one core; without EXEC, see above. */
	readonly busy: number;
	/** What was taken out. */
	readonly own: { readonly calls: number; readonly microseconds: number };
	/** The commands took longer than the window is: shares are not to be trusted. */
	readonly isOvercounted: boolean;
};

/** Several commands as one row. */
export type CommandFold = {
	readonly commands: number;
	readonly callsPerSecond: number;
	readonly microsecondsPerCall?: number;
	readonly share?: number;
	readonly failed?: number;
	readonly rejected?: number;
};

/** More than the window by this much cannot be the clocks. */
const overcounted = 1.1;

/** The reading in a sample; undefined when INFO commandstats was not asked this time. */
export function commandReadingOf({ clock, info, own }: Sample): CommandReading | undefined {
	return info?.commands && { at: clock, runId: info.runId, stats: info.commands, ownCalls: own.calls };
}

/** Adds a reading; one that cannot follow the last (restart, RESETSTAT) is the first of a new row. */
export function addCommandReading(
	kept: readonly CommandReading[],
	next: CommandReading,
): readonly CommandReading[] {
	const last = kept.at(-1);
	if (!last || isBroken(last, next)) return [next];
	return keepReading(kept, { ...next, stats: shared(last.stats, next.stats) });
}

// Most commands do not move from one reading to the next: they then share one object, and an hour stays small.
function shared(before: Stats, now: Stats): Stats {
	const same = Object.entries(now).map(([name, stat]): [string, CommandStat] => {
		const was = entryOf(before, name);
		return [name, was && isSame(was, stat) ? was : stat];
	});
	return Object.fromEntries(same);
}

const parts = ['calls', 'usec', 'failed', 'rejected'] as const;

const isSame = (a: CommandStat, b: CommandStat) =>
	parts.every(part => a[part] === b[part] && a.exact?.[part] === b.exact?.[part]);

/** The commands of the last `seconds`, as near as there are readings; undefined until there are two. */
export function commandWindow(kept: readonly CommandReading[], seconds: number): CommandWindow | undefined {
	const span = spanOf(kept, seconds);
	return span && commandsBetween(span.from, span.to);
}

/** The commands between two readings; undefined where the counters started anew between them. */
export function commandsBetween(before: CommandReading, now: CommandReading): CommandWindow | undefined {
	const seconds = (now.at - before.at) / 1000;
	if (!(seconds > 0) || isBroken(before, now)) return undefined;
	const ours = ownBetween(before, now);
	const uses = Object.entries(now.stats).map(([name, stat]) =>
		useOf(name, entryOf(before.stats, name), stat, ours.get(name) ?? 0, seconds),
	);
	const others = uses.map(each => each.others).filter(isWorthARow);
	const total = others.reduce((sum, use) => sum + (use.name === 'exec' ? 0 : use.microseconds), 0);
	const isTimed = (use: CommandUse) => use.calls === 0 || use.microsecondsPerCall !== undefined;
	const commands = others.map(use => ({
		...use,
		share: total > 0 && isTimed(use) ? use.microseconds / total : undefined,
	}));
	return {
		seconds,
		commands: commands.sort(byCost),
		// The time of a call counts when it ends: one that began before the window, or ran others, is more than the window.
		busy: Math.min(1, total / (seconds * 1e6)),
		own: {
			calls: uses.reduce((sum, { own }) => sum + own.calls, 0),
			microseconds: uses.reduce((sum, { own }) => sum + own.microseconds, 0),
		},
		isOvercounted: total > seconds * 1e6 * overcounted,
	};
}

const isWorthARow = ({ calls, failed, rejected }: CommandUse) => calls > 0 || !!failed || !!rejected;

const byCost = (a: CommandUse, b: CommandUse) =>
	b.microseconds - a.microseconds || b.calls - a.calls || (a.name < b.name ? -1 : 1);

// A command that has a line keeps it until a reset, and no part of it ever falls before.
function isBroken(before: CommandReading, now: CommandReading): boolean {
	if (!isSameRun(before.runId, now.runId)) return true;
	return Object.entries(before.stats).some(([name, was]) => {
		const is = entryOf(now.stats, name);
		return !is || parts.some(part => (statRise(was, is, part) ?? 0) < 0);
	});
}

/** Our calls between the readings by the line they are counted in: before 7.0 `cluster|nodes` is counted under `cluster`. */
function ownBetween(before: CommandReading, now: CommandReading): Map<string, number> {
	const lines = new Map<string, number>();
	for (const [name, calls] of Object.entries(now.ownCalls)) {
		const ours = calls - (entryOf(before.ownCalls, name) ?? 0);
		const line = entryOf(now.stats, name) ? name : name.split('|')[0]!;
		if (ours > 0) lines.set(line, (lines.get(line) ?? 0) + ours);
	}
	return lines;
}

type Use = { readonly others: CommandUse; readonly own: { calls: number; microseconds: number } };

// The server does not say how long our calls took: they took what such a call took on average.
function useOf(
	name: string,
	was: CommandStat | undefined,
	is: CommandStat,
	ours: number,
	seconds: number,
): Use {
	const allCalls = statRise(was, is, 'calls') ?? 0;
	const allMicroseconds = statRise(was, is, 'usec') ?? 0;
	const ownCalls = Math.min(ours, allCalls);
	const own = {
		calls: ownCalls,
		microseconds: allCalls > 0 ? (allMicroseconds * ownCalls) / allCalls : 0,
	};
	const calls = allCalls - own.calls;
	const microseconds = allMicroseconds - own.microseconds;
	const others = {
		name,
		calls,
		callsPerSecond: calls / seconds,
		microseconds,
		microsecondsPerCall:
			calls > 0 && statRise(was, is, 'usec') !== undefined ? microseconds / calls : undefined,
		failed: statRise(was, is, 'failed'),
		rejected: statRise(was, is, 'rejected'),
		runsOthers: name === 'exec' || runsScript(name),
	};
	return { others, own };
}

/** The commands on that many rows: the last of them holds all the others together, if they do not have one each. */
export function foldCommands(
	commands: readonly CommandUse[],
	rows: number,
): { readonly shown: readonly CommandUse[]; readonly other?: CommandFold } {
	if (commands.length <= rows) return { shown: commands };
	const shown = commands.slice(0, Math.max(0, rows - 1));
	const folded = commands.slice(shown.length);
	const sum = (value: (use: CommandUse) => number | undefined) =>
		folded.reduce<number | undefined>((total, use) => {
			const part = value(use);
			return part === undefined ? total : (total ?? 0) + part;
		}, undefined);
	const calls = sum(use => use.calls) ?? 0;
	return {
		shown,
		other: {
			commands: folded.length,
			callsPerSecond: sum(use => use.callsPerSecond) ?? 0,
			microsecondsPerCall: calls > 0 ? sum(use => use.microseconds)! / calls : undefined,
			// EXEC's share is made of other rows' shares.
			share: sum(use => (use.name === 'exec' ? undefined : use.share)),
			failed: sum(use => use.failed),
			rejected: sum(use => use.rejected),
		},
	};
}
