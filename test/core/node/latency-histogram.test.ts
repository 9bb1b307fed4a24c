// LATENCY HISTOGRAM: every captured version, percentiles against the same thing done the long way, and any reply at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
	addLatencyReading,
	addUp,
	bucketBounds,
	histogramsBetween,
	type LatencyReading,
	latencyWindow,
	parseLatencyHistogram,
	percentilesOf,
} from '../../../source/core/node/latency-histogram.ts';
import type { Reply } from '../../../source/core/types.ts';
import { often } from '../../lane.ts';
import { captureReply } from '../captures.ts';
import { between, newerVersions, nodeReply } from '../node-captures.ts';

const reading = (at: number, reply: Reply, more: Partial<LatencyReading> = {}): LatencyReading => ({
	at,
	runId: 'a',
	histograms: parseLatencyHistogram(reply)!,
	ownCalls: {},
	...more,
});

/** The long way: every call as the bound of its bucket, from the bare reply. */
function callsIn(reply: Reply, name: string): number[] {
	const list = reply as readonly Reply[];
	const entry = list[list.indexOf(name) + 1] as
		| readonly [string, number, string, readonly number[]]
		| undefined;
	if (!list.includes(name)) return [];
	const [, , , pairs] = entry!;
	const calls: number[] = [];
	for (let index = 0; index < pairs.length; index += 2)
		while (calls.length < pairs[index + 1]!) calls.push(pairs[index]!);
	return calls;
}

function withoutThose(now: readonly number[], before: readonly number[]): number[] {
	const left = [...now];
	for (const each of before) left.splice(left.indexOf(each), 1);
	return left.sort((a, b) => a - b);
}

const atRank = (sorted: readonly number[], percent: number) =>
	sorted[Math.ceil(Number(((sorted.length * percent) / 100).toFixed(6))) - 1];

for (const version of newerVersions) {
	const replies = [1, 2].map(number => nodeReply(version, 'latency-histogram', number as 1 | 2));

	test(`${version}: every bucket ends where the table says`, () => {
		const bounds = new Set<number>();
		for (const histogram of parseLatencyHistogram(replies[1])!.values())
			for (const bound of histogram!.keys()) bounds.add(bound);
		assert.ok(bounds.size > 5);
		for (const bound of bounds) assert.ok(bucketBounds.includes(bound), String(bound));
	});

	test(`${version}: percentiles of the window are those of the two replies`, () => {
		const kept = replies.reduce<readonly LatencyReading[]>(
			(all, reply, index) => addLatencyReading(all, reading(index * 1000, reply)),
			[],
		);
		const window = latencyWindow(kept, 300)!;
		const all: number[] = [];
		for (const { name, calls, p50, p99, p999 } of window.commands) {
			const [before, now] = replies.map(reply => callsIn(reply, name));
			const each = withoutThose(now!, before!);
			all.push(...each);
			assert.equal(calls, each.length, name);
			assert.deepEqual(
				[p50, p99, p999].map(bound => bound.atMostMicroseconds),
				[50, 99, 99.9].map(percent => atRank(each, percent)),
				name,
			);
		}
		all.sort((a, b) => a - b);
		const { calls, p50, p99, p999 } = window.together!;
		assert.equal(calls, all.length);
		assert.deepEqual(
			[p50, p99, p999].map(bound => bound.atMostMicroseconds),
			[50, 99, 99.9].map(percent => atRank(all, percent)),
		);
		const of = new Map(window.commands.map(command => [command.name, command]));
		for (const [name, calls] of Object.entries(between)) assert.equal(of.get(name)!.calls, calls, name);
		assert.deepEqual(of.get('debug')!.p50, { overMicroseconds: 16908, atMostMicroseconds: 33816 });
		assert.equal(window.commands[0]!.name, 'debug');
	});
}

test('captured replies of all commands, and of a version that has none', () => {
	for (const version of ['redis-7.0.15', 'redis-8.0.2', 'valkey-8.1.1']) {
		const raw = captureReply(`${version}/standalone/latency-histogram.resp2`) as readonly Reply[];
		const histograms = parseLatencyHistogram(raw)!;
		assert.equal(histograms.size, raw.length / 2);
		for (const [name, buckets] of histograms) {
			const [, calls] = raw[raw.indexOf(name) + 1] as readonly [string, number];
			assert.equal(percentilesOf(buckets!)!.calls, calls, `${version} ${name}`);
		}
	}
	const refused = captureReply('redis-6.0.16/standalone/latency-histogram.resp2');
	assert.equal(parseLatencyHistogram(refused), undefined);
	assert.equal(parseLatencyHistogram(undefined), undefined);
	assert.deepEqual(parseLatencyHistogram([]), new Map());
});

const histogram = (calls: number, ...pairs: number[]): Reply => ['calls', calls, 'histogram_usec', pairs];

test('a percentile is a bucket: more than its lower bound, at most its upper', () => {
	const reply = ['get', histogram(1000, 1, 500, 2, 990, 132, 998, 264, 1000)];
	assert.deepEqual(percentilesOf(parseLatencyHistogram(reply)!.get('get')!), {
		calls: 1000,
		p50: { overMicroseconds: 0, atMostMicroseconds: 1 },
		p99: { overMicroseconds: 1, atMostMicroseconds: 2 },
		p999: { overMicroseconds: 132, atMostMicroseconds: 264 },
	});
});

test('over half a second there is no upper end', () => {
	// 600 ms, and 1.4 s that the server took for one.
	const reply = ['debug', histogram(3, 541065, 1, 1073741, 3)];
	const { p50, p99 } = percentilesOf(parseLatencyHistogram(reply)!.get('debug')!)!;
	assert.deepEqual([p50, p99], [{ overMicroseconds: 541065 }, { overMicroseconds: 541065 }]);
	// Calls in no bucket are taken for those.
	const short = parseLatencyHistogram(['debug', histogram(3, 1, 1)])!.get('debug')!;
	assert.deepEqual(percentilesOf(short)!.p50, { overMicroseconds: 541065 });
});

