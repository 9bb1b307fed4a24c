// The high-memory runbook: questions from "how bad is it" to "how do we prevent a repeat". Each is a file of its
// own; here they are put in their order, and a node that does not answer is told from one that is well.

import { changesOfFragmentation } from './change-allocator.ts';
import { checkDurable, durableChanges } from './check-durable.ts';
import { checkFragmentation } from './check-fragmentation.ts';
import { checkLargeKeys } from './check-large-keys.ts';
import { checkRelief, reliefChanges } from './check-relief.ts';
import { checkScope } from './check-scope.ts';
import { checkTtl } from './check-ttl.ts';
import { highMemoryInShort } from './in-short.ts';
import { changedWords, infoOf, noReading } from './reading.ts';
import type { Change, Runbook, RunbookInput, Verdict } from './runbook.ts';

const isSilent = ({ node }: RunbookInput) => node.isGone || node.health === 'down';

/** What was answered before another process took the address is not of that one, and nothing is sent to it. */
const ofOneProcess =
	(check: (input: RunbookInput) => Verdict) =>
	(input: RunbookInput): Verdict =>
		input.changed ? { answer: 'unknown', facts: [], ...changedWords(input) } : check(input);

/** A node that is down is not judged by what it said before: the check says so and the next goes on. */
const whileAnswering =
	(check: (input: RunbookInput) => Verdict) =>
	(input: RunbookInput): Verdict => {
		const verdict = check(input);
		if (!isSilent(input)) return verdict;
		const before = infoOf(input).usedMemoryBytes === undefined ? '' : ' The figures are the last it gave.';
		const text = `${input.node.isGone ? 'The node is gone' : 'The node does not answer now'}: ${noReading(input.node)}.${before}`;
		return { answer: 'unknown', facts: verdict.facts, text, why: verdict.why };
	};

/** Nothing is proposed to a node that does not answer. What can be sent comes before what cannot, the least risk first. */
const ofAnswering =
	(changes: (input: RunbookInput) => readonly Change[]) =>
	(input: RunbookInput): readonly Change[] =>
		isSilent(input) || input.changed
			? []
			: [...changes(input)].sort((a, b) => Number(b.isOffered) - Number(a.isOffered) || a.order - b.order);

export const highMemory: Runbook = {
	id: 'high-memory',
	title: 'Memory runbook',
	answers: 'Why is memory high on this node, what does it hurt, and what can be done with the least risk?',
	inShort: highMemoryInShort,
	steps: [
		{
			id: 'scope',
			title: 'confirm scope',
			question: 'How bad is it, how far does it reach, and is it data?',
			check: ofOneProcess(whileAnswering(checkScope)),
		},
		{
			id: 'fragmentation',
			title: 'fragmentation',
			question: 'Is fragmentation the cause?',
			check: ofOneProcess(whileAnswering(checkFragmentation)),
			changes: ofAnswering(changesOfFragmentation),
		},
		{
			id: 'large-keys',
			title: 'find large keys',
			question: 'Is it one key, or one pattern?',
			check: ofOneProcess(checkLargeKeys),
		},
		{
			id: 'ttl',
			title: 'ttl hygiene',
			question: 'What will go by itself, and what never will?',
			check: ofOneProcess(whileAnswering(checkTtl)),
		},
		{
			id: 'relief',
			title: 'immediate relief',
			question: 'What can be done now, least risk first?',
			check: ofOneProcess(whileAnswering(checkRelief)),
			changes: ofAnswering(reliefChanges),
		},
		{
			id: 'durable',
			title: 'durable fix',
			question: 'How do we prevent a repeat?',
			check: ofOneProcess(whileAnswering(checkDurable)),
			changes: ofAnswering(durableChanges),
		},
	],
};
