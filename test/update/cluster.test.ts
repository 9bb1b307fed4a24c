// The cluster screen's part of the state: what a round adds to failovers, migrations, the Sentinels' log and the load of
// slots; which of it is an event; when the polling is fast; and what the keys do with it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noClusterTrack } from '../../source/core/cluster/cluster-track.ts';
import { addSlotCounts, addSlotStats } from '../../source/core/cluster/slot-load.ts';
import { isUnderWay, toldFailovers } from '../../source/core/failover/failover.ts';
import { failoverEvents } from '../../source/core/failover/failover-events.ts';
import { stepOf } from '../../source/core/failover/failover-record.ts';
import { failoverReport } from '../../source/core/failover/failover-words.ts';
import type { FleetEvent, Sample } from '../../source/core/types.ts';
import type { Effect, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { clusterFleet, clusterPanel, partOf, partsOf } from '../../source/view/screens/cluster/panel.ts';
import {
	calmCluster,
	calmSentinels,
	failedOver,
	lostAt,
	openScreen,
	quorumLost,
	reshard,
	slotLoad,
	splitViews,
	switchedOver,
	told,
	watched,
} from '../view/build-cluster.ts';
import { framed } from '../view/frame-files.ts';

const wide = { size: { columns: 140, rows: 40 } };
const press = (state: State, ...keys: string[]): [State, Effect[]] =>
	update(state, { type: 'keys', at: state.at, keys });
const fleetOf = (state: State) => state.fleets[0]!;
const kinds = (state: State, kind: string) => fleetOf(state).events.filter(event => event.kind === kind);
/** What is told of failovers beside what two rounds show of nodes and views. */
const outcomeWord = 'failover over: ';
const isAdded = ({ text }: FleetEvent) =>
	text.startsWith(outcomeWord) || /^\d of \d primaries flag it|^in sync again/.test(text);
const partNow = (state: State) => partOf(state, clusterFleet(state)!);

// ---------------------------------------------------------------------------------------------------------
// Events

test('a failover adds to the events what nothing else tells, each once, and at the end what it came to', () => {
	const state = failedOver(80);
	for (const kind of [
		'link-lost',
		'pfail',
		'fail',
		'promoted',
		'slots-uncovered',
		'slots-covered',
		'demoted',
	])
		assert.equal(kinds(state, kind).filter(event => !isAdded(event)).length, 1, `${kind} once`);
	const texts = fleetOf(state)
		.events.filter(isAdded)
		.map(event => event.text);
	assert.equal(texts.filter(text => text.startsWith('2 of 3 primaries flag it')).length, 1, texts.join('\n'));
	assert.equal(texts.filter(text => text.startsWith('in sync again')).length, 1);
	const outcomes = texts.filter(text => text.startsWith(outcomeWord));
	assert.deepEqual(outcomes, [
		'failover over: 10.0.1.12:6379 > 10.0.1.22:6379, slots unserved 9.0s; bytes never replicated: none that we know of',
	]);
	assert.deepEqual(new Set(texts).size, texts.length, 'nothing twice');
});

test('one that ends without its old primary says so once more only when there is more to say', () => {
	let state = calmCluster();
	for (let second = 0; second < 200; second++)
		state = told(state, lostAt + second * 1000, {
			isDown: second < 150,
			isFail: second >= 8,
			pfail: second >= 6 ? [0, 2] : [],
			heir: second >= 9,
			// Its copy is made equal some seconds after it is back: the story goes on, and ends a second time.
			more: (sample, index) =>
				index === 1 && second < 155 && sample.info
					? { ...sample, info: { ...sample.info, isLinkUp: false } }
					: sample,
		});
	const outcomes = fleetOf(state).events.filter(({ text }) => text.startsWith(outcomeWord));
	assert.equal(outcomes.length, 1, outcomes.map(({ text }) => text).join('\n'));
	assert.ok(
		stepOf(toldFailovers(fleetOf(state).failovers)[0]!, 'returned'),
		'its return is a part of the story',
	);
});

test('a failover by hand in the middle of a round is seen, whoever was read before it', () => {
	for (const behind of [[0, 1, 2, 3, 5], [4], [0, 1], [1, 2, 4]]) {
		let state = calmCluster();
		state = told(state, lostAt, { heir: true, behind });
		for (let second = 1; second < 5; second++) state = told(state, lostAt + second * 1000, { heir: true });
		const [seen, ...more] = toldFailovers(fleetOf(state).failovers);
		assert.deepEqual(
			[seen?.oldPrimary, seen?.newPrimary, seen?.isOver, more.length],
			['10.0.1.12:6379', '10.0.1.22:6379', true, 0],
			`behind: ${behind}`,
		);
		const texts = fleetOf(state).events.map(({ text }) => text);
		const first = (word: string) => texts.findIndex(text => text.startsWith(word));
		assert.ok(first(outcomeWord) < first('promoted to primary'), `newest first:\n${texts.join('\n')}`);
	}
});

test('in the failover of a partition both sides stand below its events, once', () => {
	let state = failedOver(12);
	for (let second = 13; second < 18; second++)
		state = told(state, lostAt + second * 1000, { isDown: true, isFail: true, heir: true, behind: [5] });
	assert.ok(isUnderWay(fleetOf(state).failovers));
	const frame = framed(openScreen(state, wide));
	assert.match(
		frame,
		/elected, epoch[\s\S]*^VIEWS {2}! 4 of 5 nodes agree[\s\S]*^ ! {2}minority {2}1 node: 10\.0\.1\.23/m,
	);
	assert.ok(frame.indexOf('VIEWS') < frame.indexOf('BEFORE'), frame);
	assert.equal(frame.split('VIEWS').length, 2);
});

test('what one node believes for a moment is no split: a slot that changes hands is known to some before others', () => {
	const over = failedOver(80);
	const state = openScreen(told(over, lostAt + 81_000, { heir: true, behind: [5] }), wide);
	assert.ok(fleetOf(state).now.fleet.agreement!.disputes.length > 0);
	assert.notEqual(partNow(state), 'views');
	const [views] = press(state, 'tab');
	assert.match(framed(views), /^VIEWS {2}6 of 6 nodes agree\n {4}all {2}6 nodes/m);
});

test('a quorum that is lost is what is seen, also soon after a failover', () => {
	const state = openScreen(quorumLost(), wide);
	const old = toldFailovers(fleetOf(switchedOver(24)).failovers)[0]!;
	const over = { ...old, changedAt: state.at - 60_000, isOver: true, endedAt: state.at - 60_000 };
	const recent = { ...state, fleets: state.fleets.map(fleet => ({ ...fleet, failovers: [over] })) };
	assert.equal(partNow(recent), 'sentinels');
	assert.match(framed(recent).split('\n')[2]!, /no quorum, no failover possible {3}\+\d more/);
});

test('two failovers that come to the same, word for word, are told both', () => {
	const state = failedOver(80);
	const { events, failovers } = fleetOf(state);
	const first = toldFailovers(failovers)[0]!;
	const later = 3_600_000;
	const again = {
		...first,
		id: 'again',
		startedAt: first.startedAt + later,
		endedAt: first.endedAt! + later,
	};
	const isOutcome = ({ text }: FleetEvent) => text.startsWith(outcomeWord);
	const outcomes = failoverEvents(failovers, [again, ...failovers], events).filter(isOutcome);
	assert.deepEqual(
		outcomes.map(({ text }) => text),
		events.filter(isOutcome).map(({ text }) => text),
	);
	assert.deepEqual(failoverEvents([], [first], events).filter(isOutcome), [], 'its own is told once');
});

test('a link that came back within seconds is no failover and no event of one', () => {
	let state = calmCluster();
	const unlinked = (sample: Sample): Sample => ({
		...sample,
		cluster: {
			...sample.cluster!,
			peers: sample.cluster!.peers!.map(peer =>
				peer.address === '10.0.1.12:6379' ? { ...peer, isLinkUp: false } : peer,
			),
		},
	});
	const wasUnderWay: boolean[] = [];
	for (let at = 0; at < 12_000; at += 250) {
		const more = (sample: Sample, index: number) => (index >= 3 && at < 500 ? unlinked(sample) : sample);
		state = told(state, lostAt + at, { more }, at % 1000 !== 0);
		wasUnderWay.push(isUnderWay(fleetOf(state).failovers));
	}
	assert.ok(wasUnderWay[0], 'it was suspected');
	assert.deepEqual(fleetOf(state).failovers, []);
	assert.deepEqual(fleetOf(state).events.filter(isAdded), []);
});

// ---------------------------------------------------------------------------------------------------------
// The fast phase

test('Sentinels are asked fast from the first lost connection until it is over, and not before', () => {
	const calm = calmSentinels();
	assert.ok(!calm.isFast);
	const [lost, effects] = (() => {
		const before = calm;
		const after = watched(before, lostAt, { isDown: true }, true);
		return [after, after.isFast && !before.isFast];
	})();
	assert.ok(lost.isFast && effects, 'the first sign is enough');
	assert.ok(switchedOver(20).isFast, 'the old master still calls itself primary');
	const over = switchedOver(40);
	assert.ok(!isUnderWay(fleetOf(over).failovers) && !over.isFast);
});

test('a primary that stays away is asked fast for a minute at most, and one that fails later has its own', () => {
	let state = calmCluster();
	const gone = (second: number) => ({ isDown: true, pfail: [0, 2], isFail: second >= 8 });
	const fastUntil: number[] = [];
	for (let second = 0; second < 100; second++) {
		state = told(state, lostAt + second * 1000, gone(second));
		if (state.isFast) fastUntil.push(second);
	}
	assert.ok(fastUntil.at(-1)! >= 58 && fastUntil.at(-1)! <= 62, `until ${fastUntil.at(-1)}`);
	assert.equal(fastUntil.length, fastUntil.at(-1)! + 1, 'without a gap');
});

test('the effect that makes the poller fast is given once at each end', () => {
	let state = calmSentinels();
	const told: boolean[] = [];
	const dispatch = (at: number, isDown: boolean, isExtra: boolean) => {
		const before = state;
		state = watched(before, at, { isDown }, isExtra);
		if (state.isFast !== before.isFast) told.push(state.isFast);
	};
	for (let at = 0; at < 20_000; at += 500) dispatch(lostAt + at, at >= 1000 && at < 3000, at % 1000 !== 0);
	assert.deepEqual(told, [true, false]);
});

// ---------------------------------------------------------------------------------------------------------
// What Sentinels say

test('what several Sentinels say is one entry, and brings a step to the time it was said', () => {
	const state = switchedOver(9);
	const { sentinelLog, failovers } = fleetOf(state);
	assert.deepEqual(
		sentinelLog.map(({ event, by }) => [event.kind, by.length]),
		[
			['switch', 2],
			['sdown', 3],
		],
	);
	assert.equal(stepOf(failovers[0]!, 'switch')!.at, lostAt + 6230, 'as it was said, not as it was polled');
	assert.match(
		stepOf(failovers[0]!, 'switch')!.text,
		/^switch: 3 of 3 Sentinels/,
		'in the words of the poll',
	);
});

// ---------------------------------------------------------------------------------------------------------
// Migrations and slots

test('a reshard: keys left, their speed and the time; what is open at one end alone is told apart', () => {
	const { list } = fleetOf(reshard()).migrations;
	const moving = list.find(({ kind }) => kind === 'classic')!;
	assert.deepEqual(
		[moving.source, moving.target, moving.slots],
		['10.0.1.11:6379', '10.0.1.13:6379', [[100, 103]]],
	);
	assert.equal(moving.keysLeft, 4 * (900 - 60 * 7));
	assert.equal(Math.round(moving.keysPerSecond!), 240);
	assert.equal(Math.round(moving.secondsLeft!), 8);
	assert.equal(list.find(({ kind }) => kind === 'left-open')?.openAt, 'target');
});

test('an atomic migration goes on while the nodes that tell of it are not asked', () => {
	const job = [
		...['name', 'job1', 'operation', 'EXPORT', 'slot_ranges', '0-99', 'state', 'snapshotting'],
		...['source_node', '1'.repeat(40), 'target_node', '3'.repeat(40), 'create_time', 1_700_000_000],
	];
	const tell = (state: State, second: number, tellers: readonly number[], jobs: Sample['others']) =>
		told(state, lostAt + second * 1000, {
			more: (sample, index) => (tellers.includes(index) ? { ...sample, others: jobs } : sample),
		});
	let state = tell(calmCluster(), 0, [0], [['cluster getslotmigrations', [job]]]);
	const list = () => fleetOf(state).migrations.list.map(({ kind, endedAt }) => [kind, endedAt === undefined]);
	assert.deepEqual(list(), [['atomic', true]]);
	state = tell(state, 1, [1, 2], [['cluster getslotmigrations', []]]);
	assert.deepEqual(list(), [['atomic', true]], 'others say nothing of it');
	state = tell(state, 2, [], undefined);
	assert.deepEqual(list(), [['atomic', true]]);
	state = tell(state, 3, [0], [['cluster getslotmigrations', []]]);
	assert.deepEqual(list(), [['atomic', false]], 'its own node does not know it any more');
});

test('what is counted by slot is no load; where memory is, the biggest are told; an order by bytes has no time', () => {
	const read = { node: 'a:1', runId: 'one', at: lostAt };
	const counts = addSlotCounts(undefined, lostAt, [[7, ['key-count', 3, 'memory-bytes', 900]]]);
	assert.deepEqual([counts.slots, counts.seconds, counts.counts?.memory], [[], undefined, true]);
	const reply = (bytes: number) => [
		[866, ['key-count', 3, 'memory-bytes', 50_000, 'network-bytes-in', bytes, 'network-bytes-out', bytes]],
		[9, ['key-count', 0, 'memory-bytes', 0, 'network-bytes-in', 0, 'network-bytes-out', 0]],
	];
	const first = addSlotStats(counts, { ...read, clock: 0, replies: [reply(0)] });
	const second = addSlotStats(first, { ...read, clock: 5000, replies: [reply(1000)] });
	assert.deepEqual(
		second.biggest!.map(({ slot, memoryBytes }) => [slot, memoryBytes]),
		[[866, 50_000]],
	);
	assert.deepEqual(
		second.slots.map(({ slot, share, shareOf, cpuMicrosecondsPerSecond }) => [
			slot,
			share,
			shareOf,
			cpuMicrosecondsPerSecond,
		]),
		[[866, 1, 'bytes', undefined]],
	);
});

test('slots are told by two readings of one process; an error is said', () => {
	const reply = (microseconds: number) => [[866, ['key-count', 3, 'cpu-usec', microseconds]]];
	const read = { node: 'a:1', runId: 'one', at: lostAt };
	const first = addSlotStats(undefined, { ...read, clock: 0, replies: [reply(1_000_000_000)] });
	assert.deepEqual([first.slots, first.seconds], [[], undefined], 'not what it took since the start');
	const second = addSlotStats(first, { ...read, clock: 5000, replies: [reply(1_001_000_000)] });
	assert.deepEqual(
		second.slots.map(({ slot, cpuMicrosecondsPerSecond }) => [slot, cpuMicrosecondsPerSecond]),
		[[866, 200_000]],
	);
	const other = addSlotStats(second, { ...read, runId: 'two', clock: 10_000, replies: [reply(500)] });
	assert.deepEqual([other.slots, other.seconds], [[], undefined], 'another process has other counters');
	assert.equal(
		addSlotStats(second, { ...read, clock: 15_000, replies: [{ error: 'ERR \x1b no' }] }).problem,
		'"ERR \\x1b no"',
	);
	assert.match(
		framed(press(openScreen(slotLoad(), wide), 'tab', 'tab', 'tab')[0]),
		/866 +10\.0\.1\.11:6379 +33%/,
	);
});

test('a fleet without any of it keeps one and the same nothing', () => {
	const { failovers, migrations, sentinelLog, slotLoads } = fleetOf(calmCluster());
	assert.deepEqual(
		{ failovers, migrations, sentinelLog, slotLoads },
		{
			failovers: noClusterTrack.failovers,
			migrations: noClusterTrack.migrations,
			sentinelLog: noClusterTrack.sentinelLog,
			slotLoads: noClusterTrack.slotLoads,
		},
	);
	assert.equal(migrations, noClusterTrack.migrations);
});

// ---------------------------------------------------------------------------------------------------------
// The screen

test('the screen is opened on the fleet of the cursor, and all of it is asked closely', () => {
	const [state, effects] = press(calmCluster(), '3');
	assert.equal(state.screen, 'cluster');
	assert.deepEqual(
		effects.filter(effect => effect.type === 'focus'),
		[{ type: 'focus', fleet: 1, isCluster: true }],
	);
	const [left, more] = press(state, 'escape');
	assert.equal(left.screen, 'fleet');
	assert.deepEqual(
		more.filter(effect => effect.type === 'focus'),
		[{ type: 'focus', fleet: 1, isCluster: false }],
	);
});

test('what there is most to see of is shown first, and Tab goes through all', () => {
	assert.equal(partNow(openScreen(calmCluster(), wide)), 'failover');
	assert.equal(partNow(openScreen(failedOver(8), wide)), 'failover');
	assert.equal(partNow(openScreen(splitViews(), wide)), 'views');
	assert.equal(partNow(openScreen(reshard(), wide)), 'migrations');
	assert.equal(partNow(openScreen(calmSentinels(), wide)), 'sentinels');
	let state = openScreen(calmCluster(), wide);
	const parts = partsOf(state, clusterFleet(state)!);
	const seen = parts.map(() => {
		[state] = press(state, 'tab');
		return partNow(state);
	});
	assert.deepEqual(seen, [...parts.slice(1), parts[0]]);
	assert.equal(partNow(press(state, 'shift-tab')[0]), parts.at(-1));
});

test('n and N walk the events; the one that is read has all its words', () => {
	let state = openScreen(failedOver(17), { size: { columns: 80, rows: 24 } });
	[state] = press(state, 'n');
	assert.equal(state.cluster?.event, 'link-lost');
	assert.match(framed(state), /connections refused; slots\n +5461-10922 unserved/);
	[state] = press(state, 'n', 'n', 'n');
	assert.equal(state.cluster?.event, 'fail');
	assert.match(framed(state), /required\)/);
	[state] = press(state, 'N');
	assert.equal(state.cluster?.event, 'pfail-majority');
	[state] = press(state, 'n', 'n', 'n', 'n', 'n', 'n');
	assert.equal(state.cluster?.event, 'returned');
	assert.equal(state.toast?.text, 'this is the last event');
	[state] = press(state, 'escape');
	assert.equal(state.cluster?.event, undefined);
	assert.equal(state.screen, 'cluster', 'the first Esc goes back to following');
});

