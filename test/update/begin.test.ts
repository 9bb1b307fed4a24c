// A replay that begins at a key frame without memory (very many nodes, another redis-top) has the last reply to each
// command, of whatever time: none of it passes for a reading of the frame's moment.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import type { Reading, Reply } from '../../source/core/types.ts';
import { keyFrameOf } from '../../source/recording/make-key-frame.ts';
import { openRecording } from '../../source/recording/playable.ts';
import { createRepliesKnown } from '../../source/recording/replies-known.ts';
import type { KeyFrame } from '../../source/state/key-frame.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { calm } from '../view/build-state.ts';

const demo = fileURLToPath(new URL('../../media/demo.jsonl.gz', import.meta.url));
const lookedAt = 12;
const begunAt = 40;
const looks: readonly (readonly [string, Reply])[] = [
	['client list', 'id=3 addr=10.0.0.9:52000 name=old age=7 idle=0 flags=N db=0 sub=0 cmd=get tot-cmds=5\n'],
	['memory stats', ['peak.allocated', 1_000_000, 'total.allocated', 900_000]],
	['acl log 16', [['count', 1, 'reason', 'auth', 'username', 'app', 'age-seconds', '0.1']]],
	['latency latest', [['command', 1_795_466_000, 200, 300]]],
];

/** What was looked at closely, each with its time; commands and errors of INFO too. */
const dated = ({ fleets }: State): readonly string[] =>
	[...fleets[0]!.close].flatMap(([node, { commands, errors, clients, memory, denied, events }]) => [
		...commands.map(({ at, stats }) => `${node} commands ${at} ${stats.info?.calls}`),
		...errors.map(({ at }) => `${node} errors ${at}`),
		...[clients, memory, denied, events].flatMap((look, index) =>
			look ? [`${node} ${looks[index]![0]} ${look.at}`] : [],
		),
	]);
const costs = ({ fleets }: State) =>
	[...fleets[0]!.tracks.values()].map(({ commands }) => [commands?.at, commands?.stats.info?.calls]);

test('the last replies of before are not of the moment a replay begins at', async () => {
	const playable = await openRecording(demo);
	assert.ok(!('problem' in playable));
	const { head } = playable;
	const known = createRepliesKnown();
	let straight: State = {
		...calm({ past: [], isDiscovering: true, isDiscoveryOn: true, cursor: undefined }),
		at: head.at,
		fleets: head.fleets.map(({ id, name, seeds }) => newFleetTrack(id, name, seeds, head.at)),
	};
	let begun: State | undefined;
	const seen = new Set<string>();
	let rounds = 0;
	for (let line = await playable.next(); line; line = await playable.next()) {
		if (!('round' in line)) continue;
		rounds++;
		const readings = line.round.readings.map(
			(reading): Reading =>
				rounds === lookedAt ? { ...reading, replies: [...reading.replies, ...looks] } : reading,
		);
		const message = { type: 'round', ...line.round, samples: readings.map(sampleOf) } as const;
		if (rounds === begunAt) begun = begin(straight, known.all(0));
		[straight] = update(straight, message);
		if (begun) [begun] = update(begun, message);
		for (const reading of readings) known.encode(line.round.fleet, reading);
		for (const each of dated(straight)) seen.add(each);
		for (const each of begun ? dated(begun) : []) assert.ok(seen.has(each), `${each} was never read`);
	}
	assert.equal([...seen].filter(each => each.includes('client list')).length > 0, true);
	assert.deepEqual(costs(begun!), costs(straight));
	assert.ok(dated(begun!).some(each => each.includes(' commands ')));
});

test('a node that is down was last read when it was missed first', async () => {
	const playable = await openRecording(demo);
	assert.ok(!('problem' in playable));
	const { head } = playable;
	const known = createRepliesKnown();
	let state: State = {
		...calm({ past: [], isDiscovering: true, isDiscoveryOn: true, cursor: undefined }),
		at: head.at,
		fleets: head.fleets.map(({ id, name, seeds }) => newFleetTrack(id, name, seeds, head.at)),
	};
	let held = 0;
	for (let line = await playable.next(); line; line = await playable.next()) {
		if (!('round' in line)) continue;
		const { readings, ...round } = line.round;
		[state] = update(state, { type: 'round', ...round, samples: readings.map(sampleOf) });
		for (const reading of readings) known.encode(round.fleet, reading);
		const [{ now, tracks } = assert.fail()] = state.fleets;
		const down = tracks.get(now.findings.find(({ id }) => id === 'unreachable')?.node ?? '');
		if (!down?.lastGood || state.at - down.lastGood.at < 5000) continue;
		const track = begin(state, known.all(0)).fleets[0]!.tracks.get(down.address)!;
		const [late, lateClock] = [
			track.lastGood!.at - down.lastGood.at,
			track.lastGood!.clock - down.lastGood.clock,
		];
		assert.ok(late >= 0 && late <= 1500 && lateClock <= 1500, `${late} ms, by the clock ${lateClock} ms`);
		// Told by the refresh after the reading that failed.
		const missed = track.failingSince! - down.failingSince!;
		assert.ok(missed >= 0 && missed <= 1000, `missed ${missed} ms later`);
		assert.equal(track.error?.reason, down.error?.reason);
		held++;
	}
	assert.ok(held > 3, `${held} rounds`);
});

function begin(state: State, readings: KeyFrame['readings']): State {
	const key = keyFrameOf(state, readings, undefined);
	const fleets = key.fleets.map(({ memory: _, ...fleet }) => fleet);
	const samples = key.readings.map(({ fleet, reading }) => ({ fleet, sample: sampleOf(reading) }));
	const blank = { ...state, fleets: [], past: [] };
	return update(blank, { type: 'begin', at: key.at, frame: { ...key, fleets }, samples })[0];
}
