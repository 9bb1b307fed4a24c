// However the program ends, it is gone within a second, with the status of the contract, and the terminal is as it
// was: signals, a closed window, a closed window behind a wrapper that keeps the hang-up to itself, an end of input,
// a reader that left the pipe, a bug. A monitor that outlives its terminal burns a core for weeks.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { measured } from '../lane.ts';
import { anyServer } from '../servers/servers.ts';
import { isAlive, type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { buildProgram, isBinary, programWords } from './built.ts';
import { commandOf, familyOf } from './processes.ts';
import { isCooked, openRedisTop, openShell, openTerminal, type Terminal } from './terminal.ts';

/** "Within a second", and what a busy machine needs to tell us. */
const atMostMilliseconds = 1300;

const server = await anyServer();
let node: RunningServer;
before(async () => {
	await buildProgram();
	node = await startServer(server);
});
after(() => node.stop());
const port = () => ['-p', String(node.port)];

async function opened(terminal: Terminal): Promise<Terminal> {
	await terminal.shows(/no findings/);
	return terminal;
}

async function isGone(pids: readonly number[], since: number): Promise<void> {
	await until(() => !pids.some(isAlive), { what: `${pids.map(commandOf)} are gone`, every: 5 });
	const took = performance.now() - since;
	measured(() => assert.ok(took < atMostMilliseconds, `gone after ${took} ms`));
}

describe('a signal', () => {
	for (const [signal, code] of [
		['SIGTERM', 143],
		['SIGINT', 130],
		['SIGHUP', 129],
	] as const) {
		test(`${signal} ends it with ${code} and restores the terminal`, async () => {
			const shell = await openShell();
			try {
				shell.type(`redis-top -p ${node.port}; echo "status"" $?"; stty -a\r`);
				await opened(shell);
				const pid = await shell.redisTopPid();
				const since = performance.now();
				process.kill(pid, signal);
				await isGone([pid], since);
				await shell.shows(new RegExp(`^status ${code}$`, 'm'));
				await shell.shows(/icanon/);
				assert.ok(isCooked(shell.text()));
				assert.ok(!shell.isAlternateScreen());
				assert.ok(shell.isCursorVisible());
			} finally {
				await shell.stop();
			}
		});
	}
});

describe('while the password is asked for', () => {
	for (const [signal, code] of [
		['SIGTERM', 143],
		['SIGINT', 130],
		['SIGHUP', 129],
		['SIGKILL', 137],
	] as const)
		test(`${signal} ends it with ${code}, and the terminal shows what is typed`, async () => {
			// bash repairs the terminal behind whoever a signal ended, this shell does not.
			const script = '"$@"; echo "status $?"; read line; stty -a';
			const shell = openTerminal('sh', ['-c', script, 'sh', ...programWords, '--askpass', ...port()]);
			try {
				await shell.shows(/Password:/);
				await until(async () => !isCooked(await shell.settings()), { what: 'nothing is echoed' });
				process.kill(await shell.redisTopPid(), signal);
				await shell.shows(new RegExp(`status ${code}$`, 'm'));
				await until(async () => isCooked(await shell.settings()), { what: 'what is typed is echoed' });
				shell.type('seen\r');
				await shell.shows(/^seen$/m);
				await shell.shows(/icanon/);
				assert.ok(isCooked(shell.text()));
			} finally {
				await shell.stop();
			}
		});
});

describe('the window is closed', () => {
	test('redis-top leaves with 129', async () => {
		const terminal = await opened(openRedisTop(port()));
		const pids = familyOf(terminal.pid);
		const since = performance.now();
		terminal.close();
		await isGone(pids, since);
		assert.deepEqual(await terminal.exit, { code: 129, signal: 0 });
	});

	for (const [what, script] of [
		// The kernel tells the leader of the session only, and this one does not care.
		['that ignores the hang-up', `trap '' HUP; "$@"; exit $?`],
		// As su does: the program is in a session without a terminal, and nobody tells it anything.
		['that started it in another session', `trap '' HUP; setsid -w "$@"; exit $?`],
	] as const) {
		test(`redis-top leaves behind a wrapper ${what}`, async () => {
			const terminal = openTerminal('sh', ['-c', script, 'sh', ...programWords, ...port()]);
			await opened(terminal);
			const pids = familyOf(terminal.pid);
			assert.ok(pids.length > 1);
			const since = performance.now();
			terminal.close();
			await isGone(pids, since);
			assert.equal((await terminal.exit).code, 129);
		});
	}

	test('redis-top leaves although its servers do not answer', async () => {
		const terminal = await opened(openRedisTop(port()));
		node.freeze();
		try {
			await terminal.shows(/stale|down/);
			const pids = familyOf(terminal.pid);
			const since = performance.now();
			terminal.close();
			await isGone(pids, since);
		} finally {
			node.thaw();
		}
	});

	test('redis-top leaves although it is blocked in a write that nobody reads', async () => {
		const terminal = await opened(openRedisTop(port(), { size: [140, 40] }));
		terminal.stopReading();
		for (let frames = 0; frames < 60; frames++) {
			terminal.type('?');
			await pause(20);
		}
		const pids = familyOf(terminal.pid);
		const since = performance.now();
		terminal.close();
		await isGone(pids, since);
	});
});

describe('a pipe', () => {
	test('`redis-top -b | head -3` ends without a word', async () => {
		const { stdout, stderr } = await promisify(execFile)('bash', [
			...['-c', `"$@" | head -3; echo "status \${PIPESTATUS[0]}"`, 'bash'],
			...[...programWords, '-b', '-d', '0.25', ...port()],
		]);
		const lines = stdout.trimEnd().split('\n');
		assert.equal(lines.length, 4);
		assert.match(lines[0]!, /^redis-top 127/);
		assert.equal(lines[3], 'status 0');
		assert.equal(stderr, '');
	});

	test('--json goes on at the end of its input', async () => {
		const child = spawn(programWords[0], [...programWords.slice(1), '--json', '-d', '0.25', ...port()], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		let text = '';
		child.stdout.on('data', chunk => {
			text += chunk;
		});
		await until(() => text.split('\n').length > 3, { what: 'three objects' });
		const since = performance.now();
		child.kill('SIGTERM');
		assert.deepEqual(await once(child, 'exit'), [143, null]);
		await isGone([child.pid!], since);
	});
});

test('a bug: the terminal is restored, the message is to be read, the minutes before it play, and the status is 70', {
	skip: isBinary && 'nobody can plant one in the executable: it takes no NODE_OPTIONS',
}, async () => {
	// It goes off when the file is there.
	const fuse = path.join(node.dir, 'fuse');
	const bomb = `
		import { existsSync } from 'node:fs';
		const look = () => { if (existsSync(${JSON.stringify(fuse)})) throw new Error('planted'); };
		if (process.stdout.isTTY) setInterval(look, 50).unref();`;
	const shell = await openShell({
		env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bomb)}` },
	});
	try {
		// What is written of the minutes before it is written into the folder that it runs in.
		shell.type(`cd ${node.dir}; redis-top -p ${node.port}; echo "status"" $?"\r`);
		await opened(shell);
		writeFileSync(fuse, '');
		await shell.shows(/^status 70$/m);
		assert.match(shell.text(), /^redis-top \S+: a bug, please report it with this:$/m);
		assert.match(shell.text(), /^Error: planted$/m);
		const kept = readdirSync(node.dir).filter(name => /^redis-top-.*-crash\.jsonl\.gz$/.test(name));
		assert.equal(kept.length, 1);
		assert.ok(
			shell
				.text()
				.replaceAll('\n', '')
				.includes(`The minutes before it are in ${path.join(node.dir, kept[0]!)}`),
		);
		const [command, ...words] = programWords;
		await promisify(execFile)(command, [...words, '--replay', path.join(node.dir, kept[0]!), '--json']);
		assert.ok(!shell.isAlternateScreen());
		assert.ok(shell.isCursorVisible());
		shell.type('clear; stty -a\r');
		await shell.shows(/icanon/);
		assert.ok(isCooked(shell.text()));
	} finally {
		await shell.stop();
	}
});
