// A few elements of one key: the only place that reads what applications have written, and only when the operator
// asked for it. Small commands for a few elements each; where the elements are large none is read, for a page of
// them would be megabytes. Pairs (field and value, member and score, id and entry) come one after the other.

import type { KeyLook, KeyNote } from '../core/keys/key-look.ts';
import { isArray, isError } from '../core/reply.ts';
import type { Reply } from '../core/types.ts';
import { type Call, call } from './commands.ts';

export type Elements = { readonly elements?: readonly string[]; readonly note?: KeyNote };

const mostElements = 5;
/** By the mean: a reply of a few of these is still small. */
const largestElement = 64 * 1024;
const firstBytes = 100;

/** Undefined where the connection or the server does not answer. */
export async function elementsOf(
	look: Partial<KeyLook>,
	key: string,
	ask: (calls: readonly Call[]) => Promise<readonly Reply[] | undefined>,
): Promise<Elements | undefined> {
	const asked = callOf(look.type, key);
	if (asked === undefined) return { note: { kind: 'no-elements', type: look.type ?? '' } };
	const mean = (look.bytes ?? 0) / Math.max(1, look.items ?? 1);
	if (look.type !== 'string' && mean > largestElement)
		return { note: { kind: 'large-elements', bytes: mean } };
	const reply = (await ask([asked]))?.[0];
	if (reply === undefined || isError(reply)) return undefined;
	return { elements: flat(look.type, reply) };
}

function callOf(type: string | undefined, key: string): Call | undefined {
	switch (type) {
		case 'hash':
			return call('hscan', key, '0', 'COUNT', String(mostElements));
		case 'set':
			return call('sscan', key, '0', 'COUNT', String(mostElements));
		case 'zset':
			return call('zscan', key, '0', 'COUNT', String(mostElements));
		case 'list':
			return call('lrange', key, '0', String(mostElements - 1));
		case 'stream':
			return call('xrange', key, '-', '+', 'COUNT', '3');
		case 'string':
			return call('getrange', key, '0', String(firstBytes - 1));
		default:
			return undefined;
	}
}

/** A small encoding answers a scan with all it has: the first few are kept. */
function flat(type: string | undefined, reply: Reply): readonly string[] {
	if (typeof reply === 'string') return [reply];
	if (!isArray(reply)) return [];
	switch (type) {
		case 'hash':
		case 'zset':
			return texts(reply[1]).slice(0, mostElements * 2);
		case 'set':
			return texts(reply[1]).slice(0, mostElements);
		case 'stream':
			return reply.flatMap(entry => (isArray(entry) ? [text(entry[0]), entryText(entry[1])] : []));
		default:
			return texts(reply).slice(0, mostElements);
	}
}

const texts = (reply: Reply | undefined): string[] => (isArray(reply) ? reply.map(text) : []);
const text = (reply: Reply | undefined): string =>
	typeof reply === 'string' || typeof reply === 'number' ? String(reply) : '';

/** `field value field value`, as redis-cli lists them. */
const entryText = (reply: Reply | undefined): string => texts(reply).join(' ');
