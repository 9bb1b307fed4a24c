// What all commands do together: by how much they are called more, or less, than in the middle of the time before. The
// median of the commands, so that one of them that is called twice as often does not move it.

import { compareLimits } from '../thresholds.ts';
import { isGreeting } from './compared-figures.ts';
import { type Blocks, median } from './robust.ts';
import { type ScopeBlocks, scaled } from './scope-blocks.ts';

/** Of each block; 1 is as in the time before. */
export type Load = { readonly was: Blocks; readonly is: Blocks };

/** Undefined where there are too few commands to tell what they do together. */
export function commandLoad(
	{ was, is }: { readonly was: ScopeBlocks; readonly is: ScopeBlocks },
	names: readonly string[],
): Load | undefined {
	const rows = names
		.filter(name => !isGreeting(name))
		.flatMap(name => {
			const calls = [was, is].map(blocks => blocks.sum('calls', name, 'primaries'));
			const usual = median(calls[0]!.filter(value => value !== undefined) as number[]);
			return usual >= compareLimits.leastCalls ? [calls.map(row => scaled(row, 1 / usual))] : [];
		});
	if (rows.length < compareLimits.fewestCommands) return undefined;
	return { was: middles(rows.map(row => row[0]!)), is: middles(rows.map(row => row[1]!)) };
}

/** Block by block; none where one of them was not read. */
const middles = ([first, ...others]: readonly Blocks[]): Blocks =>
	first!.map((value, index) => {
		const values = [value, ...others.map(row => row[index])].filter(each => each !== undefined) as number[];
		return values.length > others.length ? median(values) : undefined;
	});
