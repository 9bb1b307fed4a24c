// COMMANDLOG GET of Valkey 8.1 and 9.1: slow commands in microseconds, large requests and replies in bytes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCommandlogLarge } from '../../../source/core/parse/parse-commandlog.ts';
import { parseSlowlog } from '../../../source/core/parse/parse-slowlog.ts';
import type { Reply } from '../../../source/core/types.ts';
import { often } from '../../lane.ts';
import { captureReply } from '../captures.ts';

for (const version of ['valkey-8.1.1', 'valkey-9.1.2']) {
	const reply = (log: string) => captureReply(`${version}/node/commandlog-${log}.resp2`);

	test(`${version}: large replies, newest first`, () => {
		const raw = reply('large-reply') as readonly Reply[];
		const entries = parseCommandlogLarge(raw, 'large-reply');
		assert.equal(entries.length, raw.length);
		const [newest, next] = entries;
		assert.deepEqual(newest!.args, ['LRANGE', 'big', '0', '200']);
		assert.deepEqual([newest!.kind, newest!.bytes], ['large-reply', 201 * 108 + 6]);
		assert.deepEqual([next!.args, next!.bytes], [['GET', 'bigtext'], 9009]);
		assert.ok(newest!.at > 1_700_000_000_000 && /^127\.0\.0\.1:\d+$/.test(newest!.client!));
		assert.ok(entries.every((entry, index) => index === 0 || entry.id < entries[index - 1]!.id));
		assert.ok(entries.some(entry => entry.clientName === 'redis-top'));
		assert.ok(!('microseconds' in newest!));
	});

	test(`${version}: large requests: what a client wrote`, () => {
		const entries = parseCommandlogLarge(reply('large-request'), 'large-request');
		assert.equal(entries[0]!.args[0], 'SET');
		assert.ok(entries[0]!.bytes > 9000 && entries[0]!.args[2]!.length < 200, 'the server cuts the argument');
	});

	test(`${version}: slow commands are those of SLOWLOG GET`, () => {
		const entries = parseSlowlog(reply('slow'));
		assert.ok(entries.some(({ args, microseconds }) => args[0] === 'DEBUG' && microseconds > 20_000));
	});
}

test('a server that has none', () => {
	const refused = captureReply('redis-7.0.15/standalone/commandlog-slow.resp2');
	assert.deepEqual(parseCommandlogLarge(refused, 'large-reply'), []);
});

test('never throws, whatever the reply', () => {
	const { reply } = fc.letrec<{ reply: Reply }>(tie => ({
		reply: fc.oneof(
			{ maxDepth: 4 },
			fc.string({ unit: 'binary' }),
			fc.integer(),
			fc.constant(null),
			fc.array(tie('reply'), { maxLength: 7 }),
		),
	}));
	fc.assert(
		fc.property(reply, any => {
			for (const entry of parseCommandlogLarge(any, 'large-request')) assert.ok(entry.bytes >= 0, 'bytes');
		}),
		{ numRuns: often(100, 500) },
	);
});
