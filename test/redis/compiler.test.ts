// When V8 may optimize: where there is much to do, and where somebody cannot wait for a beat.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { calmCompiler, isCompiling, keepCompiling, noteWork } from '../../source/redis/compiler.ts';

after(() => setFlagsFromString('--opt'));

test('it is left alone at the start, stops where there is little to do, and goes on at the first beat with much', () => {
	const begun = performance.now() + 3_600_000;
	noteWork(begun, 0);
	assert.equal(isCompiling(), true);
	calmCompiler();
	noteWork(begun + 200, 20);
	assert.equal(isCompiling(), false);
	noteWork(begun + 400, 200);
	assert.equal(isCompiling(), true);
	noteWork(begun + 600, 210);
	noteWork(begun + 10_300, 220);
	assert.equal(isCompiling(), true);
	noteWork(begun + 10_500, 230);
	assert.equal(isCompiling(), false);
});

test('two beats that come together are one', () => {
	const at = performance.now() + 7_200_000;
	noteWork(at, 0);
	noteWork(at + 20, 19);
	assert.equal(isCompiling(), false);
	noteWork(at + 200, 50);
	assert.equal(isCompiling(), false);
});

test('who cannot wait has it at once, and lets it go once', () => {
	const at = performance.now() + 10_800_000;
	const [one, other] = [keepCompiling(), keepCompiling()];
	assert.equal(isCompiling(), true);
	one();
	one();
	noteWork(at, 0);
	noteWork(at + 200, 1);
	assert.equal(isCompiling(), true);
	other();
	noteWork(at + 400, 2);
	assert.equal(isCompiling(), false);
});
