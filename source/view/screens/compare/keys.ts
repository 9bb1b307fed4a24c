// The keys of the screen of before and after.

import { type Binding, timeKeys, writeKey } from '../../keymap.ts';

export const compareKeys = [
	...timeKeys,
	{
		...({ keys: ['left'], label: 'marker before, after', command: 'marker-before', group: 'ACT' } as const),
		...({ bar: 'marker', rank: 9, pair: 'marker' } as const),
	},
	{
		keys: ['right'],
		label: 'marker before, after',
		command: 'marker-after',
		group: 'ACT',
		pair: 'marker',
	},
	{
		keys: ['tab'],
		label: 'windows of 1, 5, 15m',
		command: 'window-next',
		group: 'ACT',
		bar: 'window',
		rank: 10,
	},
	{ keys: ['s'], label: 'time to settle', command: 'settling-next', group: 'ACT', bar: 'settle', rank: 14 },
	{ keys: ['o'], label: 'of fleet, shard, node', command: 'scope-next', group: 'ACT', bar: 'of', rank: 12 },
	{ keys: ['enter'], label: 'the node at that time', command: 'see-node', group: 'ACT' },
	writeKey,
] as const satisfies readonly Binding[];
export type CompareCommand = (typeof compareKeys)[number]['command'];
