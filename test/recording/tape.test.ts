// The tape: what is written as changes is read as it was, byte for byte, from the start or from any key frame; what is
// kept in memory is bounded and plays by itself.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import { joinCluster } from '../../source/core/parse/parse-cluster.ts';
import type { Reading, Round } from '../../source/core/types.ts';
import { createDashcam } from '../../source/recording/dashcam.ts';
import { openRecording } from '../../source/recording/playable.ts';
import type { RecordedLine } from '../../source/recording/recorded.ts';
import { createFileSink, openRecordFile } from '../../source/recording/recorder.ts';
import { createRepliesKnown } from '../../source/recording/replies-known.ts';
import { noPlaces, patched, patchedBy, patchFrom, patchOf } from '../../source/recording/reply-delta.ts';
import { createTape, type Sink } from '../../source/recording/tape.ts';
import { createViewsRead } from '../../source/recording/views-known.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { calm } from '../view/build-state.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-top-tape-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(folder, `${++count}.jsonl.gz`);

describe('a reply as what has changed', () => {
	const rows: readonly (readonly [before: string, now: string, patch: string | undefined])[] = [
		['a:1\r\nb:2\r\n', 'a:1\r\nb:2\r\n', ''],
		['a:1\r\nb:2\r\nsome more text', 'a:1\r\nb:19\r\nsome more text', '1 0+17'],
		['c:1,x=2.50,y=7 some', 'c:1,x=2.25,y=4 some', '0 1-25 2-3'.replace('1-25 2', '2-25 3')],
		['up:yes and it is so', 'up:no and it is so', undefined],
		['a:1\nup:yes and it is so', 'a:1\nup:no', '1 =up:no'],
		['a long line of text\nv:09', 'a long line of text\nv:10', '1 0+1'],
		[
			'a long line of text\nv:12345678901234567',
			'a long line of text\nv:12345678901234569',
			'1 =v:12345678901234569',
		],
		['a\nb', 'a\nb\nc', undefined],
	];
	for (const [before, now, patch] of rows)
		test(`${JSON.stringify(now)} after ${JSON.stringify(before)}`, () => {
			const made = patchOf(before, now);
			assert.equal(made, patch);
			if (made !== undefined) assert.equal(patched(before, made), now);
		});

	test('one after the other: places are told once, and stand for what comes', () => {
		const replies = [
			'a:1\nb:2.50,c:3\nlong enough',
			'a:2\nb:2.05,c:3\nlong enough',
			'a:2\nb:2.06,c:9\nlong and on',
		];
		const patches: string[] = [];
		let places = noPlaces;
		for (const [index, now] of replies.slice(1).entries()) {
			const made = patchFrom(replies[index]!, now, places)!;
			assert.deepEqual(patchedBy(replies[index]!, made.text, places), { text: now, places: made.places });
			patches.push(made.text);
			places = made.places;
		}
		assert.deepEqual(patches, ['1,-45\n+0.0 1.1~', ',1,6\n+1.2\n2 =long and on']);
	});

	test('any two texts: what the patch makes is the text, or there is none', () => {
		const figure = fc.oneof(
			fc.nat(),
			fc.bigInt({ min: 0n, max: 10n ** 20n }).map(String),
			fc.constant('007'),
		);
		const line = fc
			.array(fc.oneof(figure.map(String), fc.string()), { maxLength: 4 })
			.map(parts => parts.join(':'));
		const reply = fc.array(line, { maxLength: 6 }).map(lines => lines.join('\n'));
		fc.assert(
			fc.property(reply, reply, (before, now) => {
				const patch = patchOf(before, now);
				if (patch !== undefined) assert.equal(patched(before, patch), now);
				const made = patchFrom(before, now, noPlaces);
				if (made)
					assert.deepEqual(patchedBy(before, made.text, noPlaces), { text: now, places: made.places });
			}),
		);
	});

	test('a patch of another reply, or none at all, is refused and throws nothing', () => {
		for (const patch of ['9 0+1', 'x', '0', '-1 =a', '0 a+b', '0 0+', '1e9 =x'])
			assert.equal(patched('a:1', patch), undefined, patch);
		for (const patch of [
			'1',
			'x',
			'1\n+0',
			'1,2\n+0.0',
			'1\n+0.0 0.0',
			'1e9\n+0.0',
			'1\n+9.0',
			'1\n+0.5',
			'\n9 =x',
		])
			assert.equal(patchedBy('a:1', patch, noPlaces), undefined, patch);
		fc.assert(
			fc.property(fc.string(), fc.string(), (before, patch) => {
				patched(before, patch);
				patchedBy(before, patch, noPlaces);
			}),
		);
	});
});

