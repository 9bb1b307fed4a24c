// A node that gives no reading, in words for people: findings and events say the same sentence of it. A node that
// loads, is busy in a script or makes its clients wait does answer, and one that nobody names any more is not missed: those are not silent.

import type { ErrorReason, NodeError, RedisNode } from '../types.ts';
import { printableText } from './printable.ts';
import { duration } from './quantity.ts';

const words: Readonly<Record<ErrorReason, string>> = {
	refused: 'no answer: connection refused',
	timeout: 'no answer: no reply in time',
	'host-not-found': 'no answer: host not found',
	unreachable: 'no answer: network unreachable',
	closed: 'no answer: connection closed',
	tls: 'no answer: TLS failed',
	'needs-password': 'refuses us: needs a password',
	'wrong-password': 'refuses us: wrong user or password',
	'no-permission': 'refuses us: user has no permission',
	'max-clients': 'refuses us: max number of clients reached',
	loading: 'loading its data set',
	busy: 'blocked by a script',
	paused: 'makes all clients wait, as under CLIENT PAUSE',
	masterdown: 'no answer: its primary is down',
	gone: 'nobody names it any more',
	'no-address': 'no usable address is known',
	'not-allowed': 'not dialled',
	protocol: 'no answer: not the Redis protocol',
	'unknown-info': 'does not know INFO',
	other: 'no answer',
};

/** `no answer: connection refused, retry in 2s`. */
export function troubleText(error: NodeError, at: number): string {
	const said = saidOf(error);
	const wait = error.retryAt === undefined ? 0 : Math.ceil((error.retryAt - at) / 1000);
	return wait > 0 ? `${said}, retry in ${duration(wait)}` : said;
}

/** Of these there are many kinds, and which one it is tells what to do. */
const manyKinds: ReadonlySet<ErrorReason> = new Set(['other', 'tls', 'unreachable', 'host-not-found']);

function saidOf({ reason, text, isTold, isOfWay, isLogin }: NodeError): string {
	if (isLogin) return printableText(text);
	if (isOfWay) return `no answer: ${printableText(text)}`;
	if (reason === 'refused' && isTold) return `refuses us: ${printableText(text)}`;
	if (reason === 'no-address' || reason === 'not-allowed') return printableText(text);
	// It did answer, with what cannot be read to its end.
	if (reason === 'protocol' && text.startsWith('the answer to ')) return printableText(text);
	return manyKinds.has(reason) && text !== '' ? `no answer: ${printableText(text)}` : words[reason];
}

const answering: ReadonlySet<ErrorReason> = new Set([
	'loading',
	'busy',
	'paused',
	'masterdown',
	'gone',
	'unknown-info',
]);

/**
 * It answered, though not what was asked: there is a finding for why. One that is full of clients said so itself, and
 * turns away everybody.
 */
export const isAnswer = (error: NodeError | undefined): boolean =>
	error !== undefined &&
	error.reason !== 'gone' &&
	(answering.has(error.reason) || error.reason === 'max-clients');

export const isSilentError = (error: NodeError | undefined): error is NodeError =>
	error !== undefined && !answering.has(error.reason);

/** The operator wants it so: nothing is known of it, and nothing is missed. */
export const isLeftOut = (error: NodeError | undefined): boolean => error?.reason === 'not-allowed';

/** What that means where the node serves clients: it may be well, full or frozen. */
export const leftOutText = ({ text }: NodeError, isSeenIll = false) =>
	`${isSeenIll ? 'its peers do not hear from it' : 'not measured'} (${printableText(text)})`;

/** No reading and no good reason for it, and nobody else who says that it is well. */
export const isSilent = ({ isGone, error, isSeenWell }: Pick<RedisNode, 'isGone' | 'error' | 'isSeenWell'>) =>
	!isGone && isSeenWell !== true && isSilentError(error) && !isLeftOut(error);

const cures: Readonly<Partial<Record<ErrorReason, string>>> = {
	closed: '--tls or --nat FROM=TO',
	'needs-password': 'REDISCLI_AUTH or --askpass',
	'wrong-password': 'REDISCLI_AUTH, --user or --askpass',
};

/** Its peers hear from it, and it serves nobody: 6.0 answers nothing at all while it pauses its clients. */
export const servesNobody = ({ isSeenWell, error }: Pick<RedisNode, 'isSeenWell' | 'error'>): boolean =>
	isSeenWell === true && error?.isAccepted === true;

export const servesNobodyText =
	'takes connections and answers no command, though its peers hear from it: CLIENT PAUSE?';

/** What is wrong with our way to a node that its peers see well, with what would cure it. */
export function awayText({ reason, text, isOfWay }: NodeError): string {
	// No flag cures it.
	if (reason === 'timeout')
		return 'gives us no answer, but its peers reach it: CLIENT PAUSE, or what is between';
	const said = `${notFromHere}, but its peers reach it`;
	if (reason === 'tls' || reason === 'no-permission' || isOfWay) return `${said}: ${printableText(text)}`;
	return `${said}: ${cures[reason] ?? '--nat FROM=TO'}`;
}

export const notFromHere = 'cannot be reached from here';

/** The same in short, for the row. */
export const awayWords = (node: Pick<RedisNode, 'isSeenWell' | 'error'>): string =>
	servesNobody(node) ? 'answers no command' : notFromHere;

/** Its figures are of now: what is not measured is not judged. */
export const isMeasured = (node: RedisNode) =>
	!node.isGone && !node.error && (node.health === 'up' || node.health === 'stale');