test('left and right go from one failover to another', () => {
	let state = failedOver(17);
	// Another shard fails a minute later.
	const fleet = fleetOf(state);
	const [first] = fleet.failovers;
	const older = { ...first!, id: 'older', shard: 3, startedAt: first!.startedAt - 60_000 };
	state = openScreen({ ...state, fleets: [{ ...fleet, failovers: [first!, older] }] }, wide);
	assert.match(framed(state), /^FAILOVER {2}shard 2 .* 1 of 2 {2}started/m);
	[state] = press(state, 'right');
	assert.match(framed(state), /^FAILOVER {2}shard 3 .* 2 of 2 {2}started/m);
	[state] = press(state, 'right');
	assert.equal(state.toast?.text, 'this is the oldest that is kept');
	[state] = press(state, 'left');
	assert.match(framed(state), /^FAILOVER {2}shard 2/m);
});

test('y copies the report, w asks for a file; without a failover both say why not', () => {
	const state = openScreen(failedOver(17), wide);
	const [copied, effects] = press(state, 'y');
	const report = failoverReport(fleetOf(state).failovers[0]!).join('\n');
	assert.deepEqual(effects, [{ type: 'copy', text: report }]);
	assert.match(copied.toast!.text, /^copied the report/);
	assert.deepEqual(press(state, 'w')[0].prompt, { kind: 'write', text: 'failover-143102.txt' });
	for (const key of ['y', 'w', 'n', 'right']) {
		const [none, more] = press(openScreen(calmCluster(), wide), key);
		assert.match(none.toast!.text, /^no failover was seen/);
		assert.deepEqual(more, []);
	}
});

