// A node that stands still: how often, how long, which part of the time, why, and how long it stays on the screen; the
// disk that holds it up. The reports that taught the cases are named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Info, NodeTrack, Stall } from '../../../source/core/types.ts';
import {
	downTrack,
	fleetOf,
	judgeRounds,
	type Round,
	ratesOf,
	sampleOf,
	start,
	times,
	trackOf,
	tracksOf,
} from '../build.ts';

const node = '10.0.0.1:6379';
const second = 1000;

type Then = { readonly seconds: number; readonly info?: Info; readonly track?: Partial<NodeTrack> };

/** Readings at these moments, each with what is known then. */
function rounds(readings: readonly Then[]): Round[] {
	return readings.map(({ seconds, info, track }, index) => {
		const at = start + seconds * second;
		const made = trackOf(node, info, { firstSeenAt: start - 60 * second, rates: ratesOf({}), ...track }, at);
		const sample = sampleOf(node, at, { info: made.lastGood!.info, stalls: track?.stalls });
		const tracks = tracksOf({ ...made, latest: sample, lastGood: sample });
		const next = readings[index + 1]?.seconds ?? seconds + 1;
		return { tracks, fleet: fleetOf(tracks, {}, {}, at), seconds: next - seconds };
	});
}
const found = (readings: readonly Then[], id = 'stalled') =>
	judgeRounds(rounds(readings)).map(({ findings }) => findings.find(finding => finding.id === id));
const stall = (secondsIn: number, seconds: number): Stall => ({ at: start + secondsIn * second, seconds });
const lastOf = (readings: readonly Then[], id?: string) => found(readings, id).at(-1);

test('once is a warning for a minute, with how long and which part of the time', () => {
	const stalls = [stall(0, 1.5)];
	const told = found([0, 30, 59, 61].map(seconds => ({ seconds, track: { stalls } })));
	assert.deepEqual(
		told.map(finding => finding?.severity),
		['warn', 'warn', 'warn', undefined],
	);
	assert.equal(told[0]?.value, 1.5);
	assert.equal(told[0]?.limit, 1);
	assert.equal(told[0]?.text, 'stalled for 1.5s, once in 1m, 3% of the time');
});

const isPending = (watched: number, seconds: number) =>
	judgeRounds(
		rounds([{ seconds: 0, track: { firstSeenAt: start - watched * second, stalls: [stall(0, seconds)] } }]),
	)[0]!.pending.some(({ id }) => id === 'stalled');

test('one stall is not decided before it was watched for 10 s: it may be one of many', () => {
	assert.deepEqual(
		[isPending(4, 1), isPending(9, 1), isPending(10, 1), isPending(8, 7)],
		[true, true, false, false],
	);
});

test('one that was more than a tenth of the time so far is watched until it is that of the minute, or less than it', () => {
	assert.deepEqual([isPending(10, 2.5), isPending(24, 2.5), isPending(25, 2.5)], [true, true, false]);
	assert.deepEqual(
		[isPending(10, 5.9), isPending(58, 5.9), isPending(60, 5.9), isPending(12, 6)],
		[true, true, false, false],
	);
});

test('a tenth of the minute is critical, less is not', () => {
	const stalls = (each: number) => [stall(-10, each), stall(-5, each), stall(0, each)];
	const under = lastOf([{ seconds: 0, track: { stalls: stalls(1.9) } }]);
	assert.equal(under?.severity, 'warn');
	const over = lastOf([{ seconds: 0, track: { stalls: stalls(2.5) } }]);
	assert.equal(over?.severity, 'crit');
	assert.equal(over?.text, '3 stalls in 1m, longest 2.5s, 13% of the time');
});

test('of a short watch the part is of the time that was watched', () => {
	const track = { firstSeenAt: start - 10 * second, stalls: [stall(0, 2.5)] };
	assert.equal(lastOf([{ seconds: 0, track }])?.text, 'stalled for 2.5s, once in 10s, 25% of the time');
});

test('one that lasts is told with its length so far; of a node that is unreachable only that is told', () => {
	const silentSince = start - 1.2 * second;
	const track = { silentSince, stalls: [stall(-20, 2)] };
	assert.equal(lastOf([{ seconds: 0, track }])?.text, 'no answer for 1.2s now, stall 2 in 1m');
	const tracks = tracksOf(downTrack(node, { silentSince }));
	const [judged] = judgeRounds([{ tracks }]);
	assert.deepEqual(
		judged?.findings.map(({ id }) => id),
		['unreachable'],
	);
	assert.deepEqual(judged?.events, []);
});

