// Whom discovery may dial: networks, addresses and names, as people write them and as servers may.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Bounds, hostInClear, isAllowRule, whyNotDialled } from '../../../source/core/fleet/allow.ts';

const bounds = (more: Partial<Bounds> = {}): Bounds => ({
	seeds: ['cache-1:6379'],
	isDiscoveryOn: true,
	mostNodes: 1000,
	...more,
});

describe('allow', () => {
	const rules = ['10.0.0.0/8', '192.168.1.7', 'fd00:1::/32', '*.redis.example', 'bastion'];
	const cases: readonly (readonly [address: string, isDialled: boolean])[] = [
		['10.255.0.1:6379', true],
		['11.0.0.1:6379', false],
		['192.168.1.7:7000', true],
		['192.168.1.8:7000', false],
		['[fd00:1::5]:6379', true],
		['[fd00:2::5]:6379', false],
		['[::ffff:10.1.2.3]:6379', true],
		['[::ffff:11.1.2.3]:6379', false],
		['a.redis.example:6379', true],
		['A.Redis.Example.:6379', true],
		['redis.example:6379', false],
		['evil-redis.example:6379', false],
		['bastion:22', true],
		// What a resolver takes for an address and a list of networks does not: it would lead to 10.0.0.1.
		['167772161:6379', false],
		['0xa.1:6379', false],
		['010.0.0.1:6379', false],
		['10.1:6379', false],
		['10.0.0.1.nip.example:6379', false],
		// The host was named, whatever its port.
		['cache-1:6380', true],
	];
	for (const [address, isDialled] of cases)
		test(`${address}: ${isDialled ? 'dialled' : 'not'}`, () => {
			const why = whyNotDialled(address, bounds({ allow: rules }));
			assert.equal(why, isDialled ? undefined : 'not dialled: not in allow');
		});

	test('without a list all, without discovery none but what was named or mapped', () => {
		assert.equal(whyNotDialled('6.6.6.6:6379', bounds()), undefined);
		const named = bounds({ isDiscoveryOn: false, mapped: ['10.0.0.9'] });
		assert.equal(whyNotDialled('6.6.6.6:6379', named), 'not dialled: it was not named');
		assert.equal(whyNotDialled('cache-1:6380', named), 'not dialled: it was not named');
		assert.equal(whyNotDialled('cache-1:6379', named), undefined);
		assert.equal(whyNotDialled('10.0.0.9:1', named), undefined);
		assert.equal(whyNotDialled('10.0.0.9:1', bounds({ allow: [], mapped: ['10.0.0.9'] })), undefined);
	});

	test('a network holds the addresses of its first bits and no other', () => {
		const octet = fc.integer({ min: 0, max: 255 });
		const four = fc.tuple(octet, octet, octet, octet);
		const word = (bytes: readonly number[]) => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
		fc.assert(
			fc.property(four, four, fc.integer({ min: 0, max: 32 }), (net, host, bits) => {
				const isIn = Math.floor(word(net) / 2 ** (32 - bits)) === Math.floor(word(host) / 2 ** (32 - bits));
				const list = bounds({ seeds: [], allow: [`${net.join('.')}/${bits}`] });
				assert.equal(whyNotDialled(`${host.join('.')}:1`, list) === undefined, isIn);
			}),
		);
	});

	for (const rule of [
		'10.0.0.0/8',
		'::/0',
		'::1',
		'fe80::/10',
		'a',
		'*.b.c',
		'::ffff:1.2.3.4',
		'1:2:3:4:5:6:7:8',
	])
		test(`${rule} is a rule`, () => assert.ok(isAllowRule(rule)));
	for (const rule of [
		'10.0.0.0/33',
		'10.0/8',
		'/8',
		'',
		'*',
		'a b',
		'1::2::3',
		':::/0',
		'fd00::/129',
		'a/8',
		'-x',
		'10.0.0.0/8/8x',
	])
		test(`${rule || 'nothing'} is none`, () => assert.equal(isAllowRule(rule), false));
});

test('a password in the clear: to hosts that were announced, and neither named, listed nor our own', () => {
	const clear = bounds({ isPasswordInClear: true, allow: undefined });
	assert.equal(hostInClear('10.0.0.2:6379', clear), '10.0.0.2');
	assert.equal(hostInClear('cache-1:6380', clear), undefined);
	assert.equal(hostInClear('127.0.0.1:6380', clear), undefined);
	assert.equal(hostInClear('10.0.0.2:6379', { ...clear, allow: ['10.0.0.0/8'] }), undefined);
	assert.equal(hostInClear('10.0.0.2:6379', bounds()), undefined, 'with TLS, or without a password');
});
