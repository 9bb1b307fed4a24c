// Jumps in a recording: each leads one on, wherever the rounds of it lie, and from the moment that is looked at.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordedLine } from '../../source/recording/recorded.ts';
import type { Replayable } from '../../source/recording/replayable.ts';
import { createPlayer } from '../../source/replay.ts';
import type { Message } from '../../source/state/state.ts';
import { calm } from '../view/build-state.ts';

/** A round every `every` ms for a minute and a half, and events in between. */
function playerOf(every: number, events: readonly number[]) {
	let at = 0;
	let paused: number | undefined;
	let next = 0;
	const told: string[] = [];
	const playable = {
		next: async (): Promise<RecordedLine | undefined> => {
			if (next > 90_000) return undefined;
			const round = { at: next, fleet: 0, isExtra: false, isSettled: true, readings: [] };
			next += every;
			return { round } as unknown as RecordedLine;
		},
		seek: async () => {
			next = 0;
		},
		moments: async () => events,
		overview: async () => undefined,
		...{ cut: () => undefined, wrong: () => undefined, leftOut: () => 0, close: () => {} },
	} as unknown as Replayable;
	const see = (message: Message) => {
		if (message.type === 'round') at = message.at;
		if (message.type === 'told') told.push(message.text);
	};
	const player = createPlayer({
		...{ playable, isPaced: false, dispatch: see, prepare: see, onEnd: () => {} },
		state: () => ({
			...calm(),
			at,
			fleets: [],
			paused: paused === undefined ? undefined : ({ at: paused } as never),
		}),
	});
	player.setPaused(true);
	const go = async (step: 1 | -1) => {
		await player.seek({ kind: 'event', step });
		paused = undefined;
		return at;
	};
	const lookAt = (moment: number) => {
		paused = moment;
	};
	return { go, told, lookAt };
}

for (const every of [250, 1000, 1003, 2000, 5000])
	test(`on to each event and back to each, with a round every ${every} ms`, async () => {
		const events = [10_000, 20_300, 21_900, 40_000];
		const { go, told } = playerOf(every, events);
		const shown = (event: number) => Math.floor((event + 1000) / every) * every;
		for (const event of events) assert.equal(await go(1), shown(event));
		assert.equal(await go(1), shown(40_000));
		assert.deepEqual(told, ['no event after this in its index: e plays on to the next event']);
		for (const event of [21_900, 20_300, 10_000]) assert.equal(await go(-1), shown(event));
	});

test('a jump begins at the moment that is looked at, not at the last that was played', async () => {
	const { go, lookAt } = playerOf(1000, [10_000, 20_000, 40_000]);
	for (let at = 0; at < 3; at++) await go(1);
	lookAt(15_000);
	assert.equal(await go(1), 21_000);
});
