import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRejected } from '../../source/redis/server-counts.ts';

test('a subcommand that is not known is an answer of the command before 7.0, which counts it, and refused from then on', () => {
	// Of CLIENT NO-TOUCH on 6.0.16, 7.0.15 and Valkey 9.1.2.
	const old = "ERR Unknown subcommand or wrong number of arguments for 'no-touch'. Try CLIENT HELP.";
	const since = "ERR unknown subcommand 'no-touch'. Try CLIENT HELP.";
	assert.deepEqual([isRejected(old), isRejected(since)], [false, true]);
	assert.equal(isRejected('ERR unknown command `HOTKEYS`, with args beginning with: `GET`, '), true);
});
