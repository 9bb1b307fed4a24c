// Findings through time: each from when it crossed to when it was over, the worst it said; and the chart of a report.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followRaised, type Raised } from '../../../source/core/findings/raised.ts';
import type { Finding } from '../../../source/core/types.ts';
import { svgChart } from '../../../source/output/svg-chart.ts';

const finding = (over: Partial<Finding> = {}): Finding => ({
	...{ id: 'memory-high', severity: 'warn', node: 'a:1', since: 1000, text: 'memory 76%' },
	...over,
});

const follow = (moments: readonly (readonly Finding[])[]): readonly Raised[] =>
	moments.reduce<readonly Raised[]>(
		(raised, findings, index) => followRaised(raised, findings, 2000 + 1000 * index),
		[],
	);

test('one finding that gets worse and is over is one line, with the worst it was', () => {
	const worse = finding({ severity: 'crit', text: 'memory 93%' });
	assert.deepEqual(follow([[finding()], [worse], [finding()], []]), [
		{ id: 'memory-high', severity: 'crit', text: 'memory 93%', node: 'a:1', since: 1000, until: 5000 },
	]);
});

test('that comes again it is a second one; of another node or kind it is another', () => {
	const again = finding({ since: 4500 });
	const all = follow([[finding()], [], [], [again, finding({ node: 'b:1', since: 4600 })]]);
	assert.deepEqual(
		all.map(({ node, since, until }) => [node, since, until]),
		[
			['a:1', 1000, 3000],
			['a:1', 4500, undefined],
			['b:1', 4600, undefined],
		],
	);
	const kinds = follow([[finding({ kind: 'OOM' }), finding({ kind: 'ERR' })]]);
	assert.deepEqual(
		kinds.map(({ kind }) => kind),
		['OOM', 'ERR'],
	);
});

test('a chart breaks its line where nothing was measured, keeps a second of an hour, and escapes names', () => {
	const points = Array.from({ length: 3600 }, (_, second) => ({
		at: 1000 * second,
		value: second === 1800 ? 0 : second >= 3000 && second < 3060 ? undefined : 500,
	}));
	const chart = svgChart({
		...{ title: 'ops <script>', points, from: 0, to: 3_600_000, show: String },
		markers: [{ at: 5000, text: 'a&"b' }],
		bands: [{ from: 1_800_000, to: 1_801_000, isCritical: true }],
	});
	assert.equal(chart.match(/stroke="#1f5fa8"/g)?.length, 2);
	assert.match(chart, / 176\.0L/);
	assert.doesNotMatch(chart, /<script>|NaN/);
	assert.match(chart, /a&amp;&quot;b/);
	assert.match(
		svgChart({ title: 'x', points: [], from: 0, to: 0, show: String, markers: [], bands: [] }),
		/>-</,
	);
});
