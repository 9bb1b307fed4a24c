// Recordings that somebody has changed: what is wrong is said with the number of the line, nothing is thrown, no byte of
// theirs reaches a terminal, and what only a newer redis-top knows is left out.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import { batchText } from '../../source/output/batch.ts';
import { farewell } from '../../source/output/farewell.ts';
import { linesOf } from '../../source/recording/lines-of-file.ts';
import { openRecording } from '../../source/recording/playable.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { hostile, unexpectedIn } from '../hostile/texts.ts';
import { calm } from '../view/build-state.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-top-damaged-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'damaged.jsonl');

// biome-ignore lint/suspicious/noExplicitAny: what is under test is what nobody promised.
type Line = any;
const whole: readonly Line[] = gunzipSync(readFileSync(new URL('../../media/demo.jsonl.gz', import.meta.url)))
	.toString()
	.split('\n', 12)
	.map(line => JSON.parse(line));
const firstWithReadings = whole.findIndex(line => line.round?.readings.length > 0);

/** The recording with one line changed. */
function damaged(index: number, change: (line: Line) => unknown): string {
	const lines = structuredClone(whole) as Line[];
	const changed = change(lines[index]);
	if (changed !== undefined) lines[index] = changed;
	return `${lines.map(line => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')}\n`;
}

/** Plays it as far as it goes: what is drawn of it, and why it ended. */
async function played(text: string): Promise<{ output: string; problem?: string; lines: number }> {
	writeFileSync(path, text);
	const playable = await openRecording(path);
	if (!('head' in playable)) return { output: '', problem: playable.problem, lines: 0 };
	const { head } = playable;
	let state: State = {
		...calm({ past: [], isDiscovering: true, cursor: undefined }),
		fleets: head.fleets.map(({ id, name, seeds, bounds }) => newFleetTrack(id, name, seeds, head.at, bounds)),
	};
	let lines = 0;
	for (let line = await playable.next(); line; line = await playable.next()) {
		lines++;
		if (!('round' in line)) continue;
		const { readings, ...round } = line.round;
		[state] = update(state, { type: 'round', ...round, samples: readings.map(sampleOf) });
	}
	const output = [batchText(state, { refresh: 1 }), farewell(state, 0, 1), head.version].join('\n');
	return { output, problem: playable.wrong() ?? playable.cut(), lines };
}

/** Another value at a path; undefined takes it away. */
const set =
	(place: string, value: unknown) =>
	(line: Line): void => {
		const names = place.split('.');
		const last = names.pop()!;
		const holder = names.reduce((at, name) => at[name], line);
		holder[last] = value;
	};
const deep = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

const inHead: readonly ((line: Line) => unknown)[] = [
	set('at', 'now'),
	set('at', 1e300),
	set('at', null),
	set('delaySeconds', 0),
	set('delaySeconds', -1),
	set('delaySeconds', '1'),
	set('version', {}),
	set('version', undefined),
	set('fleets', []),
	set('fleets', {}),
	set('fleets', [null]),
	set('fleets.0.name', 7),
	set('fleets.0.seeds', 'a'),
	set('fleets.0.seeds', []),
	set('fleets.0.id', 'x'),
	line => void line.fleets.push(line.fleets[0]),
	set('fleets.0.bounds', { seeds: [], isDiscoveryOn: true, mostNodes: 0 }),
	set('isDiscoveryOn', 'yes'),
	set('redisTopRecording', 5),
	set('redisTopRecording', '1'),
	() => [],
	() => 'null',
	() => '"text"',
	() => '{',
	() => '',
];
const inLine: readonly ((line: Line) => unknown)[] = [
	() => '{"round":',
	() => '[]',
	() => 'null',
	() => '7',
	() => ({ round: null }),
	() => ({ round: [] }),
	() => ({ delaySeconds: 'x', at: 1 }),
	() => ({ delaySeconds: 1, at: 1e300 }),
	set('round.at', 1e17),
	set('round.at', '1'),
	set('round.fleet', 'x'),
	set('round.isExtra', 1),
	set('round.isSettled', undefined),
	set('round.clockOffset', 1e300),
	set('round.readings', {}),
	set('round.readings', [null]),
	set('round.readings', [7]),
	set('round.readings.0.node', 7),
	set('round.readings.0.node', ''),
	set('round.readings.0.at', 9e15),
	set('round.readings.0.clock', null),
	set('round.readings.0.pingMilliseconds', 'fast'),
	set('round.readings.0.stalls', [{ at: 1 }]),
	set('round.readings.0.replies', [['info']]),
	set('round.readings.0.replies', [['info', { no: 'error' }]]),
	set('round.readings.0.replies', [[7, 'x']]),
	set('round.readings.0.replies', [['info', true]]),
	set('round.readings.0.replies', [['slowlog get', deep(1000)]]),
	set('round.readings.0.refused', [{ command: 'x', why: 'because', word: '+x' }]),
	set('round.readings.0.own', null),
	set('round.readings.0.own.calls', []),
	set('round.readings.0.own.calls', { info: 'x' }),
	set('round.readings.0.error', 'refused'),
	set('round.readings.0.error', { reason: 'refused' }),
	set('round.change', { id: 1 }),
	set('redisTopRecording', 1),
];

