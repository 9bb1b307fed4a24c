// What is learnt of the listed keys after a window, and what it costs: the hits it says are the hits the server counted.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { HotKey } from '../../source/core/keys/hot-keys.ts';
import { describeHotKeys } from '../../source/redis/hot-keys/describe-keys.ts';
import { noteTexts } from '../../source/view/screens/hot-keys/note-words.ts';
import { plainDial } from '../big-keys/scan.ts';
import { testServers } from '../servers/servers.ts';
import { aclUser, type RunningServer, startServer } from '../servers/start.ts';
import { hotTarget } from './windows.ts';

for (const server of await testServers('valkey'))
	describe(`${server.name} ${server.version}: the listed keys`, () => {
		let node: RunningServer;
		before(async () => {
			node = await startServer(server);
			await node.call('SET', 'a b', 'v'.repeat(500), 'EX', 100);
			await node.call('HSET', '\x1b[31m\n', 'field', 'value');
			await node.call('SET', '', '12');
			const client = node.connect({ db: 3 });
			await client.call('RPUSH', 'a b', '1', '2');
			client.disconnect();
		});
		after(() => node.stop());

		const keyOf = (key: string, db = 0): HotKey => ({
			...{ key, db, node: node.address, method: 'monitor', replicas: [], mitigations: [] },
		});

		test('type, TTL, encoding and size, in every database, in their order', async () => {
			const sent: string[] = [];
			const statsBefore = await node.info('stats');
			const before = Number(statsBefore.keyspace_hits);
			const { keys, notes, own } = await describeHotKeys(
				[keyOf('a b'), keyOf('gone'), keyOf('a b', 3), keyOf('\x1b[31m\n'), keyOf('')],
				[hotTarget(node)],
				{ dial: plainDial, onSent: (_, calls) => sent.push(...calls.map(({ label }) => label)) },
			);
			assert.deepEqual(noteTexts({ notes }), []);
			assert.deepEqual(
				keys.map(({ key, db, type }) => [key, db, type]),
				[
					['a b', 0, 'string'],
					['gone', 0, undefined],
					['a b', 3, 'list'],
					['\x1b[31m\n', 0, 'hash'],
					['', 0, 'string'],
				],
			);
			assert.deepEqual([keys[0]!.encoding, keys[1]!.encoding, keys[4]!.encoding], ['raw', undefined, 'int']);
			assert.match(keys[2]!.encoding!, /list/);
			assert.ok(keys[0]!.ttlSeconds! > 90 && keys[0]!.ttlSeconds! <= 100);
			assert.equal(keys[2]!.ttlSeconds, null);
			assert.ok(keys[0]!.bytes! > 500 && keys[0]!.bytes! < 1000);
			const stats = await node.info('stats');
			const hits = Number(stats.keyspace_hits) - before;
			assert.equal(own.get(node.address)!.hits, hits);
			assert.ok(hits >= 8 && hits <= 12, `${hits} hits`);
			assert.equal(stats.keyspace_misses, statsBefore.keyspace_misses, 'no miss of ours');
			assert.deepEqual(
				keys.map(({ exists }) => exists),
				[true, false, true, true, true],
			);
			assert.doesNotMatch(sent.join(), /a b/, 'names are not for the log');
		});

		test('what is refused stays unknown and is said once; what cannot be reached too', async () => {
			await aclUser(node, 'few', 'secret', ['~*', '-@all', '+type', '+memory|usage', '+select']);
			const dial = { ...plainDial, credentials: { user: 'few', password: 'secret' } };
			const { keys, notes } = await describeHotKeys([keyOf('a b'), keyOf('')], [hotTarget(node)], { dial });
			assert.equal(keys[0]!.type, 'string');
			assert.ok(keys[0]!.bytes);
			assert.equal(keys[0]!.ttlSeconds, undefined);
			assert.equal(keys[0]!.exists, true);
			assert.deepEqual(noteTexts({ notes }), [
				'the TTL is not read: not allowed for this user: +pttl',
				'the encoding is not read: not allowed for this user: +object|encoding',
			]);
			await aclUser(node, 'none', 'secret', ['~*', '-@all', '+select', '+info']);
			const blind = { ...plainDial, credentials: { user: 'none', password: 'secret' } };
			const [unknown] = (await describeHotKeys([keyOf('gone')], [hotTarget(node)], { dial: blind })).keys;
			assert.equal(unknown!.exists, undefined, 'not allowed is not gone');
			const absent = { ...keyOf('x'), node: '127.0.0.1:1' };
			const lost = await describeHotKeys([absent], [], { dial: plainDial });
			assert.deepEqual(lost.keys, [absent]);
			assert.match(noteTexts(lost).join(), /127\.0\.0\.1:1: .*refused/);
		});
	});
