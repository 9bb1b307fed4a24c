// A day's recording, and how long it takes to be in its middle. The clock is scripted and the replies are real ones: a
// quarter of a minute of the shipped demo, said again and again with its counters grown on, through the writer of --record.
// A fleet is six nodes; more of them are more fleets. The minutes after noon are written; the files of the other hours are
// copies of it under their names, which a jump to noon does not look into. Then the program is started with --at, and timed
// until it shows that moment: CPU too, for the machine may have other work. An hour of six nodes takes half a minute of CPU.
//
//   node --import tsx test/scale/day.ts [NODES] [MINUTES] [FOLDER]      a folder that has a recording is not written again

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import type { Reading, Reply, Round } from '../../source/core/types.ts';
import { createSegments, segmentName } from '../../source/recording/segments.ts';
import { createTape } from '../../source/recording/tape.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { buildProgram } from '../terminal/built.ts';
import { cpuMilliseconds } from '../terminal/processes.ts';
import { openRedisTop } from '../terminal/terminal.ts';
import { calm } from '../view/build-state.ts';

const nodesOfFleet = 6;
const fleets = Math.max(1, Math.round(Number(process.argv[2] ?? nodesOfFleet) / nodesOfFleet));
const minutes = Number(process.argv[3] ?? 60);
const folder = process.argv[4] ?? mkdtempSync(path.join(tmpdir(), 'redis-top-day-'));
const start = Date.UTC(2026, 10, 29, 12, 0, 0);
/** The state is behind the key frames alone: it need not have every round. */
const roundsAState = 10;
const starts = 6;

type Told = Round & { readonly fleet: number };
const shipped = gunzipSync(readFileSync(new URL('../../media/demo.jsonl.gz', import.meta.url)))
	.toString()
	.trimEnd()
	.split('\n')
	.map(line => JSON.parse(line));
const head = shipped[0];
/** Of its calm, when all are known. */
const base: readonly Told[] = shipped
	.flatMap(({ round }): Told[] =>
		round && !round.isExtra && round.readings.length === nodesOfFleet ? [round] : [],
	)
	.slice(0, 12);

/** A reply in parts: as it is, or a number that grows by so much with each turn. */
type Part = string | { readonly from: number; readonly by: number };

/** What only grows in all rounds goes on growing. */
function partsOf(texts: readonly string[], index: number): readonly Part[] {
	const rows = texts.map(text => text.split(/(\d+)/));
	const now = rows[index]!;
	if (rows.some(row => row.length !== now.length)) return [texts[index]!];
	const last = rows.length - 1;
	return now.map((word, place): Part => {
		const values = rows.map(row => Number(row[place]));
		const grows = place % 2 === 1 && values.every((value, at) => at === 0 || value >= values[at - 1]!);
		const step = values[last]! - values[0]!;
		if (!grows || step <= 0 || step > 1e9) return word;
		return { from: Number(word), by: Math.round((step * (last + 1)) / last) };
	});
}

const textAt = (parts: readonly Part[], turn: number) =>
	parts.map(part => (typeof part === 'string' ? part : String(part.from + turn * part.by))).join('');

/** Each reading of the base: its replies, those that are text in parts. */
const templates = base.map(({ readings }, index) =>
	readings.map(reading => ({
		reading,
		replies: reading.replies.map(([name, reply]) => {
			const texts = base.map(
				other =>
					other.readings
						.find(({ node }) => node === reading.node)
						?.replies.find(([told]) => told === name)?.[1],
			);
			const isText = texts.every(text => typeof text === 'string');
			return { name, reply, parts: isText ? partsOf(texts as string[], index) : undefined };
		}),
	})),
);

/** Two fleets that are one process or address would be one fleet. */
const ofFleet = (text: string, fleet: number) =>
	fleet === 0
		? text
		: text
				.replaceAll('127.0.0.1', `127.0.1.${fleet}`)
				.replace(/\b[0-9a-f]{4}(?=[0-9a-f]{36}\b)/g, (fleet + 0x1000).toString(16));

const replyOf = (reply: Reply, fleet: number): Reply => {
	if (Array.isArray(reply)) return reply.map(each => replyOf(each, fleet));
	return typeof reply === 'string' ? ofFleet(reply, fleet) : reply;
};

