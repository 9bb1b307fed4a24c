// Over maxmemory with nothing left to evict: critical under every policy, after two readings, and not for a moment over
// the limit, which is how eviction works.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Info } from '../../../source/core/types.ts';
import { idsOf, judgeRounds, megabyte, times, trackOf, tracksOf } from '../build.ts';

const limit = 200 * megabyte;
const node = '10.0.1.12:6379';

const over = (more: Info): Info => ({
	...{ usedMemoryBytes: limit * 1.12, maxmemoryBytes: limit, notCountedForEvictBytes: 0 },
	...{ datasetBytes: 100 * megabyte, databases: [{ db: 0, keys: 1000, expires: 500 }] },
	...more,
});

function foundIn(info: Info, rounds: number, config: Record<string, string> = {}) {
	const tracks = tracksOf(trackOf(node, info, { config }));
	const told = judgeRounds(times(rounds, { tracks })).at(-1);
	return told?.findings.find(({ id }) => id === 'over-limit');
}

const cases: readonly [name: string, info: Info, isFound: boolean][] = [
	['noeviction', { maxmemoryPolicy: 'noeviction' }, true],
	['allkeys-lru without keys', { maxmemoryPolicy: 'allkeys-lru', databases: [], datasetBytes: 0 }, true],
	[
		'volatile-lru without a TTL',
		{ maxmemoryPolicy: 'volatile-lru', databases: [{ db: 0, keys: 9, expires: 0 }] },
		true,
	],
	['allkeys-lru whose keys are too small', { maxmemoryPolicy: 'allkeys-lru', datasetBytes: megabyte }, true],
	['allkeys-lru that has keys to evict', { maxmemoryPolicy: 'allkeys-lru' }, false],
	['below the limit', { maxmemoryPolicy: 'noeviction', usedMemoryBytes: limit * 0.99 }, false],
	['just at it', { maxmemoryPolicy: 'noeviction', usedMemoryBytes: limit }, true],
	['a replica, which ignores it', { maxmemoryPolicy: 'noeviction', role: 'replica' }, false],
	['keys not told', { maxmemoryPolicy: 'allkeys-lru', databases: undefined }, false],
];
for (const [name, info, isFound] of cases)
	test(`over the limit, ${name}: ${isFound ? 'critical' : 'nothing'}`, () => {
		assert.equal(foundIn(over(info), 1), undefined, 'one reading is none');
		assert.equal(foundIn(over(info), 2)?.severity, isFound ? 'crit' : undefined);
	});

test('a replica that does not ignore it is judged, and what holds it is named', () => {
	const info = over({ maxmemoryPolicy: 'noeviction', role: 'replica', clientsNormalBytes: 180 * megabyte });
	const found = foundIn(info, 2, { 'replica-ignore-maxmemory': 'no' });
	assert.equal(found?.text, 'memory 112% of maxmemory, nothing left to evict: client buffers 180M');
	assert.equal(found?.limit, 1);
	assert.equal(found?.runbook, 'high-memory');
});

test('buffers without a maxmemory: value and limit are both bytes, and query buffers are named', () => {
	const info: Info = {
		...{ maxmemoryBytes: 0, clientsNormalBytes: 150 * megabyte },
		...{ largestInputBytes: 3 * megabyte, largestOutputBytes: 0 },
	};
	const found = judgeRounds(times(3, { tracks: tracksOf(trackOf(node, info)) }))
		.at(-1)
		?.findings.find(({ id }) => id === 'output-buffers');
	assert.equal(found?.limit, 100 * megabyte);
	assert.equal(found?.text, 'query buffers of clients 150M');
	const more = { ...info, clientsNormalBytes: 250 * megabyte };
	const critical = judgeRounds(times(3, { tracks: tracksOf(trackOf(node, more)) })).at(-1);
	assert.equal(critical?.findings.find(({ id }) => id === 'output-buffers')?.severity, 'crit');
	assert.ok(!idsOf(critical).includes('over-limit'));
});
