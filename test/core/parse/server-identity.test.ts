// Which server an INFO is of. The heads are as servers write them; Redict's is of a real 7.3.6, the others after public
// reports: microsoft/garnet#649, apache/kvrocks#1926 (no redis_mode), dragonflydb/dragonfly#4629, Snapchat/KeyDB#849,
// oliver006/redis_exporter#597 (ElastiCache).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInfo } from '../../../source/core/parse/parse-info.ts';
import { identityIn } from '../../../source/core/parse/server-identity.ts';

type Row = readonly [what: string, info: string, expected: readonly (string | undefined)[]];

/** Server, its word where it is unknown, version, what it is compatible with, mode. */
const heads: readonly Row[] = [
	[
		'redis',
		'redis_version:8.6.3\nredis_mode:cluster\nos:Linux',
		['redis', undefined, '8.6.3', undefined, 'cluster'],
	],
	[
		'valkey',
		'redis_version:7.2.4\nserver_name:valkey\nvalkey_version:9.1.2\nserver_mode:sentinel',
		['valkey', undefined, '9.1.2', '7.2.4', 'sentinel'],
	],
	[
		'redict',
		'redict_version:7.3.6\nredict_mode:standalone\nredis_version:7.2.4\nos:Linux',
		['redict', undefined, '7.3.6', '7.2.4', 'standalone'],
	],
	[
		'a Sentinel of redict',
		'redict_version:7.3.6\nredict_mode:sentinel\nredis_version:7.2.4\nos:Linux',
		['redict', undefined, '7.3.6', '7.2.4', 'sentinel'],
	],
	[
		'dragonfly',
		'redis_version:7.4.0\ndragonfly_version:df-v1.34.2\nredis_mode:standalone\nos:Linux\ncache_mode:store',
		['dragonfly', undefined, '1.34.2', '7.4.0', 'standalone'],
	],
	[
		'kvrocks before it told a mode',
		'version:2.5.1\nkvrocks_version:2.5.1\nredis_version:4.0.0\nos:Linux\nrocksdb_version:8.6.7',
		['kvrocks', undefined, '2.5.1', '4.0.0', undefined],
	],
	[
		'garnet',
		'garnet_version:1.0.19\nos:Unix 5.15\nredis_version:7.2.5\nredis_mode:standalone',
		['garnet', undefined, '1.0.19', '7.2.5', 'standalone'],
	],
	[
		'keydb, which has no version of its own name',
		'redis_version:6.3.4\nredis_mode:standalone\nos:Linux\nexecutable:/usr/bin/keydb-server',
		['keydb', undefined, '6.3.4', undefined, 'standalone'],
	],
	['keydb by what only it has', 'redis_version:6.3.4\nos:Linux\nmvcc_depth:0', ['keydb', undefined, '6.3.4']],
	[
		'a fork that nobody knows',
		'foodb_version:3.1.0\nfoodb_mode:standalone\nredis_version:7.2.4\nos:Linux',
		[undefined, 'foodb', '3.1.0', '7.2.4', 'standalone'],
	],
	[
		'its Sentinel',
		'foodb_version:3.1.0\nfoodb_mode:sentinel',
		[undefined, 'foodb', '3.1.0', undefined, 'sentinel'],
	],
	[
		'its Sentinel, by what it watches',
		'foodb_version:3.1.0\nfoodb_state:x\nsentinel_masters:1',
		[undefined, 'foodb', '3.1.0', undefined, 'sentinel'],
	],
	[
		'a name of its own beside the old words',
		'redis_version:7.2.4\nserver_name:otherdb\notherdb_version:1.2.3\nredis_mode:single',
		[undefined, 'otherdb', '1.2.3', '7.2.4', 'standalone'],
	],
	[
		'compilers, libraries and modules are no servers',
		'redis_version:7.0.15\nredis_mode:standalone\nos:Linux\ngcc_version:12.2.0\nsearch_version:2.8',
		['redis', undefined, '7.0.15', undefined, 'standalone'],
	],
	['an answer that is none', 'Version:1.0.5\nRedisMode:proxy', []],
];

for (const [what, info, expected] of heads)
	test(what, () => {
		for (const { server, unknownServer, version, compatibleVersion, mode } of [
			identityIn(info),
			parseInfo(info),
		])
			assert.deepEqual(
				[server, unknownServer, version, compatibleVersion, mode],
				Array.from({ length: 5 }, (_, index) => expected[index]),
			);
	});

test('a managed service says so', () => {
	assert.equal(parseInfo('redis_version:6.2.6\nos:Amazon ElastiCache').service, 'ElastiCache');
	assert.equal(parseInfo('redis_version:6.2.6\nos:Linux 6.1').service, undefined);
});

test('names are safe to show, and endless ones cost nothing', () => {
	assert.equal(parseInfo('x\x1b[2Jdb_mode:sentinel').mode, undefined);
	assert.equal(identityIn('server_name:\x1b[2J').unknownServer, '"\\x1b[2j"');
	const many = Array.from({ length: 10_000 }, (_, index) => `a${index}_version:1\n`).join('');
	assert.equal(parseInfo(`${many}hz:10`).hz, 10);
});
