// The machine's clock is set while we watch: the time of day is right on the screen and in JSON with the next refresh, of
// what was before too, and nothing that counts time has moved.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonOf } from '../../source/output/json.ts';
import type { State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { clock } from '../../source/view/format.ts';
import { frameOf } from '../../source/view/frame.ts';
import { incident } from '../view/build-state.ts';
import { withoutCodes } from '../view/frame-files.ts';

const minute = 60_000;

/** A refresh a second later. */
function refreshed(state: State, clockOffset?: number): State {
	const round = { type: 'round', fleet: 1, samples: [], isExtra: false, isSettled: true } as const;
	return update(state, { ...round, at: state.at + 1000, clockOffset })[0];
}
const lines = (state: State) => frameOf({ ...state, size: { columns: 140, rows: 40 } }).map(withoutCodes);
type Printed = { at: string; events: { at: string }[] };
const json = (state: State) => {
	const { now } = state.fleets[0]!;
	return jsonOf(now, 1, now.events, undefined, state.clockOffset) as Printed;
};

for (const offset of [-10 * minute, 60 * minute])
	test(`set by ${offset / minute} minutes`, () => {
		const before = refreshed(incident());
		const after = refreshed(before, offset);
		assert.ok(lines(after)[0]!.endsWith(clock(after.at + offset)), lines(after)[0]);
		assert.equal(after.at - before.at, 1000, 'the program counts what has passed');
		assert.equal(Date.parse(json(after).at) - Date.parse(json(before).at), 1000 + offset);
		const [event] = before.fleets[0]!.events;
		assert.ok(event, 'there is an event');
		assert.ok(lines(before).join('\n').includes(clock(event.at)));
		assert.ok(
			lines(after)
				.join('\n')
				.includes(clock(event.at + offset)),
			'of what was before too',
		);
		assert.equal(Date.parse(json(after).events[0]!.at), event.at + offset);
		// Set right again: as if nothing had been.
		assert.ok(lines(refreshed(after))[0]!.endsWith(clock(after.at + 1000)));
	});