test('no stall, no finding', () => {
	assert.equal(lastOf([{ seconds: 0 }]), undefined);
	assert.equal(lastOf([{ seconds: 0, track: { stalls: [] } }]), undefined);
});

const causes: [why: string, text: RegExp, before: Then, now: Then][] = [
	// redis/redis#1154: a second or two at each save, and the slow log is empty.
	[
		'a fork',
		/: a fork took 1\.4s$/,
		{ seconds: 0, info: { lastForkMicroseconds: 900 } },
		{ seconds: 3, info: { lastForkMicroseconds: 1_400_000 } },
	],
	// redis/redis#368, redis/redis#641, redis/redis#10287: writes wait for an fsync.
	[
		'the disk',
		/: the disk is slow \(fsync\)$/,
		{ seconds: 0, info: { aofDelayedFsync: 3 } },
		{ seconds: 3, info: { aofDelayedFsync: 4 } },
	],
	[
		'a slow command',
		/: KEYS took 1\.4s$/,
		{ seconds: 0 },
		{
			seconds: 3,
			track: { slowlog: [{ id: 1, at: start + second, microseconds: 1_400_000, args: ['KEYS', '*'] }] },
		},
	],
	[
		'work of another kind',
		/: its event loop was busy$/,
		{ seconds: 0, info: { eventloopDurationMicroseconds: 1000 } },
		{ seconds: 3, info: { eventloopDurationMicroseconds: 1_401_000 } },
	],
	// redis/redis#6830, redis/redis#3955: a virtual machine that is moved, a ping of seconds, nothing in any log.
	[
		'not the server',
		/: it did not run, or the network$/,
		{ seconds: 0, info: { eventloopDurationMicroseconds: 1000 } },
		{ seconds: 3, info: { eventloopDurationMicroseconds: 2000 } },
	],
	['nothing known', /% of the time$/, { seconds: 0 }, { seconds: 3 }],
];

for (const [why, text, before, now] of causes)
	test(`why it stood still: ${why}`, () => {
		const track = { stalls: [stall(2, 1.5)], ...now.track };
		assert.match(lastOf([before, { ...now, track }])!.text, text);
	});

// Seen on a real server: a pause of all commands, and half a minute later a script, a DEBUG SLEEP, a process that was stopped.
test('what one stall came of is not said of the others, nor of the one that lasts', () => {
	const lastHeld = { from: start - 25 * second, to: start - 20 * second };
	const slow = { id: 1, at: start - 9 * second, microseconds: 4e6, args: ['DEBUG', 'SLEEP'] };
	const known = { lastHeld, stalls: [stall(-20, 5), stall(-5, 4)] };
	const told = (track: Partial<NodeTrack>) => lastOf([{ seconds: 0, track: { ...known, ...track } }])?.text;
	assert.match(
		told({})!,
		/^2 stalls in 1m, longest 5s, .*; one of them: all commands waited, as under CLIENT PAUSE$/,
	);
	assert.match(told({ lastHeld: undefined, slowlog: [slow] })!, /; one of them: DEBUG took 4s$/);
	assert.equal(told({ silentSince: start - 2 * second }), 'no answer for 2s now, stall 3 in 1m');
	assert.match(
		told({ heldSince: start - 2 * second, silentSince: start - 2 * second })!,
		/3 in 1m: all commands wait, /,
	);
	assert.match(
		told({ stalls: [stall(-20, 5)] })!,
		/% of the time: all commands waited, as under CLIENT PAUSE$/,
	);
});

test('a control character of a command does not reach the terminal', () => {
	const slowlog = [{ id: 1, at: start, microseconds: 2e6, args: ['\u001b[2J'] }];
	assert.doesNotMatch(lastOf([{ seconds: 0, track: { slowlog, stalls: [stall(0, 2)] } }])!.text, /\u001b/);
});

const fsyncs = (counts: readonly (number | undefined)[], more: Partial<Then> = {}): Then[] =>
	counts.map((aofDelayedFsync, index) => ({ seconds: index, info: { aofDelayedFsync }, ...more }));

