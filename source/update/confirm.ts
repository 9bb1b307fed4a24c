// Keys that want a second press: because they cost the servers something, or throw away what was found. A key held down
// repeats itself: what comes sooner than a moment after the last press is no answer, and asks anew.

import type { Confirm } from '../state/key-screens.ts';

const fromMilliseconds = 300;
export const confirmMilliseconds = 5000;

/** What a press is, by the question that is open. */
export function pressOf<Key extends string>(
	confirm: Confirm<Key> | undefined,
	key: Key,
	at: number,
): 'first' | 'too soon' | 'second' {
	if (confirm?.key !== key || at >= confirm.until) return 'first';
	return at < confirm.from ? 'too soon' : 'second';
}

/** The question that the first press opens. */
export const askedAt = <Key extends string>(key: Key, at: number): Confirm<Key> => ({
	...{ key, from: at + fromMilliseconds, until: at + confirmMilliseconds },
});
