// A Reading of each kind of node → a Sample, and what a Sentinel told being kept until it is asked again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { commandNames, commandOf } from '../../../source/core/commands.ts';
import { mergeSentinel, sampleOf } from '../../../source/core/fleet/sample.ts';
import type { Reading, Reply } from '../../../source/core/types.ts';
import { often } from '../../lane.ts';
import { captureReply, captureText, versions } from '../captures.ts';

const own = { commands: 0, hits: 0, inputBytes: 0, outputBytes: 0, calls: {} };

function reading(replies: Reading['replies'], more: Partial<Reading> = {}): Reading {
	return { node: 'a:1', at: 1000, clock: 5, pingMilliseconds: 0.4, replies, refused: [], own, ...more };
}

for (const version of versions) {
	test(`${version}: a data node with everything asked`, () => {
		const of = (name: string): Reply => captureReply(`${version}/${name}.resp2`);
		const sample = sampleOf(
			reading([
				['info', captureText(`${version}/standalone/info-default.txt`)],
				['info commandstats', of('standalone/info-commandstats')],
				['cluster info', of('cluster/ok-primary-cluster-info')],
				['cluster nodes', of('cluster/ok-primary-cluster-nodes')],
				['slowlog get 16', of('standalone/slowlog-get')],
				['config get *', of('standalone/config-get')],
				['acl users', ['default', 'app']],
			]),
		);
		assert.equal(sample.seldom?.aclUsers, 2);
		assert.deepEqual([sample.node, sample.at, sample.clock, sample.pingMilliseconds], ['a:1', 1000, 5, 0.4]);
		assert.equal(sample.info?.maxmemoryBytes, 62914560);
		assert.ok(sample.info!.commands!.get!.calls! > 50_000);
		assert.equal(sample.cluster?.state, 'ok');
		assert.equal(sample.cluster?.peers?.length, 6);
		assert.ok(sample.slowlog!.length > 3);
		assert.equal(sample.config?.maxmemory, '62914560');
		assert.equal(sample.error, undefined);
		assert.equal(sample.sentinel, undefined);
	});

	test(`${version}: a Sentinel with everything asked`, () => {
		const of = (name: string): Reply => captureReply(`${version}/sentinel/no-quorum-${name}.resp2`);
		const { sentinel } = sampleOf(
			reading([
				['sentinel masters', of('masters')],
				['sentinel replicas mymaster', of('replicas')],
				['sentinel sentinels mymaster', of('sentinels')],
				['sentinel ckquorum mymaster', of('ckquorum')],
			]),
		);
		assert.equal(sentinel?.masters[0]?.replicas?.length, 2);
		assert.equal(sentinel?.masters[0]?.sentinels?.length, 2);
		assert.equal(sentinel?.masters[0]?.isQuorumReachable, false);
	});
}

test('what every node is asked for is read', () => {
	const asked = commandNames.map(commandOf).filter(({ polls = [] }) => polls.some(({ when }) => !when));
	assert.ok(asked.length > 5);
	for (const { words } of asked) {
		const sent = words.join(' ').toLowerCase();
		assert.equal(
			sampleOf(reading([[sent, 'x']])).others,
			undefined,
			`${sent}: a line in core/fleet/seldom.ts`,
		);
	}
});

test('what was not asked is undefined, what was refused leaves only its part out', () => {
	const nothing = sampleOf(reading([]));
	assert.ok(
		![nothing.info, nothing.cluster, nothing.sentinel, nothing.slowlog, nothing.config, nothing.error].some(
			Boolean,
		),
	);
	const refusing = sampleOf(
		reading([
			['info', 'role:master'],
			['cluster info', { error: 'ERR This instance has cluster support disabled' }],
			['slowlog get 16', { error: 'NOPERM x' }],
			['config get maxmemory', { error: 'NOPERM x' }],
			['info commandstats', { error: 'NOPERM x' }],
		]),
	);
	assert.equal(refusing.info?.role, 'primary');
	assert.ok(
		![refusing.cluster, refusing.slowlog, refusing.config, refusing.error, refusing.info?.commands].some(
			Boolean,
		),
	);
});

