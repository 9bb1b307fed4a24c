// Replies that are lists: SENTINEL MASTERS, REPLICAS, SENTINELS and CKQUORUM, SLOWLOG GET, and the readings of a Reply
// below them, on all captured versions and on any reply at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
	parseCkquorum,
	parseSentinelMasters,
	parseSentinelPeers,
} from '../../../source/core/parse/parse-sentinel.ts';
import { parseSlowlog } from '../../../source/core/parse/parse-slowlog.ts';
import { asCount, asText, isError, pairsOf } from '../../../source/core/reply.ts';
import type { Reply } from '../../../source/core/types.ts';
import { often } from '../../lane.ts';
import { captureReply, captures, versions } from '../captures.ts';

for (const version of versions) {
	const reply = (name: string) => captureReply(`${version}/sentinel/${name}.resp2`);

	test(`${version}: a master, its replicas, the other Sentinels, its quorum`, () => {
		const [master, ...others] = parseSentinelMasters(reply('ok-masters'))!;
		assert.equal(others.length, 0);
		assert.equal(master!.name, 'mymaster');
		assert.match(master!.address, /^127\.0\.0\.1:730[0-2]$/);
		assert.match(master!.runId!, /^[0-9a-f]{40}$/);
		assert.deepEqual(master!.flags, ['master']);
		const { quorum, replicaCount, otherSentinels, downAfterMilliseconds, failoverTimeoutMilliseconds } =
			master!;
		assert.deepEqual(
			[quorum, replicaCount, otherSentinels, downAfterMilliseconds, failoverTimeoutMilliseconds],
			[2, 2, 2, 2000, 6000],
		);
		assert.deepEqual(
			parseSentinelPeers(reply('ok-replicas'))!.map(peer => peer.flags),
			[['slave'], ['slave']],
		);
		assert.deepEqual(
			parseSentinelPeers(reply('ok-sentinels'))!.map(peer => peer.flags),
			[['sentinel'], ['sentinel']],
		);
		assert.equal(parseCkquorum(reply('ok-ckquorum')).isQuorumReachable, true);
	});

	test(`${version}: a lost quorum`, () => {
		const [master] = parseSentinelMasters(reply('no-quorum-masters'))!;
		assert.deepEqual(master!.flags, ['s_down', 'master', 'disconnected']);
		const { isQuorumReachable, quorumText } = parseCkquorum(reply('no-quorum-ckquorum'));
		assert.equal(isQuorumReachable, false);
		assert.match(quorumText!, /^NOQUORUM 1 usable Sentinels\./);
		assert.deepEqual(parseCkquorum(reply('ok-unknown-master')), {});
		assert.equal(parseSentinelMasters(reply('ok-unknown-master')), undefined);
	});

	test(`${version}: SLOWLOG GET`, () => {
		const raw = captureReply(`${version}/standalone/slowlog-get.resp2`);
		const entries = parseSlowlog(raw);
		assert.equal(entries.length, (raw as unknown[]).length);
		assert.ok(entries.length > 3);
		for (const entry of entries) {
			assert.ok(entry.at > 1_795_000_000_000 && entry.microseconds > 0 && entry.args.length > 0);
			assert.match(entry.client!, /^127\.0\.0\.1:\d+$/);
			assert.equal(entry.clientName, undefined);
		}
		assert.ok(entries.some(({ args }) => args.join(' ') === 'KEYS *'));
	});
}

test('every captured list of every Sentinel has an address for each of its entries', () => {
	const paths = captures(/sentinel\/.*-(masters|replicas|sentinels)\.resp2$/);
	assert.ok(paths.length >= 48);
	for (const path of paths) {
		const raw = captureReply(path);
		if (isError(raw)) continue;
		assert.equal(parseSentinelPeers(raw)!.length, (raw as unknown[]).length, path);
	}
});

test('SLOWLOG of before 4.0, and entries that are none', () => {
	assert.deepEqual(parseSlowlog([[1, 2, 3, ['GET', 'k']], [1, 2, 3], 'x', [1, 'x', 3, []], [-1, 2, 3, []]]), [
		{ id: 1, at: 2000, microseconds: 3, args: ['GET', 'k'], client: undefined, clientName: undefined },
	]);
	assert.deepEqual(parseSlowlog({ error: 'NOPERM' }), []);
	assert.equal(parseSlowlog([[1, 2, 3, ['a'], 'h:1', 'n\x1b[2J']])[0]!.clientName, '"n\\x1b[2J"');
});

test('a master with a host name or IPv6, and one without an address', () => {
	const master = (ip: string) => ['name', 'm', 'ip', ip, 'port', '6379', 'flags', '', 'runid', ''];
	assert.equal(parseSentinelMasters([master('2001:db8::1')])![0]!.address, '[2001:db8::1]:6379');
	assert.equal(parseSentinelMasters([master('db-1.example')])![0]!.address, 'db-1.example:6379');
	assert.equal(
		parseSentinelMasters([master('')])![0]!.address,
		'm',
		'known by the name that the Sentinels have',
	);
	assert.deepEqual(parseSentinelMasters([master('a')])![0]!.flags, []);
});

test('readings of a reply', () => {
	assert.deepEqual(
		[...pairsOf(['a', '1', 'b', null, 'c', 2, 'odd'])],
		[
			['a', '1'],
			['c', '2'],
		],
	);
	assert.equal(asText(null), undefined);
	assert.deepEqual(['12', 12, '-1', -1, '', '1.5', 1.5, Number.NaN, null, []].map(asCount), [
		12,
		12,
		...Array(8).fill(undefined),
	]);
	// A counter that has wrapped is not measured; a number that is not exact is none.
	const large = ['9007199254740991', '9007199254740993', '18446744073709551615', 2 ** 53];
	assert.deepEqual(large.map(asCount), [Number.MAX_SAFE_INTEGER, undefined, undefined, undefined]);
});

const { reply: anyReply } = fc.letrec<{ reply: Reply }>(tie => ({
	reply: fc.oneof(
		{ maxDepth: 4 },
		fc.string({ unit: 'binary' }),
		fc.constantFrom('name', 'ip', 'port', 'flags', '6379', 'OK', '127.0.0.1'),
		fc.double(),
		fc.constant(null),
		fc.record({ error: fc.string({ unit: 'binary' }) }),
		fc.array(tie('reply'), { maxLength: 8 }),
	),
}));

test('never throws, whatever the reply', () => {
	fc.assert(
		fc.property(anyReply, reply => {
			for (const parse of [parseSlowlog, parseSentinelMasters, parseSentinelPeers, parseCkquorum])
				parse(reply);
		}),
		{ numRuns: often(200, 1000) },
	);
});
