// The delay that is kept when a round is more work than the delay has room for: the rule, and the poller held to it by
// what it is told that it used. The program itself with 1,000 nodes at 1 s: scale.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newTrack } from '../../source/core/fleet/track.ts';
import type { Address, Sample } from '../../source/core/types.ts';
import { movedTo, nextPace, paceOf, roundMilliseconds } from '../../source/redis/pace.ts';
import { Poller } from '../../source/redis/poller.ts';
import { breadcrumb } from '../../source/view/parts/breadcrumb.ts';
import { screenOf } from '../../source/view/screens.ts';
import { lineText } from '../../source/view/theme.ts';
import { startDelay } from '../big-keys/delay.ts';
import { plainDial } from '../big-keys/scan.ts';
import { until } from '../servers/until.ts';
import { fleetOf, nodeOf, now, stateOf } from '../view/build-state.ts';
import { startScripted } from './scripted.ts';

/** The pace after rounds of this much work each. */
const after = (asked: number, ...work: readonly number[]) =>
	work.reduce((pace, seconds) => nextPace(pace, seconds), paceOf(asked)).seconds;

test('a refresh moves to where it is asked for when that is near, and stays where it is far', () => {
	const moved = [750, 1000, 1250, 749, 1251, -5000].map(asked => movedTo(asked, 1000, 0.5));
	assert.deepEqual(moved, [750, 1000, 1250, 1000, 1000, 1000]);
});

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

test('where the nearest node is far the delay is one that its answer fits into', () => {
	const far = (asked: number, trip: number, rounds = 2) =>
		Array.from({ length: rounds }).reduce<ReturnType<typeof paceOf>>(
			pace => nextPace(pace, 0.01, trip),
			paceOf(asked),
		).seconds;
	assert.deepEqual([far(1, 0.1), far(1, 0.3), far(1, 0.7)], [1, 1, 1]);
	assert.deepEqual([far(1, 0.8), far(1, 1.3), far(0.25, 0.3)], [1.5, 2, 0.5]);
	assert.equal(far(5, 1.3), 5);
	assert.equal(far(1, 0.8, 1), 1);
	for (const trip of [0.05, 0.1, 0.3, 0.5, 0.8, 1.3, 3])
		assert.ok(roundMilliseconds(far(0.25, trip) * 1000, trip * 1000) > trip * 1000, `${trip}`);
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
	const [track] = state.fleets;
	const lastGood = { at: now, own: {}, tripMilliseconds: 812.4 } as unknown as Sample;
	const tracks = new Map(
		fleet.nodes.map(({ address }) => [address, { ...newTrack(address, 'data', 'seed', now), lastGood }]),
	);
	const far = { ...state, at: now, paceSeconds: 1.5, fleets: [{ ...track!, tracks }] };
	assert.match(lineText(breadcrumb(far, screen)), /every 1\.5s \(1s asked: ping 812ms\)/);
	const narrow = { ...far, screen: 'cluster', size: { columns: 80, rows: 24 } } as const;
	const line = lineText(breadcrumb(narrow, screenOf('cluster').screen));
	const [step, ...path] = ['fleet', '10.0.0.1:6379', 'a screen of a long name'];
	const long = { ...screenOf('cluster').screen, path: () => [step, ...path] } as const;
	assert.match(
		lineText(breadcrumb(narrow, long)),
		/> a screen of a long name {2,}every 1\.5s \(1s asked\) {2}/,
	);
	const noted = { ...narrow, note: 'real servers on this machine' };
	assert.equal(lineText(breadcrumb(noted, screenOf('cluster').screen)), line, 'a note is whole or not there');
	assert.match(line, /> cluster {2,}every 1\.5s \(1s asked: ping 812ms\) {2}14:33:20$/);
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

const targetsOf = (addresses: readonly string[]) =>
	addresses.map(address => ({ address: address as Address, kind: 'data' }) as const);

test('a timer that is early asks for what it was to ask for, not for what a failover changes', async () => {
	const scripted = await startScripted({ kind: 'cluster', nodes: 2 });
	let rounds = 0;
	const asked: string[] = [];
	const poller = new Poller({
		dial: plainDial,
		delaySeconds: 0.053,
		onSent: (_, calls) => asked.push(calls.map(({ name }) => name).join(' ')),
		onRound: ({ isExtra }) => {
			if (!isExtra) rounds++;
		},
	});
	try {
		poller.watch(targetsOf(scripted.addresses));
		await until(() => rounds >= 40, { what: '40 rounds' });
		assert.deepEqual(
			asked.filter(names => /^(ping )*clusterInfo clusterNodes$/.test(names)),
			[],
		);
	} finally {
		poller.stop();
		await scripted.stop();
	}
});

test('nodes that are far are read in each round, in a failover too', async () => {
	const scripted = await startScripted({ kind: 'cluster', nodes: 2 });
	const lines = await Promise.all(
		scripted.addresses.map(each => startDelay(Number(each.split(':')[1]), 150)),
	);
	const nat = new Map(scripted.addresses.map((each, index) => [each, `127.0.0.1:${lines[index]!.port}`]));
	let inARow = 0;
	const read = new Set<string>();
	const delays: number[] = [];
	const poller = new Poller({
		dial: { ...plainDial, nat },
		delaySeconds: 1,
		onSent: () => {},
		onRound({ readings, isExtra, delaySeconds }) {
			for (const { node, replies } of readings) if (replies.some(([name]) => name === 'info')) read.add(node);
			if (isExtra) return;
			inARow = read.size === 2 ? inARow + 1 : 0;
			read.clear();
			delays.push(delaySeconds!);
		},
	});
	try {
		poller.watch(targetsOf(scripted.addresses));
		poller.setFast(true);
		await until(() => inARow >= 4, { what: 'four rounds with all in them', timeout: 60_000 });
		assert.equal(delays.at(-1), 1);
		poller.setFast(false);
		poller.setDelay(0.25);
		await until(() => delays.at(-1) === 0.5, { what: 'a delay that the answers fit into' });
		inARow = 0;
		await until(() => inARow >= 4, { what: 'four more', timeout: 60_000 });
	} finally {
		poller.stop();
		for (const line of lines) line.close();
		await scripted.stop();
	}
});
