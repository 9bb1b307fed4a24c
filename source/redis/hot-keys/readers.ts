// The rungs that go on by themselves beside HOTKEYS and the walk over counters: the questions of the ladder and the turns
// of a node go through this list. A new one is a file of its own and a line here.

import type { ReadByItself } from './reader.ts';
import { slotStatsReader } from './slot-stats.ts';

export const readers: readonly ReadByItself[] = [slotStatsReader];
