// Which arguments are keys: the built-in table on every form of command.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { argsNeeded, keysOf, runsScript } from '../../../source/core/keys/command-keys.ts';

// `!` marks what is written.
const cases: readonly (readonly [call: string, keys: string])[] = [
	['GET a', 'a'],
	['get a', 'a'],
	['SET a 1 EX 5', 'a!'],
	['EXPIRE a 5', 'a!'],
	['MGET a b a', 'a b'],
	['DEL a b', 'a! b!'],
	['MSET a 1 b 2', 'a! b!'],
	['MSETEX 2 a 1 b 2 EX 5', 'a! b!'],
	['BLPOP a b 0', 'a! b!'],
	['RENAME a b', 'a! b!'],
	['COPY a b', 'a b!'],
	['SMOVE a b x', 'a! b!'],
	['SUNIONSTORE d a b', 'd! a b'],
	['BITOP AND d a b', 'd! a b'],
	['PFMERGE d a', 'd! a'],
	['ZUNIONSTORE d 2 a b WEIGHTS 1 2', 'd! a b'],
	['SINTERCARD 2 a b LIMIT 3', 'a b'],
	['LMPOP 2 a b LEFT', 'a! b!'],
	['BZMPOP 0 1 a MIN', 'a!'],
	['EVAL script 2 a b arg', 'a! b!'],
	['EVALSHA_RO abc 1 a arg', 'a'],
	['FCALL f 0', ''],
	['EVAL script 99 a', 'a!'],
	['EVAL script x a', ''],
	['XREAD COUNT 5 STREAMS a b 0 0', 'a b'],
	['XREADGROUP GROUP g c COUNT 1 STREAMS a >', 'a!'],
	['XREAD BLOCK 0 STREAMS', ''],
	['SORT a BY w_* GET # STORE d', 'a d!'],
	['sort a store d', 'a d!'],
	['SORT a', 'a'],
	['GEORADIUS a 1 2 3 km STOREDIST d', 'a d!'],
	['GEORADIUSBYMEMBER a m 3 km', 'a'],
	['MIGRATE host 6379 a 0 1000', 'a!'],
	['MIGRATE host 6379  0 1000 KEYS a b', 'a! b!'],
	['OBJECT FREQ a', 'a'],
	['object help', ''],
	['MEMORY USAGE a SAMPLES 0', 'a'],
	['MEMORY STATS', ''],
	['XINFO STREAM a', 'a'],
	['XGROUP CREATE a g $', 'a!'],
	['LCS a b', 'a b'],
	['JSON.MGET a b $', 'a b'],
	['TS.MADD a 1 2 b 1 2', 'a! b!'],
	['MULTI', ''],
	['EXEC', ''],
	['PING', ''],
	['SCAN 0', ''],
	['KEYS *', ''],
	['PUBLISH c m', ''],
	['SPUBLISH c m', ''],
	['NOSUCH a', ''],
	['GET', ''],
];
const told = (call: string) =>
	keysOf(call.split(' '))
		.map(use => use.key + (use.isWrite ? '!' : ''))
		.join(' ');
for (const [call, keys] of cases) test(call, () => assert.equal(told(call), keys));

test('a line cut to the arguments that are needed has the same keys', () => {
	for (const [call, keys] of cases) {
		const args = call.split(' ');
		const found = keysOf(args.slice(0, argsNeeded(args[0]!)));
		assert.equal(found.map(use => use.key + (use.isWrite ? '!' : '')).join(' '), keys, call);
	}
	assert.deepEqual(
		['GET', 'set', 'MULTI', 'OBJECT', 'RENAME', 'NOSUCH'].map(name => argsNeeded(name)),
		[2, 2, 1, 3, 3, 1],
	);
});

test('scripts', () => assert.deepEqual(['EVAL', 'fcall_ro', 'GET'].map(runsScript), [true, true, false]));

test('any arguments: never a throw, and only arguments are keys', () => {
	const words = fc.constantFrom(
		'EVAL',
		'XREAD',
		'STREAMS',
		'SORT',
		'STORE',
		'MIGRATE',
		'KEYS',
		'get',
		'MSETEX',
		'BITOP',
		'OBJECT',
		'freq',
		'2',
		'-1',
		'9999999999',
		'',
		'a',
	);
	fc.assert(
		fc.property(fc.array(words, { maxLength: 9 }), args => {
			for (const { key } of keysOf(args)) assert.ok((args as string[]).includes(key));
		}),
	);
});
