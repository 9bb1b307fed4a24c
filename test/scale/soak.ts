// `npm run soak`: is memory flat? First the loop itself, as fast as it goes: 20,000 rounds of six cluster nodes, five
// and a half hours at 1 s, with what makes a monitor grow (new slow log entries, restarts, nodes that come and go,
// changing errors), each drawn as a frame, batch text and JSON; the heap after a full collection every 1,000. Then the
// built program on a terminal of 140x40 at 0.25 s for some minutes (SOAK_MINUTES, 3), its resident memory every 30 s.
// Exits with 1 when the heap still grows at the end, or the program holds over 150 MB. Run with --expose-gc.

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawn as spawnOnTerminal } from '@lydell/node-pty';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import type { Reading, Reply } from '../../source/core/types.ts';
import { batchText } from '../../source/output/batch.ts';
import { jsonOf } from '../../source/output/json.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { stateOf } from '../view/build-state.ts';
import { residentMegabytes } from './measure.ts';
import { startScripted } from './scripted.ts';

const rounds = Number(process.env.SOAK_ROUNDS ?? 20_000);
const nodes = 6;
const startedAt = Date.UTC(2026, 10, 24);

const infoFile = new URL('../fixtures/redis-7.0.15/standalone/info-default.txt', import.meta.url);
const baseInfo = readFileSync(infoFile, 'latin1').replace(/^>.*\n/, '');
const addressOf = (index: number) => `10.0.0.${index + 1}:6379`;
const idOf = (index: number, life: number) => `${life}${index}`.padStart(40, '0');

function infoOf(index: number, round: number): string {
	// One node restarts every 500 rounds: new run id, counters from zero.
	const life = index === 5 ? Math.floor(round / 500) : 0;
	const age = index === 5 ? round % 500 : round;
	return (
		`${baseInfo}\r\nrun_id:${idOf(index, life)}\r\nuptime_in_seconds:${age}\r\ncluster_enabled:1\r\nredis_mode:cluster\r\n` +
		`server_time_usec:${(startedAt + round * 1000) * 1000}\r\ntotal_commands_processed:${age * 1000}\r\n` +
		`keyspace_hits:${age * 700}\r\nkeyspace_misses:${age * (round % 97)}\r\nevicted_keys:${age * (round % 3)}\r\n` +
		`errorstat_E${round % 2000}:count=1\r\nused_memory:${40_000_000 + ((round * 7919) % 20_000_000)}\r\n` +
		`${index < 3 ? 'role:master' : `role:slave\r\nmaster_host:10.0.0.${index - 2}\r\nmaster_port:6379`}\r\n`
	);
}

function nodesOf(asked: number, round: number): string {
	// A seventh node joins and leaves every 300 rounds, each time another one.
	const guest = Math.floor(round / 300);
	const known = [...Array(nodes).keys()].map(index => ({
		index,
		address: addressOf(index),
		id: idOf(index, 9),
	}));
	const guests =
		guest % 2 === 1 ? [{ index: 3, address: `10.0.1.${guest % 250}:6379`, id: idOf(guest, 7) }] : [];
	return [...known, ...guests]
		.map(({ index, address, id }) => {
			const isPrimary = index < 3;
			const flags = `${index === asked && address === addressOf(index) ? 'myself,' : ''}${isPrimary ? 'master' : 'slave'}${round % 400 < 4 && index === 1 ? ',fail?' : ''}`;
			const slots = isPrimary ? ` ${index * 5462}-${Math.min(16_383, index * 5462 + 5461)}` : '';
			return `${id} ${address}@16379 ${flags} ${isPrimary ? '-' : idOf(index - 3, 9)} 0 ${startedAt + round} ${index + 1} connected${slots}\n`;
		})
		.join('');
}

function readingOf(index: number, round: number): Reading {
	const at = startedAt + round * 1000;
	const slowlog: Reply =
		round % 5 === 0
			? [[round, Math.floor(at / 1000), 50_000, ['SET', `key:${round}`, 'v'.repeat(200)], 'c', 'n']]
			: [];
	const isAway = index === 4 && round % 200 < 10;
	return {
		node: addressOf(index),
		at,
		clock: round * 1000,
		pingMilliseconds: 0.3 + (round % 7) / 10,
		replies: isAway
			? []
			: [
					['info', infoOf(index, round)],
					['cluster info', 'cluster_state:ok\r\ncluster_current_epoch:3\r\n'],
					['cluster nodes', nodesOf(index, round)],
					['slowlog get 16', slowlog],
				],
		refused: [],
		own: {
			commands: round * 3,
			hits: 0,
			inputBytes: round * 100,
			outputBytes: round * 9000,
			calls: { info: round },
		},
		error: isAway ? { reason: 'other', text: `failed in round ${round}` } : undefined,
	};
}

