// Ends the run in good order before it is ended for it: at the limit of its heap V8 aborts the process, and at that of its
// container the kernel kills it, and neither gives the terminal back. There is no call by which V8 would say it in time:
// what is left after each full collection is looked at, which is what is held and no garbage. What takes all of the rest
// between two of them, in one piece of work, is not caught.

import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { bytes } from '../core/text/quantity.ts';

export type Memory = {
	readonly held: number;
	readonly limit: number;
	/** Whose limit it is, with what would raise it. */
	readonly of: string;
};

/** Of its limit: more than a round adds must be left to end in. */
const most = 0.8;
/** V8 counts its three halves of young objects as part of the limit, and ends where the old ones fill the rest. */
const youngBytes = 48 * 1024 * 1024;
const containerMilliseconds = 1000;

/** What is said at the end; undefined while there is enough. Bytes. */
export const memoryProblem = ({ held, limit, of }: Memory): string | undefined =>
	held < most * limit ? undefined : `out of memory: it holds ${bytes(held)} of the ${bytes(limit)} ${of}`;

function heapNow(): Memory {
	const { used_heap_size: held, heap_size_limit: all } = getHeapStatistics();
	const limit = all - youngBytes;
	return {
		held,
		limit,
		of: 'that Node.js gives it (NODE_OPTIONS=--max-old-space-size=MEGABYTES gives more)',
	};
}

const containerNow = (limit: number): Memory => ({
	held: process.memoryUsage.rss(),
	limit,
	of: 'that its container may have',
});

/** Calls back once. */
export function watchMemory(onProblem: (text: string) => void): void {
	let isTold = false;
	const look = (memory: Memory) => {
		const problem = isTold ? undefined : memoryProblem(memory);
		if (problem === undefined) return;
		isTold = true;
		onProblem(problem);
	};
	afterFullCollections(() => look(heapNow()));
	const limit = process.constrainedMemory();
	// Without a limit of its own it is a number beyond any machine.
	if (limit > 0 && limit < totalmem())
		setInterval(() => look(containerNow(limit)), containerMilliseconds).unref();
}

/**
 * Calls back soon after each full collection, and after no other: only that ends what nobody holds but by a registration.
 * An observer of performance would be told of each small one, too, a hundred times as often and at a twentieth of all CPU.
 */
export function afterFullCollections(act: () => void): void {
	const ends = new FinalizationRegistry(() => {
		wait();
		act();
	});
	const wait = () => ends.register({}, undefined);
	wait();
	held.push(ends);
}

/** A registry that is itself forgotten calls nobody. */
const held: FinalizationRegistry<undefined>[] = [];
