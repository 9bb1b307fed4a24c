// The delay that is kept when a round is more work than the delay has room for: the rule, and the program itself held
// to it by a delay too short for its nodes, which stands in for 1,000 nodes at 1 s (see scale.ts for those).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextPace, paceOf } from '../../source/redis/pace.ts';
import { breadcrumb } from '../../source/ui/parts/breadcrumb.ts';
import { lineText } from '../../source/ui/theme.ts';
import { runJson } from '../live/redis-top.ts';
import { fleetOf, nodeOf, now, stateOf } from '../ui/build-state.ts';
import { startScripted } from './scripted.ts';

/** The pace after rounds of this much work each. */
const after = (asked: number, ...work: readonly number[]) => work.reduce(nextPace, paceOf(asked)).seconds;

test('work that fits leaves the delay as it was asked', () => {
	assert.equal(after(1, 0.2, 0.5, 0.85, 0.85, 0.85), 1);
	assert.equal(after(0.25, ...Array.from({ length: 50 }, () => 0.2)), 0.25);
});

test('one slow round is a coincidence, two make the delay long enough for them', () => {
	assert.equal(after(1, 2.3), 1);
	assert.equal(after(1, 2.3, 0.1, 2.3), 1);
	assert.equal(after(1, 2.3, 2.3), 3);
	assert.equal(after(1, 1.1, 1.1), 1.5);
	assert.equal(after(1, 2.3, 2.3, 4, 4), 5);
});

test('it goes back only after five rounds that were less work, and never under what was asked', () => {
	const long = [2.3, 2.3];
	assert.equal(after(1, ...long, 1, 1, 1, 1), 3);
	assert.equal(after(1, ...long, 1, 1, 1, 1, 2.3, 1, 1), 3);
	assert.equal(after(1, ...long, 0.1, 0.1, 0.1, 0.1, 0.1), 1);
	assert.equal(after(5, 0.1, 0.1, 0.1), 5);
});

test('line 1 says the delay that is kept, the one asked for and why', () => {
	const fleet = fleetOf([nodeOf('10.0.0.1:6379'), nodeOf('10.0.0.2:6379')]);
	const state = stateOf([{ fleet, findings: [], events: [] }], {
		size: { columns: 140, rows: 40 },
	});
	assert.match(lineText(breadcrumb(state)), /every 1s {2}/);
	assert.match(lineText(breadcrumb({ ...state, at: now, paceSeconds: 3 })), /every 3s \(1s asked: 2 nodes\)/);
});

test('the program keeps to a delay it can keep, and says which', async () => {
	const nodes = 300;
	const scripted = await startScripted({ kind: 'cluster', nodes });
	const run = runJson(['-d', '0.25', '-p', String(scripted.ports[0])]);
	try {
		const slower = await run.when('a longer delay', object => object.delaySeconds > 0.25, {
			timeout: 45_000,
		});
		assert.equal(slower.nodes.length, nodes);
		assert.ok(slower.delaySeconds <= 10, `absurd: ${slower.delaySeconds}`);
	} finally {
		await run.stop();
		await scripted.stop();
	}
});
