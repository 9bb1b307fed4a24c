// Long work in steps, between which whoever does it may do something else: a generator knows no clock and waits for
// nobody, so the core stays what it is, and a key is served while 50,000 lines are read.

/** Work that can be left at any `yield` and gone on with later. */
export type Steps<Result = void> = Generator<undefined, Result>;

/** All of it at once. */
export function finish<Result>(steps: Steps<Result>): Result {
	for (;;) {
		const { done, value } = steps.next();
		if (done) return value;
	}
}

/** Shorter texts are read in some milliseconds. */
export const longText = 262_144;
