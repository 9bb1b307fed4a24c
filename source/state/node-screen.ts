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

/** Lengths of the charts and of everything that is told over a window. */
export const nodeWindows = [
	{ seconds: 300, words: '5m' },
	{ seconds: 900, words: '15m' },
	{ seconds: 3600, words: '1h' },
] as const;

export type NodeState = {
	readonly fleet: number;
	readonly address: Address;
	/** First line drawn of what scrolls. */
	readonly top: number;
	/** Undefined is the overview. */
	readonly section?: NodeSection;
	/** Index in `nodeWindows`; undefined is the first. */
	readonly window?: number;
	/** Where the window ends, epoch ms; undefined is now. */
	readonly until?: number;
	/** `s` said what it would cost: the next press within a moment is the yes to it. */
	readonly confirm?: Confirm<'ask-clients'>;
	/** When CLIENT LIST was asked for by hand. */
	readonly askedAt?: number;
};

/** Of the window that is chosen. */
export const windowOfNode = ({ window = 0 }: NodeState) => nodeWindows[window] ?? nodeWindows[0];
