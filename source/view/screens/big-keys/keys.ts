// The keys of the screen of big keys.

import type { State } from '../../../state/state.ts';
import { type Binding, copyKey, replayKeys, writeKey } from '../../keymap.ts';
import { listKeys } from '../../parts/list-keys.ts';
import { scanOnScreen } from './rows.ts';

export const bigKeysKeys = [
	{
		keys: ['s'],
		label: 'start, stop a sample',
		command: 'scan',
		group: 'ACT',
		when: 'live',
		// The key that starts it ends it.
		bar: (state: State) => (scanOnScreen(state)?.isOver === false ? 'stop' : 'scan'),
		rank: 13,
	},
	{ keys: ['t'], label: 'scan, TTL of all', command: 'exact', group: 'ACT', when: 'live' },
	{
		keys: ['p', 'space'],
		label: 'hold, resume a scan',
		command: 'pause-scan',
		group: 'ACT',
		when: 'live',
		bar: 'pause',
		rank: 20,
	},
	...replayKeys,
	...listKeys,
	writeKey,
	copyKey,
] as const satisfies readonly Binding[];
export type BigKeysCommand = (typeof bigKeysKeys)[number]['command'];
