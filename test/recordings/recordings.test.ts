// Recordings of real sessions, played through the whole core: the same readings must always lead to the same events.
// One recording per bug, and the ones every fleet goes through. Names and times are those of the day it was recorded.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import { defaultLimits } from '../../source/core/thresholds.ts';
import { openRecording } from '../../source/recording/playable.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';

/** Every state a recording leads to. */
async function play(name: string): Promise<State[]> {
	const playable = await openRecording(fileURLToPath(new URL(name, import.meta.url)));
	assert.ok(!('problem' in playable));
	const { head } = playable;
	let state: State = {
		at: head.at,
		version: head.version,
		fleets: head.fleets.map(({ id, name, seeds }) => newFleetTrack(id, name, seeds, head.at)),
		past: [],
		delaySeconds: head.delaySeconds,
		isFast: false,
		isDiscovering: true,
		isDiscoveryOn: head.isDiscoveryOn,
		limits: defaultLimits,
		size: { columns: 80, rows: 24 },
		isAscii: false,
		isColour: true,
		screen: 'fleet',
		scanRate: 20_000,
		scanTop: 100,
		top: 0,
		sort: { by: 'shards', isReversed: false },
		columnSet: 'overview',
		filter: '',
	};
	const states: State[] = [];
	for (let line = await playable.next(); line !== undefined; line = await playable.next()) {
		if (!('round' in line)) continue;
		[state] = update(state, { type: 'round', ...line.round, samples: line.round.readings.map(sampleOf) });
		states.push(state);
	}
	return states;
}

test('a primary is killed, its replica promoted, and it comes back: 3+3 cluster, Redis 7.0', async () => {
	const states = await play('failover.jsonl.gz');
	const last = states.at(-1)!.fleets[0]!;
	const told = last.events.toReversed().map(event => `${event.kind} ${event.node ?? ''}`.trim());
	const [old, heir] = ['127.0.0.1:11184', '127.0.0.1:15534'];
	const expected = [
		'connected',
		`unreachable ${old}`,
		`link-lost ${old}`,
		'slots-uncovered',
		`pfail ${old}`,
		`fail ${old}`,
		`promoted ${heir}`,
		'slots-covered',
		`demoted ${old}`,
		`restarted ${old}`,
		`connected ${old}`,
	];
	for (const each of expected) assert.ok(told.includes(each), `${each} in\n${told.join('\n')}`);
	const order = ['unreachable', 'pfail', 'fail', 'promoted', 'demoted'].map(kind =>
		told.findIndex(each => each.startsWith(`${kind} `)),
	);
	assert.deepEqual(
		[...order].sort((a, b) => a - b),
		order,
		told.join('\n'),
	);
	for (const state of states) {
		const { totals } = state.fleets[0]!.now.fleet;
		assert.ok(
			(totals.opsPerSecond ?? 0) >= 0 && (totals.opsPerSecond ?? 0) < 1500,
			`absurd ${totals.opsPerSecond}`,
		);
	}
	// The clients of that day did not follow MOVED: whatever they ask of that shard is refused to the end.
	assert.deepEqual(
		last.now.findings.map(({ id, kind, node }) => [id, kind, node]),
		[['commands-refused', 'MOVED', old]],
	);
	assert.equal(last.now.fleet.agreement?.slotsCovered, 16384);
	assert.ok(
		states.some(state => state.isFast) && !states.at(-1)!.isFast,
		'fast while it lasted, and no longer',
	);
});
