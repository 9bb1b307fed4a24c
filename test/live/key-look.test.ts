// One key looked at on real servers: every figure is what redis-cli says of it, the server's own counter says the
// same hits, clocks are left alone where the server can do that, and what is costly or refused is said and not sent.
// And a name of any bytes that was copied pastes back into redis-cli.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import type { KeyLook } from '../../source/core/keys/key-look.ts';
import { slotOf } from '../../source/core/keys/key-slot.ts';
import { pasteText } from '../../source/core/text/paste.ts';
import type { Call } from '../../source/redis/commands.ts';
import { type LookOptions, lookAtKey } from '../../source/redis/key-look.ts';
import { lookWords } from '../../source/view/screens/big-keys/look-words.ts';
import { plainDial } from '../big-keys/scan.ts';
import { startCluster } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { aclUser, type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';

const looked = (node: RunningServer, key: string, over: Partial<LookOptions> = {}) =>
	lookAtKey({
		...{ dial: plainDial, node: node.address, db: 0, key },
		...{ isCluster: false, withElements: false },
		...over,
	});

const notesOf = ({ notes }: KeyLook) => notes.map(lookWords);

const bytesOf = (text: string) => Buffer.from(text, 'latin1');
const oddNames = [
	'plain:key',
	'with blank',
	'say "hi"',
	"it's",
	'back\\slash',
	'tab\there',
	'line\nline',
	'\x1b[2J\x07\x00\xff',
	Buffer.from('ключ 数据', 'utf8').toString('latin1'),
	Buffer.from('café', 'utf8').toString('latin1'),
	'',
];

const hitsOf = async (node: RunningServer) => Number((await node.info('stats')).keyspace_hits);
const figures = async (node: RunningServer, key: string) => ({
	encoding: await node.cli('OBJECT', 'ENCODING', key),
	exact: Number(await node.cli('MEMORY', 'USAGE', key, 'SAMPLES', '0')),
	usual: Number(await node.cli('MEMORY', 'USAGE', key)),
});

for (const server of await testServers('valkey')) {
	const hasNoTouch = server.name === 'valkey' || Number.parseFloat(server.version) >= 7.2;
	describe(`a key on ${server.name} ${server.version}`, () => {
		let node: RunningServer;
		before(async () => {
			node = await startServer(server, { config: { databases: 4 } });
			const client = node.connect();
			const pipeline = client.pipeline();
			const range = (count: number) => Array.from({ length: count }, (_, index) => index);
			for (const index of range(8000))
				pipeline.hset('hash', `field${index}`, `value ${index} ${'x'.repeat(index % 70)}`);
			for (const index of range(20_000))
				pipeline.zadd('zset', index, `member ${index} ${'x'.repeat(index % 50)}`);
			for (const index of range(3000)) pipeline.rpush('list', `entry ${index}`);
			for (const index of range(2000)) pipeline.sadd('set', `member ${index}`);
			for (const index of range(300)) pipeline.xadd('stream', `${index + 1}-0`, 'name', `event ${index}`);
			pipeline.hset('small', 'one', '1', 'two', '2');
			pipeline.set('text', 'y'.repeat(70_000), 'EX', 5000);
			pipeline.rpush('chunks', 'z'.repeat(200_000), 'z'.repeat(200_000));
			for (const name of oddNames) pipeline.set(bytesOf(name), 'odd');
			pipeline.select(2);
			pipeline.set('elsewhere', 'here');
			await pipeline.exec();
			client.disconnect();
		});
		after(() => node.stop());

		for (const [key, type, items] of [
			['hash', 'hash', 8000],
			['list', 'list', 3000],
			['set', 'set', 2000],
			['stream', 'stream', 300],
			['small', 'hash', 2],
			['text', 'string', 1],
		] as const)
			test(`${key}: the figures of redis-cli, its size exact`, async () => {
				const wanted = await figures(node, key);
				const before = await hitsOf(node);
				const look = await looked(node, key);
				assert.equal((await hitsOf(node)) - before, look.own?.hits, 'hits as the server counts them');
				assert.ok((look.own?.hits ?? 0) > 0);
				assert.deepEqual(
					[look.type, look.items, look.encoding, look.bytes, look.isExact],
					[type, items, wanted.encoding, wanted.exact, true],
				);
				assert.equal(look.slot, undefined);
				assert.equal(look.elements, undefined);
				const ttl = Number(await node.cli('TTL', key));
				// Asked a moment later, it may be a second less.
				assert.ok(Math.abs((look.ttlSeconds ?? -1) - ttl) <= 1, `${look.ttlSeconds} and ${ttl}`);
				const touches = !hasNoTouch && type !== 'string';
				assert.equal(
					notesOf(look).some(note => note.includes('NO-TOUCH')),
					touches,
					notesOf(look).join(),
				);
				assert.equal(notesOf(look).length, touches ? 1 : 0);
			});

		test('its size by as many elements as there is time for, never by all without a bound', async () => {
			const wanted = await figures(node, 'zset');
			const sent: string[] = [];
			const onSent = (_: string, calls: readonly Call[]) =>
				sent.push(...calls.map(each => each.words.join(' ')));
			const look = await looked(node, 'zset', { onSent });
			assert.equal(look.items, 20_000);
			if (look.isExact) assert.equal(look.bytes, wanted.exact);
			else assert.ok(Math.abs(look.bytes! - wanted.exact) <= look.sizeMargin! * look.bytes!, `${look.bytes}`);
			assert.ok(sent.includes('MEMORY USAGE zset'));
			assert.ok(!sent.some(line => line.endsWith('SAMPLES 0')), sent.join(' | '));
		});

		test('its clock is told, and left alone where the server can', async () => {
			await until(async () => Number(await node.cli('OBJECT', 'IDLETIME', 'hash')) >= 2, {
				what: 'an idle key',
			});
			const look = await looked(node, 'hash', { withElements: true });
			assert.ok(look.idleSeconds! >= 2, String(look.idleSeconds));
			assert.equal(look.frequency, undefined);
			const idle = Number(await node.cli('OBJECT', 'IDLETIME', 'hash'));
			assert.equal(idle >= 2, hasNoTouch);
		});

		test('under an LFU policy the frequency stands in for it', async () => {
			await node.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lfu');
			await node.call('GET', 'text');
			const before = await hitsOf(node);
			const look = await looked(node, 'text');
			assert.equal((await hitsOf(node)) - before, look.own?.hits);
			assert.equal(look.idleSeconds, undefined);
			assert.equal(look.frequency, Number(await node.cli('OBJECT', 'FREQ', 'text')));
			assert.deepEqual(notesOf(look), []);
			await node.call('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
		});

		test('elements only when asked, and a few', async () => {
			const elements = async (key: string) => (await looked(node, key, { withElements: true })).elements;
			assert.deepEqual(await elements('small'), ['one', '1', 'two', '2']);
			assert.deepEqual(
				await elements('list'),
				[0, 1, 2, 3, 4].map(index => `entry ${index}`),
			);
			assert.deepEqual((await elements('stream'))!.slice(0, 2), ['1-0', 'name event 0']);
			assert.deepEqual(await elements('text'), ['y'.repeat(100)]);
			for (const key of ['set', 'hash', 'zset']) {
				const found = (await elements(key))!;
				assert.ok(found.length >= 1 && found.length <= 10, `${key}: ${found.length}`);
			}
			const chunks = await looked(node, 'chunks', { withElements: true });
			assert.equal(chunks.elements, undefined);
			assert.match(notesOf(chunks).join(), /elements are not read: they have about (19|2\d)\dK each/);
		});

		test('another database; a key that is gone; a server that is not there', async () => {
			assert.equal((await looked(node, 'elsewhere', { db: 2 })).type, 'string');
			const before = (await node.info('stats')).keyspace_misses;
			const gone = await looked(node, 'elsewhere', { db: 0 });
			assert.equal((await node.info('stats')).keyspace_misses, before, 'no miss of ours');
			assert.deepEqual([gone.type, gone.exists, notesOf(gone), gone.own?.hits], [undefined, false, [], 0]);
			const nowhere = await looked(node, 'x', { db: 99 });
			assert.match(notesOf(nowhere).join(), /out of range/);
			const nobody = await looked(node, 'x', { node: '127.0.0.1:1' });
			assert.deepEqual(notesOf(nobody), ['connection refused']);
		});

		test('a user without the words is told which; the rest is shown', async () => {
			await aclUser(
				node,
				'viewer',
				'secret',
				['%R~*', '+type', '+memory|usage', '+hlen', '+client|setname', '+info'].map(rule =>
					server.version.startsWith('6.') ? rule.replace('%R', '') : rule,
				),
			);
			const dial = { ...plainDial, credentials: { user: 'viewer', password: 'secret' } };
			const look = await looked(node, 'hash', { dial, withElements: true });
			assert.deepEqual([look.type, look.items, look.isExact], ['hash', 8000, true]);
			assert.equal(look.encoding, undefined);
			const note = notesOf(look).find(text => text.startsWith('not allowed'))!;
			for (const word of ['+object|idletime', '+object|encoding', '+pttl', '+hscan'])
				assert.ok(note.includes(word), `${word}: ${note}`);
		});

		test('a name of any bytes is found, logged safely, and pastes back into redis-cli', async () => {
			for (const name of oddNames) {
				const sent: string[] = [];
				const onSent = (_: string, calls: readonly Call[]) =>
					sent.push(...calls.map(each => each.words.join(' ')));
				assert.equal((await looked(node, name, { onSent })).type, 'string', JSON.stringify(name));
				assert.ok(
					sent.every(line => !/\p{Cc}/u.test(line)),
					sent.join(),
				);
				assert.equal(await pasted(node, `STRLEN ${pasteText(name)}`), '3', JSON.stringify(name));
			}
		});
	});

	test(`a cluster of ${server.name} ${server.version}: on a replica, and sent on to the owner`, async () => {
		const cluster = await startCluster(server);
		try {
			const [first, second] = cluster.primaries;
			const key = ['a', 'b', 'c', 'd', 'e', 'f'].find(name => slotOf(name) < 5461)!;
			await first!.call('HSET', key, 'field', 'value');
			const replica = cluster.replicas[0]!;
			await until(async () => (await replica.info('keyspace')).db0 !== undefined, {
				what: 'a replica in step',
			});
			const there = await looked(replica, key, { isCluster: true });
			assert.deepEqual(
				[there.type, there.items, there.slot, notesOf(there).filter(note => !note.includes('NO-TOUCH'))],
				['hash', 1, slotOf(key), []],
			);
			const sentOn = await looked(second!, key, { isCluster: true });
			assert.deepEqual([sentOn.type, sentOn.node, sentOn.owner], ['hash', first!.address, first!.address]);
			assert.equal(notesOf(sentOn)[0], `its slot is served by ${first!.address} now`);
		} finally {
			await cluster.stop();
		}
	});
}

/** What redis-cli answers to a line typed into it. */
function pasted(node: RunningServer, line: string): Promise<string> {
	const child = spawn(node.server.cli, ['-p', String(node.port)], { stdio: ['pipe', 'pipe', 'ignore'] });
	let out = '';
	child.stdout.on('data', chunk => {
		out += chunk;
	});
	child.stdin.end(`${line}\n`);
	return new Promise(resolve => child.on('close', () => resolve(out.trim())));
}
