// How long a reply may be, how many parts it may have and how deep they may lie in each other, by kind of command: what
// is more comes from no server that is well, and reading on would fill our memory. The connection ends there, and the
// row says so. Constants, not settings: each is many times the largest that is known, and still harmless to hold.

import { bytes, count } from '../core/text/quantity.ts';

const mebibyte = 1024 * 1024;

/** LATENCY HISTOGRAM of all commands, the whole CONFIG, 128 entries of a slow log: all under 1 MB. */
const usualBytes = 16 * mebibyte;

/** A name or an element may have 512 MB, as much as a string of ours: their readers cut them. */
const nameBytes = 512_000_000;

const bytesByCommand: Readonly<Record<string, number>> = {
	// 100 kB with all sections and 400 commands used; a thousand kinds of errors add as much.
	info: 8 * mebibyte,
	// 1,000 nodes with all slots in single ranges are 300 kB, 50,000 lines 10 MB.
	'cluster nodes': 32 * mebibyte,
	// 350 bytes a client: 60,000 from one host, by their ports; through proxies there may be more.
	'client list': 64 * mebibyte,
	...Object.fromEntries(
		[
			...['scan', 'cluster getkeysinslot', 'hotkeys get', 'hscan', 'sscan', 'zscan'],
			...['lrange', 'xrange', 'getrange', 'hrandfield', 'xinfo stream'],
		].map(feature => [feature, nameBytes]),
	),
};

/** In bytes. `feature` is a command without its arguments, in lower case; undefined where it is not known what was asked. */
export const longestReply = (feature: string | undefined): number =>
	bytesByCommand[feature?.startsWith('info') ? 'info' : (feature ?? '')] ?? usualBytes;

/** CLUSTER SLOT-STATS has 160,000 parts, a batch of a scan some thousand. */
export const mostItems = 1_000_000;

/** More nesting than any reply we ask for: what comes then is no Redis, or no friend. */
export const deepest = 8;

/** A status or an error is one line; servers write some hundred bytes. */
export const longestLine = mebibyte;

/** A reply that is not read to its end. Its words are for the row. */
export class TooMuch extends Error {
	constructor(feature: string | undefined, what: 'long' | 'many' | 'deep' | 'line') {
		const words = {
			long: `is longer than ${bytes(longestReply(feature))}`,
			many: `has more than ${count(mostItems)} parts`,
			deep: `is nested more than ${deepest} deep`,
			line: 'has a line without end',
		};
		super(
			`the answer${feature === undefined ? '' : ` to ${feature.toUpperCase()}`} ${words[what]}: not read on`,
		);
	}
}
