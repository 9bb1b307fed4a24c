// --bigkeys as a user runs it: the contract's JSON, the text, and the codes it ends with.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { testServers } from '../servers/servers.ts';
import { aclUser, findFreePort, type RunningServer, startServer } from '../servers/start.ts';
import { program, runOnce } from './redis-top.ts';

for (const server of await testServers('valkey')) {
	describe(`--bigkeys on ${server.name} ${server.version}`, () => {
		let node: RunningServer;
		before(async () => {
			node = await startServer(server);
			const client = node.connect();
			const pipeline = client.pipeline();
			for (let index = 0; index < 500; index++) pipeline.set(`cart:{${index}}:items`, 'x'.repeat(index));
			for (let index = 0; index < 100; index++) pipeline.set(`session:${index}`, 'y', 'EX', 1000);
			for (let index = 0; index < 2000; index++) pipeline.hset('big', `field${index}`, index);
			await pipeline.exec();
			client.disconnect();
		});
		after(() => node.stop());

		test('JSON after the contract, exact where it is asked for', async () => {
			const { stdout, code, stderr } = await runOnce([
				'--bigkeys',
				'--json',
				'--exact',
				'--top',
				'3',
				'-p',
				String(node.port),
			]);
			assert.equal(code, 0, stderr);
			const result = JSON.parse(stdout);
			assert.equal(result.version, 1);
			assert.equal(result.scanned, 601);
			assert.equal(result.complete, true);
			assert.equal(result.keys.length, 3);
			assert.equal(result.keys[0].key, 'big');
			assert.equal(result.keys[0].type, 'hash');
			const sessions = result.patterns.find((each: { pattern: string }) => each.pattern === 'session:*');
			assert.deepEqual([sessions.keys, sessions.keysWithoutTtl], [100, 0]);
			for (const field of ['seconds', 'totalBytes', 'types', 'sampled', 'hitsAdded', 'cost'])
				assert.ok(result[field] !== undefined && result[field] !== null, field);
		});

		test('by items: what has several, and nothing where items are not read', async () => {
			const { stdout, code } = await runOnce(['--bigkeys', '--json', '--top', '5', '-p', String(node.port)]);
			assert.equal(code, 0);
			const { keysByItems, notes } = JSON.parse(stdout);
			const isRead = !notes.some((note: string) => note.startsWith('items are not read'));
			assert.deepEqual(
				keysByItems.map(({ key, items }: { key: string; items: number }) => [key, items]),
				isRead ? [['big', 2000]] : [],
			);
		});

		test('a result longer than a pipe holds comes whole, also to a reader that takes its time', async () => {
			const command = '"$0" "$1" --bigkeys --json --rate 0 --top 601 -p "$2" | (sleep 1; cat)';
			const words = ['-c', command, process.execPath, program, String(node.port)];
			const { stdout } = await promisify(execFile)('sh', words, { maxBuffer: 1e7 });
			assert.ok(stdout.length > 65_536, `${stdout.length} bytes are no proof`);
			assert.equal(JSON.parse(stdout).keys.length, 601);
		});

		test('what the server counts by itself is told where it does: INFO keysizes of Redis 8', async () => {
			const { stdout } = await runOnce(['--bigkeys', '--json', '-p', String(node.port)]);
			const { keysizes } = JSON.parse(stdout);
			const hasIt = server.name === 'redis' && Number(server.version.split('.')[0]) >= 8;
			assert.deepEqual(
				keysizes?.find((one: { type: string }) => one.type === 'hashes'),
				hasIt
					? {
							...{ node: `127.0.0.1:${node.port}`, db: 0, type: 'hashes', unit: 'items' },
							...{ from: 1024, below: 2048, keys: 1 },
						}
					: undefined,
			);
			const text = await runOnce(['--bigkeys', '-p', String(node.port)]);
			assert.equal(/hashes: 1 key with 1K-2K fields on 127/.test(text.stdout), hasIt);
		});

		test('text names the largest first; a node that does not answer ends with 2', async () => {
			const { stdout, code } = await runOnce(['--bigkeys', '-p', String(node.port)]);
			assert.equal(code, 0);
			assert.match(stdout, /^601 keys, /);
			assert.match(stdout, /hash .* big$/m);
			const nobody = await runOnce(['--bigkeys', '-p', String(await findFreePort())]);
			assert.equal(nobody.code, 2);
			assert.match(nobody.stderr, /no node to scan: connection refused/);
		});

		test('a node that lets nobody read a key ends with 2, and says which word is missing', async () => {
			await aclUser(node, 'reader', 'secret', ['+info', '+client', '+config|get', '+slowlog|get']);
			const refused = await runOnce(['--bigkeys', '--user', 'reader', '-p', String(node.port)], {
				REDISCLI_AUTH: 'secret',
			});
			assert.equal(refused.code, 2, refused.stderr);
			assert.match(refused.stdout, /^0 keys, .*\(partial/);
			assert.match(refused.stdout, /partial: 127\.0\.0\.1:\d+ after 0 keys: .*\+scan/);
			assert.match(refused.stdout, /by a sample of 0 keys/);
			// An empty one does let us: nothing is there.
			const empty = await startServer(server);
			const found = await runOnce(['--bigkeys', '-p', String(empty.port)]);
			await empty.stop();
			assert.equal(found.code, 0, found.stderr);
		});
	});
}