const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

function soakLoop(): boolean {
	let state: State = {
		...stateOf([]),
		fleets: [newFleetTrack(0, addressOf(0), [addressOf(0)], startedAt)],
		size: { columns: 140, rows: 40 },
	};
	const heaps: number[] = [];
	let drawn = 0;
	for (let round = 1; round <= rounds; round++) {
		const at = startedAt + round * 1000;
		const samples = [...Array(nodes).keys()].map(index => sampleOf(readingOf(index, round)));
		[state] = update(state, { type: 'round', at, fleet: 0, samples, isExtra: false, isSettled: true });
		drawn += frameOf(state).join('\n').length;
		if (round % 10 === 0) drawn += batchText(state, { refresh: round }).length;
		for (const { now } of state.fleets)
			drawn += JSON.stringify(jsonOf(now, 1, now.events.slice(0, 3))).length;
		if (round % 1000 === 0) {
			globalThis.gc?.();
			const { heapUsed, rss } = process.memoryUsage();
			heaps.push(heapUsed);
			const track = state.fleets[0]!;
			console.log(
				`  ${round} refreshes: heap ${megabytes(heapUsed)} MB, RSS ${megabytes(rss)} MB; ${state.past.length} moments, ${track.events.length} events, ${track.tracks.size} nodes kept`,
			);
		}
	}
	// Snapshots and histories fill for the first hour; the last quarter must be like the one before it.
	const quarter = Math.floor(heaps.length / 4);
	const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
	const growth = meanOf(heaps.slice(-quarter)) - meanOf(heaps.slice(-2 * quarter, -quarter));
	const isFlat = growth < 2 ** 20;
	console.log(
		`  ${isFlat ? 'flat' : 'GROWING'}: the last ${quarter},000 refreshes hold ${megabytes(growth)} MB more than the ${quarter},000 before (${drawn} characters drawn)`,
	);
	return isFlat;
}

/** What the six-node screen may hold at its highest, MB. */
const mostResident = 150;

async function soakProgram(): Promise<boolean> {
	const minutes = Number(process.env.SOAK_MINUTES ?? 3);
	const program =
		process.env.REDIS_TOP_PROGRAM ?? fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
	const scripted = await startScripted({ kind: 'cluster', nodes });
	const terminal = spawnOnTerminal(
		process.execPath,
		[program, '-d', '0.25', '-p', String(scripted.ports[0])],
		{
			cols: 140,
			rows: 40,
			env: {
				...process.env,
				XDG_CONFIG_HOME: '/nonexistent',
				LANG: 'C.UTF-8',
				TERM: 'xterm-256color',
			} as Record<string, string>,
		},
	);
	let frames = 0;
	let highest = 0;
	terminal.onData(chunk => {
		frames += chunk.split('\x1b[?2026h').length - 1;
	});
	for (let half = 1; half <= minutes * 2; half++) {
		await pause(30_000);
		const { now, peak } = residentMegabytes(terminal.pid);
		highest = Math.max(highest, now);
		console.log(`  ${half * 30} s, ${frames} frames: RSS ${now} MB (peak ${peak})`);
	}
	const exited = new Promise<void>(resolve => terminal.onExit(() => resolve()));
	terminal.write('q');
	await exited;
	await scripted.stop();
	return highest <= mostResident;
}

if (globalThis.gc === undefined)
	console.log('without --expose-gc the heap is not collected before it is measured');
console.log(`the loop, ${nodes} nodes, ${rounds} refreshes`);
const isFlat = soakLoop();
console.log('the program on a terminal of 140x40, six nodes, delay 0.25 s');
const isSmall = await soakProgram();
if (!isSmall) console.log(`  MORE than ${mostResident} MB`);
if (!isFlat || !isSmall) process.exitCode = 1;
