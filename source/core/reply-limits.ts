// How long a reply may be, how many parts it may have and how deep they may lie in each other, by kind of command: what
// is more comes from no server that is well, and reading on would fill our memory. The connection ends there, and the
// row says so. Each length is many times the largest that is known, still harmless to hold, and can be set
// (`replyLimits` in the settings file).

import { bytes, count } from './text/quantity.ts';

const mebibyte = 1024 * 1024;

/** In bytes, of each kind that is not to be as it is by itself. */
export type ReplyLimits = { readonly [Kind in ReplyKind]?: number };
export type ReplyKind = keyof typeof usualReplyLimits;

export const usualReplyLimits = {
	// 100 kB with all sections and 400 commands used, 2 MB with 20,000 commands.
	info: 4 * mebibyte,
	// 1,000 nodes with all slots in single ranges are 300 kB, 50,000 lines 10 MB.
	'cluster nodes': 32 * mebibyte,
	// 350 bytes a client: 60,000 from one host, by their ports; through proxies there may be more.
	'client list': 64 * mebibyte,
	// A name or an element may have 512 MB, as much as a string of ours: their readers cut them.
	keys: 512_000_000,
	// LATENCY HISTOGRAM of all commands, the whole CONFIG, 128 entries of a slow log: all under 1 MB.
	other: 16 * mebibyte,
};

/** A string of ours is not longer. */
export const longestSettable = usualReplyLimits.keys;

/** Replies that hold names or elements. */
const ofKeys: ReadonlySet<string> = new Set([
	...['scan', 'cluster getkeysinslot', 'hotkeys get', 'hscan', 'sscan', 'zscan'],
	...['lrange', 'xrange', 'getrange', 'hrandfield', 'xinfo stream'],
]);

function kindOf(feature = ''): ReplyKind {
	if (feature.startsWith('info')) return 'info';
	if (feature === 'cluster nodes' || feature === 'client list') return feature;
	return ofKeys.has(feature) ? 'keys' : 'other';
}

/** In bytes. `feature` is a command without its arguments, in lower case; undefined where it is not known what was asked. */
export const longestReply = (feature: string | undefined, set: ReplyLimits = {}): number =>
	set[kindOf(feature)] ?? usualReplyLimits[kindOf(feature)];

/**
 * CLUSTER SLOT-STATS has 160,000 parts, SENTINEL MASTERS of 3,000 masters 240,000; a hash or a set that is kept as a
 * list comes whole, however many are asked for.
 */
export const mostItems = (feature: string | undefined): number =>
	kindOf(feature) === 'keys' ? 1_000_000 : 250_000;

/** More nesting than any reply we ask for: what comes then is no Redis, or no friend. */
export const deepest = 8;

/** A status or an error is one line; servers write some hundred bytes. */
export const longestLine = mebibyte;

/** A reply that is not read to its end. Its words are for the row. */
export class TooMuch extends Error {
	constructor(feature: string | undefined, what: 'long' | 'many' | 'deep' | 'line', set?: ReplyLimits) {
		const words = {
			long: `is longer than ${bytes(longestReply(feature, set))}`,
			many: `has more than ${count(mostItems(feature))} parts`,
			deep: `is nested more than ${deepest} deep`,
			line: 'has a line without end',
		};
		super(
			`the answer${feature === undefined ? '' : ` to ${feature.toUpperCase()}`} ${words[what]}: not read on`,
		);
	}
}
