// The screen of the cluster as text, beside test/frames: calm, in a failover and after it, views that differ, a reshard,
// hot slots; Sentinels calm, switched, and with an old primary that is back too early; a primary with replicas alone.
// Colours are not in the files: which cells have one is a test of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { displayWidth } from '../../source/core/text/printable.ts';
import type { State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { often } from '../lane.ts';
import {
	calmCluster,
	calmSentinels,
	failedOver,
	openScreen,
	quorumLost,
	replicas,
	reshard,
	slotLoad,
	splitViews,
	switchedOver,
} from './build-cluster.ts';
import { fleetOf, nodeOf, stateOf } from './build-state.ts';
import { type Build, codes, framed, isColour, sizes, testFrames, withoutCodes } from './frame-files.ts';

const opened =
	(state: () => State, ...keys: string[]): Build =>
	over => {
		const seen = openScreen(state(), over);
		return keys.length === 0 ? seen : update(seen, { type: 'keys', at: seen.at, keys })[0];
	};

const screens: Readonly<Record<string, Build>> = {
	'cluster-calm': opened(calmCluster),
	'cluster-suspected': opened(() => failedOver(7)),
	'cluster-failing': opened(() => failedOver(8.5)),
	'cluster-failed-over': opened(() => failedOver(17)),
	'cluster-event': opened(() => failedOver(17), 'n', 'n', 'n', 'n'),
	'cluster-views': opened(splitViews),
	'cluster-reshard': opened(reshard),
	'cluster-slots': opened(slotLoad, 'tab', 'tab', 'tab'),
	'cluster-sentinels': opened(calmSentinels),
	'cluster-quorum-lost': opened(quorumLost),
	'cluster-switched': opened(() => switchedOver(9)),
	'cluster-stale': opened(() => switchedOver(15)),
	'cluster-sentinel-log': opened(() => switchedOver(24), 'tab', 'tab'),
	'cluster-replicas': opened(replicas),
};

testFrames(screens);

test('a calm cluster, and one whose failover is over, have no coloured cell', () => {
	for (const state of [calmCluster(), calmSentinels(), failedOver(80)]) {
		const drawn = openScreen(state, { size: { columns: 140, rows: 40 } });
		assert.deepEqual(codes(drawn).filter(isColour), [], framed(drawn));
	}
});

test('while it goes on the marks have their colours, and the holes in the map', () => {
	const drawn = frameOf(openScreen(failedOver(8.5), { size: { columns: 80, rows: 24 } }));
	const line = (text: string) => drawn.find(each => withoutCodes(each).includes(text))!;
	assert.match(line('majority agrees: fail'), /\x1b\[1;37;41m!!/);
	assert.match(line('first to flag'), /\x1b\[33m!/);
	assert.match(line('SLOTS  1'), /\x1b\[1;37;41m\.+/);
});

test('a primary that hangs and is lost to its peers leaves a hole in the map, and its row says so', () => {
	const state = calmCluster();
	const track = state.fleets[0]!;
	const { fleet } = track.now;
	const hung = {
		...fleet,
		nodes: fleet.nodes.map(node =>
			node.address === '10.0.1.12:6379' ? { ...node, health: 'stale' as const } : node,
		),
	};
	const drawn = (over: typeof fleet) =>
		framed(
			openScreen(
				{ ...state, fleets: [{ ...track, now: { ...track.now, fleet: over } }] },
				{ size: { columns: 80, rows: 24 } },
			),
		);
	assert.match(drawn(hung), /^SLOTS {2}1+2+3+ /m, 'a slow answer is none');
	const agreement = { ...fleet.agreement!, slotsCovered: 10_922, lostPrimaries: ['10.0.1.12:6379'] };
	const frame = drawn({ ...hung, agreement });
	assert.match(frame, /^SLOTS {2}1+\.+3+ /m);
	assert.match(frame, /^ !! {1}2 /m);
});

test('an event that does not fit is cut between two words: no number loses its digits', () => {
	const over = failedOver(17);
	for (let columns = 60; columns <= 120; columns++) {
		const frame = framed(openScreen(over, { size: { columns, rows: 40 } }));
		const elected = frame.split('\n').find(line => line.includes('elected, epoch'))!;
		assert.match(elected, / slots 5461-10922 served again$| \S*…$/, elected);
		assert.doesNotMatch(elected, /\d…$/);
	}
});

test('slots in several ranges are counted, not cut in the middle', () => {
	const state = calmCluster();
	const track = state.fleets[0]!;
	const [first, ...others] = track.now.fleet.shards;
	const slots: (readonly [number, number])[] = [
		[0, 900],
		[1404, 5460],
	];
	const fleet = { ...track.now.fleet, shards: [{ ...first!, slots }, ...others] };
	const over = { ...state, fleets: [{ ...track, now: { ...track.now, fleet } }] };
	const frame = framed(openScreen(over, { size: { columns: 80, rows: 24 } }));
	assert.match(frame, /^ {4}1 {6}2 ranges {8}4958 /m);
	assert.match(frame, /^ {4}2 {6}5461-10922 /m);
});

test('what it came to is never cut, on any size', () => {
	const over = failedOver(17);
	for (let columns = 40; columns <= 200; columns++) {
		const frame = framed(openScreen(over, { size: { columns, rows: 40 } }));
		assert.match(frame, /^FAILOVER .*slots unserved 9\.0s/m, `${columns} columns\n${frame}`);
	}
});

test('the second in which nobody served is drawn, however long the rest is', () => {
	const frame = framed(openScreen(failedOver(58), { size: { columns: 50, rows: 15 } }));
	assert.match(frame, /^ {2}state {6}─+█+─/m, frame);
});

test('every state at every size: as many lines as there are rows, none wider than the screen', () => {
	const states = [
		calmCluster(),
		failedOver(3),
		failedOver(17),
		splitViews(),
		reshard(),
		slotLoad(),
		calmSentinels(),
		switchedOver(15),
		replicas(),
	];
	const keys = fc.array(
		fc.constantFrom('tab', 'shift-tab', 'j', 'k', 'n', 'N', 'G', 'g', 'left', 'right', 'p', '['),
		{
			maxLength: 12,
		},
	);
	fc.assert(
		fc.property(
			fc.constantFrom(...states),
			fc.integer({ min: 40, max: 220 }),
			fc.integer({ min: 10, max: 70 }),
			fc.boolean(),
			keys,
			(state, columns, rows, isAscii, pressed) => {
				const seen = openScreen(state, { size: { columns, rows }, isAscii });
				const [next] = update(seen, { type: 'keys', at: seen.at, keys: pressed });
				const frame = frameOf(next).map(withoutCodes);
				assert.equal(frame.length, rows);
				for (const line of frame) {
					assert.ok(displayWidth(line) <= columns, `${displayWidth(line)} > ${columns}: ${line}`);
					if (isAscii) assert.doesNotMatch(line, /[^\x20-\x7e]/);
				}
			},
		),
		{ numRuns: often(80, 300) },
	);
});

test('a name from a server is made printable before it is shown', () => {
	const evil = switchedOver(9);
	const fleet = evil.fleets[0]!;
	const failovers = fleet.failovers.map(each => ({ ...each, group: 'my\x1b[31mmaster' }));
	const state = openScreen({ ...evil, fleets: [{ ...fleet, failovers }] }, { isColour: false });
	for (const [columns, rows] of sizes) {
		const text = frameOf({ ...state, size: { columns, rows } }).join('\n');
		assert.ok(!text.includes('\x1b[31m'), text);
	}
});

test('shards that there is no room for are counted: at every height those shown and those told are all of them', () => {
	const nodes = Array.from({ length: 20 }, (_, at) =>
		nodeOf(`10.0.9.${at}:6379`, { shard: at + 1, role: 'primary', slots: [[at * 800, at * 800 + 799]] }),
	);
	const shards = nodes.map(({ address, slots = [] }, at) => ({
		...{ number: at + 1, primary: address, replicas: [], slots },
	}));
	const fleet = fleetOf(nodes, { mode: 'cluster', shards });
	const many = stateOf([{ fleet, findings: [], events: [] }], {
		screen: 'cluster',
		focus: { fleet: 1, node: nodes[0]!.address, isCluster: true },
	});
	let told = 0;
	for (let rows = 20; rows <= 60; rows++) {
		const lines = frameOf({ ...many, size: { columns: 120, rows } }).map(withoutCodes);
		const shown = lines.filter(line => /10\.0\.9\.\d+:6379/.test(line)).length;
		const more = Number(/(\d+) shards more/.exec(lines.join('\n'))?.[1] ?? 0);
		if (more > 0) told++;
		assert.equal(shown + more, 20, lines.join('\n'));
	}
	assert.ok(told > 3, `${told} of the heights have no room`);
});
