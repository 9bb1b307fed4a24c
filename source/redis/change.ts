// Sends one change to one node: the words that were shown to the operator, on the connection that has just read the node
// (consent.ts). Only what a runbook can offer is a change: any other words are refused here, whatever asked for them.
// It does not decide whether changes are allowed; update/change.ts and the engine have done that.

import { allowed, type ChangingName } from '../core/commands.ts';
import { classifyError } from '../core/parse/parse-error.ts';
import { asText, isArray, isError } from '../core/reply.ts';
import type { Reply } from '../core/types.ts';
import { type Call, changingCall } from './commands.ts';
import { isLost, type LeanConnection } from './lean-connection.ts';

export type ChangeReply = {
	/** As the server gave it, or why there is none. */
	readonly text: string;
	readonly isDone: boolean;
};

/** Settings that a runbook sets, with what their values look like. */
const settings: Readonly<Record<string, RegExp>> = {
	maxmemory: /^\d{1,19}$/,
	'maxmemory-policy': /^(noeviction|(allkeys|volatile)-[a-z]{2,8})$/,
	activedefrag: /^(yes|no)$/,
	'client-query-buffer-limit': /^\d{1,19}$/,
	'maxmemory-clients': /^\d{1,19}$/,
	'tracking-table-max-keys': /^\d{1,19}$/,
	'client-output-buffer-limit': /^normal \d{1,19} \d{1,19} \d{1,9}$/,
};

const host = /^[0-9A-Za-z_.:-]{1,255}$/;
const port = /^[1-9]\d{0,4}$/;
/** An ip with its port, or a socket's path as servers write it. */
const clientAddress =
	/^(([0-9.]{7,15}|\[[0-9A-Za-z:.%]{2,60}\]):\d{1,5}|\/[0-9A-Za-z_./-]{1,107}:0|\[\/[0-9A-Za-z_./-]{1,107}:0\]:0)$/;

/** Words that come after a name, each with what it looks like; a command that takes no more has an empty list. */
const shapes: readonly { readonly name: ChangingName; readonly words: readonly (string | RegExp)[] }[] = [
	{ name: 'configRewrite', words: ['CONFIG', 'REWRITE'] },
	{ name: 'memoryPurge', words: ['MEMORY', 'PURGE'] },
	{ name: 'scriptFlush', words: ['SCRIPT', 'FLUSH'] },
	{ name: 'scriptFlush', words: ['SCRIPT', 'FLUSH', 'ASYNC'] },
	{ name: 'clientKill', words: ['CLIENT', 'KILL', 'ID', /^[1-9]\d{0,18}$/, 'ADDR', clientAddress] },
	{ name: 'replicaof', words: ['REPLICAOF', 'NO', 'ONE'] },
	{ name: 'replicaof', words: ['REPLICAOF', host, port] },
	{ name: 'clusterFailover', words: ['CLUSTER', 'FAILOVER', /^(FORCE|TAKEOVER)$/] },
	{ name: 'sentinelFailover', words: ['SENTINEL', 'FAILOVER', /^[A-Za-z0-9._-]{1,200}$/] },
];

/** The call for the words of a change; undefined for words that are none. */
export function changeCall(command: readonly string[]): Call | undefined {
	if (command[0] === 'CONFIG' && command[1] === 'SET') return settingCall(command.slice(2));
	const isShape = (words: readonly (string | RegExp)[]) =>
		words.length === command.length &&
		words.every((word, index) =>
			typeof word === 'string' ? word === command[index] : word.test(command[index]!),
		);
	const shape = shapes.find(({ words }) => isShape(words));
	return shape && changingCall(shape.name, ...command.slice(allowed[shape.name].words.length));
}

function settingCall([name, value, ...more]: readonly string[]): Call | undefined {
	if (name === undefined || value === undefined || more.length > 0) return undefined;
	const shape = Object.hasOwn(settings, name) ? settings[name] : undefined;
	return shape?.test(value) ? changingCall('configSet', name, value) : undefined;
}

export const notAChange: ChangeReply = {
	text: 'not sent: this is no change that redis-top makes',
	isDone: false,
};

/** Sends it on an open connection. Never rejects for what a server does. */
export async function sendOn(connection: LeanConnection, change: Call): Promise<ChangeReply> {
	const answer = await connection.send([change]);
	if (isLost(answer))
		return { text: `sent, and no reply came: ${answer.lost.text}; look whether it was done`, isDone: false };
	return replyOf(answer[0]);
}

function replyOf(reply: Reply | undefined): ChangeReply {
	if (isError(reply)) return { text: refusalText(reply.error), isDone: false };
	if (typeof reply === 'number') return { text: String(reply), isDone: reply > 0 };
	const text = isArray(reply) ? undefined : asText(reply);
	return { text: text ?? 'no text', isDone: text !== undefined };
}

/** What is missing in our words where they say more than the server's. */
function refusalText(error: string): string {
	return error.startsWith('NOPERM') || error.startsWith('NOAUTH') ? classifyError(error).text : error;
}
