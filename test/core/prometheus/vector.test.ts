// A long answer read in steps is what JSON would have it, and what is written otherwise is read all the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Answer, type Labels, parseAnswer } from '../../../source/core/prometheus/answer.ts';
import { type KnownLabels, readVector } from '../../../source/core/prometheus/vector.ts';
import { finish } from '../../../source/core/steps.ts';
import { often } from '../../lane.ts';

const read = (text: string, known: KnownLabels = new Map()) => finish(readVector(text, known));
const vector = (result: readonly unknown[], more: object = {}, before: object = {}) =>
	JSON.stringify({ status: 'success', ...before, data: { resultType: 'vector', result }, ...more });
const one = (labels: Labels, value: unknown = '1') => ({
	metric: { __name__: 'redis_up', ...labels },
	value: [1_800_000_000.25, value],
});

/** But for the name of the metric, which is in what is read as a whole. */
function nameless(answer: Answer): Answer {
	if ('problem' in answer) return answer;
	const series = answer.series.map(({ labels: { __name__, ...labels }, ...rest }) => ({ labels, ...rest }));
	return { ...answer, series };
}
const expected = (text: string) => nameless(parseAnswer(text, 'vector'));

const hard: Labels = { instance: 'a"},"value":[1,"2"]}', pod: '\\', team: '日本 \u2028 "' };
const texts: readonly [what: string, text: string][] = [
	['none', vector([])],
	['some', vector([one({ instance: 'a:1' }, '1.5e3'), one({ instance: 'b:1' }, 'NaN'), one({})])],
	['labels of all kinds', vector([one(hard), one({ instance: '' }, '+Inf')])],
	['without a name', vector([{ metric: { instance: 'a:1' }, value: [1, '2'] }])],
	['a warning behind', vector([one(hard)], { warnings: ['store-1 is away'] })],
	['partly', vector([one(hard)], {}, { isPartial: true })],
	[
		'not partly, with statistics',
		vector([one(hard)], { stats: { seriesFetched: '5' } }, { isPartial: false }),
	],
	['values before labels', vector([{ value: [1, '2'], metric: { instance: 'a:1' } }])],
	['a value that is none', vector([one({ instance: 'a:1' }, 5), one({ instance: 'b:1' }, '0x1')])],
	['a label that is none', vector([{ metric: { instance: 5 }, value: [1, '2'] }])],
	['with spaces', JSON.stringify(JSON.parse(vector([one(hard)])), undefined, 1)],
	['cut off', vector([one(hard), one({})]).slice(0, -30)],
	['cut off behind', vector([one(hard)]).slice(0, -2)],
	['refused', '{"status":"error","error":"no"}'],
	['a page', '<html>'],
];
for (const [what, text] of texts)
	test(`as JSON has it: ${what}`, () => assert.deepEqual(nameless(read(text)), expected(text)));

test('as JSON has it, whatever the labels are; labels that were read before are the same object', () => {
	const labels = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), {
		maxKeys: 4,
	});
	fc.assert(
		fc.property(fc.array(fc.tuple(labels, fc.double()), { maxLength: 5 }), list => {
			const known: KnownLabels = new Map();
			const text = vector(
				list.map(([each, value]) => ({ metric: { ...each, __name__: 'x' }, value: [1, String(value)] })),
			);
			const answer = read(text, known);
			const series = (each: Answer) => ('series' in each ? each.series : assert.fail(each.problem));
			const plain = ({ series: all }: { series: readonly { labels: Labels }[] }) =>
				all.map(({ labels: { __name__, ...rest } }) => rest);
			assert.deepEqual(plain({ series: series(answer) }), plain({ series: series(expected(text)) }));
			const again = series(read(text, known));
			assert.ok(again.every((each, index) => each.labels === series(answer)[index]!.labels));
		}),
		{ numRuns: 60 },
	);
});

test('as JSON has it, in whatever order targets are told that were told in another before', () => {
	const targets: readonly Labels[] = [
		{},
		{ instance: 'a:1' },
		{ instance: 'a:1', db: 'db0' },
		{ instance: 'a:1"}' },
		{ instance: '' },
		hard,
	];
	const order = fc.array(fc.constantFrom(...targets), { maxLength: 8 });
	fc.assert(
		fc.property(fc.array(order, { minLength: 2, maxLength: 4 }), orders => {
			const known: KnownLabels = new Map();
			for (const [index, list] of orders.entries()) {
				const name = index % 2 === 0 ? 'redis_up' : 'redis_uptime_in_seconds';
				const text = vector(list.map(each => one({ __name__: name, ...each }, String(index))));
				assert.deepEqual(nameless(read(text, known)), expected(text));
			}
		}),
		{ numRuns: often(50, 200) },
	);
});
