// A primary is killed and nobody records: `w` in the program itself writes the minutes afterwards, and a replay of the file
// shows what was on the screen: the events, and the story of the failover. What the file holds to the last word is in
// kept-minutes.live.ts.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
	type RunningCluster,
	type RunningSentinels,
	startCluster,
	startSentinels,
} from '../servers/fleets.ts';
import { anyServer } from '../servers/servers.ts';
import { until } from '../servers/until.ts';
import { buildProgram } from '../terminal/built.ts';
import { openRedisTop, type Terminal } from '../terminal/terminal.ts';
import { runOnce } from './redis-top.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-top-afterwards-'));
after(() => rmSync(folder, { recursive: true, force: true }));
before(buildProgram);

const screen = { size: [140, 60] as const, env: { TZ: 'UTC' } };
/** So many seconds without anything new: the story is told. */
const calmSeconds = 4;
const eventLine = /^ (?:!!|[! *]) {1,3}(\d\d):(\d\d):(\d\d) {2}/;

/** From the line that begins so to the next empty one. */
function blockOf(terminal: Terminal, title: RegExp): readonly string[] {
	const lines = terminal.lines();
	const from = lines.findIndex(line => title.test(line));
	const rest = from < 0 ? [] : lines.slice(from);
	const end = rest.indexOf('');
	return end < 0 ? rest : rest.slice(0, end);
}

const secondsOf = (words: readonly string[]) => words.map(Number).reduce((sum, word) => sum * 60 + word, 0);

/** Of the clock on line 1. */
const clockOf = (terminal: Terminal) => /\d\d:\d\d:\d\d/.exec(terminal.lines()[0]!)?.[0] ?? '';

function sinceNewest(terminal: Terminal): number {
	const [, newest = ''] = blockOf(terminal, /^EVENTS/);
	const told = eventLine.exec(newest)?.slice(1) ?? ['NaN'];
	return secondsOf(clockOf(terminal).split(':')) - secondsOf(told);
}

/** The failover as the cluster screen tells it, without the line of the clock beside it. */
async function story(terminal: Terminal): Promise<readonly string[]> {
	terminal.type('3');
	await terminal.shows(/^FAILOVER /m);
	const lines = terminal.lines();
	const from = lines.findIndex(line => line.startsWith('FAILOVER '));
	const told = lines.slice(from).filter(line => /^FAILOVER |\+\d+\.\d\ds /.test(line));
	terminal.type('1');
	await terminal.shows(/^EVENTS/m);
	return told;
}

const cases = [
	{
		name: 'a cluster',
		start: async () => startCluster(await anyServer(), { nodeTimeout: 1000 }),
		seedOf: (fleet: RunningCluster | RunningSentinels) => fleet.nodes[0]!,
		victimOf: (fleet: RunningCluster | RunningSentinels) => (fleet as RunningCluster).primaries[1]!,
	},
	{
		name: 'Sentinels',
		start: async () => startSentinels(await anyServer()),
		seedOf: (fleet: RunningCluster | RunningSentinels) => (fleet as RunningSentinels).sentinels[0]!,
		victimOf: (fleet: RunningCluster | RunningSentinels) => (fleet as RunningSentinels).primary,
	},
] as const;

describe('written after a kill -9', () => {
	for (const { name, start, seedOf, victimOf } of cases)
		test(`${name}: the replay shows what was to be seen`, async () => {
			const fleet = await start();
			const victim = victimOf(fleet);
			const live = openRedisTop(['-p', String(seedOf(fleet).port)], screen);
			const path = join(folder, `${victim.port}.jsonl.gz`);
			try {
				await live.shows(/^ops \d/m);
				await live.shows(/connected to \d+ of \d+ nodes/);
				const begun = clockOf(live);
				await live.shows(() => clockOf(live) > begun);
				await victim.kill();
				await live.shows(/promoted to primary/, { timeout: 60_000 });
				await live.shows(() => sinceNewest(live) >= calmSeconds, { timeout: 60_000 });
				live.type('p');
				await live.shows(/paused/i);
				const seen = blockOf(live, /^EVENTS/);
				const at = clockOf(live);
				const told = await story(live);
				assert.ok(told.length > 3 && at !== '', told.join('\n'));
				live.type('w');
				await live.shows(/write the last minutes to: /);
				live.type(`\x15${path}\r`);
				await until(() => statSync(path, { throwIfNoEntry: false })?.size, { what: 'a file' });
				await live.shows(/written/);

				const replay = openRedisTop(['--replay', path, '--at', at], screen);
				try {
					await replay.shows(new RegExp(`REPLAY .*${at}`));
					replay.type('p');
					await replay.shows(/^EVENTS/m);
					assert.deepEqual(blockOf(replay, /^EVENTS/), seen);
					assert.deepEqual(await story(replay), told);
				} finally {
					await replay.stop();
				}
				const { stdout, code } = await runOnce(['--replay', path, '--json']);
				assert.equal(code, 0);
				const first = new Date(JSON.parse(stdout.split('\n', 1)[0]!).at).toISOString().slice(11, 19);
				assert.ok(first <= begun, `it begins at ${first}, and was on the screen at ${begun}`);
			} finally {
				await live.stop();
				await fleet.stop();
			}
		});
});
