// Since when a slot is open at one end only, as a check waits for it: not known while the other end cannot be asked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHalfDone, keepHalves, type OpenSlot } from '../../../source/core/cluster/open-slots.ts';

const half = (isOtherAsked: boolean): OpenSlot => ({
	...{ slot: 77, source: 'a', target: 'b', atSource: false, atTarget: true },
	isOtherAsked,
});

test('a half that lasts is left open after three seconds', () => {
	const begun = keepHalves(new Map(), [half(true)], 1000);
	const later = keepHalves(begun, [half(true)], 4000);
	assert.deepEqual(
		[isHalfDone(begun, 1000), isHalfDone(later, 3999), isHalfDone(later, 4000)],
		[true, true, false],
	);
});

test('while the other end is not asked it is waited for, and is never said to be left', () => {
	let halves = keepHalves(new Map(), [half(true)], 0);
	for (const at of [2000, 4000, 6000]) {
		halves = keepHalves(halves, [half(false)], at);
		assert.ok(isHalfDone(halves, at));
	}
	assert.ok(isHalfDone(keepHalves(halves, [half(true)], 7000), 7000), 'it begins anew');
});

test('open at both ends, or at none, is no half', () => {
	const both = { ...half(true), atSource: true };
	assert.equal(keepHalves(new Map([['77 a b', 0]]), [both], 1000).size, 0);
	assert.equal(keepHalves(new Map([['77 a b', 0]]), [], 1000).size, 0);
});
