// Names as seeds: SRV records, several addresses of one name, and what is left as it was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSeed, type Seed } from '../source/seed.ts';
import { type Resolver, resolveSeeds } from '../source/seed-names.ts';

const seed = (text: string): Seed => {
	const parsed = parseSeed(text, 6379);
	if ('problem' in parsed) assert.fail(parsed.problem);
	return parsed;
};

const resolver: Resolver = {
	async srv(name) {
		if (name === '_redis._tcp.empty.example') return [];
		if (name === '_redis._tcp.silent.example') return new Promise(() => {});
		if (name === '_redis._tcp.failing.example') throw Object.assign(new Error('no'), { code: 'ESERVFAIL' });
		if (name === '_redis._tcp.off.example') return [{ name: '.', port: 0, priority: 0 }];
		if (name !== '_redis._tcp.shop.example') throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
		return [
			{ name: 'b.shop.example.', port: 6380, priority: 20 },
			{ name: 'a.shop.example', port: 6379, priority: 10 },
		];
	},
	async addresses(host, family) {
		const all: Record<string, readonly string[]> = {
			'many.example': ['10.0.0.1', '10.0.0.2', '10.0.0.1', 'fd00::1'],
			'one.example': ['10.0.0.1'],
			localhost: ['::1', '127.0.0.1'],
			'six.example': ['fd00::1', 'fd00::2'],
		};
		const found = all[host];
		if (host === 'silent.example') return new Promise(() => {});
		if (!found) throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
		const kinds = found.map(address => ({ address, family: address.includes(':') ? 6 : 4 }));
		return kinds.filter(each => family === 0 || each.family === family);
	},
};

async function addresses(text: string, more: { isByName?: boolean; family?: 4 | 6 } = {}) {
	const resolved = await resolveSeeds([seed(text)], { isByName: false, resolver, srvPatience: 20, ...more });
	if ('problem' in resolved) return resolved.problem;
	return resolved.seeds.map(({ address, fleet }) =>
		fleet === undefined ? address : `${address} of ${fleet}`,
	);
}

const cases: readonly [string, unknown, { isByName?: boolean; family?: 4 | 6 }?][] = [
	[
		'_redis._tcp.shop.example',
		['a.shop.example:6379 of _redis._tcp.shop.example', 'b.shop.example:6380 of _redis._tcp.shop.example'],
	],
	['_redis._tcp.none.example', '_redis._tcp.none.example: no SRV record: ENOTFOUND'],
	[
		'_redis._tcp.silent.example',
		'_redis._tcp.silent.example: cannot be looked up: the name server does not answer',
	],
	[
		'_redis._tcp.failing.example',
		'_redis._tcp.failing.example: cannot be looked up: the name server refuses or fails',
	],
	['_redis._tcp.empty.example', '_redis._tcp.empty.example: its SRV record lists no server'],
	['_redis._tcp.off.example', '_redis._tcp.off.example: its SRV record lists no server'],
	[
		'many.example:7000',
		[
			'many.example:7000 of many.example:7000',
			'10.0.0.1:7000 of many.example:7000',
			'10.0.0.2:7000 of many.example:7000',
		],
	],
	['many.example', ['many.example:6379'], { isByName: true }],
	['rediss://many.example', ['many.example:6379']],
	['many.example', ['many.example:6379'], { family: 6 }],
	['one.example', ['one.example:6379']],
	['localhost', ['localhost:6379']],
	[
		'six.example',
		[
			'six.example:6379 of six.example:6379',
			'[fd00::1]:6379 of six.example:6379',
			'[fd00::2]:6379 of six.example:6379',
		],
	],
	['unknown.example', ['unknown.example:6379']],
	['silent.example', ['silent.example:6379']],
	['10.0.0.9', ['10.0.0.9:6379']],
	['[fd00::9]:6379', ['[fd00::9]:6379']],
	['unix:/run/redis.sock', ['unix:/run/redis.sock']],
];
for (const [text, expected, more] of cases)
	test(`${text} ${JSON.stringify(more ?? {})}`, async () =>
		assert.deepEqual(await addresses(text, more), expected));
