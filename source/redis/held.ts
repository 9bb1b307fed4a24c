// Whether a server that answers no command makes its clients wait: under CLIENT PAUSE ALL it still reads, and answers at
// once what it refuses before it would run it (6.2 and later), while every command that is well formed waits. A server
// that stands still answers neither, one that was only lost by our connection answers both. Where there is a password
// the login comes between: it may wait for somebody else (LDAP, a module) while the server runs, and RESET, which needs
// no login, tells the two apart. Asked on a connection of its own, and only of a node that has answered nobody for a
// second: it costs the server one error reply.

import { isReplyError } from './client-replies.ts';
import { type Call, call } from './commands.ts';
import { soon, withDeadline } from './deadline.ts';
import { type Credentials, type DialSettings, openClient, type Route } from './dial.ts';

/** It wants a number: what lacks a word is refused before anybody is asked to wait. PING would check its words itself. */
const malformed = call('select');
const reset = call('reset');

/** Both are in one write, so what is answered at all is answered together. */
const patienceMilliseconds = 500;

export type HeldAsked = {
	readonly route: Route;
	readonly settings: DialSettings;
	readonly credentials: Credentials;
	readonly onSent: (calls: readonly Call[]) => void;
	/** What was refused, in the server's words: it counts it as an error. */
	readonly onRefused: (item: Call, text: string) => void;
};

/** What waits for an answer: every command, or the login and what comes behind it. */
export type Held = 'all' | 'login';

/** Undefined also where nothing can be told. */
export async function whatIsHeld({
	route,
	settings,
	credentials,
	onSent,
	onRefused,
}: HeldAsked): Promise<Held | undefined> {
	const client = openClient(route, settings, () => {});
	try {
		await withDeadline(client.connect(), patienceMilliseconds * 2);
		const { user, password } = credentials;
		const login =
			password === undefined ? [] : [call('auth', ...(user === undefined ? [] : [user]), password)];
		const calls = [malformed, ...(login.length > 0 ? [reset] : []), ...login, call('ping')];
		onSent(calls);
		const pipeline = client.pipeline();
		const answers = calls.map(
			({ words: [name, ...words] }) =>
				new Promise<Error | undefined>(resolve => {
					pipeline.callBuffer(name!, ...words, (error?: Error | null) => resolve(error ?? undefined));
				}),
		);
		void pipeline.exec().catch(() => {});
		const refused = await soon(answers[0]!, patienceMilliseconds);
		if (!refused || !isReplyError(refused)) return undefined;
		onRefused(malformed, refused.message);
		const first = answers[1]!;
		const rest = answers.slice(2);
		const hasLogin = login.length > 0;
		const [isOn, isReset] = await Promise.all([
			isAnswered(hasLogin ? rest : [first]),
			hasLogin && isAnswered([first]),
		]);
		if (isOn) return undefined;
		if (!isReset) return 'all';
		// One that does not know it refuses it while all wait, too.
		return (await first) === undefined ? 'login' : undefined;
	} catch {
		return undefined;
	} finally {
		client.disconnect();
	}
}

const isAnswered = async (answers: readonly Promise<unknown>[]): Promise<boolean> =>
	(await soon(
		Promise.race(answers).then(() => true),
		patienceMilliseconds,
	)) === true;
