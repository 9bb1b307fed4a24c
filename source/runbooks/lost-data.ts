// The runbook of a primary that came back without its keys: keep the copy a replica still holds, bring the keys back,
// and see that it does not happen again. Short, for there are seconds to act in: the change is in the first step.

import { howToKeep, secondsToKeep } from '../core/findings/keep-data.ts';
import { count } from '../core/text/quantity.ts';
import { changesToBringBack, changesToKeep } from './change-keep.ts';
import { changedWords, settingOf, textOf, timeOf, trackOf } from './reading.ts';
import type { Fact, Runbook, RunbookInput, Verdict } from './runbook.ts';

const nothing: Verdict = {
	answer: 'fine',
	facts: [],
	text: 'No primary of this fleet came back without its keys.',
	why: 'A primary that starts without its data makes its replicas load what it has.',
};

/** Who took the address is not who lost the keys; a primary that starts once more is. */
const isStranger = ({ changed }: RunbookInput) => changed === 'other-server';

const checkCopy = (input: RunbookInput): Verdict => {
	const { comeback, fleet, tracks, node } = input;
	if (isStranger(input)) return { answer: 'unknown', facts: [], ...changedWords(input) };
	if (!comeback || !fleet || !tracks) return nothing;
	const keep = howToKeep(comeback, node.address, fleet, tracks);
	const why =
		'A replica that reaches its primary again loads what that has. Until then its copy is the only one there is.';
	if (keep.isPossible)
		return {
			answer: 'act',
			facts: factsOf(input),
			text: `${textOf(comeback.holder)} still has the keys: keep them now.`,
			why,
		};
	return {
		answer: comeback.isHeld ? 'look' : 'act',
		facts: factsOf(input),
		text: `${capital(textOf(keep.why))}.`,
		why,
	};
};

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function factsOf(input: RunbookInput): readonly Fact[] {
	const { comeback, node } = input;
	if (!comeback) return [];
	const sources = ['INFO keyspace'];
	const track = trackOf(input);
	const left = track && secondsToKeep(comeback, track, timeOf(input));
	return [
		{ name: 'before', value: `${count(comeback.keys)} keys`, sources },
		{ name: textOf(node.address), value: `${count(comeback.keysNow)} keys now`, sources },
		{ name: textOf(comeback.holder), value: `${count(comeback.holderKeys)} keys now`, sources },
		...(left === undefined
			? []
			: [
					{
						name: 'time left',
						value: `about ${Math.round(left)}s`,
						sources: ['CONFIG GET repl-diskless-sync-delay'],
					},
				]),
	];
}

const checkBack = ({ comeback, fleet, node }: RunbookInput): Verdict => {
	if (!comeback) return nothing;
	const isPlain = fleet?.mode === 'standalone';
	const text = isPlain
		? `${textOf(node.address)} has ${count(comeback.keysNow)} of ${count(comeback.keys)} keys. It loads the others when it follows the node that holds them.`
		: 'The failover makes it a replica of the node that holds the keys, and it loads them by itself.';
	const why = 'The copy is safe first; only then it is copied back.';
	return { answer: comeback.isHeld ? 'look' : 'unknown', facts: [], text, why };
};

const checkRepeat = (input: RunbookInput): Verdict => {
	const track = trackOf(input);
	const names = ['save', 'appendonly', 'dir'] as const;
	const facts = names.flatMap((name): Fact[] => {
		const value = settingOf(track, name);
		return value === undefined
			? []
			: [{ name, value: value === '' ? '""' : textOf(value), sources: ['CONFIG GET'] }];
	});
	const [save, aof] = [settingOf(track, 'save'), settingOf(track, 'appendonly')];
	const why = 'What lost the data once does so at the next restart.';
	if (save === undefined || aof === undefined)
		return { answer: 'unknown', facts, text: 'Its settings of persistence are not known.', why };
	if (save === '' && aof === 'no')
		return {
			answer: 'act',
			facts,
			text: 'Neither RDB nor AOF is on: each restart is empty. Switch one on, or never start it again by itself while it has replicas.',
			why,
		};
	return {
		answer: 'look',
		facts,
		text: 'Persistence is on, and yet it started without its data: look whether dir is the volume it had, and what the log says of loading.',
		why,
	};
};

export const lostData: Runbook = {
	id: 'lost-data',
	title: 'Lost data',
	answers: 'A primary came back without its keys: where is a copy, and how is it kept?',
	steps: [
		{
			id: 'keep',
			title: 'keep the copy',
			question: 'Who still has the keys?',
			check: checkCopy,
			changes: input => (isStranger(input) ? [] : changesToKeep(input)),
		},
		{
			id: 'back',
			title: 'bring it back',
			question: 'How do the keys come back?',
			check: checkBack,
			changes: input => (isStranger(input) ? [] : changesToBringBack(input)),
		},
		{ id: 'repeat', title: 'no repeat', question: 'Why was it empty?', check: checkRepeat },
	],
};