describe('views of many nodes: each line once, and no times but of who does not answer', () => {
	const now = 1_796_000_000_000;
	const id = (index: number) => index.toString(16).padStart(40, 'a');
	type Seen = {
		readonly of: number;
		readonly tick: number;
		readonly failed?: number;
		readonly waits?: number;
	};
	const line = (index: number, { of, tick, failed, waits }: Seen) => {
		const flags = `${index === of ? 'myself,' : ''}master${index === failed ? ',fail' : ''}`;
		const ping = index === waits ? now - 5000 : 0;
		return `${id(index)} 10.0.0.1:${7000 + index}@17000 ${flags} - ${ping} ${now + tick * 1000 - index} 7 connected ${index * 9}-${index * 9 + 8}\n`;
	};
	/** Each node has an order of its own. */
	const view = (seen: Seen, nodes = 60) =>
		Array.from({ length: nodes }, (_, at) => line((at * 7 + seen.of * 11) % nodes, seen)).join('');
	const reading = (of: number, text: string): Reading => ({
		...{ node: `10.0.0.1:${7000 + of}`, at: now, clock: 1, pingMilliseconds: 1, waitedMilliseconds: 1 },
		...{ refused: [], own: { commands: 1, hits: 0, inputBytes: 0, outputBytes: 0, calls: {} } },
		replies: [['cluster nodes', text]],
	});
	const textIn = (read: Reading | undefined) => read?.replies[0]?.[1];
	const withoutTimes = (text: unknown) => String(text).replaceAll(/ \d+ \d+ 7/g, ' 0 0 7');

	test('what is read tells what was told, of each node, from a key frame on too', () => {
		const [writer, reader] = [createRepliesKnown(), createRepliesKnown()];
		let late: ReturnType<typeof createRepliesKnown> | undefined;
		const sizes: number[] = [];
		const seen: Seen[] = [
			...[0, 1, 2].map(of => ({ of, tick: 0 })),
			...[0, 1, 2].map(of => ({ of, tick: 1 })),
			{ of: 1, tick: 2, failed: 5 },
			{ of: 1, tick: 3, failed: 5, waits: 9 },
			{ of: 1, tick: 4, failed: 5 },
			{ of: 2, tick: 5, failed: 5, waits: 59 },
			{ of: 0, tick: 6 },
		];
		for (const [index, each] of seen.entries()) {
			if (index === 8) {
				late = createRepliesKnown();
				for (const { fleet, reading } of writer.restart(writer.all(0))) late.decode(fleet, asJson(reading));
				for (const { fleet, reading } of writer.restart(writer.all(0)))
					assert.deepEqual(reading.replies[0]?.slice(0, 2), ['cluster nodes', false], String(fleet));
				reader.forget();
				for (const { fleet, reading } of writer.restart(writer.all(0))) reader.decode(fleet, asJson(reading));
			}
			const told = asJson(writer.encode(0, reading(each.of, view(each))));
			sizes.push(JSON.stringify(told.replies).length);
			const read = [reader.decode(0, told), ...(late ? [late.decode(0, told)] : [])].map(textIn);
			for (const text of read) {
				assert.deepEqual(joinCluster(undefined, String(text)), joinCluster(undefined, view(each)));
				assert.equal(withoutTimes(text), withoutTimes(view(each)));
			}
		}
		// All lines once, of a further node its own two and the order, then nothing; of one that changed that one.
		assert.ok(sizes[0]! > view(seen[0]!).length * 0.9 && sizes[1]! < 1000 && sizes[1]! > 100, String(sizes));
		assert.ok(sizes.slice(3, 6).every(size => size < 40) && sizes[6]! < 200 && sizes[8]! < 40, String(sizes));
	});

	test('of few nodes, and of what is no view, every byte', () => {
		const [writer, reader] = [createRepliesKnown(), createRepliesKnown()];
		const many = view({ of: 0, tick: 0 });
		for (const text of [view({ of: 0, tick: 0 }, 6), many, `${many}x y z\n`, many, 'none', '', many]) {
			const told = asJson(writer.encode(0, reading(0, text)));
			const read = textIn(reader.decode(0, told));
			assert.equal(text === many ? withoutTimes(read) : read, text === many ? withoutTimes(many) : text);
		}
	});

	test('lines without text are lines: what is kept of them has an end, of all fleets together too', () => {
		const one = createViewsRead();
		const many = `${'+\n'.repeat(100_000)}=0`;
		const until = (read: (turn: number) => string | undefined) => {
			for (let turn = 0; turn < 1000; turn++) if (read(turn) === undefined) return turn;
			return undefined;
		};
		assert.ok((until(() => one.read(0, 'a', many)) ?? 1000) < 5);
		const other = createViewsRead();
		assert.ok((until(turn => other.read(turn, 'a', many)) ?? 1000) < 50);
		assert.equal(createViewsRead().read(0, 'a', `${'+\n'.repeat(3_000_000)}=0`), undefined);
	});

	test('a patch that rests on what was never told, or makes more than it may, is refused', () => {
		for (const patch of [
			'=0',
			'~0=1',
			'@0 1',
			'=x',
			'+a\n=0-9999999',
			'+a\n=1',
			'+a\n=0\n~1=0',
			'+a\n=0\n~0=7',
			'x',
			'',
			'\n',
		])
			assert.equal(createViewsRead().read(0, 'a', patch), undefined, patch);
		const long = `+${'x'.repeat(1000)}\n=${'0 '.repeat(9000).trim()}`;
		assert.equal(createViewsRead().read(0, 'a', long), undefined);
		assert.equal(
			createViewsRead().read(0, 'a', '+a b c d 0 0 e\n=0 0\n@1 5 6'),
			'a b c d 0 0 e\na b c d 5 6 e\n',
		);
		fc.assert(fc.property(fc.string(), patch => void createViewsRead().read(0, 'a', `+a\n=0\n${patch}`)));
	});
});

