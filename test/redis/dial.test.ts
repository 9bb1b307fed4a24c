// The ways to a node: its name, its other names, what --nat makes of them; and whose certificate will do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerCertificate } from 'node:tls';
import type { Announced } from '../../source/core/types.ts';
import { type DialSettings, otherWays, reachedBy, routesTo, tlsOptions } from '../../source/redis/dial.ts';
import { plainDial } from '../big-keys/scan.ts';

const dial = (announced: Announced, nat: Readonly<Record<string, string>> = {}): DialSettings => ({
	...plainDial,
	nat: new Map(Object.entries(nat)),
	announcedOf: () => announced,
});
const named: Announced = { ip: '10.0.0.1:7000', hostname: 'a.redis.example' };
const ways = (address: string, settings: DialSettings) =>
	routesTo(address, settings).map(route => route.address);

test('a host name, then its ip; an announced address, then what was typed', () => {
	assert.deepEqual(ways('a.redis.example:7000', dial(named)), ['a.redis.example:7000', '10.0.0.1:7000']);
	assert.deepEqual(ways('10.0.0.1:7000', dial(named)), ['10.0.0.1:7000']);
	assert.deepEqual(ways('10.0.0.1:7000', dial({ reachedAs: 'bastion:17000' })), [
		'10.0.0.1:7000',
		'bastion:17000',
	]);
	assert.deepEqual(ways('10.0.0.1:7000', plainDial), ['10.0.0.1:7000']);
	assert.deepEqual(ways('unix:/tmp/r.sock', dial(named)), ['unix:/tmp/r.sock', '10.0.0.1:7000']);
});

test('the ip only where the name is not known here, what was typed wherever the announced address fails', () => {
	const [, byIp] = routesTo('a.redis.example:7000', dial(named));
	const [, typed] = routesTo('10.0.0.1:7000', dial({ reachedAs: 'bastion:17000' }));
	const failed = (code: string) => Object.assign(new Error(code), { code });
	assert.deepEqual(
		['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ERR_TLS_CERT_ALTNAME_INVALID'].map(code =>
			otherWays(failed(code), [byIp!, typed!]).map(route => (route === byIp ? 'ip' : 'typed')),
		),
		[['ip', 'typed'], ['ip', 'typed'], ['typed'], ['typed']],
	);
});

test('--nat maps the name, the ip or the host name of a node, with a port or all of them', () => {
	for (const from of ['a.redis.example:7000', '10.0.0.1:7000'])
		for (const address of ['a.redis.example:7000', '10.0.0.1:7000'])
			assert.deepEqual(ways(address, dial(named, { [from]: 'bastion:17000' })), ['bastion:17000']);
	for (const from of ['a.redis.example', '10.0.0.1'])
		assert.deepEqual(ways('a.redis.example:7000', dial(named, { [from]: 'bastion' })), ['bastion:7000']);
	assert.deepEqual(ways('10.0.0.1:7000', dial({}, { '10.0.0.2': 'bastion' })), ['10.0.0.1:7000']);
});

test('a certificate may be for the announced host name or the ip, whichever way was taken; --sni alone counts', () => {
	const certificate = (names: string) =>
		({ subject: {}, subjectaltname: names }) as unknown as PeerCertificate;
	const tls = (settings: DialSettings, address: string) =>
		tlsOptions(routesTo(address, settings)[0]!, { ...settings, tls: { isInsecure: false } })!;
	const byIp = tls(dial(named), '10.0.0.1:7000');
	assert.equal(byIp.servername, 'a.redis.example');
	const check = (names: string) => byIp.checkServerIdentity!('10.0.0.1', certificate(names));
	assert.equal(check('DNS:a.redis.example'), undefined);
	assert.equal(check('DNS:*.redis.example'), undefined);
	assert.equal(check('IP Address:10.0.0.1'), undefined);
	assert.match(String(check('DNS:b.redis.example')), /altnames|does not match/i);
	const mapped = tls(dial(named, { '10.0.0.1': 'bastion' }), '10.0.0.1:7000');
	assert.equal(mapped.servername, 'a.redis.example', 'not the name of the bastion');
	const fixed = tlsOptions(routesTo('10.0.0.1:7000', dial(named))[0]!, {
		...plainDial,
		tls: { isInsecure: false, serverName: 'c.example' },
	})!;
	assert.deepEqual([fixed.servername, fixed.checkServerIdentity], ['c.example', undefined]);
	assert.equal(tls(plainDial, '10.0.0.1:7000').servername, undefined);
});

test('where a name led to is told, and nothing of an ip, a socket or a mapped address', () => {
	const socket = { remoteAddress: '::ffff:10.0.0.1', remotePort: 7000 };
	const reached = (address: string, settings: DialSettings = plainDial) =>
		reachedBy(routesTo(address, settings)[0]!, socket);
	assert.equal(reached('a.redis.example:7000'), '10.0.0.1:7000');
	assert.equal(reachedBy(routesTo('a:1', plainDial)[0]!, { remoteAddress: '::1', remotePort: 1 }), '[::1]:1');
	assert.equal(reached('10.0.0.1:7000'), undefined);
	assert.equal(reached('unix:/tmp/r.sock'), undefined);
	assert.equal(reached('a.redis.example:7000', dial({}, { 'a.redis.example': 'bastion' })), undefined);
});
