// LATENCY HISTOGRAM (7.0 and later): how long the server took to run each command, as counts in buckets. Since the start
// or a reset; two readings make a window. A percentile is the bucket in which that call lies, so it is known as "more
// than 66 us, at most 132 us" and no finer: the buckets are powers of two (of 1024 ns, hence the odd bounds).
// It is the time of the command alone: what waited in the socket, or for the command before, is not in it.
// The server takes anything over a second for a second, so the last bucket has no upper end.

import { isSameRun } from '../fleet/same-run.ts';
import { entryOf } from '../parse/counters.ts';
import { asCount, asText, isArray, pairsOf } from '../reply.ts';
import type { Reply } from '../types.ts';
import { keepReading, spanOf } from './window-readings.ts';

/** Calls by the upper bound of their bucket, microseconds; Infinity for those of the last. Buckets of no call are left out. */
export type Buckets = ReadonlyMap<number, number>;

/**
 * By command, lower case, `config|get` with its subcommand; byte strings. Undefined of one that cannot be read, which is
 * not the same as gone: it costs that command alone.
 */
export type Histograms = ReadonlyMap<string, Buckets | undefined>;

/** Where a call lies. */
export type LatencyBound = {
	readonly overMicroseconds: number;
	/** Undefined in the last bucket: it may be any time. */
	readonly atMostMicroseconds?: number;
};

export type Percentiles = {
	readonly calls: number;
	readonly p50: LatencyBound;
	readonly p99: LatencyBound;
	readonly p999: LatencyBound;
};

export type LatencyReading = {
	readonly at: number;
	readonly runId?: string;
	readonly histograms: Histograms;
	/** OwnUse.calls. */
	readonly ownCalls: Readonly<Record<string, number>>;
};

export type LatencyWindow = {
	/** The length that was measured, seconds. */
	readonly seconds: number;
	/** Commands called in the window, the slowest p99 first. */
	readonly commands: readonly (Percentiles & { readonly name: string })[];
	/** All of them in one, without those that mostly redis-top called; undefined without a call. */
	readonly together?: Percentiles;
	/** Commands left out of `together` because most of their calls were redis-top's. */
	readonly own: readonly string[];
};

/**
 * The upper bounds of the buckets, microseconds. A bucket ends with the finest step of the server's histogram (128 to a
 * power of two) that begins at 1024 ns times a power of two.
 */
export const bucketBounds: readonly number[] = Array.from({ length: 20 }, (_, power) => {
	const nanoseconds = 1024 * 2 ** power;
	return Math.floor((nanoseconds + nanoseconds / 128 - 1) / 1000);
});

/** 541 ms. The longest time the server records is a second, so what took longer than this may have taken any time. */
const lastBound = bucketBounds.at(-1)!;

/** The reply of LATENCY HISTOGRAM, of all commands or some; undefined for an error reply. */
export function parseLatencyHistogram(reply: Reply | undefined): Histograms | undefined {
	if (!isArray(reply)) return undefined;
	const histograms = new Map<string, Buckets | undefined>();
	for (let index = 0; index + 1 < reply.length; index += 2) {
		const name = asText(reply[index]);
		if (name) histograms.set(name, bucketsIn(reply[index + 1]));
	}
	return histograms;
}

// [calls, n, histogram_usec, [bound, calls up to it, …]]: bounds and calls only ever rise.
function bucketsIn(reply: Reply | undefined): Buckets | undefined {
	if (!isArray(reply)) return undefined;
	const calls = asCount(pairsOf(reply).get('calls'));
	const list = reply[reply.indexOf('histogram_usec') + 1];
	if (calls === undefined || !isArray(list)) return undefined;
	const buckets = new Map<number, number>();
	let [bound, counted] = [-1, 0];
	for (let index = 0; index + 1 < list.length; index += 2) {
		const next = asCount(list[index]);
		const upTo = asCount(list[index + 1]);
		if (next === undefined || upTo === undefined || next <= bound || upTo < counted) return undefined;
		add(buckets, next > lastBound ? Number.POSITIVE_INFINITY : next, upTo - counted);
		[bound, counted] = [next, upTo];
	}
	add(buckets, Number.POSITIVE_INFINITY, calls - counted);
	return buckets;
}

function add(buckets: Map<number, number>, bound: number, calls: number): void {
	if (calls > 0) buckets.set(bound, (buckets.get(bound) ?? 0) + calls);
}

/** Adds a reading; one that cannot follow the last (restart, RESETSTAT) is the first of a new row. */
export function addLatencyReading(
	kept: readonly LatencyReading[],
	next: LatencyReading,
): readonly LatencyReading[] {
	const last = kept.at(-1);
	if (!last || !isSameRun(last.runId, next.runId) || !histogramsBetween(last.histograms, next.histograms))
		return [next];
	return keepReading(kept, { ...next, histograms: shared(last.histograms, next.histograms) });
}

