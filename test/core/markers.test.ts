// Markers: which events are some of their own, how many are kept, where they are drawn.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellOf } from '../../source/core/fleet/history.ts';
import { addMarkers, eventMarkers, type Marker } from '../../source/core/markers.ts';
import type { FleetEvent } from '../../source/core/types.ts';
import { countScale } from '../../source/view/axis.ts';
import { axisWidth, chart, withMarks } from '../../source/view/chart.ts';
import { glyphsFor } from '../../source/view/theme.ts';

const set = (at: number, text?: string): Marker => ({ at, text, kind: 'set', node: undefined });

test('events of weight are markers, one a moment and node; slow logs and findings are none', () => {
	const event = (at: number, kind: FleetEvent['kind'], node?: string): FleetEvent => ({
		...{ at, kind, node, text: kind },
	});
	const events = [
		...[event(1, 'restarted', 'a'), event(1, 'promoted', 'a'), event(1, 'demoted', 'b')],
		...[
			event(2, 'slowlog', 'a'),
			event(3, 'finding', 'a'),
			event(4, 'config-changed', 'a'),
			event(5, 'marker'),
		],
	];
	assert.deepEqual(
		eventMarkers(events).map(({ at, node, text }) => [at, node, text]),
		[
			[1, 'a', 'restarted'],
			[1, 'b', 'demoted'],
			[4, 'a', 'config-changed'],
		],
	);
});

test('they are in the order of time, bounded, and no number of events pushes out one that was set', () => {
	let all = addMarkers([], [set(5, 'deploy')]);
	for (let at = 0; at < 1000; at++)
		all = addMarkers(all, [{ at, text: 'restarted', kind: 'event', node: 'a' }]);
	assert.equal(all.filter(({ kind }) => kind === 'event').length, 200);
	assert.deepEqual(all[0], set(5, 'deploy'));
	assert.equal(all.at(-1)!.at, 999);
	for (let at = 0; at < 1000; at++) all = addMarkers(all, [set(2000 - at)]);
	assert.equal(all.length, 400);
	assert.ok(all.every((marker, index) => index === 0 || marker.at >= all[index - 1]!.at));
});

test('a moment falls into the cell that its value does', () => {
	// Ten cells of 30 s up to 300 s.
	const cell = (moment: number) => cellOf(moment, 300_000, 300, 10);
	assert.deepEqual([1, 29_999, 30_001, 299_999, 300_000].map(cell), [0, 0, 1, 9, 9]);
	assert.deepEqual([cell(-1), cell(300_001)], [undefined, undefined]);
	// The grid stands still while time goes on: the last cell is not full yet.
	assert.equal(cellOf(285_000, 286_000, 300, 10), 9);
});

test('a marker stands in every row where the chart has nothing, and hides nothing of it', () => {
	for (const isAscii of [true, false]) {
		const glyphs = glyphsFor(isAscii);
		const values = Array.from({ length: 20 }, (_, index) => (index < 10 ? 5 : 9));
		const plain = chart(values, 4, countScale, glyphs);
		const marked = withMarks(plain, [15, 15, 0, 25], glyphs);
		assert.equal(marked.length, 4);
		for (const [row, line] of marked.entries()) {
			const before = [...plain[row]!.padEnd(40)];
			const cells = [...line.padEnd(40)];
			for (const [column, cell] of cells.entries())
				if (before[column] !== ' ' || ![15, 25].includes(column - axisWidth + 1))
					assert.equal(cell, before[column], `row ${row} column ${column}`);
			assert.equal(cells[axisWidth - 1 + 25], glyphs.mark);
		}
		assert.ok(marked.some(line => [...line][axisWidth - 1 + 15] === glyphs.mark));
	}
});
