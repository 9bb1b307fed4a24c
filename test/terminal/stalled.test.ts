// A terminal that stops reading (a hung ssh, ^S, a laptop lid) blocks whoever writes to it: writes to a terminal are
// synchronous. When it reads again the screen must be current, and the time that was lost must not be held against
// the servers: no node is called down, no rate is of an interval that was not measured.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { measured } from '../lane.ts';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { type Load, startLoad } from '../servers/load.ts';
import { anyServer } from '../servers/servers.ts';
import { until } from '../servers/until.ts';
import { buildProgram } from './built.ts';
import { openRedisTop, type Terminal } from './terminal.ts';

const opsPerSecond = 3000;
const stalledSeconds = 6;

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

/** Seconds since the program last sent anything to the first node: the loop stands still. */
async function silentSeconds(): Promise<number> {
	const clients = String(await cluster.nodes[0]!.call('CLIENT', 'LIST'));
	const ours = clients.split('\n').filter(line => line.includes(' name=redis-top'));
	assert.equal(ours.length, 1, clients);
	return Number(/ idle=(\d+)/.exec(ours[0]!)![1]);
}

/** The total of line 2. */
function opsShown(terminal: Terminal): number | undefined {
	const [, number, unit] = /^ops ([\d.]+)(k?)\/s/.exec(terminal.lines()[1]!) ?? [];
	return number === undefined ? undefined : Number(number) * (unit === 'k' ? 1000 : 1);
}

const clockShown = (terminal: Terminal) => / (\d\d:\d\d:\d\d)$/.exec(terminal.lines()[0]!)?.[1];
const clockAt = (milliseconds: number) => new Date(milliseconds).toTimeString().slice(0, 8);

test('nobody reads for six seconds: afterwards the screen is current and nobody is blamed', async () => {
	const terminal = openRedisTop(['-p', String(cluster.nodes[0]!.port)], { size: [140, 40] });
	try {
		await terminal.shows(() => (opsShown(terminal) ?? 0) > opsPerSecond / 2);
		terminal.stopReading();
		// Whole screens, until nothing more fits between it and us.
		for (let frames = 0; frames < 60; frames++) {
			terminal.type('?');
			await pause(40);
		}
		await until(async () => (await silentSeconds()) >= stalledSeconds, {
			what: 'it stands still',
			timeout: 40_000,
		});
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
