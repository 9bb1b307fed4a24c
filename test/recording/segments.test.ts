// A recorder that stays: a file an hour, retention that deletes nothing else, what is left of a process that was killed,
// a gap that ends, and a folder that plays as one, from any moment.

import assert from 'node:assert/strict';
import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import type { FleetEvent, Round } from '../../source/core/types.ts';
import { placesIn } from '../../source/recording/places.ts';
import { openReplayable, type Replayable } from '../../source/recording/replayable.ts';
import { createSegments, type Keep, segmentName, segmentsIn } from '../../source/recording/segments.ts';
import { createTape } from '../../source/recording/tape.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { until } from '../servers/until.ts';
import { calm } from '../view/build-state.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-top-segments-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
function fresh(): string {
	const path = join(folder, String(++count));
	mkdirSync(path);
	return path;
}

const [head, ...shipped] = gunzipSync(readFileSync(new URL('../../media/demo.jsonl.gz', import.meta.url)))
	.toString()
	.trimEnd()
	.split('\n')
	.map(line => JSON.parse(line));
const rounds: readonly (Round & { fleet: number })[] = shipped
	.flatMap(({ round }) => (round ? [round] : []))
	.slice(0, 20);
const start = Date.UTC(2026, 10, 30, 13, 0, 0);

type Run = {
	readonly told: string[];
	readonly beginNew: () => Promise<void>;
	/** That something has happened, as the fleet's events have it. */
	readonly happen: (event: Omit<FleetEvent, 'at' | 'text'>) => void;
	readonly end: () => Promise<void>;
};
type Step = (minute: number, run: Run) => Promise<void> | void;

/** A round each `seconds` of a scripted clock, `minutes` long. */
async function recorded(
	path: string,
	keep: Keep,
	minutes: number,
	seconds: number,
	step?: Step,
	from = start,
) {
	const told: string[] = [];
	let state: State = {
		...calm({ past: [], isDiscovering: true, isDiscoveryOn: true, cursor: undefined }),
		at: from,
		fleets: [newFleetTrack(0, 'demo', head.fleets[0].seeds, from)],
	};
	const segments = createSegments({
		...{ folder: path, keep, session: `run ${from}`, now: () => state.at, toDate: at => at },
		head: () => ({ ...head, at: state.at }),
		onProblem: reason => void told.push(reason),
		onRecovered: () => void told.push('goes on'),
		cut: () => void tape.cut(),
		...{ retryMilliseconds: 10, leastRoom: 1 },
	});
	const tape = createTape({ sinks: [segments], state: () => state });
	const run: Run = {
		told,
		async beginNew() {
			segments.beginNew();
			await tape.cut();
		},
		happen(event) {
			const [fleet] = state.fleets;
			const events = [{ ...event, at: state.at, text: 'it happened' }, ...fleet!.events].slice(0, 500);
			const markers = [
				...(state.markers ?? []),
				{ at: state.at, text: 'v1', kind: 'set', node: undefined } as const,
			];
			const isMarker = event.kind === 'marker';
			state = { ...state, fleets: [{ ...fleet!, events }], ...(isMarker && { markers }) };
		},
		async end() {
			await tape.close();
			await segments.close(5000);
		},
	};
	for (let second = 0, index = 0; second < minutes * 60; second += seconds, index++) {
		const at = from + second * 1000;
		const { readings, ...round } = rounds[index % rounds.length]!;
		// Of one node: what is tested are files.
		const one = readings.slice(0, 1).map(reading => ({ ...reading, at }));
		const moved = { ...round, at, isExtra: false, readings: one };
		tape.round(round.fleet, moved);
		[state] = update(state, { type: 'round', ...moved, samples: moved.readings.map(sampleOf) });
		if (second % 60 === 0) await step?.(second / 60, run);
		await new Promise(setImmediate);
	}
	return run;
}

async function datesIn(
	path: string,
): Promise<{ dates: number[]; heads: number; cut?: string; wrong?: string }> {
	const playable = await openReplayable(path);
	assert.ok('head' in playable, 'problem' in playable ? playable.problem : '');
	const dates: number[] = [];
	let heads = 0;
	for (let line = await playable.next(); line; line = await playable.next()) {
		if ('round' in line) dates.push(line.round.at);
		if ('head' in line) heads++;
	}
	return { dates, heads, cut: playable.cut(), wrong: playable.wrong() };
}

