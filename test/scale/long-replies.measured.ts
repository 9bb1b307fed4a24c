// Replies that are as long as their limits let them be, or make the work on them grow with its square: how long they keep
// us from everything else. First the work on each of them, one that is read in steps by its longest step; then the built
// program on a terminal, with a key each moment: how long the longest of them waits for its answer, and ^C.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { readAhead } from '../../source/core/fleet/read-ahead.ts';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import type { Reading, Reply } from '../../source/core/types.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { bulk, error, ok, serveResp } from '../kinds/resp-server.ts';
import { until } from '../servers/until.ts';
import { buildProgram } from '../terminal/built.ts';
import { openRedisTop } from '../terminal/terminal.ts';
import { stateOf } from '../view/build-state.ts';

/** Of a key, milliseconds. */
const most = 500;
/** With a thousand rows to dial and to draw. */
const mostOfThousand = 1000;
/** What grows with its square takes many seconds here. */
const mostOfPiece = 2000;
const startedAt = Date.UTC(2026, 10, 24);
const node = '127.0.0.1:6379';
const file = new URL('../fixtures/redis-7.0.15/standalone/info-default.txt', import.meta.url);
const info = readFileSync(file, 'latin1').replace(/^>.*\n/, '');
const clusterInfo = `${info}\r\nredis_mode:cluster\r\ncluster_enabled:1\r\n`;

type Replies = readonly (readonly [string, Reply])[];

const lines = (count: number, line: (index: number) => string) =>
	Array.from({ length: count }, (_, index) => line(index)).join('');
const idOf = (index: number) => index.toString(16).padStart(40, '0');
const hostOf = (index: number) => `127.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;

const view = (nodes: number, port: number, epoch: number) =>
	lines(nodes, index => {
		const [place, flags] =
			index === 0 ? [`127.0.0.1:${port}@1`, 'myself,master'] : [`${hostOf(index)}:1@2`, 'master'];
		return `${idOf(index)} ${place} ${flags} - 0 ${1000 + epoch} ${index + epoch} connected${index < 16_384 ? ` ${index}` : ''}\n`;
	});

const client = (id: number) =>
	`id=${id} addr=${hostOf(id)}:${1024 + (id % 60_000)} laddr=127.0.0.1:6379 fd=9 name=n${id} age=9 idle=0 flags=N db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 obl=0 oll=0 omem=0 tot-mem=1928 events=r cmd=get user=default redir=-1 resp=2\n`;
const commandstat = (index: number, round: number) =>
	`cmdstat_c${index}:calls=${index * round},usec=${index},usec_per_call=1.00,rejected_calls=0,failed_calls=0\r\n`;
const master = (index: number) => [
	...['name', `m${index}`, 'ip', hostOf(index), 'port', '6379', 'flags', 'master', 'num-slaves', '1'],
	...['num-other-sentinels', '2', 'quorum', '2', 'role-reported', 'master', 'config-epoch', '1'],
];
const sentinel = `# Server\r\nredis_version:7.0.15\r\nredis_mode:sentinel\r\nrun_id:${idOf(1)}\r\n`;

const long: Readonly<Record<string, (round: number) => Replies>> = {
	'CLUSTER NODES of 50,000 lines': () => [
		['info', clusterInfo],
		['cluster nodes', view(50_000, 6379, 1)],
	],
	'CLUSTER NODES of 50,000 lines, each a new one': round => [
		['info', clusterInfo],
		['cluster nodes', view(50_000, 6379, round)],
	],
	'INFO commandstats of 20,000 commands': round => [
		['info', info],
		['info commandstats', `# Commandstats\r\n${lines(20_000, index => commandstat(index, round))}`],
	],
	'4,000 kinds of errors': round => [
		['info', `${info}\r\n${lines(4000, index => `errorstat_E${index}:count=${index * round}\r\n`)}`],
	],
	'CLIENT LIST of 60,000 clients': () => [
		['info', info],
		['client list', lines(60_000, client)],
	],
	'2,000 masters of a Sentinel': () => [
		['info', sentinel],
		['sentinel masters', Array.from({ length: 2000 }, (_, index) => master(index))],
	],
};

function readingOf(replies: Replies, round: number): Reading {
	const own = { commands: 0, hits: 0, inputBytes: 0, outputBytes: 0, calls: {} };
	return { node, at: startedAt + round * 1000, clock: round * 1000, replies, refused: [], own };
}

