// Files that redis-top writes: nothing that is there is cut off, no link of somebody else's is followed, and what takes
// nothing any more is given up without holding anything up or growing.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	closeSync,
	constants,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	unlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { createFileWriter } from '../../source/files/file-writer.ts';
import { type Opened, openToAppend } from '../../source/files/safe-file.ts';
import { openRecording } from '../../source/recording/playable.ts';
import { createFileSink, openRecordFile } from '../../source/recording/recorder.ts';
import { createTape } from '../../source/recording/tape.ts';
import { call } from '../../source/redis/commands.ts';
import { loggedWord, openLog } from '../../source/sent-log.ts';
import { writeSettings } from '../../source/settings.ts';
import { until } from '../servers/until.ts';
import { calm } from '../view/build-state.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-top-files-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = (end = '') => join(folder, `${++count}${end}`);
const opened = (path: string): Opened => {
	const file = openToAppend(path);
	if ('problem' in file) assert.fail(file.problem);
	return file;
};
const modeOf = (path: string) => statSync(path).mode & 0o777;
const pipe = () => {
	const path = fresh();
	execFileSync('mkfifo', [path]);
	return path;
};

describe('opening', () => {
	test('what is new is for its owner alone; what is there is added to', () => {
		const path = fresh();
		closeSync(opened(path).descriptor);
		assert.equal(modeOf(path), 0o600);
		writeFileSync(path, 'there');
		const again = opened(path);
		assert.deepEqual([again.size, again.isFile], [5, true]);
		closeSync(again.descriptor);
		assert.equal(readFileSync(path, 'utf8'), 'there');
	});

	test('a link is followed in a folder of our own, and not where all may write', () => {
		const target = fresh();
		writeFileSync(target, 'there');
		const own = fresh();
		symlinkSync(target, own);
		closeSync(opened(own).descriptor);
		const open = fresh();
		mkdirSync(open);
		chmodSync(open, 0o1777);
		const planted = join(open, 'link');
		symlinkSync(target, planted);
		assert.match(
			(openToAppend(planted) as { problem: string }).problem,
			/a link in a folder where others can write/,
		);
		symlinkSync(fresh(), join(open, 'nowhere'));
		assert.ok('problem' in openToAppend(join(open, 'nowhere')));
		assert.equal(readFileSync(target, 'utf8'), 'there');
	});

	test('a pipe that nobody reads is refused at once', () => {
		assert.deepEqual(openToAppend(pipe()), { problem: 'it is a pipe that nobody reads' });
	});
});

describe('writing', () => {
	const stopOf = async (file: Opened, write: (writer: ReturnType<typeof createFileWriter>) => void) => {
		let reason: string | undefined;
		const writer = createFileWriter(
			file,
			text => {
				reason = text;
			},
			{ bytes: 1_000_000, milliseconds: 300 },
		);
		write(writer);
		await until(() => reason !== undefined, { what: 'the end of it' });
		// Whatever comes now is let go, and the end comes at once.
		writer.write(Buffer.alloc(100_000_000));
		await writer.end();
		return reason;
	};

	test('a full disk', async () => {
		assert.equal(
			await stopOf(opened('/dev/full'), writer => writer.write(Buffer.from('a'))),
			'the disk is full',
		);
	});

	test('a pipe whose reader stands still', async () => {
		const path = pipe();
		const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
		const reason = await stopOf(opened(path), writer => writer.write(Buffer.alloc(500_000)));
		assert.match(reason!, /takes nothing any more/);
		assert.match(
			(await stopOf(opened(path), writer => writer.write(Buffer.alloc(2_000_000))))!,
			/wait to be written/,
		);
		closeSync(reader);
	});

	test('a pipe whose reader leaves', async () => {
		const path = pipe();
		const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
		const file = opened(path);
		closeSync(reader);
		assert.equal(await stopOf(file, writer => writer.write(Buffer.from('a'))), 'nobody reads it any more');
	});

	test('a file that was deleted', async () => {
		const path = fresh();
		const file = opened(path);
		unlinkSync(path);
		assert.equal(await stopOf(file, writer => writer.write(Buffer.from('a'))), 'it was deleted');
	});
});

