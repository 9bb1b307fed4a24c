// From what the client library hands out to a Reply: bytes stay bytes, errors are values.

import type { Reply } from '../core/types.ts';

/** One result of a pipeline. */
export function replyOf(result: [error: Error | null, result: unknown] | undefined): Reply {
	if (!result) return null;
	return result[0] ? { error: result[0].message } : byteStrings(result[1]);
}

/** Buffers become byte strings, so that no byte is lost before `printable` sees it. */
function byteStrings(value: unknown): Reply {
	if (Buffer.isBuffer(value)) return value.toString('latin1');
	if (Array.isArray(value)) return value.map(byteStrings);
	if (value instanceof Error) return { error: value.message };
	if (typeof value === 'number' || typeof value === 'string') return value;
	return value === null || value === undefined ? null : String(value);
}

/** What the server said, not what became of the connection. */
export const isReplyError = (error: Error): boolean => error.name === 'ReplyError';

/** Undefined of a reply that is no error. */
export const errorText = (reply: Reply | undefined): string | undefined =>
	reply && typeof reply === 'object' && 'error' in reply ? reply.error : undefined;
