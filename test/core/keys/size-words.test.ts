// An estimate carries `~` and its margin wherever it is said; a margin is never rounded down.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizeWord, sizeWords } from '../../../source/core/keys/size-words.ts';

test('sizes in words', () => {
	const size = 3.1 * 1024 ** 2;
	assert.equal(sizeWords({ bytes: size }), '3.1M');
	assert.equal(sizeWords({ bytes: size, sizeEstimated: false, sizeMargin: 0 }), '3.1M');
	assert.equal(sizeWords({ bytes: size, sizeEstimated: true }), '~3.1M');
	assert.equal(sizeWords({ bytes: size, sizeEstimated: true, sizeMargin: 0.031 }), '~3.1M +-4%');
	assert.equal(sizeWords({ bytes: size, sizeEstimated: true, sizeMargin: 1 }), '~3.1M +-100%');
	assert.equal(sizeWord({ bytes: size, sizeEstimated: true, sizeMargin: 0.1 }), '~3.1M');
});
