// When a refresh is printed and when the printing ends: as many as were asked for, of each fleet, and none between two.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchText } from '../../source/output/batch.ts';
import { createHeadless } from '../../source/output/headless.ts';
import type { Message, State } from '../../source/state/state.ts';
import { calm } from '../view/build-state.ts';

const one: State = { ...calm({ size: { columns: 80, rows: 24 } }), isDiscovering: false };
const [fleet] = one.fleets;
const two: State = {
	...one,
	fleets: [
		{ ...fleet!, id: 1 },
		{ ...fleet!, id: 2 },
	],
};
const round = (id = fleet!.id, isExtra = false): Message => ({
	...{ type: 'round', at: one.at, fleet: id, samples: [], isExtra, isSettled: true },
});

function printing(kind: 'json' | 'batch', count?: number) {
	const lines: string[] = [];
	let ends = 0;
	const headless = createHeadless({
		kind,
		batchText,
		count,
		write: line => lines.push(line),
		onDone: () => ends++,
	});
	return { ...headless, told: () => [lines.length, ends] };
}

test('as many refreshes as were asked for, then it is done, once', () => {
	for (const kind of ['json', 'batch'] as const) {
		const { onState, told } = printing(kind, 2);
		onState(one, round());
		assert.deepEqual(told(), [1, 0]);
		onState(one, round());
		assert.deepEqual(told(), [2, 1]);
		onState(one, round());
		assert.deepEqual(told(), [2, 1]);
	}
});

test('without a count it goes on; nothing is printed between refreshes, of other messages or without rates', () => {
	const { onState, told } = printing('json');
	onState({ ...one, isDiscovering: true }, round());
	onState(one, round(fleet!.id, true));
	onState(one, { type: 'clock', at: one.at });
	onState({ ...one, fleets: [{ ...fleet!, rounds: 0 }] }, round());
	assert.deepEqual(told(), [0, 0]);
	for (let index = 0; index < 5; index++) onState(one, round());
	assert.deepEqual(told(), [5, 0]);
});

test('of several fleets an object each, and a table of all of them with the first', () => {
	const objects = printing('json', 1);
	objects.onState(two, round(1));
	assert.deepEqual(objects.told(), [1, 0]);
	objects.onState(two, round(1));
	objects.onState(two, round(2));
	assert.deepEqual(objects.told(), [2, 1]);
	const tables = printing('batch', 1);
	tables.onState(two, round(2));
	assert.deepEqual(tables.told(), [0, 0]);
	tables.onState(two, round(1));
	assert.deepEqual(tables.told(), [1, 1]);
});
