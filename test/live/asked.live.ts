// A recording with a scan, a sample of hot keys, a key that was looked at and a runbook, on real servers: played again,
// each screen shows what the live one showed at that moment, from the start and from a key frame behind it all. And the
// servers are asked nothing by it.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import { createDashcam } from '../../source/recording/dashcam.ts';
import { atOf, openRecording } from '../../source/recording/playable.ts';
import type { RecordedLine } from '../../source/recording/recorded.ts';
import { createTape, type Sink } from '../../source/recording/tape.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { startPair } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { until } from '../servers/until.ts';
import { watchFleet } from './watch-fleet.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-top-asked-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function linesIn(path: string): Promise<readonly RecordedLine[]> {
	const playable = await openRecording(path);
	assert.ok('head' in playable, 'problem' in playable ? playable.problem : '');
	const lines: RecordedLine[] = [];
	for (let line = await playable.next(); line; line = await playable.next()) lines.push(line);
	assert.deepEqual([playable.wrong(), playable.leftOut()], [undefined, 0]);
	return lines;
}

/** What a line does to a state, as replay.ts has it. */
function taken(state: State, line: RecordedLine, isFirst: boolean): State {
	if ('asked' in line) {
		const [next, effects] = update(state, { type: 'asked', at: line.asked.at, asked: line.asked });
		assert.deepEqual(effects, []);
		return next;
	}
	if ('key' in line)
		return isFirst
			? update(state, { type: 'begin', at: line.key.at, frame: line.key, samples: [] })[0]
			: state;
	if (!('round' in line)) return state;
	const { readings, ...round } = line.round;
	return update(state, { type: 'round', ...round, samples: readings.map(sampleOf) })[0];
}

const replay = { speed: 1, isPaused: false };

/** What was recorded up to a moment, with the screen where the live one was. */
function screenAt(lines: readonly RecordedLine[], start: State, live: State): readonly string[] {
	let state: State = { ...start, replay };
	for (const [index, line] of lines.entries()) state = taken(state, line, index === 0);
	const { screen, node, cluster, runbook, cursor, top, bigKeys, hotKeys } = live;
	return frameOf({
		...state,
		...{ screen, node, cluster, runbook, cursor, top, at: live.at, toast: undefined, past: [] },
		...(bigKeys &&
			state.bigKeys && { bigKeys: { ...state.bigKeys, view: bigKeys.view, cursor: bigKeys.cursor } }),
		...(hotKeys &&
			state.hotKeys && { hotKeys: { ...state.hotKeys, view: hotKeys.view, cursor: hotKeys.cursor } }),
	});
}

for (const server of await testServers('redis'))
	test(`${server.name} ${server.version}: a replay shows what was asked for beside the polling`, async () => {
		const pair = await startPair(server);
		const dashcam = createDashcam();
		const seed = pair.primary;
		let written = 0;
		// How busy nodes are is told once a second: what is seen with that on the screen is seen when it was told.
		let onLoads: (() => void) | undefined;
		const line = (text: string) => {
			written++;
			if (text.includes('"loads"')) onLoads?.();
		};
		const counted: Sink = { line, isFlushed: false, stop() {}, isStopped: () => false };
		const tape = createTape({ sinks: [dashcam, counted], state: () => watched.state() });
		const watched = watchFleet(seed, { engine: { recorder: tape } });
		const start = watched.state();
		const seen: { readonly what: string; readonly state: State; readonly lines: number }[] = [];
		const see = (what: string) => seen.push({ what, state: watched.state(), lines: written });
		const { press, state } = watched;
		let isOver = false;
		const traffic = (async () => {
			for (let turn = 0; !isOver; turn++) {
				await seed.call('SET', `key:${turn % 300}`, 'x'.repeat(50));
				await seed.call('RPUSH', 'list:large', 'a secret value');
				await seed.call('GET', 'key:hot');
			}
		})();
		try {
			await until(() => watched.fleet().isDiscovered && watched.fleet().rounds > 2, { what: 'rates' });
			press('5', 's');
			await until(() => state().bigKeys?.scans[0]?.isOver, { what: 'a scan' });
			see('what a scan found');
			press('enter');
			await until(() => state().bigKeys?.open?.look, { what: 'a look' });
			see('an opened key');
			press('e');
			await until(() => state().bigKeys?.open?.look?.elements, { what: 'elements' });
			press('escape', 'tab', 'tab');
			see('by pattern');
			press('4');
			await until(() => state().hotKeys?.watches[0]?.status?.ladders.length === 1, { what: 'ladders' });
			press('s', 's');
			await until(() => state().hotKeys?.watches[0]?.result, { what: 'hot keys', timeout: 30_000 });
			await until(() => !state().hotKeys?.watches[0]?.status?.sampling, { what: 'its end', timeout: 30_000 });
			const isLookedAt = () =>
				state().hotKeys?.watches[0]?.result?.keys.every(key => key.exists !== undefined);
			await until(isLookedAt, { what: 'its keys looked at' });
			onLoads = () => {
				see('hot keys');
				onLoads = undefined;
			};
			await until(() => !onLoads, { what: 'its loads told' });
			press('1', '6', 's');
			await until(() => !state().bigKeys?.scans.some(({ isOver }) => !isOver), { what: 'its scan' });
			for (let step = 0; step < 6; step++) {
				see(`step ${step + 1} of the runbook`);
				press('right');
			}
			press('2');
			await until(() => watched.fleet().close.get(state().node!.address)?.clients, { what: 'a close look' });
			see('the node');
		} finally {
			isOver = true;
			await traffic;
			await watched.stop();
			await pair.stop();
		}
		const path = join(folder, `${server.id}.jsonl.gz`);
		const { at, version, delaySeconds, isDiscoveryOn, fleets } = start;
		const named = fleets.map(({ id, name, seeds }) => ({ id, name, seeds }));
		const last = await tape.finish();
		assert.ok(
			'from' in dashcam.writeTo(path, { at, version, delaySeconds, isDiscoveryOn, fleets: named }, last),
		);
		assert.doesNotMatch(gunzipSync(readFileSync(path)).toString(), /a secret value|xxxxxxxx/);
		const lines = await linesIn(path);
		const fresh: State = { ...start, fleets: [newFleetTrack(0, 'test', [seed.address], at)] };
		for (const { what, state: live, lines: known } of seen) {
			const shown = frameOf({ ...live, replay, toast: undefined, past: [] });
			assert.deepEqual(screenAt(lines.slice(0, known), fresh, live), shown, what);
		}
		const behind = lines.slice(lines.findLastIndex(line => 'key' in line));
		for (const { what, state: live } of seen.filter(({ state: { screen } }) => screen.endsWith('keys'))) {
			const later = { ...live, at: atOf(behind[0]!) };
			const now = screenAt(behind, fresh, later);
			assert.deepEqual(
				now.slice(4, 20),
				screenAt(lines, fresh, later).slice(4, 20),
				`${what}, by a key frame`,
			);
		}
	});
