// The hash slots of a cluster: how many there are, and how many stand in a list of ranges.

import type { SlotRange } from './types.ts';

export const slotsInCluster = 16384;

export const slotsIn = (ranges: readonly SlotRange[]) =>
	ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