test('three days by the hour, two kept: so many files, and of the folder nothing else is deleted', async () => {
	const path = fresh();
	const old = `${segmentName(start - 30 * 86_400_000)}.jsonl.gz`;
	const others = ['notes.txt', 'redis-top-20200101-000000-memory-high.jsonl.gz', `${old}.bak`];
	for (const name of others) writeFileSync(join(path, name), 'x');
	symlinkSync(join(path, 'notes.txt'), join(path, `${segmentName(start - 86_400_000 * 9)}.jsonl.gz`));
	mkdirSync(join(path, `${segmentName(start - 86_400_000 * 8)}.jsonl.gz`));
	writeFileSync(join(path, old), 'old');
	const run = await recorded(path, { seconds: 48 * 3600 }, 72 * 60, 1200);
	await run.end();
	assert.deepEqual(run.told, []);
	const files = segmentsIn(path);
	assert.ok(files.length >= 48 && files.length <= 50, String(files.length));
	assert.ok(!readdirSync(path).includes(old));
	for (const name of others) assert.ok(readdirSync(path).includes(name), name);
	assert.equal(readdirSync(path).length, files.length + others.length + 2);
	assert.ok(files.every(({ path }) => (statSync(path).mode & 0o777) === 0o600));
	const { dates, heads, cut, wrong } = await datesIn(path);
	assert.deepEqual([heads, cut, wrong], [0, undefined, undefined], 'it plays as one');
	assert.equal(dates.length, files.length * 3);
});

test('a file begins with its hour, not minutes after it', async () => {
	const path = fresh();
	await (await recorded(path, {}, 70, 20, undefined, start + 58 * 60_000)).end();
	assert.deepEqual(
		segmentsIn(path).map(({ from }) => (from - start) / 60_000),
		[58, 60, 120],
	);
});

test('a week of a fleet that does little: what is kept is of the time asked for, a file an hour, all of one kind', async () => {
	const path = fresh();
	const run = await recorded(path, { seconds: 48 * 3600 }, 7 * 24 * 60, 3600);
	await run.end();
	const kept = segmentsIn(path);
	assert.ok(kept.length >= 48 && kept.length <= 50, String(kept.length));
	const { dates, heads, wrong } = await datesIn(path);
	assert.deepEqual([heads, wrong], [0, undefined]);
	assert.equal(dates.at(-1), start + 7 * 86_400_000 - 3_600_000);
	const largest = Math.max(...kept.map(({ bytes }) => bytes));
	assert.ok(largest < 65_536, `a file does not grow with what came before it: ${largest}`);
});

test('by size: the oldest go, and the newest stays whatever it takes', async () => {
	const path = fresh();
	const bytes = 40_000;
	const run = await recorded(path, { bytes }, 200, 60);
	await run.end();
	const sum = segmentsIn(path).reduce((all, file) => all + file.bytes, 0);
	assert.ok(sum <= bytes * 1.3 && sum > bytes / 3, String(sum));
	assert.ok((await datesIn(path)).dates.at(-1)! > start + 195 * 60_000);
});

test('asked for, a new file is begun with the next reading; a run after it begins its own, and a gap is no rate', async () => {
	const path = fresh();
	const run = await recorded(path, {}, 4, 20, async (minute, { beginNew }) => {
		if (minute === 2) await beginNew();
	});
	await run.end();
	assert.equal(segmentsIn(path).length, 2);
	const later = await recorded(path, {}, 2, 20, undefined, start + 30 * 60_000);
	await later.end();
	assert.equal(segmentsIn(path).length, 3);
	const { dates, heads } = await datesIn(path);
	assert.deepEqual([dates.length, heads], [18, 1]);
});