describe('a recording', () => {
	const head = (at: number, name = 'a:1') => ({
		...{ version: '1', at, delaySeconds: 1, isDiscoveryOn: true },
		fleets: [{ id: 0, name, seeds: ['a:1'] }],
	});
	const session = async (path: string, at: number, isAppended = false) => {
		const file = await openRecordFile(path, isAppended);
		if ('problem' in file) return file.problem;
		const sink = createFileSink(path, file, head(at), assert.fail);
		const tape = createTape({ sinks: [sink] });
		for (const each of [at + 1, at + 2])
			tape.round(0, { at: each, readings: [], isExtra: false, isSettled: true });
		await tape.close();
		await sink.close(5000);
		return undefined;
	};
	const timesIn = async (path: string) => {
		const playable = await openRecording(path);
		if ('problem' in playable) return assert.fail(playable.problem);
		const times = [];
		for (let line = await playable.next(); line; line = await playable.next())
			times.push('round' in line ? line.round.at : 'head' in line ? `head ${line.head.at}` : 'delay');
		assert.deepEqual([playable.cut(), playable.wrong()], [undefined, undefined]);
		return times;
	};

	for (const end of ['.jsonl', '.jsonl.gz'])
		test(`${end}: refused where it is there already; --append adds a session, and all of it plays`, async () => {
			const path = fresh(end);
			assert.equal(await session(path, 1000), undefined);
			const before = readFileSync(path);
			assert.match(
				(await session(path, 2000))!,
				/it is there already: name another file, or add to it with --append$/,
			);
			assert.deepEqual(readFileSync(path), before);
			assert.equal(await session(path, 2000, true), undefined);
			assert.deepEqual(await timesIn(path), [1001, 1002, 'head 2000', 2001, 2002]);
			assert.equal(modeOf(path), 0o600);
		});

	test('behind a session that was killed in the middle of a line', async () => {
		const path = fresh('.jsonl');
		await session(path, 1000);
		const whole = readFileSync(path, 'utf8');
		writeFileSync(path, whole.slice(0, -20));
		assert.equal(await session(path, 2000, true), undefined);
		assert.deepEqual(await timesIn(path), [1001, 'head 2000', 2001, 2002]);
	});

	test('nothing is added to what is no recording, nor behind a gzip that was cut off', async () => {
		const other = fresh();
		writeFileSync(other, 'notes\n');
		assert.match((await session(other, 1, true))!, /not a recording of redis-top$/);
		assert.equal(readFileSync(other, 'utf8'), 'notes\n');
		const path = fresh('.jsonl.gz');
		await session(path, 1000);
		const cut = readFileSync(path).subarray(0, -30);
		writeFileSync(path, cut);
		assert.match((await session(path, 2000, true))!, /cut off/);
		assert.deepEqual(readFileSync(path), cut);
	});
});

describe('the log', () => {
	test('no word of a server makes a line or a quote of its own', () => {
		const path = fresh();
		const opened = openLog(path);
		if ('problem' in opened) return assert.fail(opened.problem);
		const forged = 'm\r\n2026-01-01T00:00:00.000Z 10.0.0.1:6379 CONFIG SET maxmemory 0';
		assert.equal(
			opened.log('10.0.0.1:6379', [call('sentinelReplicas', forged), call('type', 'a b"c')]),
			undefined,
		);
		const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
		assert.equal(lines.length, 2);
		assert.equal(opened.asked('prom:9090', ['query', 'redis_up{job="a\nb"}', '1796.5']), undefined);
		const question = readFileSync(path, 'utf8').trimEnd().split('\n').at(-1)!;
		assert.match(question, /Z prom:9090 query "redis_up\{job=\\"a\\nb\\"\}" 1796\.5$/);
		assert.match(
			lines[0]!,
			/Z 10\.0\.0\.1:6379 SENTINEL REPLICAS "m\\r\\n2026-\S+ 10\.0\.0\.1:6379 CONFIG SET maxmemory 0"$/,
		);
		assert.match(lines[1]!, / TYPE "a b\\"c"$/);
		assert.equal(modeOf(path), 0o600);
		assert.deepEqual(['plain', '(3 keys)', '', '\x1b[2J'].map(loggedWord), [
			'plain',
			'(3 keys)',
			'""',
			'"\\x1b[2J"',
		]);
	});

	test('a pipe that is not read holds nobody up: the change is not sent', () => {
		const path = pipe();
		const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
		const opened = openLog(path);
		if ('problem' in opened) return assert.fail(opened.problem);
		let problem: string | undefined;
		for (let lines = 0; lines < 20_000 && problem === undefined; lines++)
			problem = opened.log('10.0.0.1:6379', [call('info')]);
		assert.equal(problem, 'the log cannot be written: it takes nothing now');
		closeSync(reader);
	});
});

describe('settings', () => {
	test('keep their mode and the link that leads to them; new ones are for their owner alone', () => {
		const target = fresh('.json');
		writeFileSync(target, '{}', { mode: 0o640 });
		chmodSync(target, 0o640);
		const link = fresh('.json');
		symlinkSync(target, link);
		assert.deepEqual(writeSettings(link, calm({ delaySeconds: 9 }), { fleets: {} }), {});
		assert.ok(lstatSync(link).isSymbolicLink());
		assert.match(readFileSync(target, 'utf8'), /"delay": 9/);
		assert.equal(modeOf(target), 0o640);
		const path = fresh('.json');
		writeSettings(path, calm(), { fleets: {} });
		assert.equal(modeOf(path), 0o600);
	});
});
