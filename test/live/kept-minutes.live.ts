// What was kept before anybody looked: a primary is killed while nobody records, the last minutes are written afterwards,
// and their replay tells what was told live, from the start and from every key frame, those in the middle of the failover
// too. And a recorder that is itself killed leaves what plays to the last moments before. REDIS_TOP_KILLS says how often.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import { createDashcam } from '../../source/recording/dashcam.ts';
import { openRecording } from '../../source/recording/playable.ts';
import type { RecordedLine } from '../../source/recording/recorded.ts';
import { createTape } from '../../source/recording/tape.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { startCluster } from '../servers/fleets.ts';
import { anyServer } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { runJson, runOnce } from './redis-top.ts';
import { watchFleet } from './watch-fleet.ts';

const server = await anyServer();
const folder = mkdtempSync(join(tmpdir(), 'redis-top-kept-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const told = (state: State) =>
	JSON.parse(JSON.stringify({ events: state.fleets[0]!.events, findings: state.fleets[0]!.now.findings }));

async function linesIn(path: string): Promise<readonly RecordedLine[]> {
	const playable = await openRecording(path);
	assert.ok('head' in playable, 'problem' in playable ? playable.problem : '');
	const lines: RecordedLine[] = [];
	for (let line = await playable.next(); line; line = await playable.next()) lines.push(line);
	assert.equal(playable.wrong(), undefined);
	return lines;
}

/** From a key frame in front, or from the very start. */
function played(lines: readonly RecordedLine[], start: State): State {
	let state = start;
	for (const [index, line] of lines.entries()) {
		if ('key' in line && index === 0)
			[state] = update(state, { type: 'begin', at: line.key.at, frame: line.key, samples: [] });
		if (!('round' in line)) continue;
		const { readings, ...round } = line.round;
		[state] = update(state, { type: 'round', ...round, samples: readings.map(sampleOf) });
	}
	return state;
}

test('a primary is killed and nobody records: written afterwards it tells what was told, from every key frame', async () => {
	const cluster = await startCluster(server, { nodeTimeout: 1000 });
	const dashcam = createDashcam();
	const seed = cluster.nodes[0]!;
	const tape = createTape({ sinks: [dashcam], state: () => watched.state() });
	let isKilled = false;
	const watched = watchFleet(seed, {
		engine: {
			recorder: tape,
			// Many frames, so that some are of each part of the failover.
			onState: (_, { type }) => void (isKilled && type === 'round' && tape.cut()),
		},
	});
	const start = watched.state();
	try {
		await until(() => watched.fleet().rounds > 2, { what: 'rates' });
		await cluster.primaries[1]!.kill();
		isKilled = true;
		const isTold = (kind: string) => watched.fleet().events.some(event => event.kind === kind);
		await until(() => isTold('promoted') && isTold('slots-covered'), {
			what: 'a promotion',
			timeout: 30_000,
		});
		await until(() => watched.fleet().fastSince === undefined, { what: 'it is over', timeout: 60_000 });
	} finally {
		await watched.stop();
		await cluster.stop();
	}
	const live = told(watched.state());
	const path = join(folder, 'afterwards.jsonl.gz');
	const { at, version, delaySeconds, isDiscoveryOn, fleets } = start;
	const head = {
		at,
		version,
		delaySeconds,
		isDiscoveryOn,
		fleets: fleets.map(({ id, name, seeds }) => ({ id, name, seeds })),
	};
	const last = await tape.finish();
	assert.ok('from' in dashcam.writeTo(path, head, last));
	const lines = await linesIn(path);
	const fresh = { ...start, fleets: [newFleetTrack(0, 'test', [seed.address], at)] };
	assert.deepEqual(told(played(lines, fresh)), live, 'from the start');
	const frames = lines.flatMap((line, index) => ('key' in line ? [index] : []));
	assert.ok(frames.length > 10, `${frames.length} key frames`);
	// Some of them, first and last included: each is played to the end.
	const step = Math.max(1, Math.floor(frames.length / 12));
	for (const index of frames.filter((_, each) => each % step === 0))
		assert.deepEqual(told(played(lines.slice(index), fresh)), live, `from line ${index}`);
});

const kills = Number(process.env.REDIS_TOP_KILLS ?? 3);

test(`kill -9 of a recorder at ${kills} moments: each plays to at most two seconds before`, async () => {
	const node = await startServer(server);
	try {
		for (let kill = 0; kill < kills; kill++) {
			const path = join(folder, `killed-${kill}`);
			const run = runJson(['-p', String(node.port), '-d', '0.25', '--record', `${path}/`, '--keep', '1h']);
			const wanted = 2 + Math.floor(Math.random() * 8);
			await until(() => run.objects.length >= wanted, { what: () => `refreshes: ${run.stderr()}`, every: 3 });
			run.child.kill('SIGKILL');
			await run.exited;
			const { stdout, stderr } = await runOnce(['--replay', path, '--json']);
			const times = stdout
				.trim()
				.split('\n')
				.map(line => Date.parse(JSON.parse(line).at));
			const lost = Date.parse(run.objects.at(-1)!.at) - times.at(-1)!;
			assert.ok(lost <= 2000, `${lost} ms are lost of ${run.objects.length} refreshes: ${stderr}`);
		}
	} finally {
		await node.stop();
	}
});
