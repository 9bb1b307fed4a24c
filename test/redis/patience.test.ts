// When a node is tried again after its connection was ended: a death must be seen at once, and a server that hangs up after
// each answer must not be dialled all the time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patience } from '../../source/redis/patience.ts';

test('the first loss is looked into at once, the next not within a second of it', () => {
	const patience = new Patience();
	patience.noteLoss(false, 1);
	assert.equal(patience.remaining(), 0);
	assert.ok(patience.isOver());
	patience.noteLoss(false, 1);
	assert.ok(patience.remaining()! > 0 && patience.remaining()! <= 1000, `${patience.remaining()} ms`);
	patience.noteLoss(false, 1);
	assert.ok(patience.remaining()! > 1000, 'each a second after the one before');
});

test('a failover under way and a short delay make it shorter', () => {
	for (const [isFast, delay] of [
		[true, 1],
		[false, 0.2],
	] as const) {
		const patience = new Patience();
		patience.noteLoss(isFast, delay);
		patience.noteLoss(isFast, delay);
		assert.ok(patience.remaining()! <= 200, `${patience.remaining()} ms`);
	}
});
