// What is read of replies that every node is asked for now and then, one line each: the field it becomes, the command as
// it is sent, and its parser. `Seldom` is made from the table. Each stays in the NodeTrack until the next one comes.
// types.ts needs it, so a parser here takes its Reply from reply.ts.

import { isArray, type Reply } from '../reply.ts';

/** Undefined leaves what was known. */
export const seldomRead = {
	/** How many ACL USERS lists. */
	aclUsers: ['acl users', reply => (isArray(reply) ? reply.length : undefined)],
} as const satisfies Readonly<Record<string, readonly [command: string, read: (reply: Reply) => unknown]>>;

export type Seldom = {
	readonly [Name in keyof typeof seldomRead]?: ReturnType<(typeof seldomRead)[Name][1]>;
};
