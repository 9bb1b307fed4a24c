// A failover is recorded and played back: the replay prints, byte for byte, what the session printed. And the files
// that are not whole, not ours, or not of this version.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startCluster } from '../servers/fleets.ts';
import { startLoad } from '../servers/load.ts';
import { anyServer } from '../servers/servers.ts';
import { nodeOf, type Printed, runJson, runOnce } from './redis-top.ts';

const server = await anyServer();

describe('recording and replay', () => {
	let folder: string;
	let file: string;
	let printed: Printed[];
	before(async () => {
		folder = mkdtempSync(join(tmpdir(), 'redis-top-test-'));
		file = join(folder, 'failover.jsonl.gz');
		const cluster = await startCluster(server);
		const load = await startLoad(cluster.primaries, { opsPerSecond: 300 });
		const run = runJson(['-p', String(cluster.nodes[0]!.port), '-d', '0.5', '--record', file]);
		try {
			await run.when('rates', () => run.objects.length > 3);
			await cluster.primaries[1]!.kill();
			await run.when(
				'the promotion',
				object => object.events.some((event: Printed) => event.kind === 'promoted'),
				{
					timeout: 20_000,
				},
			);
			const from = run.objects.length;
			await run.when('two refreshes more', () => run.objects.length > from + 2);
		} finally {
			await run.stop();
			await load.stop();
			await cluster.stop();
		}
		printed = run.objects.map(({ seenAt, ...object }) => object);
	});
	after(() => rmSync(folder, { recursive: true }));

	test('the replay prints what the session printed', async () => {
		const { stdout, code, stderr } = await runOnce(['--replay', file, '--json']);
		assert.equal(code, 0, stderr);
		const replayed = stdout
			.trim()
			.split('\n')
			.map(line => JSON.parse(line));
		assert.deepEqual(replayed.slice(0, printed.length), printed);
		// The session was ended in the middle of a delay: at most its last, unprinted round is more.
		assert.ok(replayed.length - printed.length <= 1);
		assert.ok(printed.some(object => object.events.some((event: Printed) => event.kind === 'fail')));
		assert.ok(nodeOf(printed.at(-1), printed[0].nodes[0].node));
	});

	test('as text too, and so many refreshes as asked', async () => {
		const { stdout, code } = await runOnce(['--replay', file, '-b', '-n', '2']);
		assert.equal(code, 0);
		assert.equal(stdout.match(/^redis-top /gm)?.length, 2);
	});

	test('is for its owner alone', () => {
		assert.equal(statSync(file).mode & 0o077, 0);
	});

	test('cut off in the middle: plays to its last whole line and says so', async () => {
		const plain = gunzipSync(readFileSync(file)).toString();
		const half = join(folder, 'half.jsonl');
		writeFileSync(half, plain.slice(0, Math.floor(plain.length * 0.7)));
		const text = await runOnce(['--replay', half, '--json']);
		assert.equal(text.code, 0);
		assert.ok(text.stdout.trim().split('\n').length > 3);
		assert.match(text.stderr, /cut off at/);
		const cutGzip = join(folder, 'half.gz');
		writeFileSync(cutGzip, readFileSync(file));
		truncateSync(cutGzip, Math.floor(statSync(file).size * 0.7));
		const gzip = await runOnce(['--replay', cutGzip, '--json']);
		assert.equal(gzip.code, 0);
		assert.ok(gzip.stdout.trim().split('\n').length > 3);
		assert.match(gzip.stderr, /cut off at/);
	});

	test('no recording, of a newer version, not there: exit 1 with the reason', async () => {
		const cases: [string, string | undefined, RegExp][] = [
			['text.txt', 'hello\nworld\n', /not a recording/],
			['empty', '', /not a recording/],
			['fake.gz', 'hello', /not a recording/],
			[
				'newer.jsonl',
				'{"redisTopRecording":99,"version":"9.0.0","at":1,"delaySeconds":1,"fleets":[]}\n',
				/newer redis-top/,
			],
			['missing.jsonl', undefined, /no such file/],
		];
		for (const [name, content, expected] of cases) {
			const path = join(folder, name);
			if (content !== undefined) writeFileSync(path, content);
			const { code, stderr, stdout } = await runOnce(['--replay', path, '--json']);
			assert.equal(code, 1, name);
			assert.match(stderr, expected);
			assert.equal(stderr.trim().split('\n').length, 1, 'one line');
			assert.equal(stdout, '');
		}
	});

	test('a full disk while recording: said, and the monitor goes on', async () => {
		const run = runJson(['-p', '1', '--record', '/dev/full']);
		try {
			await run.when('refreshes', () => run.objects.length >= 3);
			assert.match(run.stderr(), /recording stopped: \/dev\/full: the disk is full/);
			assert.equal(run.stderr().match(/recording stopped/g)?.length, 1, 'once');
		} finally {
			await run.stop();
		}
	});
});