test('a restart and a RESETSTAT start anew, also where the counts have overtaken themselves', () => {
	const counts: readonly number[][] = [
		[100, 1, 90, 2, 100],
		[110, 1, 95, 2, 110],
		[115, 1, 115],
		[130, 1, 130],
	];
	let kept: readonly LatencyReading[] = [];
	counts.forEach(([calls, ...pairs], index) => {
		kept = addLatencyReading(kept, reading(index * 1000, ['get', histogram(calls!, ...pairs)]));
	});
	assert.equal(latencyWindow(kept, 300)!.together!.calls, 15);
	assert.equal(addLatencyReading(kept, reading(9000, [])).length, 1);
	assert.equal(addLatencyReading(kept, reading(9000, ['get', histogram(130, 1, 130)])).length, 3);
	const other = reading(9000, ['get', histogram(130, 1, 130)], { runId: 'b' });
	assert.equal(addLatencyReading(kept, other).length, 1);
});

test('what mostly redis-top called is in no total, and is said', () => {
	const before = reading(0, ['info', histogram(10, 33, 10), 'get', histogram(5, 1, 5)]);
	const now = reading(
		1000,
		['info', histogram(15, 33, 15), 'get', histogram(7, 1, 7), 'ping', histogram(4, 4, 4)],
		{ ownCalls: { info: 4, ping: 2 } },
	);
	const window = latencyWindow([before, now], 300)!;
	assert.deepEqual(window.own, ['info']);
	assert.equal(window.together!.calls, 6);
	assert.equal(window.commands.length, 3);
	assert.equal(latencyWindow([before, { ...before, at: 1000 }], 300)!.together, undefined);
});

test('entries that are none', () => {
	const bad: Reply[] = [
		['a', histogram(2, 1, 2, 1, 2)],
		['a', histogram(2, 2, 2, 1, 3)],
		['a', histogram(2, 1, 2, 2, 1)],
		['a', ['calls', -1, 'histogram_usec', []]],
		['a', ['calls', 1]],
		['a', null],
		['a'],
		[null, histogram(1, 1, 1)],
	];
	// The name stays: a command that cannot be read has not gone.
	for (const reply of bad) {
		const found = [...parseLatencyHistogram(reply)!.values()];
		assert.ok(
			found.every(buckets => buckets === undefined),
			JSON.stringify(reply),
		);
	}
});

/** What a server would tell of these calls, microseconds each. */
function told(times: readonly number[]): Reply {
	const bounds = [...bucketBounds, 1073741];
	const pairs: number[] = [];
	let counted = 0;
	for (const [index, bound] of bounds.entries()) {
		const upTo = times.filter(time => time <= bound || index === bounds.length - 1).length;
		if (upTo > counted) pairs.push(bound, upTo);
		counted = upTo;
	}
	return ['x', histogram(times.length, ...pairs)];
}

const times = fc.array(fc.oneof(fc.nat(300), fc.nat(2_000_000)), { maxLength: 60 });

test('whatever was called before: the percentile of the window lies in the bucket that is told', () => {
	fc.assert(
		fc.property(times, fc.array(fc.nat(2_000_000), { minLength: 1, maxLength: 60 }), (before, after) => {
			const [from, to] = [before, [...before, ...after]].map(each => parseLatencyHistogram(told(each))!);
			const percentiles = percentilesOf(histogramsBetween(from!, to!)!.get('x')!)!;
			assert.equal(percentiles.calls, after.length);
			const sorted = after.toSorted((a, b) => a - b);
			for (const [percent, bound] of [
				[50, percentiles.p50],
				[99, percentiles.p99],
				[99.9, percentiles.p999],
			] as const) {
				const exact = atRank(sorted, percent)!;
				assert.ok(exact <= (bound.atMostMicroseconds ?? Number.POSITIVE_INFINITY), 'not above the bucket');
				assert.ok(exact > bound.overMicroseconds || bound.overMicroseconds === 0, 'not below the bucket');
			}
		}),
		{ numRuns: often(60, 300) },
	);
});

const { reply: anyReply } = fc.letrec<{ reply: Reply }>(tie => ({
	reply: fc.oneof(
		{ maxDepth: 4 },
		fc.constantFrom('calls', 'histogram_usec', 'get', '1', '__proto__'),
		fc.string({ unit: 'binary' }),
		fc.integer(),
		fc.double(),
		fc.constant(null),
		fc.record({ error: fc.string() }),
		fc.array(tie('reply'), { maxLength: 6 }),
	),
}));
const nearly = fc
	.array(fc.tuple(fc.constantFrom('get', 'set'), fc.nat(20), fc.array(fc.nat(20), { maxLength: 8 })))
	.map(entries => entries.flatMap(([name, calls, pairs]): Reply[] => [name, histogram(calls, ...pairs)]));

test('any replies: nothing throws, no count is below 1', () => {
	fc.assert(
		fc.property(fc.oneof(anyReply, nearly), fc.oneof(anyReply, nearly), (a, b) => {
			const [before, now] = [parseLatencyHistogram(a), parseLatencyHistogram(b)];
			if (!before || !now) return;
			const rises = histogramsBetween(before, now);
			for (const buckets of [...before.values(), ...(rises?.values() ?? [])])
				for (const calls of buckets?.values() ?? []) assert.ok(calls > 0, 'a bucket with calls');
			percentilesOf(addUp([...now.values()].flatMap(buckets => buckets ?? [])));
		}),
		{ numRuns: often(200, 1000) },
	);
});
