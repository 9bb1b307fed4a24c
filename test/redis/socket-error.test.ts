// What a socket, TLS or a server that hangs up says, as the reason that a row, a finding and the next try go by.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeError } from '../../source/core/types.ts';
import { NoAnswer, NoHandshake } from '../../source/redis/deadline.ts';
import { socketError } from '../../source/redis/socket-error.ts';

const coded = (code: string, message = code) => Object.assign(new Error(message), { code });
const replied = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

const cases: readonly (readonly [thrown: Error, reason: NodeError['reason'], text: RegExp])[] = [
	[coded('ECONNREFUSED'), 'refused', /^connection refused$/],
	[coded('ENOENT'), 'refused', /socket file/],
	[coded('EACCES'), 'refused', /permission/],
	[coded('ENOTFOUND'), 'host-not-found', /^host not found$/],
	[coded('EAI_AGAIN'), 'host-not-found', /name server/],
	[coded('ETIMEDOUT'), 'unreachable', /time limit/],
	[coded('EHOSTUNREACH'), 'unreachable', /route/],
	[coded('ENETUNREACH'), 'unreachable', /network/],
	[coded('ECONNRESET'), 'closed', /reset.*--tls/],
	[coded('EPIPE'), 'closed', /closed/],
	[coded('ECONNABORTED'), 'closed', /closed/],
	[coded('EMFILE'), 'other', /ulimit -n/],
	[coded('ENFILE'), 'other', /descriptor/],
	[new Error('Connection is closed.'), 'closed', /closed.*--tls/],
	[new Error('Command aborted due to connection close'), 'closed', /^connection closed by the server$/],
	[new NoAnswer(5000), 'timeout', /no answer for 5s/],
	[new NoHandshake(5000), 'tls', /leave out --tls/],
	[coded('EPROTO', 'wrong version number'), 'tls', /leave out --tls/],
	[coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls', /--cacert/],
	[coded('CERT_HAS_EXPIRED'), 'tls', /expired/],
	[coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls', /--sni/],
	[coded('ERR_SSL_X', 'tlsv13 alert certificate required'), 'tls', /--cert FILE --key FILE/],
	[new Error('Protocol error, got "H" as reply type byte'), 'protocol', /not Redis protocol/],
	[replied('ERR max number of clients reached'), 'max-clients', /max/],
	[replied('NOAUTH Authentication required.'), 'needs-password', /password/],
	[new Error('something\x1b[2J else'), 'other', /^[^\x1b]+$/],
];

for (const [thrown, reason, text] of cases)
	test(`${thrown.message.slice(0, 40)} is ${reason}`, () => {
		const error = socketError(thrown, false);
		assert.equal(error.reason, reason);
		assert.match(error.text, text);
	});

test('over TLS nobody is told to use it', () => {
	for (const thrown of [coded('ECONNRESET'), new Error('Connection is closed.')])
		assert.doesNotMatch(socketError(thrown, true).text, /--tls/);
});
