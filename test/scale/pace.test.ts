// The delay that is kept when a round is more work than the delay has room for: the rule, and the poller held to it by
// what it is told that it used. The program itself with 1,000 nodes at 1 s: scale.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextPace, paceOf, roundMilliseconds } from '../../source/redis/pace.ts';
import { Poller } from '../../source/redis/poller.ts';
import { breadcrumb } from '../../source/view/parts/breadcrumb.ts';
import { screenOf } from '../../source/view/screens.ts';
import { lineText } from '../../source/view/theme.ts';
import { plainDial } from '../big-keys/scan.ts';
import { until } from '../servers/until.ts';
import { fleetOf, nodeOf, now, stateOf } from '../view/build-state.ts';
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

test('a round waits a little longer than its slowest node takes, and never for most of the delay', () => {
	assert.equal(roundMilliseconds(1000, 0), 150);
	assert.equal(roundMilliseconds(1000, 300), 450);
	assert.equal(roundMilliseconds(1000, 900), 800);
	assert.equal(roundMilliseconds(60_000, 20), 9020);
});

test('line 1 says the delay that is kept, the one asked for and why', () => {
	const fleet = fleetOf([nodeOf('10.0.0.1:6379'), nodeOf('10.0.0.2:6379')]);
	const state = stateOf([{ fleet, findings: [], events: [] }], {
		size: { columns: 140, rows: 40 },
	});
	const { screen } = screenOf('fleet');
	assert.match(lineText(breadcrumb(state, screen)), /every 1s {2}/);
	assert.match(
		lineText(breadcrumb({ ...state, at: now, paceSeconds: 3 }, screen)),
		/every 3s \(1s asked: 2 nodes\)/,
	);
});

test('the poller keeps to a delay it can keep, says which, and goes back when there is less to do', async () => {
	const scripted = await startScripted({ kind: 'standalone', nodes: 2 });
	const used = { loop: 0, cpu: 0 };
	/** Of our own time, a round. */
	let work = 0.6;
	const delays: number[] = [];
	const poller = new Poller({
		dial: plainDial,
		delaySeconds: 0.25,
		onSent: () => {},
		onRound: ({ delaySeconds, isExtra }) => {
			if (isExtra) return;
			delays.push(delaySeconds!);
			used.loop += work;
			used.cpu += 2 * work;
		},
		used: () => ({ ...used }),
	});
	try {
		poller.watch(scripted.addresses.map(address => ({ address, kind: 'data' })));
		await until(() => delays.at(-1) === 1, { what: 'a delay in which 0.6 s of work fit' });
		assert.equal(delays[0], 0.25, 'as asked, until it is known to be too short');
		work = 0.1;
		await until(() => delays.at(-1) === 0.5, { what: 'one in which 0.1 s fit', timeout: 30_000 });
	} finally {
		poller.stop();
		await scripted.stop();
	}
});
