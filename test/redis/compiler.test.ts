// When V8 may optimize: where there is much to do, and where somebody cannot wait for a beat.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { calmCompiler, isCompiling, keepCompiling, noteKey, noteWork } from '../../source/redis/compiler.ts';

after(() => setFlagsFromString('--opt'));

/** Beats for so many seconds, each with so much of it at work. */
function work(seconds: number, share: number): void {
	for (let beat = 0; beat < seconds * 5; beat++) {
		now += 200;
		used += 200 * share;
		noteWork(now, used);
	}
}
let now = performance.now() + 3_600_000;
let used = 0;

test('it is left alone at the start, and stops where there is little to do', () => {
	noteWork(now, used);
	work(20, 0.02);
	assert.equal(isCompiling(), true);
	calmCompiler();
	work(1, 0.02);
	assert.equal(isCompiling(), false);
});

test('it goes on after a second with much to do, or a beat with nothing else', () => {
	work(3, 0.1);
	assert.equal(isCompiling(), false);
	work(2, 0.2);
	assert.equal(isCompiling(), true);
	work(9, 0.05);
	assert.equal(isCompiling(), true);
	work(3, 0.05);
	assert.equal(isCompiling(), false);
	work(0.2, 0.95);
	assert.equal(isCompiling(), true);
	work(12, 0.05);
	assert.equal(isCompiling(), false);
});

test('a round of a fifth of a beat at once is little, and two beats that come together are one', () => {
	for (let second = 0; second < 5; second++) {
		work(0.2, 0.4);
		work(0.8, 0);
		noteWork(now + 20, used + 19);
		assert.equal(isCompiling(), false);
	}
});

test('who cannot wait has it at once, and lets it go once', () => {
	const [one, other] = [keepCompiling(), keepCompiling()];
	assert.equal(isCompiling(), true);
	one();
	one();
	work(1, 0);
	assert.equal(isCompiling(), true);
	other();
	work(1, 0);
	assert.equal(isCompiling(), false);
});

test('after a key it is at work for a while, for what the key opens', () => {
	noteKey(now);
	assert.equal(isCompiling(), true);
	work(9, 0);
	assert.equal(isCompiling(), true);
	work(3, 0);
	assert.equal(isCompiling(), false);
});
