// A replay may begin at any key frame, also in the middle of a failover: what it finds, tells and shows from there on is
// what a replay from the start does. Held by steps: from the frame before each round that round leads to the same state,
// events and lines, and so does every round behind it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import type { Reading, Sample } from '../../source/core/types.ts';
import { keyFrameOf } from '../../source/recording/make-key-frame.ts';
import { openRecording } from '../../source/recording/playable.ts';
import { lineFrom } from '../../source/recording/recorded.ts';
import { createRepliesKnown } from '../../source/recording/replies-known.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { often } from '../lane.ts';
import { calm } from '../view/build-state.ts';

const isSample = (each: unknown): each is Sample =>
	typeof each === 'object' && each !== null && 'own' in each && 'clock' in each;

/** The path of the first difference; undefined where there is none. */
function difference(a: unknown, b: unknown, path = ''): string | undefined {
	if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
		return a === b ? undefined : `${path}: ${JSON.stringify(a)} and not ${JSON.stringify(b)}`;
	for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
		const found = difference(Reflect.get(a, key), Reflect.get(b, key), `${path}.${key}`);
		if (found !== undefined) return found;
	}
	return undefined;
}

/** As plain values; functions, and what charts alone show of the time before, left out. */
const plain = (value: unknown): unknown =>
	JSON.parse(
		JSON.stringify(value, (_, each: unknown) => {
			if (each instanceof Map) return [...each];
			if (each instanceof Set) return [...each];
			// Where nothing was ever measured a chart is empty or holds nothing.
			if (each instanceof Float64Array)
				return each
					.subarray(
						Math.max(
							0,
							each.findIndex(value => !Number.isNaN(value)),
						),
					)
					.join()
					.replace(/^(NaN,?)*/, '');
			if (isSample(each)) {
				const {
					cluster: _,
					sentinel: __,
					slowlog: ___,
					config: ____,
					seldom: _____,
					others: ______,
					...rest
				} = each;
				return rest;
			}
			return typeof each === 'bigint' ? String(each) : each;
		}) ?? 'null',
	);

/** Without what no judgement rests on. */
function judged(state: State): unknown {
	return state.fleets.map(({ close: _, tapes: __, slotLoads: ___, ...fleet }) => plain(fleet));
}

type Check = (
	expected: State,
	reached: State,
	where: string,
	/** The line of the key frame, and what plays the round behind it from such a line. */
	frame: string,
	go: (frame: string) => State,
) => void;

async function stepsOf(path: string, check: Check) {
	const playable = await openRecording(path);
	assert.ok(!('problem' in playable));
	const { head } = playable;
	let state: State = {
		...calm({ past: [], isDiscovering: true, isDiscoveryOn: head.isDiscoveryOn, cursor: undefined }),
		at: head.at,
		fleets: head.fleets.map(({ id, name, seeds }) => newFleetTrack(id, name, seeds, head.at)),
	};
	const known = createRepliesKnown();
	let checked = 0;
	let rounds = 0;
	for (let line = await playable.next(); line; line = await playable.next()) {
		if (!('round' in line)) continue;
		const { fleet, readings, ...round } = line.round;
		const message = { type: 'round', ...round, fleet, samples: readings.map(sampleOf) } as const;
		const all = known.all(0);
		const [next] = update(state, message);
		// Each costs as much as some rounds: while nothing happens few will do.
		rounds++;
		if (all.length > 0 && rounds % (state.isFast ? 4 : often(24, 12)) === 0) {
			const frame = JSON.stringify({ key: keyFrameOf(state, all, undefined) });
			const before = state;
			const go = (from: string) => {
				const [reached] = update(begin(from, before), { ...message, samples: readings.map(sampleOf) });
				frameOf({ ...reached, screen: 'cluster' });
				return reached;
			};
			check(next, go(frame), `round ${checked} at ${new Date(round.at).toISOString()}`, frame, go);
			checked++;
		}
		for (const reading of readings as readonly Reading[]) known.encode(fleet, reading);
		state = next;
	}
	return checked;
}

function begin(frame: string, state: State): State {
	const line = lineFrom(JSON.parse(frame));
	assert.ok(typeof line === 'object' && 'key' in line, JSON.stringify(line));
	const { key } = line;
	assert.ok(key.fleets.every(({ memory }) => memory !== undefined));
	const blank = { ...state, fleets: [], past: [] };
	return update(blank, { type: 'begin', at: key.at, frame: key as never, samples: [] })[0];
}

for (const name of ['failover.jsonl.gz', 'sentinel-failover.jsonl.gz', '../../media/demo.jsonl.gz'])
	test(`from every key frame on the rest is the same: ${name}`, async () => {
		const path = fileURLToPath(new URL(name, import.meta.url));
		const checked = await stepsOf(path, (expected, reached, where) => {
			assert.equal(difference(judged(reached), judged(expected)), undefined, where);
			for (const screen of ['fleet', 'cluster'] as const)
				assert.deepEqual(frameOf({ ...reached, screen }), frameOf({ ...expected, screen }), where);
		});
		assert.ok(checked >= 5, `${checked} frames`);
	});

/** Every place in a packed value that holds something, as the way to it. */
function placesIn(value: unknown, way: readonly (string | number)[] = []): (readonly (string | number)[])[] {
	if (typeof value !== 'object' || value === null) return value === null ? [] : [way];
	return [way, ...Object.entries(value).flatMap(([key, each]) => placesIn(each, [...way, key]))];
}

function changed(value: unknown, way: readonly (string | number)[], to: unknown): unknown {
	const [key, ...rest] = way;
	if (key === undefined) return to;
	const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
	Reflect.set(copy, key, changed(Reflect.get(value as object, key), rest, to));
	return copy;
}

test('a memory that somebody changed is refused by its line, or plays on: nothing is thrown', async () => {
	const path = fileURLToPath(new URL('failover.jsonl.gz', import.meta.url));
	let told = 0;
	let refused = 0;
	await stepsOf(path, (_, __, ___, frame, go) => {
		if (told++ !== 3) return;
		const whole = JSON.parse(frame);
		const { memory } = whole.key.fleets[0];
		const places = placesIn({ pool: memory.pool, fleet: memory.fleet });
		const values = [null, -1, 1e300, 'x', '\u001b[2J', true, [], [[]], {}, 7];
		// Every so many, so that it takes no longer than a second or two.
		for (let index = 0; index < places.length; index += Math.ceil(places.length / 150)) {
			const value = values[index % values.length];
			const other = changed({ pool: memory.pool, fleet: memory.fleet }, places[index]!, value);
			const line = structuredClone(whole);
			line.key.fleets[0].memory = { ...memory, ...(other as object) };
			const read = lineFrom(line);
			assert.ok(typeof read === 'object', 'known');
			if ('wrong' in read) {
				assert.match(read.wrong, /^key: memory of fleet 0: must be/);
				refused++;
			} else go(JSON.stringify(line));
		}
		const newer = structuredClone(whole);
		newer.key.fleets[0].memory.kinds = 'other';
		const read = lineFrom(newer);
		assert.ok(typeof read === 'object' && 'key' in read && read.key.fleets[0]!.memory === undefined);
	});
	assert.ok(refused > 20, `${refused} refused`);
});
