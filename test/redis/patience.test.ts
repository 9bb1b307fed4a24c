// When a node is tried again after its connection was ended: a death must be seen at once, and a server that hangs up after
// each answer must not be dialled all the time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeError } from '../../source/core/types.ts';
import { Patience } from '../../source/redis/patience.ts';

test('the first loss is looked into at once, the next not within a second of it', () => {
	const patience = new Patience();
	patience.noteLoss(false, 1);
	assert.equal(patience.remaining(), 0);
	assert.ok(patience.isOver());
	patience.noteLoss(false, 1);
	assert.ok(patience.remaining() > 0 && patience.remaining() <= 1000, `${patience.remaining()} ms`);
	patience.noteLoss(false, 1);
	assert.ok(patience.remaining() > 1000, 'each a second after the one before');
});

test('a failover under way and a short delay make it shorter', () => {
	for (const [isFast, delay] of [
		[true, 1],
		[false, 0.2],
	] as const) {
		const patience = new Patience();
		patience.noteLoss(isFast, delay);
		patience.noteLoss(isFast, delay);
		assert.ok(patience.remaining() <= 200, `${patience.remaining()} ms`);
	}
});

test('a server that is full, or refuses us, is not asked again for half a minute; one that is down soon', () => {
	const pauseAfter = (reason: NodeError['reason'], isFast = false) => {
		const patience = new Patience();
		patience.noteFailure({ reason, text: 'x' }, isFast);
		patience.noteFailure({ reason, text: 'x' }, isFast);
		return patience.remaining();
	};
	// A tenth either way.
	const isAbout = (milliseconds: number, seconds: number) =>
		assert.ok(milliseconds > seconds * 800 && milliseconds < seconds * 1200, `${milliseconds} ms`);
	isAbout(pauseAfter('max-clients'), 30);
	isAbout(pauseAfter('refused'), 1);
	isAbout(pauseAfter('timeout', true), 1);
	isAbout(pauseAfter('refused', true), 0.2);
	const refused = new Patience();
	refused.noteRefusal();
	isAbout(refused.remaining(), 30);
});

test('a refused login is tried again within half a minute, by hand at once, and never more than once a second', () => {
	for (let turn = 0; turn < 50; turn++) {
		const patience = new Patience();
		patience.noteRefusal();
		assert.ok(!patience.isOver());
		const wait = patience.remaining();
		assert.ok(wait > 26_000 && wait <= 29_000, `${wait} ms`);
		patience.tryNow();
		patience.tryNow();
		assert.ok(patience.remaining() <= 1000, 'by hand');
		assert.ok(!patience.isOver(), 'a key that is held down is no storm');
	}
});
