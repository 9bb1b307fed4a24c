// INFO keysizes as Redis 8 tells it, in words, and any text at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
	allInBytes,
	keysOf,
	largestBin,
	largestInWords,
	parseKeysizes,
	rangeOf,
} from '../../../source/core/parse/keysizes.ts';
import { parseInfo } from '../../../source/core/parse/parse-info.ts';
import { often } from '../../lane.ts';
import { captureText } from '../captures.ts';
import { nodeText } from '../node-captures.ts';

test('two databases of Redis 8', () => {
	const found = parseKeysizes(captureText('redis-8.0.2/standalone/info-section-keysizes.txt'));
	assert.deepEqual(
		found.map(({ db, type, unit }) => [db, type, unit]),
		[
			[0, 'strings', 'bytes'],
			[0, 'lists', 'items'],
			[0, 'sets', 'items'],
			[0, 'zsets', 'items'],
			[0, 'hashes', 'items'],
			[1, 'strings', 'bytes'],
		],
	);
	assert.deepEqual(found[0]!.bins, [
		{ from: 1, below: 2, keys: 1 },
		{ from: 64, below: 128, keys: 24_488 },
		{ from: 1024, below: 2048, keys: 24_518 },
	]);
	assert.deepEqual(found.map(largestInWords), [
		'strings: 24518 keys of 1K-2K bytes',
		'lists: 1 key with 32K-64K items',
		'sets: 297 keys with 32-63 members',
		'zsets: 294 keys with 32-63 members',
		'hashes: 1 key with 16K-32K fields',
		'strings: 93 keys of 1 byte',
	]);
});

test('with key-memory-histograms the collections have a second line, in bytes', () => {
	const found = parseKeysizes(captureText('redis-8.6.3/node/info-keysizes-histograms.txt'));
	assert.deepEqual(found.map(largestInWords), [
		'strings: 25 keys of 1K-2K bytes',
		'lists: 1 key of 512K-1M bytes',
		'lists: 1 key with 2K-4K items',
		'sets: 1 key of 128-255 bytes',
		'sets: 1 key with 32-63 members',
		'zsets: 1 key of 256-511 bytes',
		'zsets: 1 key with 32-63 members',
		'hashes: 50 keys of 1K-2K bytes',
		'hashes: 50 keys with 1 field',
	]);
	assert.equal(largestInWords(allInBytes(found)![0]!), 'lists: 1 key of 512K-1M bytes');
	assert.equal(
		allInBytes(found.filter(({ type, unit }) => type !== 'hashes' || unit === 'items')),
		undefined,
	);
	assert.equal(allInBytes(parseKeysizes('db0_distrib_strings_sizes:1=4')), undefined);
});

test('within all of INFO, it has as many keys as the keyspace', () => {
	for (const reading of [1, 2] as const) {
		const text = nodeText('redis-8.0.2', 'info', reading);
		const keys = parseInfo(text).databases![0]!.keys;
		assert.equal(
			parseKeysizes(text).reduce((sum, sizes) => sum + keysOf(sizes), 0),
			keys,
		);
	}
	assert.deepEqual(parseKeysizes(nodeText('valkey-9.1.2', 'info', 1)), []);
});

test('empty strings, units up to exabytes, how many are that large', () => {
	const [sizes] = parseKeysizes('db3_distrib_strings_sizes:0=7,1=3,512=2,1K=4,512K=3,1M=1,2G=1,4E=2\r\n');
	assert.equal(sizes!.db, 3);
	assert.deepEqual(largestBin(sizes!), { from: 4 * 1024 ** 6, below: 8 * 1024 ** 6, keys: 2 });
	assert.deepEqual(sizes!.bins.map(rangeOf), [
		'0',
		'1',
		'512-1023',
		'1K-2K',
		'512K-1M',
		'1M-2M',
		'2G-4G',
		'4E-8E',
	]);
	assert.equal(keysOf(sizes!), 23);
	const [fields] = parseKeysizes('db0_distrib_hashes_items:512K=3');
	assert.equal(largestInWords(fields!), 'hashes: 3 keys with 512K-1M fields');
	const [one] = parseKeysizes('db0_distrib_hashes_items:1=1');
	assert.equal(largestInWords(one!), 'hashes: 1 key with 1 field');
});

test('lines that are none', () => {
	for (const line of [
		'db0_distrib_streams_items:1=1',
		'db0_distrib_lists_items:',
		'db0_distrib_lists_items:x=1,1K2=3,=4,5,6=x,1Q=1,K=1',
		'dbx_distrib_lists_items:1=1',
		' db0_distrib_lists_items:1=1',
		'db0_distrib_lists_items:1=0',
	])
		assert.deepEqual(parseKeysizes(line), [], line);
});

const label = fc.oneof(
	fc.nat(2000).map(String),
	fc.constantFrom('1K', '512M', '8E', 'K', '-1', '1e5', '__proto__'),
);
const nearly = fc
	.array(
		fc.tuple(
			fc.nat(3),
			fc.constantFrom('strings_sizes', 'lists_items', 'x_items'),
			fc.array(fc.tuple(label, label)),
		),
	)
	.map(lines =>
		lines
			.map(([db, name, pairs]) => `db${db}_distrib_${name}:${pairs.map(pair => pair.join('=')).join(',')}`)
			.join('\r\n'),
	);

test('any text: nothing throws, every bin holds something', () => {
	fc.assert(
		fc.property(fc.oneof(nearly, fc.string({ unit: 'binary' })), text => {
			for (const sizes of parseKeysizes(text)) {
				assert.ok(sizes.bins.length > 0 && largestInWords(sizes), 'a bin and its words');
				for (const { from, below, keys } of sizes.bins)
					assert.ok(keys > 0 && from >= 0 && below > from, 'a bin with keys');
			}
		}),
		{ numRuns: often(100, 500) },
	);
});
