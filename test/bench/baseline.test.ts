// What the bench says of a ratio that changed: within noise nothing, beyond it worse or better, by the right direction.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratiosOf, verdictsOn } from './baseline.ts';

test('more is worse for what is taken, less for what is fast; within noise it is the same', () => {
	const baseline = {
		a: ratiosOf([
			['cpu', '', '', '2.0 x'],
			['speed', '', '', '10 times faster'],
			['none', '', '', ''],
		]),
	};
	assert.deepEqual(Object.keys(baseline.a), ['cpu', 'speed']);
	const now = (cpu: string, speed: string) =>
		verdictsOn(
			{
				a: ratiosOf([
					['cpu', '', '', cpu],
					['speed', '', '', speed],
				]),
			},
			baseline,
		);
	assert.equal(now('2.4 x', '8.5 times faster').worse, 0);
	assert.equal(now('2.7 x', '10 times faster').worse, 1);
	assert.equal(now('2.0 x', '6.0 times faster').worse, 1);
	assert.match(now('1.0 x', '20 times faster').lines.join(), /^better .*better /);
	assert.match(verdictsOn({ b: ratiosOf([['x', '', '', '3 x']]) }, baseline).lines.join(), /^new /);
});
