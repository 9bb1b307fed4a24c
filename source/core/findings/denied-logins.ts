// A denied login of a user that worked before: one is enough to say it, for somebody has changed a password or lost a
// right, and who is logged in still works until it has to log in again. Read from ACL LOG, asked when the counter of
// denied logins rose, and from the users of CLIENT LIST. A name that is logged in nowhere is somebody who guesses.

import { ownName } from '../node/client-groups.ts';
import type { Denied } from '../parse/parse-acl-log.ts';
import type { Client } from '../parse/parse-client-list.ts';
import { printable } from '../text/printable.ts';

/** ACL LOG with the time it was read. */
export type DeniedSeen = { readonly at: number; readonly list: readonly Denied[] } | undefined;

/** Users that were seen logged in are remembered, so many of a node. */
const usersKept = 100;

/** As ACL LOG names them. */
export function usersIn(known: readonly string[] = [], clients: readonly Client[] = []): readonly string[] {
	const seen = clients.flatMap(({ user }) => (user === undefined ? [] : [printable(user)]));
	return seen.every(user => known.includes(user))
		? known
		: [...new Set([...seen, ...known])].slice(0, usersKept);
}

/** The newest within the time, of a user that is or was logged in. That our own login would be refused is said as that. */
export function deniedLogin(
	denied: DeniedSeen,
	users: readonly string[] = [],
	{ at, seconds }: { readonly at: number; readonly seconds: number },
): Denied | undefined {
	return denied?.list.find(
		({ reason, user, ageSeconds, clientName }) =>
			reason === 'auth' &&
			clientName !== ownName &&
			users.includes(user) &&
			at - denied.at + ageSeconds * 1000 < seconds * 1000,
	);
}
