// ^Z as in any other program: the shell is there, the terminal is cooked and shows what it showed before, nothing is
// drawn until `fg`, and then all of it. Where no shell is there to come back from, the program does not hang itself up.
// ^L draws everything anew.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { anyServer } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { buildProgram } from './built.ts';
import { stateOf } from './processes.ts';
import { isCooked, openRedisTop, openShell, type Terminal } from './terminal.ts';

const server = await anyServer();
let node: RunningServer;
before(async () => {
	await buildProgram();
	node = await startServer(server);
});
after(() => node.stop());

const isWhole = (terminal: Terminal) => () => {
	const lines = terminal.lines();
	return (
		terminal.isAlternateScreen() &&
		/^redis-top > .* every 1s {2}\d\d:\d\d:\d\d$/.test(lines[0]!) &&
		/^ops /.test(lines[1]!) &&
		/^no findings/.test(lines[3]!) &&
		/^ {4}NODE /.test(lines[5]!) &&
		/q quit$/.test(lines.at(-1)!)
	);
};

test('^Z stops it, the shell has its terminal back, fg draws all of it', async () => {
	const shell = await openShell();
	try {
		shell.type('echo "was"" here"\r');
		await shell.shows(/^was here$/m);
		shell.type(`redis-top -p ${node.port}\r`);
		await shell.shows(isWhole(shell));
		const pid = await shell.redisTopPid();
		for (const [columns, rows] of [
			[80, 24],
			[100, 30],
			[80, 24],
		] as const) {
			shell.type('\x1a');
			await until(() => stateOf(pid) === 'T', { what: 'it is stopped' });
			await shell.shows(() => !shell.isAlternateScreen());
			assert.match(shell.text(), /^was here$/m);
			assert.ok(shell.isCursorVisible());
			shell.type('stty -a; echo "the"" end"\r');
			await shell.shows(/^the end$/m);
			assert.ok(isCooked(shell.text()), 'as redis-top left it: this shell repairs nothing');
			shell.resize(columns, rows);
			shell.type('clear; echo "was"" here"; fg\r');
			await shell.shows(isWhole(shell));
			assert.equal(shell.lines().length, rows);
			assert.ok(!shell.isCursorVisible());
			assert.ok(!isCooked(await shell.settings()));
			shell.type('\t');
			await shell.shows(/columns: \w+/);
		}
		shell.type('q');
		await shell.shows(/redis-top watched/);
	} finally {
		await shell.stop();
	}
});

test('stopped from outside: fg takes the terminal back and draws all of it', async () => {
	const shell = await openShell();
	try {
		shell.type(`redis-top -p ${node.port}\r`);
		await shell.shows(isWhole(shell));
		const pid = await shell.redisTopPid();
		process.kill(pid, 'SIGSTOP');
		await until(() => stateOf(pid) === 'T', { what: 'it is stopped' });
		// The shell works on in the alternate screen and in raw mode; this is what an operator types then.
		shell.type('stty sane\n');
		await until(async () => isCooked(await shell.settings()), { what: 'the line is repaired' });
		shell.resize(90, 30);
		shell.type('clear; fg\r');
		await shell.shows(isWhole(shell));
		assert.ok(!isCooked(await shell.settings()));
		shell.type('q');
		await shell.shows(/redis-top watched/);
	} finally {
		await shell.stop();
	}
});

test('^Z without a shell to come back from: it goes on', async () => {
	const terminal = openRedisTop(['-p', String(node.port)]);
	try {
		await terminal.shows(isWhole(terminal));
		terminal.type('\x1a');
		await terminal.shows(() => !terminal.isAlternateScreen());
		await terminal.shows(
			() => isWhole(terminal)() && /\^Z: no shell to come back from/.test(terminal.text()),
		);
		assert.notEqual(stateOf(terminal.pid), 'T');
		terminal.type('%');
		await terminal.shows(/no such key/);
		terminal.type('q');
		assert.equal((await terminal.exit).code, 0);
	} finally {
		await terminal.stop();
	}
});

test('^L draws all of it anew over whatever another program wrote there', async () => {
	const shell = await openShell();
	// The other program writes when the file is there.
	const now = path.join(node.dir, 'now');
	const rubbish = `printf '\\033[10;1Hrubbish\\033[2;1Hrubbish\\033[12;1H'`;
	try {
		shell.type(`(until [ -e ${now} ]; do sleep 0.1; done; ${rubbish}) & redis-top -p ${node.port}\r`);
		await shell.shows(isWhole(shell));
		writeFileSync(now, '');
		await shell.shows(/rubbish/);
		shell.type('\x0c');
		await shell.shows(() => isWhole(shell)() && !/rubbish/.test(shell.text()));
		shell.type('\x0c\x0c\x0c\t');
		await shell.shows(() => isWhole(shell)() && /columns: \w+/.test(shell.text()));
	} finally {
		await shell.stop();
	}
});
