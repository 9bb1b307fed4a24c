// Long work a piece at a time, with keys, timers and sockets served in between: a reply of many megabytes must not keep
// ^C waiting. What the work is made of is in core/steps.ts.

import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { Steps } from '../core/steps.ts';

/** Of a key that waits at most so much is ours; a frame takes as long. */
export const pieceMilliseconds = 12;

/** Settled when everybody else had a turn. */
export const untilServed = (): Promise<void> => setImmediate();

let last: Promise<void> = Promise.resolve();

/** Goes through to the end of the work; of several at a time the first first, for their pieces would add up. */
export function inSteps(work: Steps): Promise<void> {
	if (work.next().done) return Promise.resolve();
	const done = last.then(() => goThrough(work));
	last = done.catch(() => {});
	return done;
}

async function goThrough(work: Steps): Promise<void> {
	for (;;) {
		const until = performance.now() + pieceMilliseconds;
		while (performance.now() < until) if (work.next().done) return;
		await untilServed();
	}
}
