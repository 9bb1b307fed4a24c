// CLIENT LIST of every captured version, lines no capture has, groups and churn of what is in it, and any bytes at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { churnSince, idsOf } from '../../../source/core/node/client-churn.ts';
import {
	type ClientAxis,
	foldGroups,
	groupClients,
	isApplication,
	outputHolders,
	sumByKind,
} from '../../../source/core/node/client-groups.ts';
import { type Client, parseClientList } from '../../../source/core/parse/parse-client-list.ts';
import { often } from '../../lane.ts';
import { captureText, versions } from '../captures.ts';
import { nodeText, nodeVersions } from '../node-captures.ts';

const list = (...lines: string[]) => parseClientList(lines.map(line => `${line}\n`).join(''));
const only = (line: string): Client => {
	const [client, ...others] = list(line);
	assert.ok(client && others.length === 0);
	return client;
};

/** Every field that is one number of the line, with its name there. */
const numbers = {
	id: 'id',
	ageSeconds: 'age',
	idleSeconds: 'idle',
	db: 'db',
	channels: 'sub',
	patterns: 'psub',
	shardChannels: 'ssub',
	watchedKeys: 'watch',
	queuedCommands: 'multi',
	queryBufferBytes: 'qbuf',
	queryBufferFreeBytes: 'qbuf-free',
	argvBytes: 'argv-mem',
	queuedBytes: 'multi-mem',
	outputBufferBytes: 'obl',
	outputListBytes: 'omem',
	outputListLength: 'oll',
	totalBytes: 'tot-mem',
	redirectTo: 'redir',
	protocol: 'resp',
	inputTotalBytes: 'tot-net-in',
	outputTotalBytes: 'tot-net-out',
	commandsRun: 'tot-cmds',
} as const satisfies { readonly [Field in keyof Client]?: string };

test('each number is read from the name it has in the line, and from no other', () => {
	const line = Object.values(numbers).map((name, index) => `${name}=${index + 1}`);
	const client = only(`addr=10.0.0.1:1 ${line.join(' ')}`);
	for (const [index, field] of Object.keys(numbers).entries())
		assert.equal(client[field as keyof Client], index + 1, field);
});

for (const version of versions)
	test(`${version}: one client of each kind`, () => {
		const text = captureText(`${version}/standalone/client-list.resp2`);
		const clients = parseClientList(text);
		assert.equal(clients.length, 9);
		const kinds = clients.map(client => client.kind).sort();
		assert.deepEqual(
			['monitor', 'normal', 'pubsub', 'replica'].map(kind => kinds.filter(each => each === kind).length),
			[1, 5, 2, 1],
		);
		for (const client of clients) {
			assert.equal(client.host, '127.0.0.1');
			assert.ok(client.port! > 1024 && client.id! > 0 && client.totalBytes! > 0 && client.ageSeconds! < 10);
			assert.equal(client.user, 'default');
		}
		const blocked = clients.filter(client => client.isBlocked);
		assert.deepEqual(
			blocked.map(({ command, kind }) => [command, kind]),
			[['blpop', 'normal']],
		);
		const named = clients.find(client => client.name === 'web-1')!;
		assert.deepEqual([named.flags, named.queuedCommands, named.command], ['x', 1, 'set']);
		const asking = clients.find(client => client.id === Math.max(...clients.map(({ id }) => id!)))!;
		assert.equal(asking.command, version === 'redis-6.0.16' ? 'client' : 'client|list');
		const queryBytes = version === 'valkey-8.1.1' ? 0 : 26;
		assert.deepEqual([asking.queryBufferBytes, asking.argvBytes, asking.name], [queryBytes, 10, undefined]);
		assert.equal(asking.queuedCommands, undefined);
		assert.equal(asking.localAddress, version === 'redis-6.0.16' ? undefined : '127.0.0.1:7100');
		assert.equal(asking.protocol, version === 'redis-6.0.16' ? undefined : 2);
		assert.equal(
			clients.find(client => client.flags.startsWith('t'))!.redirectTo,
			version === 'redis-6.0.16' ? undefined : 0,
		);
	});

