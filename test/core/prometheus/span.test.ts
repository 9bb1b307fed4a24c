// How what Prometheus has is laid under our own: each cell the mean of what fell into it, ours from the moment we have
// them, nothing where neither has anything.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	earlierFiguresBy,
	fleetQuery,
	nodeQuery,
	pointsMost,
	rangeFor,
	selectorOf,
	stepFor,
} from '../../../source/core/prometheus/queries.ts';
import { joinCells, shifted, spanCells, spanOf } from '../../../source/core/prometheus/span.ts';
import { targetsOf } from '../../../source/core/prometheus/targets.ts';

const minute = 60_000;
const range = { start: 1_800_000_000, end: 1_800_000_600, step: 60 };
const begin = range.start * 1000;
const points = (...pairs: readonly (readonly [minutes: number, value: number])[]) => ({
	labels: {},
	times: pairs.map(([at]) => begin + at * minute),
	values: pairs.map(([, value]) => value),
});

test('a value stands for the step that ends at its moment; what is missing is NaN and no cell', () => {
	const span = spanOf(points([1, 10], [2, 20], [4, 40], [99, 9]), range, 0);
	assert.equal(span.values.length, 11);
	const cells = spanCells(span, begin + 10 * minute, 600, 10);
	assert.deepEqual(cells.slice(0, 5), [10, 20, undefined, 40, undefined]);
	// Two steps a cell: a mean; half of a step a cell: it is told twice.
	assert.deepEqual(spanCells(span, begin + 10 * minute, 600, 5).slice(0, 2), [15, 40]);
	assert.deepEqual(spanCells(span, begin + 10 * minute, 600, 20).slice(0, 8), [
		...[10, 10, 20, 20],
		...[undefined, undefined, 40, 40],
	]);
});

test("Prometheus's clock is taken off, and another day is moved to today", () => {
	const span = spanOf(points([1, 10]), range, 5000);
	assert.equal(span.from, begin - 5000);
	assert.equal(shifted(span, 86_400_000).from, begin - 5000 + 86_400_000);
	assert.equal(spanOf(undefined, range, 0).values.every(Number.isNaN), true);
});

test('ours from where they begin, and before that what Prometheus has; a gap of ours is none of its', () => {
	const at = begin + 10 * minute;
	const own = [undefined, undefined, undefined, undefined, undefined, undefined, 7, undefined, 9, 10];
	const past = [1, 2, undefined, 4, 5, 6, 70, 80, 90, undefined];
	assert.deepEqual(joinCells(own, past, begin + 6 * minute, at, 600), {
		values: [1, 2, undefined, 4, 5, 6, 7, undefined, 9, 10],
		seam: 6,
	});
	// It begins within a cell: what stands there is of Prometheus, where it has something.
	assert.deepEqual(joinCells(own, past, begin + 6.5 * minute, at, 600).values[6], 70);
	assert.equal(joinCells(own, past, begin + 6.5 * minute, at, 600).seam, 6);
	assert.deepEqual(joinCells(own, past, undefined, at, 600), { values: [...past.slice(0, 9), 10], seam: 9 });
	// Ours have just begun, at the very end; and time that is looked at was over before they did.
	assert.equal(joinCells(own, past, at, at, 600).seam, 9);
	assert.equal(joinCells(own, past, at + 1, at, 600).seam, 10);
	assert.deepEqual(joinCells(own, past, begin - 1, at, 600), { values: own });
	assert.deepEqual(
		joinCells(
			own,
			past.map(() => undefined),
			undefined,
			at,
			600,
		),
		{ values: own },
	);
});

test('every window is asked in few points, on a grid that stands', () => {
	for (const seconds of [300, 900, 3600, 21_600, 86_400, 604_800]) {
		const { start, end, step } = rangeFor(1_800_000_123.4, seconds);
		assert.ok((end - start) / step <= pointsMost && end - start >= seconds, String(seconds));
		assert.ok(end <= 1_800_000_123.4 && end > 1_800_000_123.4 - step && end % step === 0);
		assert.ok(stepFor(seconds) === step && step >= 5);
	}
});

test('one query a figure: of a node, and of a fleet summed over who was primary then', () => {
	const up = ['10.0.0.1:6379', 'a.b:1'].map(instance => ({ labels: { instance }, times: [1], values: [1] }));
	const targets = targetsOf(up, []);
	const over = { step: 60, scrape: 15 };
	const one = selectorOf(targets.slice(0, 1), undefined);
	assert.equal(
		nodeQuery('ops', 'instance', one, over),
		'max by (instance) (rate(redis_commands_processed_total{instance="10.0.0.1:6379"}[60s]))',
	);
	const all = selectorOf(targets, 'job="redis"');
	assert.equal(all, '{instance=~"10\\\\.0\\\\.0\\\\.1:6379|a\\\\.b:1",job="redis"}');
	assert.equal(
		fleetQuery('memory', 'instance', '', { step: 5, scrape: 15 }),
		'sum(max by (instance) (avg_over_time(redis_memory_used_bytes[23s])) and on (instance) redis_instance_info{role="master"})',
	);
	assert.equal(
		fleetQuery('clients', 'instance', all, over),
		`sum(max by (instance) (avg_over_time(redis_connected_clients${all}[60s])))`,
	);
	// A rate has two scrapes although one was missed.
	assert.match(nodeQuery('evicted', 'instance', one, { step: 5, scrape: 15 }), /\[60s\]/);
	// What redis-tops as services have measured, under their own names.
	assert.deepEqual(earlierFiguresBy('node'), ['ops', 'memory', 'evicted', 'clients']);
	assert.equal(
		fleetQuery('ops', 'node', '{node=~"a:1|b:1"}', over),
		'sum(max by (node) (rate(redis_top_ops_total{node=~"a:1|b:1"}[60s])) and on (node) redis_top_node_info{node=~"a:1|b:1",role="primary"})',
	);
});
