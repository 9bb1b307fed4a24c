// The keys that the two screens of keys have in common: another list, another scope, a closer look at one key.

import type { Binding } from '../keymap.ts';

export const listKeys = [
	{ keys: ['tab'], label: 'next list', command: 'list-next', group: 'ACT', bar: 'lists', rank: 18 },
	{ keys: ['shift-tab'], label: 'list before', command: 'list-before', group: 'ACT' },
	{ keys: ['left'], label: 'shard before, after', command: 'scope-before', group: 'ACT', pair: 'scope' },
	{ keys: ['right'], label: 'shard before, after', command: 'scope-after', group: 'ACT', pair: 'scope' },
	{ keys: ['enter'], label: 'look at the key', command: 'look', group: 'ACT', bar: 'look', rank: 17 },
	{ keys: ['e'], label: 'a few elements of it', command: 'elements', group: 'ACT', when: 'live' },
] as const satisfies readonly Binding[];
