// Error lines of a server → the reason, a sentence for people with what to do, and whether a command is refused for
// good (no right to it, or the server has none such). Texts differ between versions and forks, so the code in front
// decides, and words only where the code is the ERR of everything. Errors of sockets and TLS are not known here.

import { printableText } from '../text/printable.ts';
import type { ErrorReason, NodeError, Refusal } from '../types.ts';

const byCode: Readonly<Record<string, ErrorReason>> = {
	LOADING: 'loading',
	BUSY: 'busy',
	MASTERDOWN: 'masterdown',
	NOAUTH: 'needs-password',
	WRONGPASS: 'wrong-password',
	NOPERM: 'no-permission',
	// Protected mode: the server answers so to all but its own host, and hangs up.
	DENIED: 'refused',
	NOPROTO: 'protocol',
};

const byWords: readonly (readonly [RegExp, ErrorReason])[] = [
	[/^ERR max number of clients/i, 'max-clients'],
	[/^ERR (invalid password|AUTH |Client sent AUTH)/i, 'wrong-password'],
	[/^ERR operation not permitted/i, 'needs-password'],
	[/HELLO must be called with the client already authenticated/i, 'needs-password'],
	[/^ERR Protocol error/i, 'protocol'],
];

/** The reason and the sentence of an error line, its code first: `NOAUTH Authentication required.` */
export function classifyError(text: string): NodeError {
	const reason = reasonOf(text);
	return {
		...{ reason, text: explain(reason, text) },
		...(codeOf(text) === 'DENIED' && { isTold: true }),
		...(reason === 'busy' && isOfFunction(text) && { isFunction: true }),
	};
}

/** `BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.` */
const isOfFunction = (text: string) => /\bFUNCTION KILL\b/.test(text);

function reasonOf(text: string): ErrorReason {
	const code = codeOf(text);
	if (Object.hasOwn(byCode, code)) return byCode[code]!;
	return byWords.find(([words]) => words.test(text))?.[1] ?? 'other';
}

function codeOf(text: string): string {
	const space = text.indexOf(' ');
	return space === -1 ? text : text.slice(0, space);
}

const sentences: Readonly<Record<Exclude<ErrorReason, 'no-permission' | 'other'>, string>> = {
	refused: 'connection refused',
	timeout: 'no answer in time',
	'host-not-found': 'host not found',
	unreachable: 'host unreachable',
	closed: 'connection closed',
	tls: 'TLS failed',
	'needs-password': 'needs a password: REDISCLI_AUTH or --askpass',
	'wrong-password': 'wrong user or password: see REDISCLI_AUTH, --user, --askpass',
	'max-clients': 'max number of clients reached: the server takes no more connections',
	loading: 'loading its data set',
	busy: 'busy with a script: SCRIPT KILL ends one that has written nothing',
	paused: 'makes all clients wait, as under CLIENT PAUSE',
	masterdown: 'replica without its primary, and replica-serve-stale-data is no',
	gone: 'no longer part of the fleet',
	'no-address': 'no usable address is known',
	'not-allowed': 'not dialled: not in allow',
	protocol: 'does not speak the Redis protocol',
	'unknown-info': 'does not know INFO: renamed there, or a proxy; nothing can be measured',
};

const sentencesByCode: Readonly<Record<string, string>> = {
	DENIED: 'protected mode: the server only answers its own host until it has a password',
	MISCONF: 'cannot save to disk, and so refuses writes (MISCONF)',
	CLUSTERDOWN: 'the cluster is down (CLUSTERDOWN)',
};

const longestSentence = 160;

/** What a reason means in one short sentence, and what to do; `text` is the server's own line where there is one. */
export function explain(reason: ErrorReason, text = ''): string {
	const code = codeOf(text);
	if (Object.hasOwn(sentencesByCode, code)) return sentencesByCode[code]!;
	if (reason === 'busy' && isOfFunction(text))
		return 'busy with a function: FUNCTION KILL ends one that has written nothing';
	if (reason === 'no-permission')
		return `no permission: the user needs ${lackingWord(text) ?? 'more rights'}`;
	if (reason === 'wrong-password' && /no password|without any password/i.test(text))
		return 'a password was given, but the server has none: leave it out';
	if (reason === 'other') return printableText(text.trim(), longestSentence) || 'unknown error';
	return sentences[reason];
}

// 6.0 names the command alone ('client'), 7.0 and later the subcommand too ('client|list').
function lackingWord(text: string): string | undefined {
	if (/^NOPERM .*\bchannel/i.test(text)) return '&*';
	if (/^NOPERM .*\bkeys?\b/i.test(text)) return '%R~*';
	const named = /'([a-z0-9_.|-]{1,64})' command/i.exec(text)?.[1];
	return named && `+${named.toLowerCase()}`;
}

/** Commands that are only a name for their subcommands: the ACL's word for those has two parts. */
const containers = new Set([
	...[
		'acl',
		'client',
		'cluster',
		'command',
		'commandlog',
		'config',
		'function',
		'hotkeys',
		'latency',
		'memory',
	],
	...['module', 'object', 'pubsub', 'script', 'sentinel', 'slowlog', 'xinfo'],
]);

const unknown =
	/^(ERR )?(unknown (sentinel )?(sub)?command|wrong number of arguments|syntax error|unsupported command|(the )?command (is )?not (allowed|available|supported))/i;

/**
 * Why a command cannot be used on this node, as long as the connection lasts: undefined for errors that pass.
 * `command` as sent (`slowlog get 16`); the Refusal names it without its arguments (`slowlog get`, `+slowlog|get`).
 */
export function refusalOf(command: string, text: string): Refusal | undefined {
	const why =
		codeOf(text) === 'NOPERM' ? 'no-permission' : unknown.test(text) ? 'unknown-command' : undefined;
	if (!why) return undefined;
	const words = wordsOf(command);
	const isAboutKeys =
		why === 'no-permission' && /\b(keys?|channels?)\b/i.test(text) && !/ command/.test(text);
	const word = (isAboutKeys && lackingWord(text)) || `+${words.join('|')}`;
	return { command: words.join(' '), why, word };
}

function wordsOf(command: string): string[] {
	const words = command.trim().toLowerCase().split(/\s+/, 2);
	return containers.has(words[0] ?? '') ? words : words.slice(0, 1);
}
