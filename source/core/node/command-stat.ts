// The parts of a line of INFO commandstats, between two readings of it.

import { riseOf } from '../parse/counters.ts';
import type { CommandStat } from '../types.ts';

export type StatPart = 'calls' | 'usec' | 'rejected' | 'failed';

/** What a part rose by, from nothing where the command is new; undefined where it was not read at either end. */
export function statRise(
	before: CommandStat | undefined,
	now: CommandStat,
	part: StatPart,
): number | undefined {
	return riseOf(before ? countedOf(before, part) : { value: 0 }, countedOf(now, part));
}

const countedOf = (stat: CommandStat, part: StatPart) => ({ value: stat[part], exact: stat.exact?.[part] });
