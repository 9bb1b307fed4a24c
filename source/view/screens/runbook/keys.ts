// The keys of the screen of a runbook.

import { type Binding, copyKey, replayKeys, writeKey } from '../../keymap.ts';

const step = { label: 'next step; prior, next', group: 'ACT', pair: 'step' } as const;

export const runbookKeys = [
	{ keys: ['enter'], ...step, command: 'follow', bar: 'next', rank: 9 },
	{ keys: ['left'], ...step, command: 'step-before', isHidden: true },
	{ keys: ['right'], ...step, command: 'step-after', isHidden: true },
	{
		keys: ['tab'],
		label: 'audit, memory runbook',
		command: 'other-runbook',
		group: 'ACT',
		bar: 'audit',
		rank: 12,
	},
	{
		keys: ['s'],
		label: 'scan its keys, stop',
		command: 'scan',
		group: 'ACT',
		when: 'live',
		bar: 'scan',
		rank: 13,
	},
	{
		keys: ['x'],
		label: 'run the change; asks',
		command: 'run-change',
		group: 'ACT',
		when: 'live',
		bar: 'run',
		rank: 11,
	},
	{ keys: ['u'], label: 'undo the last; asks', command: 'undo-change', group: 'ACT', when: 'live' },
	...replayKeys,
	writeKey,
	copyKey,
] as const satisfies readonly Binding[];
export type RunbookCommand = (typeof runbookKeys)[number]['command'];
