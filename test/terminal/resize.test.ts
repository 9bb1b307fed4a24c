// A window that is dragged about: sizes come faster than frames. Whatever was on the way, the last frame is right: it
// is what a redraw from nothing gives. Below 40x10 there is a sentence.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { anyServer } from '../servers/servers.ts';
import { buildProgram } from './built.ts';
import { openRedisTop, type Size, type Terminal } from './terminal.ts';

const server = await anyServer();
let cluster: RunningCluster;
let terminal: Terminal;
before(async () => {
	await buildProgram();
	cluster = await startCluster(server);
});
after(() => cluster.stop());

const sizes = 200;
const paceMilliseconds = 50;

/** The same every time, and with the extremes in it. */
function stormSize(index: number): Size {
	if (index % 25 === 7) return [39, 9];
	if (index % 25 === 13) return [200, 60];
	if (index % 25 === 19) return [1, 1];
	return [10 + ((index * 73) % 191), 3 + ((index * 31) % 58)];
}

/** Without what a second changes. */
const settled = () => terminal.lines().map(line => line.replace(/[\d.]+[KMG]?/g, '0').replace(/ +/g, ' '));

async function isRight([columns, rows]: Size): Promise<void> {
	const isComplete = () => {
		const lines = terminal.lines();
		const isWide = columns >= 60;
		return (
			lines.length === rows &&
			/^redis-top/.test(lines[0]!) &&
			lines[0]!.length === columns &&
			(!isWide || cluster.nodes.every(node => terminal.text().includes(`:${node.port}`))) &&
			/q quit$/.test(lines.at(-1)!) &&
			lines.at(-1)!.length === columns
		);
	};
	await terminal.shows(isComplete);
	const drawnByBits = settled();
	terminal.type('\x0c');
	await terminal.shows(isComplete);
	assert.deepEqual(drawnByBits, settled());
}

test('two hundred sizes in ten seconds', async () => {
	terminal = openRedisTop(['-p', String(cluster.nodes[0]!.port)]);
	try {
		await terminal.shows(/no findings/);
		for (let index = 0; index < sizes; index++) {
			terminal.resize(...stormSize(index));
			await pause(paceMilliseconds);
			assert.ok(!terminal.hasExited(), `alive after ${stormSize(index)}`);
		}
		const settledSizes: readonly Size[] = [
			[80, 24],
			[140, 40],
			[200, 60],
			[50, 15],
			[40, 10],
			[80, 24],
		];
		for (const size of settledSizes) {
			terminal.resize(...size);
			await isRight(size);
		}
		terminal.resize(39, 9);
		await terminal.shows(() => /needs 40x10, this is 39x9/.test(terminal.text().replaceAll('\n', ' ')));
		assert.ok(!/NODE|quit/.test(terminal.text()), 'only the sentence');
		terminal.resize(80, 24);
		await isRight([80, 24]);
		terminal.type('q');
		assert.deepEqual(await terminal.exit, { code: 0, signal: 0 });
	} finally {
		await terminal.stop();
	}
});
