// The error lines of all captured versions, and those that only other versions or services send.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classifyError, explain, refusalOf } from '../../../source/core/parse/parse-error.ts';
import type { ErrorReason } from '../../../source/core/types.ts';
import { capture, captures } from '../captures.ts';

const reasons: readonly [text: string, reason: ErrorReason, sentence: RegExp][] = [
	['LOADING Redis is loading the dataset in memory', 'loading', /loading/],
	['LOADING Valkey is loading the dataset in memory', 'loading', /loading/],
	[
		'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
		'busy',
		/SCRIPT KILL/,
	],
	[
		'BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.',
		'busy',
		/FUNCTION KILL/,
	],
	[
		"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
		'masterdown',
		/stale-data/,
	],
	['NOAUTH Authentication required.', 'needs-password', /^needs a password: REDISCLI_AUTH or --askpass$/],
	[
		'NOAUTH HELLO must be called with the client already authenticated, otherwise…',
		'needs-password',
		/askpass/,
	],
	['ERR HELLO must be called with the client already authenticated', 'needs-password', /askpass/],
	['ERR operation not permitted', 'needs-password', /askpass/],
	['WRONGPASS invalid username-password pair', 'wrong-password', /wrong user or password/],
	[
		'WRONGPASS invalid username-password pair or user is disabled.',
		'wrong-password',
		/wrong user or password/,
	],
	['ERR invalid password', 'wrong-password', /wrong user or password/],
	['ERR Client sent AUTH, but no password is set', 'wrong-password', /the server has none/],
	[
		'ERR AUTH <password> called without any password configured for the default user. Are you sure…',
		'wrong-password',
		/has none/,
	],
	[
		"NOPERM this user has no permissions to run the 'client' command or its subcommand",
		'no-permission',
		/needs \+client$/,
	],
	[
		"NOPERM this user has no permissions to run the 'client|list' command",
		'no-permission',
		/needs \+client\|list$/,
	],
	[
		"NOPERM User low has no permissions to run the 'config|get' command",
		'no-permission',
		/needs \+config\|get$/,
	],
	["NOPERM User 'command' has no permissions to run the 'info' command", 'no-permission', /needs \+info$/],
	[
		'NOPERM this user has no permissions to access one of the keys used as arguments',
		'no-permission',
		/needs %R~\*$/,
	],
	['NOPERM No permissions to access a channel', 'no-permission', /needs &\*$/],
	['NOPERM', 'no-permission', /more rights/],
	['ERR max number of clients reached', 'max-clients', /max number of clients/],
	['ERR max number of clients + cluster connections reached', 'max-clients', /max number of clients/],
	['DENIED Redis is running in protected mode because…', 'refused', /protected mode/],
	['NOPROTO unsupported protocol version', 'protocol', /protocol/],
	[
		"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
		'other',
		/save to disk/,
	],
	['CLUSTERDOWN The cluster is down', 'other', /cluster is down/],
	[
		'ERR This instance has cluster support disabled',
		'other',
		/^ERR This instance has cluster support disabled$/,
	],
	['BUSYGROUP Consumer Group name already exists', 'other', /BUSYGROUP/],
	['ERR a\x1b[2J', 'other', /^"ERR a\\x1b\[2J"$/],
	['', 'other', /unknown error/],
	['constructor x', 'other', /constructor x/],
];
for (const [text, reason, sentence] of reasons) {
	test(`${JSON.stringify(text.slice(0, 60))} is ${reason}`, () => {
		const error = classifyError(text);
		assert.equal(error.reason, reason);
		assert.match(error.text, sentence);
	});
}

const refusals: readonly [
	command: string,
	text: string,
	expected: [command: string, why: string, word: string] | undefined,
][] = [
	['info', "NOPERM User x has no permissions to run the 'info' command", ['info', 'no-permission', '+info']],
	['info commandstats', 'NOPERM x', ['info', 'no-permission', '+info']],
	[
		'cluster nodes',
		"NOPERM this user has no permissions to run the 'cluster' command or its subcommand",
		['cluster nodes', 'no-permission', '+cluster|nodes'],
	],
	[
		'slowlog get 16',
		"NOPERM User low has no permissions to run the 'slowlog|get' command",
		['slowlog get', 'no-permission', '+slowlog|get'],
	],
	['CONFIG GET maxmemory', 'NOPERM …', ['config get', 'no-permission', '+config|get']],
	[
		'client no-evict on',
		"ERR Unknown subcommand or wrong number of arguments for 'no-evict'. Try CLIENT HELP.",
		['client no-evict', 'unknown-command', '+client|no-evict'],
	],
	[
		'sentinel masters',
		"ERR Unknown sentinel subcommand 'masters'",
		['sentinel masters', 'unknown-command', '+sentinel|masters'],
	],
	[
		'slowlog get 16',
		'ERR unknown command `SLOWLOG`, with args beginning with: `GET`, ',
		['slowlog get', 'unknown-command', '+slowlog|get'],
	],
	[
		'cluster slot-stats',
		"ERR unknown subcommand 'SLOT-STATS'. Try CLUSTER HELP.",
		['cluster slot-stats', 'unknown-command', '+cluster|slot-stats'],
	],
	['hello 2', "ERR wrong number of arguments for 'hello' command", ['hello', 'unknown-command', '+hello']],
	['memory usage k', 'NOPERM No permissions to access a key', ['memory usage', 'no-permission', '%R~*']],
	[
		'info',
		"NOPERM User key has no permissions to run the 'info' command",
		['info', 'no-permission', '+info'],
	],
	['info', 'LOADING Redis is loading', undefined],
	['info', 'BUSY Redis is busy', undefined],
	['info', 'NOAUTH Authentication required.', undefined],
	['cluster info', 'ERR This instance has cluster support disabled', undefined],
	['sentinel ckquorum m', 'NOQUORUM 1 usable Sentinels.', undefined],
];
for (const [command, text, expected] of refusals) {
	test(`${command}: ${JSON.stringify(text.slice(0, 50))} → ${expected?.join(' ') ?? 'passes'}`, () => {
		const refusal = refusalOf(command, text);
		assert.deepEqual(refusal && [refusal.command, refusal.why, refusal.word], expected);
	});
}

test('every captured refusal of a user with few rights is one', () => {
	let count = 0;
	for (const path of captures(/auth-errors\.txt$/)) {
		for (const [, command, text] of capture(path).matchAll(/^([A-Za-z ]+): "(NOPERM .*)"$/gm)) {
			assert.equal(refusalOf(command!.replace(/ x$/, ''), text!)?.why, 'no-permission');
			assert.equal(classifyError(text!).reason, 'no-permission');
			count++;
		}
	}
	assert.ok(count >= 20);
});

test('every captured BUSY and MASTERDOWN line is known as such', () => {
	const lines = captures(/(busy-script|masterdown)\.txt$/).flatMap(
		path => capture(path).match(/(BUSY|MASTERDOWN) [^"\n]*/g) ?? [],
	);
	assert.ok(lines.length > 20);
	for (const line of lines) assert.match(classifyError(line).reason, /busy|masterdown/);
});

test('any text gives a reason and a short sentence that is safe on a terminal', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), fc.string(), (text, command) => {
			const error = classifyError(text);
			assert.ok(error.text.length > 0 && error.text.length < 2200);
			assert.doesNotMatch(error.text, /[\x00-\x1f\x7f-\x9f]/);
			refusalOf(command, text);
		}),
	);
	assert.equal(explain('timeout'), 'no answer in time');
});
