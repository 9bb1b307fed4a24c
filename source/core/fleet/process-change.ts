// Whether the process that answers at an address is the one that answered there before. Another run id is mostly a
// restart. It is not where the process has been up for longer than we have not heard from the one before: then a
// balancer, a name or a floating ip leads to another server. Without run ids the uptime alone tells.

import type { Sample } from '../types.ts';

export type ProcessChange = 'restarted' | 'other-server';

/** Uptimes are whole seconds, by clocks that are set now and then: a few more prove nothing. */
const toleranceSeconds = 5;

/** Undefined where it is the same process, or nothing tells. */
export function processChange(before: Sample, now: Sample): ProcessChange | undefined {
	const was = before.info ?? {};
	const is = now.info ?? {};
	const isKnown = was.runId !== undefined && is.runId !== undefined;
	const isOther = isKnown
		? was.runId !== is.runId
		: (is.uptimeSeconds ?? Number.POSITIVE_INFINITY) < (was.uptimeSeconds ?? 0);
	if (!isOther) return undefined;
	// Our clock may have been set, or have stood still while this machine slept: the longer of the two.
	const away = Math.max(now.at - before.at, now.clock - before.clock) / 1000;
	return (is.uptimeSeconds ?? 0) > away + toleranceSeconds ? 'other-server' : 'restarted';
}
