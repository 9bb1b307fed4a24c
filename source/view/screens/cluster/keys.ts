// The keys of the screen of the cluster.

import { type Binding, copyKey, timeKeys, writeKey } from '../../keymap.ts';

export const clusterKeys = [
	...timeKeys,
	{
		keys: ['n'],
		label: 'next, prior event',
		command: 'event-after',
		group: 'ACT',
		bar: 'event',
		rank: 9,
		pair: 'story',
	},
	{ keys: ['N'], label: 'next, prior event', command: 'event-before', group: 'ACT', pair: 'story' },
	{
		keys: ['left'],
		label: 'failover before, after',
		command: 'failover-before',
		group: 'ACT',
		pair: 'failover',
	},
	{
		keys: ['right'],
		label: 'failover before, after',
		command: 'failover-after',
		group: 'ACT',
		pair: 'failover',
	},
	{ keys: ['tab'], label: 'next part of cluster', command: 'part-next', group: 'ACT', bar: 'part', rank: 10 },
	{ keys: ['shift-tab'], label: 'part before', command: 'part-before', group: 'ACT' },
	writeKey,
	copyKey,
] as const satisfies readonly Binding[];
export type ClusterCommand = (typeof clusterKeys)[number]['command'];
