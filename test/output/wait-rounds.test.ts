// --wait over rounds as they come, through the program's own update: a restart that no reading has seen as such, and a
// node that is not read again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '../../source/core/thresholds.ts';
import type { Info, Sample } from '../../source/core/types.ts';
import { type WaitGoal, type Waiting, waitOn } from '../../source/output/wait.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { calmInfo, noOwn, sampleOf, start } from '../core/build.ts';

const node = '10.0.0.1:6379';
const other = '10.0.0.2:6379';
const goal: WaitGoal = { goal: 'healthy', seconds: 2, timeoutSeconds: 60 };

const begin = (): State => ({
	...{ at: start, version: '0', past: [], delaySeconds: 0.5, isFast: false, isDiscovering: true },
	...{ isDiscoveryOn: true, limits: defaultLimits, size: { columns: 140, rows: 40 } },
	...{ isAscii: false, isColour: false, screen: 'fleet', scanRate: 20_000, scanTop: 100, top: 0 },
	...{ sort: { by: 'shards', isReversed: false }, columnSet: 'overview', filter: '' },
	fleets: [newFleetTrack(0, 'test', [node, other], start)],
});

const good = (address: string, milliseconds: number, more: Info = {}): Sample =>
	sampleOf(address, start + milliseconds, {
		info: { ...calmInfo, runId: address, ...{ connectedReplicas: 0, replicas: [] }, ...more },
		...{ own: noOwn, pingMilliseconds: 0.5 },
	});

type Told = { readonly at: number; readonly samples: readonly Sample[]; readonly isExtra?: boolean };

/** What the gate says after each, `since` in milliseconds from the start. */
function gateOver(rounds: readonly Told[]): [since: number | undefined, isMet: boolean][] {
	let state = begin();
	let waiting: Waiting | undefined;
	return rounds.map(({ at, samples, isExtra = false }) => {
		state = update(state, {
			...{ type: 'round', at: start + at, fleet: 0, samples, isExtra, isSettled: true },
		})[0];
		waiting = waitOn(state, goal, waiting);
		return [waiting.since === undefined ? undefined : waiting.since - start, waiting.isMet];
	});
}

const all = (at: number, info: Info = {}): Told => ({ at, samples: [good(node, at), good(other, at, info)] });

test('two seconds without anything wrong, and all were read again', () => {
	const said = gateOver([1000, 1500, 2000, 2500, 3000, 3010].map(at => all(at)));
	assert.deepEqual(said.at(-2), [1000, false], 'asked half a millisecond too early');
	assert.deepEqual(said.at(-1), [1000, true]);
});

test('a node that was restarted between two refreshes starts the time anew, also in the same millisecond', () => {
	const run = { runId: 'another', uptimeSeconds: 0 };
	for (const at of [1000, 1700, 2500]) {
		const back: Told = { at, samples: [good(other, at, run)], isExtra: true };
		const before = [1000, 1500, 2000, 2500].filter(time => time <= at).map(time => all(time));
		const after = [3010, at + 2010].map(time => all(time, run));
		const said = gateOver([...before, back, ...after]);
		const [since, isMet] = said.at(-2)!;
		assert.deepEqual([since, isMet], [at, at === 1000], `restarted at ${at}`);
		assert.deepEqual(said.at(-1), [at, true]);
	}
});

test('a node that is not read again keeps it closed, however often the others are', () => {
	const first = [1000, 1500, 2000].map(at => all(at));
	const without = Array.from({ length: 8 }, (_, index): Told => {
		const at = 2100 + index * 150;
		return { at, samples: [good(node, at)], isExtra: true };
	});
	assert.ok(gateOver([...first, ...without]).every(([, isMet]) => !isMet));
	// Between two refreshes nothing is judged.
	const both = { ...all(3020), isExtra: true };
	assert.deepEqual(gateOver([...first, ...without, both]).at(-1), [1000, false]);
	assert.deepEqual(gateOver([...first, ...without, both, all(3500)]).at(-1), [1000, true]);
});
