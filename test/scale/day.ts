// A day's recording, and how long it takes to be in its middle. The clock is scripted and the replies are real ones: a
// quarter of a minute of the shipped demo, said again and again with its counters grown on, through the writer of --record.
// A fleet is six nodes; more of them are more fleets. Then the program is started with --at, and timed until it shows that
// moment: CPU, for the machine has other work. Writing takes long: about four minutes of CPU for six nodes.
//
//   node --import tsx test/scale/day.ts [NODES] [HOURS] [FOLDER]      a folder that has a recording is not written again

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import type { Reading, Round } from '../../source/core/types.ts';
import { createSegments } from '../../source/recording/segments.ts';
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
const hours = Number(process.argv[3] ?? 24);
const folder = process.argv[4] ?? mkdtempSync(path.join(tmpdir(), 'redis-top-day-'));
const start = Date.UTC(2026, 10, 29, 0, 0, 0);
/** The state is behind the key frames alone: it need not have every round. */
const roundsAState = 10;
const starts = 5;

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

const readingsAt = (at: number, turn: number, index: number): readonly Reading[] =>
	templates[index]!.map(({ reading, replies }) => ({
		...reading,
		...{ at, clock: (at - start) / 1000 },
		replies: replies.map(({ name, reply, parts }) => [
			name,
			parts ? textAt(parts, turn) : reply,
		]) as Reading['replies'],
	}));

async function write(): Promise<void> {
	const ids = Array.from({ length: fleets }, (_, id) => id);
	let state: State = {
		...calm({ past: [], isDiscovering: true, isDiscoveryOn: true, cursor: undefined }),
		at: start,
		fleets: ids.map(id => newFleetTrack(id, `fleet-${id + 1}`, head.fleets[0].seeds, start)),
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
	for (let second = 0; second < hours * 3600; second++) {
		const at = start + 1000 * second;
		const [turn, index] = [Math.floor(second / base.length), second % base.length];
		const readings = readingsAt(at, turn, index);
		for (const fleet of ids) {
			const round = { ...base[index]!, at, fleet, isExtra: false, isSettled: true, readings };
			tape.round(fleet, round);
			if (second % roundsAState === 0)
				[state] = update(state, { type: 'round', ...round, samples: readings.map(sampleOf) });
		}
		if (second % roundsAState !== 0) state = { ...state, at };
		if (second % 10 === 0) await new Promise(setImmediate);
		if (second % 3600 === 0) console.log(`${second / 3600} of ${hours} hours written`);
	}
	await tape.close();
	await segments.close(60_000);
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
if (readdirSync(folder).length === 0) await write();
await buildProgram();
const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
console.log(
	`${fleets * nodesOfFleet} nodes, ${hours} hours: ${(bytes / 2 ** 20).toFixed(1)} MB in ${folder}`,
);
const middle = new Date(start + (hours * 3_600_000) / 2 + 754_000);
for (let turn = 0; turn < starts; turn++) {
	const { cpu, wall } = await timeAt(middle);
	console.log(
		`--at ${middle.toISOString()}: ${(cpu / 1000).toFixed(2)} s of CPU, ${(wall / 1000).toFixed(2)} s`,
	);
}
