// What the charts know of the time before we connected, and which stretch of time is asked for. A key names a stretch; it
// is kept until it is old, and a Prometheus that fails costs its stretch and is asked again after a while.

import type { Spans } from '../core/prometheus/span.ts';
import type { Address } from '../core/types.ts';
import { type ChartWindow, chartWindows, type NodeState, ownWindows } from './node-screen.ts';

/** A thin second line in the charts: the same time so long ago. */
export const comparisons = [
	{ seconds: 86_400, words: 'yesterday' },
	{ seconds: 604_800, words: 'a week ago' },
] as const;

export type Stretch = {
	/** Undefined is all of the fleet. */
	readonly node?: Address;
	readonly seconds: number;
	/** So much earlier than what is drawn. */
	readonly before: number;
	/** Where it ends, ms; undefined is now. */
	readonly until?: number;
};

export type Kept = {
	readonly askedAt: number;
	/** Undefined while the first answer is on its way. */
	readonly spans?: Spans;
	readonly isAsked: boolean;
};

/** Of one fleet with a Prometheus. */
export type Earlier = {
	readonly kept: ReadonlyMap<string, Kept>;
	/** Why there is no past, in one line; told on the message line. */
	readonly trouble?: string;
	/** Until then it is not asked again. */
	readonly restsUntil?: number;
};

export const noEarlier: Earlier = { kept: new Map() };

export const keyOfStretch = ({ node = '', seconds, before, until = 0 }: Stretch): string =>
	`${node} ${seconds} ${before} ${until}`;

/** Lengths of the charts: what we keep ourselves is an hour. */
export const windowsWith = (hasEarlier: boolean): readonly ChartWindow[] =>
	hasEarlier ? chartWindows : ownWindows;

/** Of the window that is chosen. */
export function windowOfNode({ window = 0 }: NodeState, hasEarlier: boolean): ChartWindow {
	return windowsWith(hasEarlier)[window] ?? chartWindows[0];
}