test('aof_delayed_fsync: growth warns for a minute, what was there before does not', () => {
	assert.equal(lastOf(fsyncs([7, 7, 7]), 'fsync-slow'), undefined);
	const grown = lastOf(fsyncs([7, 8, 8]), 'fsync-slow');
	assert.equal(grown?.severity, 'warn');
	assert.equal(grown?.text, 'AOF fsync delayed once in 1m: the disk is slow');
	const later = [...fsyncs([7, 9]), { seconds: 62, info: { aofDelayedFsync: 9 } }];
	assert.deepEqual(
		found(later, 'fsync-slow').map(finding => finding?.text),
		[undefined, 'AOF fsync delayed 2 times in 1m: the disk is slow', undefined],
	);
});

test('aof_delayed_fsync: critical at one a second over ten, or with a stall', () => {
	const growing = (each: number) =>
		fsyncs(Array.from({ length: 11 }, (_, index) => Math.floor(index * each)));
	assert.equal(lastOf(growing(0.9), 'fsync-slow')?.severity, 'warn');
	assert.equal(lastOf(growing(1), 'fsync-slow')?.severity, 'crit');
	const stalled = fsyncs([7, 8], { track: { stalls: [stall(1, 2)] } });
	assert.equal(lastOf(stalled, 'fsync-slow')?.severity, 'crit');
});

test('aof_delayed_fsync: counters that start anew, or are not told, are no growth', () => {
	assert.equal(lastOf(fsyncs([7, 0, 0]), 'fsync-slow'), undefined);
	assert.equal(lastOf(fsyncs([undefined, 5]), 'fsync-slow'), undefined);
	assert.equal(lastOf(fsyncs([undefined, undefined]), 'fsync-slow'), undefined);
});

test('all nodes at once is the network or this host, and none of them is to blame', () => {
	const others = (end: number) => {
		const all = ['10.0.0.1:6379', '10.0.0.2:6379'].map((address, index) =>
			trackOf(address, {}, { firstSeenAt: start - 60 * second, stalls: [stall(index === 0 ? 0 : end, 2)] }),
		);
		return judgeRounds([{ tracks: tracksOf(...all) }])[0]!.findings.map(({ text }) => text);
	};
	for (const text of others(0.3)) assert.match(text, /: all nodes at once, the network or this host$/);
	for (const text of others(-9)) assert.doesNotMatch(text, /at once/);
});

test('the stalls of all nodes, gathered once a round, tell what each node held against all others would', () => {
	const addresses = ['10.0.0.1:6379', '10.0.0.2:6379', '10.0.0.3:6379'];
	const stalls = fc.array(
		fc
			.tuple(fc.integer({ min: -9, max: 0 }), fc.integer({ min: 1, max: 4 }))
			.map(([to, long]) => stall(to, long)),
		{ minLength: 1, maxLength: 2 },
	);
	const round = fc.tuple(stalls, stalls, stalls, fc.boolean());
	fc.assert(
		fc.property(fc.array(round, { minLength: 1, maxLength: 4 }), all => {
			const made = all.map(([...each]) => {
				const isGone = each[3] as boolean;
				return addresses.map((address, index) => {
					const known = { firstSeenAt: start - 60 * second, stalls: each[index] as Stall[] };
					return trackOf(
						address,
						{},
						index === 2 && isGone ? { ...known, gone: { at: start, text: '' } } : known,
					);
				});
			});
			const told = made.map(tracks => judgeRounds(times(2, { tracks: tracksOf(...tracks), seconds: 0 }))[1]!);
			for (const [index, tracks] of made.entries()) {
				const there = tracks.filter(({ gone }) => !gone);
				for (const { node: of, text, id } of told[index]!.findings) {
					if (id !== 'stalled' || !there.some(({ address }) => address === of)) continue;
					const last = there.find(({ address }) => address === of)!.stalls!.at(-1)!;
					const isThen = ({ at, seconds }: Stall) =>
						at - seconds * second < last.at && at > last.at - last.seconds * second;
					const isAll = there.every(({ address, stalls: own = [] }) => address === of || own.some(isThen));
					assert.equal(/: all nodes at once/.test(text), isAll);
				}
			}
		}),
	);
});
