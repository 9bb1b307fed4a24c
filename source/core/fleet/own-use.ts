// What redis-top itself did on a node, added up over everything that asks it: the poller, a scan, a watch.

import { entryOf, type Named } from '../parse/counters.ts';
import type { OwnUse } from '../types.ts';

export const noUse: OwnUse = { commands: 0, hits: 0, inputBytes: 0, outputBytes: 0, calls: {} };

export function addOwn(a: OwnUse | undefined, b: OwnUse | undefined): OwnUse | undefined {
	if (!a || !b) return a ?? b;
	return {
		commands: a.commands + b.commands,
		hits: a.hits + b.hits,
		misses: (a.misses ?? 0) + (b.misses ?? 0),
		inputBytes: a.inputBytes + b.inputBytes,
		outputBytes: a.outputBytes + b.outputBytes,
		calls: addCounts(a.calls, b.calls),
		errors: addCounts(a.errors ?? {}, b.errors ?? {}),
	};
}

function addCounts(a: Named<number>, b: Named<number>): Named<number> {
	const sums = { ...a };
	for (const [name, times] of Object.entries(b)) countUp(sums, name, times);
	return sums;
}

/** Adds to the counter of a name; the name may be what every object has, for servers choose it. */
export function countUp(counts: Record<string, number>, name: string, times = 1): void {
	counts[name] = (entryOf(counts, name) ?? 0) + times;
}
