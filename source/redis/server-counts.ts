// What a server counts of our commands, told from their replies: a command that it refused to run is in none of its
// counters, and TYPE, PTTL, OBJECT or a length of a key that is there is one of its keyspace hits, of a key that
// has expired or was deleted meanwhile one of its misses. So that what is ours can be taken out of what is shown. MEMORY USAGE and SCAN look nothing up (they walk the dictionary themselves).

import { isArray, isError } from '../core/reply.ts';
import type { Reply } from '../core/types.ts';
import type { Call } from './commands.ts';

const lookingUp: ReadonlySet<Call['name']> = new Set([
	...(['type', 'pttl', 'objectEncoding', 'objectIdletime', 'objectFreq'] as const),
	...(['hlen', 'hrandfield', 'hpttl', 'llen', 'scard', 'zcard', 'vcard', 'strlen', 'xlen'] as const),
	...(['xinfoStream', 'xinfoGroups', 'xinfoConsumers', 'xpending'] as const),
	...(['hscan', 'sscan', 'zscan', 'lrange', 'xrange', 'getrange'] as const),
]);

/** It may be one of the keyspace hits. */
export const looksUp = ({ name }: Call): boolean => lookingUp.has(name);

const numeric: ReadonlySet<Call['name']> = new Set([
	'memoryUsage',
	'objectFreq',
	'objectIdletime',
	'pttl',
] as const);

/** Of keys that are there it answers a number, whatever they are. */
export const answersNumbers = ({ name }: Call): boolean => numeric.has(name);

/**
 * Refused before it ran: not in the server's count of commands. Before 7.0 a command itself looks for its subcommand: what
 * it then says is the answer of a command that ran.
 */
export const isRejected = (text: string): boolean =>
	!text.startsWith('ERR Unknown subcommand or wrong number of arguments') &&
	/^(NOPERM|NOAUTH|LOADING|BUSY|MASTERDOWN|MISCONF|CLUSTERDOWN|MOVED|ASK|TRYAGAIN|CROSSSLOT|ERR unknown|ERR wrong number)/i.test(
		text,
	);

/** The code that errorstats counts an error line under: its first word. */
export const errorCodeOf = (text: string): string => text.split(' ', 1)[0]!;

/** OBJECT refuses by the policy only when it has looked the key up. */
export const isPolicyError = (text: string): boolean => /LFU maxmemory policy is/i.test(text);

/** There is none of these that is empty: 0 is of a key that is not there. */
const neverEmpty: ReadonlySet<Call['name']> = new Set(['hlen', 'llen', 'scard', 'zcard', 'vcard'] as const);

export function isHit(item: Call, reply: Reply): boolean {
	if (!lookingUp.has(item.name)) return false;
	if (isError(reply)) return isPolicyError(reply.error);
	return !isMiss(item, reply);
}

/** The key is gone: none, -2, nil, or 0 where there is none that is empty. */
export function isMiss({ name }: Call, reply: Reply): boolean {
	if (!lookingUp.has(name)) return false;
	if (reply === 0) return neverEmpty.has(name);
	if (name === 'hrandfield' && isArray(reply)) return reply.length === 0;
	return reply === null || reply === 'none' || reply === -2;
}