for (const version of nodeVersions) {
	const [before, now] = [1, 2].map(number =>
		parseClientList(nodeText(version, 'client-list', number as 1 | 2)),
	);

	test(`${version}: every number of every client is the number that stands there`, () => {
		const lines = nodeText(version, 'client-list', 1)
			.split('\n')
			.filter(line => line !== '');
		assert.equal(before!.length, lines.length);
		for (const [index, line] of lines.entries()) {
			const client = before![index]!;
			const field = (name: string) => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1];
			for (const [name, at] of Object.entries(numbers)) {
				const stands = field(at);
				// -1 is none: no MULTI, nobody to redirect to.
				const expected = stands === undefined || stands.startsWith('-') ? undefined : Number(stands);
				assert.equal(client[name as keyof Client], expected, at);
			}
			assert.equal(client.outputBytes, Number(field('omem')) + Number(field('obl')));
			assert.equal(client.name ?? '', field('name'));
			assert.equal(client.user, field('user'));
			assert.equal(client.library ?? '', field('lib-name') ?? '');
			assert.equal(client.libraryVersion ?? '', field('lib-ver') ?? '');
			assert.equal(client.flags, field('flags'));
			assert.equal(client.command, field('cmd'));
		}
	});

	test(`${version}: who holds the buffers, who waits, who is ours`, () => {
		const [holder, next] = outputHolders(before!, 5);
		assert.ok(holder!.outputBytes! > 5_000_000);
		assert.deepEqual([holder!.host, holder!.command], ['127.0.0.1', 'lrange']);
		assert.ok((next?.outputBytes ?? 0) < 100_000);

		const names = new Map(groupClients(before!, 'name').map(group => [group.key, group]));
		assert.equal(names.get('cart-api')!.clients, 5);
		assert.deepEqual(names.get('worker')!.waits, [{ text: 'blpop', clients: 3 }]);
		assert.equal(names.get('worker')!.blocked, 3);
		assert.deepEqual([names.get('redis-top')!.own, names.get('worker')!.own], [1, 0]);
		assert.ok(names.has('a=b|"\\x1b'));

		const hosts = groupClients(before!, 'host');
		const applications = before!.filter(isApplication).length;
		assert.deepEqual(
			hosts.map(({ key, clients }) => [/^unix:.*redis\.sock$/.test(key) ? 'unix' : key, clients]),
			[
				['127.0.0.1', applications - 1],
				['unix', 1],
			],
		);
		// Who has no name of his own (the user default) has no label, and redis-top stands behind the others.
		assert.deepEqual(hosts[0]!.labels[0], { text: 'cart-api', clients: 5 });
		assert.ok(hosts[0]!.labels.every(({ text }) => text !== 'default'));
		const own = hosts[0]!.labels.findIndex(({ text }) => text.startsWith('redis-top'));
		assert.ok(own < 0 || own === hosts[0]!.labels.length - 1);
		assert.deepEqual(hosts[0]!.waits, [
			{ text: 'blpop', clients: 3 },
			{ text: 'xread', clients: 1 },
		]);
		assert.equal(hosts[0]!.own, 1);
		assert.ok(hosts[0]!.outputBytes! > 5_000_000);
	});

	test(`${version}: replicas, subscribers and monitors apart`, () => {
		const kinds = sumByKind(before!);
		assert.deepEqual(
			[kinds.replica.clients, kinds.pubsub.clients, kinds.monitor.clients, kinds.primary.clients],
			[1, 1, 1, 0],
		);
		assert.equal(kinds.normal.clients, before!.length - 3);
		assert.equal(kinds.own.clients, 1);
		assert.equal(kinds.normal.blocked, 4);
		assert.ok(kinds.normal.outputBytes! > 5_000_000);
	});

	test(`${version}: one went, two came`, () => {
		const churn = churnSince(idsOf(before!, 1000, 'a'), now!, 3000, 'a')!;
		assert.deepEqual([churn.seconds, churn.opened, churn.closed], [2, 2, 1]);
		assert.equal(churn.stayed, before!.length - 1);
		assert.deepEqual(
			churn.openedByHost.map(({ key, clients, labels }) => [key, clients, labels]),
			[['127.0.0.1', 2, [{ text: 'cart-api', clients: 2 }]]],
		);
		assert.equal(churnSince(idsOf(before!, 1000, 'a'), now!, 3000, 'b'), undefined);
		assert.equal(churnSince(idsOf(before!, 1000, 'a'), now!, 1000, 'a'), undefined);
	});
}

test('addresses: IPv6, sockets with spaces in their path, none', () => {
	const place = (address: string) => {
		const { host, port } = only(`id=1 addr=${address} fd=8 flags=U`);
		return [host, port];
	};
	assert.deepEqual(place('[2001:db8::1]:4711'), ['2001:db8::1', 4711]);
	assert.deepEqual(place('/run/my dir/redis.sock:0'), ['unix:/run/my dir/redis.sock', undefined]);
	assert.deepEqual(place('[/run/my dir/redis.sock:0]:0'), ['unix:/run/my dir/redis.sock', undefined]);
	assert.deepEqual(place('/run/a:0/s:0'), ['unix:/run/a:0/s', undefined]);
	assert.deepEqual(place('?:0'), ['?', undefined]);
	assert.deepEqual(place(''), ['', undefined]);
	assert.equal(only('id=1').host, '');
});

test('a name cannot pass for another field', () => {
	const client = only(
		'id=7 addr=10.0.0.1:1 fd=8 name=id=9=omem=5 age=3 flags=N omem=1 cmd=NULL user=a=b omem=99',
	);
	assert.deepEqual(
		[client.id, client.name, client.ageSeconds, client.outputBytes, client.command, client.user],
		[7, 'id=9=omem=5', 3, 1, undefined, 'a=b'],
	);
});

