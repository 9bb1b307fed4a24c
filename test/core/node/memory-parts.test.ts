// The parts of used_memory: on every captured version they add up to it to the byte, also where the server's own figures
// do not, and for any reply at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
	type MemoryPartId,
	type MemoryParts,
	memoryPartsOf,
	parseMemoryStats,
} from '../../../source/core/node/memory-parts.ts';
import { parseInfo } from '../../../source/core/parse/parse-info.ts';
import type { Info, Reply } from '../../../source/core/types.ts';
import { often } from '../../lane.ts';
import { captureReply, captureText, versions } from '../captures.ts';
import { nodeInfo, nodeReply, nodeVersions } from '../node-captures.ts';

const total = ({ parts }: MemoryParts) => parts.reduce((sum, { bytes }) => sum + bytes, 0);
const bytesOf = ({ parts }: MemoryParts, id: MemoryPartId) => parts.find(part => part.id === id)?.bytes;
const outsideSum = ({ outside: o }: MemoryParts) =>
	o.unaccountedBytes! + o.fragmentedBytes! + o.retainedBytes! + o.processBytes!;

for (const version of versions) {
	const info = parseInfo(captureText(`${version}/standalone/info-everything.txt`));
	const raw = captureReply(`${version}/standalone/memory-stats.resp2`) as readonly Reply[];
	const number = (name: string) => raw[raw.indexOf(name) + 1] as number;

	test(`${version}: a full server: the parts are the server's figures and add up to its own total`, () => {
		const parts = memoryPartsOf(info, parseMemoryStats(raw))!;
		assert.notEqual(info.usedMemoryBytes, number('total.allocated'), 'INFO is of another moment');
		assert.equal(parts.usedBytes, number('total.allocated'));
		assert.equal(total(parts), number('total.allocated'));
		assert.equal(parts.source, 'memory stats');
		assert.equal(bytesOf(parts, 'dataset'), number('dataset.bytes'));
		assert.equal(bytesOf(parts, 'clients'), number('clients.normal'));
		assert.equal(bytesOf(parts, 'backlog'), number('replication.backlog'));
		assert.equal(bytesOf(parts, 'replica-buffers'), number('clients.slaves'));
		assert.equal(bytesOf(parts, 'aof-buffer'), number('aof.buffer'));
		assert.equal(bytesOf(parts, 'startup'), number('startup.allocated'));
		assert.ok(bytesOf(parts, 'key-tables')! > 1_000_000);
		assert.ok(bytesOf(parts, 'scripts')! > 100);
		// The server's own accounting leaves no rest.
		assert.equal(bytesOf(parts, 'other'), 0);
		assert.equal(bytesOf(parts, 'overcounted'), undefined);
		assert.equal(parts.overcountedBytes, 0);
		assert.equal(outsideSum(parts), info.rssBytes! - info.usedMemoryBytes!);
	});

	test(`${version}: without MEMORY STATS the key tables are in other`, () => {
		const parts = memoryPartsOf(info)!;
		assert.equal(total(parts), info.usedMemoryBytes);
		assert.equal(parts.source, 'info');
		assert.equal(bytesOf(parts, 'dataset'), info.usedMemoryBytes! - info.overheadBytes!);
		assert.ok(
			Math.abs(bytesOf(parts, 'dataset')! - info.datasetBytes!) < 100,
			'to some bytes of INFO itself',
		);
		assert.equal(bytesOf(parts, 'key-tables'), undefined);
		const tables = bytesOf(memoryPartsOf(info, parseMemoryStats(raw))!, 'key-tables')!;
		const interpreters = version === 'redis-8.0.2' ? info.interpretersBytes! : 0;
		assert.ok(
			Math.abs(bytesOf(parts, 'other')! - tables - interpreters) < 100,
			'to some bytes of INFO itself',
		);
	});
}

for (const version of nodeVersions)
	for (const reading of [1, 2] as const)
		test(`${version}: 10 MB of unread replies, reading ${reading}`, () => {
			const info = nodeInfo(version, reading);
			const stats = parseMemoryStats(nodeReply(version, 'memory-stats', reading))!;
			const parts = memoryPartsOf(info, stats)!;
			assert.equal(total(parts), stats.totalBytes);
			assert.equal(bytesOf(parts, 'other'), 0);
			assert.equal(bytesOf(parts, 'dataset'), Math.max(0, stats.datasetBytes!));
			assert.ok(parts.parts.every(({ id, bytes }) => id === 'overcounted' || bytes >= 0));
			assert.equal(outsideSum(parts), info.rssBytes! - info.usedMemoryBytes!);
			const alone = memoryPartsOf(info)!;
			assert.equal(total(alone), info.usedMemoryBytes);
			assert.equal(alone.overcountedBytes > 0, parts.overcountedBytes > 0);
		});

