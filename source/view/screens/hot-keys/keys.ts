// The keys of the screen of hot keys.

import { type Binding, copyKey, replayKeys, writeKey } from '../../keymap.ts';
import { listKeys } from '../../parts/list-keys.ts';

export const hotKeysKeys = [
	{
		keys: ['s'],
		label: 'start, stop a sample',
		command: 'sample',
		group: 'ACT',
		when: 'live',
		bar: 'sample',
		rank: 13,
	},
	{
		keys: ['a'],
		label: 'sample repeatedly',
		command: 'repeat',
		group: 'ACT',
		when: 'live',
		bar: 'again',
		rank: 20,
	},
	...replayKeys,
	...listKeys,
	writeKey,
	copyKey,
] as const satisfies readonly Binding[];
export type HotKeysCommand = (typeof hotKeysKeys)[number]['command'];