test('killed at any byte: every file plays to its last whole reading', async () => {
	const path = fresh();
	await (await recorded(path, {}, 3, 10)).end();
	const [file] = segmentsIn(path);
	const whole = readFileSync(file!.path);
	const all = (await datesIn(path)).dates;
	let last = 0;
	for (let part = 1; part <= 20; part++) {
		writeFileSync(file!.path, whole.subarray(0, Math.floor((whole.length * part) / 20) - 1));
		const { dates, wrong } = await datesIn(path);
		assert.equal(wrong, undefined);
		assert.deepEqual(dates, all.slice(0, dates.length));
		assert.ok(dates.length >= last);
		last = dates.length;
	}
	assert.ok(last >= all.length - 1, 'what was written before the kill is there');
});

test('a folder that is gone is said once, and goes on when it is back', async () => {
	const path = fresh();
	const moved = `${path}-moved`;
	const run = await recorded(path, {}, 6, 20, async (minute, { told, beginNew }) => {
		if (minute === 2) {
			renameSync(path, moved);
			await beginNew();
			await until(() => told.length > 0, { what: 'it is said' });
		}
		if (minute !== 4) return;
		mkdirSync(path);
		await until(() => told.includes('goes on'), { what: 'it goes on' });
	});
	await run.end();
	assert.deepEqual(run.told, ['no such folder', 'goes on']);
	for (const each of [moved, path]) assert.notEqual((await datesIn(each)).dates.length, 0, each);
});

test('while there is no room no file is begun, and none is said to go on, whatever is to be written', async () => {
	const path = fresh();
	const told: string[] = [];
	const segments = createSegments({
		...{ folder: path, keep: {}, session: 'full', now: () => start, toDate: (at: number) => at },
		head: () => ({ ...head, delaySeconds: 1 }),
		onProblem: reason => told.push(reason),
		onRecovered: () => told.push('goes on'),
		...{ cut() {}, retryMilliseconds: 60_000, leastRoom: Number.MAX_SAFE_INTEGER },
	});
	const member = (number: number) => segments.bytes!(Buffer.from('x'), number, start + 120_000 * number);
	member(1);
	segments.stop('the disk is full');
	await until(() => told.length > 0, { what: 'it is said' });
	member(2);
	member(3);
	await segments.close(1000);
	assert.deepEqual([told, segmentsIn(path).length], [['the disk is full'], 1]);
});

test('from a moment on: the key frame before it, what the charts show of the hour before, and no word of the rest', async () => {
	const path = fresh();
	await (await recorded(path, {}, 75, 20)).end();
	const replayable = (await openReplayable(path)) as Replayable;
	const { from, to } = await replayable.span();
	assert.deepEqual([from, to], [start, start + 75 * 60_000 - 20_000]);
	const wanted = start + 70 * 60_000;
	await replayable.seek(wanted);
	const begun = await replayable.next();
	assert.ok(begun && 'head' in begun);
	const key = await replayable.next();
	assert.ok(key && 'key' in key);
	assert.ok(key.key.at <= wanted - 30_000 && key.key.at >= wanted - 270_000);
	const ops = key.key.fleets[0]!.series.opsHistory!;
	assert.ok(key.key.at - ops.from >= 50 * 60_000, 'an hour of what the chart shows');
	const first = await replayable.next();
	assert.ok(first && 'round' in first && first.round.at >= key.key.at && first.round.at <= wanted);
	await replayable.seek(start - 5);
	assert.ok('head' in (await replayable.next())!);
	const again = await replayable.next();
	assert.ok(again && 'round' in again && again.round.at === start);
	replayable.close();
});