test('stepping back shows the failover as it was told then', () => {
	let state = openScreen(failedOver(17), wide);
	assert.match(framed(state), /elected, epoch/);
	[state] = press(state, 'p', ...Array.from({ length: 12 }, () => '['));
	assert.match(framed(state), /PAUSED/);
	assert.match(framed(state), /connections refused/);
	assert.doesNotMatch(framed(state), /elected, epoch/);
	assert.match(framed(state), /slots 10922\/16384/);
});

test('a stopped screen stands still, what nodes believe too; of the past that is said to be not kept', () => {
	const calm = openScreen(calmCluster(), wide);
	let [state] = press(calm, 'p');
	const stopped = framed(state);
	for (let second = 0; second < 9; second++)
		state = told(state, lostAt + second * 1000, { isDown: true, pfail: [0, 2], isFail: second > 5 });
	const body = (frame: string) => frame.split('\n').slice(1, -2).join('\n');
	assert.equal(body(framed(state)), body(stopped));
	assert.match(stopped, /^FAILOVER POSSIBLE {2}yes/m);
	const back = framed(press(state, '[')[0]);
	assert.doesNotMatch(back, /FAILOVER POSSIBLE|agree$/m);
	assert.match(framed(press(press(state, '[')[0], 'tab')[0]), /^VIEWS {2}not kept of the past/m);
});

test('a failover that goes on is followed, one that is read stays where it is', () => {
	const small = { size: { columns: 80, rows: 24 } };
	let state = openScreen(failedOver(17), small);
	assert.match(framed(state), /back as replica/, 'the last event is seen');
	[state] = press(state, 'g');
	assert.match(framed(state), /link lost, 5 of 5/);
	const fleet = clusterFleet(state)!;
	assert.equal(clusterPanel(state, fleet).top, 0);
	state = told(state, lostAt + 18_000, { heir: true });
	assert.equal(clusterPanel(state, clusterFleet(state)!).top, 0, 'a round does not scroll');
	[state] = press(state, 'G', 'j', 'j');
	const { top, lines, room } = clusterPanel(state, clusterFleet(state)!);
	assert.equal(top, lines.length - room, 'never beyond the end');
});
