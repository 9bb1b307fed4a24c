import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NotOfKind, time } from '../../source/recording/memory/kinds.ts';

test('what a server told as a time and is none is not written: who reads it again could not go on', () => {
	const into = { pool: [], known: new Map(), infoOf: () => undefined };
	const from = { pool: [], made: new Map(), infoOf: () => undefined };
	const at = Date.UTC(2026, 10, 30);
	assert.equal(time.unpack(time.pack(at, into), from), at);
	// A slow log that tells microseconds, and one that tells nothing.
	for (const none of [1_796_000_000_000_000_000, Number.NaN])
		assert.throws(() => time.pack(none, into), NotOfKind);
});
