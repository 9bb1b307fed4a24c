// The live screen as its user has it: the frame fills the terminal, a calm one has no colour, each key does what the
// key bar says, and when it is left the terminal is as it was. Pressed for real, in a real terminal.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { measured } from '../lane.ts';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { anyServer } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { buildProgram } from './built.ts';
import { bytesOf, isCooked, openRedisTop, openShell, type Terminal } from './terminal.ts';

const server = await anyServer();
let cluster: RunningCluster;
let single: RunningServer;
before(async () => {
	await buildProgram();
	[cluster, single] = await Promise.all([startCluster(server), startServer(server)]);
});
after(() => Promise.all([cluster.stop(), single.stop()]));

const port = (node: RunningServer) => ['-p', String(node.port)];

/** All six are read and shown. */
const isComplete = (terminal: Terminal) => () =>
	cluster.nodes.every(node => terminal.text().includes(`:${node.port} `)) &&
	/every 1s/.test(terminal.lines()[0]!) &&
	/ops \d+\/s/.test(terminal.text());

const isRow = (line: string) => / (primary|replica) /.test(line);
const hasRowOf = (terminal: Terminal, node: RunningServer) =>
	terminal.lines().some(line => isRow(line) && line.includes(`:${node.port} `));

describe('the frame', () => {
	for (const [columns, rows] of [
		[80, 24],
		[140, 40],
	] as const) {
		test(`fills ${columns}x${rows} and has no colour while all is well`, async () => {
			// One node without replicas has nothing to say; the cluster's replicas could be a moment behind.
			const terminal = openRedisTop(port(single), { size: [columns, rows] });
			try {
				await terminal.shows(/no findings/);
				await terminal.shows(() => /every 1s {2}\d\d:\d\d:\d\d$/.test(terminal.lines()[0]!));
				const lines = terminal.lines();
				assert.equal(lines.length, rows);
				assert.match(lines[0]!, /^redis-top > /);
				assert.equal(lines[0]!.length, columns, 'the clock stands at the right edge');
				assert.match(lines.at(-1)!, /\? help {2,}q quit$/);
				assert.equal(lines.at(-1)!.length, columns, 'quit stands at the right edge');
				const coloured = terminal
					.cells()
					.flatMap((row, y) => row.filter(cell => cell.isColoured).map(() => y));
				assert.deepEqual(coloured, []);
				assert.ok(terminal.isAlternateScreen());
				assert.ok(!terminal.isCursorVisible());
			} finally {
				await terminal.stop();
			}
		});
	}
});

describe('keys', () => {
	let terminal: Terminal;
	before(async () => {
		terminal = openRedisTop(port(cluster.nodes[0]!), { size: [80, 24] });
		await terminal.shows(isComplete(terminal));
	});
	after(() => terminal.stop());
	/** Rows of nodes from top to bottom; the one under the cursor is inverse in its NODE cell. */
	const cursor = () => {
		const cells = terminal.cells();
		return terminal
			.lines()
			.map((line, y) => ({ line, isMarked: cells[y]!.some(cell => cell.isInverse) }))
			.filter(({ line }) => isRow(line))
			.findIndex(({ isMarked }) => isMarked);
	};

	test('j and k move the cursor by a row, and `jjj` typed as one by three', async () => {
		assert.equal(cursor(), 0);
		terminal.type('j');
		await terminal.shows(() => cursor() === 1);
		terminal.type('k');
		await terminal.shows(() => cursor() === 0);
		terminal.type('jjj');
		await terminal.shows(() => cursor() === 3);
		terminal.type('\x1b[A');
		await terminal.shows(() => cursor() === 2);
		terminal.type('g');
		await terminal.shows(() => cursor() === 0);
	});

	test('Tab turns the column sets, Shift-Tab turns back', async () => {
		terminal.type('\t');
		await terminal.shows(() => / > memory /.test(terminal.lines()[0]!));
		terminal.type('\x1b[Z');
		await terminal.shows(() => !/ > memory /.test(terminal.lines()[0]!));
	});

	test('/ filters as it is typed, Enter keeps it, Esc clears it', async () => {
		const wanted = cluster.nodes[2]!;
		terminal.type('/');
		await terminal.shows(/^filter: /m);
		terminal.type(String(wanted.port));
		await terminal.shows(() => cursor() === 0 && !hasRowOf(terminal, cluster.nodes[1]!));
		terminal.type('\r');
		await terminal.shows(/1 of 6 nodes, Esc clears/);
		terminal.type('\x1b');
		await terminal.shows(() => hasRowOf(terminal, cluster.nodes[1]!));
	});

	test('d asks for the delay and sets it', async () => {
		terminal.type('d');
		await terminal.shows(/delay in seconds \(now 1s\)/);
		terminal.type('2\r');
		await terminal.shows(() => /every 2s/.test(terminal.lines()[0]!));
		terminal.type('d1\r');
		await terminal.shows(() => /every 1s/.test(terminal.lines()[0]!));
	});

	test('p stops the screen and starts it again', async () => {
		terminal.type('p');
		await terminal.shows(() => /PAUSED at/.test(terminal.lines()[0]!));
		terminal.type('p');
		await terminal.shows(() => /every 1s/.test(terminal.lines()[0]!));
	});

	test('? explains, q goes back and does not quit from there; Esc never quits', async () => {
		terminal.type('?');
		await terminal.shows(/MOVE/);
		terminal.type('q');
		await terminal.shows(() => /^redis-top > 127/.test(terminal.lines()[0]!));
		terminal.type('\x1b');
		terminal.type('%');
		await terminal.shows(/no such key: % {3}\? help/);
		assert.ok(!terminal.hasExited());
	});

	test('y puts the address into the clipboard of the terminal', async () => {
		const [primary] = cluster.nodes;
		terminal.type(`/${primary!.port}\r`);
		await terminal.shows(/1 of 6 nodes/);
		terminal.type('y');
		await terminal.shows(() => terminal.copied.length > 0);
		assert.deepEqual(terminal.copied, [primary!.address]);
		await terminal.shows(new RegExp(`copied ${primary!.address}`));
		terminal.type('\x1b');
	});

	test('q quits with 0', async () => {
		terminal.type('q');
		assert.deepEqual(await terminal.exit, { code: 0, signal: 0 });
	});
});

