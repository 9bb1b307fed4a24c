// Markers from outside: a word reaches the redis-top that is meant, several are told apart, what nobody listens at is
// removed, and no other user gets near.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isPrivate, openRuntimeFolder, runtimeFolders } from '../../source/files/runtime-folder.ts';
import { setMark } from '../../source/modes/mark.ts';
import { findRunning, type MarkSocket, openMarkSocket } from '../../source/modes/mark-socket.ts';
import { until } from '../servers/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-top-marks-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const usual = { what: 'it listens' };
const fresh = () => join(folder, `redis-top-${++count}`);

type Opened = { readonly socket: MarkSocket; readonly words: string[] };

function opened(where: string, pid: number, fleets: readonly string[], recording?: string): Opened {
	const words: string[] = [];
	const socket = openMarkSocket({
		...{ folders: [where], pid, about: () => ({ fleets, ...(recording && { recording }) }) },
		onMark(text) {
			words.push(text);
			return '2026-11-30T12:00:00.000Z';
		},
	});
	assert.ok(socket);
	after(() => socket.close());
	return { socket, words };
}

test('one that runs gets the word; several are named, and none gets what is meant for another', async () => {
	const where = fresh();
	assert.match((await setMark('x', undefined, [where])).text, /no redis-top of this user runs/);
	const one = opened(where, 101, ['10.0.0.1:6379']);
	await until(() => existsSync(one.socket.path), usual);
	assert.deepEqual(await setMark('v42 start', undefined, [where]), {
		...{ text: 'marker set at 2026-11-30T12:00:00.000Z in 101 (10.0.0.1:6379)', isDone: true },
	});
	const two = opened(where, 102, ['prod', '10.0.0.2:6379'], '/var/log/redis-top');
	await until(() => existsSync(two.socket.path), usual);
	const none = await setMark('x', undefined, [where]);
	assert.equal(none.isDone, false);
	assert.match(
		none.text,
		/several run: name one with --to.*101.*102 \(prod, .*records \/var\/log\/redis-top\)/,
	);
	for (const name of ['102', 'prod', '@prod', '10.0.0.2:6379', '/var/log/redis-top', 'redis-top'])
		assert.equal((await setMark(name, name, [where])).isDone, true, name);
	assert.equal((await setMark('x', 'staging', [where])).isDone, false);
	assert.equal((await setMark('both', 'all', [where])).isDone, true);
	assert.deepEqual(one.words, ['v42 start', 'both']);
	assert.deepEqual(two.words.slice(-2), ['redis-top', 'both']);
	one.socket.close();
	assert.deepEqual(
		(await findRunning([where])).map(({ pid }) => pid),
		[102],
	);
});

test('a socket that a killed process left is removed, also by a process of its number', async () => {
	const where = fresh();
	mkdirSync(where, { mode: 0o700 });
	const stale = join(where, '103.sock');
	const listen = `require('net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 'SIGKILL'))`;
	spawnSync(process.execPath, ['-e', listen]);
	assert.ok(existsSync(stale));
	assert.deepEqual(await findRunning([where]), []);
	assert.ok(!existsSync(stale));
	spawnSync(process.execPath, ['-e', listen]);
	const again = opened(where, 103, ['a']);
	await until(async () => (await findRunning([where])).length === 1, usual);
	assert.equal((await setMark('w', '103', [where])).isDone, true);
	assert.deepEqual(again.words, ['w']);
});

test('no other user gets near: folder and socket are the owner’s, a foreign folder or a link is not used', async () => {
	const where = fresh();
	const { socket } = opened(where, 104, ['a']);
	await until(() => existsSync(socket.path) && (lstatSync(socket.path).mode & 0o777) === 0o600, usual);
	assert.equal(lstatSync(where).mode & 0o777, 0o700);
	chmodSync(where, 0o755);
	assert.equal(isPrivate(where), false);
	assert.deepEqual(await findRunning([where]), [], 'nothing is asked where others may put a socket');
	assert.equal(openRuntimeFolder([where]), where, 'ours is made private again');
	assert.equal(lstatSync(where).mode & 0o777, 0o700);
	const link = fresh();
	symlinkSync(where, link);
	assert.equal(openRuntimeFolder([link]), undefined);
	const file = fresh();
	writeFileSync(file, '');
	assert.equal(openRuntimeFolder([file]), undefined);
	assert.equal(openRuntimeFolder([where], 12_345), undefined, 'of somebody else');
	if (process.getuid?.() !== 0) return;
	chmodSync(folder, 0o755);
	const knock = `require('net').connect(${JSON.stringify(socket.path)}).on('error', e => console.log(e.code)).on('connect', () => console.log('in'))`;
	const said = execFileSync(process.execPath, ['-e', knock], { uid: 65_534, gid: 65_534, cwd: '/' });
	assert.equal(said.toString().trim(), 'EACCES');
});

test('what is no request is answered with what runs, and too much is hung up on', async () => {
	const where = fresh();
	const { socket, words } = opened(where, 105, ['a']);
	await until(() => existsSync(socket.path), usual);
	const { connect } = await import('node:net');
	for (const sent of ['\n', '[]\n', '{"mark":7}\n', 'x'.repeat(10_000)]) {
		const client = connect(socket.path);
		client.on('error', () => {});
		client.resume().write(sent);
		await new Promise(done => client.once('close', done));
	}
	assert.deepEqual(words, []);
});

test('$XDG_RUNTIME_DIR comes first, and /tmp last; a path that is too long for a socket is left out', () => {
	assert.deepEqual(runtimeFolders({ XDG_RUNTIME_DIR: '/run/x' }, 7), [
		...['/run/x/redis-top', '/run/user/7/redis-top', '/tmp/redis-top-7'],
	]);
	assert.deepEqual(runtimeFolders({ XDG_RUNTIME_DIR: `/${'x'.repeat(100)}` }, 7), [
		...['/run/user/7/redis-top', '/tmp/redis-top-7'],
	]);
});