const readingsAt = (at: number, turn: number, index: number, fleet: number): readonly Reading[] =>
	templates[index]!.map(({ reading, replies }) => ({
		...reading,
		node: ofFleet(reading.node, fleet),
		...{ at, clock: at - start },
		replies: replies.map(({ name, reply, parts }) => [
			name,
			parts ? ofFleet(textAt(parts, turn), fleet) : replyOf(reply, fleet),
		]) as Reading['replies'],
	}));

async function write(): Promise<void> {
	const ids = Array.from({ length: fleets }, (_, id) => id);
	let state: State = {
		...calm({ past: [], isDiscovering: true, isDiscoveryOn: true, cursor: undefined }),
		at: start,
		fleets: ids.map(id => {
			const seeds: readonly string[] = head.fleets[0].seeds;
			return newFleetTrack(
				id,
				`fleet-${id + 1}`,
				seeds.map(seed => ofFleet(seed, id)),
				start,
			);
		}),
	};
	const segments = createSegments({
		...{ folder, keep: {}, session: 'day', now: () => state.at, toDate: (at: number) => at },
		head: () => ({
			...{ version: '0.1.0', at: state.at, delaySeconds: 1, isDiscoveryOn: true },
			fleets: state.fleets.map(({ id, name, seeds, bounds }) => ({ id, name, seeds, bounds })),
		}),
		onProblem: reason => console.error(reason),
		onRecovered: () => {},
		cut: () => void tape.cut(),
	});
	const tape = createTape({ sinks: [segments], state: () => state });
	for (let second = 0; second < minutes * 60; second++) {
		const at = start + 1000 * second;
		const [turn, index] = [Math.floor(second / base.length), second % base.length];
		for (const fleet of ids) {
			const readings = readingsAt(at, turn, index, fleet);
			const round = { ...base[index]!, at, fleet, isExtra: false, isSettled: true, readings };
			tape.round(fleet, round);
			if (second % roundsAState === 0)
				[state] = update(state, { type: 'round', ...round, samples: readings.map(sampleOf) });
		}
		if (second % roundsAState !== 0) state = { ...state, at };
		// What is written slower than it comes would be given up.
		await tape.flush();
	}
	await tape.close();
	await segments.close(60_000);
}

const hour = 3_600_000;

/** The other hours of the day. */
function copyHours(): void {
	const [written] = readdirSync(folder);
	for (let other = -12; other < 12; other++) {
		const copy = path.join(folder, `${segmentName(start + other * hour)}.jsonl.gz`);
		if (other !== 0) copyFileSync(path.join(folder, written!), copy);
	}
}

async function timeAt(at: Date): Promise<{ readonly cpu: number; readonly wall: number }> {
	const from = performance.now();
	const moment = at.toISOString().slice(0, 19);
	const terminal = openRedisTop(['--replay', folder, '--at', moment], {
		size: [140, 40],
		env: { TZ: 'UTC' },
	});
	try {
		await terminal.shows(() => new RegExp(`REPLAY .*${moment.slice(11, 16)}`).test(terminal.lines()[0]!), {
			timeout: 60_000,
		});
		return { cpu: cpuMilliseconds(terminal.pid), wall: performance.now() - from };
	} finally {
		await terminal.stop();
	}
}

mkdirSync(folder, { recursive: true });
if (readdirSync(folder).length === 0) {
	await write();
	copyHours();
}
await buildProgram();
const file = path.join(folder, `${segmentName(start)}.jsonl.gz`);
const megabytes = statSync(file).size / 2 ** 20;
console.log(
	`${fleets * nodesOfFleet} nodes: ${((megabytes / minutes) * 1440).toFixed(0)} MB a day, in ${folder}`,
);
const times: { readonly cpu: number; readonly wall: number }[] = [];
for (let turn = 0; turn < starts; turn++) {
	// Near a key frame and far from one.
	const at = new Date(start + 1000 * Math.floor(minutes * 60 * (0.4 + 0.087 * turn)));
	const time = await timeAt(at);
	times.push(time);
	console.log(
		`--at ${at.toISOString()}: ${(time.cpu / 1000).toFixed(2)} s of CPU, ${(time.wall / 1000).toFixed(2)} s`,
	);
}
const mean = (of: 'cpu' | 'wall') => times.reduce((sum, time) => sum + time[of], 0) / times.length / 1000;
console.log(`on average ${mean('cpu').toFixed(2)} s of CPU, ${mean('wall').toFixed(2)} s`);
