// What redis-top itself did on a node, as what it grew by since the reading before: a dozen counters that only grow.

import type { OwnUse } from '../core/types.ts';

type Counts = Readonly<Record<string, number>>;

/** Undefined where it has to stand whole. */
export function ownBetween(before: OwnUse, now: OwnUse): OwnUse | undefined {
	const calls = between(before.calls, now.calls);
	const errors = between(before.errors ?? {}, now.errors ?? {});
	const isSame = (before.misses === undefined) === (now.misses === undefined);
	if (!calls || !errors || !isSame || (before.errors === undefined) !== (now.errors === undefined))
		return undefined;
	return {
		commands: now.commands - before.commands,
		hits: now.hits - before.hits,
		...(now.misses !== undefined && { misses: now.misses - before.misses! }),
		inputBytes: now.inputBytes - before.inputBytes,
		outputBytes: now.outputBytes - before.outputBytes,
		calls,
		...(now.errors && { errors }),
	};
}

export function ownGrown(before: OwnUse, by: OwnUse): OwnUse {
	return {
		commands: before.commands + by.commands,
		hits: before.hits + by.hits,
		...(by.misses !== undefined && { misses: (before.misses ?? 0) + by.misses }),
		inputBytes: before.inputBytes + by.inputBytes,
		outputBytes: before.outputBytes + by.outputBytes,
		calls: grown(before.calls, by.calls),
		...(by.errors && { errors: grown(before.errors ?? {}, by.errors) }),
	};
}

function between(before: Counts, now: Counts): Counts | undefined {
	if (Object.keys(before).some(name => !Object.hasOwn(now, name))) return undefined;
	const changed = Object.entries(now).filter(([name, count]) => before[name] !== count);
	return Object.fromEntries(changed.map(([name, count]) => [name, count - (before[name] ?? 0)]));
}

function grown(before: Counts, by: Counts): Counts {
	const next = { ...before };
	for (const [name, count] of Object.entries(by))
		next[name] = (Object.hasOwn(before, name) ? before[name]! : 0) + count;
	return next;
}
