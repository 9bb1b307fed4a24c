// The verdict on evictions: what is claimed to be a bug, and what looks like one and is not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	type EvictionVerdict,
	judgeEviction,
	riseOfEviction,
} from '../../../source/core/findings/eviction.ts';
import { defaultLimits } from '../../../source/core/thresholds.ts';
import type { Info, NodeTrack } from '../../../source/core/types.ts';
import { gigabyte, intervalsOf, megabyte, ratesOf, seriesOf, start, trackOf } from '../build.ts';

const judged = (info: Info, more: Partial<NodeTrack> = {}) =>
	judgeEviction(trackOf('a:1', info, more), defaultLimits, start);
const evicting = (each: { hits?: number; misses?: number } = {}, evicted = 100): Partial<NodeTrack> => ({
	intervals: intervalsOf(60, { evicted, ...each }),
});
const oom: Partial<NodeTrack> = { rates: ratesOf({ oomErrors: 3 }) };
const keys = (all: number, expires: number): Info => ({ databases: [{ db: 0, keys: all, expires }] });
const lru: Info = { maxmemoryPolicy: 'allkeys-lru', ...keys(1e6, 0) };

const cases: [
	name: string,
	verdict: EvictionVerdict,
	expected: EvictionVerdict['verdict'],
	reason?: RegExp,
][] = [
	['nothing evicted', judged(lru, evicting({}, 0)), 'none'],
	['no reading', judgeEviction({ ...trackOf('a:1'), lastGood: undefined }, defaultLimits, start), 'none'],
	['a cache evicts', judged(lru, evicting()), 'expected', /^policy allkeys-lru$/],
	['evicted long ago', judged(lru, { intervals: intervalsOf(30, { evicted: 9 }, start - 20_000) }), 'none'],
	['noeviction with OOM', judged({ maxmemoryPolicy: 'noeviction' }, oom), 'bug', /writes refused/],
	['noeviction without OOM', judged({ maxmemoryPolicy: 'noeviction' }), 'none'],
	['OOM under allkeys is no bug of the policy', judged(lru, oom), 'none'],
	[
		'volatile, nothing to evict',
		judged({ maxmemoryPolicy: 'volatile-lru', ...keys(1000, 49) }, evicting()),
		'bug',
		/only 5% of keys have a TTL/,
	],
	[
		'volatile, refusing',
		judged({ maxmemoryPolicy: 'volatile-lru', ...keys(1000, 0) }, oom),
		'bug',
		/only 0% of keys have a TTL/,
	],
	[
		'volatile, enough',
		judged({ maxmemoryPolicy: 'volatile-lru', ...keys(1e6, 5e4) }, evicting()),
		'expected',
	],
	[
		'volatile, no keys told',
		judged({ maxmemoryPolicy: 'volatile-lru', databases: undefined }, evicting()),
		'expected',
	],
	[
		'buffers eat it',
		judged({ ...lru, datasetBytes: 2.9 * gigabyte, clientsNormalBytes: 0.9 * gigabyte }, evicting()),
		'bug',
		/data fits, buffers take 23% of maxmemory/,
	],
	[
		'data near the limit',
		judged({ ...lru, datasetBytes: 3.1 * gigabyte, clientsNormalBytes: 0.9 * gigabyte }, evicting()),
		'expected',
	],
	[
		'small buffers',
		judged({ ...lru, datasetBytes: 2.9 * gigabyte, clientsNormalBytes: 100 * megabyte }, evicting()),
		'expected',
	],
	[
		'data not told',
		judged({ ...lru, datasetBytes: undefined, clientsNormalBytes: 2 * gigabyte }, evicting()),
		'expected',
	],
	[
		'turns over',
		judged({ ...lru, ...keys(6000, 0) }, evicting({ hits: 50, misses: 50 })),
		'bug',
		/more keys went in a minute than are left/,
	],
	[
		'turns over, reads hit',
		judged({ ...lru, ...keys(6000, 0) }, evicting({ hits: 95, misses: 5 })),
		'expected',
	],
	['turns over, nobody reads', judged({ ...lru, ...keys(6000, 0) }, evicting({ misses: 1 })), 'expected'],
	[
		'more keys than evicted',
		judged({ ...lru, ...keys(6001, 0) }, evicting({ hits: 50, misses: 50 })),
		'expected',
	],
	[
		'volatile counts those with a TTL',
		judged({ maxmemoryPolicy: 'volatile-ttl', ...keys(60_000, 6000) }, evicting({ hits: 50, misses: 50 })),
		'bug',
	],
];
for (const [name, verdict, expected, reason] of cases)
	test(name, () => {
		assert.equal(verdict.verdict, expected);
		if (reason) assert.match(verdict.reason, reason);
		if (expected === 'bug') assert.ok(verdict.facts.length > 0, 'evidence');
	});

const history = { hits: seriesOf(970, 30), lookups: seriesOf(1000, 30) };
test('the hit rate falls against the minutes before', () => {
	const falling = judged(lru, { ...evicting({ hits: 86, misses: 14 }), ...history });
	assert.ok(Math.abs((falling.hitRateFall ?? 0) - 0.11) < 1e-9);
	assert.equal(falling.reason, 'hit rate falling');
	assert.equal(
		judged(lru, { ...evicting({ hits: 95, misses: 5 }), ...history }).reason,
		'policy allkeys-lru',
	);
});

test('a fall is not claimed from few lookups, nor without a before', () => {
	assert.equal(judged(lru, { ...evicting({ hits: 1, misses: 8 }), ...history }).hitRateFall, undefined);
	assert.equal(judged(lru, evicting({ hits: 50, misses: 50 })).hitRateFall, undefined);
	const few = { hits: seriesOf(0.1, 30), lookups: seriesOf(0.1, 30) };
	assert.equal(judged(lru, { ...evicting({ hits: 50, misses: 50 }), ...few }).hitRateFall, undefined);
	const gaps = { hits: seriesOf(Number.NaN, 30), lookups: seriesOf(Number.NaN, 30) };
	assert.equal(judged(lru, { ...evicting({ hits: 50, misses: 50 }), ...gaps }).hitRateFall, undefined);
});

test('the before ends where the last 10 s begin and reaches 5 minutes back', () => {
	const only = (index: number): Partial<NodeTrack> => {
		const closed = (value: number) => new Float64Array(80).fill(Number.NaN).with(index, value);
		return {
			hits: { ...history.hits, closed: closed(970) },
			lookups: { ...history.lookups, closed: closed(1000) },
		};
	};
	const fall = (index: number) =>
		judged(lru, { ...evicting({ hits: 86, misses: 14 }), ...only(index) }).hitRateFall;
	// 80 buckets of 5 s: the last two are the 10 s themselves, the sixty before them the five minutes.
	assert.deepEqual([fall(79), fall(78), fall(17)], [undefined, undefined, undefined]);
	assert.ok(fall(77) !== undefined && fall(18) !== undefined);
});

test('the rise is told from the last quiet interval', () => {
	const climb = [...intervalsOf(5, {}, start - 20_000), ...intervalsOf(20, { evicted: 1200 })];
	assert.deepEqual(riseOfEviction(climb, start), { from: 0, seconds: 20 });
	assert.equal(riseOfEviction([], start), undefined);
});
