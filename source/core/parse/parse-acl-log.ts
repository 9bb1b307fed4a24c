// ACL LOG → who was refused what: the user, the command, key or channel, how often and from where. Of the line about the
// client only its address and name are taken; no argument and no password is in this log.

import { asCount, asText, fieldsOf, isArray, type Reply } from '../reply.ts';
import { printable } from '../text/printable.ts';

/** All texts are printable. */
export type Denied = {
	/** `auth`, `command`, `key`, `channel`, and what later versions add. */
	readonly reason: string;
	/** The command, key or channel. */
	readonly object: string;
	readonly user: string;
	readonly count: number;
	/** Since the last time, when it was asked. */
	readonly ageSeconds: number;
	readonly client?: string;
	/** As it named itself. */
	readonly clientName?: string;
};

const longestText = 60;

/** Undefined where it is no such list; an entry that is not understood is left out. In the server's order, newest first. */
export function parseAclLog(reply: Reply): readonly Denied[] | undefined {
	if (!isArray(reply)) return undefined;
	return reply.flatMap(entry => deniedOf(fieldsOf(entry)));
}

function deniedOf(fields: ReadonlyMap<string, Reply>): Denied[] {
	const text = (name: string) => {
		const value = asText(fields.get(name));
		return value === undefined ? undefined : printable(value, longestText);
	};
	const [reason, object, user] = [text('reason'), text('object'), text('username')];
	const age = Number(text('age-seconds') ?? Number.NaN);
	if (reason === undefined || user === undefined || !(age >= 0)) return [];
	return [
		{
			reason,
			object: object ?? '',
			user,
			count: asCount(fields.get('count')) ?? 1,
			ageSeconds: age,
			client: wordIn('addr', asText(fields.get('client-info'))),
			clientName: wordIn('name', asText(fields.get('client-info'))),
		},
	];
}

function wordIn(name: 'addr' | 'name', info: string | undefined): string | undefined {
	const word = info === undefined ? undefined : new RegExp(` ${name}=([^ ]{1,80})`).exec(info)?.[1];
	return word === undefined ? undefined : printable(word, longestText);
}