test('an INFO that is refused is the error of the node', () => {
	const error = (text: string) => sampleOf(reading([['info', { error: text }]])).error?.reason;
	assert.equal(error('BUSY Redis is busy running a script.'), 'busy');
	assert.equal(error('NOAUTH Authentication required.'), 'needs-password');
	assert.equal(error("NOPERM this user has no permissions to run the 'info' command"), 'no-permission');
	const known = { reason: 'timeout', text: 'no answer' } as const;
	assert.deepEqual(sampleOf(reading([['info', { error: 'BUSY x' }]], { error: known })).error, known);
	const refused = [{ command: 'info', why: 'no-permission', word: '+info' }] as const;
	assert.equal(sampleOf(reading([], { refused })).error?.reason, 'no-permission');
	assert.equal(sampleOf(reading([['info', 12]])).error?.reason, 'protocol');
});

test('command statistics come along with INFO, never alone', () => {
	const statistics = 'cmdstat_get:calls=1,usec=2';
	assert.equal(sampleOf(reading([['info commandstats', statistics]])).info, undefined);
	assert.equal(
		sampleOf(
			reading([
				['info', 'hz:10'],
				['info commandstats', statistics],
			]),
		).info?.commands?.get?.calls,
		1,
	);
});

test('several CONFIG GET, as 6.0 needs them, are one', () => {
	const { config } = sampleOf(
		reading([
			['config get save', ['save', '']],
			['config get maxmemory', ['maxmemory', '0']],
		]),
	);
	assert.deepEqual(config, { save: '', maxmemory: '0' });
});

const masterReply = (name: string, port: string) => [
	'name',
	name,
	'ip',
	'::1',
	'port',
	port,
	'flags',
	'master',
];
const viewOf = (replies: Reading['replies']) => sampleOf(reading(replies)).sentinel!;

test('replicas, Sentinels and quorum stay until they are asked again', () => {
	const full = viewOf([
		['sentinel masters', [masterReply('a', '1'), masterReply('b', '2')]],
		['sentinel replicas a', [['ip', 'h', 'port', '3']]],
		['sentinel ckquorum a', 'OK 3 usable Sentinels.'],
	]);
	const first = mergeSentinel(undefined, full);
	const second = mergeSentinel(first, viewOf([['sentinel masters', [masterReply('a', '9')]]]));
	assert.deepEqual(
		second.masters.map(({ name, address }) => [name, address]),
		[['a', '[::1]:9']],
	);
	assert.equal(second.masters[0]!.replicas?.[0]?.address, 'h:3');
	assert.equal(second.masters[0]!.isQuorumReachable, true);
	const third = mergeSentinel(
		second,
		viewOf([['sentinel ckquorum a', { error: 'NOQUORUM 1 usable Sentinels.' }]]),
	);
	assert.equal(third.masters[0]!.isQuorumReachable, false);
	assert.equal(third.masters[0]!.address, '[::1]:9');
	assert.equal(third.masters[0]!.replicas?.length, 1);
});

test('details of a master that is not known are no master', () => {
	const partial = viewOf([['sentinel replicas a', []]]);
	assert.equal(partial.isPartial, true);
	assert.deepEqual(mergeSentinel(undefined, partial), { masters: [] });
	assert.deepEqual(mergeSentinel({ masters: [] }, viewOf([['sentinel masters', []]])), { masters: [] });
});

test('never throws, whatever the replies', () => {
	const words = [
		'info',
		'info commandstats',
		'cluster info',
		'cluster nodes',
		'sentinel masters',
		'sentinel replicas a',
	];
	const command = fc.constantFrom(...words, 'sentinel ckquorum a', 'slowlog get 16', 'config get *', 'x');
	const { reply } = fc.letrec<{ reply: Reply }>(tie => ({
		reply: fc.oneof(
			fc.string({ unit: 'binary' }),
			fc.constantFrom('name', 'a', 'ip', 'port', '1', '__proto__'),
			fc.constant(null),
			fc.double(),
			fc.record({ error: fc.string({ unit: 'binary' }) }),
			fc.array(tie('reply'), { maxLength: 8 }),
		),
	}));
	fc.assert(
		fc.property(fc.array(fc.tuple(command, reply), { maxLength: 8 }), replies => {
			const { sentinel } = sampleOf(reading(replies));
			if (sentinel) mergeSentinel(mergeSentinel(undefined, sentinel), sentinel);
		}),
		{ numRuns: often(200, 1000) },
	);
});
