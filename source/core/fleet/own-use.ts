// What redis-top itself did on a node, added up over everything that asks it: the poller, a scan, a watch.

import type { OwnUse } from '../types.ts';

export function addOwn(a: OwnUse | undefined, b: OwnUse | undefined): OwnUse | undefined {
	if (!a || !b) return a ?? b;
	const calls = { ...a.calls };
	for (const [name, times] of Object.entries(b.calls)) calls[name] = (calls[name] ?? 0) + times;
	return {
		commands: a.commands + b.commands,
		hits: a.hits + b.hits,
		misses: (a.misses ?? 0) + (b.misses ?? 0),
		inputBytes: a.inputBytes + b.inputBytes,
		outputBytes: a.outputBytes + b.outputBytes,
		calls,
	};
}
