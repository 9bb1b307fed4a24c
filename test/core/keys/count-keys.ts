// Keys by themselves into a table of patterns, where the program counts many of one make at once.

import { countTally, type PatternTable } from '../../../source/core/keys/key-patterns.ts';

/** `hits` where the keys come from a sample of commands. */
export const countKey = (table: PatternTable, key: string, bytes = 0, hits = 0): void =>
	countTally(table, key, { keys: 1, bytes, hits, sampled: 0, withoutTtl: 0 });

/** A key that was counted was asked for its TTL. */
export const countSample = (table: PatternTable, key: string, hasTtl: boolean): void =>
	countTally(table, key, { keys: 0, bytes: 0, hits: 0, sampled: 1, withoutTtl: hasTtl ? 0 : 1 });
