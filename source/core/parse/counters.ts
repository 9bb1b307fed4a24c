// Counters by name (commands, error prefixes), as servers list them: those that are zero are left out of the list. So a
// name that is missing is zero, and one that has gone, or a counter that fell, means that all of them started anew: the
// server restarted, or somebody ran CONFIG RESETSTAT. Names may be `constructor` or `__proto__`: only own ones count.

import { countIn } from '../reply.ts';

export type Named<Value> = Readonly<Record<string, Value>>;

/** A count as a number, which beyond 2^53 is the nearest that there is; then `exact` has all of its 64 bits. */
export type Counted = { readonly value?: number; readonly exact?: bigint };

const mostSigned = 2n ** 63n;

/**
 * The digits of `text` from `start` to before `end`. Counters have 64 bits, with or without a sign: one that wrapped is
 * far below zero or beyond 2^63, so as an amount it is none, but the difference of two of them still counts. `-1` is
 * "none", and a little below zero no counter ever is.
 */
export function countOfAnySize(text: string, start: number, end: number): Counted {
	const value = countIn(text, start, end);
	if (value !== undefined || end - start > 20) return value === undefined ? {} : { value };
	const digits = text.slice(start, end);
	if (!/^-?\d{1,20}$/.test(digits) || digits === '-1') return {};
	const number = BigInt(digits);
	if (number >= 2n * mostSigned || number < -mostSigned || (number < 0n && number > -mostSigned / 2n))
		return {};
	return {
		...(number >= 0n && number < mostSigned && { value: Number(number) }),
		exact: BigInt.asUintN(64, number),
	};
}

/**
 * What a counter rose by, below zero where it fell: it started anew. Undefined where either was not read. A counter that
 * went over its 64 bits did not fall.
 */
export function riseOf(before: Counted, now: Counted): number | undefined {
	if (before.exact === undefined && now.exact === undefined)
		return before.value === undefined || now.value === undefined ? undefined : now.value - before.value;
	const [from, to] = [wordOf(before), wordOf(now)];
	if (from === undefined || to === undefined) return undefined;
	const rise = Number(BigInt.asIntN(64, to - from));
	// Who starts anew starts at an amount.
	if (rise < 0 && now.value === undefined) return undefined;
	return Math.abs(rise) <= Number.MAX_SAFE_INTEGER ? rise : undefined;
}

const wordOf = ({ value, exact }: Counted) =>
	exact ?? (value === undefined ? undefined : BigInt(Math.trunc(value)));

/** The value that stands under this name, and never what every object has. */
export function entryOf<Value>(named: Named<Value>, name: string): Value | undefined {
	return Object.hasOwn(named, name) ? named[name] : undefined;
}

type Counts = Named<number | undefined>;

/**
 * The increase of each counter that moved; undefined where one fell or has gone. One that could not be read at either
 * end is undefined, which is not the same as gone: it is left out, and the others stay.
 */
export function risesBetween(before: Counts, now: Counts): Map<string, number> | undefined {
	for (const [name, value] of Object.entries(before)) {
		if (!Object.hasOwn(now, name)) return undefined;
		const is = now[name];
		if (is !== undefined && value !== undefined && is < value) return undefined;
	}
	const rises = new Map<string, number>();
	for (const [name, value] of Object.entries(now)) {
		const was = Object.hasOwn(before, name) ? before[name] : 0;
		if (value !== undefined && was !== undefined && value > was) rises.set(name, value - was);
	}
	return rises;
}
