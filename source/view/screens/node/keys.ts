// The keys of the screen of one node.

import { type Binding, compareKey, copyKey, timeKeys } from '../../keymap.ts';

export const nodeKeys = [
	...timeKeys,
	{
		keys: ['left'],
		label: 'node before, after',
		command: 'node-before',
		group: 'ACT',
		bar: 'node',
		rank: 9,
		pair: 'walk',
	},
	{ keys: ['right'], label: 'node before, after', command: 'node-after', group: 'ACT', pair: 'walk' },
	{ keys: ['tab'], label: 'next part of node', command: 'part-next', group: 'ACT', bar: 'part', rank: 10 },
	{ keys: ['shift-tab'], label: 'part before', command: 'part-before', group: 'ACT' },
	{ keys: ['t'], label: 'window 5m to 1h, 7d', command: 'window', group: 'ACT', bar: 'window', rank: 14 },
	compareKey,
	{
		keys: ['s'],
		label: 'ask CLIENT LIST',
		command: 'ask-clients',
		group: 'ACT',
		when: 'live',
		bar: 'clients',
		rank: 25,
	},
	copyKey,
] as const satisfies readonly Binding[];
export type NodeCommand = (typeof nodeKeys)[number]['command'];
