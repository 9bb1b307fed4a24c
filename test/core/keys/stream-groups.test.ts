// The groups of a stream as servers tell them, and what pending entries make of its size. Reports: a stream that is
// trimmed while its group never acknowledges (https://github.com/redis/redis/issues/5718, 8635, 10777).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
	countsPending,
	groupIdle,
	isOutweighed,
	oldestPending,
	parseGroups,
	streamSize,
} from '../../../source/core/keys/stream-groups.ts';

const group = (...fields: readonly (string | number | null)[]) => fields;

describe('XINFO GROUPS', () => {
	test('as Redis 7 tells it, and as 6 does without the lag', () => {
		const seven = group(
			...['name', 'billing', 'consumers', 3, 'pending', 800_000, 'last-delivered-id', '1653569485209-0'],
			...['entries-read', 800_000, 'lag', 12],
		);
		const six = group('name', 'mail', 'consumers', 1, 'pending', 0, 'last-delivered-id', '0-0');
		const unknown = group(
			'name',
			'gaps',
			'consumers',
			1,
			'pending',
			0,
			'last-delivered-id',
			'5-0',
			'lag',
			null,
		);
		assert.deepEqual(parseGroups([seven, six, unknown]), [
			{ name: 'billing', consumers: 3, pending: 800_000, lag: 12, lastDeliveredId: '1653569485209-0' },
			{ name: 'mail', consumers: 1, pending: 0, lag: undefined, lastDeliveredId: '0-0' },
			{ name: 'gaps', consumers: 1, pending: 0, lag: undefined, lastDeliveredId: '5-0' },
		]);
		for (const odd of [null, 'text', [], [null], [['name']], { error: 'NOPERM' }] as const)
			assert.deepEqual(parseGroups(odd), []);
	});

	test('the oldest pending entry by its id where that is a time', () => {
		assert.equal(oldestPending([2, '1653569485209-0', '1653569485999-3', [['pod', '2']]]), 1_653_569_485_209);
		assert.equal(oldestPending([1, '17-0', '17-0', []]), undefined);
		assert.equal(oldestPending([0, null, null, null]), undefined);
	});

	test('a group is as idle as the consumer that came last', () => {
		const idle = (milliseconds: number) => ['name', 'pod', 'pending', 1, 'idle', milliseconds];
		assert.equal(groupIdle([idle(90_000), idle(4000)]), 4);
		assert.equal(groupIdle([]), undefined);
	});
});

describe('the size of a stream with pending entries', () => {
	const server = { bytes: 421_000_000, isEstimated: false };

	test('never above what the server uses, an estimate, and what the server says beside it', () => {
		const size = streamSize(server, 800_000, 65_700_000);
		assert.equal(size.bytes, 65_700_000);
		assert.equal(size.isEstimated, true);
		assert.equal(size.serverBytes, 421_000_000);
		assert.ok(size.margin! > 0.1 && size.margin! <= 1, `${size.margin}`);
	});

	test('without a bound its margin reaches down to what pending entries have at least', () => {
		const { bytes, margin } = streamSize(server, 800_000);
		assert.equal(bytes, server.bytes);
		assert.ok(bytes * (1 - margin!) < 60_000_000, `${margin}`);
	});

	test('a few pending entries change nothing', () => {
		assert.deepEqual(streamSize({ bytes: 10_000_000, isEstimated: false }, 20, 50_000_000), {
			...{ bytes: 10_000_000, isEstimated: false },
		});
	});

	test('Valkey counts what it has allocated, Redis does not', () => {
		assert.equal(countsPending('redis_version:7.2.4\r\nvalkey_version:8.1.1\r\n'), true);
		assert.equal(countsPending('redis_version:7.2.4\r\nvalkey_version:8.0.2\r\n'), false);
		assert.equal(countsPending('redis_version:8.6.3\r\n'), false);
	});

	test('pending entries outweigh a stream that holds fewer', () => {
		assert.equal(isOutweighed(800_000, 1000), true);
		assert.equal(isOutweighed(10, 1000), false);
		assert.equal(isOutweighed(undefined, 1000), false);
	});
});
