// What the screen of one node remembers: which node, which of its parts, which stretch of time. What it shows of that
// is looked up by the screen (view/screens/node/facts.ts); nothing measured is kept here.

import type { Address } from '../core/types.ts';
import type { Confirm } from './key-screens.ts';

/** What Tab walks through. */
export type NodeSection =
	| 'overview'
	| 'memory'
	| 'commands'
	| 'clients'
	| 'slowlog'
	| 'replication'
	| 'persistence'
	| 'errors';

export const nodeSections: readonly NodeSection[] = [
	'overview',
	'memory',
	'commands',
	'clients',
	'slowlog',
	'replication',
	'persistence',
	'errors',
];

export type ChartWindow = {
	readonly seconds: number;
	readonly words: string;
	/** What is told beside a chart as a figure of before. */
	readonly ago: { readonly seconds: number; readonly words: string };
};

const minuteAgo = { seconds: 60, words: '1m' };
const hourAgo = { seconds: 3600, words: '1h' };

/** Lengths of the charts and of everything that is told over a window. */
export const ownWindows = [
	{ seconds: 300, words: '5m', ago: minuteAgo },
	{ seconds: 900, words: '15m', ago: minuteAgo },
	{ seconds: 3600, words: '1h', ago: minuteAgo },
] as const satisfies readonly ChartWindow[];

/** With what a Prometheus has of the time before. */
export const chartWindows = [
	...ownWindows,
	{ seconds: 21_600, words: '6h', ago: hourAgo },
	{ seconds: 86_400, words: '1d', ago: hourAgo },
	{ seconds: 604_800, words: '7d', ago: { seconds: 86_400, words: '1d' } },
] as const satisfies readonly ChartWindow[];

export type NodeState = {
	readonly fleet: number;
	readonly address: Address;
	/** First line drawn of what scrolls. */
	readonly top: number;
	/** Undefined is the overview. */
	readonly section?: NodeSection;
	/** Index in `chartWindows`; undefined is the first. */
	readonly window?: number;
	/** Where the window ends, epoch ms; undefined is now. */
	readonly until?: number;
	/** `s` said what it would cost: the next press within a moment is the yes to it. */
	readonly confirm?: Confirm<'ask-clients'>;
	/** When CLIENT LIST was asked for by hand. */
	readonly askedAt?: number;
};