test('a password is asked for unseen and kept out of the log; what turns critical rings once', async () => {
	const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-test-'));
	const log = path.join(folder, 'sent.log');
	await single.call('ACL', 'SETUSER', 'asker', 'on', '>sesame', '+@all');
	const asked = ['--user', 'asker', '--askpass', '--log', log, '--bell', '-d', '0.25'];
	const terminal = openRedisTop([...port(single), ...asked]);
	const rings = () => bytesOf(terminal).split('\x07').length - 1;
	try {
		await terminal.shows(/^Password:$/m);
		terminal.type('wrong\x15sesamX\x7fe\r');
		await terminal.shows(/no findings/);
		assert.doesNotMatch(bytesOf(terminal), /wrong|sesam/);
		assert.match(readFileSync(log, 'utf8'), / AUTH\n/);
		assert.doesNotMatch(readFileSync(log, 'utf8'), /sesame/);
		assert.equal(statSync(log).mode & 0o077, 0);
		assert.equal(rings(), 0);
		await single.call('CONFIG', 'SET', 'maxmemory', '500kb');
		await terminal.shows(/nothing left to evict/);
		await terminal.shows(() => rings() > 0);
		// Memory over its limit is a second finding, and may be told a refresh later.
		await secondsPass(terminal, 2);
		const rung = rings();
		await secondsPass(terminal, 2);
		assert.equal(rings(), rung);
		terminal.type('q');
		assert.equal((await terminal.exit).code, 0);
	} finally {
		await terminal.stop();
		await single.call('CONFIG', 'SET', 'maxmemory', '0');
		await single.call('ACL', 'DELUSER', 'asker');
		rmSync(folder, { recursive: true });
	}
});

/** By the clock of line 1. */
async function secondsPass(terminal: Terminal, seconds: number): Promise<void> {
	const clock = () => /\d\d:\d\d:\d\d$/.exec(terminal.lines()[0]!)?.[0];
	for (let passed = 0; passed < seconds; passed++) {
		const before = clock();
		await terminal.shows(() => clock() !== undefined && clock() !== before);
	}
}

describe('leaving gives the terminal back', () => {
	for (const [key, name, code] of [
		['q', 'q', 0],
		['\x03', '^C', 130],
	] as const) {
		test(`${name}: status ${code}, the screen of before, cooked, and a paragraph that stays`, async () => {
			const shell = await openShell();
			try {
				shell.type('echo "was"" here"\r');
				await shell.shows(/^was here$/m);
				shell.type(`redis-top -p ${single.port}; echo "status"" $?"; stty -a\r`);
				await shell.shows(/no findings/);
				assert.ok(!isCooked(await shell.settings()));
				assert.doesNotMatch(shell.text(), /was here/);
				const bytesBefore = bytesOf(shell).length;
				const pressedAt = performance.now();
				shell.type(key);
				await shell.shows(/^redis-top watched 127\.0\.0\.1:\d+ \(1 node\) for /m);
				const took = performance.now() - pressedAt;
				measured(() => assert.ok(took < 500, `at once: ${took} ms`));
				await shell.shows(new RegExp(`^status ${code}$`, 'm'));
				await shell.shows(/icanon/);
				assert.ok(isCooked(shell.text()), 'as redis-top left it');
				assert.match(shell.text(), /^was here$/m);
				assert.ok(!shell.isAlternateScreen());
				assert.ok(shell.isCursorVisible());
				const left = shell.text().slice(shell.text().indexOf('was here'));
				assert.doesNotMatch(left, /NODE {3}|q quit/, 'nothing of the frame is left');
				assert.ok(bytesOf(shell).length - bytesBefore < 20_000);
			} finally {
				await shell.stop();
			}
		});
	}
});
