// Moments as they are typed, on the recording of a night.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMoment, momentOf } from '../../../source/core/text/moment.ts';

process.env.TZ = 'UTC';
const span = { from: Date.UTC(2026, 10, 29, 22, 0, 10), to: Date.UTC(2026, 10, 30, 4, 30) };
const iso = (text: string) => {
	const found = momentOf(text, span);
	return typeof found === 'number' ? new Date(found).toISOString().slice(0, 19) : found.problem;
};

for (const [text, found] of [
	['03:12', '2026-11-30T03:12:00'],
	['3:12', '2026-11-30T03:12:00'],
	['23:59:30', '2026-11-29T23:59:30'],
	['2026-11-30T00:00', '2026-11-30T00:00:00'],
	['2026-11-30 01:02', '2026-11-30T01:02:00'],
	['2026-11-30T02:00+01:00', '2026-11-30T01:00:00'],
	['2026-11-30T02:00Z', '2026-11-30T02:00:00'],
	['2026-11-30', '2026-11-30T00:00:00'],
	['-90m', '2026-11-30T03:00:00'],
	['-30s', '2026-11-30T04:29:30'],
	['+1.5h', '2026-11-29T23:30:10'],
	['22:00', '2026-11-29T22:00:10'],
] as const)
	test(text, () => assert.equal(iso(text), found));

test('what is outside, and what is no moment', () => {
	for (const text of ['12:00', '2026-11-28T03:12', '-7h', '+9h', '25:00', '2026-13-40T99:00'])
		assert.match(iso(text), /^the recording is of 2026-11-29 22:00:10 to 2026-11-30 04:30:00$/, text);
	for (const text of ['', 'noon', '-90', '3', '12:0', '--5m']) {
		assert.equal(isMoment(text), false);
		assert.match(iso(text), /must be like/);
	}
});
