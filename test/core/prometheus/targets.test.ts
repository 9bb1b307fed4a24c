// Whose a series is: by address, by announced name, by a rule; what one name leads to twice is told apart by the process,
// or it is nobody's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels, PromSeries } from '../../../source/core/prometheus/answer.ts';
import { findTargets, targetsOf, unfoundWords } from '../../../source/core/prometheus/targets.ts';

const series = (labels: Labels, value = 1): PromSeries => ({ labels, times: [1000], values: [value] });
const node = (address: string, ...names: readonly string[]) => ({ address, names: [address, ...names] });

const places: readonly [what: string, up: Labels, info: Labels | undefined, names: readonly string[]][] = [
	['one exporter for many', { instance: '10.0.0.1:6379', job: 'redis' }, undefined, ['10.0.0.1:6379']],
	['with a scheme', { instance: 'redis://10.0.0.1:6379' }, { tcp_port: '6379' }, ['10.0.0.1:6379']],
	[
		'an old exporter',
		{ addr: 'redis://10.0.0.1:6379', instance: 'exporter:9121' },
		undefined,
		['10.0.0.1:6379', 'exporter:9121'],
	],
	[
		'an exporter beside each',
		{ instance: '10.0.0.1:9121' },
		{ tcp_port: '6380' },
		['10.0.0.1:6380', '10.0.0.1:9121'],
	],
	['IPv6', { instance: '[::1]:9121' }, { tcp_port: '6380' }, ['[::1]:6380', '[::1]:9121']],
	['a name', { instance: 'rediss://cart-0.redis:6379' }, undefined, ['cart-0.redis:6379']],
	['a name without a port', { instance: 'cart-0' }, { tcp_port: '6380' }, ['cart-0:6380']],
	['nonsense', { instance: 'a b c' }, { tcp_port: '6380' }, []],
];
for (const [what, up, info, names] of places)
	test(`the names of a target: ${what}`, () => {
		const key: Labels = up.addr ? { addr: up.addr } : { instance: up.instance! };
		const [target] = targetsOf([series(up)], info ? [series({ ...key, ...info })] : []);
		assert.deepEqual(target?.names, names);
	});

test('a rule of the settings is the only word; a series that lacks its label is nobody', () => {
	const up = [series({ instance: '10.1.1.1:9121', pod: 'cart-0' }), series({ instance: '10.1.1.2:9121' })];
	const targets = targetsOf(up, [], '{pod}.redis:6379');
	assert.deepEqual(
		targets.map(({ names }) => names),
		[['cart-0.redis:6379'], []],
	);
	const found = findTargets([node('10.9.9.9:6379', 'cart-0.redis:6379')], targets);
	assert.equal(found.targets.get('10.9.9.9:6379')?.value, '10.1.1.1:9121');
});

test('a node is found by any of its names, and who is not is said once with what was tried', () => {
	const targets = targetsOf([series({ instance: 'a:6379' }), series({ instance: 'b:6379' })], []);
	const found = findTargets(
		[node('10.0.0.1:6379', 'a:6379'), node('10.0.0.3:6379'), node('10.0.0.4:6379')],
		targets,
	);
	assert.deepEqual([...found.targets.keys()], ['10.0.0.1:6379']);
	assert.equal(
		unfoundWords(found, targets, undefined),
		'Prometheus has no series of 10.0.0.3:6379, 10.0.0.4:6379: tried instance, like instance="a:6379"',
	);
	assert.match(unfoundWords(found, [], undefined), /has no redis_up/);
});

test('the same target scraped twice is one; two servers of one name are told apart by the process, or nobody', () => {
	const both = [
		series({ instance: '10.0.0.1:6379', replica: 'a' }),
		series({ instance: '10.0.0.1:6379', replica: 'b' }),
	];
	assert.equal(targetsOf(both, []).length, 1);
	const two = targetsOf(
		[series({ addr: '10.0.0.1:6379', instance: 'x:1' }), series({ instance: '10.0.0.1:6379' })],
		[series({ addr: '10.0.0.1:6379', run_id: 'ff' })],
	);
	// Both labels have the same value: it is one address.
	assert.equal(two.length, 1);
	const apart = targetsOf(
		[series({ instance: 'e:9121', alias: '10.0.0.1:6379' }), series({ instance: '10.0.0.1:9121' })],
		[series({ instance: '10.0.0.1:9121', tcp_port: '6379', run_id: 'ff' })],
	);
	assert.deepEqual(findTargets([node('10.0.0.1:6379')], apart).unfound, ['10.0.0.1:6379']);
	const same = findTargets([{ ...node('10.0.0.1:6379'), runId: 'ff' }], apart);
	assert.equal(same.targets.get('10.0.0.1:6379')?.value, '10.0.0.1:9121');
});
