// The screen of before and after: which moment parts time, whose figures, how long the windows are. Nothing measured is
// kept here; what comes of it is compared.ts.

import type { Address } from '../core/types.ts';

export const compareWindows = [
	{ seconds: 60, words: '1m' },
	{ seconds: 300, words: '5m' },
	{ seconds: 900, words: '15m' },
] as const;

export const settlingTimes = [
	{ seconds: 0, words: '0s' },
	{ seconds: 30, words: '30s' },
	{ seconds: 60, words: '1m' },
	{ seconds: 120, words: '2m' },
] as const;

export type CompareScope = 'fleet' | 'shard' | 'node';
export const compareScopes: readonly CompareScope[] = ['fleet', 'shard', 'node'];

export type CompareState = {
	readonly fleet: number;
	/** The node that it was opened for: its shard and itself are looked at by it. */
	readonly address?: Address;
	readonly scope: CompareScope;
	/** The moment of the marker; undefined is the newest. */
	readonly marker?: number;
	/** Index in `compareWindows`, and in `settlingTimes`. */
	readonly window: number;
	readonly settling: number;
	/** First line drawn of what scrolls. */
	readonly top: number;
};

export const usualCompare = { scope: 'fleet', window: 1, settling: 1, top: 0 } as const;