/** Three minutes of the demo, made of the rounds that ship with it: one after the other, again and again. */
const shipped = gunzipSync(readFileSync(new URL('../../media/demo.jsonl.gz', import.meta.url)))
	.toString()
	.trimEnd()
	.split('\n')
	.map(line => JSON.parse(line));
const head = shipped[0];
const rounds: readonly (Round & { fleet: number })[] = shipped.flatMap(({ round }) => (round ? [round] : []));

function firstState(): State {
	const { fleets } = head as { fleets: { id: number; name: string; seeds: string[] }[] };
	return {
		...calm({ past: [], isDiscovering: true, isDiscoveryOn: true, cursor: undefined }),
		at: head.at,
		fleets: fleets.map(({ id, name, seeds }) => newFleetTrack(id, name, seeds, head.at)),
	};
}

const taken = (state: State, { readings, ...round }: Round & { fleet: number }): State =>
	update(state, { type: 'round', ...round, samples: readings.map(sampleOf) })[0];

/** Onto the tape as the engine does it. `stretch` makes of each second so many. */
async function recorded(sinks: readonly Sink[], stretch = 1): Promise<State> {
	let state = firstState();
	const tape = createTape({ sinks, state: () => state });
	const later = (at: number) => head.at + (at - head.at) * stretch;
	for (const round of rounds) {
		const readings = round.readings.map(reading => ({ ...reading, at: later(reading.at) }));
		const moved = { ...round, at: later(round.at), readings };
		tape.round(round.fleet, moved);
		state = taken(state, moved);
		await new Promise(setImmediate);
	}
	await tape.close();
	return state;
}

async function linesIn(path: string): Promise<readonly RecordedLine[]> {
	const playable = await openRecording(path);
	assert.ok('head' in playable, 'problem' in playable ? playable.problem : '');
	const lines: RecordedLine[] = [];
	for (let line = await playable.next(); line; line = await playable.next()) lines.push(line);
	assert.deepEqual([playable.wrong(), playable.cut()], [undefined, undefined]);
	return lines;
}

const asJson = (value: unknown) => JSON.parse(JSON.stringify(value));
const readingsIn = (lines: readonly RecordedLine[]): readonly Reading[] =>
	lines.flatMap(line => ('round' in line ? line.round.readings : []));

for (const end of ['.jsonl', '.jsonl.gz'])
	test(`${end}: every reply is read as it came, and it takes a fraction of the room`, async () => {
		const path = fresh().replace('.jsonl.gz', end);
		const file = await openRecordFile(path, false);
		assert.ok(!('problem' in file));
		const sink = createFileSink(path, file, head, assert.fail);
		await recorded([sink], 15);
		await sink.close(5000);
		const lines = await linesIn(path);
		assert.deepEqual(
			readingsIn(lines).map(({ replies }) => replies),
			rounds.flatMap(({ readings }) => readings.map(({ replies }) => replies)),
		);
		assert.ok(lines.filter(line => 'key' in line).length >= 5, 'a key frame every two minutes');
		if (end === '.jsonl.gz') return;
		const before = shipped.reduce((sum, line) => sum + JSON.stringify(line).length, 0);
		assert.ok(readFileSync(path).length < before / 2);
	});

