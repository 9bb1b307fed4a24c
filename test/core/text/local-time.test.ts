// Times of day in the zone of whoever looks, and the name of that zone, on both sides of the days on which it changes.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { clock, clockDigits, localDay, zone } from '../../../source/core/text/local-time.ts';
import type { State } from '../../../source/state/state.ts';
import { frameOf } from '../../../source/view/frame.ts';
import { calm } from '../../view/build-state.ts';
import { withoutCodes } from '../../view/frame-files.ts';

const home = process.env.TZ;
afterEach(() => {
	process.env.TZ = home;
});

const winter = Date.parse('2026-11-23T23:33:20Z');
const summer = Date.parse('2026-07-01T23:33:20Z');

for (const [place, at, expected] of [
	['UTC', winter, ['UTC', '23:33:20', '2026-11-23']],
	['Europe/London', winter, ['UTC', '23:33:20', '2026-11-23']],
	['Europe/London', summer, ['UTC+1', '00:33:20', '2026-07-02']],
	['Europe/Berlin', winter, ['UTC+1', '00:33:20', '2026-11-24']],
	['Asia/Kolkata', winter, ['UTC+5:30', '05:03:20', '2026-11-24']],
	['America/St_Johns', winter, ['UTC-3:30', '20:03:20', '2026-11-23']],
	['America/Los_Angeles', summer, ['UTC-7', '16:33:20', '2026-07-01']],
] as const)
	test(`${place} at ${new Date(at).toISOString()}`, () => {
		process.env.TZ = place;
		assert.deepEqual([zone(at), clock(at), localDay(at)], expected);
		assert.equal(clockDigits(at), expected[1].replaceAll(':', ''));
	});

test('what the clock of the machine was set since the start moves day and zone as well', () => {
	process.env.TZ = 'Europe/Berlin';
	const before = Date.parse('2026-10-25T00:59:00Z');
	assert.deepEqual([zone(before), clock(before)], ['UTC+2', '02:59:00']);
	assert.deepEqual([zone(before, 3_600_000), clock(before, 3_600_000)], ['UTC+1', '02:59:00']);
	assert.equal(localDay(winter, -3_600_000), '2026-11-23');
});

const lineOne = (state: State) => withoutCodes(frameOf(state)[0]!);

test('the help names the zone of all times on its first line, on every width', () => {
	for (const place of ['Asia/Kolkata', 'UTC'])
		for (const columns of [40, 50, 80, 140]) {
			process.env.TZ = place;
			const state = calm({ screen: 'help', helpFrom: 'hot-keys', size: { columns, rows: 24 } });
			assert.ok(lineOne(state).includes(`times ${zone(state.at)}`), lineOne(state));
		}
});

test('a recording is of the day that its clock says', () => {
	process.env.TZ = 'Asia/Kolkata';
	const replay = { speed: 1, isPaused: false } as State['replay'];
	const state = calm({ at: Date.parse('2026-11-23T20:00:00Z'), replay });
	assert.match(lineOne(state), /REPLAY x1 {2}2026-11-24 01:30:00$/);
});
