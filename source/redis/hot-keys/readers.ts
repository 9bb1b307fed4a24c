// The rungs that go on by themselves beside HOTKEYS and the walk over counters: the questions of the ladder and the turns
// of a node go through this list. A new one is a file of its own and a line here.

import type { HotKeysMethod } from '../../core/keys/hot-ladder.ts';
import type { ReadByItself } from './reader.ts';
import { slotStatsReader } from './slot-stats.ts';

/** Those that node-watch.ts and sampling.ts know by name: each is begun and ended in a way of its own. */
type Begun = 'hotkeys' | 'lfu' | 'monitor';

const byMethod: { readonly [Method in Exclude<HotKeysMethod, Begun>]: ReadByItself<Method> } = {
	'slot-stats': slotStatsReader,
};

export const readers: readonly ReadByItself[] = Object.values(byMethod);
