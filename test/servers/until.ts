// The one way in which a test waits: for a condition, never for a time. Short enough a pause that waiting costs
// nothing, and an error that names what did not come about. The timeout is there to end a test that has failed, not to
// judge a speed: it is long enough for a machine that has much else to do. It does not hide errors: a condition that throws counts
// as "not yet" (a server that is starting refuses), and its last error stands behind the timeout's as its cause.

import { setTimeout as pause } from 'node:timers/promises';

export type UntilOptions = {
	/** Completes the sentence "waited 60000 ms until …"; a function says what was seen in the end. */
	readonly what: string | (() => string);
	/** Milliseconds on a machine that has nothing else to do. */
	readonly timeout?: number;
	/** Milliseconds between two looks. */
	readonly every?: number;
};

/** So many times as long as on a quiet machine may everything take; a third of a busy core is still enough. */
export const patience = 4;

type Falsy = false | 0 | '' | null | undefined;

/** Waits until the condition gives something truthy, and returns it. */
export async function until<T>(
	condition: () => T | Promise<T>,
	{ what, timeout = 15_000, every = 25 }: UntilOptions,
): Promise<Exclude<T, Falsy>> {
	const limit = timeout * patience;
	const deadline = performance.now() + limit;
	let cause: unknown;
	for (;;) {
		try {
			const result = await condition();
			if (result) return result as Exclude<T, Falsy>;
			cause = undefined;
		} catch (error) {
			cause = error;
		}
		if (performance.now() > deadline) {
			const text = typeof what === 'string' ? what : what();
			throw new Error(`waited ${limit} ms until ${text}`, { cause });
		}
		await pause(every);
	}
}
