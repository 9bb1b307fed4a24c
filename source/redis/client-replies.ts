// Which of what comes back was said by the server.

import type { Reply } from '../core/types.ts';

/** What the server said, not what became of the connection. */
export const isReplyError = (error: Error): boolean => error.name === 'ReplyError';

/** The same as ioredis makes it. */
export const replyError = (text: string): Error => Object.assign(new Error(text), { name: 'ReplyError' });

/** Undefined of a reply that is no error. */
export const errorText = (reply: Reply | undefined): string | undefined =>
	reply && typeof reply === 'object' && 'error' in reply ? reply.error : undefined;
