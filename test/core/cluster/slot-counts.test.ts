// Keys left in an open slot, over all databases of a cluster that has several. The count is per selected database
// (https://github.com/valkey-io/valkey/pull/1671): asked in the first one alone it said "0 keys left" of 300.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsIn } from '../../../source/core/cluster/slot-counts.ts';
import type { Reply, Sample } from '../../../source/core/types.ts';
import { describeNode, nobodyAsked } from '../../../source/redis/describe-node.ts';
import { dueCalls } from '../../../source/redis/poll-plan.ts';

const sampleOf = (...databases: readonly number[]): Sample =>
	({
		node: 'a:1',
		at: 7,
		info: { databases: databases.map(db => ({ db, keys: 1, expires: 0 })) },
	}) as unknown as Sample;

const counted = (sample: Sample, ...replies: readonly (readonly [string, Reply])[]) =>
	countsIn(replies.map(([command, reply]) => ({ sample, command, reply }))).map(({ slot, keys }) => [
		slot,
		keys,
	]);

const all: readonly (readonly [string, Reply])[] = [
	['cluster countkeysinslot 7', 0],
	['cluster countkeysinslot 8', 2],
	['select 5', 'OK'],
	['cluster countkeysinslot 7', 300],
	['cluster countkeysinslot 8', 1],
	['select 0', 'OK'],
];

test('the sum over all databases', () => {
	assert.deepEqual(counted(sampleOf(0, 5), ...all), [
		[7, 300],
		[8, 3],
	]);
	assert.deepEqual(counted(sampleOf(), ['cluster countkeysinslot 7', 4]), [[7, 4]]);
});

test('a database that was not counted: nothing is said, not the count of the others', () => {
	assert.deepEqual(counted(sampleOf(0, 5, 9), ...all), []);
	const refused = all.map(([command, reply]) =>
		command === 'select 5'
			? ([command, { error: 'NOPERM no SELECT' }] as const)
			: ([command, reply] as const),
	);
	assert.deepEqual(counted(sampleOf(0, 5), ...refused), []);
	// What was refused once is not sent again: then the first database is counted twice.
	const without = all.filter(([command]) => !command.startsWith('select'));
	assert.deepEqual(counted(sampleOf(0, 5), ...without), []);
});

test('asked in each database that holds keys, and the connection is back in the first', () => {
	const info =
		'redis_version:7.2.4\nvalkey_version:9.1.2\ncluster_enabled:1\ndb0:keys=3,expires=0\ndb5:keys=9,expires=0\n';
	const view = 'id 1.1.1.1:1@2 myself,master - 0 0 1 connected 0-16383 [7->-other]\n';
	const replies = [
		['info', info],
		['cluster nodes', view],
	] as const;
	const { asked } = describeNode(nobodyAsked, '', replies, false);
	const labels = dueCalls({ ...asked, isClusterOpen: true }, new Map(), 100, 1).map(({ label }) => label);
	const from = labels.indexOf('cluster countkeysinslot 7');
	assert.deepEqual(labels.slice(from), [
		'cluster countkeysinslot 7',
		'select 5',
		'cluster countkeysinslot 7',
		'select 0',
	]);
	const one = describeNode(nobodyAsked, '', [['info', info.replace(/db5.*\n/, '')], replies[1]], false);
	const few = dueCalls({ ...one.asked, isClusterOpen: true }, new Map(), 100, 1).map(({ name }) => name);
	assert.ok(!few.includes('select'));
});
