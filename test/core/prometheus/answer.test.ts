// What Prometheus answers, and what else may answer in its place: each one line, and no number that it did not say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Answer, parseAnswer } from '../../../source/core/prometheus/answer.ts';

const success = (resultType: string, result: unknown) =>
	JSON.stringify({ status: 'success', data: { resultType, result } });
const problemOf = (answer: Answer) => ('problem' in answer ? answer.problem : undefined);

test('a vector and a matrix: times in milliseconds, values as numbers', () => {
	const metric = { instance: '10.0.0.1:6379' };
	assert.deepEqual(
		parseAnswer(success('vector', [{ metric, value: [1_800_000_000.25, '1.5e3'] }]), 'vector'),
		{
			series: [{ labels: metric, times: [1_800_000_000_250], values: [1500] }],
		},
	);
	const values = [
		[10, '1'],
		[20, '0'],
	];
	assert.deepEqual(parseAnswer(success('matrix', [{ metric, values }]), 'matrix'), {
		series: [{ labels: metric, times: [10_000, 20_000], values: [1, 0] }],
	});
	assert.deepEqual(parseAnswer(success('vector', []), 'vector'), { series: [] });
});

test('what is no finite number, twice there or not behind the one before is left out', () => {
	const values = [
		...[
			[10, 'NaN'],
			[20, '+Inf'],
			[30, '3'],
			[30, '4'],
			[25, '9'],
			[40, ''],
			[50, 5],
			['60', '6'],
		],
		...[[70], 'x', null, [80, '8', 1], [90, '0x10'], [100, '-2']],
	];
	const answer = parseAnswer(success('matrix', [{ metric: {}, values }]), 'matrix');
	assert.deepEqual(answer, {
		series: [{ labels: {}, times: [30_000, 100_000], values: [3, -2] }],
	});
});

test('an answer of which a part is missing says so; what Prometheus remarks of a query is no lack', () => {
	const partly = (more: object) => {
		const data = { resultType: 'vector', result: [] };
		const answer = parseAnswer(JSON.stringify({ status: 'success', ...more, data }), 'vector');
		return 'series' in answer ? answer.note : assert.fail(answer.problem);
	};
	const warning = 'receive series from Addr: 10.0.0.9:10901: connection refused';
	assert.equal(partly({ warnings: [warning] }), `its answer may be partial: ${warning}`);
	assert.equal(partly({ isPartial: true }), 'its answer is partial: some of its storage did not answer');
	for (const more of [{}, { isPartial: false }, { warnings: [] }, { warnings: null }, { infos: [warning] }])
		assert.equal(partly(more), undefined);
	assert.equal(partly({ warnings: ['PromQL info: metric might not be a counter', ''] }), undefined);
	// Whoever says it in another form says it as well.
	assert.equal(partly({ warnings: 'store-1' }), 'its answer may be partial: store-1');
	assert.equal(partly({ warnings: [{ toString: 1 }] }), 'its answer may be partial: {"toString":1}');
	assert.equal(
		partly({ warnings: ['PromQL info: x', '\x1b[2J\n'] }),
		'its answer may be partial: "\\x1b[2J "',
	);
	const unread = parseAnswer(success('vector', [{ metric: {}, value: [1, '2'] }, 7]), 'vector');
	assert.deepEqual('series' in unread && [unread.series.length, unread.note], [
		1,
		'its answer has series that cannot be read',
	]);
	const refused = parseAnswer(
		'{"status":"error","errorType":"execution","error":"exceeded limit"}',
		'vector',
	);
	assert.deepEqual(refused, { problem: 'it refuses the query: exceeded limit', isRefusal: true });
});

const wrong: readonly [what: string, text: string, problem: RegExp][] = [
	['a web page', '<!doctype html><html><body>Sign in', /^its answer is a web page/],
	[
		'half an answer',
		success('vector', [{ metric: {}, value: [1, '2'] }]).slice(0, -9),
		/^its answer is cut off$/,
	],
	['garbage', '\x00\x01garbage', /^its answer is not JSON$/],
	['nothing', '', /^its answer is empty$/],
	['other JSON', '{"results":[]}', /^its answer is not one of Prometheus$/],
	['JSON that is no object', '[1]', /^its answer is not one of Prometheus$/],
	['no result', '{"status":"success","data":{}}', /^its answer is not one of Prometheus$/],
	['another type', success('scalar', [1, '2']), /^its answer is a scalar, no vector$/],
	[
		'an error',
		'{"status":"error","errorType":"bad_data","error":"parse error:\\n\\u001b[31mat 1"}',
		/^it refuses the query: "?parse error: \\x1b\[31mat 1"?$/,
	],
];
for (const [what, text, problem] of wrong)
	test(`${what} is said in one line`, () =>
		assert.match(problemOf(parseAnswer(text, 'vector')) ?? '', problem));

test('any JSON and any text: an answer or one printable line, and never thrown', () => {
	const check = (text: string) => {
		for (const kind of ['vector', 'matrix'] as const) {
			const answer = parseAnswer(text, kind);
			if ('problem' in answer) assert.match(answer.problem, /^[\x20-\x7e]{5,220}$/u);
			else for (const { times, values } of answer.series) assert.equal(times.length, values.length);
		}
	};
	fc.assert(fc.property(fc.json(), check));
	fc.assert(fc.property(fc.string(), check));
	fc.assert(fc.property(fc.jsonValue(), result => check(success('vector', result))));
	fc.assert(fc.property(fc.array(fc.jsonValue()), result => check(success('matrix', result))));
});