test('of many nodes frames are near together and remember all of them: two seconds are played before a moment', async () => {
	const seeds = Array.from({ length: 150 }, (_, index) => `10.0.0.${index}:6379`);
	const path = fresh();
	let state: State = {
		...calm({ past: [], isDiscovering: false, isDiscoveryOn: false, cursor: undefined }),
		...{ at: start, fleets: [newFleetTrack(0, 'many', seeds, start)] },
	};
	const segments = createSegments({
		...{ folder: path, keep: {}, session: 'many', now: () => state.at, toDate: (at: number) => at },
		...{ head: () => ({ ...head, at: state.at }), onProblem() {}, onRecovered() {}, leastRoom: 1 },
		cut: () => void tape.cut(),
	});
	const tape = createTape({ sinks: [segments], state: () => state });
	const [reading] = rounds[0]!.readings;
	for (let second = 0; second < 90; second++) {
		const at = start + second * 1000;
		const info = `redis_version:7.0.15\r\nrole:master\r\ntotal_commands_processed:${second}\r\n`;
		const replies = [['info', info]] as const;
		const readings = seeds.map(node => ({ ...reading!, node, at, clock: second, replies }));
		const round = { at, fleet: 0, isExtra: false, isSettled: true, readings };
		tape.round(0, round);
		if (second % 10 === 0)
			[state] = update(state, { type: 'round', ...round, samples: readings.map(sampleOf) });
		else state = { ...state, at };
		await tape.flush();
	}
	await tape.close();
	await segments.close(5000);
	const replayable = (await openReplayable(path)) as Replayable;
	const wanted = start + 85_500;
	await replayable.seek(wanted);
	assert.ok('head' in (await replayable.next())!);
	const key = await replayable.next();
	assert.ok(key && 'key' in key);
	const before = wanted - key.key.at;
	assert.ok(before >= 2000 && before <= 23_000, `${before} ms are played`);
	assert.equal(key.key.fleets[0]!.memory?.tracks.size, seeds.length);
	replayable.close();

	// Of another redis-top, which remembers something else: half a minute is played as ever.
	const [segment] = segmentsIn(path);
	const bytes = readFileSync(segment!.path);
	const members = placesIn(segment!.path).map(({ offset }, index, all) =>
		gunzipSync(bytes.subarray(offset, all[index + 1]?.offset)).toString(),
	);
	const others = members.map(text => gzipSync(text.replaceAll(/"kinds":"\w+"/g, '"kinds":"0"')));
	writeFileSync(segment!.path, Buffer.concat(others));
	const foreign = (await openReplayable(path)) as Replayable;
	await foreign.seek(wanted);
	await foreign.next();
	const early = await foreign.next();
	assert.ok(early && 'key' in early && !early.key.fleets[0]!.memory);
	assert.ok(wanted - early.key.at >= 30_000, `${wanted - early.key.at} ms are played`);
	foreign.close();
});

test('what happened in all of it is known before it is played: of every session, and of more than a key frame tells', async () => {
	const path = fresh();
	const first = await recorded(path, {}, 130, 20, (minute, { happen }) => {
		if (minute === 2) happen({ kind: 'marker' });
		if (minute === 3) happen({ kind: 'finding', severity: 'crit' });
		// Two of one minute and kind are two marks only where their moments differ.
		if (minute >= 5) for (let event = 0; event < 2; event++) happen({ kind: 'config-changed' });
	});
	await first.end();
	const later = await recorded(
		path,
		{},
		3,
		20,
		(minute, { happen }) => {
			if (minute === 1) happen({ kind: 'finding', severity: 'warn' });
		},
		start + 180 * 60_000,
	);
	await later.end();
	const replayable = (await openReplayable(path)) as Replayable;
	const overview = await replayable.overview();
	assert.equal(overview?.from, start);
	assert.equal(overview?.to, start + 183 * 60_000 - 20_000);
	const happened = (kind: string) => overview!.marks.filter(mark => mark.kind === kind);
	assert.deepEqual(happened('marker'), [{ at: start + 120_000, kind: 'marker' }]);
	assert.deepEqual(
		happened('finding').map(({ severity }) => severity),
		['crit', 'warn'],
	);
	// Of those there are more than two hundred, and a key frame tells a hundred.
	const changed = new Set(happened('event').map(({ at }) => (at - start) / 60_000));
	for (let minute = 5; minute < 130; minute++) assert.ok(changed.has(minute), `minute ${minute}`);
	assert.deepEqual(await replayable.moments('marker'), [start + 120_000]);
	replayable.close();
});

test('an empty folder, and one with nothing that can be read', async () => {
	const path = fresh();
	assert.match(
		((await openReplayable(path)) as { problem: string }).problem,
		/no recording of redis-top in this folder/,
	);
	writeFileSync(join(path, `${segmentName(start)}.jsonl.gz`), '');
	assert.ok('problem' in (await openReplayable(path)));
});
