// Reaching a node that may be away: tried again with growing pauses for as long as it makes sense, longer where the
// server is there and has no time (LOADING, BUSY). A pause can be cut short by a word. And what an error of the server
// means for a scan: it passes, or it is the end.

import { performance } from 'node:perf_hooks';
import { classifyError, refusalOf } from '../../core/parse/parse-error.ts';
import { type Failure, isPassing, type NodeLine } from './node-line.ts';

/** Between two tries; the last one repeats. */
const pausesSeconds = [0, 0.2, 0.5, 1, 2, 3];
/** So long a server that is loading or busy is waited for. */
export const holdSeconds = 60;

export type Sleeper = {
	readonly sleep: (milliseconds: number) => Promise<void>;
	/** Ends the pause that is under way. */
	readonly wake: () => void;
};

export function createSleeper(): Sleeper {
	let wake = () => {};
	return {
		sleep: milliseconds =>
			new Promise(resolve => {
				const done = () => {
					clearTimeout(timer);
					resolve();
				};
				const timer = setTimeout(done, milliseconds);
				wake = done;
			}),
		wake: () => wake(),
	};
}

export type ReachOptions = {
	readonly patienceSeconds: number;
	readonly sleep: Sleeper['sleep'];
	readonly isStopped: () => boolean;
	readonly onFailed: (failure: Failure) => void;
};

/** Undefined when the line is open or it was stopped, else the last failure. */
export async function reachNode(line: NodeLine, options: ReachOptions): Promise<Failure | undefined> {
	const since = performance.now();
	let failed: Failure | undefined;
	for (let index = 0; ; index++) {
		const pause = pausesSeconds[Math.min(index, pausesSeconds.length - 1)]!;
		const patience = failed?.isPassing ? holdSeconds : options.patienceSeconds;
		if (failed && (performance.now() - since) / 1000 + pause > patience) return failed;
		if (pause > 0) await options.sleep(pause * 1000);
		if (options.isStopped()) return undefined;
		failed = await line.open();
		if (!failed || failed.isFinal) return failed;
		options.onFailed(failed);
	}
}

/** An error that is about more than one key, `feature` as the ACL names the command. */
export function judgeError(
	text: string,
	feature: string,
): { readonly reason: string; readonly passes: boolean } {
	const refusal = refusalOf(feature, text);
	if (!refusal) return { reason: classifyError(text).text, passes: isPassing(text) };
	const name = feature.toUpperCase();
	const reason =
		refusal.why === 'unknown-command'
			? `this server has no ${name}`
			: `${name} is refused: the user needs ${refusal.word}`;
	return { reason, passes: false };
}
