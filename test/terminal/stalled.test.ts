// A terminal that stops reading (a hung ssh, ^S, a laptop lid) would block whoever writes to it and waits. The program
// does not wait: it goes on asking the servers, and ends when it is told to. When the terminal reads again the screen
// is current, and nothing is held against the servers.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { measured } from '../lane.ts';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { type Load, startLoad } from '../servers/load.ts';
import { anyServer } from '../servers/servers.ts';
import { isAlive } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { buildProgram } from './built.ts';
import { stateOf } from './processes.ts';
import { openRedisTop, type Terminal } from './terminal.ts';

const opsPerSecond = 3000;
const stalledRounds = 6;

const server = await anyServer();
let cluster: RunningCluster;
let load: Load;
before(async () => {
	await buildProgram();
	cluster = await startCluster(server);
	load = await startLoad(cluster.primaries, { opsPerSecond });
});
after(async () => {
	await load.stop();
	await cluster.stop();
});

/** Fills what lies between the program and us. */
async function stall(terminal: Terminal): Promise<void> {
	terminal.stopReading();
	for (let frames = 0; frames < 60; frames++) {
		terminal.type('?');
		await pause(40);
	}
}

/** It still asks: INFO is counted for each of so many rounds. */
async function goesOn(): Promise<void> {
	const infos = async () =>
		Number(/calls=(\d+)/.exec((await cluster.nodes[0]!.info('commandstats')).cmdstat_info ?? '')?.[1] ?? 0);
	const before = await infos();
	let own = 1;
	await until(async () => (await infos()) - before - own++ >= stalledRounds, {
		what: 'it goes on asking',
		timeout: 40_000,
	});
}

/** The total of line 2. */
function opsShown(terminal: Terminal): number | undefined {
	const [, number, unit] = /^ops ([\d.]+)(k?)\/s/.exec(terminal.lines()[1]!) ?? [];
	return number === undefined ? undefined : Number(number) * (unit === 'k' ? 1000 : 1);
}

const clockShown = (terminal: Terminal) => / (\d\d:\d\d:\d\d)$/.exec(terminal.lines()[0]!)?.[1];
const clockAt = (milliseconds: number) => new Date(milliseconds).toTimeString().slice(0, 8);

test('nobody reads for six rounds: it goes on, afterwards the screen is current and nobody is blamed', async () => {
	const terminal = openRedisTop(['-p', String(cluster.nodes[0]!.port)], { size: [140, 40] });
	try {
		await terminal.shows(() => (opsShown(terminal) ?? 0) > opsPerSecond / 2);
		await stall(terminal);
		await goesOn();
		terminal.goOnReading();
		const wasShown: number[] = [];
		let current = 0;
		await terminal.shows(() => {
			const ops = opsShown(terminal);
			const now = Date.now();
			const isCurrent = [0, 1000, 2000].some(ago => clockShown(terminal) === clockAt(now - ago));
			if (isCurrent && ops !== undefined && ops !== wasShown.at(-1)) wasShown.push(ops);
			current = isCurrent ? current + 1 : 0;
			return current > 100;
		});
		assert.doesNotMatch(terminal.text(), /\bdown\b|unreachable|stale|no answer|restarted/);
		assert.ok(wasShown.length > 0);
		measured(() =>
			assert.ok(
				wasShown.every(ops => ops > 0.4 * opsPerSecond && ops < 1.6 * opsPerSecond),
				`rates shown afterwards: ${wasShown}`,
			),
		);
		terminal.type('q');
		assert.equal((await terminal.exit).code, 0);
	} finally {
		await terminal.stop();
	}
});

for (const [how, code, end] of [
	['q', 0, (terminal: Terminal) => terminal.type('qq')],
	['^C', 130, (terminal: Terminal) => terminal.type('\x03')],
	['SIGTERM', 143, ({ pid }: Terminal) => void process.kill(pid, 'SIGTERM')],
	['SIGHUP', 129, ({ pid }: Terminal) => void process.kill(pid, 'SIGHUP')],
] as const) {
	test(`nobody reads: ${how} ends it`, async () => {
		const terminal = openRedisTop(['-p', String(cluster.nodes[0]!.port)], { size: [140, 40] });
		try {
			await terminal.shows(/q quit/);
			await stall(terminal);
			end(terminal);
			await until(() => !isAlive(terminal.pid) || /^[ZX]/.test(stateOf(terminal.pid) ?? 'Z'), {
				what: 'it is gone',
			});
			terminal.goOnReading();
			assert.equal((await terminal.exit).code, code);
		} finally {
			await terminal.stop();
		}
	});
}