test('from a key frame on it plays as from the start: nodes, findings, events, markers', async () => {
	const dashcam = createDashcam();
	const end = await recorded([dashcam], 30);
	const path = fresh();
	assert.ok('from' in dashcam.writeTo(path, head));
	assert.match((dashcam.writeTo(path, head) as { problem: string }).problem, /there already/);
	const all = await linesIn(path);
	const keys = all.filter(line => 'key' in line);
	const key = keys.at(-3)!;
	const lines = all.slice(all.indexOf(key));
	const samples = key.key.readings.map(({ fleet, reading }) => ({ fleet, sample: sampleOf(reading) }));
	let [state] = update(firstState(), { type: 'begin', at: key.key.at, frame: key.key, samples });
	const [fleet] = state.fleets;
	assert.equal(fleet!.isDiscovered, true);
	assert.deepEqual(fleet!.events, key.key.fleets[0]!.events);
	for (const line of lines) if ('round' in line) state = taken(state, line.round);
	const told = ({ fleets: [all] }: State) => ({
		rows: all!.now.fleet.nodes.map(
			({ address, role, health, slots, primary, usedMemoryBytes, opsPerSecond }) => [
				...[address, role, health, slots, primary, usedMemoryBytes, opsPerSecond],
			],
		),
		events: all!.events.slice(0, 50),
		findings: all!.now.findings.map(({ id, node, since }) => [id, node, since]),
	});
	assert.deepEqual(asJson(told(state)), asJson(told(end)));
});

test('what is kept is bounded by time and by size, and the newest minute is always whole', async () => {
	const small = createDashcam({ seconds: 900, bytes: 20_000 });
	await recorded([small], 20);
	assert.ok(small.size().from! > head.at);
	const path = fresh();
	small.writeTo(path, head);
	assert.notEqual(readingsIn(await linesIn(path)).length, 0);
	const whole = createDashcam({ seconds: 900, bytes: 64 * 1024 * 1024 });
	await recorded([whole]);
	assert.equal(whole.size().from, rounds[0]!.at);
});

test('a file that says what has changed of what is not there ends with the number of the line', async () => {
	const path = fresh();
	const { replies, ...reading } = rounds.find(({ readings }) => readings.length > 0)!.readings[0]!;
	for (const reply of [['info'], ['info', null, '0 0+1'], ['info', true, '1']]) {
		const line = { round: { ...rounds[0], readings: [{ ...reading, replies: [reply] }], fleet: 0 } };
		writeFileSync(
			path,
			gzipSync(`${JSON.stringify({ ...head, redisTopRecording: 2 })}\n${JSON.stringify(line)}\n`),
		);
		const playable = await openRecording(path);
		assert.ok('head' in playable);
		assert.equal(await playable.next(), undefined);
		assert.match(playable.wrong()!, /line 2: what it says has changed is not there/);
	}
	assert.ok(replies);
});

test('written in the middle of a minute it is whole, ends with a key frame, and the tape goes on', async () => {
	const state = firstState();
	const dashcam = createDashcam();
	const tape = createTape({ sinks: [dashcam], state: () => state });
	for (const round of rounds.slice(0, 10)) tape.round(round.fleet, round);
	const path = fresh();
	assert.ok('from' in dashcam.writeTo(path, head, await tape.finish()));
	for (const round of rounds.slice(10, 20)) tape.round(round.fleet, round);
	const later = fresh();
	assert.ok('from' in dashcam.writeTo(later, head, await tape.finish()));
	const found = [await linesIn(path), await linesIn(later)];
	assert.deepEqual(
		found.map(lines => lines.filter(line => 'round' in line).length),
		[10, 20],
	);
	assert.ok(found.every(lines => 'key' in lines.at(-1)!));
	await tape.close();
});

test('a key frame that would be too long has no memory, and the tape goes on', async () => {
	const framesWith = async (mostFrame: number | undefined) => {
		const lines: string[] = [];
		let state = firstState();
		const sink = { line: (text: string) => void lines.push(text), isFlushed: false, isStopped: () => false };
		const tape = createTape({ sinks: [{ ...sink, stop: assert.fail }], state: () => state, mostFrame });
		for (const round of rounds.slice(0, 10)) {
			tape.round(round.fleet, round);
			state = taken(state, round);
		}
		await tape.cut();
		await tape.close();
		return lines.flatMap(text => JSON.parse(text).key ?? []);
	};
	const [whole] = await framesWith(undefined);
	assert.ok(whole.fleets[0].memory);
	const [short] = await framesWith(1000);
	const { memory: _, ...rest } = whole.fleets[0];
	assert.deepEqual(short, { ...whole, fleets: [rest] });
});