// Most commands do not move from one reading to the next: they then share one Map, and an hour stays small.
function shared(before: Histograms, now: Histograms): Histograms {
	const same = [...now].map(([name, buckets]): [string, Buckets | undefined] => {
		const was = before.get(name);
		return [name, was && buckets && risesOf(was, buckets)?.size === 0 ? was : buckets];
	});
	return new Map(same);
}

/** The calls between two readings, commands without one left out; undefined where the counts started anew. */
export function histogramsBetween(
	before: Histograms,
	now: Histograms,
): ReadonlyMap<string, Buckets> | undefined {
	for (const name of before.keys()) if (!now.has(name)) return undefined;
	const between = new Map<string, Buckets>();
	for (const [name, buckets] of now) {
		if (!buckets || (before.has(name) && !before.get(name))) continue;
		const rises = risesOf(before.get(name), buckets);
		if (!rises) return undefined;
		if (rises.size > 0) between.set(name, rises);
	}
	return between;
}

function risesOf(before: Buckets | undefined, now: Buckets): Buckets | undefined {
	for (const [bound, calls] of before ?? []) if ((now.get(bound) ?? 0) < calls) return undefined;
	const rises = new Map<number, number>();
	for (const [bound, calls] of now) add(rises, bound, calls - (before?.get(bound) ?? 0));
	return rises;
}

/** The calls of several histograms in one. */
export function addUp(all: Iterable<Buckets>): Buckets {
	const sum = new Map<number, number>();
	for (const buckets of all) for (const [bound, calls] of buckets) add(sum, bound, calls);
	return sum;
}

/** The buckets in which the 50th, 99th and 99.9th of a hundred calls lie, the fastest first; undefined without a call. */
export function percentilesOf(buckets: Buckets): Percentiles | undefined {
	const sorted = [...buckets].sort(([a], [b]) => a - b);
	const calls = sorted.reduce((sum, [, each]) => sum + each, 0);
	if (calls === 0) return undefined;
	// In thousandths, for 0.999 times a count is not always what it should be.
	const at = (thousandths: number) => boundAt(sorted, Math.ceil((calls * thousandths) / 1000));
	return { calls, p50: at(500), p99: at(990), p999: at(999) };
}

function boundAt(sorted: readonly (readonly [bound: number, calls: number])[], rank: number): LatencyBound {
	let counted = 0;
	for (const [bound, calls] of sorted) {
		counted += calls;
		if (counted >= rank) return boundOf(bound);
	}
	return boundOf(Number.POSITIVE_INFINITY);
}

function boundOf(bound: number): LatencyBound {
	if (bound === Number.POSITIVE_INFINITY) return { overMicroseconds: lastBound };
	const below = bucketBounds.findLast(each => each < bound) ?? 0;
	return { overMicroseconds: below, atMostMicroseconds: bound };
}

/** The last `seconds`, as near as there are readings; undefined until there are two. */
export function latencyWindow(kept: readonly LatencyReading[], seconds: number): LatencyWindow | undefined {
	const span = spanOf(kept, seconds);
	const between = span && histogramsBetween(span.from.histograms, span.to.histograms);
	if (!span || !between) return undefined;
	const commands = [...between].flatMap(([name, buckets]) => {
		const percentiles = percentilesOf(buckets);
		return percentiles ? [{ name, ...percentiles }] : [];
	});
	const own = new Set(commands.filter(each => isMostlyOurs(span.from, span.to, each)).map(each => each.name));
	const others = [...between].flatMap(([name, buckets]) => (own.has(name) ? [] : [buckets]));
	return {
		seconds: span.seconds,
		commands: commands.sort(bySlowness),
		together: percentilesOf(addUp(others)),
		own: [...own].sort(),
	};
}

// Which of the calls were ours is not told, so a command is left out as a whole or not at all.
function isMostlyOurs(
	before: LatencyReading,
	now: LatencyReading,
	{ name, calls }: { readonly name: string; readonly calls: number },
): boolean {
	const ours = (entryOf(now.ownCalls, name) ?? 0) - (entryOf(before.ownCalls, name) ?? 0);
	return ours * 2 > calls;
}

type Slow = Percentiles & { readonly name: string };
const bySlowness = (a: Slow, b: Slow) =>
	upper(b.p99) - upper(a.p99) || b.calls - a.calls || (a.name < b.name ? -1 : 1);

// Infinity less Infinity would be no order.
const upper = ({ atMostMicroseconds }: LatencyBound) => atMostMicroseconds ?? Number.MAX_SAFE_INTEGER;
