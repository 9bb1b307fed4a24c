// The high-memory runbook in three lines, for whoever opens the ticket at 3 a.m.: what is hurt, why, what to do first.
// The same sentences as in the steps, so that the two never contradict each other.

import { diagnose } from './cause.ts';
import { isData } from './cause-words.ts';
import { keyInShort } from './check-large-keys.ts';
import { reliefAdvice, reliefChanges } from './check-relief.ts';
import { sentences } from './reading.ts';
import type { InShort, RunbookInput } from './runbook.ts';
import { causeText, pressureText } from './scope-words.ts';

/** Undefined where memory is not known, or the node does not answer. */
export function highMemoryInShort(input: RunbookInput): InShort | undefined {
	const seen = diagnose(input);
	if (!seen || input.changed || input.node.isGone || input.node.health === 'down') return undefined;
	return {
		what: pressureText(input, seen),
		why: sentences(causeText(input, seen), isData(seen.cause) && keyInShort(input)),
		now: reliefAdvice(input, seen),
		first: reliefChanges(input).find(({ isOffered }) => isOffered),
	};
}
