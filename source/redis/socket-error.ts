// What a socket, TLS or the client library says when a node cannot be reached, in words: what is wrong and, where
// it is known, what to do. Errors that the server itself sends are told by core/parse/parse-error.ts.

import { classifyError } from '../core/parse/parse-error.ts';
import { TooMuch } from '../core/reply-limits.ts';
import { printableText } from '../core/text/printable.ts';
import type { NodeError } from '../core/types.ts';
import { NoAnswer, NoHandshake } from './deadline.ts';
import { ViaFailed } from './via.ts';

const byCode: Readonly<Record<string, NodeError>> = {
	ECONNREFUSED: { reason: 'refused', text: 'connection refused' },
	ENOTFOUND: { reason: 'host-not-found', text: 'host not found' },
	EAI_AGAIN: { reason: 'host-not-found', text: 'host not found (the name server does not answer)' },
	ETIMEDOUT: {
		reason: 'unreachable',
		text: 'nothing came back within the time limit: host down, or a firewall drops it',
	},
	EHOSTUNREACH: { reason: 'unreachable', text: 'no route to host' },
	ENETUNREACH: { reason: 'unreachable', text: 'network is unreachable' },
	ECONNRESET: { reason: 'closed', text: 'connection reset by the server' },
	EPIPE: { reason: 'closed', text: 'connection closed by the server' },
	ENOENT: { reason: 'refused', text: 'no such socket file' },
	EACCES: { reason: 'refused', text: 'no permission to open the socket file' },
	ENOTALLOWED: { reason: 'not-allowed', text: 'not dialled: not in allow' },
	EMFILE: { reason: 'other', text: 'no file descriptor is left for this program: ulimit -n allows more' },
	ENFILE: { reason: 'other', text: 'no file descriptor is left on this machine' },
	ENOMEM: { reason: 'other', text: 'no memory is left on this machine' },
	ENOBUFS: { reason: 'other', text: 'no memory is left on this machine' },
	ECONNABORTED: { reason: 'closed', text: 'connection closed by the server' },
};

/** The reason of a failed connection or visit. `isTls` is whether we spoke TLS. */
export function socketError(thrown: Error, isTls: boolean): NodeError {
	if (thrown instanceof NoHandshake) return { reason: 'tls', text: thrown.message };
	if (thrown instanceof NoAnswer) return { reason: 'timeout', text: thrown.message };
	if (thrown instanceof TooMuch) return { reason: 'protocol', text: thrown.message };
	const code = (thrown as NodeJS.ErrnoException).code ?? '';
	if (thrown instanceof ViaFailed) return viaError(thrown.message);
	if (thrown.name === 'ReplyError') return classifyError(thrown.message);
	const tls = tlsError(code, thrown.message);
	if (tls) return tls;
	const known = byCode[code];
	if (known) return code === 'ECONNRESET' && !isTls ? withTlsHint(known) : known;
	// The client's words where a part of what was asked had been answered: so it spoke with us, and as we speak.
	if (/aborted due to connection close/i.test(thrown.message))
		return { reason: 'closed', text: 'connection closed by the server' };
	if (/Connection is closed|Stream isn't writeable/i.test(thrown.message))
		return withTlsHint({ reason: 'closed', text: 'connection closed by the server' }, isTls);
	if (/Protocol error|Unknown RESP type/i.test(thrown.message))
		return { reason: 'protocol', text: 'the answer is not Redis protocol' };
	return { reason: 'other', text: printableText(thrown.message).slice(0, 120) };
}

/** By the words of ssh, nc and the like; of one that says something else its words alone. */
const viaReasons: readonly (readonly [RegExp, NodeError['reason']])[] = [
	[/refused/i, 'refused'],
	[/timed? ?out|unreachable|no route/i, 'unreachable'],
	[/could not resolve|not known|name resolution|not resolve/i, 'host-not-found'],
];

const viaError = (text: string): NodeError => ({
	reason: viaReasons.find(([words]) => words.test(text))?.[1] ?? 'closed',
	text: `via: ${text}`,
	isOfWay: true,
});

const withTlsHint = (error: NodeError, isTls = false): NodeError =>
	isTls ? error : { ...error, text: `${error.text} (if it wants TLS: --tls; a proxy may hang up on INFO)` };

/** By code and words of OpenSSL. Alerts are what the server says of us. */
const tlsReasons: readonly (readonly [RegExp, string])[] = [
	[
		/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE)/,
		'the certificate is not of a known authority: --cacert FILE',
	],
	[
		/^CERT_HAS_EXPIRED/,
		'the certificate has expired: the server needs a new one, or the clock here is wrong',
	],
	[/^CERT_NOT_YET_VALID/, 'the certificate is not valid yet, or the clock here is wrong'],
	[/^CERT_REVOKED/, 'the certificate was revoked'],
	[/^ERR_TLS_CERT_ALTNAME_INVALID/, 'the certificate is for another name: --sni NAME'],
	[/certificate required/i, 'the server wants a client certificate: --cert FILE --key FILE'],
	[
		/protocol version|unsupported protocol|no protocols available/i,
		'the server speaks another version of TLS than we do (1.2 and 1.3)',
	],
	[/alert certificate expired/i, 'our client certificate has expired: --cert FILE --key FILE'],
	[
		/alert (unknown ca|bad certificate|certificate unknown|unsupported certificate|certificate revoked)/i,
		'the server does not take our client certificate: --cert FILE --key FILE',
	],
	[
		/handshake failure|no shared cipher/i,
		'the server wants a client certificate (--cert FILE --key FILE), or no cipher is common to both',
	],
];

/** What is wrong between two that both speak TLS; undefined where it is something else. */
export const tlsWords = (code: string, message: string): string | undefined =>
	tlsReasons.find(([pattern]) => pattern.test(`${code} ${message}`))?.[1];

function tlsError(code: string, message: string): NodeError | undefined {
	if (/wrong version number|packet length too long|EPROTO.*http request/i.test(message))
		return { reason: 'tls', text: 'the server does not speak TLS here: leave out --tls' };
	const known = tlsWords(code, message);
	if (known !== undefined) return { reason: 'tls', text: known };
	if (code.startsWith('ERR_SSL') || code === 'EPROTO')
		return { reason: 'tls', text: `TLS: ${printableText(message).slice(0, 100)}` };
	return undefined;
}