test('lines that are no clients, fields that are no numbers, fields nobody knows', () => {
	assert.deepEqual(list('', 'OK', 'name=a', 'id=x', 'id=-1', '=', ' id'), []);
	assert.deepEqual([only('id=x addr=h:1').id, only('id=x addr=h:1').host], [undefined, 'h']);
	// Dragonfly tells no buffers, Kvrocks calls them otherwise: none told is not none held.
	assert.equal(only('id=3 addr=h:1 tid=3 flags= phase=process').outputBytes, undefined);
	assert.equal(only('id=4 addr=h:1 namespace=__namespace qbuf=16 obuf=4').outputBytes, 4);
	const client = only('id=1 age=-1 idle=x db= omem=18446744073709551615 tot-new=5 capa=r x y=z');
	assert.deepEqual(
		[client.ageSeconds, client.idleSeconds, client.db, client.outputListBytes, client.outputBytes],
		[undefined, undefined, undefined, undefined, undefined],
	);
	assert.equal(parseClientList('id=1 addr=a:1 name=x\r\nid=2').length, 2);
	assert.equal(parseClientList('id=1 addr=a:1 name=x\r\nid=2')[0]!.name, 'x');
});

test('groups in order, and the last row for all the others', () => {
	const clients = list(
		...Array.from({ length: 3 }, (_, index) => `id=${index} addr=10.0.0.1:1 name=api omem=1 age=${index}`),
		...Array.from({ length: 2 }, (_, index) => `id=${index + 5} addr=10.0.0.2:1 name=feed omem=50 idle=9`),
		'id=8 addr=10.0.0.3:1 name=one omem=0 flags=b cmd=set',
		'id=9 addr=10.0.0.3:1 name=two omem=0 flags=S',
	);
	const keys = (axis: ClientAxis, first?: 'output') =>
		groupClients(clients, axis, first).map(({ key }) => key);
	assert.deepEqual(keys('host'), ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
	assert.deepEqual(keys('name', 'output'), ['feed', 'api', 'one']);
	const groups = groupClients(clients, 'host');
	assert.equal(groups[0]!.oldestSeconds, 2);
	assert.equal(groups[1]!.idlestSeconds, 9);
	assert.deepEqual(groups[2]!.waits, [{ text: 'set', clients: 1 }]);
	assert.deepEqual(foldGroups(groups, 3), { shown: groups });
	const { shown, other } = foldGroups(groups, 2);
	assert.equal(shown.length, 1);
	assert.deepEqual(other, {
		groups: 2,
		clients: 3,
		blocked: 1,
		outputBytes: 100,
		inputBytes: 0,
		totalBytes: 0,
	});
	assert.deepEqual(
		outputHolders(clients, 1).map(({ id }) => id),
		[5],
	);
});

const fieldName = fc.constantFrom(
	'id',
	'addr',
	'name',
	'age',
	'flags',
	'omem',
	'obl',
	'multi',
	'cmd',
	'user',
	'x',
);
const word = fc.oneof(
	fc.nat().map(String),
	fc.constantFrom('', '-1', '1e9', '[::1]:5', '/a b:0', 'N', 'b', 'S', '__proto__'),
	fc.uint8Array({ maxLength: 12 }).map(bytes => Buffer.from(bytes).toString('latin1')),
);
const nearly = fc
	.array(
		fc
			.array(fc.tuple(fieldName, word), { maxLength: 8 })
			.map(pairs => pairs.map(pair => pair.join('=')).join(' ')),
		{ maxLength: 8 },
	)
	.map(lines => lines.join('\n'));
const anyText = fc.oneof(nearly, fc.string({ unit: 'binary' }));

test('any bytes: nothing throws, sums are those of the clients', () => {
	fc.assert(
		fc.property(anyText, anyText, (a, b) => {
			const clients = parseClientList(a);
			for (const client of clients) {
				const { id = 0 } = client;
				assert.ok(Number.isSafeInteger(id) && id >= 0, 'an id is a whole number');
				assert.ok((client.outputBytes ?? 0) >= 0 && typeof client.host === 'string', 'bytes and a host');
			}
			const applications = clients.filter(isApplication);
			for (const axis of ['host', 'name', 'library', 'user', 'command'] as const) {
				const groups = groupClients(clients, axis);
				const sum = (value: (each: { clients: number; outputBytes?: number }) => number) =>
					groups.reduce((total, group) => total + value(group), 0);
				assert.equal(
					sum(group => group.clients),
					applications.length,
				);
				assert.equal(
					sum(group => group.outputBytes ?? 0),
					applications.reduce((total, client) => total + (client.outputBytes ?? 0), 0),
				);
				const { shown, other } = foldGroups(groups, 2);
				assert.equal(
					shown.reduce((total, group) => total + group.clients, other?.clients ?? 0),
					applications.length,
				);
			}
			const churn = churnSince(idsOf(clients, 0), parseClientList(b), 1000)!;
			assert.ok(churn.opened >= 0 && churn.closed >= 0 && churn.stayed >= 0, 'nothing negative');
		}),
		{ numRuns: often(100, 500) },
	);
});
