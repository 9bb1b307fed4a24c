// How much is written to the terminal: over a slow line every byte is felt, and what is rewritten cannot be selected
// with the mouse. A calm second rewrites what changed; where only the clock has changed, only line 1.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { measured } from '../lane.ts';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { anyServer } from '../servers/servers.ts';
import { buildProgram } from './built.ts';
import { bytesOf, openRedisTop, type Terminal } from './terminal.ts';

const seconds = 6;

const server = await anyServer();
let cluster: RunningCluster;
before(async () => {
	await buildProgram();
	cluster = await startCluster(server);
});
after(() => cluster.stop());

/** Waits until line 1 has changed so many times. */
async function ticks(terminal: Terminal, count: number): Promise<void> {
	for (let tick = 0; tick < count; tick++) {
		const before = terminal.lines()[0];
		await terminal.shows(() => terminal.lines()[0] !== before);
	}
}

async function openCalm(size: readonly [number, number]): Promise<Terminal> {
	const terminal = openRedisTop(['-p', String(cluster.nodes[0]!.port)], { size });
	await terminal.shows(() => cluster.nodes.every(node => terminal.text().includes(`:${node.port}`)));
	await terminal.shows(/no findings/);
	await ticks(terminal, 3);
	return terminal;
}

for (const [columns, rows, most] of [
	[80, 24, 1500],
	[140, 40, 2500],
] as const) {
	describe(`${columns}x${rows}`, () => {
		let terminal: Terminal;
		before(async () => {
			terminal = await openCalm([columns, rows]);
		});
		after(() => terminal.stop());

		test(`a calm second writes less than ${most} bytes`, async t => {
			const before = bytesOf(terminal).length;
			await ticks(terminal, seconds);
			const each = Math.round((bytesOf(terminal).length - before) / seconds);
			t.diagnostic(`${each} bytes a second`);
			measured(() => assert.ok(each < most, `${each} bytes a second`));
		});

		test('a second in which only the clock changes writes line 1 only', async t => {
			terminal.type('p');
			await terminal.shows(/PAUSED/);
			await ticks(terminal, 2);
			const before = { bytes: bytesOf(terminal).length, lines: terminal.lines() };
			await ticks(terminal, seconds);
			assert.deepEqual(terminal.lines().slice(1), before.lines.slice(1));
			const written = bytesOf(terminal).slice(before.bytes);
			// What is printed, without codes and line ends: shorter than any of the other lines would be.
			const printed = written.replace(/\x1b\[[\d;?]*[A-Za-z]/g, '').replace(/[\r\n]/g, '');
			t.diagnostic(
				`${Math.round(written.length / seconds)} bytes a second, ${printed.length} characters in all`,
			);
			assert.ok(printed.length <= seconds * 30, `printed: ${printed}`);
			measured(() => assert.ok(written.length / seconds < 300));
		});
	});
}
