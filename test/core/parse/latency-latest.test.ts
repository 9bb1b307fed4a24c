// LATENCY LATEST of a real server and of none; ACL LOG as 7.0 and later tell it, and whatever else may come.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAclLog } from '../../../source/core/parse/parse-acl-log.ts';
import { parseLatencyLatest } from '../../../source/core/parse/parse-latency-latest.ts';
import type { Reply } from '../../../source/core/types.ts';
import { captureReply } from '../captures.ts';

test('LATENCY LATEST: newest first, the last and the longest of each', () => {
	const events = parseLatencyLatest(captureReply('valkey-8.1.1/standalone/latency-latest.resp2'))!;
	assert.deepEqual(
		events.map(({ name }) => name),
		['command', 'aof-write', 'aof-write-alone', 'eviction-del', 'eviction-cycle', 'fast-command'],
	);
	assert.deepEqual(events[0], {
		...{ name: 'command', at: 1_795_455_897_000, milliseconds: 1, longestMilliseconds: 20 },
	});
	// 6.0 and 7.0 tell four columns.
	assert.deepEqual(parseLatencyLatest([['fork', 1_795_455_897, 1400, 2100]]), [
		{ name: 'fork', at: 1_795_455_897_000, milliseconds: 1400, longestMilliseconds: 2100 },
	]);
	assert.deepEqual(parseLatencyLatest([]), []);
	assert.equal(parseLatencyLatest({ error: 'NOPERM' }), undefined);
});

const entry = (more: Readonly<Record<string, Reply>> = {}): Reply =>
	Object.entries({
		...{ count: 12, reason: 'command', context: 'toplevel', object: 'set', username: 'app' },
		...{
			'age-seconds': '3.021',
			'client-info': 'id=7 addr=10.0.0.9:51812 laddr=10.0.0.1:6379 name=api user=app',
		},
		...{ 'entry-id': 0, 'timestamp-created': 1_795_455_897_000 },
		...more,
	}).flat();

test('ACL LOG: who was refused what, how often, from where', () => {
	assert.deepEqual(parseAclLog([entry(), entry({ reason: 'auth', object: 'AUTH', username: 'ops' })]), [
		{
			...{ reason: 'command', object: 'set', user: 'app', count: 12, ageSeconds: 3.021 },
			client: '10.0.0.9:51812',
			clientName: 'api',
		},
		{
			...{ reason: 'auth', object: 'AUTH', user: 'ops', count: 12, ageSeconds: 3.021 },
			client: '10.0.0.9:51812',
			clientName: 'api',
		},
	]);
	assert.deepEqual(parseAclLog([entry({ 'age-seconds': 'x' }), 'no entry', null]), []);
	assert.equal(parseAclLog({ error: 'NOPERM' }), undefined);
});

test('a name from outside does not reach the terminal raw', () => {
	const [denied] = parseAclLog([entry({ username: '\u001b[2J', object: '\u0007' })])!;
	assert.doesNotMatch(JSON.stringify([denied!.user, denied!.object]), /\\u001b|\\u0007/);
});

test('property: never throws, whatever the reply', () => {
	const leaf = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.record({ error: fc.string() }));
	const reply = fc.array(fc.oneof(leaf, fc.array(fc.oneof(leaf, fc.constantFrom('username', 'reason')))));
	fc.assert(
		fc.property(reply, value => {
			parseLatencyLatest(value as Reply);
			parseAclLog(value as Reply);
		}),
	);
});