describe('what is wrong ends it, with the line', () => {
	for (const [index, change] of inHead.entries())
		test(`head ${index}`, async () => {
			const { problem, lines } = await played(damaged(0, change));
			assert.equal(lines, 0);
			assert.ok(problem?.startsWith(`${path}: `), String(problem));
			assert.match(problem!, /: (line 1: .+|not a recording of redis-top|made by a newer redis-top .+)$/);
		});
	for (const [index, change] of inLine.entries())
		test(`line ${index}`, async () => {
			const { problem, lines } = await played(damaged(firstWithReadings, change));
			assert.equal(lines, firstWithReadings - 1, 'what stands before it is played');
			assert.ok(problem?.startsWith(`${path}: line ${firstWithReadings + 1}: `), String(problem));
		});
});

test('what a newer redis-top adds is left out: fields, reasons, kinds of lines', async () => {
	const lines = structuredClone(whole) as Line[];
	lines[0].weather = { fine: true };
	lines[firstWithReadings].round.readings[0].mood = [1];
	lines[firstWithReadings].round.tide = 'high';
	lines[firstWithReadings].round.readings[0].error = { reason: 'strike', text: 'on strike' };
	lines.splice(2, 0, { moon: 'x', at: 1 });
	const { problem, lines: count } = await played(`${lines.map(line => JSON.stringify(line)).join('\n')}\n`);
	assert.deepEqual([problem, count], [undefined, whole.length - 1]);
});

test('no text of it reaches a terminal raw', async () => {
	for (const text of hostile.slice(0, 6)) {
		const lines = structuredClone(whole) as Line[];
		const seed = lines[0].fleets[0].seeds[0];
		lines[0].version = text.slice(0, 60);
		lines[0].fleets[0].name = text;
		lines[0].fleets[0].seeds = [text, seed];
		for (const line of lines)
			for (const each of line.round?.readings ?? []) {
				each.error = { reason: 'other', text };
				each.refused = [{ command: text, why: 'no-permission', word: text }];
			}
		const { output, problem } = await played(`${lines.map(line => JSON.stringify(line)).join('\n')}\n`);
		assert.equal(problem, undefined);
		assert.equal(unexpectedIn(output), undefined);
	}
});

test('a line longer than the limit in a small gzip ends it, at the cost of the limit', async () => {
	const bomb = join(folder, 'bomb.jsonl.gz');
	const gzip = createGzip();
	const file = gzip.pipe(createWriteStream(bomb));
	for (let count = 0; count < 60; count++) gzip.write(Buffer.alloc(1024 * 1024, 'a'));
	gzip.end();
	await once(file, 'close');
	const lines = linesOf(bomb, 8 * 1024 * 1024);
	assert.deepEqual(await lines.next(), { tooLong: 1 });
	assert.deepEqual(await lines.next(), {});
});

test('a gzip that was cut off where a line ends says so all the same', async () => {
	const text = `${whole.map(line => JSON.stringify(line)).join('\n')}\n`;
	const part = (end: number) => gzipSync(text.slice(0, end));
	const cut = join(folder, 'cut.jsonl.gz');
	// All of its lines, and neither the end of the stream nor its checksum.
	writeFileSync(cut, part(text.length).subarray(0, -10));
	const lines = linesOf(cut);
	for (let left = whole.length; left > 0; left--) assert.ok('text' in (await lines.next()));
	assert.deepEqual(await lines.next(), { isCut: true });
	writeFileSync(cut, Buffer.concat([part(text.length), part(1000)]));
	const added = linesOf(cut);
	for (let line = await added.next(); 'text' in line; line = await added.next());
	assert.deepEqual(await added.next(), {});
});
