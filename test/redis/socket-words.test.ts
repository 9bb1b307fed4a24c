// What is told of a connection that fails, in plain words with what to do: the codes and words of Node 20 to 26 and of
// OpenSSL, as they came from servers made for each.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TooMuch } from '../../source/core/reply-limits.ts';
import { troubleText } from '../../source/core/text/node-trouble.ts';
import { socketError } from '../../source/redis/socket-error.ts';

const alert = (words: string) =>
	`80DC015D0E7F0000:error:0A00045C:SSL routines:ssl3_read_bytes:${words}:../deps/openssl/x.c:1601:SSL alert number 1\n`;

const rows: readonly (readonly [code: string, message: string, told: RegExp])[] = [
	[
		'SELF_SIGNED_CERT_IN_CHAIN',
		'self-signed certificate in certificate chain',
		/not of a known authority: --cacert FILE$/,
	],
	['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', /not of a known authority/],
	[
		'CERT_HAS_EXPIRED',
		'certificate has expired',
		/the certificate has expired: the server needs a new one, or the clock here is wrong$/,
	],
	['CERT_NOT_YET_VALID', 'certificate is not yet valid', /not valid yet, or the clock here is wrong$/],
	[
		'ERR_TLS_CERT_ALTNAME_INVALID',
		"Hostname/IP does not match certificate's altnames",
		/for another name: --sni NAME$/,
	],
	[
		'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
		alert('tlsv13 alert certificate required'),
		/the server wants a client certificate: --cert FILE --key FILE$/,
	],
	[
		'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
		alert('sslv3 alert handshake failure'),
		/wants a client certificate .*, or no cipher is common/,
	],
	['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', alert('tlsv1 alert protocol version'), /another version of TLS/],
	['ERR_SSL_UNSUPPORTED_PROTOCOL', alert('unsupported protocol'), /another version of TLS/],
	['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', alert('tlsv1 alert unknown ca'), /does not take our client certificate/],
	[
		'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
		alert('sslv3 alert certificate expired'),
		/our client certificate has expired/,
	],
	[
		'ERR_SSL_WRONG_VERSION_NUMBER',
		alert('wrong version number'),
		/does not speak TLS here: leave out --tls$/,
	],
	[
		'ETIMEDOUT',
		'connect ETIMEDOUT',
		/nothing came back within the time limit: host down, or a firewall drops it$/,
	],
	['EHOSTUNREACH', 'connect EHOSTUNREACH', /no route to host$/],
	['ENETUNREACH', 'connect ENETUNREACH', /network is unreachable$/],
	['ENOTFOUND', 'getaddrinfo ENOTFOUND', /host not found$/],
	['EAI_AGAIN', 'getaddrinfo EAI_AGAIN', /the name server does not answer/],
	['ECONNREFUSED', 'connect ECONNREFUSED', /connection refused$/],
];

for (const [code, message, told] of rows)
	test(code, () => {
		const error = socketError(Object.assign(new Error(message), { code }), true);
		assert.match(error.text, told);
		// The finding line and the event say the same.
		assert.match(troubleText(error, 0), told);
		assert.match(troubleText(error, 0), /^no answer: /);
	});

test('protected mode is no refused connection', () => {
	const denied = Object.assign(new Error('DENIED Redis is running in protected mode because'), {
		name: 'ReplyError',
	});
	assert.match(troubleText(socketError(denied, false), 0), /^refuses us: protected mode/);
});

test('an answer that cannot be read to its end is told as that, not as another protocol', () => {
	const error = socketError(new TooMuch('info', 'long'), false);
	assert.equal(error.reason, 'protocol');
	assert.equal(troubleText(error, 0), 'the answer to INFO is longer than 4.0M: not read on');
	assert.equal(
		troubleText({ reason: 'protocol', text: 'the answer is not Redis protocol' }, 0),
		'no answer: not the Redis protocol',
	);
});
