// The first words on a new connection: who we are, and what the server makes of it.

import { classifyError } from '../core/parse/parse-error.ts';
import type { Address, NodeError, Reply } from '../core/types.ts';
import { errorText, replyError } from './client-replies.ts';
import { type Call, call } from './commands.ts';
import { type Credentials, credentialsFor, type DialSettings, hasTwoLogins } from './dial.ts';

type Replies = readonly (readonly [string, Reply])[];

/**
 * What to log in with. Where the Sentinels have a password of their own the server is asked first what it is, by two
 * commands of which each kind knows one: most say so before any login. Valkey 9.1 does not.
 * Rejects with what the server says where it lets nobody in.
 */
export async function loginFor(
	address: Address,
	kind: 'data' | 'sentinel',
	settings: DialSettings,
	ask: (calls: readonly Call[]) => Promise<Replies>,
): Promise<Credentials> {
	if (!hasTwoLogins(settings)) return settings.credentials;
	const replies = await ask([call('sentinelMasters'), call('select')]);
	const [masters, select] = replies.map(([, reply]) => errorText(reply));
	if (masters !== undefined && isShut(masters)) throw replyError(masters);
	const told = isUnknown(select) && !isUnknown(masters) ? 'sentinel' : undefined;
	const isData = select !== undefined && !isUnknown(select) && !select.startsWith('NOAUTH');
	return credentialsFor(address, isData ? 'data' : told, kind, settings);
}

/** AUTH where there is a password, and our name. */
export function greeting({ user, password }: Credentials): readonly Call[] {
	const auth = password === undefined ? [] : [call('auth', ...(user === undefined ? [] : [user]), password)];
	return [...auth, call('clientSetname', 'redis-top')];
}

/**
 * What its replies say. An AUTH that was refused ends the visit; a server without a password is used without one, as
 * redis-cli does. Throws what the server says where it lets nobody in.
 */
export function readGreeting(replies: Replies): {
	readonly refusal?: NodeError;
	readonly isPasswordless: boolean;
} {
	const auth = replies.find(([command]) => command === 'auth')?.[1];
	const first = errorText(replies[0]?.[1]);
	// A server that lets nobody in says so in place of the first reply, and hangs up.
	if (first !== undefined && isShut(first)) throw replyError(first);
	// Without a password each further call would only be one more refusal in the server's statistics.
	const text = errorText(auth) ?? (first?.startsWith('NOAUTH') ? first : undefined);
	const isWithout = text !== undefined && /no password is set|without any password configured/i.test(text);
	const isPasswordless = isWithout || (auth === undefined && text === undefined);
	return text === undefined || isWithout
		? { isPasswordless }
		: { isPasswordless, refusal: classifyError(text) };
}

const isUnknown = (text: string | undefined) => text !== undefined && /^ERR unknown command/i.test(text);
const isShut = (text: string) => /^(DENIED|ERR max number of clients)/i.test(text);