/** The longest piece of work that nothing can come between, milliseconds. */
function longestPiece(make: (round: number) => Replies): number {
	let state: State = {
		...stateOf([]),
		fleets: [newFleetTrack(0, node, [node], startedAt)],
		size: { columns: 140, rows: 40 },
	};
	let longest = 0;
	let from = 0;
	const cut = () => {
		const now = performance.now();
		longest = Math.max(longest, now - from);
		from = now;
	};
	for (let round = 1; round <= 4; round++) {
		const replies = make(round);
		from = performance.now();
		for (const _ of readAhead(node, replies)) cut();
		cut();
		const at = startedAt + round * 1000;
		const samples = [sampleOf(readingOf(replies, round))];
		[state] = update(state, { type: 'round', at, fleet: 0, samples, isExtra: false, isSettled: true });
		frameOf(state);
		cut();
	}
	return longest;
}

for (const [what, make] of Object.entries(long))
	test(`${what}: no piece of the work takes longer than ${mostOfPiece} ms`, t => {
		const longest = longestPiece(make);
		t.diagnostic(`${Math.round(longest)} ms`);
		assert.ok(longest < mostOfPiece, `${Math.round(longest)} ms`);
	});

before(buildProgram);

/** What INFO is answered, and CLUSTER NODES in turn, made before anything is measured. */
type Kind = {
	readonly info: string;
	readonly nodes?: (port: number) => readonly string[];
	readonly args?: readonly string[];
	readonly most?: number;
};

const alone = ['--no-discover'];
const kinds: Readonly<Record<string, () => Kind>> = {
	'CLUSTER NODES of 50,000 lines': () => ({
		...{ info: bulk(clusterInfo), args: alone },
		nodes: port => [view(50_000, port, 1)],
	}),
	'the same, each line a new one': () => ({
		...{ info: bulk(clusterInfo), args: alone },
		nodes: port => [1, 2, 3].map(epoch => view(50_000, port, epoch)),
	}),
	'the same, and its first 1,000 are dialled': () => ({
		...{ info: bulk(clusterInfo), most: mostOfThousand },
		nodes: port => [view(50_000, port, 1)],
	}),
	'INFO without end': () => ({ info: `$99999999\r\n${'x'.repeat(20_000_000)}` }),
	'INFO of 50 MB': () => ({ info: bulk(`${info}${'x:1\r\n'.repeat(10_000_000)}`) }),
	'2,000,000 nested arrays': () => ({ info: '*1\r\n'.repeat(2_000_000) }),
	'a plain server': () => ({ info: bulk(info) }),
};

const seconds = 6;
const covered = 'cluster_state:ok\r\ncluster_slots_ok:16384\r\ncluster_slots_assigned:16384\r\n';

for (const [what, make] of Object.entries(kinds))
	test(`${what}: a key is answered soon, and ^C`, async t => {
		const kind = make();
		let views: readonly string[] = [];
		let asked = 0;
		const server = await serveResp(words => {
			const command = words.join(' ').toLowerCase();
			if (command === 'info') return kind.info;
			if (command === 'cluster nodes') return views[asked++ % views.length] ?? error('ERR unknown command');
			if (command === 'cluster info') return bulk(covered);
			if (command === 'ping') return '+PONG\r\n';
			return command.startsWith('client') ? ok : error('ERR unknown command');
		});
		views = (kind.nodes?.(server.port) ?? []).map(bulk);
		const terminal = openRedisTop(['-p', String(server.port), ...(kind.args ?? [])], { size: [140, 40] });
		const waits: number[] = [];
		try {
			await terminal.shows(/redis-top/);
			const from = performance.now();
			for (let isHelp = true; performance.now() - from < seconds * 1000; isHelp = !isHelp) {
				const typed = performance.now();
				terminal.type(isHelp ? '?' : 'q');
				await until(() => /MOVE/.test(terminal.text()) === isHelp, {
					what: 'the answer',
					every: 2,
					timeout: 30_000,
				});
				waits.push(performance.now() - typed);
				await pause(50 + Math.random() * 100);
			}
			const left = performance.now();
			terminal.type('\x03');
			assert.equal((await terminal.exit).code, 130);
			waits.push(performance.now() - left);
		} finally {
			await terminal.stop();
			await server.stop();
		}
		const longest = Math.round(Math.max(...waits));
		t.diagnostic(`${waits.length} keys, longest ${longest} ms, ^C ${Math.round(waits.at(-1)!)} ms`);
		assert.ok(longest < (kind.most ?? most), `${longest} ms`);
	});