test('a dataset below nothing, as 7.0 told it: 0, and what is counted too much stands by itself', () => {
	const info = nodeInfo('redis-7.0.15', 1);
	const stats = parseMemoryStats(nodeReply('redis-7.0.15', 'memory-stats', 1))!;
	assert.equal(stats.datasetBytes, -1_237_945);
	assert.equal(info.datasetBytes, undefined);
	const parts = memoryPartsOf(info, stats)!;
	assert.equal(parts.overcountedBytes, 1_237_945);
	assert.equal(bytesOf(parts, 'dataset'), 0);
	assert.equal(bytesOf(parts, 'other'), 0);
	assert.equal(bytesOf(parts, 'overcounted'), -1_237_945);
	const fromInfo = memoryPartsOf(info)!;
	assert.equal(fromInfo.overcountedBytes, info.overheadBytes! - info.usedMemoryBytes!);
});

test('the tables of each database, and what a cluster has beside them', () => {
	const stats = parseMemoryStats(captureReply('redis-7.0.15/standalone/memory-stats.resp2'))!;
	assert.deepEqual(stats.tables, [
		{ db: 0, keysBytes: 2_523_728, expiresBytes: 180_352 },
		{ db: 1, keysBytes: 4744, expiresBytes: 0 },
	]);
	const table = [
		'overhead.hashtable.main',
		5,
		'overhead.hashtable.slot-to-keys',
		7,
		'overhead.hashtable.expires',
		1,
	];
	assert.deepEqual(parseMemoryStats(['total.allocated', 9, 'db.3', table])!.tables, [
		{ db: 3, keysBytes: 12, expiresBytes: 1 },
	]);
});

test('what later versions hold for a full sync and for slots on their way', () => {
	const stats = parseMemoryStats([
		...[
			'total.allocated',
			1000,
			'clients.slaves',
			10,
			'replica.fullsync.buffer',
			20,
			'replicas.repl.buffer',
			30,
		],
		...['cluster.links', 1, 'cluster.slot_import', 2, 'cluster.slot_export', 3, 'overhead.total', 400],
	])!;
	assert.deepEqual([stats.replicasBytes, stats.clusterBytes, stats.datasetBytes], [60, 6, 600]);
	const parts = memoryPartsOf({ usedMemoryBytes: 1010 }, stats)!;
	assert.equal(total(parts), 1000);
	assert.equal(bytesOf(parts, 'other'), 1000 - 60 - 6 - 600);
});

test('nothing is known: nothing is told', () => {
	assert.equal(parseMemoryStats({ error: 'NOPERM' }), undefined);
	assert.equal(parseMemoryStats(['peak.allocated', 5]), undefined);
	assert.equal(memoryPartsOf({}), undefined);
	const parts = memoryPartsOf({ usedMemoryBytes: 0, rssBytes: 5 })!;
	assert.deepEqual(parts.parts, [{ id: 'other', bytes: 0, share: 0 }]);
	assert.deepEqual(parts.outside, {
		rssBytes: 5,
		unaccountedBytes: undefined,
		fragmentedBytes: undefined,
		retainedBytes: undefined,
		processBytes: undefined,
	});
});

const bytes = fc.integer({ min: -(2 ** 40), max: 2 ** 40 });
const statNames = [
	...[
		'total.allocated',
		'startup.allocated',
		'dataset.bytes',
		'clients.normal',
		'clients.slaves',
		'lua.caches',
	],
	...['overhead.total', 'replication.backlog', 'db.0', 'db.x', '__proto__'],
];
const statsReply: fc.Arbitrary<Reply> = fc
	.array(
		fc.tuple(
			fc.constantFrom(...statNames),
			fc.oneof(
				bytes,
				fc.string({ unit: 'binary' }),
				fc.constant(null),
				fc.double(),
				fc.array(fc.oneof(fc.constantFrom('overhead.hashtable.main', 'overhead.hashtable.expires'), bytes)),
			),
		),
		{ maxLength: 12 },
	)
	.map(pairs => ['total.allocated', 5, ...pairs.flat()]);
const anyReply: fc.Arbitrary<Reply> = fc.oneof(
	statsReply,
	fc.array(fc.oneof(fc.string(), fc.double(), fc.constant(null))),
	fc.string(),
	fc.constant(null),
);
const amount = fc.option(fc.nat(2 ** 40), { nil: undefined });

test('any reply: nothing throws, and the parts add up', () => {
	fc.assert(
		fc.property(
			anyReply,
			fc.record({ used: amount, dataset: amount, overhead: amount, clients: amount }),
			(reply, is) => {
				const info: Info = {
					usedMemoryBytes: is.used,
					datasetBytes: is.dataset,
					overheadBytes: is.overhead,
					clientsNormalBytes: is.clients,
				};
				const parts = memoryPartsOf(info, parseMemoryStats(reply));
				if (!parts) return;
				assert.equal(total(parts), parts.usedBytes);
				assert.ok(
					parts.parts.every(({ id, bytes }) => id === 'other' || id === 'overcounted' || bytes >= 0),
					'of a server whose figures make no sense other may be negative too',
				);
				assert.equal(new Set(parts.parts.map(part => part.id)).size, parts.parts.length);
			},
		),
		{ numRuns: often(100, 500) },
	);
});
